#ifndef METATENSOR_TENSOR_HPP
#define METATENSOR_TENSOR_HPP

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <metatensor.h>
#include <metatensor/shortcuts.h>

#include <metatensor/arrays.hpp>
#include <metatensor/block.hpp>
#include <metatensor/details/tensor_info.hpp>
#include <metatensor/details/tensor_items.hpp>
#include <metatensor/details/text.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>

namespace metatensor {

/// Labels called keys, and a block for each of them. All blocks have the same names for samples, components, properties and
/// gradients.
///
/// A map owns its blocks; the blocks it gives are views, valid until the map is moved to a function of C, or released. Maps can
/// only be moved; those that were moved from, or released, are null, and all that needs the map throws
/// `InvalidParameterError`.
///
/// Functions that are `const` can be called from several threads at once.
class TensorMap final {
public:
    /// A map of these blocks, which are all taken. Throws `InvalidParameterError` if one of them is a view or null, and then
    /// releases them all; or if they do not fit the keys, or each other.
    METATENSOR_HIDDEN TensorMap(Labels keys, std::vector<TensorBlock> blocks): TensorMap(nullptr, false) {
        const auto* handle = keys.as_mts_labels_t();
        for (std::size_t i = 0; i < blocks.size(); i++) {
            if (blocks[i].is_view()) {
                details::fail("block " + std::to_string(i) + " is a view, moved from or released: a map needs blocks "
                    + "of its own, such as clone() makes");
            }
        }
        std::vector<mts_block_t*> released(blocks.size());
        for (std::size_t i = 0; i < blocks.size(); i++) {
            released[i] = blocks[i].release();
        }
        tensor_ = mts_tensormap(handle, released.data(), released.size());
        details::check_pointer(tensor_);
    }

    /// Takes ownership of a map from C.
    [[deprecated("use TensorMap::unsafe_from_ptr")]] METATENSOR_HIDDEN explicit TensorMap(mts_tensormap_t* tensor):
        TensorMap(tensor, false) {}

    TensorMap(const TensorMap&) = delete;
    TensorMap& operator=(const TensorMap&) = delete;

    METATENSOR_HIDDEN TensorMap(TensorMap&& other) noexcept:
        tensor_(std::exchange(other.tensor_, nullptr)), is_view_(std::exchange(other.is_view_, true)) {}

    METATENSOR_HIDDEN TensorMap& operator=(TensorMap&& other) noexcept {
        free();
        tensor_ = std::exchange(other.tensor_, nullptr);
        is_view_ = std::exchange(other.is_view_, true);
        return *this;
    }

    METATENSOR_HIDDEN ~TensorMap() { free(); }

    /// A map with copies of all values, gradients included.
    METATENSOR_HIDDEN TensorMap clone() const { return owned(mts_tensormap_copy(as_mts_tensormap_t())); }

    /// A map with the same labels, and `EmptyDataArray` for values, gradients included. It has no info.
    METATENSOR_HIDDEN TensorMap clone_metadata_only() const {
        std::vector<TensorBlock> copies;
        for (const auto block: blocks()) {
            copies.push_back(block.clone_metadata_only());
        }
        return TensorMap(keys(), std::move(copies));
    }

    /// Where the values are: on the CPU, if there are no blocks.
    METATENSOR_HIDDEN DLDevice device() const {
        DLDevice device = {kDLCPU, 0};
        details::check_status(mts_tensormap_device(as_mts_tensormap_t(), &device));
        return device;
    }

    /// Type of the values: double, if there are no blocks.
    METATENSOR_HIDDEN DLDataType dtype() const {
        DLDataType dtype = {0, 0, 0};
        details::check_status(mts_tensormap_dtype(as_mts_tensormap_t(), &dtype));
        return dtype;
    }

    /// Whether this is a view of a map that something else owns; or null.
    METATENSOR_HIDDEN bool is_view() const { return is_view_; }

    /// The keys.
    METATENSOR_HIDDEN Labels keys() const {
        const auto* keys = mts_tensormap_keys(as_mts_tensormap_t());
        details::check_pointer(keys);
        return Labels::unsafe_from_ptr(keys);
    }

