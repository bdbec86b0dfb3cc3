/* Functions of arrays that fail, are missing, or come back into the library. */
#include "support/c_array.h"
#include "support/check.h"

#include <stdbool.h>

static const int32_t numbers[] = {0, 1, 2, 3, 4, 5};

/* ------------------------------------------------------------------ functions that fail */

static int payload, payloads_released;

static void release_payload(void *data) {
    CHECK(data == &payload);
    payloads_released++;
}

static mts_status_t fail(void) {
    mts_set_last_error("the disk is on fire", "tests.callbacks", &payload, release_payload);
    return MTS_CALLBACK_ERROR;
}

static mts_status_t fail_origin(const void *array, mts_data_origin_t *origin) {
    (void)array, (void)origin;
    return fail();
}

static mts_status_t fail_device(const void *array, DLDevice *device) {
    (void)array, (void)device;
    return fail();
}

static mts_status_t fail_dtype(const void *array, DLDataType *dtype) {
    (void)array, (void)dtype;
    return fail();
}

static mts_status_t fail_shape(const void *array, const uintptr_t **shape, uintptr_t *axes) {
    (void)array, (void)shape, (void)axes;
    return fail();
}

static mts_status_t fail_as_dlpack(
    void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream, DLPackVersion version
) {
    (void)array, (void)tensor, (void)device, (void)stream, (void)version;
    return fail();
}

static mts_status_t fail_from_dlpack(const void *array, DLManagedTensorVersioned *tensor, mts_array_t *result) {
    (void)array, (void)result;
    if (tensor->deleter != NULL) tensor->deleter(tensor);
    return fail();
}

static mts_status_t fail_reshape(void *array, const uintptr_t *shape, uintptr_t axes) {
    (void)array, (void)shape, (void)axes;
    return fail();
}

static mts_status_t fail_swap_axes(void *array, uintptr_t first, uintptr_t second) {
    (void)array, (void)first, (void)second;
    return fail();
}

static mts_status_t fail_create(
    const void *array, const uintptr_t *shape, uintptr_t axes, mts_array_t fill_value, mts_array_t *result
) {
    (void)array, (void)shape, (void)axes, (void)result;
    if (fill_value.destroy != NULL) fill_value.destroy(fill_value.ptr);
    return fail();
}

static mts_status_t fail_copy(const void *array, DLDevice device, mts_array_t *result) {
    (void)array, (void)device, (void)result;
    return fail();
}

static mts_status_t fail_move_data(
    void *output, const void *input, const mts_data_movement_t *movements, uintptr_t count
) {
    (void)output, (void)input, (void)movements, (void)count;
    return fail();
}

static mts_status_t fail_create_array(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    (void)shape, (void)axes, (void)dtype, (void)array;
    return fail();
}

/* A number that no status has, and no message. */
static mts_status_t fail_silently(const void *array, DLDataType *dtype) {
    (void)array, (void)dtype;
    return (mts_status_t)-42;
}

/* The last error is the one of `fail`, as it was given. */
static void check_kept(void) {
    const char *message, *origin;
    void *data;
    FILL_WITH_GARBAGE(message);
    FILL_WITH_GARBAGE(origin);
    FILL_WITH_GARBAGE(data);
    CHECK_OK(mts_last_error(&message, &origin, &data));
    CHECK(strcmp(message, "the disk is on fire") == 0);
    CHECK(strcmp(origin, "tests.callbacks") == 0);
    CHECK(data == &payload);
    int before = payloads_released;
    mts_set_last_error("another one", "", NULL, NULL);
    CHECK(payloads_released == before + 1);
}

/* ------------------------------------------------------------------ what needs which function */

/* A map with two components, whose arrays lack, or have another, function. */
typedef void (*change_t)(mts_array_t *array);

