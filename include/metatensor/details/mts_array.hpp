#ifndef METATENSOR_DETAILS_MTS_ARRAY_HPP
#define METATENSOR_DETAILS_MTS_ARRAY_HPP

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <metatensor.h>
#include <metatensor/arrays.h>

#include <metatensor/details/dlpack_array.hpp>
#include <metatensor/details/dtype.hpp>
#include <metatensor/details/strides.hpp>
#include <metatensor/errors.hpp>

namespace metatensor {

/// An array of any kind: owns a `mts_array_t`, and calls its functions.
///
/// Arrays that are borrowed from a block or labels come in one that does not own them: they are valid as long as the block or
/// labels. Everything throws `InvalidParameterError` if the array is empty (`MtsArray({})`, or moved from), or has not the function
/// that is needed; and what the function throws, if it is written in C++.
class MtsArray final {
public:
    /// Takes ownership of `array`, unless its `destroy` is null.
    METATENSOR_HIDDEN explicit MtsArray(mts_array_t array) noexcept: array_(array) {}

    /// A copy of the elements, on the same device.
    METATENSOR_HIDDEN MtsArray(const MtsArray& other): MtsArray(mts_array_t{}) {
        const auto copy = other.member(other.array_.copy, "copy");
        details::check_status(copy(other.array_.ptr, other.device(), &array_));
    }

    METATENSOR_HIDDEN MtsArray& operator=(const MtsArray& other) {
        if (this != &other) {
            *this = MtsArray(other);
        }
        return *this;
    }

    METATENSOR_HIDDEN MtsArray(MtsArray&& other) noexcept: array_(std::exchange(other.array_, mts_array_t{})) {}

    METATENSOR_HIDDEN MtsArray& operator=(MtsArray&& other) noexcept {
        destroy();
        array_ = std::exchange(other.array_, mts_array_t{});
        return *this;
    }

    METATENSOR_HIDDEN ~MtsArray() { destroy(); }

    /// An array of the library on top of `data`, which is moved and not copied. Throws `InvalidParameterError` if it has not as
    /// many elements as the shape says.
    template<typename T>
    [[nodiscard]] METATENSOR_HIDDEN static MtsArray from_vector(
        std::vector<T>&& data, const std::vector<uintptr_t>& shape) {
        static_assert(!std::is_same<T, bool>::value, "a vector of bool is no array, use from_buffer");
        if (data.size() != details::product(shape)) {
            details::fail("got " + std::to_string(data.size()) + " elements for an array of shape "
                + details::shape_text(shape));
        }
        auto* owner = new std::vector<T>(std::move(data));
        return from_memory(owner->data(), shape, nullptr, details::dtype_of<T>(),
            [](void* vector) { delete static_cast<std::vector<T>*>(vector); }, owner);
    }

    /// An array of the library on top of `data`, which has to outlive everything that is made with the array. Strides are
    /// distances in elements between neighbors along each axis, or empty for row-major data. Throws `InvalidParameterError` if
    /// there are not as many strides as axes.
    template<typename T>
    [[nodiscard]] METATENSOR_HIDDEN static MtsArray from_buffer(
        T* data, const std::vector<uintptr_t>& shape, const std::vector<int64_t>& strides = {}) {
        check_strides(shape, strides);
        return from_memory(data, shape, strides.empty() ? nullptr : strides.data(), details::dtype_of<T>(), nullptr, nullptr);
    }

    /// The same, where `release()` is called once when the memory is not needed any more: on any thread, and also if this
    /// function throws. It must not throw itself.
    template<typename T, typename Release>
    [[nodiscard]] METATENSOR_HIDDEN static MtsArray from_buffer(T* data, const std::vector<uintptr_t>& shape,
        const std::vector<int64_t>& strides, Release release) {
        auto owner = std::make_unique<ReleaseOnce<Release>>(std::move(release));
        check_strides(shape, strides);
        return from_memory(data, shape, strides.empty() ? nullptr : strides.data(), details::dtype_of<T>(),
            [](void* once) { delete static_cast<ReleaseOnce<Release>*>(once); }, owner.release());
    }

    /// An array of the library without axes, holding one value: a fill value.
    template<typename T>
    [[nodiscard]] METATENSOR_HIDDEN static MtsArray from_scalar(T value) {
        MtsArray result(mts_array_t{});
        details::check_status(mts_array_from_scalar(details::dtype_of<T>(), &value, &result.array_));
        return result;
    }

    /// An array of the library filled with zeros.
    [[nodiscard]] METATENSOR_HIDDEN static MtsArray zeros(DLDataType dtype, const std::vector<uintptr_t>& shape) {
        MtsArray result(mts_array_t{});
        details::check_status(mts_create_array(shape.data(), shape.size(), dtype, &result.array_));
        return result;
    }

    /// Gives the array away: the caller owns it, and this one is empty.
    METATENSOR_HIDDEN mts_array_t release() && noexcept { return std::exchange(array_, mts_array_t{}); }

    /// The array as C knows it, borrowed: its `destroy` is null.
    METATENSOR_HIDDEN mts_array_t as_mts_array_t() const noexcept {
        auto borrowed = array_;
        borrowed.destroy = nullptr;
        return borrowed;
    }

    /// Number of the kind of array.
    METATENSOR_HIDDEN mts_data_origin_t origin() const {
        mts_data_origin_t origin = 0;
        details::check_status(member(array_.origin, "origin")(array_.ptr, &origin));
        return origin;
    }

