#ifndef METATENSOR_DETAILS_STRIDES_HPP
#define METATENSOR_DETAILS_STRIDES_HPP

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include <metatensor/errors.hpp>
#include <metatensor/views.hpp>

namespace metatensor {
namespace details {

/// Number of elements of an array. Throws if that is more than a vector can have.
METATENSOR_HIDDEN inline std::size_t product(const std::vector<std::size_t>& shape) {
    std::size_t result = 1;
    bool overflow = false;
    for (const auto length: shape) {
        if (length == 0) {
            return 0;
        }
        overflow = overflow || result > static_cast<std::size_t>(PTRDIFF_MAX) / length;
        result *= length;
    }
    if (overflow) {
        fail("an array with this shape has too many elements");
    }
    return result;
}

/// Strides of row-major elements.
METATENSOR_HIDDEN inline std::vector<int64_t> contiguous_strides(const std::vector<std::size_t>& shape) {
    std::vector<int64_t> strides(shape.size());
    std::size_t stride = 1;
    for (std::size_t axis = shape.size(); axis > 0; axis--) {
        strides[axis - 1] = static_cast<int64_t>(stride);
        stride *= shape[axis - 1];
    }
    return strides;
}

/// Whether elements with these strides are row-major.
METATENSOR_HIDDEN inline bool is_row_major_contiguous(
    const std::vector<std::size_t>& shape, const std::vector<int64_t>& strides) {
    std::size_t expected = 1;
    bool contiguous = true;
    for (std::size_t axis = shape.size(); axis > 0; axis--) {
        const auto length = shape[axis - 1];
        if (length == 0) {
            return true;
        }
        contiguous = contiguous && (length == 1 || strides[axis - 1] == static_cast<int64_t>(expected));
        expected *= length;
    }
    return contiguous;
}

/// Text for a shape in messages: `[2, 3]`.
METATENSOR_HIDDEN inline std::string shape_text(const std::vector<std::size_t>& shape) {
    std::string text = "[";
    for (const auto length: shape) {
        text += (text.size() == 1 ? "" : ", ") + std::to_string(length);
    }
    return text + "]";
}

/// Where an element is. Throws if there are not as many indexes as axes, or if one is out of range.
template<typename... I>
METATENSOR_HIDDEN std::ptrdiff_t checked_offset(
    const std::vector<std::size_t>& shape, const std::vector<int64_t>& strides, I... indexes) {
    if (sizeof...(I) != shape.size()) {
        fail("got " + std::to_string(sizeof...(I)) + " indexes for an array with "
            + std::to_string(shape.size()) + " axes");
    }
    std::ptrdiff_t offset = 0;
    std::size_t axis = 0;
    static_cast<void>(axis);
    ((offset += static_cast<std::ptrdiff_t>(checked_index(indexes, shape[axis], axis))
              * static_cast<std::ptrdiff_t>(strides[axis]),
         axis += 1),
        ...);
    return offset;
}

/// A view with `N` axes, row-major if there are no strides. Throws if the array has another number of axes.
template<std::size_t N, typename T, typename Length>
METATENSOR_HIDDEN TensorView<T, N> make_view(
    T* data, const Length* shape, std::size_t axes, const int64_t* strides = nullptr) {
    if (axes != N) {
        fail("a view with " + std::to_string(N) + " axes can not be made of an array with " + std::to_string(axes));
    }
    std::array<std::size_t, N> lengths = {};
    std::array<std::ptrdiff_t, N> steps = {};
    std::ptrdiff_t step = 1;
    for (std::size_t axis = N; axis > 0; axis--) {
        lengths[axis - 1] = static_cast<std::size_t>(shape[axis - 1]);
        steps[axis - 1] = strides == nullptr ? step : static_cast<std::ptrdiff_t>(strides[axis - 1]);
        step *= static_cast<std::ptrdiff_t>(shape[axis - 1]);
    }
    return TensorView<T, N>(data, lengths, steps);
}

/// Calls `function(offset)` with the offset of each element, in row-major order of the indexes.
template<typename F>
METATENSOR_HIDDEN void for_each_offset(
    const std::vector<std::size_t>& shape, const std::vector<int64_t>& strides, F function) {
    const auto count = product(shape);
    std::vector<std::size_t> indexes(shape.size(), 0);
    std::ptrdiff_t offset = 0;
    for (std::size_t i = 0; i < count; i++) {
        function(offset);
        for (std::size_t axis = shape.size(); axis > 0; axis--) {
            const auto stride = static_cast<std::ptrdiff_t>(strides[axis - 1]);
            indexes[axis - 1] += 1;
            if (indexes[axis - 1] < shape[axis - 1]) {
                offset += stride;
                break;
            }
            offset -= static_cast<std::ptrdiff_t>(shape[axis - 1] - 1) * stride;
            indexes[axis - 1] = 0;
        }
    }
}

/// An array with any strides, as it is compared to others. Booleans are bytes.
template<typename T, typename Storage>
struct Strided {
    METATENSOR_HIDDEN Strided(const Storage* elements, const std::vector<std::size_t>& lengths, std::vector<int64_t> steps):
        data(elements), shape(lengths), strides(std::move(steps)) {}
    Strided(const Strided&) = delete;
    Strided& operator=(const Strided&) = delete;
    METATENSOR_HIDDEN ~Strided() = default;

