/* What the workloads work on: always the same rows, labels, blocks and maps. */

#ifndef INPUTS_H
#define INPUTS_H

#include "side.h"

enum { DIMENSIONS = 4 };

static const char *const NAMES[DIMENSIONS] = {"system", "atom", "neighbor", "type"};

typedef enum { SORTED, UNSORTED } order_t;
typedef enum { MALLOC, NATIVE } memory_t;

static uint64_t random_number(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void shuffle(int32_t *rows, size_t count, size_t size) {
    uint64_t state = count;
    for (size_t i = count; i-- > 1;) {
        int32_t *a = rows + i * size, *b = rows + random_number(&state) % (i + 1) * size;
        for (size_t d = 0; d < size; d++) {
            int32_t value = a[d];
            a[d] = b[d];
            b[d] = value;
        }
    }
}

/* `count` distinct rows, from number `first` of a long list on. */
static int32_t *new_rows(size_t first, size_t count, size_t size, order_t order) {
    int32_t *rows = malloc((count + 1) * size * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        int32_t k = (int32_t)(first + i), *row = rows + i * size;
        if (size == 1) {
            row[0] = k;
        } else if (size == 2) {
            row[0] = k / 100, row[1] = k % 100;
        } else {
            row[0] = k / 600, row[1] = k / 20 % 30, row[2] = k % 20, row[3] = k % 7;
        }
    }
    if (order == UNSORTED) {
        shuffle(rows, count, size);
    }
    return rows;
}

/* ---- labels ---- */

/* On top of rows that outlive them. */
static const mts_labels_t *labels_of(const char *const *names, size_t size, size_t count, const int32_t *rows) {
    uintptr_t shape[2] = {count, size};
    mts_array_t values = as_mts(new_array(I32, 2, shape, (void *)rows));
    return MAKE(api->mts_labels(names, size, values));
}

static const mts_labels_t *labels_copy(const char *const *names, size_t size, size_t count, const int32_t *rows) {
    uintptr_t shape[2] = {count, size};
    array_t *values = new_array(I32, 2, shape, NULL);
    if (count > 0) {
        memcpy(values->data, rows, size_of(values));
    }
    return MAKE(api->mts_labels(names, size, as_mts(values)));
}

static const mts_labels_t *range(const char *name, size_t count) {
    int32_t *rows = new_rows(0, count, 1, SORTED);
    const mts_labels_t *labels = labels_copy(&name, 1, count, rows);
    free(rows);
    return labels;
}

/* ---- arrays and blocks ---- */

static mts_array_t new_values(memory_t memory, uintptr_t axes, const uintptr_t *shape) {
    mts_array_t array = {0};
    bool native = memory == NATIVE && api->create_array != NULL;
    DO((native ? api->create_array : malloc_create_array)(shape, axes, F64, &array));
    return array;
}

static mts_array_t zero(memory_t memory) {
    mts_array_t array = new_values(memory, 0, NULL);
    *(double *)elements(array) = 0.0;
    return array;
}

/* Different numbers for each `seed`. */
static mts_array_t numbers(memory_t memory, uintptr_t axes, const uintptr_t *shape, uint64_t seed) {
    mts_array_t array = new_values(memory, axes, shape);
    double *values = elements(array);
    size_t count = 1;
    for (uintptr_t i = 0; i < axes; i++) {
        count *= shape[i];
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = (double)((seed * 1000003 + i) % 65536) / 65536.0;
    }
    return array;
}

/* ---- maps ---- */

/* Keys (a, b) with 40 different `b`. Neighbors have half of their samples in common. */
static mts_tensormap_t *plain_map(memory_t memory, size_t blocks_count, size_t samples_count, size_t properties_count) {
    mts_block_t **blocks = malloc(blocks_count * sizeof(mts_block_t *));
    int32_t *keys = malloc(blocks_count * 2 * sizeof *keys);
    const mts_labels_t *properties = range("n", properties_count);
    for (size_t i = 0; i < blocks_count; i++) {
        keys[2 * i] = (int32_t)(i / 40);
        keys[2 * i + 1] = (int32_t)(i % 40);
        int32_t *rows = new_rows(i % 4 * (samples_count / 2), samples_count, 2, SORTED);
        const mts_labels_t *samples = labels_copy(NAMES, 2, samples_count, rows);
        mts_array_t values = numbers(memory, 2, (uintptr_t[]){samples_count, properties_count}, i);
        blocks[i] = MAKE(api->mts_block(values, samples, NULL, 0, properties));
        api->mts_labels_free(samples);
        free(rows);
    }
    const mts_labels_t *labels = labels_copy((const char *[]){"a", "b"}, 2, blocks_count, keys);
    mts_tensormap_t *map = MAKE(api->mts_tensormap(labels, blocks, blocks_count));
    api->mts_labels_free(labels);
    api->mts_labels_free(properties);
    free(keys);
    free(blocks);
    return map;
}

/* Gradients of a block with respect to positions, `neighbors` rows per sample. */
static void add_position_gradients(memory_t memory, mts_block_t *block, size_t samples_count, size_t neighbors,
                                   const mts_labels_t *mu, size_t mu_count, const mts_labels_t *properties,
                                   size_t properties_count) {
    size_t count = samples_count * neighbors;
    int32_t *rows = malloc((count + 1) * 2 * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        rows[2 * i] = (int32_t)(i / neighbors);
        rows[2 * i + 1] = (int32_t)(i % neighbors);
    }
    const mts_labels_t *samples = labels_copy((const char *[]){"sample", "atom"}, 2, count, rows);
    const mts_labels_t *xyz = range("xyz", 3);
    uintptr_t shape[4] = {count, 3, mu_count, properties_count};
    const mts_labels_t *components[2] = {xyz, mu};
    mts_array_t values = numbers(memory, 4, shape, samples_count);
    mts_block_t *gradient = MAKE(api->mts_block(values, samples, components, 2, properties));
    DO(api->mts_block_add_gradient(block, "positions", gradient));
    api->mts_labels_free(samples);
    api->mts_labels_free(xyz);
    free(rows);
}

/* Like the expansion of neighbor densities in spherical harmonics: keys (o3_lambda, center_type, neighbor_type),
 * about `n` samples (system, atom) per block, and gradients if there are `neighbors`. */
static mts_tensormap_t *spherical_map(memory_t memory, size_t n, size_t neighbors) {
    enum { TYPES = 4, LAMBDAS = 5, BLOCKS = LAMBDAS * TYPES * TYPES, PROPERTIES = 64 };
    mts_block_t *blocks[BLOCKS];
    int32_t keys[BLOCKS][3];
    int32_t *rows = malloc(2 * n * 2 * sizeof *rows);
    const mts_labels_t *properties = range("n", PROPERTIES);
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t lambda = i / (TYPES * TYPES), center = i / TYPES % TYPES, neighbor = i % TYPES;
        keys[i][0] = (int32_t)lambda, keys[i][1] = (int32_t)center, keys[i][2] = (int32_t)neighbor;
        /* Not all centers have neighbors of all types. */
        size_t count = 0;
        for (size_t atom = 0; atom < n + n / 4; atom++) {
            uint64_t state = atom * TYPES + neighbor;
            if (random_number(&state) % 5 != 0) {
                rows[2 * count] = (int32_t)(atom / 10);
                rows[2 * count + 1] = (int32_t)(atom % 10 * TYPES + center);
                count++;
            }
        }
        size_t mu_count = 2 * lambda + 1;
        const mts_labels_t *samples = labels_copy(NAMES, 2, count, rows);
        const mts_labels_t *mu = range("o3_mu", mu_count);
        mts_array_t values = numbers(memory, 3, (uintptr_t[]){count, mu_count, PROPERTIES}, i);
        blocks[i] = MAKE(api->mts_block(values, samples, &mu, 1, properties));
        if (neighbors > 0) {
            add_position_gradients(memory, blocks[i], count, neighbors, mu, mu_count, properties, PROPERTIES);
        }
        api->mts_labels_free(samples);
        api->mts_labels_free(mu);
    }
    const char *names[] = {"o3_lambda", "center_type", "neighbor_type"};
    const mts_labels_t *labels = labels_copy(names, 3, BLOCKS, keys[0]);
    mts_tensormap_t *map = MAKE(api->mts_tensormap(labels, blocks, BLOCKS));
    api->mts_labels_free(labels);
    api->mts_labels_free(properties);
    free(rows);
    return map;
}

#endif
