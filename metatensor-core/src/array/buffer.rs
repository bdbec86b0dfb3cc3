//! Memory behind native arrays.

#![expect(unsafe_code, reason = "keeps pointers to memory")]

use std::any::Any;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use super::Dlpack;
use crate::Result;
use crate::memory::{Allocation, Region};

/// A piece of memory which is released with this value. The memory itself may be written to
/// through pointers that others got by DLPack: only whoever has exclusive access to the array on
/// top of it makes references to its content.
#[derive(Debug)]
pub(super) struct Buffer {
    data: NonNull<u8>,
    owner: Owner,
}

#[derive(Debug)]
enum Owner {
    Allocated(#[expect(dead_code, reason = "only kept alive")] Allocation),
    Dlpack(Dlpack),
    Shared(#[expect(dead_code, reason = "only kept alive")] Arc<dyn Any + Send + Sync>),
    Value(#[expect(dead_code, reason = "only kept alive")] Box<dyn Any + Send + Sync>),
    /// Part of a file, or of memory that the caller gave for as long as it is used.
    Region(Region),
}

// SAFETY: the memory belongs to the buffer, and can be released from any thread.
unsafe impl Send for Buffer {}
// SAFETY: a shared buffer only gives its address.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// New memory of `size` bytes with unspecified content.
    pub(super) fn uninitialized(size: usize) -> Result<Buffer> {
        Allocation::uninitialized(size).map(Self::on_allocation)
    }

    /// New memory of `size` bytes, all zero.
    pub(super) fn zeroed(size: usize) -> Result<Buffer> {
        Allocation::zeroed(size).map(Self::on_allocation)
    }

    fn on_allocation(allocation: Allocation) -> Buffer {
        Buffer {
            data: allocation.start(),
            owner: Owner::Allocated(allocation),
        }
    }

    /// Memory of a DLPack tensor, which is deleted with the buffer.
    pub(super) fn from_dlpack(tensor: Dlpack) -> Buffer {
        Buffer {
            data: NonNull::new(tensor.data()).unwrap_or(NonNull::<u64>::dangling().cast()),
            owner: Owner::Dlpack(tensor),
        }
    }

    /// Memory of `vector`, without copying it.
    pub(super) fn from_vec<T: Send + Sync + 'static>(mut vector: Vec<T>) -> Buffer {
        let data = NonNull::new(vector.as_mut_ptr()).unwrap_or(NonNull::dangling());
        Buffer {
            data: data.cast(),
            owner: Owner::Value(Box::new(vector)),
        }
    }

    /// Memory of `values`, which others may be reading.
    pub(super) fn from_shared<T: Send + Sync + 'static>(values: Arc<Vec<T>>) -> Buffer {
        let data = NonNull::new(values.as_ptr().cast_mut()).unwrap_or(NonNull::dangling());
        Buffer {
            data: data.cast(),
            owner: Owner::Shared(values),
        }
    }

    /// Memory of a file.
    pub(super) fn from_region(region: Region) -> Buffer {
        Buffer {
            data: region.start(),
            owner: Owner::Region(region),
        }
    }

    pub(super) fn data(&self) -> NonNull<u8> {
        self.data
    }

    /// Whether this is memory of ours, which nobody has the address of who does not own a part of it.
    fn is_ours(&self) -> bool {
        match &self.owner {
            // nobody writes to files, unless they are mapped for nobody else
            Owner::Allocated(_) | Owner::Value(_) | Owner::Region(_) => true,
            Owner::Dlpack(_) | Owner::Shared(_) => false,
        }
    }

    /// Whether this is a part of a file, or of what somebody gave instead of one.
    pub(super) fn is_mapped(&self) -> bool {
        matches!(self.owner, Owner::Region(_))
    }

    /// Whether nobody may write to this memory.
    pub(super) fn is_read_only(&self) -> bool {
        match &self.owner {
            Owner::Shared(_) => true,
            Owner::Dlpack(tensor) => tensor.is_read_only(),
            Owner::Region(region) => region.is_read_only(),
            Owner::Allocated(_) | Owner::Value(_) => false,
        }
    }
}

/// Memory of one array, or of several that do not know of each other.
///
/// As long as several arrays have it, nobody may write to it; as long as somebody may write to it, no other array gets it.
/// Both are counted in one number, so that an array can be shared in one thread while another one lends it for writing.
pub(super) struct SharedBuffer(Arc<Counted>);

/// Memory that is lent to somebody who may write to it.
pub(super) struct Lent(Arc<Counted>);

/// Knows whether memory that was given away was released.
pub(super) struct Watch(Weak<Counted>);

struct Counted {
    buffer: Buffer,
    /// How many arrays and read-only tensors have this memory, and, times [`LENT`], how many tensors may write to it.
    users: AtomicU64,
}

const LENT: u64 = 1 << 32;

impl Counted {
    /// Counts a user, if there may be one.
    fn change(&self, new: impl Fn(u64) -> Option<u64>) -> bool {
        self.users
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, new)
            .is_ok()
    }
}

impl SharedBuffer {
    pub(super) fn new(buffer: Buffer) -> SharedBuffer {
        SharedBuffer(Arc::new(Counted {
            buffer,
            users: AtomicU64::new(1),
        }))
    }

    /// The same memory for another array, if nobody may write to it.
    pub(super) fn share(&self) -> Option<SharedBuffer> {
        let may_share = |users| (users < LENT).then_some(users + 1);
        if !self.0.buffer.is_ours() {
            return None;
        }
        let shared = self.0.change(may_share);
        shared.then(|| SharedBuffer(Arc::clone(&self.0)))
    }

    /// The memory for somebody who may write to it, if no other array has it.
    pub(super) fn lend(&self) -> Option<Lent> {
        let may_lend = |users| (users % LENT == 1).then_some(users + LENT);
        self.0.change(may_lend).then(|| Lent(Arc::clone(&self.0)))
    }

    /// The memory for somebody who only reads it.
    pub(super) fn keep(&self) -> SharedBuffer {
        self.0.users.fetch_add(1, Ordering::Relaxed);
        SharedBuffer(Arc::clone(&self.0))
    }

    /// Tells later whether anybody still has this memory.
    pub(super) fn watch(&self) -> Watch {
        Watch(Arc::downgrade(&self.0))
    }

    /// Whether anybody else has this memory.
    pub(super) fn is_shared(&self) -> bool {
        self.0.users.load(Ordering::Acquire) != 1
    }
}

impl Watch {
    pub(super) fn is_released(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl Deref for SharedBuffer {
    type Target = Buffer;

    fn deref(&self) -> &Buffer {
        &self.0.buffer
    }
}

impl Drop for SharedBuffer {
    fn drop(&mut self) {
        self.0.users.fetch_sub(1, Ordering::Release);
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.users.fetch_sub(LENT, Ordering::Release);
    }
}
