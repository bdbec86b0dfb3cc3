#ifndef METATENSOR_DETAILS_TENSOR_ITEMS_HPP
#define METATENSOR_DETAILS_TENSOR_ITEMS_HPP

#include <cstdint>
#include <utility>

#include <metatensor.h>

#include <metatensor/block.hpp>
#include <metatensor/details/iterator.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/labels.hpp>

namespace metatensor {
namespace details {

/// A view of one of the blocks of a map.
template<typename View>
METATENSOR_HIDDEN View block_of(mts_tensormap_t* tensor, std::size_t index) {
    mts_block_t* block = nullptr;
    check_status(mts_tensormap_block_by_id(tensor, &block, index));
    return view_of(block, static_cast<const View*>(nullptr));
}

/// What a range over blocks gives: a view of a block,
template<typename View>
struct BlockItem final {
    using type = View;
    METATENSOR_HIDDEN static type of(mts_tensormap_t* tensor, const LabelsIterator&, std::size_t index) {
        return block_of<View>(tensor, index);
    }
};

/// or the key and a view of the block.
template<typename View>
struct KeyAndBlockItem final {
    using type = std::pair<LabelsEntry, View>;
    METATENSOR_HIDDEN static type of(mts_tensormap_t* tensor, const LabelsIterator& key, std::size_t index) {
        return {*key, block_of<View>(tensor, index)};
    }
};

/// The blocks of a map, valid as long as the map. Keys are valid as long as this.
template<typename Item>
class TensorRange final {
public:
    class iterator: public Iterator<iterator, typename Item::type> {
    public:
        METATENSOR_HIDDEN iterator() noexcept = default;
        METATENSOR_HIDDEN iterator(mts_tensormap_t* tensor, LabelsIterator key, std::size_t index) noexcept:
            tensor_(tensor), key_(key), index_(index) {}

        METATENSOR_HIDDEN typename Item::type operator*() const { return Item::of(tensor_, key_, index_); }

    private:
        friend Iterator<iterator, typename Item::type>;
        METATENSOR_HIDDEN void advance() noexcept {
            ++key_;
            index_ += 1;
        }
        METATENSOR_HIDDEN std::size_t place() const noexcept { return index_; }

        mts_tensormap_t* tensor_ = nullptr;
        LabelsIterator key_;
        std::size_t index_ = 0;
    };

    /// The blocks of a map with these keys.
    METATENSOR_HIDDEN TensorRange(mts_tensormap_t* tensor, Labels keys): tensor_(tensor), keys_(std::move(keys)) {}
    METATENSOR_HIDDEN TensorRange(const TensorRange&) = default;
    METATENSOR_HIDDEN TensorRange& operator=(const TensorRange&) = default;
    METATENSOR_HIDDEN ~TensorRange() = default;

    /// Number of blocks.
    METATENSOR_HIDDEN std::size_t size() const { return keys_.count(); }
    /// Whether there are none.
    METATENSOR_HIDDEN bool empty() const { return size() == 0; }

    /// The first block.
    METATENSOR_HIDDEN iterator begin() const { return iterator(tensor_, keys_.begin(), 0); }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const { return iterator(tensor_, {}, size()); }

private:
    mts_tensormap_t* tensor_;
    Labels keys_;
};

} // namespace details
} // namespace metatensor

#endif
