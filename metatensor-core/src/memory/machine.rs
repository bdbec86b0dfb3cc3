//! How much memory there is.

#![cfg_attr(unix, expect(unsafe_code, reason = "asks the system"))]

#[cfg(unix)]
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of memory that the machine has, or as many as there can be if that is not known.
#[cfg(unix)]
pub(crate) fn physical_memory() -> u64 {
    static KNOWN: AtomicU64 = AtomicU64::new(0);
    let known = KNOWN.load(Ordering::Relaxed);
    if known > 0 {
        return known;
    }
    // SAFETY: these functions take a number and return one.
    let (pages, page_size) = unsafe {
        (
            libc::sysconf(libc::_SC_PHYS_PAGES),
            libc::sysconf(libc::_SC_PAGESIZE),
        )
    };
    let memory = match (u64::try_from(pages), u64::try_from(page_size)) {
        (Ok(pages @ 1..), Ok(page_size @ 1..)) => pages.saturating_mul(page_size),
        _ => u64::MAX,
    };
    KNOWN.store(memory, Ordering::Relaxed);
    memory
}

/// Bytes of memory that the machine has, which is not asked for on this system: as many as there can be.
#[cfg(not(unix))]
pub(crate) fn physical_memory() -> u64 {
    u64::MAX
}
