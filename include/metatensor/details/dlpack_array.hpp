#ifndef METATENSOR_DETAILS_DLPACK_ARRAY_HPP
#define METATENSOR_DETAILS_DLPACK_ARRAY_HPP

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/details/dtype.hpp>
#include <metatensor/details/strides.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/views.hpp>

namespace metatensor {
namespace details {

/// Releases a tensor.
METATENSOR_HIDDEN inline void delete_tensor(DLManagedTensorVersioned* tensor) noexcept {
    if (tensor != nullptr && tensor->deleter != nullptr) {
        tensor->deleter(tensor);
    }
}

/// Releases a tensor at the end of a scope.
class TensorGuard final {
public:
    METATENSOR_HIDDEN explicit TensorGuard(DLManagedTensorVersioned* tensor) noexcept: tensor_(tensor) {}
    TensorGuard(const TensorGuard&) = delete;
    TensorGuard& operator=(const TensorGuard&) = delete;
    METATENSOR_HIDDEN ~TensorGuard() { delete_tensor(tensor_); }

    /// Gives the tensor away.
    METATENSOR_HIDDEN DLManagedTensorVersioned* release() noexcept { return std::exchange(tensor_, nullptr); }

private:
    DLManagedTensorVersioned* tensor_;
};

/// First element of a tensor.
METATENSOR_HIDDEN inline void* first_element(const DLTensor& tensor) noexcept {
    return tensor.data == nullptr ? nullptr : static_cast<unsigned char*>(tensor.data) + tensor.byte_offset;
}

/// Shape of a tensor.
METATENSOR_HIDDEN inline std::vector<std::size_t> tensor_shape(const DLTensor& tensor) {
    std::vector<std::size_t> shape(static_cast<std::size_t>(tensor.ndim));
    for (std::size_t axis = 0; axis < shape.size(); axis++) {
        shape[axis] = static_cast<std::size_t>(tensor.shape[axis]);
    }
    return shape;
}

/// Strides of a tensor in elements.
METATENSOR_HIDDEN inline std::vector<int64_t> tensor_strides(
    const DLTensor& tensor, const std::vector<std::size_t>& shape) {
    if (tensor.strides == nullptr) {
        return contiguous_strides(shape);
    }
    return std::vector<int64_t>(tensor.strides, tensor.strides + shape.size());
}

} // namespace details

/// A tensor of elements `T` that can be read, and is kept alive by this: what is behind it can not be released before.
///
/// It can only be moved. One that is empty, or was moved from, has no data and no axes.
template<typename T>
class DLPackArray {
public:
    /// An empty array.
    METATENSOR_HIDDEN DLPackArray() = default;

    /// Takes ownership of `tensor`, which is null for an empty array. If it has other elements than `T`, it is released and
    /// `InvalidParameterError` thrown.
    METATENSOR_HIDDEN explicit DLPackArray(DLManagedTensorVersioned* tensor) {
        if (tensor == nullptr) {
            return;
        }
        details::TensorGuard guard(tensor);
        const auto& content = tensor->dl_tensor;
        if (!details::dlpack_dtype_matches<T>(content.dtype)) {
            details::fail("elements of type " + details::dtype_name(content.dtype) + " can not be used as "
                + details::dtype_name(details::dtype_of<T>()));
        }
        shape_ = details::tensor_shape(content);
        strides_ = details::tensor_strides(content, shape_);
        data_ = static_cast<T*>(details::first_element(content));
        managed_ = guard.release();
    }

    DLPackArray(const DLPackArray&) = delete;
    DLPackArray& operator=(const DLPackArray&) = delete;

    METATENSOR_HIDDEN DLPackArray(DLPackArray&& other) noexcept: DLPackArray() { *this = std::move(other); }

    METATENSOR_HIDDEN DLPackArray& operator=(DLPackArray&& other) noexcept {
        // moved to itself, it becomes empty like all that is moved from
        DLPackArray old;
        old.swap(*this);
        swap(other);
        return *this;
    }

    /// Releases the tensor.
    METATENSOR_HIDDEN ~DLPackArray() { details::delete_tensor(managed_); }

    /// Where the elements are: on the CPU, for an empty array.
    METATENSOR_HIDDEN DLDevice device() const {
        return managed_ == nullptr ? DLDevice{kDLCPU, 0} : managed_->dl_tensor.device;
    }

    /// Type of the elements. Throws `InvalidParameterError` if the array is empty.
    METATENSOR_HIDDEN DLDataType dtype() const {
        if (managed_ == nullptr) {
            details::fail("an empty array has no type of elements");
        }
        return managed_->dl_tensor.dtype;
    }

    /// An element. Throws `InvalidParameterError` if there are not as many indexes as axes, if one is out of range, or if the
    /// elements are not in main memory.
    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE T operator()(I... indexes) const & {
        require_cpu();
        return data_[details::checked_offset(shape_, strides_, indexes...)];
    }
    template<typename... I>
    T operator()(I... indexes) && = delete;

    /// The first element, or null if the array is empty. It is valid as long as this array.
    METATENSOR_HIDDEN const T* data() const & { return data_; }
    const T* data() && = delete;

    /// Length of each axis.
    METATENSOR_HIDDEN const std::vector<std::size_t>& shape() const & { return shape_; }
    const std::vector<std::size_t>& shape() && = delete;

    /// Distance in elements between neighbors along each axis.
    METATENSOR_HIDDEN const std::vector<int64_t>& strides() const & { return strides_; }
    const std::vector<int64_t>& strides() && = delete;

    /// Whether the elements are row-major.
    METATENSOR_HIDDEN bool is_contiguous() const { return details::is_row_major_contiguous(shape_, strides_); }

    /// A view with `N` axes, valid as long as this array. Throws `InvalidParameterError` if the array has another number of
    /// axes, or is not in main memory.
    template<std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN_TEMPLATE TensorView<const T, N> view() const & {
        require_cpu();
        return details::make_view<N, const T>(data_, shape_.data(), shape_.size(), strides_.data());
    }
    template<std::size_t N>
    TensorView<const T, N> view() const && = delete;

private:
    METATENSOR_HIDDEN void swap(DLPackArray& other) noexcept {
        std::swap(managed_, other.managed_);
        std::swap(data_, other.data_);
        shape_.swap(other.shape_);
        strides_.swap(other.strides_);
    }

    METATENSOR_HIDDEN void require_cpu() const {
        if (managed_ == nullptr) {
            details::fail("an empty array has no elements");
        }
        if (!details::is_cpu(device())) {
            details::fail("elements on " + details::device_name(device()) + " can not be read, only those on cpu");
        }
    }

    DLManagedTensorVersioned* managed_ = nullptr;
    T* data_ = nullptr;
    std::vector<std::size_t> shape_;
    std::vector<int64_t> strides_;
    [[maybe_unused]] void* reserved_[2] = {};
};

namespace details {

template<typename T>
METATENSOR_HIDDEN auto as_strided(const DLPackArray<T>& array) {
    using storage_t = typename std::conditional<std::is_same<T, bool>::value, uint8_t, T>::type;
    if (!is_cpu(array.device())) {
        fail("elements on " + device_name(array.device()) + " can not be compared, only those on cpu");
    }
    return Strided<T, storage_t>(
        reinterpret_cast<const storage_t*>(array.data()), array.shape(), array.strides());
}

} // namespace details
} // namespace metatensor

#endif
