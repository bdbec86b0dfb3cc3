/* Labels and values on a device without data to look at. */
#include <metatensor/operations.h>

#include "support/c_array.h"
#include "support/check.h"

/* Rows of zeros, equal to each other, that nobody will see. */
static mts_array_t hidden(uintptr_t rows, uintptr_t columns) {
    uintptr_t shape[2] = {rows, columns};
    c_array_t *array = c_array_new(c_int32, shape, 2);
    array->device.device_type = kDLExtDev;
    return c_array_wrap(array);
}

static const mts_labels_t *hidden_labels(const char *name, uintptr_t rows) {
    return mts_labels(&name, 1, hidden(rows, 1));
}

static mts_array_t hidden_numbers(uintptr_t rows, uintptr_t columns) {
    uintptr_t shape[2] = {rows, columns};
    c_array_t *array = c_array_new(c_float64, shape, 2);
    array->device.device_type = kDLExtDev;
    return c_array_wrap(array);
}

/* The device of the values of a block, and its only gradient. */
static void check_hidden(mts_block_t *block) {
    mts_block_t *gradient;
    CHECK_OK(mts_block_gradient(block, "g", &gradient));
    DLDevice device;
    CHECK_OK(mts_block_device(block, &device));
    CHECK(device.device_type == kDLExtDev);
    CHECK_OK(mts_block_device(gradient, &device));
    CHECK(device.device_type == kDLExtDev);
}

/* Operations either do not look at values, or say that they can not. */
static void operations(void) {
    static const int32_t numbers[] = {1, 0}, rows_values[] = {0, 5, 1, 3}, new_values[] = {7, 8}, zero[] = {0};
    const mts_labels_t *samples = c_labels_1("s", 2, numbers), *properties = c_labels_1("p", 2, numbers);
    const mts_labels_t *rows = c_labels_2("sample", "a", 2, rows_values);
    mts_block_t *block = mts_block(hidden_numbers(2, 2), samples, NULL, 0, properties);
    CHECK_OK(mts_block_add_gradient(block, "g", mts_block(hidden_numbers(2, 2), rows, NULL, 0, properties)));
    const mts_labels_t *keys = c_labels_1("k", 1, zero);
    mts_block_t *copy = mts_block_copy(block);
    CHECK(copy != NULL);
    mts_tensormap_t *tensor = mts_tensormap(keys, &copy, 1), *map;

    /* labels */
    mts_block_t *result;
    CHECK_OK(mts_rename_dimension_block(block, MTS_AXIS_SAMPLES, "s", "t", &result));
    check_hidden(result);
    mts_block_free(result);
    CHECK_OK(mts_append_dimension_block(block, MTS_AXIS_PROPERTIES, "q", new_values, 2, &result));
    check_hidden(result);
    mts_block_free(result);
    CHECK_OK(mts_filter_blocks(tensor, keys, &map));
    CHECK_OK(mts_tensormap_block_by_id(map, &result, 0));
    check_hidden(result);
    mts_tensormap_free(map);
    const char *names[] = {"h"};
    const mts_names_t parameters = {names, 1};
    CHECK_OK(mts_remove_gradients_block(block, &parameters, &result));
    check_hidden(result);
    mts_block_free(result);
    const int64_t both[] = {0, 1}, second[] = {1};
    CHECK_OK(mts_slice_block(block, MTS_AXIS_SAMPLES, (mts_selection_t){NULL, both, 2}, &result));
    check_hidden(result);
    mts_block_free(result);
    bool same;
    CHECK_OK(mts_equal_metadata_block(block, block, NULL, &same));
    CHECK(same);
    const mts_labels_t *unique;
    names[0] = "a";
    CHECK_OK(mts_unique_metadata(tensor, MTS_AXIS_SAMPLES, names, 1, "g", &unique));
    mts_labels_free(unique);

    /* values */
    mts_tensormap_t *bare;
    CHECK_OK(mts_remove_gradients(tensor, NULL, &bare));
#define CHECK_UNSUPPORTED(call, function) \
    do { \
        CHECK_STATUS(call, MTS_UNSUPPORTED_ERROR, function ": "); \
        CHECK_MESSAGE("data on ext:0"); \
    } while (0)
    result = NULL;
    CHECK_UNSUPPORTED(mts_add_scalar_block(block, 1.0, &result), "add");
    CHECK_UNSUPPORTED(mts_multiply_block(block, block, &result), "multiply");
    CHECK_UNSUPPORTED(mts_dot(tensor, bare, &map), "dot");
    CHECK_UNSUPPORTED(mts_lstsq_block(block, block, NULL, &result), "lstsq");
    names[0] = "s";
    CHECK_UNSUPPORTED(mts_sum_over_samples_block(block, names, 1, &result), "sum_over_samples");
    names[0] = "p";
    CHECK_UNSUPPORTED(mts_std_over_properties_block(block, names, 1, &result), "std_over_properties");
    CHECK_UNSUPPORTED(mts_slice_block(block, MTS_AXIS_SAMPLES, (mts_selection_t){NULL, second, 1}, &result), "slice");
    CHECK_UNSUPPORTED(mts_sort(tensor, MTS_SORT_ALL, false, &map), "sort");
    CHECK_MESSAGE("(k=0)");
    const mts_block_t *twice[] = {block, block};
    CHECK_UNSUPPORTED(mts_join_blocks(twice, 2, MTS_AXIS_SAMPLES, "from", &result), "join_blocks");
    CHECK_UNSUPPORTED(mts_equal(tensor, tensor, &same), "equal");
    CHECK_UNSUPPORTED(mts_is_contiguous_block(block, &same), "is_contiguous");
    CHECK_UNSUPPORTED(mts_make_contiguous_block(block, &result), "make_contiguous");
    CHECK_UNSUPPORTED(mts_random_uniform_like_block(block, NULL, 1, &result), "random_uniform_like");
    CHECK(result == NULL && map == NULL);

    mts_tensormap_free(bare);
    mts_tensormap_free(tensor);
    mts_block_free(block);
    mts_labels_free(keys);
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(rows);
}

