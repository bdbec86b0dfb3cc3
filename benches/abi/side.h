/* One of the two sides of the comparison: a libmetatensor.so, arrays for it, and digests of what it made. */

#ifndef SIDE_H
#define SIDE_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <metatensor.h>

/* ---- the library ---- */

#define FUNCTIONS(USE) \
    USE(mts_version) USE(mts_last_error) USE(mts_register_data_origin) \
    USE(mts_labels) USE(mts_labels_assume_unique) USE(mts_labels_free) USE(mts_labels_dimensions) \
    USE(mts_labels_values_cpu) USE(mts_labels_position) USE(mts_labels_select) \
    USE(mts_labels_union) USE(mts_labels_intersection) USE(mts_labels_difference) \
    USE(mts_labels_save) USE(mts_labels_load) USE(mts_labels_save_buffer) USE(mts_labels_load_buffer) \
    USE(mts_block) USE(mts_block_free) USE(mts_block_labels) USE(mts_block_data) \
    USE(mts_block_add_gradient) USE(mts_block_gradient) USE(mts_block_gradients_list) \
    USE(mts_tensormap) USE(mts_tensormap_free) USE(mts_tensormap_keys) USE(mts_tensormap_block_by_id) \
    USE(mts_tensormap_keys_to_samples) USE(mts_tensormap_keys_to_properties) \
    USE(mts_tensormap_components_to_properties) \
    USE(mts_tensormap_save) USE(mts_tensormap_load) USE(mts_tensormap_save_buffer) USE(mts_tensormap_load_buffer)

typedef struct {
    const char *path;
    /* Not in metatensor 0.2: NULL where there is none. */
    mts_create_array_callback_t create_array;
    mts_data_origin_t origin;
#define DECLARE(name) __typeof__(&name) name;
    FUNCTIONS(DECLARE)
#undef DECLARE
} side_t;

/* The side whose turn it is. */
static const side_t *api;

static _Noreturn void fail(const char *what) {
    const char *message = "no error of the library";
    if (api != NULL) {
        api->mts_last_error(&message, NULL, NULL);
    }
    fprintf(stderr, "%s: %s: %s\n", api == NULL ? "abi" : api->path, what, message);
    exit(2);
}

static void *not_null(const void *result, const char *what) {
    if (result == NULL) {
        fail(what);
    }
    return (void *)result;
}

#define MAKE(call) not_null(call, #call)
#define DO(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)

