#ifndef METATENSOR_LABELS_HPP
#define METATENSOR_LABELS_HPP

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <metatensor.h>

#include <metatensor/arrays.hpp>
#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/labels_entry.hpp>
#include <metatensor/details/labels_table.hpp>
#include <metatensor/details/mappings.hpp>
#include <metatensor/details/text.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io_fwd.hpp>
#include <metatensor/views.hpp>

namespace metatensor_torch {
class LabelsHolder;
} // namespace metatensor_torch

namespace metatensor {

/// Says that rows are known to be distinct, so that nobody has to check it. If they are not, positions are those of any of the
/// copies of a row.
struct assume_unique {};

/// A table of 32-bit integers with named columns (dimensions) and distinct rows (entries), which says what the entries along
/// one axis of an array are.
///
/// Labels never change, and copies share everything. They can be used from several threads at once. Labels that were moved
/// from, or released, are null: they have no names, are equal to nothing, and all else throws `InvalidParameterError`.
class Labels final {
public:
    /// Labels with the values in an array of integers of 32 bits, with a row for each entry. The array is taken. Throws
    /// `InvalidParameterError` if there are two dimensions with the same name, two equal rows, ...
    METATENSOR_HIDDEN Labels(const std::vector<std::string>& dimensions, MtsArray values):
        Labels(make(mts_labels, dimensions, std::move(values))) {}

    /// The same for rows that are known to be distinct.
    METATENSOR_HIDDEN Labels(const std::vector<std::string>& dimensions, MtsArray array, assume_unique):
        Labels(make(mts_labels_assume_unique, dimensions, std::move(array))) {}

    /// Labels from a list of rows: `Labels({"system", "atom"}, {{0, 0}, {0, 1}})`. All rows need as many values as there are
    /// dimensions.
    METATENSOR_HIDDEN Labels(const std::vector<std::string>& dimensions,
        std::initializer_list<std::initializer_list<int32_t>> values):
        Labels(dimensions, details::table_of_rows(dimensions.size(), values)) {}

    /// Labels without entries.
    METATENSOR_HIDDEN explicit Labels(const std::vector<std::string>& dimensions):
        Labels(dimensions, details::table(dimensions.size(), {}), assume_unique{}) {}

    /// Labels from a table of `count` rows, which is copied.
    METATENSOR_HIDDEN Labels(const std::vector<std::string>& dimensions, const int32_t* values, std::size_t count):
        Labels(dimensions, details::copied_table(dimensions.size(), values, count)) {}

    /// The same for rows that are known to be distinct.
    METATENSOR_HIDDEN Labels(
        const std::vector<std::string>& dimensions, const int32_t* values, std::size_t count, assume_unique):
        Labels(dimensions, details::copied_table(dimensions.size(), values, count), assume_unique{}) {}

    /// Another reference to the same labels.
    METATENSOR_HIDDEN Labels(const Labels& other): Labels(mts_labels_clone(other.as_mts_labels_t())) {
        details::check_pointer(labels_);
    }

    /// The same. If `other` is null, this throws and nothing changes.
    METATENSOR_HIDDEN Labels& operator=(const Labels& other) {
        if (this != &other) {
            *this = Labels(other);
        }
        return *this;
    }

    METATENSOR_HIDDEN Labels(Labels&& other) noexcept: labels_(std::exchange(other.labels_, nullptr)) {}

    METATENSOR_HIDDEN Labels& operator=(Labels&& other) noexcept {
        mts_labels_free(std::exchange(labels_, nullptr));
        labels_ = std::exchange(other.labels_, nullptr);
        return *this;
    }

    METATENSOR_HIDDEN ~Labels() { mts_labels_free(labels_); }

    /// Labels with one dimension, and the entries 0, 1, ..., `count - 1`.
    [[nodiscard]] METATENSOR_HIDDEN static Labels range(const std::string& name, std::size_t count) {
        if (count > static_cast<std::size_t>(INT32_MAX) + 1) {
            details::fail("there are not as many integers of 32 bits as " + std::to_string(count));
        }
        std::vector<int32_t> values(count);
        for (std::size_t i = 0; i < count; i++) {
            values[i] = static_cast<int32_t>(i);
        }
        return from_vector({name}, std::move(values), assume_unique{});
    }

    /// Labels with one entry, for axes where nothing is to be said: `_` is 0.
    [[nodiscard]] METATENSOR_HIDDEN static Labels single() { return range("_", 1); }

    /// Labels with the values in a vector, row after row, which is moved and not copied. Throws `InvalidParameterError` if its
    /// size is not a multiple of the number of dimensions.
    [[nodiscard]] METATENSOR_HIDDEN static Labels from_vector(
        const std::vector<std::string>& dimensions, std::vector<int32_t>&& values) {
        return Labels(dimensions, details::table(dimensions.size(), std::move(values)));
    }

