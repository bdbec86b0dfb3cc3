#ifndef METATENSOR_DETAILS_OR_NULL_HPP
#define METATENSOR_DETAILS_OR_NULL_HPP

#include <string>
#include <vector>

#include <metatensor/details/dimensions.hpp>
#include <metatensor/errors.hpp>

namespace metatensor::details {

/// A pointer for a collective function, or null if there is none: all ranks are told by that function, where an exception on one of
/// them would leave the others waiting.
template<typename F>
METATENSOR_HIDDEN inline auto or_null(F get) noexcept -> decltype(get()) {
    try {
        return get();
    } catch (const Error&) {
        return nullptr;
    }
}

/// A string for C, or null if C would only see a part of it.
METATENSOR_HIDDEN inline const char* collective_c_string(const std::string& string) noexcept {
    return or_null([&] { return c_string(string); });
}

/// The same for all of these, valid as long as `strings`.
METATENSOR_HIDDEN inline std::vector<const char*> collective_c_strings(const std::vector<std::string>& strings) {
    std::vector<const char*> result;
    result.reserve(strings.size());
    for (const auto& string: strings) {
        result.push_back(collective_c_string(string));
    }
    return result;
}

} // namespace metatensor::details

#endif
