/* Labels and values on other devices, some without data to look at. */
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

/* An array on a device of this type. */
static mts_array_t on(DLDeviceType device, mts_array_t array) {
    ((c_array_t *)array.ptr)->device.device_type = device;
    return array;
}

static mts_array_t numbers_on(DLDeviceType device, uintptr_t rows, uintptr_t columns) {
    uintptr_t shape[2] = {rows, columns};
    return on(device, c_array_count(shape, 2, 0));
}

static const mts_labels_t *labels_on(DLDeviceType device, const char *name, uintptr_t rows) {
    static const int32_t values[] = {1, 0, 2};
    return mts_labels(&name, 1, on(device, c_array_int32(rows, 1, values)));
}

/* The device of the values and labels of a block, and its only gradient. */
static void check_device(mts_block_t *block) {
    mts_block_t *gradient;
    CHECK_OK(mts_block_gradient(block, "g", &gradient));
    DLDevice device;
    CHECK_OK(mts_block_device(block, &device));
    CHECK(device.device_type == kDLCUDA);
    CHECK_OK(mts_block_device(gradient, &device));
    CHECK(device.device_type == kDLCUDA);
    for (uintptr_t axis = 0; axis < 2; axis++) {
        const mts_labels_t *labels = mts_block_labels(block, axis);
        mts_array_t array;
        CHECK_OK(mts_labels_values(labels, &array));
        CHECK_OK(array.device(array.ptr, &device));
        CHECK(device.device_type == kDLCUDA);
        mts_labels_free(labels);
    }
}

/* Operations either do not look at values, or say that they can not. */
static void operations(void) {
    static const int32_t rows_values[] = {0, 5, 1, 3}, new_values[] = {7, 8}, zero = 0;
    const DLDeviceType cuda = kDLCUDA;
    const mts_labels_t *samples = labels_on(cuda, "s", 2), *properties = labels_on(cuda, "p", 2);
    const char *rows_names[] = {"sample", "a"}, *keys_name = "k";
    const mts_labels_t *rows = mts_labels(rows_names, 2, on(cuda, c_array_int32(2, 2, rows_values)));
    mts_block_t *block = mts_block(numbers_on(cuda, 2, 2), samples, NULL, 0, properties);
    CHECK_OK(mts_block_add_gradient(block, "g", mts_block(numbers_on(cuda, 2, 2), rows, NULL, 0, properties)));
    const mts_labels_t *keys = mts_labels(&keys_name, 1, on(cuda, c_array_int32(1, 1, &zero)));
    mts_block_t *copy = mts_block_copy(block);
    CHECK(copy != NULL);
    mts_tensormap_t *tensor = mts_tensormap(keys, &copy, 1), *map;

    /* labels */
    mts_block_t *result;
    CHECK_OK(mts_rename_dimension_block(block, MTS_AXIS_SAMPLES, "s", "t", &result));
    check_device(result);
    mts_block_free(result);
    CHECK_OK(mts_append_dimension_block(block, MTS_AXIS_PROPERTIES, "q", new_values, 2, &result));
    check_device(result);
    mts_block_free(result);
    CHECK_OK(mts_filter_blocks(tensor, keys, &map));
    CHECK_OK(mts_tensormap_block_by_id(map, &result, 0));
    check_device(result);
    mts_tensormap_free(map);
    const char *names[] = {"h"};
    const mts_names_t parameters = {names, 1};
    CHECK_OK(mts_remove_gradients_block(block, &parameters, &result));
    check_device(result);
    mts_block_free(result);
    const int64_t both[] = {0, 1}, second[] = {1};
    CHECK_OK(mts_slice_block(block, MTS_AXIS_SAMPLES, (mts_selection_t){NULL, both, 2}, &result));
    check_device(result);
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
        CHECK_MESSAGE("data on cuda:0"); \
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

/* What is made of several parts has all of them on one device. */
static void mixtures(void) {
    static const struct {
        DLDeviceType values, samples, properties;
        const char *message;
    } blocks[] = {
        {kDLCPU, kDLExtDev, kDLCPU, "values are on cpu and the labels of the samples on ext:0"},
        {kDLCPU, kDLCPU, kDLCUDA, "values are on cpu and the labels of the properties on cuda:0"},
        {kDLCUDA, kDLCPU, kDLCPU, "values are on cuda:0 and the labels of the samples on cpu"},
        {kDLExtDev, kDLExtDev, kDLCPU, "values are on ext:0 and the labels of the properties on cpu"},
        {kDLCUDA, kDLExtDev, kDLCUDA, "values are on cuda:0 and the labels of the samples on ext:0"},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        /* with entries, and without any */
        for (uintptr_t count = 0; count < 2; count++) {
            const mts_labels_t *samples = labels_on(blocks[i].samples, "s", count);
            const mts_labels_t *properties = labels_on(blocks[i].properties, "p", 3);
            mts_array_t values = numbers_on(blocks[i].values, count, 3);
            CHECK_NULL(mts_block(values, samples, NULL, 0, properties), blocks[i].message);
            mts_labels_free(samples);
            mts_labels_free(properties);
        }
    }
    static const DLDeviceType devices[] = {kDLCPU, kDLCUDA, kDLExtDev};
    for (int of_keys = 0; of_keys < 3; of_keys++) {
        for (int of_block = 0; of_block < 3; of_block++) {
            const mts_labels_t *samples = labels_on(devices[of_block], "s", 1);
            const mts_labels_t *properties = labels_on(devices[of_block], "p", 2);
            const mts_labels_t *keys = labels_on(devices[of_keys], "k", 1);
            mts_block_t *block = mts_block(numbers_on(devices[of_block], 1, 2), samples, NULL, 0, properties);
            CHECK(block != NULL);
            mts_tensormap_t *tensor = mts_tensormap(keys, &block, 1);
            CHECK((tensor != NULL) == (of_keys == of_block));
            if (tensor == NULL) {
                static const char *const names[] = {"cpu", "cuda:0", "ext:0"};
                char message[64];
                snprintf(message, sizeof message, "keys are on %s and the blocks on %s", names[of_keys], names[of_block]);
                CHECK_MESSAGE(message);
            }
            mts_tensormap_free(tensor);
            mts_labels_free(keys);
            mts_labels_free(samples);
            mts_labels_free(properties);
        }
    }
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
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
        blocks[i] = mts_block(on(kDLExtDev, c_array_count(shape, 3, 0)), samples[i], &component, 1, properties);
        CHECK(blocks[i] != NULL);
        const char *gradient_names[1] = {"sample"};
        const mts_labels_t *rows = mts_labels(gradient_names, 1, hidden(2, 1));
        mts_block_t *gradient = mts_block(on(kDLExtDev, c_array_count(shape, 3, 0)), rows, &component, 1, properties);
        CHECK_OK(mts_block_add_gradient(blocks[i], "g", gradient));
        mts_labels_free(rows);
    }
    const mts_labels_t *keys = hidden_labels("k", 2);
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK(tensor != NULL);
    mts_tensormap_t *copy = mts_tensormap_copy(tensor);
    CHECK(copy != NULL);
    mts_tensormap_free(copy);
    mts_tensormap_free(tensor);

    /* other names or counts are refused */
    mts_block_t *block = mts_block(numbers_on(kDLExtDev, 2, 2), samples[0], NULL, 0, properties);
    const mts_labels_t *rows = hidden_labels("sample", 2), *other = hidden_labels("p", 3);
    mts_block_t *gradient = mts_block(numbers_on(kDLExtDev, 2, 3), rows, NULL, 0, other);
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
    mixtures();
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