    /// The same for rows that are known to be distinct.
    [[nodiscard]] METATENSOR_HIDDEN static Labels from_vector(
        const std::vector<std::string>& dimensions, std::vector<int32_t>&& values, assume_unique) {
        return Labels(dimensions, details::table(dimensions.size(), std::move(values)), assume_unique{});
    }

    /// Names of the dimensions, valid as long as the labels.
    METATENSOR_HIDDEN std::vector<const char*> names() const {
        const auto names = all_dimensions();
        std::vector<const char*> result;
        result.reserve(names.size());
        for (const auto name: names) {
            result.push_back(name.data());
        }
        return result;
    }

    /// The same as views, without a vector: `for (std::string_view name: labels.dimensions())`.
    [[nodiscard]] METATENSOR_HIDDEN Dimensions dimensions() const & { return all_dimensions(); }
    Dimensions dimensions() const && = delete;

    /// Where the values are.
    METATENSOR_HIDDEN DLDevice device() const { return mts_array().device(); }

    /// Number of entries.
    METATENSOR_HIDDEN std::size_t count() const {
        const auto array = mts_array().as_mts_array_t();
        const uintptr_t* shape = nullptr;
        uintptr_t axes = 0;
        details::check_status(array.shape(array.ptr, &shape, &axes));
        return axes == 0 ? 0 : shape[0];
    }

    /// Number of dimensions.
    METATENSOR_HIDDEN std::size_t size() const { return all_dimensions().size(); }

    /// The labels as C knows them, borrowed.
    METATENSOR_HIDDEN const mts_labels_t* as_mts_labels_t() const {
        if (labels_ == nullptr) {
            details::fail("these labels were moved from or released");
        }
        return labels_;
    }

    /// Takes ownership of labels from C.
    METATENSOR_HIDDEN static Labels unsafe_from_ptr(const mts_labels_t* labels) { return Labels(labels); }

    /// Gives the labels to the caller, who has to release them with `mts_labels_free`.
    METATENSOR_HIDDEN const mts_labels_t* release() { return std::exchange(labels_, nullptr); }

    /// Position of an entry, if there is one with these values. Throws `InvalidParameterError` if there are not as many values
    /// as dimensions.
    METATENSOR_HIDDEN std::optional<std::size_t> position(std::initializer_list<int32_t> entry) const {
        return position(entry.begin(), entry.size());
    }
    /// The same for an array.
    template<std::size_t N>
    METATENSOR_HIDDEN std::optional<std::size_t> position(const std::array<int32_t, N>& entry) const {
        return position(entry.data(), entry.size());
    }
    /// The same for a vector.
    METATENSOR_HIDDEN std::optional<std::size_t> position(const std::vector<int32_t>& entry) const {
        return position(entry.data(), entry.size());
    }
    /// The same for values in memory.
    METATENSOR_HIDDEN std::optional<std::size_t> position(const int32_t* entry, std::size_t size) const {
        int64_t position = -1;
        details::check_status(mts_labels_position(as_mts_labels_t(), entry, size, &position));
        if (position < 0) {
            return std::nullopt;
        }
        return static_cast<std::size_t>(position);
    }

    /// Whether there is an entry with these values.
    [[nodiscard]] METATENSOR_HIDDEN bool contains(std::initializer_list<int32_t> entry) const {
        return position(entry).has_value();
    }
    /// The same for a vector.
    [[nodiscard]] METATENSOR_HIDDEN bool contains(const std::vector<int32_t>& entry) const {
        return position(entry).has_value();
    }

    /// The array with the values, borrowed: it is valid as long as the labels, and must not be changed.
    METATENSOR_HIDDEN MtsArray mts_array() const {
        mts_array_t array = {};
        details::check_status(mts_labels_values(as_mts_labels_t(), &array));
        array.destroy = nullptr;
        return MtsArray(array);
    }

    /// The values on a device, with a row for each entry.
    METATENSOR_HIDDEN DLPackArray<int32_t> values(
        DLDevice device = {kDLCPU, 0}, const int64_t* stream = nullptr) const {
        return mts_array().as_dlpack_array<int32_t>(
            device, stream, {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION});
    }

    /// The values in main memory, valid as long as the labels.
    METATENSOR_HIDDEN NDArray<int32_t> values_cpu() const {
        const auto table = this->table();
        return NDArray<int32_t>(table.data(), {table.shape()[0], table.shape()[1]});
    }

    /// The values in main memory as a table, valid as long as the labels.
    [[nodiscard]] METATENSOR_HIDDEN TensorView<const int32_t, 2> view() const & { return table(); }
    TensorView<const int32_t, 2> view() const && = delete;

