//! Counts what is allocated in Rust: by the library and by these programs, but not by MPI.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LARGEST: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn count(size: usize) {
    LARGEST.fetch_max(size, Ordering::Relaxed);
    LIVE.fetch_add(size, Ordering::Relaxed);
}

// SAFETY: all of it is the work of the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: what this function asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

/// What was allocated while some work was done.
#[derive(Debug)]
pub(crate) struct Allocated {
    /// Bytes of the largest one.
    pub(crate) largest: usize,
    /// Bytes that there are more of afterwards.
    pub(crate) kept: isize,
}

/// Looks at what is allocated meanwhile.
pub(crate) fn allocated(work: impl FnOnce()) -> Allocated {
    let live = LIVE.load(Ordering::Relaxed);
    LARGEST.store(0, Ordering::Relaxed);
    work();
    Allocated {
        largest: LARGEST.load(Ordering::Relaxed),
        kept: LIVE.load(Ordering::Relaxed).wrapping_sub(live) as isize,
    }
}
