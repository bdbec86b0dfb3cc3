#ifndef METATENSOR_DETAILS_ND_ARRAY_HPP
#define METATENSOR_DETAILS_ND_ARRAY_HPP

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/details/dlpack_array.hpp>
#include <metatensor/details/dtype.hpp>
#include <metatensor/details/strides.hpp>
#include <metatensor/errors.hpp>
#include <metatensor/views.hpp>

namespace metatensor {

namespace details {
struct NDArrays;
} // namespace details

/// A row-major array of numbers: a view of memory of somebody else, or of its own.
///
/// It can only be moved. One that was moved from has no data and no axes.
///
/// A view of memory that can only be read throws in the functions that are not `const`: read it through a `const` array, or
/// use `view()`.
template<typename T>
class NDArray {
    static_assert(std::is_arithmetic<T>::value, "elements are numbers");

public:
    /// An array without elements.
    METATENSOR_HIDDEN NDArray(): NDArray(nullptr, {0}, true) {}

    /// A view of `data`, which can only be read, has the elements in row-major order, and has to outlive this array. Throws
    /// `InvalidParameterError` if there are no axes, or no data but elements.
    METATENSOR_HIDDEN NDArray(const T* data, std::vector<std::size_t> shape):
        NDArray(const_cast<T*>(data), std::move(shape), true) {
        check();
    }

    /// A view of `data`, which can be written to.
    METATENSOR_HIDDEN NDArray(T* data, std::vector<std::size_t> shape): NDArray(data, std::move(shape), false) {
        check();
    }

    /// An array with memory of its own. Throws `InvalidParameterError` if `data` has not as many elements as the shape says.
    METATENSOR_HIDDEN NDArray(std::vector<T> data, std::vector<std::size_t> shape):
        NDArray(nullptr, std::move(shape), false) {
        if (data.size() != details::product(shape_)) {
            details::fail("got " + std::to_string(data.size()) + " elements for an array of shape "
                + details::shape_text(shape_));
        }
        auto* owner = new std::vector<T>(std::move(data));
        data_ = owner->data();
        own(owner, [](void* vector) { delete static_cast<std::vector<T>*>(vector); });
        check();
    }

    NDArray(const NDArray&) = delete;
    NDArray& operator=(const NDArray&) = delete;

    METATENSOR_HIDDEN NDArray(NDArray&& other) noexcept: NDArray(nullptr, {}, true) { *this = std::move(other); }

    METATENSOR_HIDDEN NDArray& operator=(NDArray&& other) noexcept {
        if (this != &other) {
            release();
            data_ = std::exchange(other.data_, nullptr);
            shape_ = std::move(other.shape_);
            strides_ = std::move(other.strides_);
            is_const_ = other.is_const_;
            owned_ = std::exchange(other.owned_, nullptr);
            deleter_ = std::move(other.deleter_);
            other.shape_.clear();
            other.strides_.clear();
            other.deleter_ = [](void*) {};
        }
        return *this;
    }

    METATENSOR_HIDDEN ~NDArray() { release(); }

    /// Whether the memory belongs to somebody else.
    METATENSOR_HIDDEN bool is_view() const { return owned_ == nullptr; }

    /// An element. Throws `InvalidParameterError` if there are not as many indexes as axes, or if one is out of range.
    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE T operator()(I... indexes) const & {
        return data_[offset(indexes...)];
    }

    /// An element that can be changed. Also throws `InvalidParameterError` if the memory can only be read.
    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE T& operator()(I... indexes) & {
        require_mutable();
        return data_[offset(indexes...)];
    }
    template<typename... I>
    T operator()(I... indexes) && = delete;

    /// The first element, or null if there are none. It is valid as long as the memory.
    METATENSOR_HIDDEN const T* data() const & { return data_; }
    /// The same. Throws `InvalidParameterError` if the memory can only be read.
    METATENSOR_HIDDEN T* data() & {
        require_mutable();
        return data_;
    }
    T* data() && = delete;

