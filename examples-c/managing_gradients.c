/* Where gradients are, and how to compute with them.
 *
 *     managing_gradients DATA_DIRECTORY OUTPUT_FILE
 *
 * loads `radial-spectrum.mts` and `spherical-expansion.mts` from the directory, prints what is in them, and
 * computes the square of the first, with its gradients: once by hand, and twice with the operations of the
 * library. The result is saved to the file.
 */
#include <metatensor.h>
#include <metatensor/gradient_map.h>
#include <metatensor/operations.h>

#include "check.h"

/* Print the labels of one axis of a block. We own the labels that a block gives us. */
static void print_axis(const char *title, const mts_block_t *block, uintptr_t axis) {
    const mts_labels_t *labels = mts_block_labels(block, axis);
    printf("%s", title);
    CHECK(mts_labels_print(labels, UINTPTR_MAX, stdout));
    mts_labels_free(labels);
}

/* Print `rows` rows of three numbers, `stride` numbers apart. */
static void print_numbers(const char *title, const double *values, uintptr_t rows, uintptr_t stride) {
    printf("%s", title);
    for (uintptr_t i = 0; i < rows; i++) {
        const double *row = values + i * stride;
        printf("%s[%11.8f, %11.8f, %11.8f]", i == 0 ? "[" : ",\n ", row[0], row[1], row[2]);
    }
    printf("]\n");
}

/* Print values and gradient of a block with three properties. */
static void print_block(const char *name, mts_block_t *block) {
    mts_block_t *gradient;
    CHECK(mts_block_gradient(block, "positions", &gradient));
    uintptr_t shape[] = {MTS_ANY_LENGTH, 3}, gradient_shape[] = {MTS_ANY_LENGTH, 3, 3};
    const double *values = mts_block_elements(block, float64, shape, 2);
    const double *derivatives = mts_block_elements(gradient, float64, gradient_shape, 3);
    CHECK_POINTER(values);
    CHECK_POINTER(derivatives);
    printf("\n%s ", name);
    print_numbers("values: ", values, shape[0], 3);
    printf("%s ", name);
    print_numbers("gradient along x: ", derivatives, gradient_shape[0], 9);
}

/* Square a block in place, with its gradient: the derivatives of x^2 are 2 x dx. */
static void square(mts_block_t *block) {
    mts_block_t *gradient;
    CHECK(mts_block_gradient(block, "positions", &gradient));
    uintptr_t shape[] = {MTS_ANY_LENGTH, MTS_ANY_LENGTH}, gradient_shape[] = {MTS_ANY_LENGTH, 3, MTS_ANY_LENGTH};
    double *x = mts_block_mutable_elements(block, float64, shape, 2);
    double *dx = mts_block_mutable_elements(gradient, float64, gradient_shape, 3);
    CHECK_POINTER(x);
    CHECK_POINTER(dx);

    /* Each row of the gradient is a derivative of one of the samples. The mapping tells which one. */
    const mts_gradient_map_t *map;
    const int64_t *parents;
    uintptr_t rows, properties = shape[1];
    CHECK(mts_gradient_map(block, "positions", &map));
    CHECK(mts_gradient_map_parents(map, &parents, &rows));
    for (uintptr_t row = 0; row < rows; row++) {
        for (uintptr_t i = 0; i < 3 * properties; i++) {
            dx[row * 3 * properties + i] *= 2.0 * x[(uintptr_t)parents[row] * properties + i % properties];
        }
    }
    for (uintptr_t i = 0; i < shape[0] * properties; i++) x[i] *= x[i];
    mts_gradient_map_free(map);
}

static mts_tensormap_t *load(const char *directory, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    mts_tensormap_t *map = mts_tensormap_load(path, mts_create_array);
    CHECK_POINTER(map);
    return map;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s DATA_DIRECTORY OUTPUT_FILE\n", argv[0]);
        return EXIT_FAILURE;
    }
    mts_tensormap_t *radial_spectrum = load(argv[1], "radial-spectrum.mts");
    CHECK(mts_tensormap_print(radial_spectrum, UINTPTR_MAX, stdout));

    /* Blocks and gradients are borrowed: they go away with the map. */
    mts_block_t *block, *gradient;
    CHECK(mts_tensormap_block_by_id(radial_spectrum, &block, 2));
    CHECK(mts_block_gradient(block, "positions", &gradient));
    print_axis("\ngradient samples: ", gradient, 0);
    print_axis("samples: ", block, 0);
    print_axis("gradient component: ", gradient, 1);

    mts_tensormap_t *spherical_expansion = load(argv[1], "spherical-expansion.mts");
    printf("\n");
    CHECK(mts_tensormap_print(spherical_expansion, UINTPTR_MAX, stdout));
    CHECK(mts_tensormap_block_by_id(spherical_expansion, &block, 2));
    CHECK(mts_block_gradient(block, "positions", &gradient));
    print_axis("\nfirst set of components: ", gradient, 1);
    print_axis("second set of components: ", gradient, 2);
    mts_tensormap_free(spherical_expansion);

    /* The square by hand: of a copy of the map, block by block. */
    mts_tensormap_t *squared = mts_tensormap_copy(radial_spectrum);
    CHECK_POINTER(squared);
    for (uintptr_t i = 0; mts_tensormap_block_by_id(squared, &block, i) == MTS_SUCCESS; i++) square(block);
    CHECK(mts_tensormap_block_by_id(radial_spectrum, &block, 2));
    print_block("radial_spectrum", block);
    CHECK(mts_tensormap_block_by_id(squared, &block, 2));
    print_block("square", block);

    /* The same with operations, which know about gradients. */
    mts_tensormap_t *multiplied, *power;
    CHECK(mts_multiply(radial_spectrum, radial_spectrum, &multiplied));
    CHECK(mts_pow(radial_spectrum, 2.0, &power));
    CHECK(mts_equal_raise(multiplied, squared));
    CHECK(mts_equal_raise(power, squared));
    printf("\nby hand, multiply and pow: equal\n");
    CHECK(mts_tensormap_save(argv[2], multiplied));

    mts_tensormap_free(power);
    mts_tensormap_free(multiplied);
    mts_tensormap_free(squared);
    mts_tensormap_free(radial_spectrum);
    return EXIT_SUCCESS;
}
