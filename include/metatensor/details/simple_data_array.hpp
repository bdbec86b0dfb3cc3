#ifndef METATENSOR_DETAILS_SIMPLE_DATA_ARRAY_HPP
#define METATENSOR_DETAILS_SIMPLE_DATA_ARRAY_HPP

#include <cstring>
#include <memory>
#include <string>
#include <typeinfo>
#include <utility>
#include <vector>

#include <metatensor/details/data_array_base.hpp>
#include <metatensor/details/dlpack_array.hpp>
#include <metatensor/details/dtype.hpp>
#include <metatensor/details/mts_array.hpp>
#include <metatensor/details/nd_array.hpp>
#include <metatensor/details/strides.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/views.hpp>

namespace metatensor {
namespace details {

METATENSOR_HIDDEN inline mts_data_origin_t register_origin(const char* name) {
    mts_data_origin_t origin = 0;
    check_status(mts_register_data_origin(name, &origin));
    return origin;
}

/// Origin of `SimpleDataArray`, whatever its elements are.
METATENSOR_HIDDEN inline mts_data_origin_t simple_data_array_origin() {
    static const mts_data_origin_t origin = register_origin("metatensor::SimpleDataArray");
    return origin;
}

METATENSOR_HIDDEN inline void require_cpu(DLDevice device) {
    if (!is_cpu(device)) {
        fail("this array can only be on cpu, not on " + device_name(device));
    }
}

/// Shares row-major elements in main memory, which `owner` keeps alive.
METATENSOR_HIDDEN inline DLManagedTensorVersioned* share_elements(std::shared_ptr<void> owner, void* data,
    DLDataType dtype, const std::vector<uintptr_t>& shape, DLDevice device, const int64_t* stream,
    DLPackVersion max_version) {
    struct Shared {
        DLManagedTensorVersioned tensor;
        std::shared_ptr<void> owner;
        std::vector<int64_t> shape;
        std::vector<int64_t> strides;
    };

    require_cpu(device);
    if (stream != nullptr) {
        fail("there are no streams on cpu");
    }
    if (max_version.major != 1) {
        fail("tensors of DLPack " + std::to_string(max_version.major) + "." + std::to_string(max_version.minor)
            + " were asked for, but this array has those of version 1");
    }
    std::vector<int64_t> lengths(shape.size());
    for (std::size_t axis = 0; axis < shape.size(); axis++) {
        lengths[axis] = static_cast<int64_t>(shape[axis]);
    }
    auto* shared = new Shared{{}, std::move(owner), std::move(lengths), contiguous_strides(shape)};

    auto& tensor = shared->tensor;
    tensor.version = {1, max_version.minor < 3 ? max_version.minor : 3};
    tensor.manager_ctx = shared;
    tensor.deleter = [](DLManagedTensorVersioned* self) { delete static_cast<Shared*>(self->manager_ctx); };
    tensor.flags = 0;
    tensor.dl_tensor.data = data;
    tensor.dl_tensor.device = {kDLCPU, 0};
    tensor.dl_tensor.ndim = static_cast<int32_t>(shape.size());
    tensor.dl_tensor.dtype = dtype;
    tensor.dl_tensor.shape = shared->shape.data();
    tensor.dl_tensor.strides = shared->strides.data();
    tensor.dl_tensor.byte_offset = 0;
    return &tensor;
}

// a template, like all functions that need arrays of all types, so that only those pay for it who use it
template<typename = void>
METATENSOR_HIDDEN std::unique_ptr<DataArrayBase> simple_data_array_of_tensor(DLManagedTensorVersioned* tensor);

} // namespace details

/// A row-major array of numbers in a vector, in main memory. Copies have elements of their own.
///
/// Booleans are stored as bytes, which are 0 or 1. Several arrays only have the same memory if code that was compiled with other
/// headers made the copy.
template<typename T, typename = typename std::enable_if<std::is_arithmetic<T>::value>::type>
class SimpleDataArray: public DataArrayBase {
public:
    /// How elements are stored.
    using storage_t = typename std::conditional<std::is_same<T, bool>::value, uint8_t, T>::type;

    /// An array with all elements equal to `value`.
    METATENSOR_HIDDEN SimpleDataArray(std::vector<uintptr_t> shape, T value = T{}):
        SimpleDataArray(shape, std::vector<storage_t>(details::product(shape), static_cast<storage_t>(value))) {}

    /// An array with these elements, in row-major order. Throws `InvalidParameterError` if there are not as many as the shape
    /// says.
    METATENSOR_HIDDEN SimpleDataArray(std::vector<uintptr_t> shape, std::vector<storage_t> data):
        shape_(std::move(shape)), strides_(details::contiguous_strides(shape_)) {
        if (data.size() != details::product(shape_)) {
            details::fail("got " + std::to_string(data.size()) + " elements for an array of shape "
                + details::shape_text(shape_));
        }
        data_ = std::make_shared<std::vector<storage_t>>(std::move(data));
    }

