/* Arrays written in C: row-major, in memory from malloc, and counted. */
#ifndef TESTS_C_ARRAY_H
#define TESTS_C_ARRAY_H

#include <metatensor.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define C_ARRAY_MAX_AXES 6

typedef struct {
    void *data;
    uintptr_t shape[C_ARRAY_MAX_AXES];
    uintptr_t axes;
    DLDataType dtype;
    DLDevice device;
    /* the functions of arrays made from this one, if they are not the usual ones */
    const mts_array_t *functions;
    /* the tensor that `data` belongs to, if it is not from malloc */
    DLManagedTensorVersioned *tensor;
} c_array_t;

/* Arrays and tensors made and not destroyed yet, and calls of some functions since the start. */
static atomic_int c_arrays_alive, c_tensors_alive;
static atomic_int c_destroy_calls, c_create_calls, c_move_calls, c_copy_calls, c_dlpack_calls;

static const DLDataType c_int32 = {kDLInt, 32, 1};
static const DLDataType c_float64 = {kDLFloat, 64, 1};

static mts_array_t c_array_wrap(c_array_t *array);

/* `array`, with the same functions as the one it was made from. */
static mts_array_t c_array_wrap_like(c_array_t *array, const c_array_t *parent) {
    mts_array_t wrapped = parent->functions == NULL ? c_array_wrap(array) : *parent->functions;
    wrapped.ptr = array;
    array->functions = parent->functions;
    return wrapped;
}

static uintptr_t c_array_elements(const c_array_t *array) {
    uintptr_t elements = 1;
    for (uintptr_t axis = 0; axis < array->axes; axis++) elements *= array->shape[axis];
    return elements;
}

static size_t c_array_item_size(const c_array_t *array) { return array->dtype.bits / 8u; }

/* Zeros. An array without elements has no data. */
static c_array_t *c_array_new(DLDataType dtype, const uintptr_t *shape, uintptr_t axes) {
    c_array_t *array = (c_array_t *)calloc(1, sizeof *array);
    if (array == NULL || axes > C_ARRAY_MAX_AXES) abort();
    for (uintptr_t axis = 0; axis < axes; axis++) array->shape[axis] = shape[axis];
    array->axes = axes;
    array->dtype = dtype;
    array->device.device_type = kDLCPU;
    if (c_array_elements(array) > 0) {
        array->data = calloc(c_array_elements(array), c_array_item_size(array));
        if (array->data == NULL) abort();
    }
    atomic_fetch_add(&c_arrays_alive, 1);
    return array;
}

static mts_status_t c_array_error(const char *message) {
    mts_set_last_error(message, "c_array", NULL, NULL);
    return MTS_CALLBACK_ERROR;
}

static void c_array_destroy(void *pointer) {
    c_array_t *array = (c_array_t *)pointer;
    atomic_fetch_add(&c_destroy_calls, 1);
    atomic_fetch_sub(&c_arrays_alive, 1);
    free(array->data);
    free(array);
}

static mts_status_t c_array_origin(const void *pointer, mts_data_origin_t *origin) {
    (void)pointer;
    return mts_register_data_origin("tests.c_array", origin);
}

static mts_status_t c_array_device(const void *pointer, DLDevice *device) {
    *device = ((const c_array_t *)pointer)->device;
    return MTS_SUCCESS;
}

static mts_status_t c_array_dtype(const void *pointer, DLDataType *dtype) {
    *dtype = ((const c_array_t *)pointer)->dtype;
    return MTS_SUCCESS;
}

typedef struct {
    DLManagedTensorVersioned tensor;
    int64_t shape[C_ARRAY_MAX_AXES];
} c_tensor_t;

static void c_tensor_delete(DLManagedTensorVersioned *tensor) {
    atomic_fetch_sub(&c_tensors_alive, 1);
    free(tensor->manager_ctx);
}

