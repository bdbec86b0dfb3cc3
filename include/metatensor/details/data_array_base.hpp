#ifndef METATENSOR_DETAILS_DATA_ARRAY_BASE_HPP
#define METATENSOR_DETAILS_DATA_ARRAY_BASE_HPP

#include <memory>
#include <utility>
#include <vector>

#include <metatensor/details/mts_array.hpp>
#include <metatensor/errors.hpp>

namespace metatensor {

/// Base of kinds of arrays that are written in C++. Functions that fail throw: exceptions go through the library, and come out
/// of the function that was called as what was thrown.
///
/// Functions may be called on any thread, and those that are `const` on several threads at once.
class DataArrayBase {
public:
    METATENSOR_HIDDEN DataArrayBase() = default;
    METATENSOR_HIDDEN DataArrayBase(const DataArrayBase&) = default;
    METATENSOR_HIDDEN DataArrayBase& operator=(const DataArrayBase&) = default;
    METATENSOR_HIDDEN DataArrayBase(DataArrayBase&&) noexcept = default;
    METATENSOR_HIDDEN DataArrayBase& operator=(DataArrayBase&&) noexcept = default;

    /// Gives an array to C: `ptr` of the result is a `DataArrayBase*`. Throws `InvalidParameterError` if it is null.
    METATENSOR_HIDDEN static MtsArray to_mts_array(std::unique_ptr<DataArrayBase> data);

    virtual ~DataArrayBase() = default;

    /// Number of this kind of array, made with `mts_register_data_origin`.
    virtual mts_data_origin_t origin() const = 0;

    /// Where the elements are.
    virtual DLDevice device() const = 0;

    /// Type of the elements.
    virtual DLDataType dtype() const = 0;

    /// Shares the elements on `device`: the caller owns the tensor, and releases it before the array. `stream` is one of the
    /// device to synchronize with, or null; `max_version` the newest version of DLPack that the caller knows.
    virtual DLManagedTensorVersioned* as_dlpack(
        DLDevice device, const int64_t* stream, DLPackVersion max_version) = 0;

    /// Makes an array of this kind of a tensor, which it owns, also if this throws.
    virtual std::unique_ptr<DataArrayBase> from_dlpack(DLManagedTensorVersioned* tensor) const = 0;

    /// Makes a copy of the elements on `device`.
    virtual std::unique_ptr<DataArrayBase> copy(DLDevice device) const = 0;

    /// Makes an array of the same kind, type and device with another shape, all elements being equal to the one of
    /// `fill_value`, which has no axes.
    virtual std::unique_ptr<DataArrayBase> create(std::vector<uintptr_t> shape, MtsArray fill_value) const = 0;

    /// Length of each axis. The reference is valid until the array changes.
    virtual const std::vector<uintptr_t>& shape() const & = 0;
    const std::vector<uintptr_t>& shape() && = delete;

    /// Gives the same elements, in row-major order, another shape.
    virtual void reshape(const std::vector<uintptr_t>& shape) = 0;

    /// Exchanges two axes.
    virtual void swap_axes(uintptr_t axis_1, uintptr_t axis_2) = 0;

    /// Copies parts of `input` to places in this array. For each of the moves, this is `output[sample_out, ...,
    /// properties_start_out + i] = input[sample_in, ..., properties_start_in + i]` for `i` up to `properties_length`.
    virtual void move_data(const DataArrayBase& input, std::vector<mts_data_movement_t> moves) = 0;
};

namespace details {

METATENSOR_HIDDEN inline DataArrayBase& data_array(void* ptr) noexcept {
    return *static_cast<DataArrayBase*>(ptr);
}

METATENSOR_HIDDEN inline const DataArrayBase& data_array(const void* ptr) noexcept {
    return *static_cast<const DataArrayBase*>(ptr);
}

} // namespace details

METATENSOR_HIDDEN inline MtsArray DataArrayBase::to_mts_array(std::unique_ptr<DataArrayBase> data) {
    using details::catch_exceptions;
    using details::data_array;

    if (data == nullptr) {
        details::fail("there is no array: the pointer is null");
    }
    mts_array_t array = {};
    array.ptr = data.release();
    array.destroy = [](void* self) { delete static_cast<DataArrayBase*>(self); };
    array.origin = [](const void* self, mts_data_origin_t* origin) {
        return catch_exceptions([=] { *origin = data_array(self).origin(); });
    };
    array.device = [](const void* self, DLDevice* device) {
        return catch_exceptions([=] { *device = data_array(self).device(); });
    };
    array.dtype = [](const void* self, DLDataType* dtype) {
        return catch_exceptions([=] { *dtype = data_array(self).dtype(); });
    };
    array.as_dlpack = [](void* self, DLManagedTensorVersioned** tensor, DLDevice device, const int64_t* stream,
                          DLPackVersion max_version) {
        return catch_exceptions([=] { *tensor = data_array(self).as_dlpack(device, stream, max_version); });
    };
    array.from_dlpack = [](const void* self, DLManagedTensorVersioned* tensor, mts_array_t* result) {
        return catch_exceptions([=] { *result = to_mts_array(data_array(self).from_dlpack(tensor)).release(); });
    };
    array.shape = [](const void* self, const uintptr_t** shape, uintptr_t* count) {
        return catch_exceptions([=] {
            const auto& lengths = data_array(self).shape();
            *shape = lengths.empty() ? nullptr : lengths.data();
            *count = lengths.size();
        });
    };
    array.reshape = [](void* self, const uintptr_t* shape, uintptr_t count) {
        return catch_exceptions(
            [=] { data_array(self).reshape(std::vector<uintptr_t>(shape, shape + count)); });
    };
    array.swap_axes = [](void* self, uintptr_t axis_1, uintptr_t axis_2) {
        return catch_exceptions([=] { data_array(self).swap_axes(axis_1, axis_2); });
    };
    array.create = [](const void* self, const uintptr_t* shape, uintptr_t count, mts_array_t fill_value,
                       mts_array_t* result) {
        return catch_exceptions([=] {
            MtsArray fill(fill_value);
            std::vector<uintptr_t> lengths(shape, shape + count);
            *result = to_mts_array(data_array(self).create(std::move(lengths), std::move(fill))).release();
        });
    };
    array.copy = [](const void* self, DLDevice device, mts_array_t* result) {
        return catch_exceptions([=] { *result = to_mts_array(data_array(self).copy(device)).release(); });
    };
    array.move_data = [](void* self, const void* input, const mts_data_movement_t* moves, uintptr_t count) {
        return catch_exceptions([=] {
            data_array(self).move_data(data_array(input), std::vector<mts_data_movement_t>(moves, moves + count));
        });
    };
    return MtsArray(array);
}

} // namespace metatensor

#endif
