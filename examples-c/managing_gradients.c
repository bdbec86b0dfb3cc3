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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Functions return either a status, or a pointer which is NULL on error. In both cases, the last error of the
 * thread says what happened. A program that can go on after an error would not exit here. */
static void fail(const char *what) {
    const char *message = "";
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(EXIT_FAILURE);
}

#define CHECK(call) do { if ((call) != MTS_SUCCESS) fail(#call); } while (0)
#define CHECK_POINTER(pointer) do { if ((pointer) == NULL) fail(#pointer); } while (0)

/* ---------------------------------------------------------------- printing */

static int column_width(const char *name, const int32_t *values, size_t count, size_t stride) {
    int width = (int)strlen(name);
    for (size_t i = 0; i < count; i++) {
        int digits = snprintf(NULL, 0, "%d", values[i * stride]);
        if (digits > width) width = digits;
    }
    return width;
}

/* Print `text` in the middle of `width` characters; the last column has no spaces on its right. */
static void print_centered(const char *text, int width, bool last) {
    int missing = width - (int)strlen(text), left = missing / 2;
    printf("%*s%s", left, "", text);
    if (!last) printf("%*s  ", missing - left, "");
}

/* Print a table of labels, all lines but the first after `indent` spaces. */
static void print_table(const mts_labels_t *labels, int indent) {
    const char *const *names;
    const int32_t *values;
    uintptr_t size, count;
    CHECK(mts_labels_dimensions(labels, &names, &size));
    CHECK(mts_labels_values_cpu(labels, &values, &count, &size));
    for (size_t j = 0; j < size; j++) {
        print_centered(names[j], column_width(names[j], values + j, count, size), j + 1 == size);
    }
    printf("\n");
    for (size_t i = 0; i < count; i++) {
        printf("%*s", indent, "");
        for (size_t j = 0; j < size; j++) {
            char text[16];
            snprintf(text, sizeof text, "%d", values[i * size + j]);
            print_centered(text, column_width(names[j], values + j, count, size), j + 1 == size);
        }
        printf("\n");
    }
}

static void print_labels(const char *title, const mts_labels_t *labels) {
    printf("%sLabels(\n    ", title);
    print_table(labels, 4);
    printf(")\n");
}

/* Print the labels of one axis of a block. We own the labels that a block gives us. */
static void print_axis(const char *title, const mts_block_t *block, uintptr_t axis) {
    const mts_labels_t *labels = mts_block_labels(block, axis);
    CHECK_POINTER(labels);
    print_labels(title, labels);
    mts_labels_free(labels);
}

static uintptr_t count_blocks(const mts_tensormap_t *map) {
    const mts_labels_t *keys = mts_tensormap_keys(map);
    const int32_t *values;
    uintptr_t count, size;
    CHECK_POINTER(keys);
    CHECK(mts_labels_values_cpu(keys, &values, &count, &size));
    mts_labels_free(keys);
    return count;
}

static void print_map(const mts_tensormap_t *map) {
    const mts_labels_t *keys = mts_tensormap_keys(map);
    CHECK_POINTER(keys);
    printf("TensorMap with %zu blocks\nkeys: ", (size_t)count_blocks(map));
    print_table(keys, 6);
    mts_labels_free(keys);
}

/* ---------------------------------------------------------------- arrays */

/* Get the values of a block, 64-bit floats in row-major order, through DLPack. The tensor has to be given back
 * with `release` before the block is freed. */
static DLManagedTensorVersioned *values_of(mts_block_t *block, double **values) {
    mts_array_t array;
    CHECK(mts_block_data(block, &array));
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    CHECK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    if (tensor->dl_tensor.dtype.code != kDLFloat || tensor->dl_tensor.dtype.bits != 64) {
        fprintf(stderr, "expected 64-bit floats\n");
        exit(EXIT_FAILURE);
    }
    *values = (double *)(void *)((char *)tensor->dl_tensor.data + tensor->dl_tensor.byte_offset);
    return tensor;
}

static void release(DLManagedTensorVersioned *tensor) {
    if (tensor->deleter != NULL) tensor->deleter(tensor);
}

/* Print `rows` rows of three numbers, `stride` numbers apart. */
static void print_numbers(const char *title, const double *values, size_t rows, size_t stride) {
    printf("%s", title);
    for (size_t i = 0; i < rows; i++) {
        const double *row = values + i * stride;
        printf("%s[%11.8f, %11.8f, %11.8f]", i == 0 ? "[" : ",\n ", row[0], row[1], row[2]);
    }
    printf("]\n");
}

