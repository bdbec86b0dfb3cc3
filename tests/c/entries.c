/* Lists with an entry that can not be used: errors say which one, and who was called. */
#include "support/c_array.h"
#include "support/check.h"

#include <metatensor/operations.h>

static void expect(const char *message) {
    if (strcmp(last_message(), message) != 0) {
        fprintf(stderr, "expected: %s\n", message);
        CHECK(strcmp(last_message(), message) == 0);
    }
    mts_set_last_error(NULL, NULL, NULL, NULL);
}

static void names(void) {
    const char *names[3] = {"a", "b", NULL};
    int32_t row[3] = {0, 1, 2};
    CHECK(mts_labels(names, 3, c_array_int32(1, 3, row)) == NULL);
    expect("invalid parameter: mts_labels: got a NULL pointer for 'dimensions[2]'");
    CHECK(mts_labels_assume_unique(names, 3, c_array_int32(1, 3, row)) == NULL);
    expect("invalid parameter: mts_labels_assume_unique: got a NULL pointer for 'names[2]'");
    names[1] = "\xff";
    CHECK(mts_labels(names, 3, c_array_int32(1, 3, row)) == NULL);
    expect("invalid parameter: mts_labels: 'dimensions[1]' must be text in UTF-8, got '\xef\xbf\xbd'");

    mts_tensormap_t *tensor = c_tensor(), *result;
    names[1] = NULL;
    CHECK(mts_tensormap_components_to_properties(tensor, names, 2) == NULL);
    expect("invalid parameter: mts_tensormap_components_to_properties: got a NULL pointer for 'dimensions[1]'");
    CHECK(mts_sum_over_samples(tensor, names, 2, &result) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_sum_over_samples: got a NULL pointer for 'names[1]'");
    const mts_names_t list = {names, 2};
    CHECK(mts_zeros_like(tensor, &list, &result) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_zeros_like: got a NULL pointer for 'gradients[1]'");
    mts_tensormap_free(tensor);
}

static void handles(void) {
    static const int32_t rows[] = {0, 1};
    const mts_labels_t *labels = c_labels_1("l", 2, rows);
    const mts_labels_t *components[2] = {labels, NULL};
    uintptr_t shape[4] = {2, 2, 2, 2};
    CHECK(mts_block(c_array_count(shape, 4, 0), labels, components, 2, labels) == NULL);
    expect("invalid parameter: mts_block: got a NULL pointer for 'components[1]'");

    mts_block_t *blocks[2] = {c_block(2, rows, 1, 0), NULL};
    CHECK(mts_tensormap(labels, blocks, 2) == NULL);
    expect("invalid parameter: mts_tensormap: got a NULL pointer for 'blocks[1]'");
    CHECK(blocks[0] != NULL);

    const mts_block_t *joined[3] = {blocks[0], blocks[0], NULL};
    mts_block_t *block;
    CHECK(mts_join_blocks(joined, 3, MTS_AXIS_SAMPLES, NULL, &block) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_join_blocks: got a NULL pointer for 'blocks[2]'");

    mts_tensormap_t *tensor = c_tensor(), *result, *results[2];
    const mts_tensormap_t *tensors[2] = {tensor, NULL};
    CHECK(mts_join(tensors, 2, MTS_AXIS_SAMPLES, NULL, &result) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_join: got a NULL pointer for 'tensors[1]'");
    CHECK(mts_join(tensors, 1, 9, NULL, &result) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_join: 'axis' must be one of the MTS_AXIS_ values, got 9");

    mts_selection_t selections[2] = {{labels, NULL, 0}, {NULL, NULL, 1}};
    CHECK(mts_split(tensor, MTS_AXIS_SAMPLES, selections, 2, results) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_split: got a NULL pointer for 'selections[1].indices'");
    CHECK(mts_slice(tensor, MTS_AXIS_SAMPLES, selections[1], &result) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_slice: got a NULL pointer for 'selection.indices'");

    mts_tensormap_free(tensor);
    mts_block_free(blocks[0]);
    mts_labels_free(labels);
}

static void functions_of_arrays(void) {
    uintptr_t shape[2] = {1, 1};
    mts_array_t array;
    CHECK_OK(mts_create_array(shape, 2, (DLDataType){kDLFloat, 64, 1}, &array));
    CHECK(array.dtype(array.ptr, NULL) == MTS_INVALID_PARAMETER_ERROR);
    expect("invalid parameter: mts_array_t.dtype: got a NULL pointer for 'dtype'");
    array.destroy(array.ptr);
}

int main(void) {
    names();
    handles();
    functions_of_arrays();
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
