#ifndef METATENSOR_THREADS_HPP
#define METATENSOR_THREADS_HPP

#include <cstddef>

#include <metatensor/threads.h>

#include <metatensor/details/hidden.hpp>

namespace metatensor {

/// Sets how many threads large operations use, the one of the caller included: 1 for no others, and 0 for the default of
/// `num_threads`. Results do not depend on this number, and functions of arrays are only ever called on the thread of the caller.
METATENSOR_HIDDEN inline void set_num_threads(std::size_t threads) noexcept {
    mts_set_num_threads(threads);
}

/// How many threads large operations use: what was given to `set_num_threads`, or else the value of `METATENSOR_NUM_THREADS` or
/// `OMP_NUM_THREADS` in the environment, or else what the machine has.
[[nodiscard]] METATENSOR_HIDDEN inline std::size_t num_threads() noexcept {
    return mts_get_num_threads();
}

/// Sets the number of threads, for the whole process, as long as this exists:
///
/// ```
/// {
///     metatensor::NumThreads one(1);
///     engine.step();  // has threads of its own
/// }  // as before
/// ```
class NumThreads final {
public:
    /// From now on at most so many threads.
    METATENSOR_HIDDEN explicit NumThreads(std::size_t threads) noexcept: before_(num_threads()) {
        set_num_threads(threads);
    }
    NumThreads(const NumThreads&) = delete;
    NumThreads& operator=(const NumThreads&) = delete;
    METATENSOR_HIDDEN ~NumThreads() { set_num_threads(before_); }

private:
    std::size_t before_;
};

} // namespace metatensor

#endif
