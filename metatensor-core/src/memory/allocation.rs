//! Memory of which nobody has a typed reference yet.

#![expect(unsafe_code, reason = "allocates memory")]

use std::alloc::Layout;
use std::ptr::NonNull;

use super::recycled::{self, ALIGNMENT};
use crate::{Error, Result};

/// Memory up to this size only gets what any allocation has: asking for more takes longer than it saves.
const SMALL: usize = 8 << 10;
const SMALL_ALIGNMENT: usize = 16;

/// Memory that is released with this value.
#[derive(Debug)]
pub(crate) struct Allocation {
    start: NonNull<u8>,
    /// As many bytes as there are, at least those that were asked for.
    capacity: usize,
}

// SAFETY: nobody else has the memory, and it can be released from any thread.
unsafe impl Send for Allocation {}
// SAFETY: a shared allocation only gives its address.
unsafe impl Sync for Allocation {}

impl Allocation {
    /// New memory of `size` bytes with unspecified content.
    pub(crate) fn uninitialized(size: usize) -> Result<Allocation> {
        // SAFETY: the layout of a small allocation has a non-zero size.
        Self::allocate(size, recycled::allocate, |layout| unsafe {
            std::alloc::alloc(layout)
        })
    }

    /// New memory of `size` bytes, all zero.
    pub(crate) fn zeroed(size: usize) -> Result<Allocation> {
        // SAFETY: the layout of a small allocation has a non-zero size.
        Self::allocate(size, recycled::allocate_zeroed, |layout| unsafe {
            std::alloc::alloc_zeroed(layout)
        })
    }

    fn allocate(
        size: usize,
        large: impl Fn(usize) -> Option<NonNull<u8>>,
        other: impl Fn(Layout) -> *mut u8,
    ) -> Result<Allocation> {
        let allocation = if recycled::is_large(size) {
            recycled::capacity(size).and_then(|capacity| Some((large(capacity)?, capacity)))
        } else {
            NonNull::new(other(layout(size))).map(|start| (start, size))
        };
        match allocation {
            Some((start, capacity)) => Ok(Allocation { start, capacity }),
            None => Err(Error::invalid(format!("can not allocate {size} bytes"))),
        }
    }

    /// Address of the first byte.
    pub(crate) fn start(&self) -> NonNull<u8> {
        self.start
    }
}

/// How memory is allocated that is not large.
fn layout(size: usize) -> Layout {
    let layout = if size <= SMALL {
        Layout::from_size_align(size.max(1), SMALL_ALIGNMENT)
    } else {
        Layout::from_size_align(size, ALIGNMENT)
    };
    layout.expect("sizes that are not large are valid")
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // SAFETY: allocated like this in `allocate`, and nobody uses it any more.
        unsafe {
            if recycled::is_large(self.capacity) {
                recycled::release(self.start, self.capacity);
            } else {
                std::alloc::dealloc(self.start.as_ptr(), layout(self.capacity));
            }
        }
    }
}
