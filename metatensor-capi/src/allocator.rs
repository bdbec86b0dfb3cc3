//! Where the library gets its memory.
//!
//! A map with ten thousand blocks is a hundred thousand small pieces of memory, all of which an operation makes and
//! releases: half of its time, if that takes as long as it does with the allocator of some systems. Large pieces are used
//! again, as those of arrays are, and what is between comes from the system.

#![expect(unsafe_code, reason = "is an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};

use metatensor_core::internal::recycled;
use mimalloc::MiMalloc;

// Tools that look for errors should see every piece of memory. For them, there are debug builds.
#[cfg_attr(not(debug_assertions), global_allocator)]
#[cfg_attr(
    all(debug_assertions, not(test)),
    expect(dead_code, reason = "for release builds")
)]
static ALLOCATOR: Allocator = Allocator;

struct Allocator;

/// Which allocator a piece of memory comes from, and has to go back to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Small,
    System,
    Recycled(usize),
}

impl Source {
    /// Size of the largest pieces that do not come from the system.
    const SMALL: usize = 16 << 10;

    #[inline]
    fn of(layout: Layout) -> Source {
        if layout.size() <= Self::SMALL {
            return Source::Small;
        }
        if recycled::is_large(layout.size())
            && layout.align() <= recycled::ALIGNMENT
            && let Some(capacity) = recycled::capacity(layout.size())
        {
            return Source::Recycled(capacity);
        }
        Source::System
    }
}

// SAFETY: the layout of a piece says which of the allocators it came from, and all of them keep the promises.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: guaranteed by the caller, here and below.
        unsafe {
            match Source::of(layout) {
                Source::Small => MiMalloc.alloc(layout),
                Source::System => System.alloc(layout),
                Source::Recycled(capacity) => pointer(recycled::allocate(capacity)),
            }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            match Source::of(layout) {
                Source::Small => MiMalloc.alloc_zeroed(layout),
                Source::System => System.alloc_zeroed(layout),
                Source::Recycled(capacity) => pointer(recycled::allocate_zeroed(capacity)),
            }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            match Source::of(layout) {
                Source::Small => MiMalloc.dealloc(memory, layout),
                Source::System => System.dealloc(memory, layout),
                Source::Recycled(capacity) => {
                    recycled::release(NonNull::new_unchecked(memory), capacity);
                }
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; a new layout with the size asked for is valid, says the caller.
        unsafe {
            let new_layout = Layout::from_size_align_unchecked(size, layout.align());
            match (Source::of(layout), Source::of(new_layout)) {
                (Source::Small, Source::Small) => MiMalloc.realloc(memory, layout, size),
                (Source::System, Source::System) => System.realloc(memory, layout, size),
                (Source::Recycled(old), Source::Recycled(new)) if old == new => memory,
                _ => {
                    let new = self.alloc(new_layout);
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

fn pointer(memory: Option<NonNull<u8>>) -> *mut u8 {
    memory.map_or(ptr::null_mut(), NonNull::as_ptr)
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
                for new in [
                    200,
                    Source::SMALL,
                    Source::SMALL + 1,
                    3 * Source::SMALL,
                    Source::SMALL - 1,
                    1 << 20,
                    (1 << 20) - 100,
                    9 << 20,
                    3 * Source::SMALL,
                    70 << 10,
                    100,
                ] {
                    memory = ALLOCATOR.realloc(memory, layout(size), new);
                    assert_eq!(memory.align_offset(align), 0);
                    assert!((0..100).all(|i| *memory.add(i) == i as u8));
                    size = new;
                }
                ALLOCATOR.dealloc(memory, layout(size));
                for size in [2 * Source::SMALL, 1 << 20] {
                    let memory = ALLOCATOR.alloc_zeroed(layout(size));
                    assert!((0..size).all(|i| *memory.add(i) == 0));
                    memory.write_bytes(1, size);
                    ALLOCATOR.dealloc(memory, layout(size));
                    let memory = ALLOCATOR.alloc_zeroed(layout(size));
                    assert!((0..size).all(|i| *memory.add(i) == 0));
                    ALLOCATOR.dealloc(memory, layout(size));
                }
            }
        }
    }
}
