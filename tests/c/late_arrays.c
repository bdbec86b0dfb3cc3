/* Arrays of another library that lends its elements, and makes arrays of results when it looks at them. */
#include <metatensor/interpreters.h>
#include <metatensor/operations.h>

#include "support/counted_array.h"

#include <stdbool.h>

enum { ROWS = 2, COLUMNS = 3, SIZE = ROWS * COLUMNS };

static const DLDevice cpu = {kDLCPU, 0};
static const DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};

/* The structure of numpy. */
typedef struct {
    int two, nd;
    char typekind;
    int itemsize, flags;
    const intptr_t *shape, *strides;
    void *data, *descr;
} interface_t;

enum { NATIVE_ORDER = 0x200 };

static const void *interface_of(void *object, const char *name) {
    CHECK(name == NULL);
    return object;
}

static const void *forgotten[16];
static int forgotten_count;

static void forget(const void *array) { forgotten[forgotten_count++] = array; }

static int calls(void) {
    int sum = 0;
    for (int i = 0; i < COUNTED; i++) sum += counted_calls[VALUES][i];
    return sum;
}

/* A block of the numbers from 1 on. */
static mts_block_t *new_block(void) {
    const int32_t range[] = {0, 1, 2};
    const char *const s[] = {"s"}, *const p[] = {"p"};
    const mts_labels_t *samples = counted_labels(s, 1, ROWS, range), *properties = counted_labels(p, 1, COLUMNS, range);
    mts_array_t array = counted_array(c_array_count((uintptr_t[]){ROWS, COLUMNS}, 2, 1), VALUES);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

static mts_array_t array_of(mts_block_t *block) {
    mts_array_t array;
    CHECK_OK(mts_block_data(block, &array));
    return array;
}

static const void *address_of(mts_block_t *block) {
    const void *address;
    uintptr_t count;
    CHECK_OK(mts_block_foreign_arrays(block, &address, 1, &count));
    CHECK(count == 1 && address == array_of(block).ptr);
    return address;
}

static mts_tensormap_t *new_map(mts_block_t *block) {
    const int32_t zero[] = {0};
    const char *const k[] = {"k"};
    const mts_labels_t *keys = counted_labels(k, 1, 1, zero);
    mts_tensormap_t *tensor = mts_tensormap(keys, (mts_block_t *[]){block}, 1);
    CHECK(tensor != NULL);
    mts_labels_free(keys);
    return tensor;
}

static mts_block_t *block_of(mts_tensormap_t *tensor) {
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 0));
    return block;
}

static mts_tensormap_t *twice(mts_tensormap_t *tensor) {
    mts_tensormap_t *result;
    CHECK_OK(mts_add(tensor, tensor, &result));
    return result;
}