    const Storage* data;
    const std::vector<std::size_t>& shape;
    std::vector<int64_t> strides;
};

/// Whether two arrays have the same shape, and the same elements: NaN is not equal to itself, 0.0 is equal to -0.0.
template<typename T, typename Storage>
METATENSOR_HIDDEN bool arrays_equal(const Strided<T, Storage>& a, const Strided<T, Storage>& b) {
    if (a.shape != b.shape) {
        return false;
    }
    // what was moved from has neither data nor axes
    if (a.data == nullptr || b.data == nullptr) {
        return a.data == b.data || product(a.shape) == 0;
    }
    const auto count = product(a.shape);
    std::vector<std::ptrdiff_t> offsets;
    if (!is_row_major_contiguous(a.shape, a.strides) || !is_row_major_contiguous(b.shape, b.strides)) {
        for (const auto* strides: {&a.strides, &b.strides}) {
            for_each_offset(a.shape, *strides, [&](std::ptrdiff_t offset) { offsets.push_back(offset); });
        }
    }
    bool equal = true;
    for (std::size_t i = 0; i < count && equal; i++) {
        equal = offsets.empty() ? a.data[i] == b.data[i] : a.data[offsets[i]] == b.data[offsets[count + i]];
    }
    return equal;
}

/// Exchanges two axes of row-major elements of `size` bytes: `to` is row-major as well.
METATENSOR_HIDDEN inline void transpose(const std::vector<std::size_t>& shape, std::size_t axis_1, std::size_t axis_2,
    std::size_t size, const void* from, void* to) {
    const auto first = axis_1 < axis_2 ? axis_1 : axis_2;
    const auto second = axis_1 < axis_2 ? axis_2 : axis_1;
    std::size_t lengths[3] = {1, 1, 1};
    std::size_t piece = size;
    for (std::size_t axis = 0; axis < shape.size(); axis++) {
        if (axis > second) {
            piece *= shape[axis];
        } else if (axis != first && axis != second) {
            lengths[axis < first ? 0 : 1] *= shape[axis];
        }
    }
    const auto n = shape[first], m = shape[second];
    const auto* source = static_cast<const unsigned char*>(from);
    auto* destination = static_cast<unsigned char*>(to);
    for (std::size_t outer = 0; outer < lengths[0]; outer++) {
        for (std::size_t j = 0; j < m; j++) {
            for (std::size_t middle = 0; middle < lengths[1]; middle++) {
                for (std::size_t i = 0; i < n; i++) {
                    const auto position = ((outer * n + i) * lengths[1] + middle) * m + j;
                    std::memcpy(destination, source + position * piece, piece);
                    destination += piece;
                }
            }
        }
    }
}

/// Does what `mts_array_t.move_data` says, for row-major elements of `size` bytes.
METATENSOR_HIDDEN inline void move_elements(const std::vector<std::size_t>& output_shape, void* output,
    const std::vector<std::size_t>& input_shape, const void* input, std::size_t size,
    const std::vector<mts_data_movement_t>& moves) {
    const auto axes = output_shape.size();
    bool same_components = axes >= 2 && input_shape.size() == axes;
    std::size_t components = 1;
    for (std::size_t axis = 1; same_components && axis < axes - 1; axis++) {
        same_components = input_shape[axis] == output_shape[axis];
        components *= output_shape[axis];
    }
    if (!same_components) {
        fail("can not move data from an array of shape " + shape_text(input_shape) + " to one of shape "
            + shape_text(output_shape));
    }
    const auto properties_in = input_shape[axes - 1], properties_out = output_shape[axes - 1];
    const auto fits = [](std::size_t start, std::size_t length, std::size_t size_of_axis) {
        return start <= size_of_axis && length <= size_of_axis - start;
    };
    for (const auto& move: moves) {
        if (!fits(move.sample_in, 1, input_shape[0]) || !fits(move.sample_out, 1, output_shape[0])
            || !fits(move.properties_start_in, move.properties_length, properties_in)
            || !fits(move.properties_start_out, move.properties_length, properties_out)) {
            fail("data to move is out of range for arrays of shapes " + shape_text(input_shape) + " and "
                + shape_text(output_shape));
        }
        for (std::size_t component = 0; component < components && move.properties_length > 0; component++) {
            const auto from = (move.sample_in * components + component) * properties_in + move.properties_start_in;
            const auto to = (move.sample_out * components + component) * properties_out + move.properties_start_out;
            // arrays may share their memory
            std::memmove(static_cast<unsigned char*>(output) + to * size,
                static_cast<const unsigned char*>(input) + from * size, move.properties_length * size);
        }
    }
}

} // namespace details
} // namespace metatensor

#endif
