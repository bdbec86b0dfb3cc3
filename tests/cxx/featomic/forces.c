/* What forces.cpp does, in C: squares of all values with their gradients by hand, and forces for the energy that is the sum of the
 * squares.
 *
 *     forces FILE
 */
#include <metatensor.h>
#include <metatensor/gradient_map.h>
#include <metatensor/shortcuts.h>

#include "../../c/support/check.h"

#include <inttypes.h>

static const DLDataType float64 = {kDLFloat, 64, 1};

static void print(const char *title, const double *values, uintptr_t count) {
    printf("%s", title);
    for (uintptr_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        printf(" %016" PRIx64, bits);
    }
    printf("\n");
}

static void print_block(mts_block_t *block) {
    mts_block_t *gradient;
    CHECK_OK(mts_block_gradient(block, "positions", &gradient));
    uintptr_t shape[] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH}, gradient_shape[] = {MTS_ANY_LENGTH, 3, MTS_ANY_LENGTH};
    double *x = mts_block_mutable_elements(block, float64, shape, 2);
    double *dx = mts_block_mutable_elements(gradient, float64, gradient_shape, 3);
    CHECK(x != NULL && dx != NULL);
    uintptr_t n = shape[1], rows = gradient_shape[0];
    const mts_gradient_map_t *map;
    const int64_t *parents;
    CHECK_OK(mts_gradient_map(block, "positions", &map));
    CHECK_OK(mts_gradient_map_parents(map, &parents, &rows));

    /* forces first: minus the derivatives of the energy, added for each atom */
    const mts_labels_t *samples = mts_block_labels(gradient, 0);
    const int32_t *labels;
    uintptr_t count, size;
    CHECK_OK(mts_labels_values_cpu(samples, &labels, &count, &size));
    CHECK(size == 3);
    double forces[6 * 3] = {0};
    for (uintptr_t row = 0; row < rows; row++) {
        for (uintptr_t xyz = 0; xyz < 3; xyz++) {
            double sum = 0;
            for (uintptr_t i = 0; i < n; i++) sum += 2 * x[(uintptr_t)parents[row] * n + i] * dx[(row * 3 + xyz) * n + i];
            forces[labels[3 * row + 2] * 3 + (int32_t)xyz] += -sum;
        }
    }
    for (uintptr_t i = 0; i < rows * 3 * n; i++) dx[i] = 2 * x[(uintptr_t)parents[i / (3 * n)] * n + i % n] * dx[i];
    for (uintptr_t i = 0; i < shape[0] * n; i++) x[i] *= x[i];
    print("square", x, shape[0] * n);
    print("gradient", dx, rows * 3 * n);
    print("forces", forces, 18);
    mts_labels_free(samples);
    mts_gradient_map_free(map);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    mts_tensormap_t *tensor = mts_tensormap_load(argv[1], mts_create_array);
    CHECK(tensor != NULL);
    mts_block_t *block;
    for (uintptr_t i = 0; mts_tensormap_block_by_id(tensor, &block, i) == MTS_SUCCESS; i++) print_block(block);
    CHECK_OK(mts_tensormap_free(tensor));
    return EXIT_SUCCESS;
}
