#ifndef METATENSOR_DETAILS_MAPPINGS_HPP
#define METATENSOR_DETAILS_MAPPINGS_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// Where the rows of labels go in a set operation: memory for C, and the vector that it is copied to.
class Mapping final {
public:
    /// `size` is the number of rows of the labels. A vector that is empty does not want to know.
    template<typename T>
    METATENSOR_HIDDEN Mapping(const std::vector<T>& wanted, std::size_t size, const char* name) {
        if (!wanted.empty() && wanted.size() != size) {
            fail("the mapping of the " + std::string(name) + " labels has " + std::to_string(wanted.size())
                + " elements, but the labels have " + std::to_string(size) + " entries");
        }
        positions_ = std::vector<int64_t>(wanted.size());
    }

    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    METATENSOR_HIDDEN ~Mapping() = default;

    METATENSOR_HIDDEN int64_t* data() noexcept { return positions_.empty() ? nullptr : positions_.data(); }
    METATENSOR_HIDDEN std::size_t size() const noexcept { return positions_.size(); }

    METATENSOR_HIDDEN void copy_to(std::vector<std::size_t>& wanted) const {
        for (std::size_t i = 0; i < positions_.size(); i++) {
            wanted[i] = static_cast<std::size_t>(positions_[i]);
        }
    }

    METATENSOR_HIDDEN void copy_to(std::vector<std::optional<std::size_t>>& wanted) const {
        for (std::size_t i = 0; i < positions_.size(); i++) {
            if (positions_[i] < 0) {
                wanted[i] = std::nullopt;
            } else {
                wanted[i] = static_cast<std::size_t>(positions_[i]);
            }
        }
    }

private:
    std::vector<int64_t> positions_;
};

} // namespace details
} // namespace metatensor

#endif
