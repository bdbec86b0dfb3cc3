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
    DLDataType unknown = {kDLFloat8_e4m3, 8, 1};
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

/* Two samples with two properties, and gradient rows of samples 1, 0, 1 with two components. */
static const mts_gradient_map_t *small_mapping(void) {
    const char *names[2] = {"sample", "atom"};
    int32_t *rows = malloc(6 * sizeof *rows);
    memcpy(rows, (int32_t[]){1, 0, 0, 0, 1, 1}, 6 * sizeof *rows);
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(rows, (uintptr_t[]){3, 2}, 2, NULL, int32, release, rows, &array));
    const mts_labels_t *labels = mts_labels(names, 2, array);
    CHECK(labels != NULL);
    const mts_gradient_map_t *map;
    CHECK_OK(mts_gradient_map_from_labels(labels, 2, &map));
    mts_labels_free(labels);
    return map;
}

static void products_with_gradient_rows(void) {
    const mts_gradient_map_t *map = small_mapping();
    const double x[4] = {1, 2, 3, 4}, dx[12] = {1, 0, 0, 1, 1, 1, 2, -1, 0.5, 0, 0, 0};
    double products[12], sums[6];
    CHECK_OK(mts_gather_multiply(float64, x, 2, 2, map, dx, 2, products));
    const double expected[12] = {3, 0, 0, 4, 1, 2, 2, -2, 1.5, 0, 0, 0};
    CHECK(memcmp(products, expected, sizeof products) == 0);
    CHECK_OK(mts_gradient_contract(float64, x, 2, 2, map, dx, 2, sums));
    CHECK(memcmp(sums, (double[]){3, 4, 3, 0, 1.5, 0}, sizeof sums) == 0);

    /* with complex numbers, which are not conjugated: i times i */
    DLDataType complex64 = {kDLComplex, 64, 1};
    const float i[8] = {0, 1, 0, 1, 0, 1, 0, 1}, j[12] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    float sum[6];
    CHECK_OK(mts_gradient_contract(complex64, i, 2, 2, map, j, 1, sum));
    CHECK(memcmp(sum, (float[]){-2, 0, -2, 0, -2, 0}, sizeof sum) == 0);

    /* integers wrap around */
    const int32_t large[4] = {INT32_MAX, 1, INT32_MAX, 1}, two[6] = {2, 0, 2, 0, 2, 0};
    int32_t wrapped[3];
    CHECK_OK(mts_gradient_contract(int32, large, 2, 2, map, two, 1, wrapped));
    CHECK(memcmp(wrapped, (int32_t[]){-2, -2, -2}, sizeof wrapped) == 0);

    /* nothing to multiply needs no memory */
    CHECK_OK(mts_gather_multiply(float64, NULL, 2, 0, map, NULL, 2, NULL));
    CHECK_OK(mts_gradient_contract(float64, NULL, 2, 0, map, NULL, 2, sums));
    CHECK(sums[0] == 0 && sums[5] == 0);

    CHECK_STATUS(mts_gather_multiply(float64, x, 3, 2, map, dx, 2, products), MTS_INVALID_PARAMETER_ERROR,
                 "got 3 rows of values, but the mapping is for 2");
    CHECK_STATUS(mts_gradient_contract(float64, x, 1, 2, map, dx, 2, sums), MTS_INVALID_PARAMETER_ERROR,
                 "got 1 rows of values, but the mapping is for 2");
    CHECK_STATUS(mts_gradient_contract(float64, x, 2, 2, map, dx, UINTPTR_MAX, sums), MTS_INVALID_PARAMETER_ERROR,
                 "too many");
    /* what can not be given is NULL */
    const mts_gradient_map_t *nothing = map;
    CHECK(mts_gradient_map_compose(map, map, &nothing) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(nothing == NULL);
    const int64_t *borrowed = (const int64_t[]){0};
    uintptr_t count = 7;
    CHECK(mts_gradient_map_rows_of(map, 2, &borrowed, &count) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(borrowed == NULL && count == 0);
    DLDataType half = {kDLFloat, 16, 1};
    CHECK_STATUS(mts_gather_multiply(half, x, 2, 2, map, dx, 2, products), MTS_UNSUPPORTED_ERROR, "float16");
    CHECK_STATUS(mts_gradient_contract(half, x, 2, 2, map, dx, 2, sums), MTS_UNSUPPORTED_ERROR, "float16");
    CHECK_OK(mts_gradient_map_free(map));
}

/* A block with a single number. */
static mts_block_t *number(double value) {
    double *memory = malloc(sizeof *memory);
    *memory = value;
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(memory, (uintptr_t[]){1, 1}, 2, NULL, float64, release, memory, &array));
    mts_block_t *block;
    CHECK_OK(mts_block_from_array(array, &(mts_block_names_t)MTS_BLOCK_NAMES_INIT, &block));
    return block;
}

/* Options that start as what NULL stands for. */
static void options_have_defaults(void) {
    mts_block_t *one = number(1);
    const double differences[] = {0, 1e-12, 1.2e-12, -1.2e-12, 1};
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        mts_block_t *other = number(1 + differences[i]);
        mts_allclose_options_t close = MTS_ALLCLOSE_OPTIONS_INIT;
        bool expected, answer;
        CHECK_OK(mts_allclose_block(one, other, NULL, &expected));
        CHECK(expected == (i < 2));
        CHECK_OK(mts_allclose_block(one, other, &close, &answer));
        CHECK(answer == expected);
        close.atol = 2;
        CHECK_OK(mts_allclose_block(one, other, &close, &answer));
        CHECK(answer);
        mts_block_free(other);
    }

    mts_equal_metadata_options_t metadata = MTS_EQUAL_METADATA_OPTIONS_INIT;
    bool same;
    CHECK_OK(mts_equal_metadata_block(one, one, &metadata, &same));
    CHECK(same && metadata.check == MTS_METADATA_ALL && metadata.check_gradients);
    mts_join_options_t join = MTS_JOIN_OPTIONS_INIT;
    CHECK(join.different_keys == MTS_JOIN_KEYS_ERROR && join.add_dimension == NULL);
    mts_lstsq_options_t lstsq = MTS_LSTSQ_OPTIONS_INIT;
    CHECK(lstsq.rcond != lstsq.rcond);
    mts_block_free(one);
}

