/* Numbers that are too large, and types and shapes that make no sense. */
#include "support/c_array.h"
#include "support/check.h"

#include <metatensor/gradient_map.h>

int main(void) {
    static const int32_t zero[] = {0}, gradient_samples[] = {0};
    mts_tensormap_t *tensor = c_tensor();
    mts_block_t *block;
    CHECK_STATUS(mts_tensormap_block_by_id(tensor, &block, 2), MTS_INVALID_PARAMETER_ERROR, "2");
    CHECK_STATUS(mts_tensormap_block_by_id(tensor, &block, UINTPTR_MAX), MTS_INVALID_PARAMETER_ERROR, "");
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 1));
    CHECK_NULL(mts_block_labels(block, 2), "2");
    CHECK_NULL(mts_block_labels(block, UINTPTR_MAX), "");
    mts_block_t *gradient;
    CHECK_STATUS(mts_block_gradient(block, "unknown", &gradient), MTS_INVALID_PARAMETER_ERROR, "unknown");
    const char *unknown = "unknown";
    CHECK_NULL(mts_tensormap_components_to_properties(tensor, &unknown, 1), "unknown");
    mts_tensormap_free(tensor);

    const mts_labels_t *labels = c_labels_1("a", 1, zero);
    int64_t position;
    CHECK_STATUS(mts_labels_position(labels, zero, 0, &position), MTS_INVALID_PARAMETER_ERROR, "0");
    mts_labels_free(labels);

    /* shapes whose size is no number, types that nobody has */
    mts_array_t array;
    uintptr_t huge[] = {UINTPTR_MAX / 2, 16, UINTPTR_MAX}, small[] = {1};
    DLDataType strange[] = {{kDLFloat, 7, 1}, {kDLInt, 32, 2}, {99, 32, 1}, {kDLInt, 0, 1}, {kDLComplex, 32, 1}};
    CHECK(mts_create_array(huge, 3, c_float64, &array) != MTS_SUCCESS);
    CHECK(mts_create_array(huge, 1, c_float64, &array) != MTS_SUCCESS);
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        CHECK(mts_create_array(small, 1, strange[i], &array) != MTS_SUCCESS);
    }

    /* kinds of arrays */
    mts_data_origin_t origin;
    char name[8];
    CHECK_OK(mts_register_data_origin("1234567", &origin));
    CHECK_OK(mts_get_data_origin(origin, name, 8));
    CHECK(strcmp(name, "1234567") == 0);
    CHECK_STATUS(mts_get_data_origin(origin, name, 7), MTS_BUFFER_SIZE_ERROR, "8");
    CHECK_STATUS(mts_get_data_origin(origin, name, 0), MTS_BUFFER_SIZE_ERROR, "8");
    CHECK_STATUS(mts_get_data_origin(UINT64_MAX, name, 8), MTS_INVALID_PARAMETER_ERROR, "");
    CHECK_STATUS(mts_get_data_origin(0, name, 8), MTS_INVALID_PARAMETER_ERROR, "");

    /* mappings */
    const mts_labels_t *rows = c_labels_1("sample", 1, gradient_samples);
    const mts_gradient_map_t *map, *other;
    const int64_t *positions;
    uintptr_t count;
    CHECK_STATUS(mts_gradient_map_from_labels(rows, 0, &map), MTS_INVALID_PARAMETER_ERROR, "0");
    CHECK_OK(mts_gradient_map_from_labels(rows, 5, &map));
    CHECK_STATUS(mts_gradient_map_rows_of(map, 5, &positions, &count), MTS_INVALID_PARAMETER_ERROR, "5");
    CHECK_STATUS(mts_gradient_map_rows_of(map, UINTPTR_MAX, &positions, &count), MTS_INVALID_PARAMETER_ERROR, "");
    CHECK_STATUS(mts_gradient_map_compose(map, map, &other), MTS_INVALID_PARAMETER_ERROR, "");
    CHECK_OK(mts_gradient_map_free(map));
    mts_labels_free(rows);

    /* files that are not what they should be */
    static const uint8_t nonsense[] = "PK\x03\x04 and then nothing";
    CHECK_NULL(mts_labels_load_buffer(nonsense, sizeof nonsense), "");
    CHECK_NULL(mts_block_load_buffer(nonsense, sizeof nonsense, mts_create_array), "");
    CHECK_NULL(mts_tensormap_load_buffer(nonsense, sizeof nonsense, mts_create_array), "");
    CHECK_NULL(mts_tensormap_load_buffer(nonsense, 0, mts_create_array), "");
    CHECK_NULL(mts_tensormap_load("no-such-directory/file.mts", mts_create_array), "no-such-directory");
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
