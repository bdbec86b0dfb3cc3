#ifndef METATENSOR_MAP_FILE_HPP
#define METATENSOR_MAP_FILE_HPP

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <metatensor/io.h>

#include <metatensor/block.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/tensor.hpp>

namespace metatensor::io {

/// What may be done with the memory of a mapped file.
enum class Mapping : uint32_t {
    /// it is only read: a change through a pointer ends the process
    ReadOnly = MTS_MAPPING_READ_ONLY,
    /// pages that are written to are copied then: neither the file nor anybody else sees the change
    Private = MTS_MAPPING_PRIVATE,
};

/// What may be read from one file: numbers that are 0 stand for the limits of the process, see `set_limit`.
struct FileLimits {
    /// bytes that all compressed members give which one call reads, or that come out of a pipe
    uint64_t inflated_bytes = 0;
    /// members of the archive
    uint64_t members = 0;
    /// dimensions of labels, or gradients of a block
    uint64_t names = 0;
    /// how deep gradients of gradients are nested: at most 64
    uint64_t depth = 0;
};

/// Which part of a map to load: what is not set stands for everything.
///
/// The labels have some or all of the dimensions of what they select from: what matches one of their entries is loaded. Gradients
/// have the rows of the selected samples, with their new numbers. Blocks stay if nothing of them is selected.
struct MapSelection {
    /// which blocks to load
    std::optional<Labels> keys = std::nullopt;
    /// which samples of them
    std::optional<Labels> samples = std::nullopt;
    /// which properties of them
    std::optional<Labels> properties = std::nullopt;
};

/// How to read a file that is somewhere else.
struct Reader {
    /// number of bytes of the file
    uint64_t size = 0;
    /// puts the `count` bytes that start at `offset` into `bytes`: it is only called on threads that use the file, and can throw
    std::function<void(uint64_t offset, uint8_t* bytes, std::size_t count)> read_at;
    /// whether several threads can call it at the same time; if not, the file is used by one thread at a time
    bool concurrent = false;
};

} // namespace metatensor::io

namespace metatensor::details {

METATENSOR_HIDDEN inline mts_file_limits_t for_c(const io::FileLimits& limits) noexcept {
    return {limits.inflated_bytes, limits.members, limits.names, limits.depth};
}

/// Labels for C, or null.
METATENSOR_HIDDEN inline const mts_labels_t* for_c(const std::optional<Labels>& labels) {
    return labels.has_value() ? labels->as_mts_labels_t() : nullptr;
}

/// A buffer that C releases with `release_owner`.
template<typename Buffer>
METATENSOR_HIDDEN auto* owner_of(Buffer&& content) {
    return new std::decay_t<Buffer>(std::forward<Buffer>(content));
}
template<typename Buffer>
METATENSOR_HIDDEN void release_owner(void* owner) {
    delete static_cast<Buffer*>(owner);
}
template<typename Buffer>
METATENSOR_HIDDEN const uint8_t* raw_bytes(const Buffer& buffer) {
    static_assert(sizeof(typename Buffer::value_type) == 1, "elements of a buffer are bytes");
    return reinterpret_cast<const uint8_t*>(buffer.data());
}

/// A reader that C releases, with a function that exceptions do not get out of.
METATENSOR_HIDDEN inline mts_reader_t for_c(io::Reader reader) {
    const auto read_at = [](void* self, uint64_t offset, uint8_t* bytes, uintptr_t count) -> mts_status_t {
        return catch_exceptions([=] { static_cast<io::Reader*>(self)->read_at(offset, bytes, count); });
    };
    const auto size = reader.size;
    const auto concurrent = reader.concurrent;
    return {owner_of(std::move(reader)), size, read_at, release_owner<io::Reader>, concurrent};
}

/// A list of names that C lends.
METATENSOR_HIDDEN inline std::vector<std::string> copied(const char* const* names, std::size_t count) {
    return {names, names + count};
}

} // namespace metatensor::details

namespace metatensor::io {

/// Everything of a block, or of a gradient, in a file but its values. It can be used from several threads at once, and after the
/// file that it is from is gone.
class BlockHeader final {
public:
    /// Type of the values.
    [[nodiscard]] METATENSOR_HIDDEN DLDataType dtype() const {
        DLDataType dtype = {0, 0, 0};
        details::check_status(mts_map_file_header_dtype(header_.get(), &dtype));
        return dtype;
    }

    /// Length of each axis: samples, components, properties.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<std::size_t> shape() const {
        const uintptr_t* shape = nullptr;
        uintptr_t axes = 0;
        details::check_status(mts_map_file_header_shape(header_.get(), &shape, &axes));
        return {shape, shape + axes};
    }

    /// Reads the labels of one axis: 0 for samples, then components, then properties.
    [[nodiscard]] METATENSOR_HIDDEN Labels labels(std::size_t axis) const {
        const mts_labels_t* labels = nullptr;
        details::check_status(mts_map_file_header_labels(header_.get(), axis, &labels));
        return Labels::unsafe_from_ptr(labels);
    }

    /// Parameters of all gradients, sorted.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<std::string> gradients_list() const {
        const char* const* parameters = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_map_file_header_gradients_list(header_.get(), &parameters, &count));
        return details::copied(parameters, count);
    }

    /// Reads the header of a gradient.
    [[nodiscard]] METATENSOR_HIDDEN BlockHeader gradient(const std::string& parameter) const {
        mts_map_file_header_t* gradient = nullptr;
        details::check_status(
            mts_map_file_header_gradient(header_.get(), details::c_string(parameter), &gradient));
        return BlockHeader(gradient);
    }

