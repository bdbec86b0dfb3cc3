//! Released memory that is kept to be used again.

use std::mem::MaybeUninit;

use metatensor_core::memory_use;

use crate::ffi::{Parameter, mts_status_t, status};

/// Memory of the large arrays and tables of this library: pieces of more than 64 kB, in bytes. Arrays of the caller are
/// not counted.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_memory_use_t {
    /// memory of arrays, labels and temporaries that there are
    in_use: u64,
    /// memory that is kept for the next ones
    kept: u64,
    /// the largest sum of the two so far, or since `mts_reset_peak_memory`
    peak: u64,
}

/// Set how many bytes of released memory are kept to be used again, for the whole process.
///
/// Results do not depend on this, but the time that they take does: see `mts_get_kept_memory_bound`.
///
/// @param bytes most bytes to keep: 0 for none, and `UINT64_MAX` for the default
#[unsafe(no_mangle)]
pub extern "C" fn mts_set_kept_memory_bound(bytes: u64) {
    metatensor_core::set_kept_memory_bound(bytes);
}

/// Get how many bytes of released memory are kept at most, to be used again by what needs as much.
///
/// The same operation on the same sizes is several times faster in memory that was used before. If the results of a step
/// which are there at the same time take more memory than this, a larger bound makes it faster.
///
/// This is what was given to `mts_set_kept_memory_bound`, or else the value of the environment variable
/// `METATENSOR_KEPT_MEMORY`, a number of bytes that can end with `K`, `M` or `G`, or else 1 GiB, but at most so much that
/// as many processes as there are processors keep a quarter of the memory of the machine. In debug builds of this
/// library it is 0, so that tools which look for errors see all memory. The variable is read once, and ignored if it is
/// something else.
///
/// What was not used for ten seconds goes back to the system with one of the next calls that make a block or a map. If more
/// than half of this is kept, what was not used for the longest time is marked, so that the system takes it as soon as it
/// needs memory (on Linux and macOS). Memory is kept whoever had it last: it comes back by the deleter of a DLPack tensor as
/// well, from any thread.
///
/// @returns the number of bytes
#[unsafe(no_mangle)]
pub extern "C" fn mts_get_kept_memory_bound() -> u64 {
    metatensor_core::kept_memory_bound()
}

/// Give all memory that is kept back to the system.
#[unsafe(no_mangle)]
pub extern "C" fn mts_trim_memory() {
    metatensor_core::trim_memory();
}

/// Get how much memory the library uses and keeps.
///
/// @param memory where to put the numbers
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_memory_use(
    memory: Option<&mut MaybeUninit<mts_memory_use_t>>,
) -> mts_status_t {
    status(|| {
        let now = memory_use();
        memory.checked("memory")?.write(mts_memory_use_t {
            in_use: now.in_use as u64,
            kept: now.kept as u64,
            peak: now.peak as u64,
        });
        Ok(())
    })
}

/// Forget the largest use of memory so far: from now on, the peak is the largest since this call.
#[unsafe(no_mangle)]
pub extern "C" fn mts_reset_peak_memory() {
    metatensor_core::reset_peak_memory();
}