static void print_block(const char *name, mts_block_t *block) {
    mts_block_t *gradient;
    double *values, *derivatives;
    CHECK(mts_block_gradient(block, "positions", &gradient));
    DLManagedTensorVersioned *tensor = values_of(block, &values);
    DLManagedTensorVersioned *gradient_tensor = values_of(gradient, &derivatives);
    printf("\n%s ", name);
    print_numbers("values: ", values, (size_t)tensor->dl_tensor.shape[0], 3);
    printf("%s ", name);
    print_numbers("gradient along x: ", derivatives, (size_t)gradient_tensor->dl_tensor.shape[0], 9);
    release(gradient_tensor);
    release(tensor);
}

/* ---------------------------------------------------------------- the square */

/* Square a block in place, with its gradient: the derivatives of x^2 are 2 x dx. */
static void square(mts_block_t *block) {
    mts_block_t *gradient;
    CHECK(mts_block_gradient(block, "positions", &gradient));
    double *x, *dx;
    DLManagedTensorVersioned *x_tensor = values_of(block, &x), *dx_tensor = values_of(gradient, &dx);
    size_t samples = (size_t)x_tensor->dl_tensor.shape[0], properties = (size_t)x_tensor->dl_tensor.shape[1];

    /* Each row of the gradient is a derivative of one of the samples. The mapping tells which one. */
    const mts_gradient_map_t *map;
    const int64_t *parents;
    uintptr_t gradient_rows;
    CHECK(mts_gradient_map(block, "positions", &map));
    CHECK(mts_gradient_map_parents(map, &parents, &gradient_rows));
    for (size_t row = 0; row < gradient_rows; row++) {
        for (size_t xyz = 0; xyz < 3; xyz++) {
            for (size_t p = 0; p < properties; p++) {
                dx[(row * 3 + xyz) * properties + p] *= 2.0 * x[(size_t)parents[row] * properties + p];
            }
        }
    }
    for (size_t i = 0; i < samples * properties; i++) x[i] *= x[i];

    mts_gradient_map_free(map);
    release(dx_tensor);
    release(x_tensor);
}

static bool are_equal(const mts_tensormap_t *a, const mts_tensormap_t *b) {
    bool equal;
    CHECK(mts_equal(a, b, &equal));
    return equal;
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
    print_map(radial_spectrum);

    /* Blocks and gradients are borrowed: they go away with the map. */
    mts_block_t *block, *gradient;
    CHECK(mts_tensormap_block_by_id(radial_spectrum, &block, 2));
    CHECK(mts_block_gradient(block, "positions", &gradient));
    print_axis("\ngradient samples: ", gradient, 0);
    print_axis("samples: ", block, 0);
    print_axis("gradient component: ", gradient, 1);

    mts_tensormap_t *spherical_expansion = load(argv[1], "spherical-expansion.mts");
    printf("\n");
    print_map(spherical_expansion);
    CHECK(mts_tensormap_block_by_id(spherical_expansion, &block, 2));
    CHECK(mts_block_gradient(block, "positions", &gradient));
    print_axis("\nfirst set of components: ", gradient, 1);
    print_axis("second set of components: ", gradient, 2);
    mts_tensormap_free(spherical_expansion);

    /* The square by hand: of a copy of the map, block by block. */
    mts_tensormap_t *squared = mts_tensormap_copy(radial_spectrum);
    CHECK_POINTER(squared);
    for (uintptr_t i = 0; i < count_blocks(squared); i++) {
        CHECK(mts_tensormap_block_by_id(squared, &block, i));
        square(block);
    }
    CHECK(mts_tensormap_block_by_id(radial_spectrum, &block, 2));
    print_block("radial_spectrum", block);
    CHECK(mts_tensormap_block_by_id(squared, &block, 2));
    print_block("square", block);

    /* The same with operations, which know about gradients. */
    mts_tensormap_t *multiplied, *power;
    CHECK(mts_multiply(radial_spectrum, radial_spectrum, &multiplied));
    CHECK(mts_pow(radial_spectrum, 2.0, &power));
    bool all_equal = are_equal(multiplied, squared) && are_equal(power, squared);
    printf("\nby hand, multiply and pow: %s\n", all_equal ? "equal" : "different");

    CHECK(mts_tensormap_save(argv[2], multiplied));

    mts_tensormap_free(power);
    mts_tensormap_free(multiplied);
    mts_tensormap_free(squared);
    mts_tensormap_free(radial_spectrum);
    return all_equal ? EXIT_SUCCESS : EXIT_FAILURE;
}