int main(void) {
    int calls = c_dlpack_calls;
    const mts_labels_t *labels = hidden_labels("a", 3);
    CHECK(labels != NULL);
    CHECK(c_dlpack_calls == calls);

    /* names and shapes are known */
    const char *const *names;
    uintptr_t count;
    CHECK_OK(mts_labels_dimensions(labels, &names, &count));
    CHECK(count == 1 && strcmp(names[0], "a") == 0);
    mts_array_t array;
    CHECK_OK(mts_labels_values(labels, &array));
    DLDevice device;
    CHECK_OK(array.device(array.ptr, &device));
    CHECK(device.device_type == kDLExtDev);

    /* values are not */
    const int32_t *values;
    uintptr_t size;
    int64_t position;
    uint64_t selected[3];
    uintptr_t selected_count = 3;
    const int32_t zero = 0;
    const mts_labels_t *result;
    CHECK(mts_labels_values_cpu(labels, &values, &count, &size) != MTS_SUCCESS);
    CHECK(mts_labels_position(labels, &zero, 1, &position) != MTS_SUCCESS);
    CHECK(mts_labels_select(labels, labels, selected, &selected_count) != MTS_SUCCESS);
    CHECK(mts_labels_union(labels, labels, &result, NULL, 0, NULL, 0) != MTS_SUCCESS);
    CHECK(mts_labels_save("labels.mts", labels) != MTS_SUCCESS);

    /* blocks and maps of these: what is compared are names and counts */
    const mts_labels_t *samples[2] = {hidden_labels("s", 2), hidden_labels("s", 2)};
    const mts_labels_t *properties = hidden_labels("p", 2), *component = hidden_labels("c", 2);
    static const uintptr_t shape[] = {2, 2, 2};
    mts_block_t *blocks[2];
    for (int i = 0; i < 2; i++) {
        blocks[i] = mts_block(c_array_count(shape, 3, 0), samples[i], &component, 1, properties);
        CHECK(blocks[i] != NULL);
        const char *gradient_names[1] = {"sample"};
        const mts_labels_t *rows = mts_labels(gradient_names, 1, hidden(2, 1));
        mts_block_t *gradient = mts_block(c_array_count(shape, 3, 0), rows, &component, 1, properties);
        CHECK_OK(mts_block_add_gradient(blocks[i], "g", gradient));
        mts_labels_free(rows);
    }
    static const int32_t keys_values[] = {0, 1};
    const mts_labels_t *keys = c_labels_1("k", 2, keys_values);
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK(tensor != NULL);
    mts_tensormap_t *copy = mts_tensormap_copy(tensor);
    CHECK(copy != NULL);
    mts_tensormap_free(copy);
    mts_tensormap_free(tensor);

    /* other names or counts are refused */
    mts_block_t *block = mts_block(c_array_count(shape, 2, 0), samples[0], NULL, 0, properties);
    const mts_labels_t *rows = hidden_labels("sample", 2), *other = hidden_labels("p", 3);
    static const uintptr_t wide[] = {2, 3};
    mts_block_t *gradient = mts_block(c_array_count(wide, 2, 0), rows, NULL, 0, other);
    CHECK(gradient != NULL);
    CHECK_STATUS(mts_block_add_gradient(block, "g", gradient), MTS_INVALID_PARAMETER_ERROR, "properties");
    mts_block_free(block);

    mts_labels_free(rows);
    mts_labels_free(other);
    mts_labels_free(keys);
    mts_labels_free(samples[0]);
    mts_labels_free(samples[1]);
    mts_labels_free(properties);
    mts_labels_free(component);
    mts_labels_free(labels);

    operations();
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