/* What is lent is read without a call; what can not be used is asked for. */
static void lending(void) {
    static double lent[2 * SIZE] = {10, 0, 20, 0, 30, 0, 40, 0, 50, 0, 60, 0};
    mts_tensormap_t *tensor = new_map(new_block()), *result;
    const void *address = address_of(block_of(tensor));
    const intptr_t shape[] = {ROWS, COLUMNS}, strides[] = {6 * sizeof(double), 2 * sizeof(double)};
    interface_t interface = {2, 2, 'f', sizeof(double), NATIVE_ORDER, shape, strides, lent, NULL};
    void *object = &interface;

    /* others than these, to see where elements come from */
    CHECK_OK(mts_lend_arrays(&address, &object, 1, interface_of));
    int before = counted_calls[VALUES][AS_DLPACK];
    result = twice(tensor);
    CHECK(counted_calls[VALUES][AS_DLPACK] == before);
    CHECK_OK(mts_return_arrays());
    const double *elements = ((c_array_t *)array_of(block_of(result)).ptr)->data;
    for (int i = 0; i < SIZE; i++) CHECK(elements[i] == 20 * (i + 1));
    mts_tensormap_free(result);

    /* lent inside: only the last ones count */
    CHECK_OK(mts_lend_arrays(&address, &object, 1, interface_of));
    CHECK_OK(mts_lend_arrays(NULL, NULL, 0, interface_of));
    result = twice(tensor);
    CHECK(counted_calls[VALUES][AS_DLPACK] == before + 2);
    elements = ((c_array_t *)array_of(block_of(result)).ptr)->data;
    for (int i = 0; i < SIZE; i++) CHECK(elements[i] == 2 * (i + 1));
    mts_tensormap_free(result);
    CHECK_OK(mts_return_arrays());
    CHECK_OK(mts_return_arrays());
    CHECK_STATUS(mts_return_arrays(), MTS_INVALID_PARAMETER_ERROR, "lent no arrays");

    /* what the library can not compute with */
    const intptr_t odd[] = {6 * sizeof(double) + 1, 2 * sizeof(double)};
    const interface_t others[] = {
        {1, 2, 'f', 8, NATIVE_ORDER, shape, strides, lent, NULL}, {2, 2, 'f', 8, 0, shape, strides, lent, NULL},
        {2, 2, 'M', 8, NATIVE_ORDER, shape, strides, lent, NULL}, {2, 2, 'f', 16, NATIVE_ORDER, shape, strides, lent, NULL},
        {2, 2, 'f', 8, NATIVE_ORDER, shape, odd, lent, NULL}, {2, 0, 'f', 8, NATIVE_ORDER, shape, strides, lent, NULL},
        {2, 9, 'f', 8, NATIVE_ORDER, shape, strides, lent, NULL},
    };
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++) {
        before = counted_calls[VALUES][AS_DLPACK];
        interface = others[i];
        CHECK_OK(mts_lend_arrays(&address, &object, 1, interface_of));
        mts_tensormap_free(twice(tensor));
        CHECK_OK(mts_return_arrays());
        CHECK(counted_calls[VALUES][AS_DLPACK] == before + 2);
    }

    /* of another type or shape than the block has */
    const intptr_t turned[] = {COLUMNS, ROWS};
    const interface_t wrong[] = {
        {2, 2, 'f', 4, NATIVE_ORDER, shape, strides, lent, NULL}, {2, 2, 'f', 8, NATIVE_ORDER, turned, strides, lent, NULL},
    };
    for (int i = 0; i < 2; i++) {
        interface = wrong[i];
        CHECK_OK(mts_lend_arrays(&address, &object, 1, interface_of));
        CHECK(mts_add(tensor, tensor, &result) != MTS_SUCCESS);
        CHECK_MESSAGE("block");
        CHECK_OK(mts_return_arrays());
    }
    mts_tensormap_free(tensor);
}

