#ifndef METATENSOR_MEMORY_HPP
#define METATENSOR_MEMORY_HPP

#include <cstdint>

#include <metatensor/memory.h>

#include <metatensor/errors.hpp>

namespace metatensor {

/// Memory of the large arrays and tables of the library, in bytes. Arrays of the caller are not counted.
struct MemoryUse {
    /// memory of arrays, labels and temporaries that there are
    uint64_t in_use = 0;
    /// memory that is kept for the next ones
    uint64_t kept = 0;
    /// the largest sum of the two so far, or since `reset_peak_memory`
    uint64_t peak = 0;
};

/// How much memory the library uses and keeps.
[[nodiscard]] METATENSOR_HIDDEN inline MemoryUse memory_use() {
    mts_memory_use_t now = {};
    details::check_status(mts_memory_use(&now));
    return {now.in_use, now.kept, now.peak};
}

/// Forgets the largest use of memory so far: from now on, the peak is the largest since this call.
METATENSOR_HIDDEN inline void reset_peak_memory() noexcept {
    mts_reset_peak_memory();
}

/// Sets how many bytes of released memory are kept to be used again: 0 for none, and `UINT64_MAX` for the default. What the
/// library has released and keeps makes the next operations of the same size faster.
METATENSOR_HIDDEN inline void set_kept_memory_bound(uint64_t bytes) noexcept {
    mts_set_kept_memory_bound(bytes);
}

/// How many bytes of released memory are kept at most.
[[nodiscard]] METATENSOR_HIDDEN inline uint64_t kept_memory_bound() noexcept {
    return mts_get_kept_memory_bound();
}

/// Gives all memory that is kept back to the system.
METATENSOR_HIDDEN inline void trim_memory() noexcept {
    mts_trim_memory();
}

} // namespace metatensor

#endif
