/* What happens when something goes wrong, in the library or in a function that it calls. */
#include <metatensor.h>
#include <metatensor/arrays.h>

#include "check.h"

static void print_last_error(const char *what) {
    const char *message, *origin;
    mts_last_error(&message, &origin, NULL);
    printf("%s\n    message: %s\n    origin: %s\n", what, message, origin);
}

/* A function that the library calls for each array of a file. This one never succeeds. */
static mts_status_t refuse(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    (void)shape, (void)axes, (void)dtype, (void)array;
    /* our own description of the error, to find again: the library releases it when there is another error */
    int *code = malloc(sizeof *code);
    if (code != NULL) *code = 42;
    mts_set_last_error("there is no room for another array", "errors.c", code, free);
    return MTS_CALLBACK_ERROR;
}

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return realloc(buffer, size);
}

/* A block with a single number. Where something fails, the next function gets a NULL, and says so. */
static mts_block_t *small_block(void) {
    static double value = 3.5;
    const char *name = "name";
    mts_array_t array;
    mts_array_from_buffer(&value, (uintptr_t[]){1, 1}, 2, NULL, float64, NULL, NULL, &array);
    const mts_labels_t *labels = mts_labels_from_table(&name, 1, (int32_t[]){0}, 1);
    mts_block_t *block = mts_block(array, labels, NULL, 0, labels);
    mts_labels_free(labels);
    return block;
}

int main(void) {
    /* functions that give a pointer give NULL */
    if (mts_labels_load("no-such-file.mts") != NULL) return EXIT_FAILURE;
    print_last_error("mts_labels_load");

    /* others give a status */
    DLDataType strange = {kDLFloat, 7, 1};
    mts_array_t array;
    if (mts_create_array(NULL, 0, strange, &array) != MTS_UNSUPPORTED_ERROR) return EXIT_FAILURE;
    print_last_error("mts_create_array");

    /* an error of our own comes back as it was */
    uint8_t *file = NULL;
    uintptr_t size = 0;
    mts_block_t *block = small_block();
    CHECK(mts_block_save_buffer(&file, &size, NULL, grow, block));
    mts_block_free(block);
    block = mts_block_load_buffer(file, size, refuse);
    free(file);
    if (block != NULL) return EXIT_FAILURE;
    print_last_error("mts_block_load_buffer");
    void *data;
    mts_last_error(NULL, NULL, &data);
    printf("    our code: %d\n", *(const int *)data);

    /* the last error of a thread stays until the next one */
    mts_labels_free(NULL);
    print_last_error("still");
    return EXIT_SUCCESS;
}
