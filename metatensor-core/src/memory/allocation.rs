//! Memory of which nobody has a typed reference yet.

#![expect(unsafe_code, reason = "allocates memory")]

use std::alloc::Layout;
use std::ptr::NonNull;

use super::huge_pages::{HUGE_PAGE, advise_huge_pages};
use crate::{Error, Result};

/// Alignment of the memory we allocate, enough for any vector instruction.
const ALIGNMENT: usize = 64;
/// Memory up to this size only gets what any allocation has: asking for more takes longer than it saves.
const SMALL: usize = 8 << 10;
const SMALL_ALIGNMENT: usize = 16;

/// Memory that is released with this value.
#[derive(Debug)]
pub(crate) struct Allocation {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: nobody else has the memory, and it can be released from any thread.
unsafe impl Send for Allocation {}
// SAFETY: a shared allocation gives nothing.
unsafe impl Sync for Allocation {}

impl Allocation {
    /// New memory of `size` bytes with unspecified content, and the address of the first of these bytes.
    pub(crate) fn uninitialized(size: usize) -> Result<(NonNull<u8>, Allocation)> {
        Self::allocate(size, std::alloc::alloc)
    }

    /// New memory of `size` bytes, all zero, and the address of the first of them.
    pub(crate) fn zeroed(size: usize) -> Result<(NonNull<u8>, Allocation)> {
        Self::allocate(size, std::alloc::alloc_zeroed)
    }

    fn allocate(
        size: usize,
        allocator: unsafe fn(Layout) -> *mut u8,
    ) -> Result<(NonNull<u8>, Allocation)> {
        let too_large = || Error::invalid(format!("can not allocate {size} bytes"));
        let huge = size >= 2 * HUGE_PAGE;
        // Over-aligned zeroed memory would be zeroed by hand, page after page. We ask for a bit more
        // memory instead, and align the address: pages that are never touched cost nothing.
        let layout = if huge {
            let size = size.checked_add(HUGE_PAGE).ok_or_else(too_large)?;
            Layout::from_size_align(size, SMALL_ALIGNMENT)
        } else if size <= SMALL {
            Layout::from_size_align(size.max(1), SMALL_ALIGNMENT)
        } else {
            Layout::from_size_align(size, ALIGNMENT)
        };
        let layout = layout.map_err(|_| too_large())?;
        // SAFETY: the layout has a non-zero size.
        let start = NonNull::new(unsafe { allocator(layout) }).ok_or_else(too_large)?;
        let mut data = start;
        if huge {
            // SAFETY: the offset is less than HUGE_PAGE, which is how much more than `size` we have.
            data = unsafe { start.add(start.as_ptr().align_offset(HUGE_PAGE)) };
            advise_huge_pages(data, size);
        }
        Ok((data, Allocation { start, layout }))
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        // SAFETY: allocated with this very layout in `allocate`.
        unsafe { std::alloc::dealloc(self.start.as_ptr(), self.layout) }
    }
}