private:
    friend class MapFile;
    METATENSOR_HIDDEN explicit BlockHeader(mts_map_file_header_t* header): header_(header, mts_map_file_header_free) {}

    std::unique_ptr<mts_map_file_header_t, mts_status_t (*)(mts_map_file_header_t*)> header_;
};

/// A map in a file, of which the directory and the keys are in memory, and all else is read when it is asked for.
///
/// It can be used from several threads at once, which read on their own. What was loaded from it stays when it is gone. Where
/// `create_array` is not given, arrays are of the library.
class MapFile final {
public:
    /// Opens a file. What is read later is checked as when the whole file is loaded.
    [[nodiscard]] METATENSOR_HIDDEN static MapFile open(const std::string& path, const FileLimits& limits = {}) {
        const auto c_limits = details::for_c(limits);
        mts_map_file_t* file = nullptr;
        details::check_status(
            mts_map_file_open(details::c_string(path), &c_limits, &file));
        return MapFile(file);
    }

    /// Opens the content of a file, which is moved and not copied. Arrays that are mapped from it are in this memory.
    template<typename Buffer>
    [[nodiscard]] METATENSOR_HIDDEN static MapFile open_buffer(Buffer&& content, const FileLimits& limits = {}) {
        const auto c_limits = details::for_c(limits);
        auto* owner = details::owner_of(std::forward<Buffer>(content));
        mts_map_file_t* file = nullptr;
        details::check_status(mts_map_file_open_buffer(details::raw_bytes(*owner), owner->size(),
            details::release_owner<std::decay_t<Buffer>>, owner, &c_limits, &file));
        return MapFile(file);
    }

    /// Opens a file that a function reads. `name` is what errors call it.
    [[nodiscard]] METATENSOR_HIDDEN static MapFile open_reader(
        const std::string& name, Reader reader, const FileLimits& limits = {}) {
        const auto* c_name = details::c_string(name);
        const auto c_limits = details::for_c(limits);
        mts_map_file_t* file = nullptr;
        details::check_status(
            mts_map_file_open_reader(c_name, details::for_c(std::move(reader)), &c_limits, &file));
        return MapFile(file);
    }

    /// The keys, one for each block.
    [[nodiscard]] METATENSOR_HIDDEN Labels keys() const {
        const mts_labels_t* keys = nullptr;
        details::check_status(mts_map_file_keys(file_.get(), &keys));
        return Labels::unsafe_from_ptr(keys);
    }

    /// Names of all entries of the info.
    [[nodiscard]] METATENSOR_HIDDEN std::vector<std::string> info_keys() const {
        const char* const* keys = nullptr;
        uintptr_t count = 0;
        details::check_status(mts_map_file_info_keys(file_.get(), &keys, &count));
        return details::copied(keys, count);
    }

    /// An entry of the info, if there is one.
    [[nodiscard]] METATENSOR_HIDDEN std::optional<std::string> get_info(const std::string& key) const {
        const char* value = nullptr;
        details::check_status(
            mts_map_file_get_info(file_.get(), details::c_string(key), &value));
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }

    /// Reads what is known of a block without its values.
    [[nodiscard]] METATENSOR_HIDDEN BlockHeader header(std::size_t index) const {
        mts_map_file_header_t* header = nullptr;
        details::check_status(mts_map_file_header(file_.get(), index, &header));
        return BlockHeader(header);
    }

    /// Loads one block, with its gradients.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock block(
        std::size_t index, mts_create_array_callback_t create_array = nullptr) const {
        mts_block_t* block = nullptr;
        details::check_status(mts_map_file_block(file_.get(), index, create_array, &block));
        return TensorBlock::unsafe_from_ptr(block);
    }

    /// Loads everything, and checks the whole file.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load(mts_create_array_callback_t create_array = nullptr) const {
        mts_tensormap_t* tensor = nullptr;
        details::check_status(mts_map_file_load(file_.get(), create_array, &tensor));
        return TensorMap::unsafe_from_ptr(tensor);
    }

    /// Loads a part of the map. Little more is read than what is needed.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load_selected(
        const MapSelection& selection, mts_create_array_callback_t create_array = nullptr) const {
        const mts_map_selection_t c_selection = {
            details::for_c(selection.keys), details::for_c(selection.samples), details::for_c(selection.properties)};
        mts_tensormap_t* tensor = nullptr;
        details::check_status(
            mts_map_file_load_selected(file_.get(), &c_selection, create_array, &tensor));
        return TensorMap::unsafe_from_ptr(tensor);
    }

    /// Loads everything, with arrays in the file itself: see `load_mapped`.
    [[nodiscard]] METATENSOR_HIDDEN TensorMap load_mapped(Mapping mapping = Mapping::ReadOnly) const {
        mts_tensormap_t* tensor = nullptr;
        details::check_status(
            mts_map_file_load_mapped(file_.get(), static_cast<mts_mapping_t>(mapping), &tensor));
        return TensorMap::unsafe_from_ptr(tensor);
    }

    /// Loads one block, with arrays in the file itself.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock block_mapped(
        std::size_t index, Mapping mapping = Mapping::ReadOnly) const {
        mts_block_t* block = nullptr;
        details::check_status(
            mts_map_file_block_mapped(file_.get(), index, static_cast<mts_mapping_t>(mapping), &block));
        return TensorBlock::unsafe_from_ptr(block);
    }

    /// The file as C knows it, borrowed.
    [[nodiscard]] METATENSOR_HIDDEN const mts_map_file_t* as_mts_map_file_t() const noexcept { return file_.get(); }

private:
    METATENSOR_HIDDEN explicit MapFile(mts_map_file_t* file): file_(file, mts_map_file_free) {}

    std::unique_ptr<mts_map_file_t, mts_status_t (*)(mts_map_file_t*)> file_;
};

} // namespace metatensor::io

#endif
