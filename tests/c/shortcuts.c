/* What takes one call: labels from tables, elements of blocks, blocks by label, text. */
#include "support/c_array.h"
#include "support/check.h"

#include <metatensor/arrays.h>
#include <metatensor/io.h>
#include <metatensor/operations.h>
#include <metatensor/shortcuts.h>

#include <string.h>

static const DLDataType float64 = {kDLFloat, 64, 1}, float32 = {kDLFloat, 32, 1};

static const mts_labels_t *table(const char *name, uintptr_t count) {
    int32_t rows[2048];
    CHECK(count <= 2048);
    for (uintptr_t i = 0; i < count; i++) rows[i] = (int32_t)i;
    const mts_labels_t *labels = mts_labels_from_table(&name, 1, rows, count);
    CHECK(labels != NULL);
    return labels;
}

/* A native block with `samples` samples, and 3 x 2 elements for each: 0, 1, 2, ... */
static mts_block_t *block_of(uintptr_t samples_count, const int64_t *strides) {
    static double values[12288];
    for (int i = 0; i < 12288; i++) values[i] = i;
    uintptr_t shape[3] = {samples_count, 3, 2};
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(values, shape, 3, strides, float64, NULL, NULL, &array));
    const mts_labels_t *samples = table("sample", samples_count), *xyz = table("xyz", 3), *properties = table("p", 2);
    mts_block_t *wrapped = mts_block(array, samples, &xyz, 1, properties), *block = wrapped;
    CHECK(wrapped != NULL);
    if (strides == NULL) {
        block = mts_block_copy(wrapped);
        CHECK(block != NULL);
        CHECK_OK(mts_block_free(wrapped));
    }
    mts_labels_free(samples);
    mts_labels_free(xyz);
    mts_labels_free(properties);
    return block;
}

static mts_tensormap_t *map_of(mts_block_t *first, mts_block_t *second) {
    const char *const names[] = {"center_type", "neighbor_type"};
    const int32_t rows[][2] = {{1, 1}, {8, 1}};
    const mts_labels_t *keys = mts_labels_from_table(names, 2, rows[0], 2);
    mts_block_t *blocks[] = {first, second};
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK(tensor != NULL);
    mts_labels_free(keys);
    return tensor;
}

static void labels_are_made_of_tables(void) {
    const char *const names[] = {"system", "atom"};
    const int32_t rows[][2] = {{0, 1}, {0, 2}, {1, 1}}, same[][2] = {{3, 4}, {3, 4}};
    const mts_labels_t *labels = mts_labels_from_table(names, 2, rows[0], 3);
    const int32_t *values;
    uintptr_t count, size;
    CHECK_OK(mts_labels_values_cpu(labels, &values, &count, &size));
    CHECK(count == 3 && size == 2 && values != rows[0] && memcmp(values, rows, sizeof rows) == 0);
    mts_labels_free(labels);

    labels = mts_labels_from_table(names, 2, NULL, 0);
    CHECK_OK(mts_labels_values_cpu(labels, &values, &count, &size));
    CHECK(count == 0 && size == 2);
    mts_labels_free(labels);
    labels = mts_labels_from_table(NULL, 0, NULL, 0);
    CHECK(labels != NULL);
    mts_labels_free(labels);

    CHECK_NULL(mts_labels_from_table(names, 2, same[0], 2), "3");
    CHECK_NULL(mts_labels_from_table(names, 2, NULL, 1), "mts_labels_from_table: got a NULL pointer for 'rows'");
    CHECK_NULL(mts_labels_from_table(names, 2, rows[0], UINTPTR_MAX), "'rows' can not have");
    CHECK_NULL(mts_labels_from_table(NULL, 0, rows[0], 2), "'rows' can not have 2 rows without a dimension");
}

