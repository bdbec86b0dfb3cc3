/* Arrays made by the library from memory of a program, and rows that are gathered and added. */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/gradient_map.h>
#include <metatensor/operations.h>

#include "support/check.h"

#include <stdlib.h>
#include <string.h>

static const DLDataType float64 = {kDLFloat, 64, 1}, int32 = {kDLInt, 32, 1};

static int released;

static void release(void *user_data) {
    released++;
    free(user_data);
}

static const mts_labels_t *range(const char *name, int32_t count) {
    int32_t *values = malloc((size_t)count * sizeof *values);
    for (int32_t i = 0; i < count; i++) values[i] = i;
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(values, (uintptr_t[]){(uintptr_t)count, 1}, 2, NULL, int32, release, values, &array));
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK(labels != NULL);
    return labels;
}

/* A block on top of a transposed buffer of the program, which must see what is written to the block. */
static void wrap_strided_memory(void) {
    double memory[6] = {0, 1, 2, 3, 4, 5};
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(memory, (uintptr_t[]){3, 2}, 2, (int64_t[]){1, 3}, float64, NULL, NULL, &array));
    released = 0;
    const mts_labels_t *samples = range("s", 3), *properties = range("p", 2);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    CHECK(array.ptr != NULL);

    mts_array_t same;
    CHECK_OK(mts_block_data(block, &same));
    DLManagedTensorVersioned *tensor;
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK_OK(same.as_dlpack(same.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    CHECK(tensor->dl_tensor.data == memory);
    CHECK(tensor->dl_tensor.strides[0] == 1 && tensor->dl_tensor.strides[1] == 3);
    tensor->deleter(tensor);

    mts_block_t *doubled;
    CHECK_OK(mts_multiply_scalar_block(block, 2.0, &doubled));
    CHECK_OK(mts_block_data(doubled, &same));
    CHECK_OK(same.as_dlpack(same.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    const double *values = tensor->dl_tensor.data;
    CHECK(values[0] == 0 && values[1] == 6 && values[2] == 2 && values[5] == 10);
    tensor->deleter(tensor);

    mts_block_free(doubled);
    mts_block_free(block);
    mts_labels_free(samples);
    mts_labels_free(properties);
    CHECK(released == 2);
}

/* Memory is released exactly once, also when there is no array in the end. */
static void release_on_errors(void) {
    mts_array_t array;
    released = 0;
    CHECK(mts_array_from_buffer(NULL, (uintptr_t[]){3}, 1, NULL, float64, release, malloc(1), &array) ==
          MTS_INVALID_PARAMETER_ERROR);
    CHECK(released == 1);
    DLDataType unknown = {kDLBfloat, 16, 1};
    double memory[3] = {0};
    CHECK(mts_array_from_buffer(memory, (uintptr_t[]){3}, 1, NULL, unknown, release, malloc(1), &array) ==
          MTS_UNSUPPORTED_ERROR);
    CHECK(released == 2);
    CHECK(mts_array_from_buffer(memory, NULL, 1, NULL, float64, release, malloc(1), &array) ==
          MTS_INVALID_PARAMETER_ERROR);
    CHECK(released == 3);
    CHECK(mts_array_from_buffer(memory, (uintptr_t[]){3}, 1, NULL, float64, release, malloc(1), NULL) ==
          MTS_INVALID_PARAMETER_ERROR);
    CHECK(released == 4);

    CHECK_OK(mts_array_from_buffer(NULL, (uintptr_t[]){0, 3}, 2, NULL, float64, release, malloc(1), &array));
    CHECK(released == 4);
    array.destroy(array.ptr);
    CHECK(released == 5);
}

static void fill_with_a_scalar(void) {
    double one = 1.0;
    mts_array_t scalar, array;
    CHECK_OK(mts_array_from_scalar(float64, &one, &scalar));
    one = 7.0;
    const uintptr_t *shape;
    uintptr_t axes;
    CHECK_OK(scalar.shape(scalar.ptr, &shape, &axes));
    CHECK(shape == NULL && axes == 0);
    CHECK_OK(scalar.create(scalar.ptr, (uintptr_t[]){2, 2}, 2, scalar, &array));
    DLManagedTensorVersioned *tensor;
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    for (int i = 0; i < 4; i++) CHECK(((const double *)tensor->dl_tensor.data)[i] == 1.0);
    array.destroy(array.ptr);
    /* The tensor keeps the memory, even without the array. */
    CHECK(((const double *)tensor->dl_tensor.data)[3] == 1.0);
    tensor->deleter(tensor);
}

static void gather_and_scatter(void) {
    const double values[4] = {1, 2, 3, 4};
    const int64_t parents[3] = {1, 0, 1};
    double rows[6], sums[4] = {0};
    CHECK_OK(mts_gather_rows(float64, values, 2, 2, parents, 3, rows));
    CHECK(memcmp(rows, (double[]){3, 4, 1, 2, 3, 4}, sizeof rows) == 0);
    CHECK_OK(mts_scatter_add_rows(float64, rows, 3, 2, parents, sums, 2));
    CHECK(memcmp(sums, (double[]){1, 2, 6, 8}, sizeof sums) == 0);

    const int64_t bad[3] = {1, 2, 0};
    CHECK(mts_gather_rows(float64, values, 2, 2, bad, 3, rows) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(mts_scatter_add_rows(float64, rows, 3, 2, bad, sums, 2) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(memcmp(sums, (double[]){1, 2, 6, 8}, sizeof sums) == 0);
    CHECK(mts_gather_rows(float64, values, UINTPTR_MAX, 2, parents, 3, rows) == MTS_INVALID_PARAMETER_ERROR);
}

static void ask_for_features(void) {
    bool available = false;
    CHECK_OK(mts_has_feature("operations", &available));
    CHECK(available);
    CHECK_OK(mts_has_feature("time travel", &available));
    CHECK(!available);
}

int main(void) {
    wrap_strided_memory();
    release_on_errors();
    fill_with_a_scalar();
    gather_and_scatter();
    ask_for_features();
    return 0;
}
