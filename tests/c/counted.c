/* Kernels whose instructions are counted by tests/tests/instruction_counts.rs.
 *
 *     counted KERNEL
 *
 * prepares the input of a kernel, runs it once in the function `measured`, and checks that the result is plausible.
 * Inputs are the same in each run. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <metatensor.h>
#include <metatensor/operations.h>

enum {
    ROWS = 10000,
    LOOKUPS = 100000,
    DIMENSIONS = 4,
    SAMPLES = 20,
    PROPERTIES = 8,
};

static const char *const NAMES[DIMENSIONS] = {"system", "atom", "neighbor", "type"};

static _Noreturn void fail(const char *what) {
    const char *message = NULL;
    mts_last_error(&message, NULL, NULL);
    fprintf(stderr, "%s: %s\n", what, message);
    exit(1);
}

static void check(mts_status_t status, const char *what) {
    if (status != MTS_SUCCESS) {
        fail(what);
    }
}

static void check_that(bool condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "%s: not what it should be\n", what);
        exit(1);
    }
}

/* ---- inputs ---- */

static mts_array_t new_array(DLDataType dtype, uintptr_t shape_count, const uintptr_t *shape) {
    mts_array_t array;
    check(mts_create_array(shape, shape_count, dtype, &array), "mts_create_array");
    return array;
}

/* The elements of an array stay where they are when the DLPack tensor is gone. */
static void *elements(mts_array_t array) {
    DLManagedTensorVersioned *tensor = NULL;
    DLPackVersion version = {1, 0};
    DLDevice cpu = {kDLCPU, 0};
    check(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version), "as_dlpack");
    void *data = tensor->dl_tensor.data;
    tensor->deleter(tensor);
    return data;
}

static mts_array_t numbers(uintptr_t shape_count, const uintptr_t *shape) {
    mts_array_t array = new_array((DLDataType){kDLFloat, 64, 1}, shape_count, shape);
    double *data = elements(array);
    uintptr_t count = 1;
    for (uintptr_t i = 0; i < shape_count; i++) {
        count *= shape[i];
    }
    for (uintptr_t i = 0; i < count; i++) {
        data[i] = 1.0 + (double)(i % 100);
    }
    return array;
}

static const mts_labels_t *labels(uintptr_t dimensions, const char *const *names, uintptr_t rows, const int32_t *values) {
    uintptr_t shape[2] = {rows, dimensions};
    mts_array_t array = new_array((DLDataType){kDLInt, 32, 1}, 2, shape);
    if (rows * dimensions > 0) {
        memcpy(elements(array), values, rows * dimensions * sizeof *values);
    }
    const mts_labels_t *result = mts_labels(names, dimensions, array);
    if (result == NULL) {
        fail("mts_labels");
    }
    return result;
}

static const mts_labels_t *range(const char *name, int32_t count) {
    int32_t values[64];
    check_that(count <= 64, "count of a range");
    for (int32_t i = 0; i < count; i++) {
        values[i] = i;
    }
    return labels(1, &name, (uintptr_t)count, values);
}

/* `ROWS` distinct rows from the `first` on, in the order of some permutation. */
static int32_t *unsorted_rows(int32_t first) {
    int32_t *rows = malloc(ROWS * DIMENSIONS * sizeof *rows);
    for (int32_t i = 0; i < ROWS; i++) {
        /* 7919 is prime, thus has no factor in common with ROWS */
        int32_t number = first + (int32_t)((int64_t)i * 7919 % ROWS);
        int32_t row[DIMENSIONS] = {number / 400, number / 20 % 20, number % 20, number % 7};
        memcpy(rows + i * DIMENSIONS, row, sizeof row);
    }
    return rows;
}

/* Samples (system, atom), of which those of `block` and of its neighbors have a half in common. */
static const mts_labels_t *samples_of(int32_t block) {
    int32_t rows[SAMPLES][2];
    for (int32_t i = 0; i < SAMPLES; i++) {
        int32_t number = block * (SAMPLES / 2) + i;
        rows[i][0] = number / 10;
        rows[i][1] = number % 10;
    }
    return labels(2, NAMES, SAMPLES, rows[0]);
}

