#ifndef METATENSOR_VIEWS_HPP
#define METATENSOR_VIEWS_HPP

#include <array>
#include <cstddef>
#include <string>
#include <type_traits>

#include <metatensor/details/iterator.hpp>
#include <metatensor/errors.hpp>

namespace metatensor {

namespace details {

/// Throws if `index` is not in `0..size`. Indexes can be of any integer type.
template<typename I>
METATENSOR_HIDDEN std::size_t checked_index(I index, std::size_t size, std::size_t axis) {
    static_assert(std::is_integral<I>::value || std::is_enum<I>::value, "indexes are integers");
    const auto position = static_cast<std::size_t>(index);
    // negative numbers are large ones
    if (position >= size) {
        fail("index " + std::to_string(static_cast<std::ptrdiff_t>(index)) + " is out of range for axis "
            + std::to_string(axis) + " of size " + std::to_string(size));
    }
    return position;
}

} // namespace details

template<typename T, std::size_t N>
class TensorView;

namespace details {

/// Goes through the first axis of a view.
template<typename T, std::size_t N>
class FirstAxisIterator;

/// What it has of all iterators: views are made when they are asked for, elements are there.
template<typename T, std::size_t N>
using FirstAxisBase = Iterator<FirstAxisIterator<T, N>, decltype(std::declval<const TensorView<T, N>&>()[0]),
    typename std::conditional<N == 1, std::forward_iterator_tag, std::input_iterator_tag>::type>;

template<typename T, std::size_t N>
class FirstAxisIterator: public FirstAxisBase<T, N> {
public:
    METATENSOR_HIDDEN FirstAxisIterator() noexcept: view_(nullptr, {}, {}), position_(0) {}
    METATENSOR_HIDDEN FirstAxisIterator(const TensorView<T, N>& view, std::size_t position) noexcept:
        view_(view), position_(position) {}

    METATENSOR_HIDDEN decltype(auto) operator*() const { return view_[position_]; }

private:
    friend FirstAxisBase<T, N>;
    METATENSOR_HIDDEN void advance() noexcept { position_ += 1; }
    METATENSOR_HIDDEN std::size_t place() const noexcept { return position_; }

    TensorView<T, N> view_;
    std::size_t position_;
};

} // namespace details

/// A view of `N`-dimensional memory of somebody else: what it points to has to outlive it, and it is copied as a pointer is.
///
/// The type of elements says whether they can be changed: `TensorView<double, 2>` converts to `TensorView<const double, 2>`.
///
/// ```
/// TensorView<const double, 2> values = block.view<double, 2>();
/// for (auto row: values) {
///     for (double x: row) { sum += x; }
/// }
/// ```
template<typename T, std::size_t N>
class TensorView {
public:
    /// What it points to.
    using element_type = T;
    /// The type of copies of an element.
    using value_type = typename std::remove_cv<T>::type;
    /// What goes through the first axis.
    using iterator = details::FirstAxisIterator<T, N>;

    /// A view of `data`, with the length of each axis, and the distance in elements between neighbors along it.
    METATENSOR_HIDDEN TensorView(
        T* data, std::array<std::size_t, N> shape, std::array<std::ptrdiff_t, N> strides) noexcept:
        data_(data), shape_(shape), strides_(strides) {}

    /// A view that only reads of one that could write.
    template<typename U,
        typename = typename std::enable_if<!std::is_const<U>::value && std::is_same<const U, T>::value>::type>
    METATENSOR_HIDDEN_TEMPLATE TensorView(const TensorView<U, N>& other) noexcept:
        data_(other.data()), shape_(other.shape()), strides_(other.strides()) {}

    /// An element. Indexes are not checked.
    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE T& operator()(I... indexes) const noexcept {
        static_assert(sizeof...(I) == N, "one index for each axis");
        std::ptrdiff_t offset = 0;
        std::size_t axis = 0;
        ((offset += static_cast<std::ptrdiff_t>(indexes) * strides_[axis], axis += 1), ...);
        return data_[offset];
    }

    /// An element. Throws `InvalidParameterError` if an index is out of range.
    template<typename... I>
    METATENSOR_HIDDEN_TEMPLATE T& at(I... indexes) const {
        static_assert(sizeof...(I) == N, "one index for each axis");
        std::size_t axis = 0;
        ((details::checked_index(indexes, shape_[axis], axis), axis += 1), ...);
        return (*this)(indexes...);
    }

    /// What is at `index` of the first axis: a view of the other axes, or an element if there is one axis only. The index is
    /// not checked.
    METATENSOR_HIDDEN decltype(auto) operator[](std::size_t index) const noexcept {
        static_assert(N > 0, "there is no axis");
        T* const start = data_ + static_cast<std::ptrdiff_t>(index) * strides_[0];
        if constexpr (N == 1) {
            return *start;
        } else {
            std::array<std::size_t, N - 1> shape;
            std::array<std::ptrdiff_t, N - 1> strides;
            for (std::size_t axis = 1; axis < N; axis++) {
                shape[axis - 1] = shape_[axis];
                strides[axis - 1] = strides_[axis];
            }
            return TensorView<T, N - 1>(start, shape, strides);
        }
    }

    /// Length of each axis.
    METATENSOR_HIDDEN const std::array<std::size_t, N>& shape() const noexcept { return shape_; }
    /// Distance in elements between neighbors along each axis.
    METATENSOR_HIDDEN const std::array<std::ptrdiff_t, N>& strides() const noexcept { return strides_; }
    /// The element whose indexes are 0.
    METATENSOR_HIDDEN T* data() const noexcept { return data_; }

    /// Number of elements.
    METATENSOR_HIDDEN std::size_t size() const noexcept {
        std::size_t size = 1;
        for (std::size_t axis = 0; axis < N; axis++) {
            size *= shape_[axis];
        }
        return size;
    }

    /// Whether elements follow each other in row-major order, from `data()` to `data() + size()`.
    METATENSOR_HIDDEN bool is_contiguous() const noexcept {
        std::size_t expected = 1;
        for (std::size_t axis = N; axis > 0; axis--) {
            if (shape_[axis - 1] != 1 && strides_[axis - 1] != static_cast<std::ptrdiff_t>(expected)) {
                return size() == 0;
            }
            expected *= shape_[axis - 1];
        }
        return true;
    }

    /// Goes through the first axis: over views of the others, or elements.
    METATENSOR_HIDDEN iterator begin() const noexcept { return iterator(*this, 0); }
    /// What is after the last one.
    METATENSOR_HIDDEN iterator end() const noexcept {
        static_assert(N > 0, "there is no axis");
        return iterator(*this, shape_[0]);
    }

private:
    T* data_;
    std::array<std::size_t, N> shape_;
    std::array<std::ptrdiff_t, N> strides_;
};

} // namespace metatensor

#endif