    /// Number of blocks.
    [[nodiscard]] METATENSOR_HIDDEN std::size_t size() const { return keys().count(); }

    /// A view of the block for the key at `index`. Throws `InvalidParameterError` if there are not that many.
    METATENSOR_HIDDEN TensorBlock block_by_id(uintptr_t index) & {
        return details::block_of<TensorBlock>(as_mts_tensormap_t(), index);
    }
    /// The same for a map that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN ConstBlock block_by_id(uintptr_t index) const & {
        return details::block_of<ConstBlock>(mutable_handle(), index);
    }
    TensorBlock block_by_id(uintptr_t index) && = delete;

    /// A view of the only block whose key has these values: `tensor.block({{"center_type", 6}})`. Throws
    /// `InvalidParameterError` if there is no such block, or more than one.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock block(
        std::initializer_list<std::pair<const char*, int32_t>> key) & {
        return TensorBlock::unsafe_view_from_ptr(block_where(key));
    }
    /// The same for a map that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN ConstBlock block(
        std::initializer_list<std::pair<const char*, int32_t>> key) const & {
        return ConstBlock(block_where(key));
    }
    TensorBlock block(std::initializer_list<std::pair<const char*, int32_t>> key) && = delete;

    /// The same for labels with one entry, which have some of the dimensions of the keys.
    [[nodiscard]] METATENSOR_HIDDEN TensorBlock block(const Labels& key) & {
        return TensorBlock::unsafe_view_from_ptr(block_where(key));
    }
    /// The same for a map that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN ConstBlock block(const Labels& key) const & { return ConstBlock(block_where(key)); }
    TensorBlock block(const Labels& key) && = delete;

    /// Goes through the blocks, in the order of the keys: `for (auto block: tensor.blocks())`, with views of them.
    [[nodiscard]] METATENSOR_HIDDEN details::TensorRange<details::BlockItem<TensorBlock>> blocks() & {
        return {as_mts_tensormap_t(), keys()};
    }
    /// The same for a map that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN details::TensorRange<details::BlockItem<ConstBlock>> blocks() const & {
        return {mutable_handle(), keys()};
    }
    details::TensorRange<details::BlockItem<TensorBlock>> blocks() && = delete;

    /// Goes through keys and blocks: `for (auto [key, block]: tensor.items()) { key["center_type"] }`, with views of both.
    [[nodiscard]] METATENSOR_HIDDEN details::TensorRange<details::KeyAndBlockItem<TensorBlock>> items() & {
        return {as_mts_tensormap_t(), keys()};
    }
    /// The same for a map that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN details::TensorRange<details::KeyAndBlockItem<ConstBlock>> items() const & {
        return {mutable_handle(), keys()};
    }
    details::TensorRange<details::KeyAndBlockItem<TensorBlock>> items() && = delete;

    /// Moves dimensions of the keys to the properties, merging blocks whose keys are equal then. Values that no block has are
    /// equal to `fill_value`, an array without axes, of the type of the values. Labels with entries say which values of the
    /// moved dimensions the new properties have, and in which order. `sort_samples` is whether the samples of new blocks are
    /// sorted; else they are in the order of the blocks.
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const Labels& keys_to_move, MtsArray fill_value, bool sort_samples) const {
        const auto* tensor = as_mts_tensormap_t();
        const auto* moved = keys_to_move.as_mts_labels_t();
        return owned(mts_tensormap_keys_to_properties(
            tensor, moved, std::move(fill_value).release(), sort_samples));
    }
    /// The same with names, for all entries.
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const std::vector<std::string>& keys_to_move, MtsArray fill_value, bool sort_samples) const {
        return keys_to_properties(Labels(keys_to_move), std::move(fill_value), sort_samples);
    }
    /// The same with one name, for all entries.
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const std::string& key_to_move, MtsArray fill_value, bool sort_samples) const {
        return keys_to_properties(Labels({key_to_move}), std::move(fill_value), sort_samples);
    }

    /// The same with a number as fill value, which has the type of the values.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const Labels& keys_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_properties(keys_to_move, MtsArray::from_scalar(fill_value), sort_samples);
    }
    /// The same with names, for all entries.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const std::vector<std::string>& keys_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_properties(Labels(keys_to_move), MtsArray::from_scalar(fill_value), sort_samples);
    }
    /// The same with one name, for all entries.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_properties(
        const std::string& key_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_properties(Labels({key_to_move}), MtsArray::from_scalar(fill_value), sort_samples);
    }

    /// Moves dimensions of the keys to the samples, merging blocks whose keys are equal then. Labels with entries say which
    /// blocks take part. The others are as for `keys_to_properties`.
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const Labels& keys_to_move, MtsArray fill_value, bool sort_samples) const {
        const auto* tensor = as_mts_tensormap_t();
        const auto* moved = keys_to_move.as_mts_labels_t();
        return owned(mts_tensormap_keys_to_samples(
            tensor, moved, std::move(fill_value).release(), sort_samples));
    }
    /// The same with names, for all entries.
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const std::vector<std::string>& keys_to_move, MtsArray fill_value, bool sort_samples) const {
        return keys_to_samples(Labels(keys_to_move), std::move(fill_value), sort_samples);
    }
    /// The same with one name, for all entries.
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const std::string& key_to_move, MtsArray fill_value, bool sort_samples) const {
        return keys_to_samples(Labels({key_to_move}), std::move(fill_value), sort_samples);
    }

    /// The same with a number as fill value, which has the type of the values.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const Labels& keys_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_samples(keys_to_move, MtsArray::from_scalar(fill_value), sort_samples);
    }
    /// The same with names, for all entries.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const std::vector<std::string>& keys_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_samples(Labels(keys_to_move), MtsArray::from_scalar(fill_value), sort_samples);
    }
    /// The same with one name, for all entries.
    template<typename T = double, typename = details::enable_if_number<T>>
    METATENSOR_HIDDEN TensorMap keys_to_samples(
        const std::string& key_to_move, T fill_value = T{}, bool sort_samples = true) const {
        return keys_to_samples(Labels({key_to_move}), MtsArray::from_scalar(fill_value), sort_samples);
    }

    /// Moves components to the properties, by the names of their dimensions.
    METATENSOR_HIDDEN TensorMap components_to_properties(const std::vector<std::string>& dimensions) const {
        const auto names = details::c_strings(dimensions);
        return owned(mts_tensormap_components_to_properties(as_mts_tensormap_t(), names.data(), names.size()));
    }
    /// The same for one component.
    METATENSOR_HIDDEN TensorMap components_to_properties(const std::string& dimension) const {
        return components_to_properties(std::vector<std::string>{dimension});
    }

    /// Loads a map from a file, see `io::load`.
    METATENSOR_HIDDEN static TensorMap load(
        const std::string& path, mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load(path, create_array);
    }
    /// Loads a map from memory.
    METATENSOR_HIDDEN static TensorMap load_buffer(const uint8_t* buffer, std::size_t size,
        mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load_buffer(buffer, size, create_array);
    }
    /// Loads a map from a buffer.
    template<typename Buffer>
    METATENSOR_HIDDEN static TensorMap load_buffer(
        const Buffer& buffer, mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load_buffer<Buffer>(buffer, create_array);
    }

    /// Saves the map to a file, see `io::save`.
    METATENSOR_HIDDEN void save(const std::string& path) const { io::save(path, *this); }
    /// Gives the bytes of its file.
    METATENSOR_HIDDEN std::vector<uint8_t> save_buffer() const { return save_buffer<std::vector<uint8_t>>(); }
    /// The same in a buffer of another type, see `io::save_buffer`.
    template<typename Buffer>
    METATENSOR_HIDDEN Buffer save_buffer() const {
        return io::save_buffer<Buffer>(*this);
    }

    /// The map as C knows it, borrowed.
    METATENSOR_HIDDEN mts_tensormap_t* as_mts_tensormap_t() & {
        require_tensor();
        return tensor_;
    }
    /// The same for a map that can only be read.
    METATENSOR_HIDDEN const mts_tensormap_t* as_mts_tensormap_t() const & {
        require_tensor();
        return tensor_;
    }
    const mts_tensormap_t* as_mts_tensormap_t() && = delete;

    /// Takes ownership of a map from C.
    METATENSOR_HIDDEN static TensorMap unsafe_from_ptr(mts_tensormap_t* tensor) { return TensorMap(tensor, false); }

    /// A view of a map from C, valid as long as that one.
    METATENSOR_HIDDEN static TensorMap unsafe_view_from_ptr(mts_tensormap_t* tensor) {
        return TensorMap(tensor, true);
    }

    /// Gives the map to the caller, who has to release it with `mts_tensormap_free`. Throws `InvalidParameterError` if this is
    /// a view.
    METATENSOR_HIDDEN mts_tensormap_t* release() {
        require_tensor();
        if (is_view_) {
            details::fail("a view of a map can not be released: something else owns the map");
        }
        is_view_ = true;
        return std::exchange(tensor_, nullptr);
    }

    /// Sets an entry of the info: text of any kind that goes with the data, in UTF-8.
    METATENSOR_HIDDEN void set_info(const std::string& key, const std::string& value) {
        details::check_status(
            mts_tensormap_set_info(as_mts_tensormap_t(), details::c_string(key), details::c_string(value)));
    }

    /// An entry of the info, if there is one with this key.
    METATENSOR_HIDDEN std::optional<std::string> get_info(const std::string& key) const {
        const char* value = nullptr;
        details::check_status(mts_tensormap_get_info(as_mts_tensormap_t(), details::c_string(key), &value));
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }

    /// Goes through the info: `for (auto [key, value]: tensor.info())`. Valid until the info changes.
    METATENSOR_HIDDEN details::TensorMapInfo info() const { return details::TensorMapInfo(mutable_handle()); }

