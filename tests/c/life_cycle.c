/* Labels, blocks and maps from beginning to end, with arrays written in C. */
#include "support/c_array.h"
#include "support/check.h"

#include <stdbool.h>

static void check_rows(const mts_labels_t *labels, uintptr_t rows, uintptr_t size, const int32_t *expected) {
    const int32_t *values;
    uintptr_t actual_rows, actual_size;
    FILL_WITH_GARBAGE(values);
    FILL_WITH_GARBAGE(actual_rows);
    FILL_WITH_GARBAGE(actual_size);
    CHECK(labels != NULL);
    CHECK_OK(mts_labels_values_cpu(labels, &values, &actual_rows, &actual_size));
    CHECK(actual_rows == rows && actual_size == size);
    CHECK(rows * size == 0 || memcmp(values, expected, rows * size * sizeof *expected) == 0);
}

static void labels_keep_names_and_values(void) {
    static const int32_t values[] = {2, -7, 0, 5, 2, 5};
    const mts_labels_t *labels = c_labels_2("first", "second", 3, values);
    CHECK(labels != NULL);
    check_rows(labels, 3, 2, values);

    const char *const *names;
    uintptr_t count;
    FILL_WITH_GARBAGE(names);
    FILL_WITH_GARBAGE(count);
    CHECK_OK(mts_labels_dimensions(labels, &names, &count));
    CHECK(count == 2 && strcmp(names[0], "first") == 0 && strcmp(names[1], "second") == 0);

    int64_t position;
    static const int32_t there[] = {0, 5}, not_there[] = {5, 0};
    CHECK_OK(mts_labels_position(labels, there, 2, &position));
    CHECK(position == 1);
    CHECK_OK(mts_labels_position(labels, not_there, 2, &position));
    CHECK(position == -1);

    const mts_labels_t *clone = mts_labels_clone(labels);
    CHECK(clone != NULL);
    CHECK_OK(mts_labels_free(labels));
    check_rows(clone, 3, 2, values);
    CHECK(c_arrays_alive == 1);
    CHECK_OK(mts_labels_free(clone));
    CHECK(c_arrays_alive == 0);
}

static void labels_without_dimensions_have_no_names(void) {
    const mts_labels_t *labels = mts_labels(NULL, 0, c_array_int32(0, 0, NULL));
    CHECK(labels != NULL);
    const char *const *names;
    uintptr_t count;
    FILL_WITH_GARBAGE(names);
    CHECK_OK(mts_labels_dimensions(labels, &names, &count));
    CHECK(names == NULL && count == 0);
    CHECK_OK(mts_labels_free(labels));
}

