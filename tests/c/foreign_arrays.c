/* Arrays of the program that change, are not what they say, or have elements of any type at any address. */
#include <metatensor/arrays.h>
#include <metatensor/operations.h>

#include "support/c_array.h"
#include "support/check.h"

#include <stdbool.h>
#include <stdint.h>

static const int32_t numbers[] = {0, 1, 2, 3};
static const DLDataType c_float32 = {kDLFloat, 32, 1}, float8 = {kDLFloat8_e4m3fn, 8, 1};
static const DLDataType complex32 = {kDLComplex, 32, 1};

/* A map with two blocks of 2 samples, 3 components and 4 properties, which have a gradient. The arrays of the first
 * block are given as well. */
static mts_tensormap_t *new_tensor(DLDataType dtype, const mts_array_t *functions, c_array_t *first[2]) {
    static const uintptr_t shape[] = {2, 3, 4};
    const mts_labels_t *keys = c_labels_1("k", 2, numbers), *samples = c_labels_1("s", 2, numbers);
    const mts_labels_t *component = c_labels_1("c", 3, numbers), *properties = c_labels_1("p", 4, numbers);
    const mts_labels_t *rows = c_labels_1("sample", 2, numbers);
    mts_block_t *blocks[2];
    for (int i = 0; i < 2; i++) {
        mts_block_t *parts[2];
        for (int part = 0; part < 2; part++) {
            c_array_t *array = c_array_new(dtype, shape, 3);
            array->functions = functions;
            size_t item = c_array_item_size(array);
            for (int n = 0; n < 24; n++) {
                double number = 1 + (7 * n + 3 * i + part) % 11;
                if (item == sizeof number) memcpy((char *)array->data + (size_t)n * item, &number, item);
                else memset((char *)array->data + (size_t)n * item, 1 + i + n, item);
            }
            if (i == 0 && first != NULL) first[part] = array;
            mts_array_t wrapped = functions == NULL ? c_array_wrap(NULL) : *functions;
            wrapped.ptr = array;
            parts[part] = mts_block(wrapped, part == 0 ? samples : rows, &component, 1, properties);
            CHECK(parts[part] != NULL);
        }
        CHECK_OK(mts_block_add_gradient(parts[0], "g", parts[1]));
        blocks[i] = parts[0];
    }
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK(tensor != NULL);
    mts_labels_free(keys);
    mts_labels_free(samples);
    mts_labels_free(component);
    mts_labels_free(properties);
    mts_labels_free(rows);
    return tensor;
}

/* ------------------------------------------------------------------ what can be asked of a map */

typedef mts_status_t (*request_t)(const mts_tensormap_t *tensor, mts_tensormap_t **result);

#define REQUEST(name, call) \
    static mts_status_t name(const mts_tensormap_t *tensor, mts_tensormap_t **result) { \
        (void)result; \
        return call; \
    }

static const char *const s[] = {"s"}, *const p[] = {"p"}, *const c[] = {"c"};
static const int64_t second = 1;

REQUEST(request_sum_over_samples, mts_sum_over_samples(tensor, s, 1, result))
REQUEST(request_mean_over_samples, mts_mean_over_samples(tensor, s, 1, result))
REQUEST(request_var_over_samples, mts_var_over_samples(tensor, s, 1, result))
REQUEST(request_sum_over_properties, mts_sum_over_properties(tensor, p, 1, result))
REQUEST(request_std_over_properties, mts_std_over_properties(tensor, p, 1, result))
REQUEST(request_sort, mts_sort(tensor, MTS_SORT_ALL, true, result))
REQUEST(request_add, mts_add(tensor, tensor, result))
REQUEST(request_add_scalar, mts_add_scalar(tensor, 1.0, result))
REQUEST(request_multiply, mts_multiply(tensor, tensor, result))
REQUEST(request_divide_scalar, mts_divide_scalar(tensor, 3.0, result))
REQUEST(request_pow, mts_pow(tensor, 2.0, result))
REQUEST(request_abs, mts_abs(tensor, result))
REQUEST(request_make_contiguous, mts_make_contiguous(tensor, result))
REQUEST(request_lstsq, mts_lstsq(tensor, tensor, NULL, result))
REQUEST(
    request_slice,
    mts_slice(tensor, MTS_AXIS_PROPERTIES, (mts_selection_t){NULL, &second, 1}, result)
)
REQUEST(request_save, mts_tensormap_save("foreign_arrays.mts", tensor))