static side_t open_side(const char *path) {
    side_t side = {.path = path};
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
#define LOOK_UP(name) \
    *(void **)&side.name = dlsym(handle, #name); \
    if (side.name == NULL) fprintf(stderr, "%s: there is no %s\n", path, #name), exit(2);
    FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    *(void **)&side.create_array = dlsym(handle, "mts_create_array");
    api = &side;
    DO(side.mts_register_data_origin("malloc", &side.origin));
    api = NULL;
    return side;
}

/* ---- arrays in memory from malloc, row-major ---- */

enum { MAX_AXES = 6 };

static const DLDataType F64 = {kDLFloat, 64, 1};
static const DLDataType I32 = {kDLInt, 32, 1};

typedef struct {
    mts_data_origin_t origin;
    DLDataType dtype;
    uintptr_t axes;
    uintptr_t shape[MAX_AXES];
    uint8_t *data;
    /* whose memory it is, if not that of this array */
    DLManagedTensorVersioned *tensor;
    bool borrowed;
} array_t;

static mts_array_t as_mts(array_t *array);

static size_t size_of(const array_t *array) {
    size_t size = array->dtype.bits / 8;
    for (uintptr_t i = 0; i < array->axes; i++) {
        size *= array->shape[i];
    }
    return size;
}

/* With memory of its own if `data` is NULL. */
static array_t *new_array(DLDataType dtype, uintptr_t axes, const uintptr_t *shape, void *data) {
    array_t *array = calloc(1, sizeof *array);
    array->origin = api->origin;
    array->dtype = dtype;
    array->axes = axes;
    if (axes > 0) {
        memcpy(array->shape, shape, axes * sizeof *shape);
    }
    array->borrowed = data != NULL;
    array->data = data != NULL ? data : malloc(size_of(array) + 1);
    return array;
}

static void array_destroy(void *self) {
    array_t *array = self;
    if (array->tensor != NULL) {
        array->tensor->deleter(array->tensor);
    } else if (!array->borrowed) {
        free(array->data);
    }
    free(array);
}

static mts_status_t array_origin(const void *self, mts_data_origin_t *origin) {
    *origin = ((const array_t *)self)->origin;
    return MTS_SUCCESS;
}

static mts_status_t array_device(const void *self, DLDevice *device) {
    (void)self;
    *device = (DLDevice){kDLCPU, 0};
    return MTS_SUCCESS;
}

static mts_status_t array_dtype(const void *self, DLDataType *dtype) {
    *dtype = ((const array_t *)self)->dtype;
    return MTS_SUCCESS;
}

static void tensor_deleter(DLManagedTensorVersioned *tensor) {
    free(tensor);
}

static mts_status_t array_as_dlpack(void *self, DLManagedTensorVersioned **result, DLDevice device,
                                    const int64_t *stream, DLPackVersion version) {
    (void)device, (void)stream, (void)version;
    array_t *array = self;
    DLManagedTensorVersioned *tensor = malloc(sizeof *tensor + 2 * MAX_AXES * sizeof(int64_t));
    int64_t *shape = (int64_t *)(tensor + 1), *strides = shape + MAX_AXES, stride = 1;
    for (uintptr_t i = array->axes; i-- > 0;) {
        shape[i] = (int64_t)array->shape[i];
        strides[i] = stride;
        stride *= shape[i];
    }
    *tensor = (DLManagedTensorVersioned){
        .version = {1, 0},
        .deleter = tensor_deleter,
        .dl_tensor = {array->data, {kDLCPU, 0}, (int32_t)array->axes, array->dtype, shape, strides, 0},
    };
    *result = tensor;
    return MTS_SUCCESS;
}

/* Only for the row-major tensors that libraries give. */
static mts_status_t array_from_dlpack(const void *self, DLManagedTensorVersioned *tensor, mts_array_t *result) {
    (void)self;
    DLTensor *dl = &tensor->dl_tensor;
    uintptr_t shape[MAX_AXES];
    for (int32_t i = 0; i < dl->ndim; i++) {
        shape[i] = (uintptr_t)dl->shape[i];
    }
    array_t *array = new_array(dl->dtype, (uintptr_t)dl->ndim, shape, (uint8_t *)dl->data + dl->byte_offset);
    array->tensor = tensor;
    *result = as_mts(array);
    return MTS_SUCCESS;
}

static mts_status_t array_shape(const void *self, const uintptr_t **shape, uintptr_t *axes) {
    const array_t *array = self;
    *shape = array->axes == 0 ? NULL : array->shape;
    *axes = array->axes;
    return MTS_SUCCESS;
}

static mts_status_t array_reshape(void *self, const uintptr_t *shape, uintptr_t axes) {
    array_t *array = self;
    memcpy(array->shape, shape, axes * sizeof *shape);
    array->axes = axes;
    return MTS_SUCCESS;
}

static mts_status_t array_swap_axes(void *self, uintptr_t first, uintptr_t second) {
    array_t *array = self;
    if (first > second) {
        return array_swap_axes(self, second, first);
    }
    if (first == second) {
        return MTS_SUCCESS;
    }
    /* the array is (outer, first, middle, second, inner) */
    size_t outer = 1, middle = 1, inner = array->dtype.bits / 8;
    size_t n = array->shape[first], m = array->shape[second];
    for (uintptr_t i = 0; i < array->axes; i++) {
        if (i < first) outer *= array->shape[i];
        if (i > first && i < second) middle *= array->shape[i];
        if (i > second) inner *= array->shape[i];
    }
    uint8_t *data = malloc(size_of(array) + 1), *to = data;
    for (size_t o = 0; o < outer; o++) {
        for (size_t j = 0; j < m; j++) {
            for (size_t k = 0; k < middle; k++) {
                for (size_t i = 0; i < n; i++, to += inner) {
                    memcpy(to, array->data + (((o * n + i) * middle + k) * m + j) * inner, inner);
                }
            }
        }
    }
    if (array->borrowed) {
        memcpy(array->data, data, size_of(array));
        free(data);
    } else {
        free(array->data);
        array->data = data;
    }
    array->shape[first] = m;
    array->shape[second] = n;
    return MTS_SUCCESS;
}

static mts_status_t array_create(const void *self, const uintptr_t *shape, uintptr_t axes, mts_array_t fill_value,
                                 mts_array_t *result) {
    const array_t *like = self;
    array_t *array = new_array(like->dtype, axes, shape, NULL);
    const array_t *fill = fill_value.ptr;
    size_t element = like->dtype.bits / 8, size = size_of(array);
    bool zero = true;
    for (size_t i = 0; i < element; i++) {
        zero = zero && fill->data[i] == 0;
    }
    if (zero) {
        free(array->data);
        array->data = calloc(size + 1, 1);
    } else {
        for (size_t i = 0; i < size; i += element) {
            memcpy(array->data + i, fill->data, element);
        }
    }
    if (fill_value.destroy != NULL) {
        fill_value.destroy(fill_value.ptr);
    }
    *result = as_mts(array);
    return MTS_SUCCESS;
}

static mts_status_t array_copy(const void *self, DLDevice device, mts_array_t *result) {
    (void)device;
    const array_t *array = self;
    array_t *copy = new_array(array->dtype, array->axes, array->shape, NULL);
    memcpy(copy->data, array->data, size_of(array));
    *result = as_mts(copy);
    return MTS_SUCCESS;
}

static mts_status_t array_move_data(void *self, const void *from, const mts_data_movement_t *movements,
                                    uintptr_t movements_count) {
    array_t *output = self;
    const array_t *input = from;
    size_t element = output->dtype.bits / 8, components = 1;
    size_t row_out = output->shape[output->axes - 1], row_in = input->shape[input->axes - 1];
    for (uintptr_t i = 1; i + 1 < output->axes; i++) {
        components *= output->shape[i];
    }
    for (uintptr_t i = 0; i < movements_count; i++) {
        mts_data_movement_t move = movements[i];
        uint8_t *to = output->data + (move.sample_out * components * row_out + move.properties_start_out) * element;
        const uint8_t *source =
            input->data + (move.sample_in * components * row_in + move.properties_start_in) * element;
        for (size_t c = 0; c < components; c++) {
            memcpy(to, source, move.properties_length * element);
            to += row_out * element;
            source += row_in * element;
        }
    }
    return MTS_SUCCESS;
}

static mts_array_t as_mts(array_t *array) {
    return (mts_array_t){
        .ptr = array,
        .destroy = array_destroy,
        .origin = array_origin,
        .device = array_device,
        .dtype = array_dtype,
        .as_dlpack = array_as_dlpack,
        .from_dlpack = array_from_dlpack,
        .shape = array_shape,
        .reshape = array_reshape,
        .swap_axes = array_swap_axes,
        .create = array_create,
        .copy = array_copy,
        .move_data = array_move_data,
    };
}

/* For those that load files. */
static mts_status_t malloc_create_array(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *result) {
    *result = as_mts(new_array(dtype, axes, shape, NULL));
    return MTS_SUCCESS;
}

/* The elements of any array in main memory: they stay where they are when the tensor is gone. */
static void *elements(mts_array_t array) {
    DLManagedTensorVersioned *tensor;
    DO(array.as_dlpack(array.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, (DLPackVersion){1, 0}));
    void *data = (uint8_t *)tensor->dl_tensor.data + tensor->dl_tensor.byte_offset;
    tensor->deleter(tensor);
    return data;
}

/* ---- digests ---- */

static void digest(uint64_t *state, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size > 0) {
        uint64_t word = size;
        size_t taken = size < sizeof word ? size : sizeof word;
        memcpy(&word, bytes, taken);
        *state = (*state ^ word) * 0x9e3779b97f4a7c15u;
        *state ^= *state >> 32;
        bytes += taken;
        size -= taken;
    }
}

static void digest_labels(uint64_t *state, const mts_labels_t *labels) {
    const char *const *names;
    const int32_t *values;
    uintptr_t names_count, count, size;
    DO(api->mts_labels_dimensions(labels, &names, &names_count));
    for (uintptr_t i = 0; i < names_count; i++) {
        digest(state, names[i], strlen(names[i]));
    }
    DO(api->mts_labels_values_cpu(labels, &values, &count, &size));
    digest(state, &count, sizeof count);
    digest(state, values, count * size * sizeof *values);
}

static void digest_block(uint64_t *state, mts_block_t *block) {
    /* metatensor 0.2 destroys what is there before */
    mts_array_t values = {0};
    DO(api->mts_block_data(block, &values));
    const uintptr_t *shape;
    uintptr_t axes, size = sizeof(double);
    DO(values.shape(values.ptr, &shape, &axes));
    for (uintptr_t i = 0; i < axes; i++) {
        const mts_labels_t *labels = MAKE(api->mts_block_labels(block, i));
        digest_labels(state, labels);
        api->mts_labels_free(labels);
        size *= shape[i];
    }
    digest(state, elements(values), size);

    const char *const *parameters;
    uintptr_t count;
    DO(api->mts_block_gradients_list(block, &parameters, &count));
    for (uintptr_t i = 0; i < count; i++) {
        mts_block_t *gradient;
        digest(state, parameters[i], strlen(parameters[i]));
        DO(api->mts_block_gradient(block, parameters[i], &gradient));
        digest_block(state, gradient);
    }
}

static void digest_map(uint64_t *state, mts_tensormap_t *map) {
    const mts_labels_t *keys = MAKE(api->mts_tensormap_keys(map));
    const int32_t *values;
    uintptr_t count, size;
    digest_labels(state, keys);
    DO(api->mts_labels_values_cpu(keys, &values, &count, &size));
    for (uintptr_t i = 0; i < count; i++) {
        mts_block_t *block;
        DO(api->mts_tensormap_block_by_id(map, &block, i));
        digest_block(state, block);
    }
    api->mts_labels_free(keys);
}

#endif
