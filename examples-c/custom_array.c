/* An array type of our own, inside of blocks: `grid_t`, numbers in row-major order.
 *
 * The library never looks into it, and only calls the functions that we give. Those that we do not need can be NULL:
 * a block can be made, read and saved with the ones here. Merging blocks would need `create` and `move_data`, and
 * copying them `copy`.
 */
#include <metatensor.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *what) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(EXIT_FAILURE);
}

#define CHECK(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)
#define CHECK_POINTER(pointer) do { if ((pointer) == NULL) fail(#pointer); } while (0)

/* ---------------------------------------------------------------- our type, which knows nothing of metatensor */

typedef struct {
    double *values;
    size_t shape[2];
} grid_t;

static grid_t *grid_new(size_t rows, size_t columns) {
    grid_t *grid = malloc(sizeof *grid);
    if (grid == NULL) exit(EXIT_FAILURE);
    grid->values = calloc(rows * columns, sizeof *grid->values);
    if (grid->values == NULL) exit(EXIT_FAILURE);
    grid->shape[0] = rows;
    grid->shape[1] = columns;
    return grid;
}

static void grid_free(grid_t *grid) {
    free(grid->values);
    free(grid);
}

/* ---------------------------------------------------------------- what the library calls */

static void destroy(void *array) { grid_free(array); }

/* Who we are. Arrays with the same origin know each other. */
static mts_status_t origin(const void *array, mts_data_origin_t *result) {
    (void)array;
    return mts_register_data_origin("examples.grid", result);
}

static mts_status_t device(const void *array, DLDevice *result) {
    (void)array;
    result->device_type = kDLCPU;
    result->device_id = 0;
    return MTS_SUCCESS;
}

static mts_status_t dtype(const void *array, DLDataType *result) {
    (void)array;
    result->code = kDLFloat;
    result->bits = 64;
    result->lanes = 1;
    return MTS_SUCCESS;
}

static mts_status_t shape(const void *array, const uintptr_t **result, uintptr_t *axes) {
    const grid_t *grid = array;
    _Static_assert(sizeof(size_t) == sizeof(uintptr_t), "size_t is uintptr_t");
    *result = grid->shape;
    *axes = 2;
    return MTS_SUCCESS;
}

/* A tensor that shows our elements to the library, and its shape, released together. */
typedef struct {
    DLManagedTensorVersioned tensor;
    int64_t shape[2];
} grid_tensor_t;

static void delete_tensor(DLManagedTensorVersioned *tensor) { free(tensor->manager_ctx); }

static mts_status_t as_dlpack(
    void *array, DLManagedTensorVersioned **result, DLDevice to, const int64_t *stream, DLPackVersion max_version
) {
    (void)stream;
    const grid_t *grid = array;
    if (to.device_type != kDLCPU || max_version.major < DLPACK_MAJOR_VERSION) {
        mts_set_last_error("grids are in main memory, and speak DLPack 1", "examples.grid", NULL, NULL);
        return MTS_CALLBACK_ERROR;
    }
    grid_tensor_t *shared = calloc(1, sizeof *shared);
    if (shared == NULL) return MTS_CALLBACK_ERROR;
    shared->shape[0] = (int64_t)grid->shape[0];
    shared->shape[1] = (int64_t)grid->shape[1];
    shared->tensor.version.major = DLPACK_MAJOR_VERSION;
    shared->tensor.version.minor = DLPACK_MINOR_VERSION;
    shared->tensor.manager_ctx = shared;
    shared->tensor.deleter = delete_tensor;
    shared->tensor.dl_tensor.data = grid->values;
    shared->tensor.dl_tensor.device = to;
    shared->tensor.dl_tensor.ndim = 2;
    dtype(array, &shared->tensor.dl_tensor.dtype);
    shared->tensor.dl_tensor.shape = shared->shape;
    *result = &shared->tensor;
    return MTS_SUCCESS;
}

/* The grid for the library, which will release it. */
static mts_array_t grid_into_array(grid_t *grid) {
    return (mts_array_t){
        .ptr = grid,
        .destroy = destroy,
        .origin = origin,
        .device = device,
        .dtype = dtype,
        .shape = shape,
        .as_dlpack = as_dlpack,
    };
}

/* ---------------------------------------------------------------- a block of it */

static const mts_labels_t *one_zero(const char *name) {
    uintptr_t lengths[2] = {1, 1};
    DLDataType int32 = {kDLInt, 32, 1};
    mts_array_t array;
    CHECK(mts_create_array(lengths, 2, int32, &array));
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK_POINTER(labels);
    return labels;
}

int main(void) {
    grid_t *grid = grid_new(1, 1);
    grid->values[0] = 3.5;
    const mts_labels_t *samples = one_zero("system"), *properties = one_zero("energy");
    mts_block_t *block = mts_block(grid_into_array(grid), samples, NULL, 0, properties);
    CHECK_POINTER(block);
    mts_labels_free(samples);
    mts_labels_free(properties);

    /* the very same grid comes back */
    mts_array_t array;
    CHECK(mts_block_data(block, &array));
    const grid_t *same = array.ptr;
    printf("the same grid: %s, with %g in it\n", same == grid ? "yes" : "no", same->values[0]);

    /* what is missing is named */
    if (mts_block_copy(block) != NULL) return EXIT_FAILURE;
    const char *message;
    mts_last_error(&message, NULL, NULL);
    printf("copy: %s\n", message);

    CHECK(mts_block_free(block));
    return EXIT_SUCCESS;
}
