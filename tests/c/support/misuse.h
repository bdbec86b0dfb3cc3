/* What the generated program that calls functions with wrong parameters is made of. */
#ifndef TESTS_MISUSE_H
#define TESTS_MISUSE_H

#include "c_array.h"
#include "check.h"

#include <metatensor/distributed.h>
#include <metatensor/gradient_map.h>
#include <metatensor/io.h>
#include <metatensor/products.h>

#include <stdbool.h>

/* Things that are fine to call functions with. Each call gives a new one, which is not released: some functions take
 * what they get, others do not. */

static inline const mts_labels_t *some_labels(void) {
    static const int32_t zero[] = {0};
    return c_labels_1("s", 1, zero);
}

static inline mts_block_t *some_block(void) {
    static const int32_t zero[] = {0};
    mts_block_t *block = c_block(1, zero, 1, 0);
    const mts_labels_t *samples = c_labels_1("sample", 1, zero), *properties = mts_block_labels(block, 1);
    uintptr_t shape[2] = {1, 1};
    mts_block_t *gradient = mts_block(c_array_count(shape, 2, 0), samples, NULL, 0, properties);
    CHECK_OK(mts_block_add_gradient(block, "s", gradient));
    return block;
}

static inline mts_tensormap_t *some_tensor(void) {
    mts_block_t *block = some_block();
    mts_tensormap_t *tensor = mts_tensormap(some_labels(), &block, 1);
    CHECK(tensor != NULL);
    return tensor;
}

static inline const mts_gradient_map_t *some_map(void) {
    const mts_gradient_map_t *map;
    CHECK_OK(mts_gradient_map(some_block(), "s", &map));
    return map;
}

static inline mts_map_file_t *some_file(void) {
    mts_map_file_t *file;
    CHECK_OK(mts_tensormap_save("misuse.mts", some_tensor()));
    CHECK_OK(mts_map_file_open("misuse.mts", NULL, &file));
    return file;
}

static inline mts_problems_t *some_problems(void) {
    mts_problems_t *problems;
    CHECK_OK(mts_validate_buffer((const uint8_t *)"", 1, NULL, &problems));
    return problems;
}

static inline mts_map_file_header_t *some_header(void) {
    mts_map_file_header_t *header;
    CHECK_OK(mts_map_file_header(some_file(), 0, &header));
    return header;
}

static inline mts_map_writer_t *some_writer(void) {
    const char *name = "s";
    mts_map_writer_t *writer;
    CHECK_OK(mts_map_writer_create("s.mts", &name, 1, &writer));
    return writer;
}

static inline mts_cg_product_t *some_cg_product(void) {
    mts_cg_product_t *product;
    CHECK_OK(mts_cg_product_prepare("a", "b", NULL, &product));
    return product;
}

static inline mts_collection_writer_t *some_collection_writer(void) {
    mts_collection_writer_t *writer;
    CHECK_OK(mts_collection_writer_create("misuse.zip", MTS_COLLECTION_BARE, &writer));
    return writer;
}

static inline mts_collection_t *some_collection(void) {
    mts_collection_t *collection;
    CHECK_OK(mts_collection_writer_finish(some_collection_writer()));
    CHECK_OK(mts_collection_open("misuse.zip", NULL, NULL, &collection));
    return collection;
}

static inline mts_communicator_t *some_communicator(void) {
    mts_communicator_t *communicator;
    CHECK_OK(mts_communicator_single(&communicator));
    return communicator;
}

static inline mts_halo_t *some_halo(void) {
    static const int32_t zero[] = {0};
    mts_halo_t *halo;
    CHECK_OK(mts_collective_halo(some_communicator(), zero, 1, zero, 1, 1, NULL, &halo));
    return halo;
}

static inline mts_block_halo_t *some_block_halo(void) {
    static const int32_t one[] = {1};
    const char *name = "s";
    mts_halo_t *halo;
    mts_block_halo_t *blocks;
    CHECK_OK(mts_collective_halo_of_labels(some_communicator(), some_labels(), c_labels_1("s", 0, one), &name, 1, &halo));
    CHECK_OK(mts_collective_halo_prepare(halo, some_block(), &blocks));
    return blocks;
}

static inline mts_array_t some_array(void) { return c_array_scalar(0); }

/* Space for any result, and options with everything being zero. */
static inline void *some_memory(void) {
    void *memory = calloc(1, 4096);
    CHECK(memory != NULL);
    return memory;
}

/* Space with a pointer in it. */
static inline void *memory_with(const void *pointer) {
    const void **memory = (const void **)some_memory();
    *memory = pointer;
    return memory;
}

static inline uint8_t *some_realloc(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return (uint8_t *)realloc(buffer, size);
}

static inline void some_forget(const void *array) { (void)array; }

static inline const void *some_interface(void *object, const char *name) {
    (void)object;
    (void)name;
    return NULL;
}

/* Texts that are not UTF-8. */
static const char *const bad_text = "\xff\xfe";

static inline void forget_errors(void) { mts_set_last_error("", "", NULL, NULL); }

/* The functions that give a pointer give this type in C. */
static inline bool failed_pointer(const void *result) { return result == NULL; }
static inline bool failed_status(mts_status_t status) { return status != MTS_SUCCESS; }

static int problems;

/* `failed` is about a call with a wrong `parameter`, or entry of one, which the error names with the function. */
static inline void expect_failure(bool failed, const char *function, const char *parameter, const char *what) {
    char start[128], agreed[128], quoted[128];
    snprintf(start, sizeof start, "invalid parameter: %s: ", function);
    /* what ranks do together, they fail together */
    snprintf(agreed, sizeof agreed, "invalid parameter: rank 0: %s: ", function);
    snprintf(quoted, sizeof quoted, "'%s'", parameter);
    bool starts = strncmp(last_message(), start, strlen(start)) == 0
        || strncmp(last_message(), agreed, strlen(agreed)) == 0;
    if (!failed || !starts || strstr(last_message(), quoted) == NULL || strstr(last_message(), what) == NULL) {
        fprintf(stderr, "%s with a wrong '%s' %s: '%s'\n", function, parameter, failed ? "failed with" : "worked",
                last_message());
        problems++;
    }
}

#endif /* TESTS_MISUSE_H */
