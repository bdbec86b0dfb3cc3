#ifndef METATENSOR_DETAILS_DIMENSIONS_HPP
#define METATENSOR_DETAILS_DIMENSIONS_HPP

#include <string>
#include <string_view>
#include <vector>

#include <metatensor/details/iterator.hpp>
#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// A string for C. Throws if C would only see a part of it.
METATENSOR_HIDDEN inline const char* c_string(const std::string& string) {
    if (string.find('\0') != std::string::npos) {
        fail("there is a NUL in the string '" + string + "'");
    }
    return string.c_str();
}

/// Strings for C, valid as long as `strings`.
METATENSOR_HIDDEN inline std::vector<const char*> c_strings(const std::vector<std::string>& strings) {
    std::vector<const char*> result;
    result.reserve(strings.size());
    for (const auto& string: strings) {
        result.push_back(c_string(string));
    }
    return result;
}

} // namespace details

/// Names of the dimensions of labels, in order, each of them a `std::string_view`. They belong to the labels, and are valid as
/// long as these.
class Dimensions final {
public:
    /// Goes through the names.
    class iterator: public details::Iterator<iterator, std::string_view> {
    public:
        METATENSOR_HIDDEN iterator() noexcept = default;
        METATENSOR_HIDDEN explicit iterator(const char* const* name) noexcept: name_(name) {}

        METATENSOR_HIDDEN std::string_view operator*() const noexcept { return *name_; }

    private:
        friend details::Iterator<iterator, std::string_view>;
        METATENSOR_HIDDEN void advance() noexcept { name_++; }
        METATENSOR_HIDDEN const char* const* place() const noexcept { return name_; }

        const char* const* name_ = nullptr;
    };

    METATENSOR_HIDDEN Dimensions() noexcept = default;
    /// A view of names that C gives.
    METATENSOR_HIDDEN Dimensions(const char* const* names, std::size_t size) noexcept: names_(names), size_(size) {}

    /// Number of dimensions.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return size_; }
    /// Whether there are none.
    METATENSOR_HIDDEN bool empty() const noexcept { return size_ == 0; }

    /// The name of a dimension. The index is not checked.
    METATENSOR_HIDDEN std::string_view operator[](std::size_t index) const noexcept { return names_[index]; }

    /// The first name.
    METATENSOR_HIDDEN iterator begin() const noexcept { return iterator(names_); }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const noexcept { return iterator(names_ + size_); }

    /// Position of a name, or the number of dimensions if there is none with this name.
    METATENSOR_HIDDEN std::size_t find(std::string_view name) const noexcept {
        std::size_t index = 0;
        while (index < size_ && name != names_[index]) {
            index++;
        }
        return index;
    }

    /// Whether there is a dimension with this name.
    METATENSOR_HIDDEN bool contains(std::string_view name) const noexcept { return find(name) < size_; }

    /// Position of a name. Throws `InvalidParameterError` if there is no dimension with this name.
    METATENSOR_HIDDEN std::size_t position(std::string_view name) const {
        const auto index = find(name);
        if (index == size_) {
            std::string message = "there is no dimension '" + std::string(name) + "', only";
            for (const auto other: *this) {
                message += (other == *begin() ? " '" : ", '") + std::string(other) + "'";
            }
            details::fail(size_ == 0 ? message + " none" : message);
        }
        return index;
    }

private:
    const char* const* names_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace metatensor

#endif
