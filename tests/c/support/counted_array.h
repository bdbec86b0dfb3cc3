/* Arrays that count how often each of their functions is called. They are like those of numpy: they keep the memory of
 * tensors that they are made of. Those with labels in them are counted apart from those with values. */
#ifndef TESTS_COUNTED_ARRAY_H
#define TESTS_COUNTED_ARRAY_H

#include "c_array.h"
#include "check.h"

/* What is counted: functions of arrays, and the deleters of the tensors that these functions give and get. */
enum {
    AS_DLPACK, FROM_DLPACK, ORIGIN, DEVICE, DTYPE, SHAPE, CREATE, COPY, MOVE_DATA, RESHAPE, SWAP_AXES, DESTROY,
    DELETE_GIVEN, DELETE_KEPT, COUNTED
};
enum { VALUES, LABELS, KINDS };

static int counted_calls[KINDS][COUNTED];

static mts_array_t counted_functions[KINDS];

/* The array that is made on top of a tensor, and keeps it. */
static mts_array_t keep_tensor(DLManagedTensorVersioned *managed, int kind) {
    const DLTensor *tensor = &managed->dl_tensor;
    uintptr_t shape[C_ARRAY_MAX_AXES] = {0};
    for (int axis = 0; axis < tensor->ndim; axis++) shape[axis] = (uintptr_t)tensor->shape[axis];
    c_array_t *array = c_array_new(tensor->dtype, shape, (uintptr_t)tensor->ndim);
    free(array->data);
    array->data = (char *)tensor->data + tensor->byte_offset;
    array->tensor = managed;
    array->functions = &counted_functions[kind];
    mts_array_t wrapped = counted_functions[kind];
    wrapped.ptr = array;
    return wrapped;
}

static void destroy_counted(void *array, int kind) {
    c_array_t *counted = (c_array_t *)array;
    if (counted->tensor != NULL) {
        counted_calls[kind][DELETE_KEPT]++;
        counted->tensor->deleter(counted->tensor);
        counted->data = NULL;
    }
    c_array_destroy(array);
}

#define COUNTED_FUNCTIONS(kind, KIND) \
    static mts_status_t kind##_origin(const void *array, mts_data_origin_t *origin) { \
        counted_calls[KIND][ORIGIN]++; \
        return c_array_origin(array, origin); \
    } \
    static mts_status_t kind##_device(const void *array, DLDevice *device) { \
        counted_calls[KIND][DEVICE]++; \
        return c_array_device(array, device); \
    } \
    static mts_status_t kind##_dtype(const void *array, DLDataType *dtype) { \
        counted_calls[KIND][DTYPE]++; \
        return c_array_dtype(array, dtype); \
    } \
    static mts_status_t kind##_shape(const void *array, const uintptr_t **shape, uintptr_t *axes) { \
        counted_calls[KIND][SHAPE]++; \
        return c_array_shape(array, shape, axes); \
    } \
    static void kind##_delete(DLManagedTensorVersioned *tensor) { \
        counted_calls[KIND][DELETE_GIVEN]++; \
        c_tensor_delete(tensor); \
    } \
    static mts_status_t kind##_as_dlpack( \
        void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream, DLPackVersion version \
    ) { \
        counted_calls[KIND][AS_DLPACK]++; \
        mts_status_t status = c_array_as_dlpack(array, tensor, device, stream, version); \
        if (status == MTS_SUCCESS) (*tensor)->deleter = kind##_delete; \
        return status; \
    } \
    static mts_status_t kind##_from_dlpack(const void *array, DLManagedTensorVersioned *tensor, mts_array_t *result) { \
        (void)array; \
        counted_calls[KIND][FROM_DLPACK]++; \
        *result = keep_tensor(tensor, KIND); \
        return MTS_SUCCESS; \
    } \
    static mts_status_t kind##_reshape(void *array, const uintptr_t *shape, uintptr_t axes) { \
        counted_calls[KIND][RESHAPE]++; \
        return c_array_reshape(array, shape, axes); \
    } \
    static mts_status_t kind##_swap_axes(void *array, uintptr_t first, uintptr_t second) { \
        counted_calls[KIND][SWAP_AXES]++; \
        return c_array_swap_axes(array, first, second); \
    } \
    static mts_status_t kind##_create( \
        const void *array, const uintptr_t *shape, uintptr_t axes, mts_array_t fill_value, mts_array_t *result \
    ) { \
        counted_calls[KIND][CREATE]++; \
        return c_array_create(array, shape, axes, fill_value, result); \
    } \
    static mts_status_t kind##_copy(const void *array, DLDevice device, mts_array_t *result) { \
        counted_calls[KIND][COPY]++; \
        return c_array_copy(array, device, result); \
    } \
    static mts_status_t kind##_move_data( \
        void *output, const void *input, const mts_data_movement_t *movements, uintptr_t count \
    ) { \
        counted_calls[KIND][MOVE_DATA]++; \
        return c_array_move_data(output, input, movements, count); \
    } \
    static void kind##_destroy(void *array) { \
        counted_calls[KIND][DESTROY]++; \
        destroy_counted(array, KIND); \
    } \
    static const mts_array_t kind##_functions = { \
        NULL, kind##_destroy, kind##_origin, kind##_device, kind##_dtype, kind##_as_dlpack, kind##_from_dlpack, \
        kind##_shape, kind##_reshape, kind##_swap_axes, kind##_create, kind##_copy, kind##_move_data, \
    };

COUNTED_FUNCTIONS(values, VALUES)
COUNTED_FUNCTIONS(labels, LABELS)

static inline void counted_start(void) {
    counted_functions[VALUES] = values_functions;
    counted_functions[LABELS] = labels_functions;
}

/* An array with these functions, and with the elements of another one. */
static inline mts_array_t counted_array(mts_array_t plain, int kind) {
    c_array_t *array = (c_array_t *)plain.ptr;
    array->functions = &counted_functions[kind];
    mts_array_t wrapped = counted_functions[kind];
    wrapped.ptr = array;
    return wrapped;
}

/* Labels in such an array. */
static inline const mts_labels_t *counted_labels(
    const char *const *names, uintptr_t size, uintptr_t rows, const int32_t *values
) {
    const mts_labels_t *labels = mts_labels(names, size, counted_array(c_array_int32(rows, size, values), LABELS));
    CHECK(labels != NULL);
    return labels;
}

#endif /* TESTS_COUNTED_ARRAY_H */
