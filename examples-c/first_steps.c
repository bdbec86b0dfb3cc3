/* Labels, a block and a map, made with arrays of the library.
 *
 * The map has energies per atom of two water molecules, with one block for hydrogen and one for oxygen.
 */
#include <metatensor.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions return either a status, or a pointer which is NULL on error. See errors.c for more about them. */
static void fail(const char *what) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(EXIT_FAILURE);
}

#define CHECK(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)
#define CHECK_POINTER(pointer) do { if ((pointer) == NULL) fail(#pointer); } while (0)

/* The tensor through which the elements of an array can be reached: to be given back before the array goes away. */
static DLManagedTensorVersioned *open_array(mts_array_t array) {
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    return tensor;
}

static void close_array(DLManagedTensorVersioned *tensor) {
    if (tensor->deleter != NULL) tensor->deleter(tensor);
}

static void *elements(const DLManagedTensorVersioned *tensor) {
    return (char *)tensor->dl_tensor.data + tensor->dl_tensor.byte_offset;
}

/* An array of the library with these elements. */
static mts_array_t make_array(uintptr_t rows, uintptr_t columns, DLDataType dtype, const void *values) {
    uintptr_t shape[2] = {rows, columns};
    mts_array_t array;
    CHECK(mts_create_array(shape, 2, dtype, &array));
    DLManagedTensorVersioned *tensor = open_array(array);
    memcpy(elements(tensor), values, rows * columns * dtype.bits / 8);
    close_array(tensor);
    return array;
}

/* Labels: a table of integers with named columns. They take the array. */
static const mts_labels_t *make_labels(
    const char *const *names, uintptr_t columns, uintptr_t rows, const int32_t *values
) {
    DLDataType int32 = {kDLInt, 32, 1};
    const mts_labels_t *labels = mts_labels(names, columns, make_array(rows, columns, int32, values));
    CHECK_POINTER(labels);
    return labels;
}

/* A block: one row for each of the samples, one column for each of the properties. */
static mts_block_t *make_block(uintptr_t atoms, const int32_t *samples_values, const double *energies) {
    const char *const samples_names[] = {"system", "atom"}, *const properties_names[] = {"energy"};
    const int32_t zero[] = {0};
    DLDataType float64 = {kDLFloat, 64, 1};
    const mts_labels_t *samples = make_labels(samples_names, 2, atoms, samples_values);
    const mts_labels_t *properties = make_labels(properties_names, 1, 1, zero);

    mts_block_t *block = mts_block(make_array(atoms, 1, float64, energies), samples, NULL, 0, properties);
    CHECK_POINTER(block);

    /* the block has its own references */
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

int main(void) {
    const int32_t hydrogen_atoms[] = {0, 1, 0, 2, 1, 1, 1, 2}, oxygen_atoms[] = {0, 0, 1, 0};
    const double hydrogen_energies[] = {-0.5, -0.5, -0.4, -0.6}, oxygen_energies[] = {-75.0, -75.1};
    const char *const keys_names[] = {"element"};
    const int32_t keys_values[] = {1, 8};

    mts_block_t *blocks[2] = {
        make_block(4, hydrogen_atoms, hydrogen_energies),
        make_block(2, oxygen_atoms, oxygen_energies),
    };
    const mts_labels_t *keys = make_labels(keys_names, 1, 2, keys_values);
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK_POINTER(tensor);
    /* blocks[0] and blocks[1] are NULL now: the map has taken them */

    /* which block is the one of oxygen? */
    const int32_t oxygen[] = {8};
    int64_t position;
    CHECK(mts_labels_position(keys, oxygen, 1, &position));
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id(tensor, &block, (uintptr_t)position));

    /* its samples and its values, both borrowed from it */
    const mts_labels_t *samples = mts_block_labels(block, 0);
    const int32_t *atoms;
    uintptr_t rows, columns;
    CHECK_POINTER(samples);
    CHECK(mts_labels_values_cpu(samples, &atoms, &rows, &columns));
    mts_array_t array;
    CHECK(mts_block_data(block, &array));
    DLManagedTensorVersioned *values = open_array(array);
    for (uintptr_t i = 0; i < rows; i++) {
        double energy = ((const double *)elements(values))[i];
        printf("oxygen: system %d, atom %d, energy %g\n", atoms[2 * i], atoms[2 * i + 1], energy);
    }
    close_array(values);

    mts_labels_free(samples);
    mts_labels_free(keys);
    mts_tensormap_free(tensor);
    return EXIT_SUCCESS;
}
