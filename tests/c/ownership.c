/* Who releases what: every array exactly once, also when something fails. */
#include <metatensor/arrays.h>
#include <string.h>

#include "support/c_array.h"
#include "support/check.h"

static const int32_t numbers[] = {0, 1, 2, 3, 4, 5};

/* `call` fails, and destroys this many arrays. */
#define CHECK_DESTROYS(count, call, part) \
    do { \
        int before = c_destroy_calls; \
        CHECK_NULL(call, part); \
        CHECK(c_destroy_calls == before + (count)); \
    } while (0)

static void labels_own_their_array_from_the_call_on(void) {
    const char *a = "a", *wrong = "not a name", *utf8 = "\xff", *names[2] = {"a", "a"};
    static const int32_t same[] = {3, 3};
    CHECK_DESTROYS(1, mts_labels(&wrong, 1, c_array_int32(2, 1, numbers)), "not a name");
    CHECK_DESTROYS(1, mts_labels(&utf8, 1, c_array_int32(2, 1, numbers)), "UTF-8");
    CHECK_DESTROYS(1, mts_labels(names, 2, c_array_int32(2, 2, numbers)), "a");
    CHECK_DESTROYS(1, mts_labels(NULL, 1, c_array_int32(2, 1, numbers)), "dimensions");
    CHECK_DESTROYS(1, mts_labels(&a, 1, c_array_int32(2, 2, numbers)), "");
    CHECK_DESTROYS(1, mts_labels(&a, 1, c_array_int32(2, 1, same)), "3");
    CHECK_DESTROYS(1, mts_labels_assume_unique(&wrong, 1, c_array_int32(2, 1, numbers)), "not a name");
    uintptr_t shape[3] = {2, 1, 1};
    CHECK_DESTROYS(1, mts_labels(&a, 1, c_array_wrap(c_array_new(c_int32, shape, 3))), "");
    CHECK_DESTROYS(1, mts_labels(&a, 1, c_array_wrap(c_array_new(c_float64, shape, 2))), "float64");

    /* nobody destroys a view */
    mts_array_t view = c_array_int32(2, 1, numbers);
    void (*destroy)(void *) = view.destroy;
    view.destroy = NULL;
    int before = c_destroy_calls;
    const mts_labels_t *labels = mts_labels(&a, 1, view);
    CHECK(labels != NULL);
    mts_labels_free(labels);
    CHECK(c_destroy_calls == before);
    destroy(view.ptr);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void blocks_own_their_array_from_the_call_on(void) {
    const mts_labels_t *samples = c_labels_1("s", 2, numbers), *properties = c_labels_1("p", 3, numbers);
    const mts_labels_t *two = c_labels_2("c", "d", 2, numbers);
    static const uintptr_t good[] = {2, 3}, bad[] = {3, 2}, with_component[] = {2, 2, 3};
    CHECK_DESTROYS(1, mts_block(c_array_count(bad, 2, 0), samples, NULL, 0, properties), "");
    CHECK_DESTROYS(1, mts_block(c_array_count(good, 1, 0), samples, NULL, 0, properties), "");
    CHECK_DESTROYS(1, mts_block(c_array_count(good, 2, 0), NULL, NULL, 0, properties), "samples");
    CHECK_DESTROYS(1, mts_block(c_array_count(good, 2, 0), samples, NULL, 0, NULL), "properties");
    CHECK_DESTROYS(1, mts_block(c_array_count(good, 2, 0), samples, NULL, 1, properties), "components");
    CHECK_DESTROYS(1, mts_block(c_array_count(with_component, 3, 0), samples, &two, 1, properties), "");

    mts_array_t array = c_array_count(good, 2, 0), same;
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    FILL_WITH_GARBAGE(same);
    CHECK_OK(mts_block_data(block, &same));
    CHECK(same.ptr == array.ptr && same.destroy == NULL && same.copy == array.copy);
    int before = c_destroy_calls;
    CHECK_OK(mts_block_free(block));
    CHECK(c_destroy_calls == before + 1);

    array = c_array_int32(2, 1, numbers);
    const char *a = "a";
    const mts_labels_t *labels = mts_labels(&a, 1, array);
    FILL_WITH_GARBAGE(same);
    CHECK_OK(mts_labels_values(labels, &same));
    CHECK(same.ptr == array.ptr && same.destroy == NULL && same.shape == array.shape);
    mts_labels_free(labels);

    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(two);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void gradients_are_consumed_on_success_and_on_failure(void) {
    mts_block_t *block = c_block(2, numbers, 2, 0);
    /* its samples should start with `sample` */
    mts_block_t *wrong = c_block(2, numbers, 2, 0);
    int alive = c_arrays_alive;
    CHECK_STATUS(mts_block_add_gradient(block, "g", wrong), MTS_INVALID_PARAMETER_ERROR, "sample");
    CHECK(c_arrays_alive == alive - 3);
    wrong = c_block(2, numbers, 2, 0);
    CHECK_STATUS(mts_block_add_gradient(block, NULL, wrong), MTS_INVALID_PARAMETER_ERROR, "parameter");
    CHECK(c_arrays_alive == alive - 3);
    wrong = c_block(2, numbers, 2, 0);
    CHECK_STATUS(mts_block_add_gradient(NULL, "g", wrong), MTS_INVALID_PARAMETER_ERROR, "block");
    CHECK(c_arrays_alive == alive - 3);
    CHECK_STATUS(mts_block_add_gradient(block, "g", NULL), MTS_INVALID_PARAMETER_ERROR, "gradient");
    mts_block_free(block);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void maps_take_blocks_out_of_the_array(void) {
    const mts_labels_t *keys = c_labels_1("k", 2, numbers);
    mts_block_t *first = c_block(2, numbers, 2, 0), *second = c_block(2, numbers, 2, 0);

    /* nothing is taken from an array that makes no sense */
    mts_block_t *repeated[2] = {first, first}, *missing[2] = {first, NULL};
    CHECK_NULL(mts_tensormap(keys, repeated, 2), "twice");
    CHECK(repeated[0] == first && repeated[1] == first);
    CHECK_NULL(mts_tensormap(keys, missing, 2), "NULL");
    CHECK(missing[0] == first);
    CHECK_NULL(mts_tensormap(keys, NULL, 2), "blocks");

    /* else blocks are gone, also if it fails */
    mts_block_t *blocks[2] = {first, NULL};
    CHECK_NULL(mts_tensormap(keys, blocks, 1), "");
    CHECK(blocks[0] == NULL);
    blocks[0] = second;
    CHECK_NULL(mts_tensormap(NULL, blocks, 1), "keys");
    CHECK(blocks[0] == NULL);
    CHECK(c_arrays_alive == 1);

    blocks[0] = c_block(2, numbers, 2, 0);
    blocks[1] = c_block(1, numbers, 3, 0);
    mts_array_t array, same;
    CHECK_OK(mts_block_data(blocks[0], &array));
    mts_tensormap_t *tensor = mts_tensormap(keys, blocks, 2);
    CHECK(tensor != NULL);
    CHECK(blocks[0] == NULL && blocks[1] == NULL);
    mts_block_t *borrowed;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &borrowed, 0));
    CHECK_OK(mts_block_data(borrowed, &same));
    CHECK(same.ptr == array.ptr);
    CHECK_OK(mts_tensormap_free(tensor));
    CHECK(c_arrays_alive == 1);
    CHECK_OK(mts_labels_free(keys));
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void fill_values_belong_to_the_library(void) {
    mts_tensormap_t *tensor = c_tensor();
    const char *k = "k", *unknown = "unknown";
    const mts_labels_t *moved = mts_labels(&k, 1, c_array_int32(0, 1, NULL));
    const mts_labels_t *wrong = mts_labels(&unknown, 1, c_array_int32(0, 1, NULL));
    int alive = c_arrays_alive;
    uintptr_t shape[] = {1};

    mts_tensormap_t *(*functions[])(const mts_tensormap_t *, const mts_labels_t *, mts_array_t, bool) = {
        mts_tensormap_keys_to_samples, mts_tensormap_keys_to_properties
    };
    for (int i = 0; i < 2; i++) {
        mts_tensormap_t *result = functions[i](tensor, moved, c_array_scalar(0), false);
        CHECK(result != NULL);
        mts_tensormap_free(result);
        CHECK(c_arrays_alive == alive);
        CHECK_DESTROYS(1, functions[i](tensor, wrong, c_array_scalar(0), false), "unknown");
        CHECK_DESTROYS(1, functions[i](NULL, moved, c_array_scalar(0), false), "tensor");
        CHECK_DESTROYS(1, functions[i](tensor, NULL, c_array_scalar(0), false), "keys_to_move");
        CHECK_DESTROYS(1, functions[i](tensor, moved, c_array_count(shape, 1, 0), false), "fill_value");
        CHECK(c_arrays_alive == alive);
    }
    mts_labels_free(moved);
    mts_labels_free(wrong);
    mts_tensormap_free(tensor);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void labels_are_shared_and_not_taken(void) {
    const mts_labels_t *samples = c_labels_1("s", 2, numbers), *properties = c_labels_1("p", 3, numbers);
    static const uintptr_t shape[] = {2, 3};
    mts_block_t *block = mts_block(c_array_count(shape, 2, 0), samples, NULL, 0, properties);
    CHECK(c_arrays_alive == 3);
    mts_labels_free(samples);
    mts_labels_free(properties);
    CHECK(c_arrays_alive == 3);
    samples = mts_block_labels(block, 0);
    mts_block_free(block);
    CHECK(c_arrays_alive == 1);
    int64_t position;
    CHECK_OK(mts_labels_position(samples, numbers + 1, 1, &position));
    CHECK(position == 1);
    mts_labels_free(samples);
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

static void nothing_can_be_released(void) {
    CHECK_OK(mts_labels_free(NULL));
    CHECK_OK(mts_block_free(NULL));
    CHECK_OK(mts_tensormap_free(NULL));
}

static uint8_t *grow_once(void *user_data, uint8_t *buffer, uintptr_t size) {
    int *calls = (int *)user_data;
    return (*calls)++ == 0 ? (uint8_t *)realloc(buffer, size) : NULL;
}

static void buffers_stay_with_their_owner(void) {
    int32_t values[2000];
    for (int i = 0; i < 2000; i++) values[i] = i;
    const mts_labels_t *labels = c_labels_1("l", 2000, values);
    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    int calls = 0;
    CHECK(mts_labels_save_buffer(&buffer, &size, &calls, grow_once, labels) != MTS_SUCCESS);
    CHECK_MESSAGE("realloc");
    CHECK(buffer != NULL && size > 0);
    free(buffer);
    mts_labels_free(labels);
}

enum { ROWS = 300, COLUMNS = 200 };

static uint8_t *grow(void *user_data, uint8_t *buffer, uintptr_t size) {
    ++*(int *)user_data;
    return (uint8_t *)realloc(buffer, size);
}

static mts_block_t *large_block(double *values, const int64_t *strides) {
    static int32_t rows[ROWS];
    for (int i = 0; i < ROWS; i++) rows[i] = i;
    const mts_labels_t *samples = c_labels_1("s", ROWS, rows), *properties = c_labels_1("p", COLUMNS, rows);
    static const uintptr_t shape[] = {ROWS, COLUMNS};
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(values, shape, 2, strides, c_float64, NULL, NULL, &array));
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

/* Their elements are copied to the buffer in another order than that in memory. */
static void large_arrays_that_are_not_contiguous_are_saved_like_others(void) {
    static double in_order[ROWS * COLUMNS], transposed[ROWS * COLUMNS];
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) in_order[i * COLUMNS + j] = transposed[j * ROWS + i] = 0.5 * i - j;
    }
    static const int64_t strides[] = {1, ROWS};
    mts_block_t *blocks[] = {large_block(in_order, NULL), large_block(transposed, strides)};
    uint8_t *buffers[] = {NULL, NULL};
    uintptr_t sizes[] = {0, 0};
    for (int i = 0; i < 2; i++) {
        int calls = 0;
        CHECK_OK(mts_block_save_buffer(&buffers[i], &sizes[i], &calls, grow, blocks[i]));
        CHECK(calls > 0);
    }
    CHECK(sizes[0] == sizes[1] && memcmp(buffers[0], buffers[1], sizes[0]) == 0);
    /* a buffer that is there already is written to again, and one that can not grow is an error */
    int calls = 0;
    memset(buffers[1], 0, sizes[1]);
    CHECK_OK(mts_block_save_buffer(&buffers[1], &sizes[1], &calls, grow, blocks[1]));
    CHECK(sizes[0] == sizes[1] && memcmp(buffers[0], buffers[1], sizes[0]) == 0);
    calls = 1;
    sizes[1] = 1000;
    CHECK(mts_block_save_buffer(&buffers[1], &sizes[1], &calls, grow_once, blocks[1]) == MTS_IO_ERROR);
    CHECK_MESSAGE("'values.npy'");
    CHECK_MESSAGE("realloc");
    for (int i = 0; i < 2; i++) {
        free(buffers[i]);
        mts_block_free(blocks[i]);
    }
    CHECK(c_arrays_alive == 0 && c_tensors_alive == 0);
}

int main(void) {
    labels_own_their_array_from_the_call_on();
    blocks_own_their_array_from_the_call_on();
    gradients_are_consumed_on_success_and_on_failure();
    maps_take_blocks_out_of_the_array();
    fill_values_belong_to_the_library();
    labels_are_shared_and_not_taken();
    nothing_can_be_released();
    buffers_stay_with_their_owner();
    large_arrays_that_are_not_contiguous_are_saved_like_others();
    return EXIT_SUCCESS;
}