static mts_status_t c_array_as_dlpack(
    void *pointer, DLManagedTensorVersioned **result, DLDevice device, const int64_t *stream, DLPackVersion version
) {
    c_array_t *array = (c_array_t *)pointer;
    atomic_fetch_add(&c_dlpack_calls, 1);
    if (stream != NULL || version.major != DLPACK_MAJOR_VERSION) return c_array_error("unexpected stream or version");
    if (device.device_type != array->device.device_type) return c_array_error("there is no data on this device");
    c_tensor_t *tensor = (c_tensor_t *)calloc(1, sizeof *tensor);
    if (tensor == NULL) abort();
    for (uintptr_t axis = 0; axis < array->axes; axis++) tensor->shape[axis] = (int64_t)array->shape[axis];
    tensor->tensor.version.major = DLPACK_MAJOR_VERSION;
    tensor->tensor.version.minor = DLPACK_MINOR_VERSION;
    tensor->tensor.manager_ctx = tensor;
    tensor->tensor.deleter = c_tensor_delete;
    tensor->tensor.dl_tensor.data = array->data;
    tensor->tensor.dl_tensor.device = array->device;
    tensor->tensor.dl_tensor.ndim = (int32_t)array->axes;
    tensor->tensor.dl_tensor.dtype = array->dtype;
    tensor->tensor.dl_tensor.shape = array->axes == 0 ? NULL : tensor->shape;
    atomic_fetch_add(&c_tensors_alive, 1);
    *result = &tensor->tensor;
    return MTS_SUCCESS;
}

/* Copies elements of a strided tensor, from axis `axis` on. */
static char *c_array_gather(char *to, const DLTensor *from, int axis, const char *data, size_t item) {
    if (axis == from->ndim) {
        memcpy(to, data, item);
        return to + item;
    }
    int64_t stride = 1;
    if (from->strides != NULL) stride = from->strides[axis];
    else for (int other = axis + 1; other < from->ndim; other++) stride *= from->shape[other];
    for (int64_t i = 0; i < from->shape[axis]; i++) {
        to = c_array_gather(to, from, axis + 1, data + i * stride * (int64_t)item, item);
    }
    return to;
}

static mts_status_t c_array_from_dlpack(const void *pointer, DLManagedTensorVersioned *managed, mts_array_t *result) {
    (void)pointer;
    const DLTensor *tensor = &managed->dl_tensor;
    uintptr_t shape[C_ARRAY_MAX_AXES] = {0};
    for (int axis = 0; axis < tensor->ndim; axis++) shape[axis] = (uintptr_t)tensor->shape[axis];
    c_array_t *array = c_array_new(tensor->dtype, shape, (uintptr_t)tensor->ndim);
    if (array->data != NULL) {
        const char *data = (const char *)tensor->data + tensor->byte_offset;
        c_array_gather((char *)array->data, tensor, 0, data, c_array_item_size(array));
    }
    if (managed->deleter != NULL) managed->deleter(managed);
    *result = c_array_wrap(array);
    return MTS_SUCCESS;
}

static mts_status_t c_array_shape(const void *pointer, const uintptr_t **shape, uintptr_t *axes) {
    const c_array_t *array = (const c_array_t *)pointer;
    *shape = array->axes == 0 ? NULL : array->shape;
    *axes = array->axes;
    return MTS_SUCCESS;
}

static mts_status_t c_array_reshape(void *pointer, const uintptr_t *shape, uintptr_t axes) {
    c_array_t *array = (c_array_t *)pointer;
    for (uintptr_t axis = 0; axis < axes; axis++) array->shape[axis] = shape[axis];
    array->axes = axes;
    return MTS_SUCCESS;
}