static void sets_of_labels(void) {
    static const int32_t a_values[] = {1, 2, 3}, b_values[] = {3, 4}, all[] = {1, 2, 3, 4}, three[] = {3},
                         one_two[] = {1, 2};
    const mts_labels_t *a = c_labels_1("a", 3, a_values), *b = c_labels_1("a", 2, b_values), *result;
    int64_t first[3], second[2];

    CHECK_OK(mts_labels_union(a, b, &result, first, 3, second, 2));
    check_rows(result, 4, 1, all);
    CHECK(first[0] == 0 && first[1] == 1 && first[2] == 2 && second[0] == 2 && second[1] == 3);
    mts_labels_free(result);

    CHECK_OK(mts_labels_intersection(a, b, &result, first, 3, second, 2));
    check_rows(result, 1, 1, three);
    CHECK(first[0] == -1 && first[1] == -1 && first[2] == 0 && second[0] == 0 && second[1] == -1);

    /* the result is in the same kind of array as what it comes from */
    mts_array_t array;
    FILL_WITH_GARBAGE(array);
    CHECK_OK(mts_labels_values(result, &array));
    CHECK(array.as_dlpack == c_array_as_dlpack && array.destroy == NULL);
    mts_labels_free(result);

    CHECK_OK(mts_labels_difference(a, b, &result, first, 3));
    check_rows(result, 2, 1, one_two);
    CHECK(first[0] == 0 && first[1] == 1 && first[2] == -1);
    mts_labels_free(result);

    CHECK_OK(mts_labels_union(a, b, &result, NULL, 0, NULL, 0));
    mts_labels_free(result);

    uint64_t selected[3];
    uintptr_t count = 3;
    CHECK_OK(mts_labels_select(a, b, selected, &count));
    CHECK(count == 1 && selected[0] == 2);
    count = 2;
    CHECK_STATUS(mts_labels_select(a, b, selected, &count), MTS_BUFFER_SIZE_ERROR, "3");
    CHECK_STATUS(mts_labels_union(a, b, &result, first, 2, NULL, 0), MTS_BUFFER_SIZE_ERROR, "3");

    mts_labels_free(a);
    mts_labels_free(b);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static mts_block_t *block_with_gradient(void) {
    static const int32_t samples[] = {4, 5}, gradient_samples[] = {0, 7, 1, 7, 1, 8}, numbers[] = {0, 1, 2};
    mts_block_t *block = c_block(2, samples, 2, 0);
    const mts_labels_t *rows = c_labels_2("sample", "g", 3, gradient_samples);
    const mts_labels_t *xyz = c_labels_1("xyz", 3, numbers), *properties = mts_block_labels(block, 1);
    static const uintptr_t shape[] = {3, 3, 2};
    mts_block_t *gradient = mts_block(c_array_count(shape, 3, 100), rows, &xyz, 1, properties);
    CHECK(gradient != NULL);
    CHECK_OK(mts_block_add_gradient(block, "position", gradient));
    mts_labels_free(rows);
    mts_labels_free(xyz);
    mts_labels_free(properties);
    return block;
}

static void blocks_with_gradients(void) {
    mts_block_t *block = block_with_gradient(), *gradient;
    const char *const *parameters;
    uintptr_t count;
    FILL_WITH_GARBAGE(parameters);
    CHECK_OK(mts_block_gradients_list(block, &parameters, &count));
    CHECK(count == 1 && strcmp(parameters[0], "position") == 0);

    FILL_WITH_GARBAGE(gradient);
    CHECK_OK(mts_block_gradient(block, "position", &gradient));
    CHECK(c_block_values(gradient)[17] == 117);
    CHECK_OK(mts_block_gradients_list(gradient, &parameters, &count));
    CHECK(parameters == NULL && count == 0);
    static const int32_t numbers[] = {0, 1, 2};
    const mts_labels_t *xyz = mts_block_labels(gradient, 1);
    check_rows(xyz, 3, 1, numbers);
    mts_labels_free(xyz);

    DLDevice device;
    DLDataType dtype;
    FILL_WITH_GARBAGE(device);
    FILL_WITH_GARBAGE(dtype);
    CHECK_OK(mts_block_device(block, &device));
    CHECK_OK(mts_block_dtype(block, &dtype));
    CHECK(device.device_type == kDLCPU && device.device_id == 0);
    CHECK(dtype.code == kDLFloat && dtype.bits == 64 && dtype.lanes == 1);

    mts_block_t *copy = mts_block_copy(block);
    CHECK(copy != NULL);
    CHECK_OK(mts_block_free(block));
    CHECK_OK(mts_block_gradient(copy, "position", &gradient));
    CHECK(c_block_values(copy)[3] == 3 && c_block_values(gradient)[17] == 117);
    CHECK_OK(mts_block_free(copy));
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void maps_have_blocks_and_info(void) {
    mts_tensormap_t *tensor = c_tensor();
    CHECK(tensor != NULL);
    static const int32_t keys_values[] = {0, 0, 1, 0};
    const mts_labels_t *keys = mts_tensormap_keys(tensor);
    check_rows(keys, 2, 2, keys_values);
    mts_labels_free(keys);

    mts_block_t *block;
    FILL_WITH_GARBAGE(block);
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 1));
    CHECK(c_block_values(block)[0] == 11);

    const char *value;
    const char *const *names;
    uintptr_t count;
    FILL_WITH_GARBAGE(value);
    FILL_WITH_GARBAGE(names);
    CHECK_OK(mts_tensormap_info_keys(tensor, &names, &count));
    CHECK(names == NULL && count == 0);
    CHECK_OK(mts_tensormap_get_info(tensor, "unit", &value));
    CHECK(value == NULL);
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "eV"));
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "meV"));
    CHECK_OK(mts_tensormap_get_info(tensor, "unit", &value));
    CHECK(strcmp(value, "meV") == 0);
    CHECK_OK(mts_tensormap_info_keys(tensor, &names, &count));
    CHECK(count == 1 && strcmp(names[0], "unit") == 0);

    mts_tensormap_t *copy = mts_tensormap_copy(tensor);
    CHECK_OK(mts_tensormap_free(tensor));
    CHECK_OK(mts_tensormap_get_info(copy, "unit", &value));
    CHECK(strcmp(value, "meV") == 0);
    CHECK_OK(mts_tensormap_free(copy));
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void maps_without_blocks(void) {
    const mts_labels_t *keys = c_labels_1("k", 0, NULL);
    mts_tensormap_t *tensor = mts_tensormap(keys, NULL, 0);
    CHECK(tensor != NULL);
    DLDevice device;
    DLDataType dtype;
    CHECK_OK(mts_tensormap_device(tensor, &device));
    CHECK_OK(mts_tensormap_dtype(tensor, &dtype));
    CHECK(device.device_type == kDLCPU && dtype.code == kDLFloat && dtype.bits == 64);
    mts_tensormap_t *merged[] = {
        mts_tensormap_keys_to_samples(tensor, keys, c_array_scalar(-1), true),
        mts_tensormap_keys_to_properties(tensor, keys, c_array_scalar(-1), false),
        mts_tensormap_components_to_properties(tensor, NULL, 0),
    };
    for (size_t i = 0; i < 3; i++) {
        CHECK(merged[i] != NULL);
        const mts_labels_t *left = mts_tensormap_keys(merged[i]);
        check_rows(left, 0, 1, NULL);
        mts_labels_free(left);
        mts_tensormap_free(merged[i]);
    }
    mts_tensormap_free(tensor);
    mts_labels_free(keys);
    CHECK(c_arrays_alive == 0);
}