static mts_tensormap_t *changed_tensor(change_t change) {
    static mts_array_t functions;
    functions = c_array_wrap(NULL);
    change(&functions);
    const mts_labels_t *keys = c_labels_1("k", 2, numbers), *samples = c_labels_1("s", 2, numbers);
    const mts_labels_t *components[2] = {c_labels_1("c", 3, numbers), c_labels_1("d", 2, numbers)};
    const mts_labels_t *properties = c_labels_1("p", 2, numbers);
    static const uintptr_t shape[] = {2, 3, 2, 2};
    mts_block_t *blocks[2];
    for (int i = 0; i < 2; i++) {
        mts_array_t array = functions;
        array.ptr = c_array_count(shape, 4, i).ptr;
        ((c_array_t *)array.ptr)->functions = &functions;
        blocks[i] = mts_block(array, samples, components, 2, properties);
    }
    mts_tensormap_t *tensor = blocks[0] == NULL || blocks[1] == NULL ? NULL : mts_tensormap(keys, blocks, 2);
    mts_labels_free(keys);
    mts_labels_free(samples);
    mts_labels_free(components[0]);
    mts_labels_free(components[1]);
    mts_labels_free(properties);
    return tensor;
}

/* Something that a caller asks for, which gives NULL or another status if it fails. */
typedef bool (*request_t)(mts_tensormap_t *tensor);

static bool merge(mts_tensormap_t *tensor) {
    const char *name = "k";
    const mts_labels_t *moved = mts_labels(&name, 1, c_array_int32(0, 1, NULL));
    mts_tensormap_t *result = mts_tensormap_keys_to_samples(tensor, moved, c_array_scalar(0), true);
    mts_labels_free(moved);
    mts_tensormap_free(result);
    return result != NULL;
}

static bool flatten(mts_tensormap_t *tensor) {
    const char *name = "c";
    mts_tensormap_t *result = mts_tensormap_components_to_properties(tensor, &name, 1);
    mts_tensormap_free(result);
    return result != NULL;
}

static bool copy(mts_tensormap_t *tensor) {
    mts_tensormap_t *result = mts_tensormap_copy(tensor);
    mts_tensormap_free(result);
    return result != NULL;
}

static bool save(mts_tensormap_t *tensor) { return mts_tensormap_save("callbacks.mts", tensor) == MTS_SUCCESS; }

static bool get_device(mts_tensormap_t *tensor) {
    DLDevice device;
    return mts_tensormap_device(tensor, &device) == MTS_SUCCESS;
}

static bool get_dtype(mts_tensormap_t *tensor) {
    DLDataType dtype;
    return mts_tensormap_dtype(tensor, &dtype) == MTS_SUCCESS;
}

#define CHANGES(function) \
    static void lose_##function(mts_array_t *array) { array->function = NULL; } \
    static void break_##function(mts_array_t *array) { array->function = fail_##function; }

CHANGES(origin)
CHANGES(device)
CHANGES(dtype)
CHANGES(shape)
CHANGES(as_dlpack)
CHANGES(reshape)
CHANGES(swap_axes)
CHANGES(create)
CHANGES(copy)
CHANGES(move_data)

static const struct {
    const char *name;
    change_t lose, break_it;
    request_t request;
} needs[] = {
    {"as_dlpack", lose_as_dlpack, break_as_dlpack, save},
    {"reshape", lose_reshape, break_reshape, flatten},
    {"swap_axes", lose_swap_axes, break_swap_axes, flatten},
    {"create", lose_create, break_create, merge},
    {"copy", lose_copy, break_copy, copy},
    {"move_data", lose_move_data, break_move_data, merge},
};

static const struct {
    const char *name;
    change_t lose, break_it;
} always_needed[] = {
    {"origin", lose_origin, break_origin},
    {"device", lose_device, break_device},
    {"dtype", lose_dtype, break_dtype},
    {"shape", lose_shape, break_shape},
};

static void errors_of_functions_come_back_as_they_were(void) {
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        mts_tensormap_t *tensor = changed_tensor(needs[i].break_it);
        if (tensor != NULL) {
            CHECK(!needs[i].request(tensor));
            mts_tensormap_free(tensor);
        }
        check_kept();
        CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    }
    for (size_t i = 0; i < sizeof always_needed / sizeof always_needed[0]; i++) {
        CHECK(changed_tensor(always_needed[i].break_it) == NULL);
        check_kept();
        CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    }
}

static void missing_functions_are_named(void) {
    char name[64];
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++) {
        mts_tensormap_t *tensor = changed_tensor(needs[i].lose);
        snprintf(name, sizeof name, "mts_array_t.%s'", needs[i].name);
        if (tensor != NULL) {
            CHECK(!needs[i].request(tensor));
            mts_tensormap_free(tensor);
        }
        CHECK_MESSAGE(name);
        CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    }
    for (size_t i = 0; i < sizeof always_needed / sizeof always_needed[0]; i++) {
        snprintf(name, sizeof name, "mts_array_t.%s'", always_needed[i].name);
        CHECK(changed_tensor(always_needed[i].lose) == NULL);
        CHECK_MESSAGE(name);
        CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
    }
}