    /// Where the elements are.
    METATENSOR_HIDDEN DLDevice device() const {
        DLDevice device = {kDLCPU, 0};
        details::check_status(member(array_.device, "device")(array_.ptr, &device));
        return device;
    }

    /// Type of the elements.
    METATENSOR_HIDDEN DLDataType dtype() const {
        DLDataType dtype = {0, 0, 0};
        details::check_status(member(array_.dtype, "dtype")(array_.ptr, &dtype));
        return dtype;
    }

    /// Length of each axis.
    METATENSOR_HIDDEN std::vector<uintptr_t> shape() const {
        const uintptr_t* shape = nullptr;
        uintptr_t count = 0;
        details::check_status(member(array_.shape, "shape")(array_.ptr, &shape, &count));
        return std::vector<uintptr_t>(shape, shape + count);
    }

    /// Shares the elements on `device` as a DLPack tensor, which the caller owns and releases before the array. `stream` is one
    /// of the device to synchronize with, or null.
    METATENSOR_HIDDEN DLManagedTensorVersioned* as_dlpack(
        DLDevice device, const int64_t* stream, DLPackVersion max_version) const {
        DLManagedTensorVersioned* tensor = nullptr;
        const auto as_dlpack = member(array_.as_dlpack, "as_dlpack");
        details::check_status(as_dlpack(array_.ptr, &tensor, device, stream, max_version));
        return tensor;
    }

    /// The same, in an array that owns the tensor. Throws `InvalidParameterError` if the elements are not of type `T`.
    template<typename T>
    METATENSOR_HIDDEN DLPackArray<T> as_dlpack_array(
        DLDevice device, const int64_t* stream, DLPackVersion max_version) const {
        return DLPackArray<T>(as_dlpack(device, stream, max_version));
    }

    /// Makes an array of this kind on top of a tensor, which is taken, also if this throws.
    METATENSOR_HIDDEN MtsArray from_dlpack(DLManagedTensorVersioned* tensor) const {
        details::TensorGuard guard(tensor);
        const auto from_dlpack = member(array_.from_dlpack, "from_dlpack");
        MtsArray result(mts_array_t{});
        details::check_status(from_dlpack(array_.ptr, guard.release(), &result.array_));
        return result;
    }

    /// Makes an array of the same kind and type with another shape, all elements being equal to the one of `fill`.
    METATENSOR_HIDDEN MtsArray create(const std::vector<uintptr_t>& shape, MtsArray fill) const {
        const auto create = member(array_.create, "create");
        MtsArray result(mts_array_t{});
        details::check_status(
            create(array_.ptr, shape.data(), shape.size(), std::move(fill).release(), &result.array_));
        return result;
    }

    /// Gives the same elements, in row-major order, another shape.
    METATENSOR_HIDDEN void reshape(const std::vector<uintptr_t>& shape) {
        details::check_status(member(array_.reshape, "reshape")(array_.ptr, shape.data(), shape.size()));
    }

    /// Exchanges two axes.
    METATENSOR_HIDDEN void swap_axes(uintptr_t axis_1, uintptr_t axis_2) {
        details::check_status(member(array_.swap_axes, "swap_axes")(array_.ptr, axis_1, axis_2));
    }

    /// Copies parts of `input`, an array of the same kind and type, to places in this array.
    METATENSOR_HIDDEN void move_data(const MtsArray& input, std::vector<mts_data_movement_t> moves) {
        const auto move_data = member(array_.move_data, "move_data");
        details::check_status(move_data(array_.ptr, input.array_.ptr, moves.data(), moves.size()));
    }

private:
    /// Calls a function when it is deleted.
    template<typename Release>
    struct ReleaseOnce final {
        METATENSOR_HIDDEN explicit ReleaseOnce(Release function): release(std::move(function)) {}
        ReleaseOnce(const ReleaseOnce&) = delete;
        ReleaseOnce& operator=(const ReleaseOnce&) = delete;
        METATENSOR_HIDDEN ~ReleaseOnce() { release(); }

        Release release;
    };

    METATENSOR_HIDDEN static void check_strides(
        const std::vector<uintptr_t>& shape, const std::vector<int64_t>& strides) {
        if (!strides.empty() && strides.size() != shape.size()) {
            details::fail("got " + std::to_string(strides.size()) + " strides for an array of shape "
                + details::shape_text(shape));
        }
    }

    METATENSOR_HIDDEN static MtsArray from_memory(void* data, const std::vector<uintptr_t>& shape, const int64_t* strides,
        DLDataType dtype, void (*release)(void*), void* user_data) {
        MtsArray result(mts_array_t{});
        details::check_status(mts_array_from_buffer(
            data, shape.data(), shape.size(), strides, dtype, release, user_data, &result.array_));
        return result;
    }

    /// One of the functions of the array.
    template<typename F>
    METATENSOR_HIDDEN F member(F function, const char* name) const {
        if (function == nullptr) {
            details::fail(std::string("this array is empty, or has no function '") + name + "'");
        }
        return function;
    }

    METATENSOR_HIDDEN void destroy() noexcept {
        if (array_.destroy != nullptr) {
            array_.destroy(array_.ptr);
        }
        array_ = mts_array_t{};
    }

    mts_array_t array_;
    [[maybe_unused]] void* reserved_[3] = {};
};

} // namespace metatensor

#endif
