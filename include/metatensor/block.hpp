#ifndef METATENSOR_BLOCK_HPP
#define METATENSOR_BLOCK_HPP

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <metatensor.h>

#include <metatensor/arrays.hpp>
#include <metatensor/details/block_reader.hpp>
#include <metatensor/details/iterator.hpp>
#include <metatensor/details/text.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io_fwd.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/views.hpp>

namespace metatensor_torch {
class TensorBlockHolder;
} // namespace metatensor_torch

namespace metatensor {

namespace details {
template<typename View>
class GradientRange;
} // namespace details

/// An array with labels for each of its axes, and gradients of it, which are blocks themselves.
///
/// A block owns what it points to, or is a view: of a block in a map, or of a gradient in another block. Views are valid until
/// the owner is changed, moved into something, or released. Blocks can only be moved; those that were moved from, or
/// released, are null, and all that needs the block throws `InvalidParameterError`.
///
/// Functions that are `const` can be called from several threads at once.
class TensorBlock final: public details::BlockReader<TensorBlock> {
public:
    /// A block with these values, which are taken. `components` has a set of labels for each axis between the first and the
    /// last. Throws `InvalidParameterError` if labels do not fit the shape of the values, or if `values` is null.
    METATENSOR_HIDDEN TensorBlock(std::unique_ptr<DataArrayBase> values, const Labels& samples,
        const std::vector<Labels>& components, const Labels& properties):
        TensorBlock(DataArrayBase::to_mts_array(std::move(values)), samples, components, properties) {}

    /// The same with an array of any kind.
    METATENSOR_HIDDEN TensorBlock(MtsArray values, const Labels& samples, const std::vector<Labels>& components,
        const Labels& properties):
        TensorBlock(nullptr, false) {
        std::vector<const mts_labels_t*> handles;
        handles.reserve(components.size());
        for (const auto& component: components) {
            handles.push_back(component.as_mts_labels_t());
        }
        const auto* first = samples.as_mts_labels_t();
        const auto* last = properties.as_mts_labels_t();
        block_ = mts_block(std::move(values).release(), first, handles.data(), handles.size(), last);
        details::check_pointer(block_);
    }

    /// A block with an array of the library on top of a tensor, which is not copied, and is taken, also if this throws.
    [[nodiscard]] METATENSOR_HIDDEN static TensorBlock from_dlpack(DLManagedTensorVersioned* tensor,
        const Labels& samples, const std::vector<Labels>& components, const Labels& properties) {
        const auto any = MtsArray::zeros({kDLFloat, 64, 1}, {0});
        return TensorBlock(any.from_dlpack(tensor), samples, components, properties);
    }

    TensorBlock(const TensorBlock&) = delete;
    TensorBlock& operator=(const TensorBlock&) = delete;

    METATENSOR_HIDDEN TensorBlock(TensorBlock&& other) noexcept:
        block_(std::exchange(other.block_, nullptr)), is_view_(std::exchange(other.is_view_, true)) {}

    METATENSOR_HIDDEN TensorBlock& operator=(TensorBlock&& other) noexcept {
        free();
        block_ = std::exchange(other.block_, nullptr);
        is_view_ = std::exchange(other.is_view_, true);
        return *this;
    }

    METATENSOR_HIDDEN ~TensorBlock() { free(); }

    /// Whether this is a view of a block that something else owns; or null.
    METATENSOR_HIDDEN bool is_view() const { return is_view_; }

    /// The values, to be changed: in memory that stays as it is as long as the result. Throws `InvalidParameterError` if elements
    /// are not of type `T`, not contiguous in row-major order, not in main memory, or can only be read.
    template<typename T = double>
    [[nodiscard]] METATENSOR_HIDDEN NDArray<T> values_mut() {
        return details::NDArrays::of_tensor<T>(details::tensor_without_copy<T>(array(), true));
    }

    /// A view of the values, to be changed. It is as `view()`, and has to be asked for again after the block, or the map that
    /// it is in, was copied or given to an operation: they may use the same memory since then.
    template<typename T, std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN TensorView<T, N> mutable_view() {
        return details::view_without_copy<T, N>(array(), true);
    }

    /// Adds a gradient with respect to `parameter`, which is taken, also if this throws after it was found not to be a view.
    /// Throws `InvalidParameterError` if this block is in a map, if the gradient is a view, or if it does not fit.
    METATENSOR_HIDDEN void add_gradient(const std::string& parameter, TensorBlock gradient) {
        if (is_view_) {
            details::fail("a view of a block can not get gradients");
        }
        const auto* name = details::c_string(parameter);
        details::check_status(mts_block_add_gradient(as_mts_block_t(), name, gradient.release()));
    }

    /// A view of the gradient with respect to `parameter`.
    METATENSOR_HIDDEN TensorBlock gradient(const std::string& parameter) const {
        return TensorBlock(gradient_handle(details::c_string(parameter)), true);
    }

