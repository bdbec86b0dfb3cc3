#ifndef METATENSOR_DETAILS_DTYPE_HPP
#define METATENSOR_DETAILS_DTYPE_HPP

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>

#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// Whether `T` is a complex number, that is, `std::complex` or looks like it.
template<typename T, typename = void>
struct is_complex: std::false_type {};
template<typename T>
struct is_complex<T, std::void_t<typename T::value_type, decltype(std::declval<const T&>().imag())>>:
    std::bool_constant<sizeof(T) == 2 * sizeof(typename T::value_type)> {};

/// The type of elements `T` in DLPack: booleans, integers, floats, and complex numbers. Floats are also those of 16 bits, where
/// the compiler has them.
template<typename T>
METATENSOR_HIDDEN DLDataType dtype_of() {
    static_assert(std::is_arithmetic<T>::value || is_complex<T>::value, "elements are numbers or booleans");
    const auto bits = static_cast<uint8_t>(8 * sizeof(T));
    if constexpr (is_complex<T>::value) {
        return {kDLComplex, bits, 1};
    } else if constexpr (std::is_same<T, bool>::value) {
        return {kDLBool, bits, 1};
    } else if constexpr (std::is_floating_point<T>::value) {
        // of two floats with 16 bits, bfloat16 is the one with fewer digits
        const bool is_bfloat = sizeof(T) == 2 && std::numeric_limits<T>::digits == 8;
        return {static_cast<uint8_t>(is_bfloat ? kDLBfloat : kDLFloat), bits, 1};
    } else if constexpr (std::is_signed<T>::value) {
        return {kDLInt, bits, 1};
    } else {
        return {kDLUInt, bits, 1};
    }
}

/// Only for numbers of C++.
template<typename T>
using enable_if_number =
    typename std::enable_if<std::is_arithmetic<T>::value && !std::is_same<T, bool>::value>::type;

METATENSOR_HIDDEN inline bool same_dtype(DLDataType a, DLDataType b) noexcept {
    return a.code == b.code && a.bits == b.bits && a.lanes == b.lanes;
}

/// Whether a tensor with these elements can be read as one of `T`.
template<typename T>
METATENSOR_HIDDEN bool dlpack_dtype_matches(DLDataType dtype) {
    return same_dtype(dtype, dtype_of<T>());
}

/// Name of a type in messages: `float64`, `int32`, `bool`, ...
METATENSOR_HIDDEN inline std::string dtype_name(DLDataType dtype) {
    std::string name;
    switch (dtype.code) {
    case kDLInt:
        name = "int";
        break;
    case kDLUInt:
        name = "uint";
        break;
    case kDLFloat:
        name = "float";
        break;
    case kDLBfloat:
        name = "bfloat";
        break;
    case kDLComplex:
        name = "complex";
        break;
    case kDLBool:
        return dtype.bits == 8 && dtype.lanes == 1 ? "bool" : "bool of " + std::to_string(dtype.bits) + " bits";
    default:
        name = "type " + std::to_string(dtype.code) + " of bits ";
    }
    name += std::to_string(dtype.bits);
    return dtype.lanes == 1 ? name : name + "x" + std::to_string(dtype.lanes);
}

/// Name of a device in messages: `cpu:0`, or its number.
METATENSOR_HIDDEN inline std::string device_name(DLDevice device) {
    const auto number = static_cast<int32_t>(device.device_type);
    const auto name = number == static_cast<int32_t>(kDLCPU) ? "cpu" : "device " + std::to_string(number);
    return name + ":" + std::to_string(device.device_id);
}

METATENSOR_HIDDEN inline bool is_cpu(DLDevice device) noexcept {
    return device.device_type == kDLCPU;
}

/// Stands for a type in calls of generic functions.
template<typename T>
struct Type {
    using type = T;
};

/// Calls `function(Type<T>{})` for the type `T` that `SimpleDataArray` has for these elements, and tells whether there is one.
template<typename F>
METATENSOR_HIDDEN bool with_element_type(DLDataType dtype, F function) {
    bool found = false;
    const auto call_if = [&](auto type) {
        if (!found && dlpack_dtype_matches<typename decltype(type)::type>(dtype)) {
            found = true;
            function(type);
        }
    };
    call_if(Type<double>{});
    call_if(Type<float>{});
    call_if(Type<int8_t>{});
    call_if(Type<int16_t>{});
    call_if(Type<int32_t>{});
    call_if(Type<int64_t>{});
    call_if(Type<uint8_t>{});
    call_if(Type<uint16_t>{});
    call_if(Type<uint32_t>{});
    call_if(Type<uint64_t>{});
    call_if(Type<bool>{});
    return found;
}

} // namespace details
} // namespace metatensor

#endif
