/* A file that is larger than what is needed of it: appended to, read in part, and mapped.
 *
 *     files OUTPUT_FILE
 */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(EXIT_FAILURE);
}

#define CHECK(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)
#define CHECK_POINTER(pointer) do { if ((pointer) == NULL) fail(#pointer); } while (0)

/* Labels with one dimension, counting up from `first`. */
static const mts_labels_t *range(const char *name, int32_t first, uintptr_t count) {
    int32_t *values = malloc(count * sizeof *values);
    if (values == NULL) exit(EXIT_FAILURE);
    for (uintptr_t i = 0; i < count; i++) values[i] = first + (int32_t)i;
    uintptr_t shape[2] = {count, 1};
    DLDataType int32 = {kDLInt, 32, 1};
    mts_array_t array;
    CHECK(mts_array_from_buffer(values, shape, 2, NULL, int32, free, values, &array));
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK_POINTER(labels);
    return labels;
}

/* A block with a property of so many structures. */
static mts_block_t *energies(uintptr_t structures) {
    double *values = malloc(structures * sizeof *values);
    if (values == NULL) exit(EXIT_FAILURE);
    for (uintptr_t i = 0; i < structures; i++) values[i] = (double)i;
    uintptr_t shape[2] = {structures, 1};
    DLDataType float64 = {kDLFloat, 64, 1};
    mts_array_t array;
    CHECK(mts_array_from_buffer(values, shape, 2, NULL, float64, free, values, &array));
    const mts_labels_t *samples = range("system", 0, structures), *properties = range("energy", 0, 1);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK_POINTER(block);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

static void add(mts_map_writer_t *writer, int32_t type, uintptr_t structures) {
    mts_block_t *block = energies(structures);
    CHECK(mts_map_writer_add(writer, &type, 1, block));
    CHECK(mts_block_free(block));
    CHECK(mts_map_writer_finish(writer));
}

/* Print the values of a block, which are read where they are. */
static void print_values(mts_block_t *block, uintptr_t count) {
    mts_array_t array;
    CHECK(mts_block_data(block, &array));
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    const double *values = tensor->dl_tensor.data;
    for (uintptr_t i = 0; i < count; i++) printf(" %g", values[i]);
    printf("%s\n", tensor->flags & DLPACK_FLAG_BITMASK_READ_ONLY ? " (read-only)" : "");
    tensor->deleter(tensor);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s OUTPUT_FILE\n", argv[0]);
        return EXIT_FAILURE;
    }
    /* a file is written block by block... */
    const char *key_name = "type";
    mts_map_writer_t *writer;
    CHECK(mts_map_writer_create(argv[1], &key_name, 1, &writer));
    add(writer, 1, 100000);
    /* ... and grows: what is in it already is neither read nor written again */
    CHECK(mts_map_writer_append(argv[1], &writer));
    add(writer, 8, 50000);

    /* shapes and labels are there without values */
    mts_map_file_t *file;
    CHECK(mts_map_file_open(argv[1], NULL, &file));
    for (uintptr_t i = 0; i < 2; i++) {
        mts_map_file_header_t *header;
        CHECK(mts_map_file_header(file, i, &header));
        const uintptr_t *shape;
        uintptr_t axes;
        CHECK(mts_map_file_header_shape(header, &shape, &axes));
        printf("block %" PRIuPTR ": %" PRIuPTR " structures\n", i, shape[0]);
        CHECK(mts_map_file_header_free(header));
    }

    /* some structures: little more is read than these rows */
    const mts_labels_t *wanted = range("system", 40000, 3);
    mts_map_selection_t selection = {NULL, wanted, NULL};
    mts_tensormap_t *part;
    CHECK(mts_map_file_load_selected(file, &selection, NULL, &part));
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id(part, &block, 0));
    printf("energies:");
    print_values(block, 3);
    CHECK(mts_tensormap_free(part));
    mts_labels_free(wanted);

    /* a block whose values are in the file itself, which stays mapped as long as the block is there */
    CHECK(mts_map_file_block_mapped(file, 0, MTS_MAPPING_READ_ONLY, &block));
    CHECK(mts_map_file_free(file));
    printf("first energies:");
    print_values(block, 3);
    CHECK(mts_block_free(block));

    /* checksums of what is mapped or read in part are not compared: this does, and tells all that is wrong */
    mts_problems_t *problems;
    uintptr_t count;
    CHECK(mts_validate(argv[1], NULL, &problems));
    CHECK(mts_problems_count(problems, &count));
    printf("problems: %" PRIuPTR "\n", count);
    CHECK(mts_problems_free(problems));
    return count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