static void lose_what_is_not_needed_to_read(mts_array_t *array) {
    array->from_dlpack = NULL;
    array->reshape = NULL;
    array->swap_axes = NULL;
    array->create = NULL;
    array->copy = NULL;
    array->move_data = NULL;
}

static void nothing_is_called_that_is_not_needed(void) {
    mts_tensormap_t *tensor = changed_tensor(lose_what_is_not_needed_to_read);
    CHECK(tensor != NULL);
    CHECK(get_device(tensor) && get_dtype(tensor) && save(tensor));
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void the_status_of_callbacks_is_that_of_the_function(void) {
    mts_block_t *block;
    mts_tensormap_t *tensor = changed_tensor(break_as_dlpack);
    CHECK(mts_tensormap_save("callbacks.mts", tensor) == MTS_CALLBACK_ERROR);
    check_kept();
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 0));
    CHECK(mts_block_save("callbacks.mts", block) == MTS_CALLBACK_ERROR);
    check_kept();
    CHECK_STATUS(
        mts_block_save_buffer(&buffer, &size, NULL, NULL, block), MTS_INVALID_PARAMETER_ERROR, "realloc"
    );
    mts_tensormap_free(tensor);
}

static void results_in_the_arrays_of_the_caller(void) {
    static const int32_t other[] = {2, 9};
    mts_array_t array = c_array_int32(2, 1, numbers);
    array.from_dlpack = fail_from_dlpack;
    const char *name = "a";
    const mts_labels_t *a = mts_labels(&name, 1, array), *b = c_labels_1("a", 2, other), *result;
    CHECK(mts_labels_union(a, b, &result, NULL, 0, NULL, 0) == MTS_CALLBACK_ERROR);
    check_kept();
    mts_labels_free(a);
    array = c_array_int32(2, 1, numbers);
    array.from_dlpack = NULL;
    a = mts_labels(&name, 1, array);
    CHECK_STATUS(mts_labels_union(a, b, &result, NULL, 0, NULL, 0), MTS_CALLBACK_ERROR, "mts_array_t.from_dlpack'");
    mts_labels_free(a);
    mts_labels_free(b);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void loading_into_arrays_that_can_not_be_made(void) {
    mts_tensormap_t *tensor = c_tensor();
    CHECK_OK(mts_tensormap_save("callbacks.mts", tensor));
    mts_tensormap_free(tensor);
    CHECK(mts_tensormap_load("callbacks.mts", fail_create_array) == NULL);
    check_kept();
    CHECK_NULL(mts_tensormap_load("callbacks.mts", NULL), "create_array");
}

static void break_dtype_silently(mts_array_t *array) { array->dtype = fail_silently; }

static void errors_without_a_message_get_one(void) {
    mts_set_last_error("an old error", "", NULL, NULL);
    CHECK_NULL(changed_tensor(break_dtype_silently), "mts_array_t.dtype failed with status -42");
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void payloads_are_released_once(void) {
    int before = payloads_released;
    fail();
    CHECK(payloads_released == before);
    fail();
    CHECK(payloads_released == before + 1);
    CHECK_STATUS(mts_labels_save("x", NULL), MTS_INVALID_PARAMETER_ERROR, "labels");
    CHECK(payloads_released == before + 2);
    /* no deleter, no message */
    CHECK_OK(mts_set_last_error(NULL, NULL, &payload, NULL));
    CHECK(strcmp(last_message(), "") == 0);
    CHECK_OK(mts_last_error(NULL, NULL, NULL));
}

static mts_status_t fail_in_latin_1(void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream,
                                    DLPackVersion version) {
    (void)array, (void)tensor, (void)device, (void)stream, (void)version;
    mts_set_last_error("pas de m\xe9moire", "\xff\xfe", &payload, release_payload);
    return MTS_CALLBACK_ERROR;
}

static void break_dlpack_in_latin_1(mts_array_t *array) { array->as_dlpack = fail_in_latin_1; }

static void errors_can_be_made_of_any_bytes(void) {
    int before = payloads_released;
    char all[256];
    for (int i = 0; i < 255; i++) all[i] = (char)(255 - i);
    all[255] = '\0';
    const char *message, *origin;
    void *data;
    CHECK_OK(mts_set_last_error(all, all + 1, &payload, release_payload));
    CHECK_OK(mts_last_error(&message, &origin, &data));
    CHECK(strcmp(message, all) == 0 && strcmp(origin, all + 1) == 0 && data == &payload);
    CHECK(payloads_released == before);

    /* those of a callback come back through the function that called it */
    mts_tensormap_t *tensor = changed_tensor(break_dlpack_in_latin_1);
    CHECK(tensor != NULL);
    CHECK(mts_tensormap_save("callbacks.mts", tensor) == MTS_CALLBACK_ERROR);
    CHECK_OK(mts_last_error(&message, &origin, &data));
    CHECK(strcmp(message, "pas de m\xe9moire") == 0 && strcmp(origin, "\xff\xfe") == 0 && data == &payload);
    CHECK(payloads_released == before + 1);
    mts_tensormap_free(tensor);
    CHECK_OK(mts_set_last_error(NULL, NULL, NULL, NULL));
    CHECK(payloads_released == before + 2);
}

/* ------------------------------------------------------------------ functions that come back */

static void use_the_library(void) {
    mts_data_origin_t origin;
    char name[32];
    CHECK_OK(mts_register_data_origin("tests.callbacks.again", &origin));
    CHECK_OK(mts_get_data_origin(origin, name, sizeof name));
    mts_tensormap_t *tensor = c_tensor();
    CHECK(tensor != NULL);
    CHECK(merge(tensor));
    mts_tensormap_free(tensor);
    CHECK_STATUS(mts_labels_save("x", NULL), MTS_INVALID_PARAMETER_ERROR, "labels");
}

static mts_status_t come_back_origin(const void *array, mts_data_origin_t *origin) {
    use_the_library();
    return c_array_origin(array, origin);
}

static mts_status_t come_back_as_dlpack(
    void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream, DLPackVersion version
) {
    use_the_library();
    return c_array_as_dlpack(array, tensor, device, stream, version);
}

static mts_status_t come_back_create(
    const void *array, const uintptr_t *shape, uintptr_t axes, mts_array_t fill_value, mts_array_t *result
) {
    use_the_library();
    return c_array_create(array, shape, axes, fill_value, result);
}

static mts_status_t come_back_move_data(
    void *output, const void *input, const mts_data_movement_t *movements, uintptr_t count
) {
    use_the_library();
    return c_array_move_data(output, input, movements, count);
}

static void come_back_destroy(void *array) {
    use_the_library();
    c_array_destroy(array);
}

static void come_back(mts_array_t *array) {
    array->destroy = come_back_destroy;
    array->origin = come_back_origin;
    array->as_dlpack = come_back_as_dlpack;
    array->create = come_back_create;
    array->move_data = come_back_move_data;
}

static void release_by_failing(void *data) {
    (void)data;
    mts_set_last_error("from a deleter", "", NULL, NULL);
    mts_labels_free(c_labels_1("not a name", 0, NULL));
}

static void functions_can_come_back(void) {
    mts_tensormap_t *tensor = changed_tensor(come_back);
    CHECK(tensor != NULL);
    CHECK(merge(tensor) && save(tensor) && flatten(tensor) && copy(tensor));
    mts_tensormap_free(tensor);

    /* labels read their values while they are being made */
    mts_array_t array = c_array_int32(3, 1, numbers);
    come_back(&array);
    const char *name = "a";
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK(labels != NULL);
    int64_t position;
    CHECK_OK(mts_labels_position(labels, numbers, 1, &position));
    mts_labels_free(labels);

    mts_set_last_error("first", "", &payload, release_by_failing);
    mts_set_last_error("second", "", NULL, NULL);
    CHECK(last_message() != NULL);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

int main(void) {
    errors_of_functions_come_back_as_they_were();
    missing_functions_are_named();
    nothing_is_called_that_is_not_needed();
    the_status_of_callbacks_is_that_of_the_function();
    results_in_the_arrays_of_the_caller();
    loading_into_arrays_that_can_not_be_made();
    errors_without_a_message_get_one();
    payloads_are_released_once();
    errors_can_be_made_of_any_bytes();
    functions_can_come_back();
    return EXIT_SUCCESS;
}
