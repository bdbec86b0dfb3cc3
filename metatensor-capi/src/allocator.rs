//! Where the library gets its memory.
//!
//! A map with ten thousand blocks is a hundred thousand small pieces of memory, all of which an operation makes and
//! releases: half of its time, if that takes as long as it does with the allocator of some systems. Arrays that are not
//! small still come from there, so that their pages can be huge, and go back at once.

#![expect(unsafe_code, reason = "is an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};

use mimalloc::MiMalloc;

/// Size of the largest pieces that do not come from the system.
const SMALL: usize = 16 << 10;

// Tools that look for errors should see every piece of memory. For them, there are debug builds.
#[cfg_attr(not(debug_assertions), global_allocator)]
#[cfg_attr(
    all(debug_assertions, not(test)),
    expect(dead_code, reason = "for release builds")
)]
static ALLOCATOR: Allocator = Allocator;

struct Allocator;

// SAFETY: the size of a piece says which of the two allocators it came from, and both keep the promises.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: guaranteed by the caller, here and below.
        unsafe {
            if is_small(layout.size()) {
                MiMalloc.alloc(layout)
            } else {
                System.alloc(layout)
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            if is_small(layout.size()) {
                MiMalloc.alloc_zeroed(layout)
            } else {
                System.alloc_zeroed(layout)
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            if is_small(layout.size()) {
                MiMalloc.dealloc(memory, layout);
            } else {
                System.dealloc(memory, layout);
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; a new layout with the size asked for is valid, says the caller.
        unsafe {
            match (is_small(layout.size()), is_small(size)) {
                (true, true) => MiMalloc.realloc(memory, layout, size),
                (false, false) => System.realloc(memory, layout, size),
                _ => {
                    let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !new.is_null() {
                        new.copy_from_nonoverlapping(memory, size.min(layout.size()));
                        self.dealloc(memory, layout);
                    }
                    new
                }
            }
        }
    }
}

fn is_small(size: usize) -> bool {
    size <= SMALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_keeps_its_content_whatever_size_it_gets() {
        for align in [1, 8, 16, 64] {
            let mut size = 100;
            let layout = |size| Layout::from_size_align(size, align).unwrap();
            // SAFETY: each layout is that of the last allocation, and nothing is read that was not written.
            unsafe {
                let mut memory = ALLOCATOR.alloc_zeroed(layout(size));
                assert!((0..size).all(|i| *memory.add(i) == 0));
                for i in 0..size {
                    *memory.add(i) = i as u8;
                }
                for new in [200, SMALL, SMALL + 1, 5 * SMALL, SMALL - 1, 1 << 20, 100] {
                    memory = ALLOCATOR.realloc(memory, layout(size), new);
                    assert_eq!(memory.align_offset(align), 0);
                    assert!((0..100).all(|i| *memory.add(i) == i as u8));
                    size = new;
                }
                ALLOCATOR.dealloc(memory, layout(size));
                let memory = ALLOCATOR.alloc_zeroed(layout(2 * SMALL));
                assert!((0..2 * SMALL).all(|i| *memory.add(i) == 0));
                ALLOCATOR.dealloc(memory, layout(2 * SMALL));
            }
        }
    }
}