private:
    METATENSOR_HIDDEN TensorMap(mts_tensormap_t* tensor, bool is_view) noexcept:
        tensor_(tensor), is_view_(is_view) {}

    METATENSOR_HIDDEN static TensorMap owned(mts_tensormap_t* tensor) {
        details::check_pointer(tensor);
        return TensorMap(tensor, false);
    }

    // functions of C that give access to what is in a map do not have it const
    METATENSOR_HIDDEN mts_tensormap_t* mutable_handle() const {
        return const_cast<mts_tensormap_t*>(as_mts_tensormap_t());
    }

    METATENSOR_HIDDEN mts_block_t* block_where(
        const std::vector<const char*>& names, const int32_t* values) const {
        mts_block_t* block = nullptr;
        details::check_status(
            mts_tensormap_block_where(mutable_handle(), names.data(), values, names.size(), &block));
        return block;
    }
    METATENSOR_HIDDEN mts_block_t* block_where(std::initializer_list<std::pair<const char*, int32_t>> key) const {
        std::vector<const char*> names(key.size());
        std::vector<int32_t> values(key.size());
        std::size_t i = 0;
        for (const auto& [name, value]: key) {
            names[i] = name;
            values[i++] = value;
        }
        return block_where(names, values.data());
    }
    METATENSOR_HIDDEN mts_block_t* block_where(const Labels& key) const {
        if (key.count() != 1) {
            details::fail("a block is selected by one entry, but these labels have " + std::to_string(key.count()));
        }
        return block_where(key.names(), key.entry(0).data());
    }

    METATENSOR_HIDDEN void require_tensor() const {
        if (tensor_ == nullptr) {
            details::fail("this map was moved from or released");
        }
    }

    METATENSOR_HIDDEN void free() noexcept {
        if (!is_view_) {
            mts_tensormap_free(tensor_);
        }
        tensor_ = nullptr;
        is_view_ = true;
    }

    mts_tensormap_t* tensor_;
    bool is_view_;
    [[maybe_unused]] void* reserved_[2] = {};
};

/// Prints the table of the keys, without those in the middle if there are many.
template<typename Traits>
METATENSOR_HIDDEN std::basic_ostream<char, Traits>& operator<<(
    std::basic_ostream<char, Traits>& stream, const TensorMap& tensor) {
    return details::Text(mts_tensormap_to_string(tensor.as_mts_tensormap_t(), details::PRINTED_ROWS)).print(stream);
}

} // namespace metatensor

#endif
