#ifndef METATENSOR_DETAILS_TENSOR_INFO_HPP
#define METATENSOR_DETAILS_TENSOR_INFO_HPP

#include <cstdint>
#include <string_view>
#include <utility>

#include <metatensor.h>

#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// The info of a map: `for (auto [key, value]: tensor.info())`. It, and what it gives, is valid until the info of the map
/// changes, or the map is released.
class TensorMapInfo {
public:
    /// The info of a map as C knows it.
    METATENSOR_HIDDEN explicit TensorMapInfo(mts_tensormap_t* tensor): tensor_(tensor) {
        check_status(mts_tensormap_info_keys(tensor_, &keys_, &count_));
    }

    /// Goes through the entries, as pairs of keys and values.
    class iterator {
        /// What `->` gives, as entries are made when they are asked for.
        struct Arrow {
            std::pair<std::string_view, std::string_view> entry;
            METATENSOR_HIDDEN const std::pair<std::string_view, std::string_view>* operator->() const noexcept {
                return &entry;
            }
        };

    public:
        using iterator_category = std::forward_iterator_tag;
        using value_type = std::pair<std::string_view, std::string_view>;
        using difference_type = std::ptrdiff_t;
        using reference = value_type;
        using pointer = Arrow;

        METATENSOR_HIDDEN iterator() noexcept = default;
        METATENSOR_HIDDEN iterator(mts_tensormap_t* tensor, const char* const* keys, uintptr_t index) noexcept:
            tensor_(tensor), keys_(keys), index_(index) {}

        METATENSOR_HIDDEN reference operator*() const {
            const char* value = nullptr;
            check_status(mts_tensormap_get_info(tensor_, keys_[index_], &value));
            return {keys_[index_], value};
        }
        METATENSOR_HIDDEN pointer operator->() const { return {**this}; }

        METATENSOR_HIDDEN iterator& operator++() noexcept {
            index_ += 1;
            return *this;
        }
        METATENSOR_HIDDEN iterator operator++(int) noexcept {
            auto before = *this;
            ++*this;
            return before;
        }
        METATENSOR_HIDDEN friend bool operator==(iterator a, iterator b) noexcept {
            return a.tensor_ == b.tensor_ && a.index_ == b.index_;
        }
        METATENSOR_HIDDEN friend bool operator!=(iterator a, iterator b) noexcept { return !(a == b); }

    private:
        mts_tensormap_t* tensor_ = nullptr;
        const char* const* keys_ = nullptr;
        uintptr_t index_ = 0;
    };

    /// The first entry.
    METATENSOR_HIDDEN iterator begin() const { return iterator(tensor_, keys_, 0); }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const { return iterator(tensor_, keys_, count_); }

private:
    mts_tensormap_t* tensor_;
    const char* const* keys_ = nullptr;
    uintptr_t count_ = 0;
    [[maybe_unused]] void* reserved_ = nullptr;
};

} // namespace details
} // namespace metatensor

#endif