    /// Goes through all gradients: `for (auto [parameter, gradient]: block.gradients())`, with views of them.
    [[nodiscard]] METATENSOR_HIDDEN details::GradientRange<TensorBlock> gradients();
    /// The same for a block that can only be read.
    [[nodiscard]] METATENSOR_HIDDEN details::GradientRange<ConstBlock> gradients() const;

    /// The block as C knows it, borrowed.
    METATENSOR_HIDDEN mts_block_t* as_mts_block_t() & {
        require_block();
        return block_;
    }
    /// The same for a block that can only be read.
    METATENSOR_HIDDEN const mts_block_t* as_mts_block_t() const & {
        require_block();
        return block_;
    }
    const mts_block_t* as_mts_block_t() && = delete;

    /// Takes ownership of a block from C.
    METATENSOR_HIDDEN static TensorBlock unsafe_from_ptr(mts_block_t* block) { return TensorBlock(block, false); }

    /// A view of a block from C, valid as long as that one.
    METATENSOR_HIDDEN static TensorBlock unsafe_view_from_ptr(mts_block_t* block) { return TensorBlock(block, true); }

    /// Gives the block to the caller, who has to release it with `mts_block_free`, or to give it to C. Throws
    /// `InvalidParameterError` if this is a view.
    METATENSOR_HIDDEN mts_block_t* release() {
        require_block();
        if (is_view_) {
            details::fail("a view of a block can not be released: something else owns the block");
        }
        is_view_ = true;
        return std::exchange(block_, nullptr);
    }

    /// The array with the values, borrowed: it is valid as long as the block.
    METATENSOR_HIDDEN MtsArray mts_array() { return array(); }

    /// Loads a block from a file, see `io::load_block`.
    METATENSOR_HIDDEN static TensorBlock load(
        const std::string& path, mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load_block(path, create_array);
    }
    /// Loads a block from memory.
    METATENSOR_HIDDEN static TensorBlock load_buffer(const uint8_t* buffer, std::size_t size,
        mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load_block_buffer(buffer, size, create_array);
    }
    /// Loads a block from a buffer.
    template<typename Buffer>
    METATENSOR_HIDDEN static TensorBlock load_buffer(
        const Buffer& buffer, mts_create_array_callback_t create_array = details::default_create_array) {
        return io::load_block_buffer<Buffer>(buffer, create_array);
    }

private:
    friend class metatensor_torch::TensorBlockHolder;

    METATENSOR_HIDDEN TensorBlock(mts_block_t* block, bool is_view) noexcept: block_(block), is_view_(is_view) {}

    METATENSOR_HIDDEN MtsArray const_mts_array() const { return array(); }

    METATENSOR_HIDDEN void require_block() const {
        if (block_ == nullptr) {
            details::fail("this block was moved from or released");
        }
    }

    METATENSOR_HIDDEN void free() noexcept {
        if (!is_view_) {
            mts_block_free(block_);
        }
        block_ = nullptr;
        is_view_ = true;
    }

    mts_block_t* block_;
    bool is_view_;
    [[maybe_unused]] void* reserved_[2] = {};
};

/// A view of a block that can only be read: of one in a map, or of a gradient. It is valid as long as the block, and is copied
/// as a pointer is. Functions that take a `const TensorBlock&` take it as well.
class ConstBlock final: public details::BlockReader<ConstBlock> {
public:
    /// A view of a block from C.
    METATENSOR_HIDDEN explicit ConstBlock(const mts_block_t* block):
        // this block never gets out of here but as a constant
        block_(TensorBlock::unsafe_view_from_ptr(const_cast<mts_block_t*>(block))) {}

    /// A view of a block.
    METATENSOR_HIDDEN ConstBlock(const TensorBlock& block): ConstBlock(block.as_mts_block_t()) {}

    METATENSOR_HIDDEN ConstBlock(const ConstBlock& other): ConstBlock(other.as_mts_block_t()) {}
    METATENSOR_HIDDEN ConstBlock& operator=(const ConstBlock& other) {
        block_ = TensorBlock::unsafe_view_from_ptr(const_cast<mts_block_t*>(other.as_mts_block_t()));
        return *this;
    }
    METATENSOR_HIDDEN ~ConstBlock() = default;

    /// The block as C knows it, borrowed.
    METATENSOR_HIDDEN const mts_block_t* as_mts_block_t() const {
        const auto& block = block_;
        return block.as_mts_block_t();
    }

    /// The same block for functions that take one.
    METATENSOR_HIDDEN operator const TensorBlock&() const & { return block_; }

    /// A view of the gradient with respect to `parameter`.
    [[nodiscard]] METATENSOR_HIDDEN ConstBlock gradient(const std::string& parameter) const {
        return ConstBlock(gradient_handle(details::c_string(parameter)));
    }

