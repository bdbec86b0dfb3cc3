#ifndef METATENSOR_FILES_HPP
#define METATENSOR_FILES_HPP

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include <metatensor/files.h>
#include <metatensor/io.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/problems.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io.hpp>
#include <metatensor/map_file.hpp>
#include <metatensor/map_writer.hpp>
#include <metatensor/tensor.hpp>

// What io.hpp does not do with files: parts of them, mapped ones, files that are written block by block, checked, merged.
namespace metatensor::io {

/// Loads a map whose arrays are in the file itself, where they are: nothing of them is read until it is used.
///
/// Arrays whose data is not aligned in the file, or in another byte order, are copied: `is_mapped` tells. The file stays mapped
/// until the last array is gone. Values are what is in the file, unchecked. If the file is truncated while it is mapped, using
/// what is gone ends the process; files that are replaced, as `save` does, are safe.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap load_mapped(
    const std::string& path, Mapping mapping = Mapping::ReadOnly) {
    mts_tensormap_t* tensor = nullptr;
    details::check_status(mts_tensormap_load_mapped(
        details::c_string(path), static_cast<mts_mapping_t>(mapping), &tensor));
    return TensorMap::unsafe_from_ptr(tensor);
}

/// Loads a block the same way.
[[nodiscard]] METATENSOR_HIDDEN inline TensorBlock load_block_mapped(
    const std::string& path, Mapping mapping = Mapping::ReadOnly) {
    mts_block_t* block = nullptr;
    details::check_status(mts_block_load_mapped(
        details::c_string(path), static_cast<mts_mapping_t>(mapping), &block));
    return TensorBlock::unsafe_from_ptr(block);
}

/// Loads a map whose arrays are in `content`, that of a file, which is moved and not copied. They are read-only.
template<typename Buffer>
[[nodiscard]] METATENSOR_HIDDEN TensorMap load_mapped_buffer(Buffer&& content) {
    auto* owner = details::owner_of(std::forward<Buffer>(content));
    mts_tensormap_t* tensor = nullptr;
    details::check_status(mts_tensormap_load_mapped_buffer(
        details::raw_bytes(*owner), owner->size(), details::release_owner<std::decay_t<Buffer>>, owner, &tensor));
    return TensorMap::unsafe_from_ptr(tensor);
}

/// Loads a block the same way.
template<typename Buffer>
[[nodiscard]] METATENSOR_HIDDEN TensorBlock load_block_mapped_buffer(Buffer&& content) {
    auto* owner = details::owner_of(std::forward<Buffer>(content));
    mts_block_t* block = nullptr;
    details::check_status(mts_block_load_mapped_buffer(
        details::raw_bytes(*owner), owner->size(), details::release_owner<std::decay_t<Buffer>>, owner, &block));
    return TensorBlock::unsafe_from_ptr(block);
}

/// Whether the values of a block, without those of its gradients, are in a file, or in memory that was given instead of one.
[[nodiscard]] METATENSOR_HIDDEN inline bool is_mapped(const TensorBlock& block) {
    bool is_mapped = false;
    details::check_status(mts_block_is_mapped(block.as_mts_block_t(), &is_mapped));
    return is_mapped;
}

/// Loads a part of the map in a file. Little more is read than what is needed.
[[nodiscard]] METATENSOR_HIDDEN inline TensorMap load_selected(
    const std::string& path, const MapSelection& selection, mts_create_array_callback_t create_array = nullptr) {
    return MapFile::open(path).load_selected(selection, create_array);
}

/// Finds everything that is wrong with a file, which should hold a map, a block, labels or a collection: where loading stops at the first
/// problem, this goes on. All checksums are compared. A file without problems can be loaded.
[[nodiscard]] METATENSOR_HIDDEN inline std::vector<Problem> validate(
    const std::string& path, const FileLimits& limits = {}) {
    const auto c_limits = details::for_c(limits);
    mts_problems_t* problems = nullptr;
    details::check_status(
        mts_validate(details::c_string(path), &c_limits, &problems));
    return details::list_of(problems);
}

/// The same for the content of a file.
[[nodiscard]] METATENSOR_HIDDEN inline std::vector<Problem> validate_buffer(
    const uint8_t* buffer, std::size_t size, const FileLimits& limits = {}) {
    const auto c_limits = details::for_c(limits);
    mts_problems_t* problems = nullptr;
    details::check_status(mts_validate_buffer(buffer, size, &c_limits, &problems));
    return details::list_of(problems);
}

/// Makes one file of the maps in several ones, with all of their blocks, in this order. Data is copied as it is. The output can be
/// one of the files that are merged. `aligned` is whether the values of blocks and gradients start at multiples of 64 bytes, so that
/// it can be mapped.
METATENSOR_HIDDEN inline void merge_files(
    const std::vector<std::string>& paths, const std::string& output, bool aligned = true) {
    const auto c_paths = details::c_strings(paths);
    details::check_status(
        mts_merge_files(c_paths.data(), c_paths.size(), details::c_string(output), aligned));
}

/// Puts a file back to what it was before somebody who appended to it died, for readers of other libraries. Gives whether there
/// was something to do.
METATENSOR_HIDDEN inline bool recover_file(const std::string& path) {
    bool recovered = false;
    details::check_status(mts_map_file_recover(details::c_string(path), &recovered));
    return recovered;
}

/// Removes the temporary files of all saves of this process that are under way, which fail then: for programs that end because of
/// a signal. It can be called from a signal handler.
METATENSOR_HIDDEN inline void remove_temporaries() noexcept {
    mts_remove_temporaries();
}

/// Writes the file of a map, block or labels to a stream.
template<typename Object>
METATENSOR_HIDDEN void save(std::ostream& stream, const Object& object) {
    const auto bytes = io::save_buffer<std::vector<uint8_t>>(object);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!stream) {
        throw IoError("io error: could not write to the stream");
    }
}

} // namespace metatensor::io

#endif