    /// Length of each axis.
    METATENSOR_HIDDEN const std::vector<std::size_t>& shape() const & { return shape_; }
    const std::vector<std::size_t>& shape() && = delete;

    /// Distance in elements between neighbors along each axis.
    METATENSOR_HIDDEN const std::vector<int64_t>& strides() const { return strides_; }

    /// Always true.
    METATENSOR_HIDDEN bool is_contiguous() const { return true; }

    /// A view with `N` axes to read from, valid as long as this array. Throws `InvalidParameterError` if the array has another
    /// number of axes.
    template<std::size_t N>
    [[nodiscard]] METATENSOR_HIDDEN_TEMPLATE TensorView<const T, N> view() const & {
        return details::make_view<N, const T>(data_, shape_.data(), shape_.size());
    }
    template<std::size_t N>
    TensorView<const T, N> view() && = delete;

private:
    friend struct details::NDArrays;

    METATENSOR_HIDDEN NDArray(T* data, std::vector<std::size_t> shape, bool is_const):
        data_(data),
        shape_(std::move(shape)),
        strides_(details::contiguous_strides(shape_)),
        is_const_(is_const),
        // code that was compiled with other headers calls this in any case
        deleter_([](void*) {}) {}

    METATENSOR_HIDDEN void own(void* owned, void (*deleter)(void*)) {
        owned_ = owned;
        deleter_ = deleter;
    }

    METATENSOR_HIDDEN void release() noexcept {
        if (owned_ != nullptr) {
            deleter_(std::exchange(owned_, nullptr));
        }
    }

    METATENSOR_HIDDEN void check() const {
        if (shape_.empty()) {
            details::fail("an array needs an axis");
        }
        const auto size = details::product(shape_);
        if (data_ == nullptr && size != 0) {
            details::fail("there is no data for an array of shape " + details::shape_text(shape_));
        }
    }

    METATENSOR_HIDDEN void require_mutable() const {
        if (is_const_) {
            details::fail("this array can only be read: use a const array, or view()");
        }
    }

    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE std::ptrdiff_t offset(I... indexes) const {
        const auto offset = details::checked_offset(shape_, strides_, indexes...);
        if (data_ == nullptr) {
            details::fail("an array that was moved from has no elements");
        }
        return offset;
    }

    T* data_ = nullptr;
    std::vector<std::size_t> shape_;
    std::vector<int64_t> strides_;
    bool is_const_ = true;
    void* owned_ = nullptr;
    std::function<void(void*)> deleter_;
    [[maybe_unused]] void* reserved_[2] = {};
};

namespace details {

/// Makes arrays that only these headers make.
struct NDArrays final {
    /// A view that can have no axes.
    template<typename T>
    METATENSOR_HIDDEN static NDArray<T> view(T* data, const std::vector<std::size_t>& shape, bool is_const) {
        return NDArray<T>(data, shape, is_const);
    }

    /// Owns a tensor with row-major elements in main memory, which it writes to.
    template<typename T>
    METATENSOR_HIDDEN static NDArray<T> of_tensor(DLManagedTensorVersioned* tensor) {
        TensorGuard guard(tensor);
        const auto& content = tensor->dl_tensor;
        NDArray<T> array(static_cast<T*>(first_element(content)), tensor_shape(content), false);
        if (!is_row_major_contiguous(array.shape_, tensor_strides(content, array.shape_))) {
            fail("the elements are not contiguous, in row-major order");
        }
        array.own(tensor, [](void* owned) { delete_tensor(static_cast<DLManagedTensorVersioned*>(owned)); });
        guard.release();
        return array;
    }
};

template<typename T>
METATENSOR_HIDDEN auto as_strided(const NDArray<T>& array) {
    using storage_t = typename std::conditional<std::is_same<T, bool>::value, uint8_t, T>::type;
    return Strided<T, storage_t>(
        reinterpret_cast<const storage_t*>(array.data()), array.shape(), array.strides());
}

} // namespace details
} // namespace metatensor

#endif
