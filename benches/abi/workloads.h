/* The workloads: each prepares once, then repeats `before`, `timed` (all that counts) and `after`. */

#ifndef WORKLOADS_H
#define WORKLOADS_H

#include <unistd.h>

#include "inputs.h"

enum { LOOKUPS = 100000, MAX_BATCH = 1000 };

typedef struct work {
    char name[80];
    size_t n;
    /* How many times the work is done in `timed`: times are for one of them. */
    size_t batch;
    void (*prepare)(struct work *);
    void (*before)(struct work *);
    void (*timed)(struct work *);
    /* Releases what `timed` made, and adds it to the digest if this is not NULL. */
    void (*after)(struct work *, uint64_t *);
    void (*finish)(struct work *);

    /* Which variant of the work this is: those that matter to it. */
    size_t dimensions;
    order_t order;
    memory_t memory;
    enum { CHECKED, UNCHECKED } checks;
    enum { COLD, READY } index;
    enum { HIT, MISS } lookup;
    enum { TO_SAMPLES, TO_PROPERTIES, COMPONENTS } move;
    enum { TO_FILE, TO_BUFFER } target;
    enum { TINY, SPHERICAL, GRADIENTS, LARGE_ARRAYS, LABELS } object;
    enum { UNION, INTERSECTION, DIFFERENCE } merge;

    /* What it works on. */
    int32_t *rows[2];
    const mts_labels_t *labels[2];
    const mts_labels_t *made[MAX_BATCH];
    mts_array_t array;
    int64_t *mapping;
    uint64_t sum;
    mts_block_t **blocks;
    mts_block_t *block, *gradient;
    mts_tensormap_t *map, *result;
    uint8_t *buffer;
    uintptr_t buffer_size;
    char path[64];
} work_t;

static void finish_work(work_t *work) {
    for (int i = 0; i < 2; i++) {
        if (work->labels[i] != NULL) {
            api->mts_labels_free(work->labels[i]);
        }
        free(work->rows[i]);
    }
    free(work->mapping);
    free(work->blocks);
    free(work->buffer);
    if (work->map != NULL) {
        api->mts_tensormap_free(work->map);
    }
    if (work->path[0] != '\0') {
        unlink(work->path);
    }
}

/* ---- labels ---- */

static void prepare_rows(work_t *work) {
    work->rows[0] = new_rows(0, work->n, work->dimensions, work->order);
    work->array = as_mts(new_array(I32, 2, (uintptr_t[]){work->n, work->dimensions}, work->rows[0]));
    work->array.destroy = NULL;
}

static void finish_rows(work_t *work) {
    array_destroy(work->array.ptr);
    finish_work(work);
}

static const mts_labels_t *one_more(work_t *work) {
    return MAKE(work->checks == CHECKED ? api->mts_labels(NAMES, work->dimensions, work->array)
                                        : api->mts_labels_assume_unique(NAMES, work->dimensions, work->array));
}

static void create_labels(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        work->made[i] = one_more(work);
    }
}

static void create_and_free_labels(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        api->mts_labels_free(one_more(work));
    }
}

static void digest_one_more(work_t *work, uint64_t *state) {
    if (state != NULL) {
        const mts_labels_t *labels = one_more(work);
        digest_labels(state, labels);
        api->mts_labels_free(labels);
    }
}

static void first_positions(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        int64_t position;
        DO(api->mts_labels_position(work->made[i], work->rows[0], work->dimensions, &position));
        work->sum += (uint64_t)position;
    }
}

static void free_made_labels(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest_labels(state, work->made[0]);
        digest(state, &work->sum, sizeof work->sum);
    }
    for (size_t i = 0; i < work->batch; i++) {
        api->mts_labels_free(work->made[i]);
    }
}