static mts_status_t c_array_swap_axes(void *pointer, uintptr_t first, uintptr_t second) {
    c_array_t *array = (c_array_t *)pointer;
    size_t item = c_array_item_size(array);
    int64_t shape[C_ARRAY_MAX_AXES], strides[C_ARRAY_MAX_AXES], stride = 1;
    for (uintptr_t axis = array->axes; axis-- > 0;) {
        shape[axis] = (int64_t)array->shape[axis];
        strides[axis] = stride;
        stride *= shape[axis];
    }
    int64_t length = shape[first], step = strides[first];
    shape[first] = shape[second];
    strides[first] = strides[second];
    shape[second] = length;
    strides[second] = step;
    if (array->data != NULL) {
        DLTensor swapped;
        memset(&swapped, 0, sizeof swapped);
        swapped.ndim = (int32_t)array->axes;
        swapped.shape = shape;
        swapped.strides = strides;
        char *data = (char *)malloc(c_array_elements(array) * item);
        if (data == NULL) abort();
        c_array_gather(data, &swapped, 0, (const char *)array->data, item);
        free(array->data);
        array->data = data;
    }
    for (uintptr_t axis = 0; axis < array->axes; axis++) array->shape[axis] = (uintptr_t)shape[axis];
    return MTS_SUCCESS;
}

static mts_status_t c_array_create(
    const void *pointer, const uintptr_t *shape, uintptr_t axes, mts_array_t fill_value, mts_array_t *result
) {
    const c_array_t *array = (const c_array_t *)pointer;
    atomic_fetch_add(&c_create_calls, 1);
    c_array_t *created = c_array_new(array->dtype, shape, axes);
    DLManagedTensorVersioned *fill = NULL;
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    mts_status_t status = fill_value.as_dlpack(fill_value.ptr, &fill, array->device, NULL, version);
    if (status == MTS_SUCCESS) {
        const char *element = (const char *)fill->dl_tensor.data + fill->dl_tensor.byte_offset;
        size_t item = c_array_item_size(array);
        for (uintptr_t i = 0; i < c_array_elements(created); i++) {
            memcpy((char *)created->data + i * item, element, item);
        }
        if (fill->deleter != NULL) fill->deleter(fill);
        *result = c_array_wrap_like(created, array);
    } else {
        c_array_destroy(created);
    }
    if (fill_value.destroy != NULL) fill_value.destroy(fill_value.ptr);
    return status;
}

static mts_status_t c_array_copy(const void *pointer, DLDevice device, mts_array_t *result) {
    const c_array_t *array = (const c_array_t *)pointer;
    atomic_fetch_add(&c_copy_calls, 1);
    if (array->device.device_type == kDLExtDev && device.device_type != kDLExtDev) {
        return c_array_error("there is no data to copy");
    }
    c_array_t *copy = c_array_new(array->dtype, array->shape, array->axes);
    copy->device = device;
    if (copy->data != NULL) memcpy(copy->data, array->data, c_array_elements(array) * c_array_item_size(array));
    *result = c_array_wrap_like(copy, array);
    return MTS_SUCCESS;
}

static mts_status_t c_array_move_data(
    void *output_pointer, const void *input_pointer, const mts_data_movement_t *movements, uintptr_t count
) {
    c_array_t *output = (c_array_t *)output_pointer;
    const c_array_t *input = (const c_array_t *)input_pointer;
    atomic_fetch_add(&c_move_calls, 1);
    size_t item = c_array_item_size(output);
    uintptr_t components = 1;
    for (uintptr_t axis = 1; axis + 1 < output->axes; axis++) components *= output->shape[axis];
    uintptr_t properties_out = output->shape[output->axes - 1], properties_in = input->shape[input->axes - 1];
    for (uintptr_t i = 0; i < count; i++) {
        const mts_data_movement_t *m = &movements[i];
        for (uintptr_t c = 0; c < components; c++) {
            uintptr_t to = (m->sample_out * components + c) * properties_out + m->properties_start_out;
            uintptr_t from = (m->sample_in * components + c) * properties_in + m->properties_start_in;
            if (m->properties_length > 0) {
                memcpy((char *)output->data + to * item, (const char *)input->data + from * item,
                       m->properties_length * item);
            }
        }
    }
    return MTS_SUCCESS;
}

