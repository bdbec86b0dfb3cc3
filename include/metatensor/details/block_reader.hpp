#ifndef METATENSOR_DETAILS_BLOCK_READER_HPP
#define METATENSOR_DETAILS_BLOCK_READER_HPP

#include <string>
#include <utility>
#include <vector>

#include <metatensor/arrays.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/io_fwd.hpp>
#include <metatensor/labels.hpp>
#include <metatensor/views.hpp>

namespace metatensor {

class TensorBlock;
class ConstBlock;

namespace details {

/// A tensor with the elements themselves, in main memory, which has to be released.
template<typename T>
METATENSOR_HIDDEN DLManagedTensorVersioned* tensor_without_copy(const MtsArray& array, bool write) {
    auto* tensor = array.as_dlpack({kDLCPU, 0}, nullptr, {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION});
    if (tensor == nullptr) {
        fail("the array gave no tensor");
    }
    TensorGuard guard(tensor);
    const auto& content = tensor->dl_tensor;
    if (!dlpack_dtype_matches<T>(content.dtype)) {
        fail("elements of type " + dtype_name(content.dtype) + " can not be viewed as " + dtype_name(dtype_of<T>()));
    }
    if ((tensor->flags & DLPACK_FLAG_BITMASK_IS_COPIED) != 0 || !is_cpu(array.device())) {
        fail("a view needs elements in main memory, those on " + device_name(array.device()) + " would be copied");
    }
    if (write && (tensor->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0) {
        fail("these elements can only be read");
    }
    return guard.release();
}

/// A view of the elements of an array. For arrays of this header, this makes no tensor.
template<typename T, std::size_t N>
METATENSOR_HIDDEN TensorView<T, N> view_without_copy(const MtsArray& array, bool write) {
    if constexpr (std::is_arithmetic<T>::value) {
        auto* simple = array.origin() == simple_data_array_origin()
            ? dynamic_cast<SimpleDataArray<T>*>(&data_array(array.as_mts_array_t().ptr))
            : nullptr;
        if (simple != nullptr) {
            const auto view = simple->template view<N>();
            // booleans are bytes that are 0 or 1
            return TensorView<T, N>(reinterpret_cast<T*>(view.data()), view.shape(), view.strides());
        }
    }
    auto* tensor = tensor_without_copy<T>(array, write);
    const TensorGuard guard(tensor);
    const auto& content = tensor->dl_tensor;
    return make_view<N>(static_cast<T*>(first_element(content)), content.shape, static_cast<std::size_t>(content.ndim),
        content.strides);
}

/// The functions that read a block, for `TensorBlock` and `ConstBlock`: `Block` has `as_mts_block_t`.
template<typename Block>
class BlockReader {
public:
    /// A block with copies of the values, gradients included.
    METATENSOR_HIDDEN TensorBlock clone() const;

    /// A block with the same labels, and `EmptyDataArray` for values, gradients included.
    METATENSOR_HIDDEN TensorBlock clone_metadata_only() const;

    /// Where the values are.
    METATENSOR_HIDDEN DLDevice device() const {
        DLDevice device = {kDLCPU, 0};
        check_status(mts_block_device(handle(), &device));
        return device;
    }

    /// Type of the values.
    METATENSOR_HIDDEN DLDataType dtype() const {
        DLDataType dtype = {0, 0, 0};
        check_status(mts_block_dtype(handle(), &dtype));
        return dtype;
    }

    /// The values on a device, to be read, with an axis for samples, each of the components, and properties. Throws
    /// `InvalidParameterError` if the elements are not of type `T`.
    template<typename T = double>
    METATENSOR_HIDDEN_TEMPLATE DLPackArray<T> values(
        DLDevice device = {kDLCPU, 0}, const int64_t* stream = nullptr) const {
        return array().template as_dlpack_array<T>(device, stream, {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION});
    }

    /// A view of the values, without a copy and without an allocation: valid until the block, or the map that it is in, is
    /// changed, moved or released. Throws `InvalidParameterError` if elements are not of type `T`, if there are not `N` axes,
    /// or if they are not in main memory.
    template<typename T, std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN_TEMPLATE TensorView<const T, N> view() const & {
        return view_without_copy<T, N>(array(), false);
    }

    /// Length of each axis.
    METATENSOR_HIDDEN std::vector<uintptr_t> values_shape() const { return array().shape(); }

    /// Labels of the first axis.
    METATENSOR_HIDDEN Labels samples() const { return labels(0); }

    /// Labels of the axes between the first and the last, each with one dimension.
    METATENSOR_HIDDEN std::vector<Labels> components() const {
        std::vector<Labels> result;
        const auto axes = axes_count();
        for (std::size_t axis = 1; axis + 1 < axes; axis++) {
            result.push_back(labels(axis));
        }
        return result;
    }

    /// Labels of the last axis.
    METATENSOR_HIDDEN Labels properties() const { return labels(axes_count() - 1); }

    /// Labels of an axis: 0 for samples, then components, then properties.
    METATENSOR_HIDDEN Labels labels(uintptr_t axis) const {
        const auto* labels = mts_block_labels(handle(), axis);
        check_pointer(labels);
        return Labels::unsafe_from_ptr(labels);
    }

    /// Parameters of all gradients, in the order in which they were added.
    METATENSOR_HIDDEN std::vector<std::string> gradients_list() const {
        const auto parameters = gradient_parameters();
        return std::vector<std::string>(parameters.begin(), parameters.end());
    }

    /// Whether there is a gradient with respect to this parameter.
    [[nodiscard]] METATENSOR_HIDDEN bool has_gradient(std::string_view parameter) const {
        return gradient_parameters().contains(parameter);
    }

    /// Saves the block to a file, see `io::save`.
    METATENSOR_HIDDEN void save(const std::string& path) const;
    /// Gives the bytes of its file.
    METATENSOR_HIDDEN std::vector<uint8_t> save_buffer() const { return save_buffer<std::vector<uint8_t>>(); }
    /// The same in a buffer of another type, which is made of two iterators.
    template<typename Buffer>
    METATENSOR_HIDDEN_TEMPLATE Buffer save_buffer() const;

protected:
    METATENSOR_HIDDEN BlockReader() = default;
    METATENSOR_HIDDEN BlockReader(const BlockReader&) = default;
    METATENSOR_HIDDEN BlockReader& operator=(const BlockReader&) = default;
    METATENSOR_HIDDEN ~BlockReader() = default;

    /// The names of all gradients, valid until one is added.
    METATENSOR_HIDDEN Dimensions gradient_parameters() const {
        const char* const* parameters = nullptr;
        uintptr_t count = 0;
        check_status(mts_block_gradients_list(handle(), &parameters, &count));
        return Dimensions(parameters, count);
    }

    /// The array with the values, borrowed. Those who only read it take care of constness.
    METATENSOR_HIDDEN MtsArray array() const {
        mts_array_t array = {};
        check_status(mts_block_data(mutable_handle(), &array));
        array.destroy = nullptr;
        return MtsArray(array);
    }

    /// A gradient, borrowed. Those who only read it take care of constness.
    METATENSOR_HIDDEN mts_block_t* gradient_handle(const char* parameter) const {
        mts_block_t* gradient = nullptr;
        check_status(mts_block_gradient(mutable_handle(), parameter, &gradient));
        return gradient;
    }

private:
    METATENSOR_HIDDEN const mts_block_t* handle() const { return static_cast<const Block*>(this)->as_mts_block_t(); }

    // functions of C that give access to what is in a block do not have it const
    METATENSOR_HIDDEN mts_block_t* mutable_handle() const { return const_cast<mts_block_t*>(handle()); }

    METATENSOR_HIDDEN std::size_t axes_count() const {
        const auto values = array().as_mts_array_t();
        const uintptr_t* shape = nullptr;
        uintptr_t axes = 0;
        check_status(values.shape(values.ptr, &shape, &axes));
        return axes;
    }
};

} // namespace details
} // namespace metatensor

#endif