static void elements_are_checked(void) {
    mts_block_t *block = block_of(4, NULL);
    uintptr_t shape[3] = {MTS_ANY_LENGTH, 3, MTS_ANY_LENGTH};
    const double *values = mts_block_elements(block, float64, shape, 3);
    CHECK(values != NULL && shape[0] == 4 && shape[1] == 3 && shape[2] == 2);
    for (int i = 0; i < 24; i++) CHECK(values[i] == i);
    CHECK(mts_block_elements(block, float64, shape, 3) == values);

    CHECK_NULL(mts_block_elements(block, float32, shape, 3),
               "mts_block_elements: 'dtype' is float32, but the values of this block are float64");
    CHECK_NULL(mts_block_elements(block, float64, shape, 2),
               "'shape' has 2 axes, but the values of this block have 3: samples, component 'xyz', properties");
    uintptr_t wrong[3] = {4, 5, MTS_ANY_LENGTH};
    CHECK_NULL(mts_block_elements(block, float64, wrong, 3),
               "'shape[1]' is 5, but there are 3 entries on axis 1, component 'xyz'");
    CHECK(wrong[2] == MTS_ANY_LENGTH);
    wrong[0] = 1;
    CHECK_NULL(mts_block_mutable_elements(block, float64, wrong, 3), "on axis 0, samples");
    CHECK_OK(mts_block_free(block));

    int64_t strides[] = {1, 2, 8};
    block = block_of(2, strides);
    uintptr_t any[3] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH, MTS_ANY_LENGTH};
    CHECK_NULL(mts_block_elements(block, float64, any, 3), "mts_make_contiguous_block");
    mts_block_t *contiguous;
    CHECK_OK(mts_make_contiguous_block(block, &contiguous));
    CHECK(mts_block_elements(contiguous, float64, any, 3) != NULL);
    CHECK_OK(mts_block_free(contiguous));
    CHECK_OK(mts_block_free(block));

    /* strides of axes with one entry mean nothing */
    int64_t strange[] = {77, 2, 1};
    block = block_of(1, strange);
    any[0] = MTS_ANY_LENGTH;
    CHECK(mts_block_elements(block, float64, any, 3) != NULL && any[0] == 1);
    CHECK_OK(mts_block_free(block));

    block = block_of(0, NULL);
    any[0] = MTS_ANY_LENGTH;
    CHECK(mts_block_elements(block, float64, any, 3) != NULL && any[0] == 0);
    CHECK(mts_block_mutable_elements(block, float64, any, 3) != NULL);
    CHECK_OK(mts_block_free(block));
}

/* Nobody but the block sees what is written to it, at any time after the pointer was asked for. */
static void only_one_block_is_written_to(void) {
    mts_tensormap_t *tensor = map_of(block_of(1, NULL), block_of(2, NULL)), *before, *after;
    const mts_labels_t *keys = mts_tensormap_keys(tensor);
    uintptr_t one[3] = {1, 3, 2};
    CHECK_OK(mts_filter_blocks(tensor, keys, &before));
    mts_block_t *block, *other;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 0));
    const double *read = mts_block_elements(block, float64, one, 3);
    CHECK(read[0] == 0);
    double *values = mts_block_mutable_elements(block, float64, one, 3);
    CHECK(values != NULL);
    values[0] = -1;
    CHECK_OK(mts_filter_blocks(tensor, keys, &after));
    values[1] = -2;
    CHECK(mts_block_mutable_elements(block, float64, one, 3) == values);
    CHECK(mts_block_elements(block, float64, one, 3) == values);

    CHECK_OK(mts_tensormap_block_by_id(before, &other, 0));
    read = mts_block_elements(other, float64, one, 3);
    CHECK(read[0] == 0 && read[1] == 1);
    CHECK_OK(mts_tensormap_block_by_id(after, &other, 0));
    read = mts_block_elements(other, float64, one, 3);
    CHECK(read[0] == -1 && read[1] == 1);
    mts_labels_free(keys);
    CHECK_OK(mts_tensormap_free(before));
    CHECK_OK(mts_tensormap_free(after));
    CHECK_OK(mts_tensormap_free(tensor));
}

static void mapped_elements_are_only_read(void) {
    /* small arrays are not mapped, but read */
    mts_block_t *block = block_of(2048, NULL), *mapped;
    CHECK_OK(mts_block_save("shortcuts.mts", block));
    CHECK_OK(mts_block_free(block));
    CHECK_OK(mts_block_load_mapped("shortcuts.mts", MTS_MAPPING_READ_ONLY, &mapped));
    uintptr_t shape[3] = {2048, 3, 2};
    const double *values = mts_block_elements(mapped, float64, shape, 3);
    CHECK(values != NULL && values[12287] == 12287);
    CHECK_NULL(mts_block_mutable_elements(mapped, float64, shape, 3), "read-only");
    CHECK_OK(mts_block_free(mapped));
}

static void elements_of_other_arrays_are_theirs(void) {
    static const int32_t rows[] = {0, 1, 2};
    mts_block_t *block = c_block(3, rows, 2, 0);
    uintptr_t shape[2] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH};
    double *values = mts_block_mutable_elements(block, float64, shape, 2);
    CHECK(values != NULL && shape[0] == 3);
    values[shape[0] * shape[1] - 1] = 12;
    mts_array_t array;
    CHECK_OK(mts_block_data(block, &array));
    CHECK(mts_block_elements(block, float64, shape, 2) == values);
    CHECK_OK(mts_block_free(block));
}