static void prepare_lookups(work_t *work) {
    prepare_rows(work);
    uint64_t random = 1;
    work->rows[1] = malloc(LOOKUPS * work->dimensions * sizeof(int32_t));
    for (size_t i = 0; i < LOOKUPS; i++) {
        int32_t *row = work->rows[1] + i * work->dimensions;
        const int32_t *from = work->rows[0] + random_number(&random) % work->n * work->dimensions;
        memcpy(row, from, work->dimensions * sizeof *row);
        if (work->lookup == MISS) {
            row[0] += 1 << 30;
        }
    }
}

/* A new index each time, as a fast or slow place in memory is a matter of luck. */
static void before_lookups(work_t *work) {
    int64_t position;
    work->labels[0] = MAKE(api->mts_labels(NAMES, work->dimensions, work->array));
    DO(api->mts_labels_position(work->labels[0], work->rows[0], work->dimensions, &position));
    work->sum = 0;
}

static void look_up(work_t *work) {
    for (size_t i = 0; i < LOOKUPS; i++) {
        int64_t position;
        DO(api->mts_labels_position(work->labels[0], work->rows[1] + i * work->dimensions, work->dimensions, &position));
        work->sum = work->sum * 3 + (uint64_t)position;
    }
}

static void after_lookups(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest(state, &work->sum, sizeof work->sum);
    }
    api->mts_labels_free(work->labels[0]);
    work->labels[0] = NULL;
}

static void prepare_select(work_t *work) {
    work->rows[0] = new_rows(0, work->n, DIMENSIONS, UNSORTED);
    work->labels[0] = labels_of(NAMES, DIMENSIONS, work->n, work->rows[0]);
    size_t count = work->dimensions == DIMENSIONS ? work->n / 10 : work->dimensions == 2 ? 100 : 10;
    work->rows[1] = new_rows(work->n / 2, count, work->dimensions, UNSORTED);
    for (size_t i = 0; i < count && work->dimensions < DIMENSIONS; i++) {
        int32_t *row = work->rows[1] + i * work->dimensions;
        row[0] = (int32_t)(i % 10);
        if (work->dimensions == 2) {
            row[1] = (int32_t)(i / 10);
        }
    }
    work->labels[1] = labels_of(NAMES, work->dimensions, count, work->rows[1]);
    work->mapping = malloc(work->n * sizeof *work->mapping);
}

static void select_rows(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        uintptr_t count = work->n;
        DO(api->mts_labels_select(work->labels[0], work->labels[1], (uint64_t *)work->mapping, &count));
        work->sum = count;
    }
}

static void digest_selection(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest(state, work->mapping, work->sum * sizeof *work->mapping);
    }
}

static void prepare_merge(work_t *work) {
    work->mapping = calloc(2 * work->n, sizeof *work->mapping);
    for (size_t i = 0; i < 2; i++) {
        work->rows[i] = new_rows(i * work->n / 2, work->n, work->dimensions, work->order);
    }
}

static void before_merge(work_t *work) {
    for (size_t i = 0; i < 2; i++) {
        int64_t position;
        work->labels[i] = labels_of(NAMES, work->dimensions, work->n, work->rows[i]);
        if (work->index == READY) {
            DO(api->mts_labels_position(work->labels[i], work->rows[i], work->dimensions, &position));
        }
    }
}

static void merge_labels(work_t *work) {
    const mts_labels_t **result = &work->made[0];
    const mts_labels_t *first = work->labels[0], *second = work->labels[1];
    int64_t *mapping = work->mapping;
    size_t n = work->n;
    if (work->merge == UNION) {
        DO(api->mts_labels_union(first, second, result, mapping, n, mapping + n, n));
    } else if (work->merge == INTERSECTION) {
        DO(api->mts_labels_intersection(first, second, result, mapping, n, mapping + n, n));
    } else {
        DO(api->mts_labels_difference(first, second, result, mapping, n));
    }
}

static void after_merge(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest_labels(state, work->made[0]);
        digest(state, work->mapping, 2 * work->n * sizeof *work->mapping);
    }
    api->mts_labels_free(work->made[0]);
    for (int i = 0; i < 2; i++) {
        api->mts_labels_free(work->labels[i]);
        work->labels[i] = NULL;
    }
}

/* ---- blocks ---- */

