/* From a spherical expansion to a power spectrum, and to the energy and forces of a linear model.
 *
 *     power_spectrum DATA_DIRECTORY
 *
 * loads the spherical expansion of a molecule from `spherical-expansion.mts` in the directory: for each atom, the density of its
 * neighbors around it, with gradients with respect to the positions of all atoms.
 */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/operations.h>
#include <metatensor/products.h>

#include "check.h"

#include <math.h>

/* Products that do not change when the molecule is rotated, for all pairs of neighbors; with one row for each atom, in one
 * block. */
static mts_tensormap_t *load_descriptors(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/spherical-expansion.mts", directory);
    mts_tensormap_t *expansion = mts_tensormap_load(path, mts_create_array), *expected, *spectrum;
    CHECK_POINTER(expansion);

    /* How much memory the result takes is known before it is computed. */
    mts_invariants_options_t options = MTS_INVARIANTS_OPTIONS_INIT;
    options.pairs = MTS_NEIGHBOR_PAIRS_ALL;
    CHECK(mts_invariants_metadata(expansion, &options, &expected));
    uint64_t bytes;
    CHECK(mts_estimate_bytes(expected, &bytes));
    printf("the power spectrum takes %llu bytes\n", (unsigned long long)bytes);
    CHECK(mts_invariants(expansion, &options, &spectrum));

    /* Labels without any entry move a dimension of the keys to the samples, for all blocks. */
    const char *center = "center_type";
    const mts_labels_t *centers = mts_labels_from_table(&center, 1, NULL, 0);
    const double zero = 0;
    mts_array_t fill;
    CHECK(mts_array_from_scalar(float64, &zero, &fill));
    mts_tensormap_t *atoms = mts_tensormap_keys_to_samples(spectrum, centers, fill, true);
    CHECK_POINTER(atoms);

    mts_labels_free(centers);
    mts_tensormap_free(spectrum);
    mts_tensormap_free(expected);
    mts_tensormap_free(expansion);
    return atoms;
}

/* Energies of the atoms: products with made up weights, one for each property. */
static mts_tensormap_t *energies_of(mts_tensormap_t *descriptors) {
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id(descriptors, &block, 0));
    const mts_labels_t *keys = mts_tensormap_keys(descriptors), *properties = mts_block_labels(block, 1);
    const char *energy = "energy";
    const mts_labels_t *outputs = mts_labels_from_table(&energy, 1, (int32_t[]){0}, 1);

    uintptr_t shape[] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH};
    CHECK_POINTER(mts_block_elements(block, float64, shape, 2));
    shape[0] = 1;
    mts_array_t array;
    CHECK(mts_create_array(shape, 2, float64, &array));
    /* A block takes ownership of its array, and a map of its blocks; labels are still ours. */
    block = mts_block(array, outputs, NULL, 0, properties);
    CHECK_POINTER(block);
    double *weights = mts_block_mutable_elements(block, float64, shape, 2);
    CHECK_POINTER(weights);
    for (uintptr_t i = 0; i < shape[1]; i++) weights[i] = (i % 2 == 0 ? 1.0 : -1.0) / (double)(i + 1);
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1), *energies;
    CHECK(mts_dot(descriptors, map, &energies));

    mts_tensormap_free(map);
    mts_labels_free(outputs);
    mts_labels_free(properties);
    mts_labels_free(keys);
    return energies;
}

/* The elements of the only block. */
static const double *values(const mts_tensormap_t *map, uintptr_t *rows) {
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id((mts_tensormap_t *)map, &block, 0));
    uintptr_t shape[] = {MTS_ANY_LENGTH, 1};
    const double *elements = mts_block_elements(block, float64, shape, 2);
    CHECK_POINTER(elements);
    *rows = shape[0];
    return elements;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s DATA_DIRECTORY\n", argv[0]);
        return EXIT_FAILURE;
    }
    mts_tensormap_t *atoms = load_descriptors(argv[1]);
    mts_tensormap_t *energies = energies_of(atoms);
    uintptr_t rows;
    const double *energy = values(energies, &rows);
    for (uintptr_t atom = 0; atom < rows; atom++) printf("energy of atom %d: %9.6f\n", (int)atom, energy[atom]);

    /* The energy of the molecule is the sum of those of its atoms. Its forces are minus the sums of their gradients. */
    const char *summed[] = {"atom", "center_type"};
    mts_tensormap_t *total;
    CHECK(mts_sum_over_samples(energies, summed, 2, &total));
    printf("energy: %9.6f\n", values(total, &rows)[0]);
    mts_block_t *forces;
    CHECK(mts_forces(total, NULL, &forces));
    uintptr_t shape[] = {MTS_ANY_LENGTH, 3, 1};
    const double *force = mts_block_elements(forces, float64, shape, 3);
    CHECK_POINTER(force);
    double sum[3] = {0, 0, 0};
    for (uintptr_t atom = 0; atom < shape[0]; atom++, force += 3) {
        printf("force on atom %d: %9.6f %9.6f %9.6f\n", (int)atom, force[0], force[1], force[2]);
        for (int i = 0; i < 3; i++) sum[i] += force[i];
    }

    /* Nothing changes when all atoms move together. */
    bool vanishes = fabs(sum[0]) < 1e-12 && fabs(sum[1]) < 1e-12 && fabs(sum[2]) < 1e-12;
    printf("the sum of forces %s zero\n", vanishes ? "is" : "is not");

    mts_block_free(forces);
    mts_tensormap_free(total);
    mts_tensormap_free(energies);
    mts_tensormap_free(atoms);
    return vanishes ? EXIT_SUCCESS : EXIT_FAILURE;
}
