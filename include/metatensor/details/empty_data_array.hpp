#ifndef METATENSOR_DETAILS_EMPTY_DATA_ARRAY_HPP
#define METATENSOR_DETAILS_EMPTY_DATA_ARRAY_HPP

#include <memory>
#include <utility>
#include <vector>

#include <metatensor/details/simple_data_array.hpp>

namespace metatensor {
namespace details {

/// Origin of `EmptyDataArray`, whatever its elements are.
METATENSOR_HIDDEN inline mts_data_origin_t empty_data_array_origin() {
    static const mts_data_origin_t origin = register_origin("metatensor::EmptyDataArray");
    return origin;
}

} // namespace details

/// An array that has a shape and a type, but no elements: for blocks of which only the labels matter.
template<typename T = double, typename = typename std::enable_if<std::is_arithmetic<T>::value>::type>
class EmptyDataArray: public DataArrayBase {
public:
    /// An array of this shape.
    METATENSOR_HIDDEN EmptyDataArray(std::vector<uintptr_t> shape): shape_(std::move(shape)) {}

    METATENSOR_HIDDEN EmptyDataArray(const EmptyDataArray&) = default;
    METATENSOR_HIDDEN EmptyDataArray& operator=(const EmptyDataArray&) = default;
    METATENSOR_HIDDEN EmptyDataArray(EmptyDataArray&&) noexcept = default;
    METATENSOR_HIDDEN EmptyDataArray& operator=(EmptyDataArray&&) noexcept = default;
    ~EmptyDataArray() override = default;

    mts_data_origin_t origin() const override { return details::empty_data_array_origin(); }
    DLDevice device() const override { return {kDLCPU, 0}; }
    DLDataType dtype() const override { return details::dtype_of<T>(); }

    /// Always `InvalidParameterError`: there are no elements.
    DLManagedTensorVersioned* as_dlpack(DLDevice, const int64_t*, DLPackVersion) override {
        details::fail("an EmptyDataArray has no elements that could be read");
    }

    /// Always `InvalidParameterError`, after the tensor was released.
    std::unique_ptr<DataArrayBase> from_dlpack(DLManagedTensorVersioned* tensor) const override {
        details::delete_tensor(tensor);
        details::fail("an EmptyDataArray can not have elements");
    }

    std::unique_ptr<DataArrayBase> copy(DLDevice) const override { return std::make_unique<EmptyDataArray>(*this); }

    /// The fill value is ignored.
    std::unique_ptr<DataArrayBase> create(std::vector<uintptr_t> shape, MtsArray) const override {
        return std::make_unique<EmptyDataArray>(std::move(shape));
    }

    const std::vector<uintptr_t>& shape() const & override { return shape_; }

    /// `InvalidParameterError` if the new shape has another number of elements.
    void reshape(const std::vector<uintptr_t>& shape) override {
        if (details::product(shape) != details::product(shape_)) {
            details::fail("can not give an array of shape " + details::shape_text(shape_) + " the shape "
                + details::shape_text(shape));
        }
        shape_ = shape;
    }

    /// `InvalidParameterError` if there are not that many axes.
    void swap_axes(uintptr_t axis_1, uintptr_t axis_2) override {
        if (axis_1 >= shape_.size() || axis_2 >= shape_.size()) {
            details::fail("can not exchange axes " + std::to_string(axis_1) + " and " + std::to_string(axis_2)
                + " of an array of shape " + details::shape_text(shape_));
        }
        std::swap(shape_[axis_1], shape_[axis_2]);
    }

    /// Always `InvalidParameterError`: there are no elements.
    void move_data(const DataArrayBase&, std::vector<mts_data_movement_t>) override {
        details::fail("an EmptyDataArray has no elements that could be moved");
    }

private:
    std::vector<uintptr_t> shape_;
};

namespace details {

/// Makes an array of zeros for data that is loaded: a `SimpleDataArray`, or an array of the library for elements of types that
/// are not arithmetic ones of C++.
template<typename = void>
METATENSOR_HIDDEN mts_status_t default_create_array(
    const uintptr_t* shape, uintptr_t shape_count, DLDataType dtype, mts_array_t* array) {
    return catch_exceptions([&] {
        std::vector<uintptr_t> lengths(shape, shape + shape_count);
        const bool found = with_element_type(dtype, [&](auto type) {
            auto zeros = std::make_unique<SimpleDataArray<typename decltype(type)::type>>(std::move(lengths));
            *array = DataArrayBase::to_mts_array(std::move(zeros)).release();
        });
        if (!found) {
            check_status(mts_create_array(shape, shape_count, dtype, array));
        }
    });
}

/// An array without elements, of a type that is known when the program runs.
class EmptyArrayOf final: public EmptyDataArray<double> {
public:
    METATENSOR_HIDDEN EmptyArrayOf(DLDataType dtype, std::vector<uintptr_t> shape):
        EmptyDataArray<double>(std::move(shape)), dtype_(dtype) {}
    METATENSOR_HIDDEN EmptyArrayOf(const EmptyArrayOf&) = default;
    METATENSOR_HIDDEN EmptyArrayOf& operator=(const EmptyArrayOf&) = default;
    ~EmptyArrayOf() override = default;

    DLDataType dtype() const override { return dtype_; }
    std::unique_ptr<DataArrayBase> copy(DLDevice) const override { return std::make_unique<EmptyArrayOf>(*this); }
    std::unique_ptr<DataArrayBase> create(std::vector<uintptr_t> shape, MtsArray) const override {
        return std::make_unique<EmptyArrayOf>(dtype_, std::move(shape));
    }

private:
    DLDataType dtype_;
};

/// Makes an array with this shape and type, but no elements.
METATENSOR_HIDDEN inline MtsArray create_empty_array(DLDataType dtype, std::vector<uintptr_t> shape) {
    return DataArrayBase::to_mts_array(std::make_unique<EmptyArrayOf>(dtype, std::move(shape)));
}

} // namespace details
} // namespace metatensor

#endif
