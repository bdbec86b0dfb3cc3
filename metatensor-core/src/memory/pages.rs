//! Large pieces of memory from the system, and back.

#![expect(unsafe_code, reason = "gets memory from the system")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::NonNull;

/// Alignment of large pieces, enough for any vector instruction.
pub const ALIGNMENT: usize = 64;

/// New memory of `capacity` bytes, the capacity of a class of sizes, which are zero if `zeroed`. It is aligned to huge pages
/// if it has several of them.
/// Memory that nobody wrote to is cheap: the system only has pages for the rest.
pub(super) fn get(capacity: usize, zeroed: bool) -> Option<NonNull<u8>> {
    if has_own_pages(capacity) {
        return mapped::get(capacity);
    }
    let layout = Layout::from_size_align(capacity, ALIGNMENT).ok()?;
    // SAFETY: the layout has a non-zero size.
    NonNull::new(unsafe {
        if zeroed {
            System.alloc_zeroed(layout)
        } else {
            System.alloc(layout)
        }
    })
}

/// Gives memory back.
///
/// # Safety
///
/// It must come from [`get`] with the same capacity, and nobody may use it any more.
pub(super) unsafe fn give_back(memory: NonNull<u8>, capacity: usize) {
    if has_own_pages(capacity) {
        // SAFETY: this is what the caller promises.
        return unsafe { mapped::give_back(memory, capacity) };
    }
    // SAFETY: the caller got it with this very layout.
    unsafe {
        System.dealloc(
            memory.as_ptr(),
            Layout::from_size_align_unchecked(capacity, ALIGNMENT),
        );
    }
}

/// Lets the allocator of the system give back what it keeps itself, where it can.
pub(super) fn trim() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes a number, and gives memory back that nobody has.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Whether a piece is a mapping of its own. Processes can not have many mappings, and in debug builds all memory comes from
/// an allocator, where tools like valgrind see it.
fn has_own_pages(capacity: usize) -> bool {
    cfg!(all(unix, not(debug_assertions))) && capacity >= MAPPED
}

/// Pages are not larger than this, and all mappings and capacities of mappings consist of so many bytes.
#[cfg(unix)]
const PAGE: usize = 64 << 10;
/// Size of the smallest mappings.
const MAPPED: usize = 1 << 20;

#[cfg(unix)]
mod mapped {
    use std::ptr::{self, NonNull};

    use super::super::huge_pages::{HUGE_PAGE, advise_huge_pages};
    use super::PAGE;

    pub(super) fn get(capacity: usize) -> Option<NonNull<u8>> {
        // For several huge pages, more than what is needed, so that there is an aligned address in it.
        let huge = capacity >= 2 * HUGE_PAGE;
        let alignment = if huge { HUGE_PAGE } else { 1 };
        let size = capacity.checked_add(alignment - 1)?.next_multiple_of(PAGE);
        // SAFETY: a new mapping, which touches no memory that there is.
        let start = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        let start = start.cast::<u8>();
        let before = start.align_offset(alignment);
        // SAFETY: so much more than `capacity` was mapped.
        let memory = unsafe { start.add(before) };
        // SAFETY: what is before and after the memory is mapped as well, and nobody knows it.
        unsafe {
            unmap(start, before);
            unmap(memory.add(capacity), size - capacity - before);
        }
        let memory = NonNull::new(memory)?;
        if huge {
            advise_huge_pages(memory, capacity);
        }
        Some(memory)
    }

    pub(super) unsafe fn give_back(memory: NonNull<u8>, capacity: usize) {
        // SAFETY: the caller promises that it comes from `get`.
        unsafe { unmap(memory.as_ptr(), capacity) };
    }

    /// # Safety
    ///
    /// Nobody may use these bytes, which are whole pages of a mapping.
    unsafe fn unmap(start: *mut u8, size: usize) {
        if size > 0 {
            // SAFETY: promised by the caller. What can not be unmapped stays where it is, unused.
            unsafe { libc::munmap(start.cast(), size) };
        }
    }
}

#[cfg(not(unix))]
mod mapped {
    use std::ptr::NonNull;

    pub(super) fn get(_: usize) -> Option<NonNull<u8>> {
        unreachable!("only used on unix")
    }

    pub(super) unsafe fn give_back(_: NonNull<u8>, _: usize) {
        unreachable!("only used on unix")
    }
}

/// Tells the system that it can have the pages of `memory` if it needs some: what is in them is not needed any more. They
/// can be written to again at any time.
///
/// # Safety
///
/// Nobody may use these bytes at the same time.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) unsafe fn mark_reclaimable(memory: NonNull<u8>, capacity: usize) {
    let before = memory.as_ptr().align_offset(PAGE);
    let size = capacity.saturating_sub(before) / PAGE * PAGE;
    if size > 0 {
        // SAFETY: whole pages in memory that nobody uses. This is an advice: nothing depends on its success.
        unsafe { libc::madvise(memory.as_ptr().add(before).cast(), size, libc::MADV_FREE) };
    }
}

/// Other systems have nothing like this.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) unsafe fn mark_reclaimable(_: NonNull<u8>, _: usize) {}

#[cfg(test)]
mod tests {
    use super::super::huge_pages::HUGE_PAGE;
    use super::*;

    #[cfg(unix)]
    #[test]
    fn mappings_are_aligned_and_zero() {
        for capacity in [MAPPED, 3 * MAPPED, 4 << 20, 5 << 20, 9 << 20] {
            let memory = mapped::get(capacity).unwrap();
            if capacity >= 4 << 20 {
                assert_eq!(memory.as_ptr().align_offset(HUGE_PAGE), 0);
            }
            // SAFETY: just mapped, and unmapped in the end.
            unsafe {
                let bytes = std::slice::from_raw_parts_mut(memory.as_ptr(), capacity);
                assert!(bytes.iter().all(|&byte| byte == 0));
                bytes.fill(1);
                mark_reclaimable(memory, capacity);
                let bytes = std::slice::from_raw_parts_mut(memory.as_ptr(), capacity);
                bytes.fill(2);
                assert!(bytes.iter().all(|&byte| byte == 2));
                mapped::give_back(memory, capacity);
            }
        }
        assert_eq!(mapped::get(usize::MAX - 10), None);
        assert_eq!(mapped::get(1 << 60), None);
    }

    #[test]
    fn memory_of_allocators_can_be_written_to() {
        let capacity = 1 << 20;
        let memory = get(capacity, true).unwrap();
        // SAFETY: just allocated, and released in the end.
        unsafe {
            let bytes = std::slice::from_raw_parts_mut(memory.as_ptr(), capacity);
            assert!(bytes.iter().all(|&byte| byte == 0));
            bytes.fill(1);
            mark_reclaimable(memory, capacity);
            give_back(memory, capacity);
        }
        assert_eq!(get(isize::MAX as usize - 63, false), None);
    }
}
