#ifndef METATENSOR_IO_FWD_HPP
#define METATENSOR_IO_FWD_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <metatensor/arrays.hpp>

namespace metatensor {

class Labels;
class TensorBlock;
class TensorMap;

/// Files of maps, blocks and labels, and the same bytes in memory.
///
/// Buffers are anything with `data()` and `size()` whose elements are bytes, and that can be made of two iterators over bytes:
/// `std::vector<uint8_t>`, `std::string`, ...
///
/// What is loaded has its values in arrays that `create_array` makes: `SimpleDataArray`, if nothing is said.
///
/// Functions throw `IoError` for what the operating system refuses, and `SerializationError` for content that is not what it
/// should be. Paths are in UTF-8.
namespace io {

/// Saves a map to a file. The file is replaced once the new one is complete.
METATENSOR_HIDDEN void save(const std::string& path, const TensorMap& tensor);
/// Saves a block with its gradients to a file, the same way.
METATENSOR_HIDDEN void save(const std::string& path, const TensorBlock& block);
/// Saves labels to a file, the same way.
METATENSOR_HIDDEN void save(const std::string& path, const Labels& labels);

/// Gives the bytes of the file of a map.
template<typename Buffer = std::vector<uint8_t>>
METATENSOR_HIDDEN Buffer save_buffer(const TensorMap& tensor);
/// Gives the bytes of the file of a block.
template<typename Buffer = std::vector<uint8_t>>
METATENSOR_HIDDEN Buffer save_buffer(const TensorBlock& block);
/// Gives the bytes of the file of labels.
template<typename Buffer = std::vector<uint8_t>>
METATENSOR_HIDDEN Buffer save_buffer(const Labels& labels);

/// Loads a map from a file.
METATENSOR_HIDDEN TensorMap load(const std::string& path, mts_create_array_callback_t create_array = details::default_create_array);
/// Loads a map from the `size` bytes at `buffer`.
METATENSOR_HIDDEN TensorMap load_buffer(const uint8_t* buffer, std::size_t size,
    mts_create_array_callback_t create_array = details::default_create_array);
/// Loads a map from a buffer.
template<typename Buffer>
METATENSOR_HIDDEN TensorMap load_buffer(
    const Buffer& buffer, mts_create_array_callback_t create_array = details::default_create_array);

/// Loads a block from a file.
METATENSOR_HIDDEN TensorBlock load_block(
    const std::string& path, mts_create_array_callback_t create_array = details::default_create_array);
/// Loads a block from the `size` bytes at `buffer`.
METATENSOR_HIDDEN TensorBlock load_block_buffer(const uint8_t* buffer, std::size_t size,
    mts_create_array_callback_t create_array = details::default_create_array);
/// Loads a block from a buffer.
template<typename Buffer>
METATENSOR_HIDDEN TensorBlock load_block_buffer(
    const Buffer& buffer, mts_create_array_callback_t create_array = details::default_create_array);

/// Loads labels from a file.
METATENSOR_HIDDEN Labels load_labels(const std::string& path);
/// Loads labels from the `size` bytes at `buffer`.
METATENSOR_HIDDEN Labels load_labels_buffer(const uint8_t* buffer, std::size_t size);
/// Loads labels from a buffer.
template<typename Buffer>
METATENSOR_HIDDEN Labels load_labels_buffer(const Buffer& buffer);

} // namespace io
} // namespace metatensor

#endif