    /// Goes through all gradients: `for (auto [parameter, gradient]: block.gradients())`.
    [[nodiscard]] METATENSOR_HIDDEN details::GradientRange<ConstBlock> gradients() const;

private:
    TensorBlock block_;
};

/// Prints how long the axes are, with the names of their labels, and the gradients that there are.
template<typename Traits>
METATENSOR_HIDDEN std::basic_ostream<char, Traits>& operator<<(
    std::basic_ostream<char, Traits>& stream, const TensorBlock& block) {
    return details::Text(mts_block_to_string(block.as_mts_block_t())).print(stream);
}

/// A list of blocks: these can not be copied, and thus not be in an initializer list.
template<typename... Blocks>
[[nodiscard]] METATENSOR_HIDDEN std::vector<TensorBlock> make_blocks(Blocks&&... blocks) {
    std::vector<TensorBlock> result;
    result.reserve(sizeof...(blocks));
    (result.push_back(std::forward<Blocks>(blocks)), ...);
    return result;
}

namespace details {

METATENSOR_HIDDEN inline TensorBlock view_of(mts_block_t* block, const TensorBlock*) {
    return TensorBlock::unsafe_view_from_ptr(block);
}
METATENSOR_HIDDEN inline ConstBlock view_of(mts_block_t* block, const ConstBlock*) {
    return ConstBlock(block);
}

/// The gradients of a block, as pairs of parameters and views. Valid as long as the block gets no other gradients.
template<typename View>
class GradientRange final {
public:
    class iterator: public Iterator<iterator, std::pair<std::string_view, View>> {
    public:
        METATENSOR_HIDDEN iterator() noexcept = default;
        METATENSOR_HIDDEN iterator(mts_block_t* block, Dimensions::iterator parameter) noexcept:
            block_(block), parameter_(parameter) {}

        METATENSOR_HIDDEN std::pair<std::string_view, View> operator*() const {
            const auto parameter = *parameter_;
            mts_block_t* gradient = nullptr;
            check_status(mts_block_gradient(block_, parameter.data(), &gradient));
            return {parameter, view_of(gradient, static_cast<const View*>(nullptr))};
        }

    private:
        friend Iterator<iterator, std::pair<std::string_view, View>>;
        METATENSOR_HIDDEN void advance() noexcept { ++parameter_; }
        METATENSOR_HIDDEN Dimensions::iterator place() const noexcept { return parameter_; }

        mts_block_t* block_ = nullptr;
        Dimensions::iterator parameter_;
    };

    /// The gradients of a block with respect to these parameters.
    METATENSOR_HIDDEN GradientRange(mts_block_t* block, Dimensions parameters) noexcept:
        block_(block), parameters_(parameters) {}

    /// Number of gradients.
    METATENSOR_HIDDEN std::size_t size() const noexcept { return parameters_.size(); }
    /// Whether there are none.
    METATENSOR_HIDDEN bool empty() const noexcept { return parameters_.empty(); }

    /// The first gradient.
    METATENSOR_HIDDEN iterator begin() const noexcept { return iterator(block_, parameters_.begin()); }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const noexcept { return iterator(block_, parameters_.end()); }

private:
    mts_block_t* block_;
    Dimensions parameters_;
};

template<typename Block>
METATENSOR_HIDDEN TensorBlock BlockReader<Block>::clone() const {
    auto* copy = mts_block_copy(handle());
    check_pointer(copy);
    return TensorBlock::unsafe_from_ptr(copy);
}

template<typename Block>
METATENSOR_HIDDEN TensorBlock BlockReader<Block>::clone_metadata_only() const {
    TensorBlock result(create_empty_array(dtype(), values_shape()), samples(), components(), properties());
    for (const auto parameter: gradient_parameters()) {
        const ConstBlock gradient(gradient_handle(parameter.data()));
        result.add_gradient(std::string(parameter), gradient.clone_metadata_only());
    }
    return result;
}

template<typename Block>
METATENSOR_HIDDEN void BlockReader<Block>::save(const std::string& path) const {
    io::save(path, static_cast<const Block&>(*this));
}

template<typename Block>
template<typename Buffer>
METATENSOR_HIDDEN_TEMPLATE Buffer BlockReader<Block>::save_buffer() const {
    const TensorBlock& block = static_cast<const Block&>(*this);
    return io::save_buffer<Buffer>(block);
}

} // namespace details

METATENSOR_HIDDEN inline details::GradientRange<TensorBlock> TensorBlock::gradients() {
    return details::GradientRange<TensorBlock>(as_mts_block_t(), gradient_parameters());
}

METATENSOR_HIDDEN inline details::GradientRange<ConstBlock> TensorBlock::gradients() const {
    return ConstBlock(*this).gradients();
}

METATENSOR_HIDDEN inline details::GradientRange<ConstBlock> ConstBlock::gradients() const {
    return details::GradientRange<ConstBlock>(const_cast<mts_block_t*>(as_mts_block_t()), gradient_parameters());
}

} // namespace metatensor

#endif
