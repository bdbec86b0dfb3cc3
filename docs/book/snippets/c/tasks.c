/* Parts of this program are shown in pages about tasks. */
// ANCHOR: headers
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>
#include <metatensor/operations.h>
#include <metatensor/products.h>
// ANCHOR_END: headers

#include "../../../../examples-c/check.h"

// ANCHOR: merge
mts_tensormap_t *one_block(const mts_tensormap_t *pairs) {
    const char *center = "center_type", *neighbor = "neighbor_type";
    const mts_labels_t *centers = mts_labels_from_table(&center, 1, NULL, 0);
    const mts_labels_t *neighbors = mts_labels_from_table(&neighbor, 1, NULL, 0);
    const double zero = 0;
    mts_array_t fill[2]; /* each function takes its own */
    CHECK(mts_array_from_scalar(float64, &zero, &fill[0]));
    CHECK(mts_array_from_scalar(float64, &zero, &fill[1]));

    mts_tensormap_t *by_neighbor = mts_tensormap_keys_to_samples(pairs, centers, fill[0], true);
    CHECK_POINTER(by_neighbor);
    mts_tensormap_t *atoms = mts_tensormap_keys_to_properties(by_neighbor, neighbors, fill[1], true);
    CHECK_POINTER(atoms);
    mts_tensormap_free(by_neighbor);
    mts_labels_free(neighbors);
    mts_labels_free(centers);
    return atoms;
}
// ANCHOR_END: merge

// ANCHOR: reduce
mts_tensormap_t *systems(const mts_tensormap_t *atoms) {
    const char *names[] = {"atom"};
    mts_tensormap_t *sums;
    CHECK(mts_sum_over_samples(atoms, names, 1, &sums));
    return sums;
}
// ANCHOR_END: reduce

// ANCHOR: part
mts_tensormap_t *some_atoms(const char *path, const int32_t *atoms, uintptr_t count) {
    mts_map_file_t *file;
    CHECK(mts_map_file_open(path, NULL, &file));
    const char *name = "atom";
    const mts_labels_t *samples = mts_labels_from_table(&name, 1, atoms, count);
    mts_map_selection_t selection = {NULL, samples, NULL};
    mts_tensormap_t *part;
    CHECK(mts_map_file_load_selected(file, &selection, NULL, &part));
    mts_labels_free(samples);
    mts_map_file_free(file);
    return part;
}
// ANCHOR_END: part

int main(void) {
    mts_tensormap_t *pairs = mts_tensormap_load("radial-spectrum.mts", mts_create_array);
    CHECK_POINTER(pairs);
    mts_tensormap_t *maps[] = {one_block(pairs), systems(pairs), some_atoms("radial-spectrum.mts", (int32_t[]){4, 5}, 2)};
    const char *const names[] = {"merge", "reduce", "part"};
    for (int i = 0; i < 3; i++) {
        printf("ANCHOR: %s\n", names[i]);
        CHECK(mts_tensormap_print(maps[i], 3, stdout));
        printf("ANCHOR_END: %s\n", names[i]);
        mts_tensormap_free(maps[i]);
    }
    mts_tensormap_free(pairs);
    return EXIT_SUCCESS;
}
