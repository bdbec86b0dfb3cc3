/* What happens when something goes wrong, in the library or in a function that it calls. */
#include <metatensor.h>

#include <stdio.h>
#include <stdlib.h>

static void print_last_error(const char *what) {
    const char *message, *origin;
    mts_last_error(&message, &origin, NULL);
    printf("%s\n    message: %s\n    origin: %s\n", what, message, origin);
}

/* Our own description of an error, to find again after the library has reported it. */
typedef struct {
    int code;
} our_error_t;

/* A function that the library calls for each array of a file. This one never succeeds. */
static mts_status_t refuse(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    (void)shape, (void)axes, (void)dtype, (void)array;
    our_error_t *error = malloc(sizeof *error);
    if (error == NULL) return MTS_CALLBACK_ERROR;
    error->code = 42;
    /* the library releases `error` when it is not the last one any more */
    mts_set_last_error("there is no room for another array", "errors.c", error, free);
    return MTS_CALLBACK_ERROR;
}

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return realloc(buffer, size);
}

/* A block with a single number, as the content of a file. */
static mts_status_t save_small_block(uint8_t **file, uintptr_t *size) {
    const char *sample = "sample", *property = "property";
    uintptr_t shape[2] = {1, 1};
    DLDataType int32 = {kDLInt, 32, 1}, float64 = {kDLFloat, 64, 1};
    mts_array_t rows, columns, values;
    mts_status_t status = mts_create_array(shape, 2, int32, &rows);
    if (status != MTS_SUCCESS) return status;
    const mts_labels_t *samples = mts_labels(&sample, 1, rows);
    status = mts_create_array(shape, 2, int32, &columns);
    if (status != MTS_SUCCESS) return status;
    const mts_labels_t *properties = mts_labels(&property, 1, columns);
    status = mts_create_array(shape, 2, float64, &values);
    if (status != MTS_SUCCESS) return status;
    /* if making the labels failed, they are NULL, and this says so */
    mts_block_t *block = mts_block(values, samples, NULL, 0, properties);
    status = mts_block_save_buffer(file, size, NULL, grow, block);
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_block_free(block);
    return status;
}

int main(void) {
    /* functions that give a pointer give NULL */
    const mts_labels_t *labels = mts_labels_load("no-such-file.mts");
    if (labels != NULL) return EXIT_FAILURE;
    print_last_error("mts_labels_load");

    /* others give a status */
    DLDataType strange = {kDLFloat, 7, 1};
    mts_array_t array;
    mts_status_t status = mts_create_array(NULL, 0, strange, &array);
    if (status != MTS_INVALID_PARAMETER_ERROR && status != MTS_UNSUPPORTED_ERROR) return EXIT_FAILURE;
    print_last_error("mts_create_array");

    /* an error of our own comes back as it was */
    uint8_t *file = NULL;
    uintptr_t size = 0;
    if (save_small_block(&file, &size) != MTS_SUCCESS) return EXIT_FAILURE;
    mts_block_t *block = mts_block_load_buffer(file, size, refuse);
    free(file);
    if (block != NULL) return EXIT_FAILURE;
    print_last_error("mts_block_load_buffer");
    void *data;
    mts_last_error(NULL, NULL, &data);
    printf("    our code: %d\n", ((const our_error_t *)data)->code);

    /* the last error of a thread stays until the next one */
    mts_labels_free(NULL);
    print_last_error("still");
    return EXIT_SUCCESS;
}
