//! Advice to the system to use huge pages.

#![expect(unsafe_code, reason = "gives advice about memory to the system")]

use std::ptr::NonNull;

/// Size of the pages that make fresh memory three times cheaper to write to.
pub(super) const HUGE_PAGE: usize = 2 << 20;

/// Tells the system that all of `memory`, which may be new, will be written to: large pages make this cheaper.
pub fn will_be_written<T>(memory: &mut [T]) {
    let size = size_of_val(memory);
    if size >= 2 * HUGE_PAGE {
        let start = NonNull::from(memory).cast::<u8>();
        let offset = start.as_ptr().align_offset(HUGE_PAGE);
        // SAFETY: the offset is less than HUGE_PAGE, and thus than the size.
        advise_huge_pages(unsafe { start.add(offset) }, size - offset);
    }
}

#[cfg(target_os = "linux")]
pub(super) fn advise_huge_pages(data: NonNull<u8>, size: usize) {
    // The address is aligned to a huge page; a partial one at the end is left alone.
    let size = size / HUGE_PAGE * HUGE_PAGE;
    // SAFETY: the range lies inside memory that we own, and the advice does not change its content.
    // It is only an advice: nothing depends on its success.
    let _ = unsafe { libc::madvise(data.as_ptr().cast(), size, libc::MADV_HUGEPAGE) };
}

#[cfg(not(target_os = "linux"))]
pub(super) fn advise_huge_pages(_: NonNull<u8>, _: usize) {}