static void prepare_block(work_t *work) {
    work->rows[0] = new_rows(0, work->n, 2, SORTED);
    work->labels[0] = labels_of(NAMES, 2, work->n, work->rows[0]);
    work->labels[1] = range("n", 4);
    work->blocks = malloc(work->batch * sizeof *work->blocks);
    work->mapping = calloc(work->n * 4, sizeof(double));
}

static void create_blocks(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        array_t *values = new_array(F64, 2, (uintptr_t[]){work->n, 4}, work->mapping);
        work->blocks[i] = MAKE(api->mts_block(as_mts(values), work->labels[0], NULL, 0, work->labels[1]));
    }
}

static void free_blocks(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest_block(state, work->blocks[0]);
    }
    for (size_t i = 0; i < work->batch; i++) {
        api->mts_block_free(work->blocks[i]);
    }
}

/* Five rows of the gradient per sample. */
static void prepare_gradient(work_t *work) {
    size_t count = 5 * work->n;
    prepare_block(work);
    free(work->mapping);
    work->mapping = calloc(count * 4, sizeof(double));
    work->rows[1] = malloc(count * 2 * sizeof(int32_t));
    for (size_t i = 0; i < count; i++) {
        work->rows[1][2 * i] = (int32_t)(i / 5);
        work->rows[1][2 * i + 1] = (int32_t)(i % 5);
    }
    if (work->order == UNSORTED) {
        shuffle(work->rows[1], count, 2);
    }
}

static void before_gradient(work_t *work) {
    create_blocks(work);
    work->block = work->blocks[0];
    size_t count = 5 * work->n;
    const mts_labels_t *samples = labels_of((const char *[]){"sample", "atom"}, 2, count, work->rows[1]);
    array_t *values = new_array(F64, 2, (uintptr_t[]){count, 4}, work->mapping);
    work->gradient = MAKE(api->mts_block(as_mts(values), samples, NULL, 0, work->labels[1]));
    api->mts_labels_free(samples);
}

static void add_gradient(work_t *work) {
    DO(api->mts_block_add_gradient(work->block, "positions", work->gradient));
}

/* ---- maps of tiny blocks ---- */

static void prepare_tiny(work_t *work) {
    work->rows[0] = new_rows(0, 4, 2, SORTED);
    work->labels[0] = labels_of(NAMES, 2, 4, work->rows[0]);
    work->labels[1] = range("n", 4);
    work->blocks = malloc(work->n * sizeof *work->blocks);
    work->mapping = calloc(4 * 4, sizeof(double));
    work->rows[1] = new_rows(0, work->n, 2, SORTED);
    work->made[0] = labels_of((const char *[]){"a", "b"}, 2, work->n, work->rows[1]);
}

static void finish_tiny(work_t *work) {
    api->mts_labels_free(work->made[0]);
    finish_work(work);
}

static void create_tiny_blocks(work_t *work) {
    for (size_t i = 0; i < work->n; i++) {
        array_t *values = new_array(F64, 2, (uintptr_t[]){4, 4}, work->mapping);
        work->blocks[i] = MAKE(api->mts_block(as_mts(values), work->labels[0], NULL, 0, work->labels[1]));
    }
}

static void create_map(work_t *work) {
    work->map = MAKE(api->mts_tensormap(work->made[0], work->blocks, work->n));
}

static void create_blocks_and_map(work_t *work) {
    create_tiny_blocks(work);
    create_map(work);
}

static void free_map(work_t *work) {
    api->mts_tensormap_free(work->map);
    work->map = NULL;
}

static void free_map_after(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest_map(state, work->map);
    }
    free_map(work);
}

static void get_blocks(work_t *work) {
    for (size_t i = 0; i < work->batch; i++) {
        mts_block_t *block;
        DO(api->mts_tensormap_block_by_id(work->map, &block, i % work->n));
    }
}

/* ---- moving keys and components ---- */