static mts_status_t request_equal(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    bool equal;
    (void)result;
    return mts_equal(tensor, tensor, &equal);
}

static mts_status_t request_is_contiguous(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    bool contiguous;
    (void)result;
    return mts_is_contiguous(tensor, &contiguous);
}

static mts_status_t request_dot(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    mts_tensormap_t *flat = mts_tensormap_components_to_properties((mts_tensormap_t *)tensor, c, 1), *other = NULL;
    if (flat == NULL) return MTS_INVALID_PARAMETER_ERROR;
    mts_status_t status = mts_remove_gradients(flat, NULL, &other);
    if (status == MTS_SUCCESS) status = mts_dot(flat, other, result);
    mts_tensormap_free(flat);
    mts_tensormap_free(other);
    return status;
}

static mts_status_t request_join(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    mts_tensormap_t *renamed = NULL;
    mts_status_t status = mts_rename_dimension(tensor, MTS_AXIS_PROPERTIES, "p", "q", &renamed);
    const mts_tensormap_t *both[] = {tensor, renamed};
    if (status == MTS_SUCCESS) status = mts_join(both, 2, MTS_AXIS_PROPERTIES, NULL, result);
    mts_tensormap_free(renamed);
    return status;
}

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return (uint8_t *)realloc(buffer, size);
}

static mts_status_t request_save_buffer(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    (void)result;
    mts_status_t status = mts_tensormap_save_buffer(&buffer, &size, NULL, grow, tensor);
    free(buffer);
    return status;
}

/* A fill value like the arrays of `tensor`. */
static mts_array_t fill_value(const mts_tensormap_t *tensor) {
    DLDataType dtype;
    CHECK_OK(mts_tensormap_dtype(tensor, &dtype));
    return c_array_wrap(c_array_new(dtype, NULL, 0));
}

static mts_status_t merged(mts_tensormap_t *made, mts_tensormap_t **result) {
    *result = made;
    return made == NULL ? MTS_INVALID_PARAMETER_ERROR : MTS_SUCCESS;
}

static const mts_labels_t *keys_to_move(void) {
    const char *name = "k";
    return mts_labels(&name, 1, c_array_int32(0, 1, NULL));
}

static mts_status_t request_keys_to_samples(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    const mts_labels_t *moved = keys_to_move();
    mts_status_t status = merged(mts_tensormap_keys_to_samples(tensor, moved, fill_value(tensor), true), result);
    mts_labels_free(moved);
    return status;
}

static mts_status_t request_keys_to_properties(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    const mts_labels_t *moved = keys_to_move();
    mts_status_t status = merged(mts_tensormap_keys_to_properties(tensor, moved, fill_value(tensor), true), result);
    mts_labels_free(moved);
    return status;
}

static mts_status_t request_components_to_properties(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    return merged(mts_tensormap_components_to_properties((mts_tensormap_t *)tensor, c, 1), result);
}

static mts_status_t request_copy(const mts_tensormap_t *tensor, mts_tensormap_t **result) {
    return merged(mts_tensormap_copy(tensor), result);
}

/* What looks at elements, and what leaves this to the arrays. */
static const request_t looking[] = {
    request_sum_over_samples,  request_mean_over_samples,  request_var_over_samples, request_sum_over_properties,
    request_std_over_properties, request_sort,             request_add,              request_add_scalar,
    request_multiply,          request_divide_scalar,      request_pow,              request_abs,
    request_make_contiguous,   request_lstsq,              request_slice,            request_equal,
    request_is_contiguous,     request_dot,                request_join,             request_save,
    request_save_buffer,
};
static const request_t moving[] = {
    request_keys_to_samples, request_keys_to_properties, request_components_to_properties, request_copy,
};
enum { LOOKING = sizeof looking / sizeof looking[0], MOVING = sizeof moving / sizeof moving[0] };

static request_t request(size_t i) { return i < LOOKING ? looking[i] : moving[i - LOOKING]; }

/* ------------------------------------------------------------------ arrays that change */

static mts_tensormap_t *saved(void) { return mts_tensormap_load("foreign_arrays.mts", mts_create_array); }