static void blocks_are_found_by_their_keys(void) {
    mts_tensormap_t *tensor = map_of(block_of(1, NULL), block_of(2, NULL));
    const char *const center[] = {"center_type"}, *const both[] = {"neighbor_type", "center_type"};
    const char *const wrong[] = {"center"};
    const int32_t oxygen[] = {8}, water[] = {1, 8}, other[] = {2};
    mts_block_t *expected, *block;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &expected, 1));
    CHECK_OK(mts_tensormap_block_where(tensor, center, oxygen, 1, &block));
    CHECK(block == expected);
    CHECK_OK(mts_tensormap_block_where(tensor, both, water, 2, &block));
    CHECK(block == expected);

    mts_status_t invalid = MTS_INVALID_PARAMETER_ERROR;
    CHECK_STATUS(mts_tensormap_block_where(tensor, center, other, 1, &block), invalid, "no block matches (center_type=2)");
    CHECK_STATUS(mts_tensormap_block_where(tensor, both, water, 1, &block), invalid, "2 blocks match");
    CHECK_STATUS(mts_tensormap_block_where(tensor, wrong, oxygen, 1, &block), invalid, "center");
    CHECK_STATUS(mts_tensormap_block_where(tensor, NULL, NULL, 0, &block), invalid, "block");

    bool has_gradient;
    CHECK_OK(mts_block_has_gradient(expected, "positions", &has_gradient));
    CHECK(!has_gradient);
    block = block_of(2, NULL);
    CHECK_OK(mts_block_add_gradient(block, "positions", block_of(1, NULL)));
    CHECK_OK(mts_block_has_gradient(block, "positions", &has_gradient));
    CHECK(has_gradient);
    CHECK_OK(mts_block_free(block));
    CHECK_OK(mts_tensormap_free(tensor));
}

static void check_text(char *text, const char *expected) {
    CHECK(text != NULL);
    if (strcmp(text, expected) != 0) fprintf(stderr, "got\n%s\n", text);
    CHECK(strcmp(text, expected) == 0);
    CHECK_OK(mts_string_free(text));
}

static void everything_can_be_printed(void) {
    mts_tensormap_t *tensor = map_of(block_of(1, NULL), block_of(2, NULL));
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 1));
    const mts_labels_t *labels = table("atom", 6);
    const char *all = "Labels(\n    atom\n     0\n     1\n     2\n     3\n     4\n     5\n)";
    const char *some = "Labels(\n    atom\n     0\n       ...\n     5\n)";
    const char *map = "TensorMap with 2 blocks\nkeys: center_type  neighbor_type\n           1             1\n"
                      "           8             1";
    const char *shape = "TensorBlock\n    samples (2): ['sample']\n    components (3): ['xyz']\n    properties (2): ['p']\n"
                        "    gradients: None";
    check_text(mts_labels_to_string(labels, 6), all);
    check_text(mts_labels_to_string(labels, UINTPTR_MAX), all);
    check_text(mts_labels_to_string(labels, 2), some);
    check_text(mts_tensormap_to_string(tensor, 2), map);
    check_text(mts_block_to_string(block), shape);
    CHECK_OK(mts_string_free(NULL));

    char printed[1024] = "";
    FILE *stream = tmpfile();
    CHECK(stream != NULL);
    CHECK_OK(mts_labels_print(labels, 2, stream));
    CHECK_OK(mts_block_print(block, stream));
    CHECK_OK(mts_tensormap_print(tensor, 2, stream));
    rewind(stream);
    CHECK(fread(printed, 1, sizeof printed - 1, stream) > 0);
    fclose(stream);
    char expected[1024];
    snprintf(expected, sizeof expected, "%s\n%s\n%s\n", some, shape, map);
    CHECK(strcmp(printed, expected) == 0);

    /* a stream that can not be written to */
    stream = fopen("/dev/null", "r");
    CHECK(stream != NULL);
    CHECK_STATUS(mts_block_print(block, stream), MTS_IO_ERROR, "could not write to 'stream'");
    CHECK(strstr(mts_last_error_message(), "could not write to 'stream'") != NULL);
    fclose(stream);
    mts_labels_free(labels);
    CHECK_OK(mts_tensormap_free(tensor));
}

int main(void) {
    CHECK(strcmp(mts_last_error_message(), "") == 0);
    labels_are_made_of_tables();
    elements_are_checked();
    only_one_block_is_written_to();
    mapped_elements_are_only_read();
    elements_of_other_arrays_are_theirs();
    blocks_are_found_by_their_keys();
    everything_can_be_printed();
    return EXIT_SUCCESS;
}
