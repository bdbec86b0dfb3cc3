#ifndef METATENSOR_IO_HPP
#define METATENSOR_IO_HPP

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include <metatensor.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io_fwd.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>

namespace metatensor {
namespace details {

/// Bytes of a buffer.
template<typename Buffer>
METATENSOR_HIDDEN const uint8_t* bytes_of(const Buffer& buffer) {
    static_assert(sizeof(typename Buffer::value_type) == 1, "elements of a buffer are bytes");
    return reinterpret_cast<const uint8_t*>(buffer.data());
}

/// Calls `save(bytes, size, user_data, realloc)`, with the parameters that functions of C have for buffers, and gives what was
/// saved. Without memory, the function of C fails.
template<typename Buffer, typename Save>
METATENSOR_HIDDEN Buffer saved_bytes(Save save) {
    static_assert(sizeof(typename Buffer::value_type) == 1, "elements of a buffer are bytes");
    std::vector<uint8_t> bytes;
    uint8_t* start = nullptr;
    uintptr_t size = 0;
    const auto grow = [](void* user_data, uint8_t*, uintptr_t new_size) -> uint8_t* {
        try {
            auto& vector = *static_cast<std::vector<uint8_t>*>(user_data);
            vector.resize(new_size);
            return vector.data();
        } catch (...) {
            return nullptr;
        }
    };
    check_status(save(&start, &size, &bytes, grow));
    bytes.resize(size);
    if constexpr (std::is_same<Buffer, std::vector<uint8_t>>::value) {
        return bytes;
    } else {
        return Buffer(bytes.begin(), bytes.end());
    }
}

} // namespace details

namespace io {

METATENSOR_HIDDEN inline void save(const std::string& path, const TensorMap& tensor) {
    details::check_status(mts_tensormap_save(details::c_string(path), tensor.as_mts_tensormap_t()));
}

METATENSOR_HIDDEN inline void save(const std::string& path, const TensorBlock& block) {
    details::check_status(mts_block_save(details::c_string(path), block.as_mts_block_t()));
}

METATENSOR_HIDDEN inline void save(const std::string& path, const Labels& labels) {
    details::check_status(mts_labels_save(details::c_string(path), labels.as_mts_labels_t()));
}

template<typename Buffer>
METATENSOR_HIDDEN Buffer save_buffer(const TensorMap& tensor) {
    const auto* handle = tensor.as_mts_tensormap_t();
    return details::saved_bytes<Buffer>([=](auto... buffer) { return mts_tensormap_save_buffer(buffer..., handle); });
}

template<typename Buffer>
METATENSOR_HIDDEN Buffer save_buffer(const TensorBlock& block) {
    const auto* handle = block.as_mts_block_t();
    return details::saved_bytes<Buffer>([=](auto... buffer) { return mts_block_save_buffer(buffer..., handle); });
}

template<typename Buffer>
METATENSOR_HIDDEN Buffer save_buffer(const Labels& labels) {
    const auto* handle = labels.as_mts_labels_t();
    return details::saved_bytes<Buffer>([=](auto... buffer) { return mts_labels_save_buffer(buffer..., handle); });
}

METATENSOR_HIDDEN inline TensorMap load(const std::string& path, mts_create_array_callback_t create_array) {
    auto* tensor = mts_tensormap_load(details::c_string(path), create_array);
    details::check_pointer(tensor);
    return TensorMap::unsafe_from_ptr(tensor);
}

METATENSOR_HIDDEN inline TensorMap load_buffer(
    const uint8_t* buffer, std::size_t size, mts_create_array_callback_t create_array) {
    auto* tensor = mts_tensormap_load_buffer(buffer, size, create_array);
    details::check_pointer(tensor);
    return TensorMap::unsafe_from_ptr(tensor);
}

template<typename Buffer>
METATENSOR_HIDDEN TensorMap load_buffer(const Buffer& buffer, mts_create_array_callback_t create_array) {
    return load_buffer(details::bytes_of(buffer), buffer.size(), create_array);
}

METATENSOR_HIDDEN inline TensorBlock load_block(const std::string& path, mts_create_array_callback_t create_array) {
    auto* block = mts_block_load(details::c_string(path), create_array);
    details::check_pointer(block);
    return TensorBlock::unsafe_from_ptr(block);
}

METATENSOR_HIDDEN inline TensorBlock load_block_buffer(
    const uint8_t* buffer, std::size_t size, mts_create_array_callback_t create_array) {
    auto* block = mts_block_load_buffer(buffer, size, create_array);
    details::check_pointer(block);
    return TensorBlock::unsafe_from_ptr(block);
}

template<typename Buffer>
METATENSOR_HIDDEN TensorBlock load_block_buffer(const Buffer& buffer, mts_create_array_callback_t create_array) {
    return load_block_buffer(details::bytes_of(buffer), buffer.size(), create_array);
}

METATENSOR_HIDDEN inline Labels load_labels(const std::string& path) {
    const auto* labels = mts_labels_load(details::c_string(path));
    details::check_pointer(labels);
    return Labels::unsafe_from_ptr(labels);
}

METATENSOR_HIDDEN inline Labels load_labels_buffer(const uint8_t* buffer, std::size_t size) {
    const auto* labels = mts_labels_load_buffer(buffer, size);
    details::check_pointer(labels);
    return Labels::unsafe_from_ptr(labels);
}

template<typename Buffer>
METATENSOR_HIDDEN Labels load_labels_buffer(const Buffer& buffer) {
    return load_labels_buffer(details::bytes_of(buffer), buffer.size());
}

} // namespace io
} // namespace metatensor

#endif
