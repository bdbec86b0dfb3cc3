/* Labels, a block and a map, made with arrays of the library.
 *
 * The map has energies per atom of two water molecules, with one block for hydrogen and one for oxygen.
 */
#include <metatensor.h>
#include <metatensor/arrays.h>

#include "check.h"

/* A block: one row for each of the samples, one column for each of the properties. */
static mts_block_t *make_block(uintptr_t atoms, const int32_t *rows, double *energies) {
    const char *const samples_names[] = {"system", "atom"}, *const properties_names[] = {"energy"};
    const int32_t zero[] = {0};
    const mts_labels_t *samples = mts_labels_from_table(samples_names, 2, rows, atoms);
    const mts_labels_t *properties = mts_labels_from_table(properties_names, 1, zero, 1);

    /* an array on top of memory that outlives it; with a function that releases the memory, the array would own it */
    mts_array_t array;
    CHECK(mts_array_from_buffer(energies, (uintptr_t[]){atoms, 1}, 2, NULL, float64, NULL, NULL, &array));
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK_POINTER(block);

    /* the block has its own references */
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

int main(void) {
    const int32_t hydrogen_atoms[] = {0, 1, 0, 2, 1, 1, 1, 2}, oxygen_atoms[] = {0, 0, 1, 0};
    double hydrogen_energies[] = {-0.5, -0.5, -0.4, -0.6}, oxygen_energies[] = {-75.0, -75.1};
    mts_block_t *blocks[2] = {
        make_block(4, hydrogen_atoms, hydrogen_energies),
        make_block(2, oxygen_atoms, oxygen_energies),
    };
    const char *const element[] = {"element"};
    const int32_t elements[] = {1, 8}, oxygen[] = {8};
    const mts_labels_t *keys = mts_labels_from_table(element, 1, elements, 2);
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK_POINTER(tensor);
    /* blocks[0] and blocks[1] are NULL now: the map has taken them */
    CHECK(mts_tensormap_print(tensor, 10, stdout));

    /* the block of oxygen and its values, borrowed from the map; the labels are ours */
    mts_block_t *block;
    CHECK(mts_tensormap_block_where(tensor, element, oxygen, 1, &block));
    const mts_labels_t *samples = mts_block_labels(block, 0);
    CHECK_POINTER(samples);
    const int32_t *atoms;
    uintptr_t rows, columns, shape[2] = {MTS_ANY_LENGTH, 1};
    CHECK(mts_labels_values_cpu(samples, &atoms, &rows, &columns));
    const double *energies = mts_block_elements(block, float64, shape, 2);
    CHECK_POINTER(energies);
    for (uintptr_t i = 0; i < rows; i++) {
        printf("oxygen: system %d, atom %d, energy %g\n", atoms[2 * i], atoms[2 * i + 1], energies[i]);
    }

    mts_labels_free(samples);
    mts_labels_free(keys);
    mts_tensormap_free(tensor);
    return EXIT_SUCCESS;
}
