//! How much memory and how many processors there are, and what time it is.

#![cfg_attr(unix, expect(unsafe_code, reason = "asks the system"))]

#[cfg(unix)]
use std::mem::MaybeUninit;
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

/// Number of processors that the machine has, whether this process can use all of them or not.
#[cfg(unix)]
pub(super) fn processors() -> u64 {
    // SAFETY: takes a number and returns one.
    let processors = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    u64::try_from(processors).unwrap_or(1).max(1)
}

/// Number of processors that this process can use.
#[cfg(not(unix))]
pub(super) fn processors() -> u64 {
    std::thread::available_parallelism().map_or(1, |processors| processors.get() as u64)
}

/// Milliseconds since some moment, starting again from 0 every 49 days.
#[cfg(unix)]
pub(super) fn milliseconds() -> u32 {
    // On Linux, there is a clock which is read in no time, and precise enough. Nothing here is initialised by the first
    // thread: it could be forked away before it is done.
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC_COARSE;
    #[cfg(not(target_os = "linux"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let mut time = MaybeUninit::uninit();
    // SAFETY: `time` is a place for the time, which is there if the function succeeds.
    let time = unsafe {
        if libc::clock_gettime(CLOCK, time.as_mut_ptr()) != 0 {
            return 0;
        }
        time.assume_init()
    };
    (time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000) as u32
}

/// Milliseconds since the first call, starting again from 0 every 49 days.
#[cfg(not(unix))]
pub(super) fn milliseconds() -> u32 {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed().as_millis() as u32
}
