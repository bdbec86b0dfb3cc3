#ifndef METATENSOR_DETAILS_LABELS_ENTRY_HPP
#define METATENSOR_DETAILS_LABELS_ENTRY_HPP

#include <cstdint>
#include <iosfwd>
#include <string>

#include <metatensor/details/dimensions.hpp>
#include <metatensor/details/iterator.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/views.hpp>

namespace metatensor {

/// A row of labels, with the names of its values: `entry["atom"]`. It is a view, valid as long as the labels.
class LabelsEntry final {
public:
    /// A view of as many values as there are dimensions.
    METATENSOR_HIDDEN LabelsEntry(Dimensions dimensions, const int32_t* values) noexcept:
        dimensions_(dimensions), values_(values) {}

    /// The value of a dimension. Throws `InvalidParameterError` if there is none with this name.
    METATENSOR_HIDDEN int32_t operator[](std::string_view name) const { return values_[dimensions_.position(name)]; }
    /// The same for a string literal.
    METATENSOR_HIDDEN int32_t operator[](const char* name) const { return (*this)[std::string_view(name)]; }

    /// A value by position. Throws `InvalidParameterError` if there are not that many.
    METATENSOR_HIDDEN int32_t operator[](std::size_t index) const {
        return values_[details::checked_index(index, size(), 1)];
    }

    /// Number of values.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return dimensions_.size(); }

    /// Names of the values.
    METATENSOR_HIDDEN Dimensions dimensions() const noexcept { return dimensions_; }

    /// The values, in order.
    METATENSOR_HIDDEN const int32_t* data() const noexcept { return values_; }
    /// The first value.
    METATENSOR_HIDDEN const int32_t* begin() const noexcept { return values_; }
    /// What is after the last one.
    METATENSOR_HIDDEN const int32_t* end() const noexcept { return values_ + size(); }

    /// Prints the entry as `(system=0, atom=3)`.
    template<typename Traits>
    METATENSOR_HIDDEN friend std::basic_ostream<char, Traits>& operator<<(
        std::basic_ostream<char, Traits>& stream, const LabelsEntry& entry) {
        stream << "(";
        for (std::size_t i = 0; i < entry.size(); i++) {
            stream << (i == 0 ? "" : ", ") << entry.dimensions_[i] << "=" << entry.values_[i];
        }
        return stream << ")";
    }

private:
    Dimensions dimensions_;
    const int32_t* values_;
};

namespace details {

/// Goes through the rows of labels.
class LabelsIterator final: public Iterator<LabelsIterator, LabelsEntry> {
public:
    METATENSOR_HIDDEN LabelsIterator() noexcept = default;
    METATENSOR_HIDDEN LabelsIterator(Dimensions dimensions, const int32_t* values, std::size_t row) noexcept:
        dimensions_(dimensions), values_(values), row_(row) {}

    METATENSOR_HIDDEN LabelsEntry operator*() const noexcept {
        return LabelsEntry(dimensions_, values_ + row_ * dimensions_.size());
    }

private:
    friend Iterator<LabelsIterator, LabelsEntry>;
    METATENSOR_HIDDEN void advance() noexcept { row_ += 1; }
    METATENSOR_HIDDEN std::size_t place() const noexcept { return row_; }

    Dimensions dimensions_;
    const int32_t* values_ = nullptr;
    std::size_t row_ = 0;
};

} // namespace details
} // namespace metatensor

#endif
