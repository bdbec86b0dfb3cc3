/* A map that goes to a file and to memory, and comes back.
 *
 *     save_and_load OUTPUT_FILE
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

/* Labels with a single row, which is 0. */
static const mts_labels_t *one_zero(const char *name) {
    uintptr_t shape[2] = {1, 1};
    DLDataType int32 = {kDLInt, 32, 1};
    mts_array_t array;
    CHECK(mts_create_array(shape, 2, int32, &array));
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK_POINTER(labels);
    return labels;
}

static mts_tensormap_t *make_tensor(void) {
    uintptr_t shape[2] = {1, 1};
    DLDataType float64 = {kDLFloat, 64, 1};
    mts_array_t array;
    CHECK(mts_create_array(shape, 2, float64, &array));
    const mts_labels_t *keys = one_zero("key"), *samples = one_zero("system"), *properties = one_zero("energy");
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK_POINTER(block);
    mts_tensormap_t *tensor = mts_tensormap(keys, &block, 1);
    CHECK_POINTER(tensor);
    mts_labels_free(keys);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return tensor;
}

static void print_unit(const char *what, const mts_tensormap_t *tensor) {
    const char *unit;
    CHECK(mts_tensormap_get_info(tensor, "unit", &unit));
    printf("%s: the unit is %s\n", what, unit == NULL ? "unknown" : unit);
}

/* The buffer grows with this function: it is ours, and so is its memory. */
static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    ++*(int *)user_data;
    return realloc(buffer, size);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s OUTPUT_FILE\n", argv[0]);
        return EXIT_FAILURE;
    }
    mts_tensormap_t *tensor = make_tensor();
    /* text that goes with the data */
    CHECK(mts_tensormap_set_info(tensor, "unit", "eV"));

    /* through a file: there is either all of it or nothing, also if this program is killed */
    CHECK(mts_tensormap_save(argv[1], tensor));
    mts_tensormap_t *loaded = mts_tensormap_load(argv[1], mts_create_array);
    CHECK_POINTER(loaded);
    print_unit("from the file", loaded);
    mts_tensormap_free(loaded);

    /* through memory */
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    int calls = 0;
    CHECK(mts_tensormap_save_buffer(&buffer, &size, &calls, grow, tensor));
    loaded = mts_tensormap_load_buffer(buffer, size, mts_create_array);
    CHECK_POINTER(loaded);
    print_unit("from memory", loaded);
    mts_tensormap_free(loaded);

    free(buffer);
    mts_tensormap_free(tensor);
    return EXIT_SUCCESS;
}
