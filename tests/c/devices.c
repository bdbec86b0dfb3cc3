/* Labels on a device without data to look at. */
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
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    return EXIT_SUCCESS;
}
