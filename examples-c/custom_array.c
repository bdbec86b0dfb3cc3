/* An array type of our own, inside of blocks: `grid_t`, numbers in row-major order.
 *
 * The library never looks into it, and only calls the functions that we give. Those that we do not need can be NULL:
 * a block can be made, read and saved with the ones here. Merging blocks would need `create` and `move_data`, and
 * copying them `copy`.
 */
#include <metatensor.h>

#include "check.h"

/* Our type, which knows nothing of metatensor: `free` releases it. */
typedef struct {
    uintptr_t shape[2];
    double values[];
} grid_t;

/* ---------------------------------------------------------------- what the library calls */

/* Who we are. Arrays with the same origin know each other. */
static mts_status_t origin(const void *array, mts_data_origin_t *result) {
    (void)array;
    return mts_register_data_origin("examples.grid", result);
}

static mts_status_t device(const void *array, DLDevice *result) {
    (void)array;
    *result = (DLDevice){kDLCPU, 0};
    return MTS_SUCCESS;
}

static mts_status_t dtype(const void *array, DLDataType *result) {
    (void)array;
    *result = float64;
    return MTS_SUCCESS;
}

static mts_status_t shape(const void *array, const uintptr_t **result, uintptr_t *axes) {
    *result = ((const grid_t *)array)->shape;
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
    grid_t *grid = array;
    if (to.device_type != kDLCPU || max_version.major < DLPACK_MAJOR_VERSION) {
        mts_set_last_error("grids are in main memory, and speak DLPack 1", "examples.grid", NULL, NULL);
        return MTS_CALLBACK_ERROR;
    }
    grid_tensor_t *shared = malloc(sizeof *shared);
    if (shared == NULL) return MTS_CALLBACK_ERROR;
    *shared = (grid_tensor_t){.shape = {(int64_t)grid->shape[0], (int64_t)grid->shape[1]}};
    shared->tensor = (DLManagedTensorVersioned){
        .version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION},
        .manager_ctx = shared,
        .deleter = delete_tensor,
        .dl_tensor = {.data = grid->values, .device = to, .ndim = 2, .dtype = float64, .shape = shared->shape},
    };
    *result = &shared->tensor;
    return MTS_SUCCESS;
}

/* The grid for the library, which will release it. */
static mts_array_t grid_into_array(grid_t *grid) {
    return (mts_array_t){.ptr = grid, .destroy = free, .origin = origin, .device = device, .dtype = dtype,
                         .shape = shape, .as_dlpack = as_dlpack};
}

int main(void) {
    grid_t *grid = malloc(sizeof *grid + sizeof *grid->values);
    CHECK_POINTER(grid);
    grid->shape[0] = grid->shape[1] = 1;
    grid->values[0] = 3.5;
    const char *name = "energy";
    const mts_labels_t *labels = mts_labels_from_table(&name, 1, (int32_t[]){0}, 1);
    mts_block_t *block = mts_block(grid_into_array(grid), labels, NULL, 0, labels);
    CHECK_POINTER(block);
    mts_labels_free(labels);

    /* the very same grid comes back */
    mts_array_t array;
    CHECK(mts_block_data(block, &array));
    printf("the same grid: %s, with %g in it\n", array.ptr == grid ? "yes" : "no", grid->values[0]);

    /* what is missing is named */
    if (mts_block_copy(block) != NULL) return EXIT_FAILURE;
    printf("copy: %s\n", mts_last_error_message());
    CHECK(mts_block_free(block));
    return EXIT_SUCCESS;
}