static void ask_for_features(void) {
    bool available = false;
    CHECK_OK(mts_has_feature("operations", &available));
    CHECK(available);
    CHECK_OK(mts_has_feature("time travel", &available));
    CHECK(!available);
}

/* Numbers of 16 bits, of a type that files do not have: 1.5 and -2 are 0x3fc0 and 0xc000. */
static void compute_with_bfloat16(void) {
    const DLDataType bfloat16 = {kDLBfloat, 16, 1};
    uint16_t memory[2] = {0x3fc0, 0xc000};
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(memory, (uintptr_t[]){2, 1}, 2, NULL, bfloat16, NULL, NULL, &array));
    const mts_labels_t *samples = range("s", 2), *properties = range("p", 1);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);

    mts_block_t *results[3];
    CHECK_OK(mts_multiply_block(block, block, &results[0]));
    CHECK_OK(mts_ones_like_block(block, NULL, &results[1]));
    const char *name = "s";
    CHECK_OK(mts_sum_over_samples_block(block, &name, 1, &results[2]));
    const uint16_t expected[3][2] = {{0x4010, 0x4080}, {0x3f80, 0x3f80}, {0xbf00}};
    for (int i = 0; i < 3; i++) {
        mts_array_t values;
        CHECK_OK(mts_block_data(results[i], &values));
        DLDataType dtype;
        CHECK_OK(values.dtype(values.ptr, &dtype));
        CHECK(dtype.code == kDLBfloat && dtype.bits == 16 && dtype.lanes == 1);
        DLManagedTensorVersioned *tensor;
        DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
        CHECK_OK(values.as_dlpack(values.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
        const uint16_t *bits = tensor->dl_tensor.data;
        CHECK(bits[0] == expected[i][0] && (i == 2 || bits[1] == expected[i][1]));
        tensor->deleter(tensor);
        mts_block_free(results[i]);
    }
    CHECK_STATUS(mts_block_save("bfloat16.mts", block), MTS_UNSUPPORTED_ERROR, "values.npy");
    CHECK_MESSAGE("bfloat16");

    mts_block_free(block);
    mts_labels_free(samples);
    mts_labels_free(properties);
}

int main(void) {
    compute_with_bfloat16();
    wrap_strided_memory();
    release_on_errors();
    fill_with_a_scalar();
    gather_and_scatter();
    products_with_gradient_rows();
    options_have_defaults();
    ask_for_features();
    return 0;
}