static void arrays_that_changed_are_errors_that_say_where(void) {
    static const struct {
        uintptr_t axes, shape[4];
        const char *message;
    } changes[] = {
        {3, {1, 3, 4}, "axis 0 of the values has 1 entries"},
        {3, {4, 3, 2}, "axis 0 of the values has 4 entries"},
        {3, {2, 4, 3}, "axis 1 of the values has 4 entries"},
        {3, {2, 3, 0}, "axis 2 of the values has 0 entries"},
        {3, {2, 3, 400}, "axis 2 of the values has 400 entries"},
        {2, {6, 4}, "shape [6, 4]"},
        {1, {24}, "shape [24]"},
        {0, {0}, "shape []"},
        {4, {2, 1, 3, 4}, "shape [2, 1, 3, 4]"},
    };
    enum { CHANGES = sizeof changes / sizeof changes[0] };
    c_array_t *arrays[2];
    mts_tensormap_t *tensor = new_tensor(c_float64, NULL, arrays);
    CHECK_OK(mts_tensormap_save("foreign_arrays.mts", tensor));
    for (int part = 0; part < 2; part++) {
        c_array_t *array = arrays[part];
        /* arrays copy themselves: there is memory for all of the shapes */
        array->data = realloc(array->data, 2 * 3 * 400 * sizeof(double));
        CHECK(array->data != NULL);
        c_array_t before = *array;
        for (size_t change = 0; change <= CHANGES; change++) {
            if (change < CHANGES) {
                array->axes = changes[change].axes;
                memcpy(array->shape, changes[change].shape, sizeof changes[change].shape);
            } else {
                array->dtype = c_float32;
            }
            for (size_t i = 0; i < LOOKING + MOVING; i++) {
                /* those who do not look at elements leave their type to the arrays */
                if (change == CHANGES && (i >= LOOKING || request(i) == request_add_scalar)) continue;
                mts_tensormap_t *result = NULL;
                const char *message = change < CHANGES ? changes[change].message : "float32";
                CHECK_STATUS(request(i)(tensor, &result), MTS_INVALID_PARAMETER_ERROR, message);
                CHECK(result == NULL);
                if (change < CHANGES) {
                    CHECK(strstr(last_message(), "(k=0)") != NULL || strstr(last_message(), "'blocks/0/") != NULL);
                } else {
                    CHECK_MESSAGE("float64");
                }
            }
            *array = before;
        }
    }
    /* what was saved before still is, and everything works again */
    mts_tensormap_t *loaded = saved();
    bool equal = false;
    CHECK_OK(mts_equal(tensor, loaded, &equal));
    CHECK(equal);
    mts_tensormap_free(loaded);
    for (size_t i = 0; i < LOOKING + MOVING; i++) {
        mts_tensormap_t *result = NULL;
        CHECK_OK(request(i)(tensor, &result));
        mts_tensormap_free(result);
    }
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* Arrays of the library have functions that change their shape as well. */
static void native_arrays_can_change_too(void) {
    mts_tensormap_t *tensor = new_tensor(c_float64, NULL, NULL);
    CHECK_OK(mts_tensormap_save("foreign_arrays.mts", tensor));
    mts_tensormap_free(tensor);
    tensor = saved();
    mts_block_t *block;
    mts_array_t array;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 0));
    CHECK_OK(mts_block_data(block, &array));
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    for (size_t i = 0; i < LOOKING; i++) {
        mts_tensormap_t *result = NULL;
        CHECK_STATUS(request(i)(tensor, &result), MTS_INVALID_PARAMETER_ERROR, "axis 0 of the values has 3 entries");
    }
    const mts_labels_t *moved = keys_to_move();
    double zero = 0;
    mts_array_t fill;
    CHECK_OK(mts_array_from_scalar(c_float64, &zero, &fill));
    CHECK_NULL(mts_tensormap_keys_to_samples(tensor, moved, fill, true), "axis 0 of the values has 3 entries");
    CHECK_OK(mts_array_from_scalar(c_float64, &zero, &fill));
    CHECK_NULL(mts_tensormap_keys_to_properties(tensor, moved, fill, true), "axis 0 of the values has 3 entries");
    CHECK_NULL(mts_tensormap_components_to_properties(tensor, c, 1), "block (k=0)");
    mts_labels_free(moved);
    mts_tensormap_free(tensor);
}

/* ------------------------------------------------------------------ tensors that are not what arrays say */