static mts_array_t c_array_wrap(c_array_t *array) {
    mts_array_t wrapped;
    wrapped.ptr = array;
    wrapped.destroy = c_array_destroy;
    wrapped.origin = c_array_origin;
    wrapped.device = c_array_device;
    wrapped.dtype = c_array_dtype;
    wrapped.as_dlpack = c_array_as_dlpack;
    wrapped.from_dlpack = c_array_from_dlpack;
    wrapped.shape = c_array_shape;
    wrapped.reshape = c_array_reshape;
    wrapped.swap_axes = c_array_swap_axes;
    wrapped.create = c_array_create;
    wrapped.copy = c_array_copy;
    wrapped.move_data = c_array_move_data;
    return wrapped;
}

/* An array of two axes with the given integers. */
static inline mts_array_t c_array_int32(uintptr_t rows, uintptr_t columns, const int32_t *values) {
    uintptr_t shape[2] = {rows, columns};
    c_array_t *array = c_array_new(c_int32, shape, 2);
    if (array->data != NULL) memcpy(array->data, values, rows * columns * sizeof(int32_t));
    return c_array_wrap(array);
}

/* An array of floats that count up from `first`. */
static inline mts_array_t c_array_count(const uintptr_t *shape, uintptr_t axes, double first) {
    c_array_t *array = c_array_new(c_float64, shape, axes);
    for (uintptr_t i = 0; i < c_array_elements(array); i++) ((double *)array->data)[i] = first + (double)i;
    return c_array_wrap(array);
}

/* An array without axes. */
static inline mts_array_t c_array_scalar(double value) { return c_array_count(NULL, 0, value); }

/* Labels with one dimension. */
static inline const mts_labels_t *c_labels_1(const char *name, uintptr_t rows, const int32_t *values) {
    return mts_labels(&name, 1, c_array_int32(rows, 1, values));
}

/* Labels with two dimensions. */
static inline const mts_labels_t *c_labels_2(
    const char *name, const char *other, uintptr_t rows, const int32_t *values
) {
    const char *names[2] = {name, other};
    return mts_labels(names, 2, c_array_int32(rows, 2, values));
}

/* A block with samples `s` given by `samples`, properties `p` from 0 on, and values counting up from `first`. */
static inline mts_block_t *c_block(uintptr_t rows, const int32_t *samples, uintptr_t properties, double first) {
    static const int32_t numbers[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    const mts_labels_t *samples_labels = c_labels_1("s", rows, samples);
    const mts_labels_t *properties_labels = c_labels_1("p", properties, numbers);
    uintptr_t shape[2] = {rows, properties};
    mts_block_t *block = mts_block(c_array_count(shape, 2, first), samples_labels, NULL, 0, properties_labels);
    mts_labels_free(samples_labels);
    mts_labels_free(properties_labels);
    return block;
}

/* Two blocks with keys (k=0, l=0) and (k=1, l=0): samples 0, 1 and samples 1, 2, both with two properties. */
static inline mts_tensormap_t *c_tensor(void) {
    static const int32_t keys_values[] = {0, 0, 1, 0}, first[] = {0, 1}, second[] = {1, 2};
    const mts_labels_t *keys = c_labels_2("k", "l", 2, keys_values);
    mts_block_t *blocks[2] = {c_block(2, first, 2, 1), c_block(2, second, 2, 11)};
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    mts_labels_free(keys);
    return tensor;
}

/* The elements of a block made of these arrays. */
static inline double *c_block_values(mts_block_t *block) {
    mts_array_t array;
    if (mts_block_data(block, &array) != MTS_SUCCESS || array.as_dlpack != c_array_as_dlpack) abort();
    return (double *)((c_array_t *)array.ptr)->data;
}

#endif /* TESTS_C_ARRAY_H */