    /// The values of one dimension, valid as long as the labels. Throws `InvalidParameterError` if there is none with this name.
    [[nodiscard]] METATENSOR_HIDDEN TensorView<const int32_t, 1> column(std::string_view name) const & {
        const auto position = all_dimensions().position(name);
        const auto table = this->table();
        return {table.data() + position, {table.shape()[0]}, {table.strides()[0]}};
    }
    TensorView<const int32_t, 1> column(std::string_view name) const && = delete;

    /// Goes through the entries: `for (auto entry: labels) { entry["atom"] }`. Entries are valid as long as the labels.
    [[nodiscard]] METATENSOR_HIDDEN details::LabelsIterator begin() const {
        return details::LabelsIterator(all_dimensions(), table().data(), 0);
    }
    /// What is after the last one.
    [[nodiscard]] METATENSOR_HIDDEN details::LabelsIterator end() const {
        return details::LabelsIterator(Dimensions(), nullptr, count());
    }

    /// An entry, valid as long as the labels. Throws `InvalidParameterError` if there are not that many.
    [[nodiscard]] METATENSOR_HIDDEN LabelsEntry entry(std::size_t index) const & {
        const auto table = this->table();
        const auto row = details::checked_index(index, table.shape()[0], 0);
        return LabelsEntry(all_dimensions(), table.data() + row * table.shape()[1]);
    }
    LabelsEntry entry(std::size_t index) const && = delete;

    /// The entries of both labels: those of this one, then those of `other` that are not in this one. The mappings, if they are
    /// not null, are memory for the position in the result of each entry, and have as many elements as there are entries.
    METATENSOR_HIDDEN Labels set_union(const Labels& other, int64_t* first_mapping = nullptr,
        std::size_t first_count = 0, int64_t* second_mapping = nullptr, std::size_t second_count = 0) const {
        const mts_labels_t* result = nullptr;
        details::check_status(mts_labels_union(as_mts_labels_t(), other.as_mts_labels_t(), &result, first_mapping,
            first_count, second_mapping, second_count));
        return Labels(result);
    }

    /// The same with vectors, which have as many elements as there are entries, or are empty if they are not needed.
    METATENSOR_HIDDEN Labels set_union(const Labels& other, std::vector<std::size_t>& first_mapping,
        std::vector<std::size_t>& second_mapping) const {
        details::Mapping first(first_mapping, count(), "first"), second(second_mapping, other.count(), "second");
        auto result = set_union(other, first.data(), first.size(), second.data(), second.size());
        first.copy_to(first_mapping);
        second.copy_to(second_mapping);
        return result;
    }

    /// The entries that are in both labels. In the mappings, -1 stands for entries that are not in the result.
    METATENSOR_HIDDEN Labels set_intersection(const Labels& other, int64_t* first_mapping = nullptr,
        std::size_t first_count = 0, int64_t* second_mapping = nullptr, std::size_t second_count = 0) const {
        const mts_labels_t* result = nullptr;
        details::check_status(mts_labels_intersection(as_mts_labels_t(), other.as_mts_labels_t(), &result,
            first_mapping, first_count, second_mapping, second_count));
        return Labels(result);
    }

    /// The same with vectors, as for `set_union`, where `std::nullopt` stands for entries that are not in the result.
    METATENSOR_HIDDEN Labels set_intersection(const Labels& other,
        std::vector<std::optional<std::size_t>>& first_mapping,
        std::vector<std::optional<std::size_t>>& second_mapping) const {
        details::Mapping first(first_mapping, count(), "first"), second(second_mapping, other.count(), "second");
        auto result = set_intersection(other, first.data(), first.size(), second.data(), second.size());
        first.copy_to(first_mapping);
        second.copy_to(second_mapping);
        return result;
    }

    /// The entries of these labels that are not in `other`. In the mapping, -1 stands for those that are not in the result.
    METATENSOR_HIDDEN Labels set_difference(
        const Labels& other, int64_t* first_mapping = nullptr, std::size_t first_count = 0) const {
        const mts_labels_t* result = nullptr;
        details::check_status(mts_labels_difference(
            as_mts_labels_t(), other.as_mts_labels_t(), &result, first_mapping, first_count));
        return Labels(result);
    }

    /// The same with a vector, as for `set_intersection`.
    METATENSOR_HIDDEN Labels set_difference(
        const Labels& other, std::vector<std::optional<std::size_t>>& first_mapping) const {
        details::Mapping first(first_mapping, count(), "first");
        auto result = set_difference(other, first.data(), first.size());
        first.copy_to(first_mapping);
        return result;
    }

    /// Finds the positions of all entries that match one of those of `selection`, which has some of the dimensions.
    /// `selected` is memory for `*count` positions, at least as many as there are entries; `count` is set to their number.
    METATENSOR_HIDDEN void select(const Labels& selection, uint64_t* selected, std::size_t* count) const {
        details::check_status(
            mts_labels_select(as_mts_labels_t(), selection.as_mts_labels_t(), selected, count));
    }

