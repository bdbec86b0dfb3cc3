//! Memory behind native arrays.

#![expect(unsafe_code, reason = "keeps pointers to memory")]

use std::any::Any;
use std::ptr::NonNull;
use std::sync::Arc;

use super::Dlpack;
use crate::Result;
use crate::memory::Allocation;

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

    fn on_allocation((data, allocation): (NonNull<u8>, Allocation)) -> Buffer {
        Buffer {
            data,
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

    pub(super) fn data(&self) -> NonNull<u8> {
        self.data
    }

    /// Whether nobody may write to this memory.
    pub(super) fn is_read_only(&self) -> bool {
        match &self.owner {
            Owner::Shared(_) => true,
            Owner::Dlpack(tensor) => tensor.is_read_only(),
            Owner::Allocated(_) | Owner::Value(_) => false,
        }
    }
}