static void (*change)(DLManagedTensorVersioned *tensor);

static mts_status_t changed_as_dlpack(
    void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream, DLPackVersion version
) {
    mts_status_t status = c_array_as_dlpack(array, tensor, device, stream, version);
    if (status == MTS_SUCCESS) change(*tensor);
    return status;
}

static void fewer_samples(DLManagedTensorVersioned *tensor) { tensor->dl_tensor.shape[0]--; }
static void another_order(DLManagedTensorVersioned *tensor) {
    tensor->dl_tensor.shape[0] = 4;
    tensor->dl_tensor.shape[2] = 2;
}
static void no_axes(DLManagedTensorVersioned *tensor) { tensor->dl_tensor.ndim = 0; }
static void another_type(DLManagedTensorVersioned *tensor) { tensor->dl_tensor.dtype = c_float32; }
static void a_copy(DLManagedTensorVersioned *tensor) { tensor->flags = DLPACK_FLAG_BITMASK_IS_COPIED; }
static void read_only(DLManagedTensorVersioned *tensor) { tensor->flags = DLPACK_FLAG_BITMASK_READ_ONLY; }

static void tensors_that_are_not_what_arrays_say_are_errors(void) {
    static const struct {
        void (*change)(DLManagedTensorVersioned *tensor);
        const char *message;
    } changes[] = {
        {fewer_samples, "axis 0 of the values has 1 entries"},
        {another_order, "axis 0 of the values has 4 entries"},
        {no_axes, "shape []"},
        {another_type, "float64, got float32"},
    };
    static mts_array_t functions;
    functions = c_array_wrap(NULL);
    functions.as_dlpack = changed_as_dlpack;
    mts_tensormap_t *tensor = new_tensor(c_float64, &functions, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        change = changes[i].change;
        for (size_t j = 0; j < LOOKING; j++) {
            mts_tensormap_t *result = NULL;
            CHECK_STATUS(looking[j](tensor, &result), MTS_INVALID_PARAMETER_ERROR, changes[i].message);
        }
    }
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* ------------------------------------------------------------------ loading into arrays of the program */

static int64_t strides[C_ARRAY_MAX_AXES];
static void with_strides(DLManagedTensorVersioned *tensor) { tensor->dl_tensor.strides = strides; }

/* The elements of the only array that is loaded. */
static char loaded_into[512];
static size_t loaded_offset;

static void elsewhere(DLManagedTensorVersioned *tensor) {
    tensor->dl_tensor.data = loaded_into;
    tensor->dl_tensor.byte_offset = loaded_offset;
    with_strides(tensor);
}

static mts_status_t create_changed(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = c_array_wrap(c_array_new(dtype, shape, axes));
    array->as_dlpack = changed_as_dlpack;
    return MTS_SUCCESS;
}

static uint8_t *saved_block(uintptr_t rows, uintptr_t properties, uintptr_t *size) {
    mts_block_t *block = c_block(rows, numbers, properties, 5);
    uint8_t *buffer = NULL;
    CHECK_OK(mts_block_save_buffer(&buffer, size, NULL, grow, block));
    mts_block_free(block);
    return buffer;
}

static void load_into_what_loses_it(uintptr_t rows, uintptr_t properties, const char *message) {
    uintptr_t size = 0;
    uint8_t *buffer = saved_block(rows, properties, &size);
    CHECK_NULL(mts_block_load_buffer(buffer, size, create_changed), message);
    free(buffer);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void load_elsewhere(uintptr_t rows, uintptr_t properties) {
    uintptr_t size = 0;
    uint8_t *buffer = saved_block(rows, properties, &size);
    change = elsewhere;
    memset(loaded_into, 0, sizeof loaded_into);
    mts_block_t *block = mts_block_load_buffer(buffer, size, create_changed);
    CHECK(block != NULL);
    for (uintptr_t i = 0; i < rows * properties; i++) {
        double number;
        int64_t offset = (int64_t)(i / properties) * strides[0] + (int64_t)(i % properties) * strides[1];
        memcpy(&number, loaded_into + loaded_offset + offset * (int64_t)sizeof number, sizeof number);
        CHECK(number == 5 + (double)i);
    }
    mts_block_free(block);
    free(buffer);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void nothing_is_loaded_into_what_loses_it(void) {
    change = a_copy;
    load_into_what_loses_it(2, 3, "is a copy");
    change = read_only;
    load_into_what_loses_it(2, 3, "read-only");
    change = fewer_samples;
    load_into_what_loses_it(2, 3, "shape");
    change = another_type;
    load_into_what_loses_it(2, 3, "float32");
    static const int64_t overlapping[][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}, {-1, 1}};
    change = with_strides;
    for (size_t i = 0; i < sizeof overlapping / sizeof overlapping[0]; i++) {
        memcpy(strides, overlapping[i], sizeof overlapping[i]);
        load_into_what_loses_it(2, 3, "elements overlap");
    }
    /* also where data is not aligned */
    static const int64_t separate[][2] = {{3, 1}, {1, 2}, {4, 1}, {2, 5}};
    for (size_t i = 0; i < sizeof separate / sizeof separate[0]; i++) {
        memcpy(strides, separate[i], sizeof separate[i]);
        for (loaded_offset = 0; loaded_offset < 3; loaded_offset++) load_elsewhere(2, 3);
    }
    /* strides along a single element, or none, mean nothing */
    memcpy(strides, (int64_t[]){0, 1}, 2 * sizeof *strides);
    load_elsewhere(1, 3);
    load_elsewhere(0, 3);
    memcpy(strides, (int64_t[]){1, 0}, 2 * sizeof *strides);
    load_elsewhere(3, 1);
    load_elsewhere(3, 0);
}

/* ------------------------------------------------------------------ unaligned elements */

static void delete_moved(DLManagedTensorVersioned *tensor) {
    free(tensor->dl_tensor.data);
    c_tensor_delete(tensor);
}

/* Elements start at an odd address. */
static void move_to_odd_address(DLManagedTensorVersioned *tensor) {
    size_t size = tensor->dl_tensor.dtype.bits / 8u;
    for (int axis = 0; axis < tensor->dl_tensor.ndim; axis++) size *= (size_t)tensor->dl_tensor.shape[axis];
    char *data = (char *)malloc(size + 1);
    if (data == NULL) abort();
    memcpy(data + 1, tensor->dl_tensor.data, size);
    tensor->dl_tensor.data = data;
    tensor->dl_tensor.byte_offset = 1;
    tensor->deleter = delete_moved;
}

static void elements_can_be_at_any_address(void) {
    static mts_array_t functions;
    functions = c_array_wrap(NULL);
    functions.as_dlpack = changed_as_dlpack;
    change = move_to_odd_address;
    mts_tensormap_t *tensor = new_tensor(c_float64, NULL, NULL), *moved = new_tensor(c_float64, &functions, NULL);
    for (size_t i = 0; i < LOOKING + MOVING; i++) {
        mts_tensormap_t *expected = NULL, *result = NULL;
        CHECK_OK(request(i)(tensor, &expected));
        CHECK_OK(request(i)(moved, &result));
        bool equal = true;
        if (expected != NULL) CHECK_OK(mts_equal(expected, result, &equal));
        CHECK(equal);
        mts_tensormap_free(expected);
        mts_tensormap_free(result);
    }
    bool equal = false;
    CHECK_OK(mts_equal(tensor, moved, &equal));
    CHECK(equal);
    mts_tensormap_free(moved);
    mts_tensormap_free(tensor);

    /* labels as well */
    mts_array_t array = c_array_int32(2, 2, numbers);
    array.as_dlpack = changed_as_dlpack;
    const char *names[] = {"a", "b"};
    const mts_labels_t *labels = mts_labels(names, 2, array);
    int64_t position;
    CHECK(labels != NULL);
    CHECK_OK(mts_labels_position(labels, numbers + 2, 2, &position));
    CHECK(position == 1);
    mts_labels_free(labels);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* ------------------------------------------------------------------ types that are not known here */

static void check_dtype(const mts_tensormap_t *tensor, DLDataType expected) {
    DLDataType dtype;
    CHECK_OK(mts_tensormap_dtype(tensor, &dtype));
    CHECK(memcmp(&dtype, &expected, sizeof dtype) == 0);
}

static void unknown_types_are_carried_and_moved(DLDataType dtype, const char *name) {
    mts_tensormap_t *tensor = new_tensor(dtype, NULL, NULL);
    check_dtype(tensor, dtype);
    static const request_t fine[] = {
        request_copy, request_keys_to_samples, request_keys_to_properties, request_components_to_properties,
        request_slice, request_sort,
    };
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        mts_tensormap_t *result = NULL;
        CHECK_OK(fine[i](tensor, &result));
        check_dtype(result, dtype);
        mts_tensormap_free(result);
    }
    /* the properties of the second block come after those of the first, with all of their bytes */
    mts_tensormap_t *result = NULL;
    CHECK_OK(request_keys_to_properties(tensor, &result));
    mts_block_t *block;
    mts_array_t array;
    CHECK_OK(mts_tensormap_block_by_id(result, &block, 0));
    CHECK_OK(mts_block_data(block, &array));
    const c_array_t *values = (const c_array_t *)array.ptr;
    size_t item = c_array_item_size(values);
    const uint8_t *bytes = (const uint8_t *)values->data;
    for (size_t row = 0; row < 6; row++) {
        for (size_t i = 0; i < 8; i++) {
            for (size_t byte = 0; byte < item; byte++) {
                CHECK(bytes[(row * 8 + i) * item + byte] == 1 + i / 4 + 4 * row + i % 4);
            }
        }
    }
    mts_tensormap_free(result);

    static const request_t refused[] = {
        request_save, request_save_buffer, request_add, request_multiply, request_pow, request_sum_over_samples,
        request_mean_over_samples, request_std_over_properties, request_dot, request_lstsq, request_equal,
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        result = NULL;
        CHECK_STATUS(refused[i](tensor, &result), MTS_UNSUPPORTED_ERROR, name);
        CHECK(result == NULL);
    }
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

/* ------------------------------------------------------------------ results that are not what was computed */

/* Like libraries that have no double precision. */
static mts_status_t from_dlpack_as_float32(const void *array, DLManagedTensorVersioned *managed, mts_array_t *result) {
    mts_status_t status = c_array_from_dlpack(array, managed, result);
    if (status != MTS_SUCCESS) return status;
    c_array_t *made = (c_array_t *)result->ptr;
    for (uintptr_t i = 0; i < c_array_elements(made); i++) {
        float number = (float)((double *)made->data)[i];
        memcpy((char *)made->data + i * sizeof number, &number, sizeof number);
    }
    made->dtype = c_float32;
    return MTS_SUCCESS;
}

static mts_status_t from_dlpack_with_fewer_rows(
    const void *array, DLManagedTensorVersioned *managed, mts_array_t *result
) {
    mts_status_t status = c_array_from_dlpack(array, managed, result);
    if (status == MTS_SUCCESS) ((c_array_t *)result->ptr)->shape[0]--;
    return status;
}

static void arrays_that_copy_tensors_say_what_they_are(void) {
    static mts_array_t functions;
    functions = c_array_wrap(NULL);
    functions.from_dlpack = from_dlpack_as_float32;
    mts_tensormap_t *tensor = new_tensor(c_float64, &functions, NULL), *sum = NULL, *twice = NULL;
    CHECK_OK(mts_add(tensor, tensor, &sum));
    check_dtype(sum, c_float32);
    CHECK_OK(mts_add(sum, sum, &twice));
    check_dtype(twice, c_float32);
    mts_tensormap_free(sum);
    mts_tensormap_free(twice);
    mts_tensormap_free(tensor);

    functions.from_dlpack = from_dlpack_with_fewer_rows;
    tensor = new_tensor(c_float64, &functions, NULL);
    for (size_t i = 0; i < LOOKING; i++) {
        mts_tensormap_t *result = NULL;
        mts_status_t status = looking[i](tensor, &result);
        if (status == MTS_SUCCESS) {
            /* nothing was made of a tensor */
            mts_tensormap_free(result);
        } else {
            CHECK_MESSAGE("axis 0 of the values has");
            CHECK(result == NULL);
        }
    }
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

int main(void) {
    arrays_that_changed_are_errors_that_say_where();
    native_arrays_can_change_too();
    tensors_that_are_not_what_arrays_say_are_errors();
    nothing_is_loaded_into_what_loses_it();
    elements_can_be_at_any_address();
    unknown_types_are_carried_and_moved(float8, "float8_e4m3fn");
    unknown_types_are_carried_and_moved(complex32, "complex32");
    arrays_that_copy_tensors_say_what_they_are();
    return EXIT_SUCCESS;
}
