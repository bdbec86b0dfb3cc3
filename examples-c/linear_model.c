/* A linear model of energies and forces.
 *
 *     linear_model DATA_DIRECTORY
 *
 * loads descriptors of the atoms in some molecules from `radial-spectrum.mts` in the directory, with their
 * gradients with respect to the positions, and sums them to descriptors of the system. From an energy and forces
 * it then finds the weights of a linear model, and prints what this model predicts.
 */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/operations.h>

#include "check.h"

/* A fill value, which is taken by the function that gets it. */
static mts_array_t zero(void) {
    const double value = 0;
    mts_array_t array;
    CHECK(mts_array_from_scalar(float64, &value, &array));
    return array;
}

/* Descriptors of whole systems: one block, with one sample per system. */
static mts_tensormap_t *load_descriptors(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/radial-spectrum.mts", directory);
    mts_tensormap_t *blocks = mts_tensormap_load(path, mts_create_array);
    CHECK_POINTER(blocks);

    /* There is one block per pair of types. Labels without any entry move a dimension of the keys to the samples, or
     * to the properties, for all blocks. Pairs of types that are not there have zeros, the fill value. */
    const char *center = "center_type", *neighbor = "neighbor_type";
    const mts_labels_t *centers = mts_labels_from_table(&center, 1, NULL, 0);
    const mts_labels_t *neighbors = mts_labels_from_table(&neighbor, 1, NULL, 0);
    mts_tensormap_t *by_neighbor = mts_tensormap_keys_to_samples(blocks, centers, zero(), true);
    CHECK_POINTER(by_neighbor);
    mts_tensormap_t *atoms = mts_tensormap_keys_to_properties(by_neighbor, neighbors, zero(), true);
    CHECK_POINTER(atoms);

    /* Samples are now (system, atom, center_type), and the energy of a system is a sum over atoms. */
    const char *summed[] = {"atom", "center_type"};
    mts_tensormap_t *systems;
    CHECK(mts_sum_over_samples(atoms, summed, 2, &systems));

    mts_tensormap_free(atoms);
    mts_tensormap_free(by_neighbor);
    mts_tensormap_free(blocks);
    mts_labels_free(neighbors);
    mts_labels_free(centers);
    return systems;
}

/* Energies and forces that would come from another program. These are made up: a linear function of the
 * descriptors, with weights that the model does not know. */
static mts_tensormap_t *reference_for(mts_tensormap_t *descriptors) {
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
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1), *reference;
    CHECK(mts_dot(descriptors, map, &reference));

    mts_tensormap_free(map);
    mts_labels_free(outputs);
    mts_labels_free(properties);
    mts_labels_free(keys);
    return reference;
}

/* Forces are derivatives of the energy with respect to positions, with the opposite sign. */
static void print_energy_and_forces(const char *title, mts_tensormap_t *map) {
    mts_block_t *block, *gradient;
    CHECK(mts_tensormap_block_by_id(map, &block, 0));
    CHECK(mts_block_gradient(block, "positions", &gradient));
    uintptr_t shape[] = {MTS_ANY_LENGTH, 3, 1};
    const double *energy = mts_block_elements(block, float64, (uintptr_t[]){MTS_ANY_LENGTH, 1}, 2);
    const double *dE = mts_block_elements(gradient, float64, shape, 3);
    CHECK_POINTER(energy);
    CHECK_POINTER(dE);
    printf("%s energy: %9.6f\n", title, energy[0]);
    for (uintptr_t row = 0; row < shape[0]; row++, dE += 3) {
        /* -dE, but never -0 */
        printf("    force %9.6f %9.6f %9.6f\n", 0.0 - dE[0], 0.0 - dE[1], 0.0 - dE[2]);
    }
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: %s DATA_DIRECTORY\n", argv[0]);
        return EXIT_FAILURE;
    }
    mts_tensormap_t *descriptors = load_descriptors(argv[1]);
    mts_tensormap_t *reference = reference_for(descriptors);
    print_energy_and_forces("reference", reference);

    /* The weights that fit energies best, and forces: each component of each force is one equation. With fewer
     * independent equations than weights, these are the smallest of all weights that fit. */
    mts_tensormap_t *weights;
    mts_lstsq_options_t options = {1e-10};
    CHECK(mts_lstsq(descriptors, reference, &options, &weights));

    /* Predictions are products of descriptors and weights, and those of forces the same with gradients. */
    mts_tensormap_t *prediction;
    CHECK(mts_dot(descriptors, weights, &prediction));
    print_energy_and_forces("predicted", prediction);

    bool close;
    mts_allclose_options_t tolerance = {1e-9, 1e-9, false};
    CHECK(mts_allclose(prediction, reference, &tolerance, &close));
    printf("the model %s\n", close ? "fits" : "does not fit");

    mts_tensormap_free(prediction);
    mts_tensormap_free(weights);
    mts_tensormap_free(reference);
    mts_tensormap_free(descriptors);
    return close ? EXIT_SUCCESS : EXIT_FAILURE;
}