    METATENSOR_HIDDEN SimpleDataArray(const SimpleDataArray& other):
        DataArrayBase(other),
        shape_(other.shape_),
        strides_(details::contiguous_strides(shape_)),
        data_(std::make_shared<std::vector<storage_t>>(other.storage())) {}

    METATENSOR_HIDDEN SimpleDataArray& operator=(const SimpleDataArray& other) {
        if (this != &other) {
            *this = SimpleDataArray(other);
        }
        return *this;
    }

    METATENSOR_HIDDEN SimpleDataArray(SimpleDataArray&&) noexcept = default;
    METATENSOR_HIDDEN SimpleDataArray& operator=(SimpleDataArray&&) noexcept = default;
    ~SimpleDataArray() override = default;

    mts_data_origin_t origin() const override { return details::simple_data_array_origin(); }

    DLDevice device() const override { return {kDLCPU, 0}; }

    DLDataType dtype() const override { return details::dtype_of<T>(); }

    /// The tensor shares the elements, which it keeps alive. `InvalidParameterError` for another device than a CPU, a stream, or
    /// another major version of DLPack than 1.
    DLManagedTensorVersioned* as_dlpack(DLDevice device, const int64_t* stream, DLPackVersion max_version) override {
        return details::share_elements(data_, data(), dtype(), shape_, device, stream, max_version);
    }

    /// A `SimpleDataArray` with a copy of the elements, of the type that the tensor has. `InvalidParameterError` if the tensor is
    /// not in main memory, or has elements of a type that is not one of C++.
    std::unique_ptr<DataArrayBase> from_dlpack(DLManagedTensorVersioned* tensor) const override {
        return details::simple_data_array_of_tensor(tensor);
    }

    /// `InvalidParameterError` if the device is not a CPU.
    std::unique_ptr<DataArrayBase> copy(DLDevice device) const override {
        details::require_cpu(device);
        return std::make_unique<SimpleDataArray>(*this);
    }

    /// `InvalidParameterError` if `fill_value` has axes, or is of another type.
    std::unique_ptr<DataArrayBase> create(std::vector<uintptr_t> shape, MtsArray fill_value) const override {
        const auto fill = fill_value.template as_dlpack_array<T>({kDLCPU, 0}, nullptr, {1, 3});
        if (!fill.shape().empty()) {
            details::fail("the fill value has axes, its shape is " + details::shape_text(fill.shape()));
        }
        return std::make_unique<SimpleDataArray>(std::move(shape), fill());
    }

    const std::vector<uintptr_t>& shape() const & override { return shape_; }

    /// `InvalidParameterError` if the new shape has another number of elements.
    void reshape(const std::vector<uintptr_t>& shape) override {
        if (details::product(shape) != storage().size()) {
            details::fail("can not give an array of shape " + details::shape_text(shape_) + " the shape "
                + details::shape_text(shape));
        }
        auto strides = details::contiguous_strides(shape);
        shape_ = shape;
        strides_ = std::move(strides);
    }

    /// The elements are moved, so that they are still row-major. `InvalidParameterError` if there are not that many axes.
    void swap_axes(uintptr_t axis_1, uintptr_t axis_2) override {
        if (axis_1 >= shape_.size() || axis_2 >= shape_.size()) {
            details::fail("can not exchange axes " + std::to_string(axis_1) + " and " + std::to_string(axis_2)
                + " of an array of shape " + details::shape_text(shape_));
        }
        if (axis_1 == axis_2) {
            return;
        }
        auto shape = shape_;
        std::swap(shape[axis_1], shape[axis_2]);
        auto strides = details::contiguous_strides(shape);
        auto moved = std::make_shared<std::vector<storage_t>>(storage().size());
        details::transpose(shape_, axis_1, axis_2, sizeof(storage_t), storage().data(), moved->data());
        shape_ = std::move(shape);
        strides_ = std::move(strides);
        data_ = std::move(moved);
    }

    /// `std::bad_cast` if `input` is of another class; `InvalidParameterError` if shapes do not fit, or something is out of
    /// range.
    void move_data(const DataArrayBase& input, std::vector<mts_data_movement_t> moves) override {
        const auto& from = dynamic_cast<const SimpleDataArray&>(input);
        details::move_elements(shape_, data(), from.shape_, from.data(), sizeof(storage_t), moves);
    }

    /// The elements, to be read. The view is valid as long as the array, and does not change. An `NDArray` that is not constant
    /// has no way to read without write, so that this one does not refuse to write: `view<N>()` is constant.
    METATENSOR_HIDDEN NDArray<storage_t> view() const {
        return details::NDArrays::view(const_cast<storage_t*>(data()), shape_, false);
    }
    /// The elements, which can be written to.
    METATENSOR_HIDDEN NDArray<storage_t> view() { return details::NDArrays::view(data(), shape_, false); }

