/* A linear model of energies and forces.
 *
 *     linear_model DATA_DIRECTORY
 *
 * loads descriptors of the atoms in some molecules from `radial-spectrum.mts` in the directory, with their
 * gradients with respect to the positions, and sums them to descriptors of the system. From an energy and forces
 * it then finds the weights of a linear model, and prints what this model predicts.
 */
#include <metatensor.h>
#include <metatensor/operations.h>

#include <stdio.h>
#include <stdlib.h>

/* Functions return either a status, or a pointer which is NULL on error. In both cases, the last error of the
 * thread says what happened. */
static void fail(const char *what) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(EXIT_FAILURE);
}

#define CHECK(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)
#define CHECK_POINTER(pointer) do { if ((pointer) == NULL) fail(#pointer); } while (0)

/* New array of zeros, of 64-bit floats or of 32-bit integers. */
static mts_array_t zeros(const uintptr_t *shape, uintptr_t shape_count, uint8_t code, uint8_t bits) {
    mts_array_t array;
    DLDataType dtype = {code, bits, 1};
    CHECK(mts_create_array(shape, shape_count, dtype, &array));
    return array;
}

/* Get the elements of an array in row-major order, through DLPack. The tensor has to be given back with `release`. */
static DLManagedTensorVersioned *elements_of(mts_array_t array, double **elements) {
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    *elements = (double *)(void *)((char *)tensor->dl_tensor.data + tensor->dl_tensor.byte_offset);
    return tensor;
}

static void release(DLManagedTensorVersioned *tensor) {
    if (tensor->deleter != NULL) tensor->deleter(tensor);
}

static mts_block_t *first_block(mts_tensormap_t *map) {
    mts_block_t *block;
    CHECK(mts_tensormap_block_by_id(map, &block, 0));
    return block;
}

/* ---------------------------------------------------------------- descriptors */

/* Descriptors of whole systems: one block, with one sample per system. */
static mts_tensormap_t *load_descriptors(const char *directory) {
    char path[4096];
    snprintf(path, sizeof path, "%s/radial-spectrum.mts", directory);
    mts_tensormap_t *blocks = mts_tensormap_load(path, mts_create_array);
    CHECK_POINTER(blocks);

    /* There is one block per pair of types. Labels without any entry move a dimension of the keys to the samples, or
     * to the properties, for all blocks. Pairs of types that are not there have zeros, the fill value. */
    const uintptr_t no_entries[] = {0, 1};
    const char *center = "center_type", *neighbor = "neighbor_type";
    const mts_labels_t *centers = mts_labels(&center, 1, zeros(no_entries, 2, kDLInt, 32));
    const mts_labels_t *neighbors = mts_labels(&neighbor, 1, zeros(no_entries, 2, kDLInt, 32));
    CHECK_POINTER(centers);
    CHECK_POINTER(neighbors);
    mts_tensormap_t *by_neighbor = mts_tensormap_keys_to_samples(blocks, centers, zeros(NULL, 0, kDLFloat, 64), true);
    CHECK_POINTER(by_neighbor);
    mts_tensormap_t *atoms = mts_tensormap_keys_to_properties(by_neighbor, neighbors, zeros(NULL, 0, kDLFloat, 64), true);
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

/* ---------------------------------------------------------------- reference */

/* Energies and forces that would come from another program. These are made up: a linear function of the
 * descriptors, with weights that the model does not know. */
static mts_tensormap_t *reference_for(mts_tensormap_t *descriptors) {
    const mts_labels_t *keys = mts_tensormap_keys(descriptors);
    const mts_labels_t *properties = mts_block_labels(first_block(descriptors), 1);
    CHECK_POINTER(keys);
    CHECK_POINTER(properties);
    const uintptr_t one_entry[] = {1, 1};
    const char *energy = "energy";
    const mts_labels_t *outputs = mts_labels(&energy, 1, zeros(one_entry, 2, kDLInt, 32));
    CHECK_POINTER(outputs);

    const int32_t *entries;
    uintptr_t shape[] = {1, 0}, size;
    CHECK(mts_labels_values_cpu(properties, &entries, &shape[1], &size));
    mts_array_t array = zeros(shape, 2, kDLFloat, 64);
    double *weights;
    DLManagedTensorVersioned *tensor = elements_of(array, &weights);
    for (uintptr_t i = 0; i < shape[1]; i++) weights[i] = (i % 2 == 0 ? 1.0 : -1.0) / (double)(i + 1);
    release(tensor);

    /* A block takes ownership of its array, and a map of its blocks; labels are still ours. */
    mts_block_t *block = mts_block(array, outputs, NULL, 0, properties);
    CHECK_POINTER(block);
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1);
    CHECK_POINTER(map);
    mts_tensormap_t *reference;
    CHECK(mts_dot(descriptors, map, &reference));

    mts_tensormap_free(map);
    mts_labels_free(outputs);
    mts_labels_free(properties);
    mts_labels_free(keys);
    return reference;
}

/* ---------------------------------------------------------------- printing */

/* Forces are derivatives of the energy with respect to positions, with the opposite sign. */
static void print_energy_and_forces(const char *title, mts_tensormap_t *map) {
    mts_block_t *block = first_block(map), *gradient;
    CHECK(mts_block_gradient(block, "positions", &gradient));
    mts_array_t values, derivatives;
    CHECK(mts_block_data(block, &values));
    CHECK(mts_block_data(gradient, &derivatives));

    double *energy, *dE;
    DLManagedTensorVersioned *tensor = elements_of(values, &energy);
    printf("%s energy: %9.6f\n", title, energy[0]);
    release(tensor);
    tensor = elements_of(derivatives, &dE);
    for (int64_t row = 0; row < tensor->dl_tensor.shape[0]; row++, dE += 3) {
        /* -dE, but never -0 */
        printf("    force %9.6f %9.6f %9.6f\n", 0.0 - dE[0], 0.0 - dE[1], 0.0 - dE[2]);
    }
    release(tensor);
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