static void keys_move_through_the_functions_of_the_arrays(void) {
    mts_tensormap_t *tensor = c_tensor();
    const char *name = "k";
    const mts_labels_t *moved = mts_labels(&name, 1, c_array_int32(0, 1, NULL));

    int creates = c_create_calls, moves = c_move_calls;
    mts_tensormap_t *result = mts_tensormap_keys_to_samples(tensor, moved, c_array_scalar(-1), true);
    CHECK(result != NULL);
    CHECK(c_create_calls > creates && c_move_calls > moves);
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    static const int32_t samples_values[] = {0, 0, 1, 0, 1, 1, 2, 1};
    const mts_labels_t *samples = mts_block_labels(block, 0);
    check_rows(samples, 4, 2, samples_values);
    mts_labels_free(samples);
    static const double in_samples[] = {1, 2, 3, 4, 11, 12, 13, 14};
    CHECK(memcmp(c_block_values(block), in_samples, sizeof in_samples) == 0);
    mts_tensormap_free(result);

    result = mts_tensormap_keys_to_properties(tensor, moved, c_array_scalar(-1), true);
    CHECK(result != NULL);
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    static const double in_properties[] = {1, 2, -1, -1, 3, 4, 11, 12, -1, -1, 13, 14};
    CHECK(memcmp(c_block_values(block), in_properties, sizeof in_properties) == 0);
    mts_tensormap_free(result);

    mts_labels_free(moved);
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* Like the fill values of a real client: nothing else in it than what `create` of its own kind needs. */
static void fill_values_can_have_no_other_functions(void) {
    mts_tensormap_t *tensor = c_tensor();
    const char *name = "k";
    const mts_labels_t *moved = mts_labels(&name, 1, c_array_int32(0, 1, NULL));
    mts_array_t bare = c_array_scalar(-1);
    bare.origin = NULL;
    bare.device = NULL;
    bare.dtype = NULL;
    bare.from_dlpack = NULL;
    bare.shape = NULL;
    bare.reshape = NULL;
    bare.swap_axes = NULL;
    bare.create = NULL;
    bare.copy = NULL;
    bare.move_data = NULL;
    mts_tensormap_t *result = mts_tensormap_keys_to_properties(tensor, moved, bare, true);
    CHECK(result != NULL);
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    CHECK(c_block_values(block)[2] == -1);
    mts_tensormap_free(result);
    mts_labels_free(moved);
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void components_move_to_properties(void) {
    static const int32_t key[] = {0}, zero[] = {0}, numbers[] = {0, 1, 2};
    const mts_labels_t *keys = c_labels_1("k", 1, key), *samples = c_labels_1("s", 1, zero);
    const mts_labels_t *xyz = c_labels_1("xyz", 3, numbers), *properties = c_labels_1("p", 2, numbers);
    static const uintptr_t shape[] = {1, 3, 2};
    mts_block_t *block = mts_block(c_array_count(shape, 3, 0), samples, &xyz, 1, properties);
    mts_tensormap_t *tensor = mts_tensormap(keys, &block, 1);
    CHECK(tensor != NULL && block == NULL);

    const char *name = "xyz";
    mts_tensormap_t *result = mts_tensormap_components_to_properties(tensor, &name, 1);
    CHECK(result != NULL);
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    static const int32_t expected[] = {0, 0, 0, 1, 1, 0, 1, 1, 2, 0, 2, 1};
    const mts_labels_t *merged = mts_block_labels(block, 1);
    check_rows(merged, 6, 2, expected);
    CHECK(c_block_values(block)[5] == 5);
    mts_labels_free(merged);
    mts_tensormap_free(result);
    mts_tensormap_free(tensor);
    mts_labels_free(keys);
    mts_labels_free(samples);
    mts_labels_free(xyz);
    mts_labels_free(properties);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    ++*(int *)user_data;
    return (uint8_t *)realloc(buffer, size);
}

static mts_status_t create(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = c_array_wrap(c_array_new(dtype, shape, axes));
    return MTS_SUCCESS;
}

static void files_and_buffers(void) {
    mts_tensormap_t *tensor = c_tensor();
    CHECK_OK(mts_tensormap_set_info(tensor, "unit", "eV"));
    CHECK_OK(mts_tensormap_save("tensor.mts", tensor));
    mts_tensormap_t *loaded = mts_tensormap_load("tensor.mts", create);
    CHECK(loaded != NULL);
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(loaded, &block, 1));
    CHECK(c_block_values(block)[3] == 14);
    mts_tensormap_free(loaded);

    int calls = 0;
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    CHECK_OK(mts_tensormap_save_buffer(&buffer, &size, &calls, grow, tensor));
    CHECK(calls > 0 && size > 0);
    loaded = mts_tensormap_load_buffer(buffer, size, mts_create_array);
    CHECK(loaded != NULL);
    CHECK_OK(mts_tensormap_block_by_id(loaded, &block, 1));
    mts_tensormap_free(loaded);
    mts_tensormap_free(tensor);

    block = block_with_gradient();
    CHECK_OK(mts_block_save("block.mts", block));
    CHECK_OK(mts_block_save_buffer(&buffer, &size, &calls, grow, block));
    mts_block_free(block);
    mts_block_t *gradient;
    block = mts_block_load("block.mts", create);
    CHECK(block != NULL);
    CHECK_OK(mts_block_gradient(block, "position", &gradient));
    CHECK(c_block_values(gradient)[17] == 117);
    mts_block_free(block);
    block = mts_block_load_buffer(buffer, size, create);
    CHECK(block != NULL && c_block_values(block)[3] == 3);
    mts_block_free(block);

    static const int32_t values[] = {3, 1, 2};
    const mts_labels_t *labels = c_labels_1("l", 3, values);
    CHECK_OK(mts_labels_save("labels.mts", labels));
    CHECK_OK(mts_labels_save_buffer(&buffer, &size, &calls, grow, labels));
    mts_labels_free(labels);
    labels = mts_labels_load("labels.mts");
    check_rows(labels, 3, 1, values);
    mts_labels_free(labels);
    labels = mts_labels_load_buffer(buffer, size);
    check_rows(labels, 3, 1, values);
    mts_labels_free(labels);
    free(buffer);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* Functions that load give a pointer, without a status: the kind of an error is the start of its message. */
static void check_loading(const char *start, const char *function) {
    CHECK(strncmp(last_message(), start, strlen(start)) == 0);
    const char *load = strstr(last_message(), "load it with ");
    if (function == NULL) CHECK(load == NULL);
    else CHECK(load != NULL && strcmp(load + strlen("load it with "), function) == 0);
    mts_set_last_error(NULL, NULL, NULL, NULL);
}

static void errors_of_loading(void) {
    const char *io_error = "io error: ", *format_error = "serialization format error: ";
    CHECK(mts_tensormap_load("missing.mts", mts_create_array) == NULL);
    check_loading(io_error, NULL);
    CHECK(mts_block_load("missing.mts", mts_create_array) == NULL);
    check_loading(io_error, NULL);
    CHECK(mts_labels_load("missing.mts") == NULL);
    check_loading(io_error, NULL);
    CHECK(mts_labels_load_buffer((const uint8_t *)"something", 9) == NULL);
    check_loading(format_error, NULL);

    /* left by the function before */
    CHECK(mts_tensormap_load("block.mts", mts_create_array) == NULL);
    check_loading(format_error, "mts_block_load");
    CHECK(mts_tensormap_load("labels.mts", mts_create_array) == NULL);
    check_loading(format_error, "mts_labels_load");
    CHECK(mts_block_load("tensor.mts", mts_create_array) == NULL);
    check_loading(format_error, "mts_tensormap_load");
    CHECK(mts_labels_load("block.mts") == NULL);
    check_loading(format_error, "mts_block_load");

    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    int calls = 0;
    mts_block_t *block = block_with_gradient();
    CHECK_OK(mts_block_save_buffer(&buffer, &size, &calls, grow, block));
    CHECK(mts_labels_load_buffer(buffer, size) == NULL);
    check_loading(format_error, "mts_block_load_buffer");
    CHECK(mts_tensormap_load_buffer(buffer, size, mts_create_array) == NULL);
    check_loading(format_error, "mts_block_load_buffer");
    mts_block_free(block);
    free(buffer);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void empty_arrays_without_data(void) {
    static const int32_t numbers[] = {0, 1};
    const mts_labels_t *none = c_labels_1("s", 0, NULL), *some = c_labels_1("p", 2, numbers);
    for (int without_dlpack = 0; without_dlpack < 2; without_dlpack++) {
        uintptr_t shape[2] = {0, 2};
        mts_array_t array = c_array_wrap(c_array_new(c_float64, shape, 2));
        if (without_dlpack) array.as_dlpack = NULL;
        mts_block_t *block = mts_block(array, none, NULL, 0, some);
        CHECK(block != NULL);
        CHECK_OK(mts_block_save("empty.mts", block));
        mts_block_free(block);
        block = mts_block_load("empty.mts", create);
        CHECK(block != NULL);
        mts_block_free(block);
    }
    /* labels too */
    mts_array_t array = c_array_int32(0, 1, NULL);
    array.as_dlpack = NULL;
    const char *name = "a";
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK(labels != NULL);
    check_rows(labels, 0, 1, NULL);
    mts_labels_free(labels);
    mts_labels_free(none);
    mts_labels_free(some);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void arrays_of_the_library(void) {
    static const uintptr_t shape[] = {2, 3};
    mts_array_t array;
    FILL_WITH_GARBAGE(array);
    CHECK_OK(mts_create_array(shape, 2, c_float64, &array));
    mts_data_origin_t origin;
    CHECK_OK(array.origin(array.ptr, &origin));
    char name[32];
    CHECK_OK(mts_get_data_origin(origin, name, sizeof name));
    CHECK(strcmp(name, "RustArray") == 0);

    const uintptr_t *actual;
    uintptr_t axes;
    CHECK_OK(array.reshape(array.ptr, (const uintptr_t[]){3, 2}, 2));
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    CHECK_OK(array.shape(array.ptr, &actual, &axes));
    CHECK(axes == 2 && actual[0] == 2 && actual[1] == 3);

    mts_array_t copy, filled, value;
    DLDevice cpu = {kDLCPU, 0};
    CHECK_OK(array.copy(array.ptr, cpu, &copy));
    CHECK_OK(mts_create_array(NULL, 0, c_float64, &value));
    CHECK_OK(array.shape(value.ptr, &actual, &axes));
    CHECK(axes == 0 && actual == NULL);
    CHECK_OK(array.create(array.ptr, shape, 2, value, &filled));
    mts_data_movement_t movement = {0, 1, 0, 1, 2};
    CHECK_OK(filled.move_data(filled.ptr, copy.ptr, &movement, 1));
    movement.sample_out = 2;
    CHECK(filled.move_data(filled.ptr, copy.ptr, &movement, 1) != MTS_SUCCESS);

    DLManagedTensorVersioned *tensor;
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK_OK(copy.as_dlpack(copy.ptr, &tensor, cpu, NULL, version));
    copy.destroy(copy.ptr);
    CHECK(((double *)tensor->dl_tensor.data)[5] == 0);
    mts_array_t adopted;
    CHECK_OK(array.from_dlpack(array.ptr, tensor, &adopted));
    adopted.destroy(adopted.ptr);
    filled.destroy(filled.ptr);
    array.destroy(array.ptr);
}

int main(void) {
    labels_keep_names_and_values();
    labels_without_dimensions_have_no_names();
    sets_of_labels();
    blocks_with_gradients();
    maps_have_blocks_and_info();
    maps_without_blocks();
    keys_move_through_the_functions_of_the_arrays();
    fill_values_can_have_no_other_functions();
    components_move_to_properties();
    files_and_buffers();
    errors_of_loading();
    empty_arrays_without_data();
    arrays_of_the_library();
    return EXIT_SUCCESS;
}