    /// The same with a number of axes known to the compiler. Throws `InvalidParameterError` if the array has another one.
    template<std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN_TEMPLATE TensorView<const storage_t, N> view() const {
        return details::make_view<N>(data(), shape_.data(), shape_.size());
    }
    /// The same for elements that can be changed.
    template<std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN_TEMPLATE TensorView<storage_t, N> view() {
        return details::make_view<N>(data(), shape_.data(), shape_.size());
    }

    /// Gets the array behind `array`, valid as long as that one. Throws `InvalidParameterError` if it is not a
    /// `SimpleDataArray` of `T`.
    METATENSOR_HIDDEN static SimpleDataArray& from_mts_array(MtsArray& array) { return behind(array); }
    /// The same for an array that can only be read.
    METATENSOR_HIDDEN static const SimpleDataArray& from_mts_array(const MtsArray& array) { return behind(array); }

    /// The first element; those after it are in row-major order.
    METATENSOR_HIDDEN storage_t* data() { return data_ == nullptr ? nullptr : data_->data(); }
    /// The same for elements that can only be read.
    METATENSOR_HIDDEN const storage_t* data() const { return data_ == nullptr ? nullptr : data_->data(); }

    /// Distance in elements between neighbors along each axis.
    METATENSOR_HIDDEN const std::vector<int64_t>& strides() const { return strides_; }

    /// Always true.
    METATENSOR_HIDDEN bool is_contiguous() const { return true; }

private:
    METATENSOR_HIDDEN const std::vector<storage_t>& storage() const {
        if (data_ == nullptr) {
            details::fail("this array was moved from");
        }
        return *data_;
    }

    METATENSOR_HIDDEN static SimpleDataArray& behind(const MtsArray& array) {
        SimpleDataArray* result = nullptr;
        if (array.origin() == details::simple_data_array_origin()) {
            result = dynamic_cast<SimpleDataArray*>(static_cast<DataArrayBase*>(array.as_mts_array_t().ptr));
        }
        if (result == nullptr) {
            details::fail("this array is not a SimpleDataArray with elements of type "
                + details::dtype_name(details::dtype_of<T>()));
        }
        return *result;
    }

    std::vector<uintptr_t> shape_;
    std::vector<int64_t> strides_;
    std::shared_ptr<std::vector<storage_t>> data_;
    [[maybe_unused]] void* reserved_[2] = {};
};

namespace details {

template<typename T>
METATENSOR_HIDDEN auto as_strided(const SimpleDataArray<T>& array) {
    using storage_t = typename SimpleDataArray<T>::storage_t;
    // code that was compiled with other headers may have changed the shape and not the strides
    return Strided<T, storage_t>(array.data(), array.shape(), contiguous_strides(array.shape()));
}

} // namespace details

/// Whether two arrays (`SimpleDataArray`, `NDArray`, `DLPackArray`) with elements of the same type have the same shape and equal
/// elements. NaN is not equal to itself, and 0.0 is equal to -0.0.
template<typename A, typename B>
METATENSOR_HIDDEN auto operator==(const A& a, const B& b)
    -> decltype(details::arrays_equal(details::as_strided(a), details::as_strided(b))) {
    return details::arrays_equal(details::as_strided(a), details::as_strided(b));
}

/// The opposite.
template<typename A, typename B>
METATENSOR_HIDDEN auto operator!=(const A& a, const B& b)
    -> decltype(details::arrays_equal(details::as_strided(a), details::as_strided(b))) {
    return !details::arrays_equal(details::as_strided(a), details::as_strided(b));
}

namespace details {

/// Copies the elements of a tensor, which is released, to an array.
template<typename>
METATENSOR_HIDDEN std::unique_ptr<DataArrayBase> simple_data_array_of_tensor(DLManagedTensorVersioned* tensor) {
    if (tensor == nullptr) {
        fail("there is no tensor: the pointer is null");
    }
    const TensorGuard guard(tensor);
    const auto& content = tensor->dl_tensor;
    require_cpu(content.device);
    auto shape = tensor_shape(content);
    const auto strides = tensor_strides(content, shape);
    std::unique_ptr<DataArrayBase> result;
    const bool found = with_element_type(content.dtype, [&](auto type) {
        using Array = SimpleDataArray<typename decltype(type)::type>;
        auto array = std::make_unique<Array>(std::move(shape));
        const auto* from = static_cast<const typename Array::storage_t*>(first_element(content));
        auto* to = array->data();
        if (is_row_major_contiguous(array->shape(), strides)) {
            const auto count = product(array->shape());
            if (count != 0) {
                std::memcpy(to, from, count * sizeof(*to));
            }
        } else {
            for_each_offset(array->shape(), strides, [&](std::ptrdiff_t offset) { *to++ = from[offset]; });
        }
        result = std::move(array);
    });
    if (!found) {
        fail("a SimpleDataArray can not have elements of type " + dtype_name(content.dtype));
    }
    return result;
}

} // namespace details
} // namespace metatensor

#endif
