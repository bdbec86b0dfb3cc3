/* A file that is larger than what is needed of it: appended to, read in part, and mapped. And many maps in one file, for a loop
 * that needs some of them in each step.
 *
 *     files OUTPUT_FILE
 *
 * writes OUTPUT_FILE, and OUTPUT_FILE.zip.
 */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>

#include "check.h"

#include <inttypes.h>

/* Add a block with a property of so many structures, and finish the file. */
static void add(mts_map_writer_t *writer, int32_t type, uintptr_t structures) {
    const char *system = "system", *energy = "energy";
    double *values = malloc(structures * sizeof *values);
    int32_t *rows = malloc(structures * sizeof *rows);
    if (values == NULL || rows == NULL) exit(EXIT_FAILURE);
    for (uintptr_t i = 0; i < structures; i++) values[i] = rows[i] = (int32_t)i;
    mts_array_t array; /* owns `values` from now on */
    CHECK(mts_array_from_buffer(values, (uintptr_t[]){structures, 1}, 2, NULL, float64, free, values, &array));
    const mts_labels_t *samples = mts_labels_from_table(&system, 1, rows, structures);
    const mts_labels_t *properties = mts_labels_from_table(&energy, 1, (int32_t[]){0}, 1);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK_POINTER(block);
    CHECK(mts_map_writer_add(writer, &type, 1, block));
    CHECK(mts_map_writer_finish(writer));
    mts_block_free(block);
    mts_labels_free(properties);
    mts_labels_free(samples);
    free(rows);
}

/* Print the first values of a block, which are read where they are. */
static void print_values(const char *title, mts_block_t *block) {
    const double *values = mts_block_elements(block, float64, (uintptr_t[]){MTS_ANY_LENGTH, 1}, 2);
    CHECK_POINTER(values);
    printf("%s: %g %g %g\n", title, values[0], values[1], values[2]);
}

/* Write a collection of maps with one energy each, and load some of them as a batch. */
static void batch(const char *path) {
    const char *system = "system", *energy = "energy", *key = "_";
    const mts_labels_t *keys = mts_labels_from_table(&key, 1, (int32_t[]){0}, 1);
    const mts_labels_t *properties = mts_labels_from_table(&energy, 1, (int32_t[]){0}, 1);
    const mts_labels_t *samples = mts_labels_from_table(&key, 1, (int32_t[]){0}, 1);
    mts_collection_writer_t *writer;
    CHECK(mts_collection_writer_create(path, MTS_COLLECTION_BARE, &writer));
    for (int32_t i = 0; i < 1000; i++) {
        double *value = malloc(sizeof *value);
        if (value == NULL) exit(EXIT_FAILURE);
        *value = 0.5 * i;
        mts_array_t array;
        CHECK(mts_array_from_buffer(value, (uintptr_t[]){1, 1}, 2, NULL, float64, free, value, &array));
        mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
        CHECK_POINTER(block);
        mts_tensormap_t *map = mts_tensormap(keys, &block, 1);
        CHECK_POINTER(map);
        CHECK(mts_collection_writer_add(writer, i, "energy", map));
        CHECK(mts_tensormap_free(map));
    }
    CHECK(mts_collection_writer_finish(writer));
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(keys);

    /* samples get the number of the map that they come from */
    mts_load_many_options_t options = MTS_LOAD_MANY_OPTIONS_INIT;
    options.number = system;
    mts_collection_t *collection;
    mts_tensormap_t *some;
    mts_block_t *block;
    CHECK(mts_collection_open(path, NULL, NULL, &collection));
    CHECK(mts_collection_load_many(collection, "energy", (int32_t[]){700, 3, 42}, 3, &options, NULL, &some));
    CHECK(mts_tensormap_block_by_id(some, &block, 0));
    print_values("a batch", block);
    CHECK(mts_tensormap_free(some));
    CHECK(mts_collection_free(collection));
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
    mts_map_file_header_t *header;
    const uintptr_t *shape;
    uintptr_t axes;
    CHECK(mts_map_file_header(file, 1, &header));
    CHECK(mts_map_file_header_shape(header, &shape, &axes));
    printf("second block: %" PRIuPTR " structures\n", shape[0]);
    CHECK(mts_map_file_header_free(header));

    /* some structures: little more is read than these rows */
    const char *system = "system";
    const mts_labels_t *wanted = mts_labels_from_table(&system, 1, (int32_t[]){40000, 40001, 40002}, 3);
    mts_map_selection_t selection = {NULL, wanted, NULL};
    mts_tensormap_t *part;
    CHECK(mts_map_file_load_selected(file, &selection, NULL, &part));
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id(part, &block, 0));
    print_values("energies", block);
    CHECK(mts_tensormap_free(part));
    mts_labels_free(wanted);

    /* a block whose values are in the file itself, which stays mapped as long as the block is there */
    CHECK(mts_map_file_block_mapped(file, 0, MTS_MAPPING_READ_ONLY, &block));
    CHECK(mts_map_file_free(file));
    print_values("first energies", block);
    CHECK(mts_block_free(block));

    /* checksums of what is mapped or read in part are not compared: this does, and tells all that is wrong */
    mts_problems_t *problems;
    uintptr_t count;
    CHECK(mts_validate(argv[1], NULL, &problems));
    CHECK(mts_problems_count(problems, &count));
    printf("problems: %" PRIuPTR "\n", count);
    CHECK(mts_problems_free(problems));

    char path[4096];
    snprintf(path, sizeof path, "%s.zip", argv[1]);
    batch(path);
    return count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
