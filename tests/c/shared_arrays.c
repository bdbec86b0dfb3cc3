/* Results which have arrays in common with what they were made of, until somebody could write to one of them. */
#include <metatensor/arrays.h>
#include <metatensor/memory.h>
#include <metatensor/operations.h>

#include "support/c_array.h"
#include "support/check.h"

#include <pthread.h>

enum { ROWS = 20000, COLUMNS = 4, BYTES = ROWS * COLUMNS * (int)sizeof(double), THREADS = 4 };

static const DLDataType float64 = {kDLFloat, 64, 1};
static const DLPackVersion version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};

static DLManagedTensorVersioned *tensor_of(const mts_block_t *block) {
    mts_array_t array;
    CHECK_OK(mts_block_data((mts_block_t *)block, &array));
    DLManagedTensorVersioned *tensor;
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    CHECK((tensor->flags & DLPACK_FLAG_BITMASK_READ_ONLY) == 0);
    return tensor;
}

static void fill(const mts_block_t *block, double value) {
    DLManagedTensorVersioned *tensor = tensor_of(block);
    for (int i = 0; i < ROWS * COLUMNS; i++) ((double *)tensor->dl_tensor.data)[i] = value;
    tensor->deleter(tensor);
}

static bool has_only(const mts_block_t *block, double value) {
    DLManagedTensorVersioned *tensor = tensor_of(block);
    bool all = true;
    for (int i = 0; i < ROWS * COLUMNS; i++) all = all && ((double *)tensor->dl_tensor.data)[i] == value;
    tensor->deleter(tensor);
    return all;
}

static const mts_labels_t *range(const char *name, int32_t count) {
    int32_t *values = malloc((size_t)count * sizeof *values);
    for (int32_t i = 0; i < count; i++) values[i] = i;
    const mts_labels_t *labels = mts_labels(&name, 1, c_array_int32((size_t)count, 1, values));
    free(values);
    CHECK(labels != NULL);
    return labels;
}

static mts_block_t *new_block(const char *samples_name, double value) {
    mts_array_t array;
    CHECK_OK(mts_create_array((uintptr_t[]){ROWS, COLUMNS}, 2, float64, &array));
    const mts_labels_t *samples = range(samples_name, ROWS), *properties = range("p", COLUMNS);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    fill(block, value);
    return block;
}

/* A block with values of 1 and a gradient of 2. */
static mts_block_t *with_gradient(void) {
    mts_block_t *block = new_block("s", 1);
    CHECK_OK(mts_block_add_gradient(block, "g", new_block("sample", 2)));
    return block;
}

static mts_block_t *gradient(const mts_block_t *block) {
    mts_block_t *gradient;
    CHECK_OK(mts_block_gradient((mts_block_t *)block, "g", &gradient));
    return gradient;
}

static uint64_t in_use(void) {
    mts_memory_use_t memory;
    CHECK_OK(mts_memory_use(&memory));
    return memory.in_use;
}

static mts_block_t *one_more(const mts_block_t *block) {
    mts_block_t *result;
    CHECK_OK(mts_add_scalar_block(block, 1, &result));
    return result;
}

static void written_to_by_one_of_two(bool by_the_first) {
    mts_block_t *block = with_gradient();
    uint64_t before = in_use();
    mts_block_t *result = one_more(block);
    /* the values are new, the gradient is not */
    CHECK(in_use() >= before + BYTES && in_use() < before + BYTES * 3 / 2);
    mts_block_t *written = gradient(by_the_first ? block : result), *other = gradient(by_the_first ? result : block);
    fill(written, 5);
    CHECK(in_use() >= before + 2 * BYTES);
    CHECK(has_only(written, 5) && has_only(other, 2));
    CHECK(has_only(block, 1) && has_only(result, 2));
    mts_block_free(block);
    CHECK(has_only(gradient(result), by_the_first ? 2 : 5));
    mts_block_free(result);
}

/* As long as somebody has a pointer that could be used to write, nothing is shared. */
static void written_to_later(void) {
    mts_block_t *block = with_gradient();
    DLManagedTensorVersioned *tensor = tensor_of(gradient(block));
    mts_block_t *result = one_more(block);
    for (int i = 0; i < ROWS * COLUMNS; i++) ((double *)tensor->dl_tensor.data)[i] = 7;
    CHECK(has_only(gradient(block), 7) && has_only(gradient(result), 2));
    mts_block_free(block);
    CHECK(((double *)tensor->dl_tensor.data)[ROWS] == 7);
    tensor->deleter(tensor);
    mts_block_free(result);
}

/* Memory of the program is never shared: it can be written to at any time. */
static void memory_of_the_program(void) {
    static double memory[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++) memory[i] = 2;
    mts_array_t array;
    CHECK_OK(mts_array_from_buffer(memory, (uintptr_t[]){ROWS, COLUMNS}, 2, NULL, float64, NULL, NULL, &array));
    mts_block_t *block = new_block("s", 1);
    const mts_labels_t *samples = range("sample", ROWS), *properties = range("p", COLUMNS);
    CHECK_OK(mts_block_add_gradient(block, "g", mts_block(array, samples, NULL, 0, properties)));
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_block_t *result = one_more(block);
    memory[5] = 3;
    CHECK(has_only(gradient(result), 2));
    mts_block_free(block);
    mts_block_free(result);
}

static void *read_gradient(void *block) {
    for (int i = 0; i < 20; i++) CHECK(has_only(gradient(block), 2));
    return NULL;
}

/* All of these threads want a pointer at the same time: they get the same one, to one copy. */
static void pointers_for_many_threads(void) {
    mts_block_t *block = with_gradient();
    mts_block_t *result = one_more(block);
    pthread_t threads[2 * THREADS];
    for (int i = 0; i < 2 * THREADS; i++) {
        pthread_create(&threads[i], NULL, read_gradient, i % 2 == 0 ? block : result);
    }
    for (int i = 0; i < 2 * THREADS; i++) pthread_join(threads[i], NULL);
    DLManagedTensorVersioned *first = tensor_of(gradient(result)), *second = tensor_of(gradient(result));
    CHECK(first->dl_tensor.data == second->dl_tensor.data);
    first->deleter(first);
    second->deleter(second);
    mts_block_free(result);
    CHECK(has_only(gradient(block), 2));
    mts_block_free(block);
}

/* Changes of the shape of one of two arrays. */
static void other_shapes(void) {
    mts_block_t *block = with_gradient();
    mts_block_t *result = one_more(block);
    mts_array_t array;
    CHECK_OK(mts_block_data(gradient(result), &array));
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    DLManagedTensorVersioned *tensor;
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, (DLDevice){kDLCPU, 0}, NULL, version));
    CHECK(tensor->dl_tensor.shape[0] == COLUMNS && tensor->dl_tensor.shape[1] == ROWS);
    ((double *)tensor->dl_tensor.data)[0] = 9;
    tensor->deleter(tensor);
    CHECK_OK(array.swap_axes(array.ptr, 0, 1));
    CHECK(has_only(gradient(block), 2) && !has_only(gradient(result), 2));
    mts_block_free(block);
    mts_block_free(result);
}

int main(void) {
    written_to_by_one_of_two(true);
    written_to_by_one_of_two(false);
    written_to_later();
    memory_of_the_program();
    pointers_for_many_threads();
    other_shapes();
    return EXIT_SUCCESS;
}
