/* A map that goes to a file and to memory, and comes back.
 *
 *     save_and_load OUTPUT_FILE
 */
#include <metatensor.h>
#include <metatensor/arrays.h>

#include "check.h"

/* A map with a single number. */
static mts_tensormap_t *make_tensor(void) {
    static double energy = 0;
    const char *name = "energy";
    mts_array_t array;
    CHECK(mts_array_from_buffer(&energy, (uintptr_t[]){1, 1}, 2, NULL, float64, NULL, NULL, &array));
    const mts_labels_t *labels = mts_labels_from_table(&name, 1, (int32_t[]){0}, 1);
    mts_block_t *block = mts_block(array, labels, NULL, 0, labels);
    CHECK_POINTER(block);
    mts_tensormap_t *tensor = mts_tensormap(labels, &block, 1);
    CHECK_POINTER(tensor);
    mts_labels_free(labels);
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