/* A map with keys (a, b), `b` below 10. With gradients, they have 5 rows per sample. */
static mts_tensormap_t *map(int32_t blocks_count, int32_t components_count, bool gradients) {
    mts_block_t **blocks = malloc((size_t)blocks_count * sizeof(mts_block_t *));
    int32_t *key_values = malloc((size_t)blocks_count * 2 * sizeof *key_values);
    const mts_labels_t *properties = range("n", PROPERTIES);
    const mts_labels_t *components[2] = {range("xyz", 3), range("o3_mu", components_count)};
    for (int32_t i = 0; i < blocks_count; i++) {
        key_values[2 * i] = i / 10;
        key_values[2 * i + 1] = i % 10;
        uintptr_t shape[3] = {SAMPLES, (uintptr_t)components_count, PROPERTIES};
        const mts_labels_t *samples = samples_of(i);
        blocks[i] = mts_block(numbers(3, shape), samples, components + 1, 1, properties);
        mts_labels_free(samples);
        if (blocks[i] == NULL) {
            fail("mts_block");
        }
        if (gradients) {
            enum { NEIGHBORS = 5 };
            const char *names[2] = {"sample", "atom"};
            int32_t rows[SAMPLES * NEIGHBORS][2];
            for (int32_t row = 0; row < SAMPLES * NEIGHBORS; row++) {
                rows[row][0] = row / NEIGHBORS;
                rows[row][1] = row % NEIGHBORS;
            }
            samples = labels(2, names, SAMPLES * NEIGHBORS, rows[0]);
            uintptr_t gradient_shape[4] = {SAMPLES * NEIGHBORS, 3, (uintptr_t)components_count, PROPERTIES};
            mts_block_t *gradient = mts_block(numbers(4, gradient_shape), samples, components, 2, properties);
            mts_labels_free(samples);
            if (gradient == NULL) {
                fail("mts_block");
            }
            check(mts_block_add_gradient(blocks[i], "positions", gradient), "mts_block_add_gradient");
        }
    }
    const char *names[2] = {"a", "b"};
    const mts_labels_t *keys = labels(2, names, (uintptr_t)blocks_count, key_values);
    mts_tensormap_t *result = mts_tensormap(keys, blocks, (uintptr_t)blocks_count);
    if (result == NULL) {
        fail("mts_tensormap");
    }
    mts_labels_free(keys);
    mts_labels_free(properties);
    mts_labels_free(components[0]);
    mts_labels_free(components[1]);
    free(key_values);
    free(blocks);
    return result;
}

static uintptr_t labels_count(const mts_labels_t *some) {
    const int32_t *values;
    uintptr_t count, size;
    check(mts_labels_values_cpu(some, &values, &count, &size), "mts_labels_values_cpu");
    return count;
}

/* ---- kernels: prepare, run (the only part that counts), verify ---- */

static int32_t *rows;
static const mts_labels_t *first, *second;
static const mts_labels_t *made;
static int64_t *mapping;
static int64_t found;
static mts_array_t values;
static mts_tensormap_t *input, *other, *output;

static void prepare_create(void) {
    uintptr_t shape[2] = {ROWS, DIMENSIONS};
    values = new_array((DLDataType){kDLInt, 32, 1}, 2, shape);
    rows = unsorted_rows(0);
    memcpy(elements(values), rows, ROWS * DIMENSIONS * sizeof *rows);
}

static void run_create(void) {
    made = mts_labels(NAMES, DIMENSIONS, values);
}

static void verify_create(void) {
    check_that(made != NULL && labels_count(made) == ROWS, "new labels");
}

static void prepare_labels(void) {
    rows = unsorted_rows(0);
    first = labels(DIMENSIONS, NAMES, ROWS, rows);
    int32_t *more = unsorted_rows(ROWS / 2);
    second = labels(DIMENSIONS, NAMES, ROWS, more);
    free(more);
    mapping = malloc(2 * ROWS * sizeof *mapping);
    /* so that the index is there */
    int64_t position;
    check(mts_labels_position(first, rows, DIMENSIONS, &position), "mts_labels_position");
}