/* Results are made when somebody looks, and are of the same kind until then. */
static void made_late(void) {
    mts_tensormap_t *tensor = new_map(new_block());
    mts_data_origin_t late_origin, made_origin, origin;
    CHECK_OK(mts_register_data_origin("late", &late_origin));
    CHECK_OK(mts_register_data_origin("made", &made_origin));
    CHECK_OK(mts_make_arrays_late(block_of(tensor), "late", "made", forget));
    CHECK_OK(mts_make_arrays_late(block_of(tensor), "again, which changes nothing", "made", forget));
    uintptr_t native_shape[] = {ROWS, COLUMNS};
    mts_array_t native;
    CHECK_OK(mts_create_array(native_shape, 2, (DLDataType){kDLFloat, 64, 1}, &native));
    const mts_labels_t *samples = mts_block_labels(block_of(tensor), 0), *properties = mts_block_labels(block_of(tensor), 1);
    mts_block_t *ours = mts_block(native, samples, NULL, 0, properties);
    CHECK_STATUS(mts_make_arrays_late(ours, "late", "made", forget), MTS_UNSUPPORTED_ERROR, "of other libraries");
    mts_block_free(ours);
    mts_labels_free(samples);
    mts_labels_free(properties);

    mts_tensormap_t *late = twice(tensor);
    int before = calls();
    mts_tensormap_t *later = twice(late);
    CHECK(calls() == before);
    uintptr_t count;
    CHECK_OK(mts_tensormap_foreign_arrays(later, NULL, 0, &count));
    CHECK(count == 0);
    mts_tensormap_free(later);
    CHECK(forgotten_count == 0);

    /* looked at: it has to be forgotten */
    mts_array_t array = array_of(block_of(late));
    CHECK_OK(array.origin(array.ptr, &origin));
    CHECK(origin == late_origin);
    DLManagedTensorVersioned *seen;
    CHECK_OK(array.as_dlpack(array.ptr, &seen, cpu, NULL, version));
    double *elements = seen->dl_tensor.data;
    for (int i = 0; i < SIZE; i++) CHECK(elements[i] == 2 * (i + 1));
    elements[0] = 100;
    CHECK_OK(array.origin(array.ptr, &origin));
    CHECK(origin == made_origin);
    later = twice(late);
    mts_array_t other = array_of(block_of(later));
    DLManagedTensorVersioned *second;
    CHECK_OK(other.as_dlpack(other.ptr, &second, cpu, NULL, version));
    CHECK(((double *)second->dl_tensor.data)[0] == 200);
    second->deleter(second);
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    CHECK(forgotten_count == 1 && forgotten[0] == array.ptr);
    CHECK_OK(array.origin(array.ptr, &origin));
    CHECK(origin == late_origin);
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    CHECK_OK(array.reshape(array.ptr, (uintptr_t[]){SIZE}, 1));
    CHECK_OK(array.reshape(array.ptr, native_shape, 2));
    CHECK(forgotten_count == 1);

    /* arrays that its functions make are like it, and move elements in place */
    mts_array_t copy, filled, adopted, zero;
    CHECK_OK(array.copy(array.ptr, cpu, &copy));
    CHECK_OK(mts_create_array(NULL, 0, (DLDataType){kDLFloat, 64, 1}, &zero));
    CHECK_OK(array.create(array.ptr, native_shape, 2, zero, &filled));
    CHECK_OK(filled.origin(filled.ptr, &origin));
    CHECK(origin == late_origin);
    CHECK_OK(filled.as_dlpack(filled.ptr, &second, cpu, NULL, version));
    const mts_data_movement_t movement = {0, 1, 0, 0, COLUMNS};
    CHECK_OK(filled.move_data(filled.ptr, copy.ptr, &movement, 1));
    CHECK(((double *)second->dl_tensor.data)[COLUMNS] == 100 && ((double *)second->dl_tensor.data)[0] == 0);
    CHECK_OK(array.from_dlpack(array.ptr, second, &adopted));
    filled.destroy(filled.ptr);
    CHECK(forgotten_count == 2 && forgotten[1] == filled.ptr);
    copy.destroy(copy.ptr);
    CHECK(array.as_dlpack(array.ptr, &second, (DLDevice){kDLCUDA, 0}, NULL, version) != MTS_SUCCESS);
    CHECK(array.copy(array.ptr, (DLDevice){kDLCUDA, 0}, &copy) != MTS_SUCCESS);

    /* on memory that may not be written to: in memory of their own from then on */
    static double constant[SIZE] = {7, 7, 7, 7, 7, 7};
    int64_t sizes[] = {ROWS, COLUMNS};
    DLManagedTensorVersioned read_only = {.version = version, .flags = DLPACK_FLAG_BITMASK_READ_ONLY};
    read_only.dl_tensor = (DLTensor){.data = constant, .device = cpu, .ndim = 2, .dtype = {kDLFloat, 64, 1}, .shape = sizes};
    CHECK_OK(array.from_dlpack(array.ptr, &read_only, &filled));
    CHECK_OK(array.copy(array.ptr, cpu, &copy));
    CHECK_OK(filled.move_data(filled.ptr, copy.ptr, &movement, 1));
    CHECK_OK(filled.as_dlpack(filled.ptr, &second, cpu, NULL, version));
    CHECK(((double *)second->dl_tensor.data)[COLUMNS] == 100 && ((double *)second->dl_tensor.data)[0] == 7);
    CHECK(constant[COLUMNS] == 7);
    second->deleter(second);
    filled.destroy(filled.ptr);
    copy.destroy(copy.ptr);
    CHECK(forgotten_count == 3);

    /* given to a block, it is of the kind of the others */
    samples = mts_block_labels(block_of(tensor), 0);
    properties = mts_block_labels(block_of(tensor), 1);
    mts_block_t *blocks[] = {mts_block(adopted, samples, NULL, 0, properties), mts_block_copy(block_of(tensor))};
    mts_labels_free(samples);
    mts_labels_free(properties);
    CHECK(blocks[0] != NULL && blocks[1] != NULL);
    const int32_t range[] = {0, 1};
    const char *const k[] = {"k"};
    const mts_labels_t *keys = counted_labels(k, 1, 2, range);
    mts_tensormap_t *mixed = mts_tensormap(keys, blocks, 2);
    CHECK(mixed != NULL);
    mts_labels_free(keys);
    keys = counted_labels(k, 1, 0, range);
    mts_tensormap_t *moved = mts_tensormap_keys_to_samples(mixed, keys, c_array_scalar(0), true);
    CHECK(moved != NULL);
    mts_labels_free(keys);
    mts_tensormap_free(moved);
    mts_tensormap_free(mixed);

    /* the tensor is there for longer than all of them */
    mts_tensormap_free(late);
    mts_tensormap_free(later);
    mts_tensormap_free(tensor);
    /* and `other` */
    CHECK(forgotten_count == 4);
    CHECK(elements[1] == 4);
    seen->deleter(seen);
}

int main(void) {
    counted_start();
    lending();
    made_late();
    return 0;
}