static void prepare_move(work_t *work) {
    const char *names[3] = {"b", "center_type", "neighbor_type"};
    switch (work->object) {
    case TINY:
        work->map = plain_map(work->memory, work->n, 6, 4);
        work->labels[0] = labels_copy(names, 1, 0, NULL);
        break;
    case GRADIENTS:
        work->map = spherical_map(work->memory, work->n, 8);
        work->labels[0] = labels_copy(names + (work->move == TO_SAMPLES ? 1 : 2), 1, 0, NULL);
        break;
    default:
        work->map = spherical_map(work->memory, work->n, 0);
        work->labels[0] = labels_copy(names + (work->move == TO_SAMPLES ? 1 : 2), 1, 0, NULL);
    }
}

static void move(work_t *work) {
    if (work->move == TO_SAMPLES) {
        work->result = MAKE(api->mts_tensormap_keys_to_samples(work->map, work->labels[0], zero(work->memory), true));
    } else if (work->move == TO_PROPERTIES) {
        work->result =
            MAKE(api->mts_tensormap_keys_to_properties(work->map, work->labels[0], zero(work->memory), true));
    } else {
        const char *name = "o3_mu";
        work->result = MAKE(api->mts_tensormap_components_to_properties(work->map, &name, 1));
    }
}

static void free_result(work_t *work, uint64_t *state) {
    if (state != NULL) {
        digest_map(state, work->result);
    }
    api->mts_tensormap_free(work->result);
}

/* ---- files ---- */

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return realloc(buffer, size);
}

static void make_object(work_t *work) {
    static int number;
    if (work->target == TO_FILE) {
        const char *directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(work->path, sizeof work->path, "%s/abi-%ld-%d.mts", directory, (long)getpid(), number++);
    }
    if (work->object == LABELS) {
        work->rows[0] = new_rows(0, work->n, DIMENSIONS, UNSORTED);
        work->labels[0] = labels_of(NAMES, DIMENSIONS, work->n, work->rows[0]);
    } else if (work->object == TINY) {
        work->map = plain_map(work->memory, work->n, 16, 8);
    } else {
        work->map = plain_map(work->memory, 4, work->n * 1250, 100);
    }
}

static void save(work_t *work) {
    if (work->target == TO_FILE) {
        DO(work->object == LABELS ? api->mts_labels_save(work->path, work->labels[0])
                                  : api->mts_tensormap_save(work->path, work->map));
    } else {
        DO(work->object == LABELS
               ? api->mts_labels_save_buffer(&work->buffer, &work->buffer_size, NULL, grow, work->labels[0])
               : api->mts_tensormap_save_buffer(&work->buffer, &work->buffer_size, NULL, grow, work->map));
    }
}

static void load(work_t *work) {
    bool file = work->target == TO_FILE;
    if (work->object == LABELS) {
        work->made[0] = MAKE(file ? api->mts_labels_load(work->path)
                                  : api->mts_labels_load_buffer(work->buffer, work->buffer_size));
    } else {
        bool native = work->memory == NATIVE && api->create_array != NULL;
        mts_create_array_callback_t callback = native ? api->create_array : malloc_create_array;
        work->result = MAKE(file ? api->mts_tensormap_load(work->path, callback)
                                 : api->mts_tensormap_load_buffer(work->buffer, work->buffer_size, callback));
    }
}

static void free_loaded(work_t *work, uint64_t *state) {
    if (work->object == LABELS) {
        free_made_labels(work, state);
    } else {
        free_result(work, state);
    }
}

static void after_save(work_t *work, uint64_t *state) {
    if (state != NULL) {
        load(work);
        free_loaded(work, state);
    }
    free(work->buffer);
    work->buffer = NULL;
    work->buffer_size = 0;
}

/* Both sides load what the first one saved. */
static const side_t *saving_side;

static void prepare_load(work_t *work) {
    const side_t *turn = api;
    api = saving_side;
    make_object(work);
    save(work);
    if (work->object == LABELS) {
        api->mts_labels_free(work->labels[0]);
        work->labels[0] = NULL;
    } else {
        free_map(work);
    }
    api = turn;
}

#endif
