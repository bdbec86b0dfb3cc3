#ifndef METATENSOR_RESOURCE_LIMITS_HPP
#define METATENSOR_RESOURCE_LIMITS_HPP

#include <cstdint>

#include <metatensor/resource_limits.h>

#include <metatensor/errors.hpp>

namespace metatensor {

/// Something that is limited for the whole process.
enum class Limit : uint32_t {
    /// bytes that loading a file may make of data which does not have a size of its own: compressed members, or what comes out of
    /// a pipe
    InflatedBytes = MTS_LIMIT_INFLATED_BYTES,
    /// members of an archive
    Members = MTS_LIMIT_MEMBERS,
    /// dimensions of labels in a file, or gradients of a block in a file
    Names = MTS_LIMIT_NAMES,
    /// how deep gradients of gradients are nested in a file
    Depth = MTS_LIMIT_DEPTH,
    /// bytes of all arrays and labels that an operation makes, where its result can be much larger than what it is made of
    ResultBytes = MTS_LIMIT_RESULT_BYTES,
};

/// Sets what loading a file, or making a result, may cost in this process. What is beyond a limit is a `SerializationError` for
/// files, and an `UnsupportedError` for results, before anything of this size is made. 0 sets the default again, and
/// `UINT64_MAX` is no limit at all (but for `Limit::Depth`).
METATENSOR_HIDDEN inline void set_limit(Limit limit, uint64_t value) {
    details::check_status(mts_set_limit(static_cast<mts_limit_t>(limit), value));
}

/// What was given to `set_limit`, or else the default.
[[nodiscard]] METATENSOR_HIDDEN inline uint64_t get_limit(Limit limit) {
    uint64_t value = 0;
    details::check_status(mts_get_limit(static_cast<mts_limit_t>(limit), &value));
    return value;
}

} // namespace metatensor

#endif
