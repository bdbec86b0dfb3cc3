#ifndef METATENSOR_DETAILS_LABELS_TABLE_HPP
#define METATENSOR_DETAILS_LABELS_TABLE_HPP

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <metatensor/details/mts_array.hpp>
#include <metatensor/details/strides.hpp>
#include <metatensor/errors.hpp>

namespace metatensor {
namespace details {

/// The array for labels with these values, row after row, which are moved.
METATENSOR_HIDDEN inline MtsArray table(std::size_t columns, std::vector<int32_t> values) {
    const auto rows = columns == 0 ? 0 : values.size() / columns;
    return MtsArray::from_vector(std::move(values), {rows, columns});
}

/// The same for values that are copied.
METATENSOR_HIDDEN inline MtsArray copied_table(std::size_t columns, const int32_t* values, std::size_t rows) {
    const auto size = product({rows, columns});
    if (columns == 0) {
        return table(0, {});
    }
    if (values == nullptr && size != 0) {
        fail("there are no values for " + std::to_string(rows) + " entries: the pointer is null");
    }
    return MtsArray::from_vector(std::vector<int32_t>(values, values + size), {rows, columns});
}

/// The same for rows that are listed.
METATENSOR_HIDDEN inline MtsArray table_of_rows(
    std::size_t columns, std::initializer_list<std::initializer_list<int32_t>> rows) {
    std::vector<int32_t> values(columns * rows.size());
    std::size_t index = 0;
    for (const auto& row: rows) {
        if (row.size() != columns) {
            fail("entry " + std::to_string(index) + " has " + std::to_string(row.size()) + " values, but there are "
                + std::to_string(columns) + " dimensions");
        }
        if (columns != 0) {
            std::memcpy(values.data() + index * columns, row.begin(), columns * sizeof(int32_t));
        }
        index += 1;
    }
    return table(columns, std::move(values));
}

} // namespace details
} // namespace metatensor

#endif