static void run_position(void) {
    for (int32_t i = 0; i < LOOKUPS; i++) {
        int64_t position = -1;
        mts_labels_position(first, rows + i % ROWS * DIMENSIONS, DIMENSIONS, &position);
        found += position == i % ROWS;
    }
}

static void verify_position(void) {
    check_that(found == LOOKUPS, "positions");
}

static void run_union(void) {
    mts_labels_union(first, second, &made, mapping, ROWS, mapping + ROWS, ROWS);
}

static void verify_union(void) {
    check_that(made != NULL && labels_count(made) == ROWS + ROWS / 2, "union");
}

static void prepare_select(void) {
    prepare_labels();
    int32_t wanted[5][2] = {{3, 1}, {5, 2}, {7, 3}, {11, 4}, {13, 5}};
    mts_labels_free(second);
    second = labels(2, NAMES, 5, wanted[0]);
}

static void run_select(void) {
    uintptr_t count = ROWS;
    mts_labels_select(first, second, (uint64_t *)mapping, &count);
    found = (int64_t)count;
}

static void verify_select(void) {
    check_that(found == 5 * 20, "selection");
}

static void prepare_multiply(void) {
    input = map(20, 5, true);
    other = map(20, 5, true);
}

static void run_multiply(void) {
    mts_multiply(input, other, &output);
}

static void prepare_move(void) {
    input = map(200, 3, false);
    second = labels(1, (const char *[]){"b"}, 0, NULL);
    values = numbers(0, NULL);
}

static void run_keys_to_samples(void) {
    output = mts_tensormap_keys_to_samples(input, second, values, true);
}

static void run_keys_to_properties(void) {
    output = mts_tensormap_keys_to_properties(input, second, values, true);
}

static void prepare_files(void) {
    input = map(200, 3, false);
}

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return realloc(buffer, size);
}

static void run_save_and_load(void) {
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    mts_tensormap_save_buffer(&buffer, &size, NULL, grow, input);
    output = mts_tensormap_load_buffer(buffer, size, mts_create_array);
    free(buffer);
}

static void verify_blocks(uintptr_t expected) {
    if (output == NULL) {
        fail("the kernel");
    }
    const mts_labels_t *keys = mts_tensormap_keys(output);
    check_that(keys != NULL && labels_count(keys) == expected, "number of blocks");
    mts_labels_free(keys);
}

static void verify_20_blocks(void) {
    verify_blocks(20);
}

static void verify_200_blocks(void) {
    verify_blocks(200);
}

static const struct {
    const char *name;
    void (*prepare)(void);
    void (*run)(void);
    void (*verify)(void);
} KERNELS[] = {
    {"labels_create", prepare_create, run_create, verify_create},
    {"labels_position", prepare_labels, run_position, verify_position},
    {"labels_union", prepare_labels, run_union, verify_union},
    {"labels_select", prepare_select, run_select, verify_select},
    {"multiply", prepare_multiply, run_multiply, verify_20_blocks},
    {"keys_to_samples", prepare_move, run_keys_to_samples, verify_20_blocks},
    {"keys_to_properties", prepare_move, run_keys_to_properties, verify_20_blocks},
    {"save_and_load", prepare_files, run_save_and_load, verify_200_blocks},
};

/* Callgrind counts from when this function is called until it returns. */
__attribute__((noinline)) void measured(void (*run)(void));
void measured(void (*run)(void)) {
    run();
    __asm__ volatile("");
}

int main(int argc, char **argv) {
    for (size_t i = 0; i < sizeof KERNELS / sizeof *KERNELS; i++) {
        if (argc == 2 && strcmp(argv[1], KERNELS[i].name) == 0) {
            KERNELS[i].prepare();
            measured(KERNELS[i].run);
            KERNELS[i].verify();
            mts_tensormap_free(input);
            mts_tensormap_free(other);
            mts_tensormap_free(output);
            mts_labels_free(first);
            mts_labels_free(second);
            mts_labels_free(made);
            free(rows);
            free(mapping);
            return 0;
        }
    }
    fprintf(stderr, "usage: counted KERNEL\n");
    return 2;
}