    /// The same with a vector.
    METATENSOR_HIDDEN std::vector<uint64_t> select(const Labels& selection) const {
        auto size = count();
        std::vector<uint64_t> selected(size);
        select(selection, selected.data(), &size);
        selected.resize(size);
        return selected;
    }

    /// Loads labels from a file, see `io::load_labels`.
    METATENSOR_HIDDEN static Labels load(const std::string& path) { return io::load_labels(path); }
    /// Loads labels from memory.
    METATENSOR_HIDDEN static Labels load_buffer(const uint8_t* buffer, std::size_t size) {
        return io::load_labels_buffer(buffer, size);
    }
    /// Loads labels from a buffer.
    template<typename Buffer>
    METATENSOR_HIDDEN static Labels load_buffer(const Buffer& buffer) {
        return io::load_labels_buffer<Buffer>(buffer);
    }

    /// Saves the labels to a file, see `io::save`.
    METATENSOR_HIDDEN void save(const std::string& path) const { io::save(path, *this); }
    /// Gives the bytes of their file.
    METATENSOR_HIDDEN std::vector<uint8_t> save_buffer() const { return save_buffer<std::vector<uint8_t>>(); }
    /// The same in a buffer of another type, see `io::save_buffer`.
    template<typename Buffer>
    METATENSOR_HIDDEN Buffer save_buffer() const {
        return io::save_buffer<Buffer>(*this);
    }

private:
    friend class metatensor_torch::LabelsHolder;

    METATENSOR_HIDDEN explicit Labels(const mts_labels_t* labels) noexcept: labels_(labels) {}

    template<typename F>
    METATENSOR_HIDDEN static const mts_labels_t* make(
        F function, const std::vector<std::string>& dimensions, MtsArray values) {
        const auto names = details::c_strings(dimensions);
        const auto* labels = function(names.data(), names.size(), std::move(values).release());
        details::check_pointer(labels);
        return labels;
    }

    METATENSOR_HIDDEN Dimensions all_dimensions() const {
        const char* const* names = nullptr;
        uintptr_t size = 0;
        if (labels_ != nullptr) {
            details::check_status(mts_labels_dimensions(labels_, &names, &size));
        }
        return Dimensions(names, size);
    }

    METATENSOR_HIDDEN TensorView<const int32_t, 2> table() const {
        const int32_t* values = nullptr;
        uintptr_t count = 0, size = 0;
        details::check_status(mts_labels_values_cpu(as_mts_labels_t(), &values, &count, &size));
        return {values, {count, size}, {static_cast<std::ptrdiff_t>(size), 1}};
    }

    METATENSOR_HIDDEN friend bool operator==(const Labels& a, const Labels& b) {
        if (a.labels_ == nullptr || b.labels_ == nullptr) {
            return false;
        }
        const auto names_a = a.all_dimensions(), names_b = b.all_dimensions();
        bool equal = names_a.size() == names_b.size();
        for (std::size_t i = 0; equal && i < names_a.size(); i++) {
            equal = names_a[i] == names_b[i];
        }
        if (!equal) {
            return false;
        }
        const auto values_a = a.table(), values_b = b.table();
        return values_a.shape() == values_b.shape()
            && (values_a.data() == values_b.data() || values_a.size() == 0
                || std::memcmp(values_a.data(), values_b.data(), values_a.size() * sizeof(int32_t)) == 0);
    }

    const mts_labels_t* labels_;
    [[maybe_unused]] void* reserved_[3] = {};
};

/// Whether names and values are different, or in another order.
METATENSOR_HIDDEN inline bool operator!=(const Labels& a, const Labels& b) {
    return !(a == b);
}

/// Prints the table of the entries, without those in the middle if there are many.
template<typename Traits>
METATENSOR_HIDDEN std::basic_ostream<char, Traits>& operator<<(
    std::basic_ostream<char, Traits>& stream, const Labels& labels) {
    return details::Text(mts_labels_to_string(labels.as_mts_labels_t(), details::PRINTED_ROWS)).print(stream);
}

} // namespace metatensor

/// Hash of names and values, so that labels can be in `std::unordered_set` and the like.
template<>
struct std::hash<metatensor::Labels> {
    /// Equal labels have equal hashes.
    METATENSOR_HIDDEN std::size_t operator()(const metatensor::Labels& labels) const {
        const auto table = labels.view();
        auto result = std::hash<std::string_view>()(
            std::string_view(reinterpret_cast<const char*>(table.data()), table.size() * sizeof(int32_t)));
        for (const auto name: labels.dimensions()) {
            result = result * 31 + std::hash<std::string_view>()(name);
        }
        return result;
    }
};

#endif
