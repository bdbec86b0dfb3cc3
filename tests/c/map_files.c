/* Maps in files: read in part, through functions of the program, on several threads, and mapped. */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>

#include "support/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static const DLDataType float64 = {kDLFloat, 64, 1}, int32 = {kDLInt, 32, 1};

enum { ROWS = 400, COLUMNS = 100 };

static const mts_labels_t *labels_of(const char *name, const int32_t *values, uintptr_t count) {
    int32_t *copy = malloc((count + 1) * sizeof *copy);
    memcpy(copy, values, count * sizeof *copy);
    mts_array_t array;
    uintptr_t shape[] = {count, 1};
    CHECK_OK(mts_array_from_buffer(copy, shape, 2, NULL, int32, free, copy, &array));
    const mts_labels_t *labels = mts_labels(&name, 1, array);
    CHECK(labels != NULL);
    return labels;
}

static const mts_labels_t *range(const char *name, int32_t count) {
    int32_t *values = malloc((size_t)count * sizeof *values);
    for (int32_t i = 0; i < count; i++) values[i] = i;
    const mts_labels_t *labels = labels_of(name, values, (uintptr_t)count);
    free(values);
    return labels;
}

static mts_block_t *block_of(const char *sample, int32_t rows, double first) {
    double *values = malloc((size_t)rows * COLUMNS * sizeof *values);
    for (int32_t i = 0; i < rows * COLUMNS; i++) values[i] = first + i;
    mts_array_t array;
    uintptr_t shape[] = {(uintptr_t)rows, COLUMNS};
    CHECK_OK(mts_array_from_buffer(values, shape, 2, NULL, float64, free, values, &array));
    const mts_labels_t *samples = range(sample, rows), *properties = range("n", COLUMNS);
    mts_block_t *block = mts_block(array, samples, NULL, 0, properties);
    CHECK(block != NULL);
    CHECK_OK(mts_labels_free(samples));
    CHECK_OK(mts_labels_free(properties));
    return block;
}

/* Two blocks, with a gradient that has a row for each of the first samples. */
static mts_tensormap_t *map_of(void) {
    mts_block_t *blocks[] = {block_of("atom", ROWS, 0), block_of("atom", ROWS, 1e6)};
    for (int i = 0; i < 2; i++) CHECK_OK(mts_block_add_gradient(blocks[i], "x", block_of("sample", 10, 1e7 * (i + 1))));
    const mts_labels_t *keys = range("key", 2);
    mts_tensormap_t *map = mts_tensormap(keys, blocks, 2);
    CHECK(map != NULL);
    CHECK_OK(mts_tensormap_set_info(map, "unit", "eV"));
    CHECK_OK(mts_labels_free(keys));
    return map;
}

/* The values of a block, to be read, and whether others may write to them. */
static DLManagedTensorVersioned *tensor_of(mts_block_t *block, bool read_only) {
    mts_array_t array;
    CHECK_OK(mts_block_data(block, &array));
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {1, 1};
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    CHECK(((tensor->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0) == read_only);
    return tensor;
}

static void check_value(mts_block_t *block, bool read_only, uintptr_t position, double expected) {
    DLManagedTensorVersioned *tensor = tensor_of(block, read_only);
    CHECK(((const double *)tensor->dl_tensor.data)[position] == expected);
    tensor->deleter(tensor);
}

static void check_mapped(const mts_block_t *block, bool expected) {
    bool is_mapped = !expected;
    CHECK_OK(mts_block_is_mapped(block, &is_mapped));
    CHECK(is_mapped == expected);
}

static mts_map_file_t *open(const char *path) {
    mts_map_file_t *file;
    FILL_WITH_GARBAGE(file);
    CHECK_OK(mts_map_file_open(path, NULL, &file));
    return file;
}

static void what_is_known_without_values(const char *path) {
    mts_map_file_t *file = open(path);
    const mts_labels_t *keys, *expected = range("key", 2);
    CHECK_OK(mts_map_file_keys(file, &keys));
    mts_array_t array;
    CHECK_OK(mts_labels_values(keys, &array));
    const uintptr_t *shape;
    uintptr_t count;
    CHECK_OK(array.shape(array.ptr, &shape, &count));
    CHECK(count == 2 && shape[0] == 2 && shape[1] == 1);
    CHECK_OK(mts_labels_free(expected));

    const char *const *names, *value;
    CHECK_OK(mts_map_file_info_keys(file, &names, &count));
    CHECK(count == 1 && strcmp(names[0], "unit") == 0);
    CHECK_OK(mts_map_file_get_info(file, "unit", &value));
    CHECK(strcmp(value, "eV") == 0);
    CHECK_OK(mts_map_file_get_info(file, "other", &value));
    CHECK(value == NULL);

    mts_map_file_header_t *header, *gradient;
    CHECK_OK(mts_map_file_header(file, 1, &header));
    CHECK_STATUS(mts_map_file_header(file, 2, &gradient), MTS_INVALID_PARAMETER_ERROR, "there is no block 2");
    CHECK(gradient == NULL);
    CHECK_OK(mts_map_file_free(file));
    CHECK_OK(mts_labels_free(keys));

    DLDataType dtype;
    CHECK_OK(mts_map_file_header_dtype(header, &dtype));
    CHECK(dtype.code == kDLFloat && dtype.bits == 64);
    CHECK_OK(mts_map_file_header_shape(header, &shape, &count));
    CHECK(count == 2 && shape[0] == ROWS && shape[1] == COLUMNS);
    CHECK_OK(mts_map_file_header_gradients_list(header, &names, &count));
    CHECK(count == 1 && strcmp(names[0], "x") == 0);
    CHECK_OK(mts_map_file_header_gradient(header, "x", &gradient));
    CHECK_OK(mts_map_file_header_free(header));
    CHECK_OK(mts_map_file_header_shape(gradient, &shape, &count));
    CHECK(count == 2 && shape[0] == 10 && shape[1] == COLUMNS);
    for (uintptr_t axis = 0; axis < 2; axis++) {
        const mts_labels_t *labels;
        CHECK_OK(mts_map_file_header_labels(gradient, axis, &labels));
        CHECK_OK(mts_labels_free(labels));
    }
    const mts_labels_t *labels;
    CHECK_STATUS(mts_map_file_header_labels(gradient, 2, &labels), MTS_INVALID_PARAMETER_ERROR, "there is no axis 2");
    CHECK(labels == NULL);
    CHECK_STATUS(mts_map_file_header_gradient(gradient, "y", &header), MTS_INVALID_PARAMETER_ERROR, "no gradient 'y'");
    CHECK_OK(mts_map_file_header_free(gradient));
}

/* Row 7 of both blocks, and row 399 of the second. */
static void check_parts(mts_map_file_t *file, mts_create_array_callback_t create_array) {
    static const int32_t rows[] = {399, 7}, second[] = {1};
    const mts_labels_t *samples = labels_of("atom", rows, 2), *keys = labels_of("key", second, 1);
    const mts_map_selection_t selection = {keys, samples, NULL};
    mts_tensormap_t *part;
    CHECK_OK(mts_map_file_load_selected(file, &selection, create_array, &part));
    mts_block_t *block, *gradient;
    CHECK_OK(mts_tensormap_block_by_id(part, &block, 0));
    check_value(block, false, 0, 1e6 + 399 * COLUMNS);
    check_value(block, false, 2 * COLUMNS - 1, 1e6 + 8 * COLUMNS - 1);
    CHECK_OK(mts_block_gradient(block, "x", &gradient));
    const mts_labels_t *rows_left = mts_block_labels(gradient, 0);
    mts_array_t array;
    CHECK_OK(mts_labels_values(rows_left, &array));
    DLManagedTensorVersioned *tensor = NULL;
    DLDevice cpu = {kDLCPU, 0};
    DLPackVersion version = {1, 1};
    CHECK_OK(array.as_dlpack(array.ptr, &tensor, cpu, NULL, version));
    CHECK(tensor->dl_tensor.shape[0] == 1 && *(const int32_t *)tensor->dl_tensor.data == 1);
    tensor->deleter(tensor);
    CHECK_OK(mts_labels_free(rows_left));
    check_value(gradient, false, 0, 2e7 + 7 * COLUMNS);
    CHECK_OK(mts_tensormap_free(part));

    const mts_map_selection_t wrong = {samples, NULL, NULL}, everything = {NULL, NULL, NULL};
    CHECK_STATUS(mts_map_file_load_selected(file, &wrong, NULL, &part), MTS_INVALID_PARAMETER_ERROR, "'atom'");
    CHECK(part == NULL);
    CHECK_OK(mts_map_file_load_selected(file, &everything, create_array, &part));
    CHECK_OK(mts_tensormap_free(part));
    CHECK_OK(mts_labels_free(samples));
    CHECK_OK(mts_labels_free(keys));

    CHECK_OK(mts_map_file_block(file, 0, create_array, &block));
    check_value(block, false, 5, 5);
    CHECK_OK(mts_block_free(block));
    CHECK_OK(mts_map_file_load(file, create_array, &part));
    CHECK_OK(mts_tensormap_free(part));
}

static void parts(const char *path) {
    mts_map_file_t *file = open(path);
    check_parts(file, NULL);
    check_parts(file, mts_create_array);
    CHECK_OK(mts_map_file_free(file));
}

/* The content of the file. */
static uint8_t *read_all(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size);
    CHECK(fread(bytes, 1, *size, file) == *size);
    fclose(file);
    return bytes;
}

typedef struct {
    const uint8_t *bytes;
    atomic_int reads, releases, inside, fail_after;
} store_t;

static mts_status_t store_read(void *user_data, uint64_t offset, uint8_t *bytes, uintptr_t count) {
    store_t *store = user_data;
    if (atomic_fetch_sub(&store->fail_after, 1) == 0) {
        mts_set_last_error("the store is away", "store", NULL, NULL);
        return MTS_CALLBACK_ERROR;
    }
    atomic_fetch_add(&store->reads, 1);
    CHECK(atomic_fetch_add(&store->inside, 1) == 0);
    memcpy(bytes, store->bytes + offset, count);
    atomic_fetch_sub(&store->inside, 1);
    return MTS_SUCCESS;
}

static void store_release(void *user_data) { atomic_fetch_add(&((store_t *)user_data)->releases, 1); }

static void *use(void *argument) {
    for (int i = 0; i < 100; i++) {
        mts_block_t *block;
        if (mts_map_file_block(argument, (uintptr_t)i % 2, NULL, &block) == MTS_SUCCESS) {
            CHECK_OK(mts_block_free(block));
        } else {
            CHECK_MESSAGE("another thread is reading this file");
        }
    }
    return NULL;
}

static void functions_of_the_program(const char *path) {
    size_t size;
    uint8_t *bytes = read_all(path, &size);
    store_t store = {bytes, 0, 0, 0, 1000000};
    mts_reader_t reader = {&store, size, store_read, store_release, false};
    mts_map_file_t *file;
    CHECK_OK(mts_map_file_open_reader("store:map", reader, NULL, &file));
    check_parts(file, NULL);
    CHECK(store.reads > 0 && store.releases == 0);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, use, file) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    mts_block_t *block;
    CHECK_OK(mts_map_file_block_mapped(file, 0, MTS_MAPPING_READ_ONLY, &block));
    check_mapped(block, false);
    CHECK_OK(mts_block_free(block));
    atomic_store(&store.fail_after, 0);
    CHECK_STATUS(mts_map_file_block(file, 0, NULL, &block), MTS_CALLBACK_ERROR, "the store is away");
    CHECK(block == NULL);
    mts_map_file_header_t *header;
    CHECK_OK(mts_map_file_header(file, 0, &header));
    CHECK_OK(mts_map_file_free(file));
    CHECK(store.releases == 0);
    CHECK_OK(mts_map_file_header_free(header));
    CHECK(store.releases == 1);

    reader.read_at = NULL;
    CHECK_STATUS(mts_map_file_open_reader("s", reader, NULL, &file), MTS_INVALID_PARAMETER_ERROR, "reader.read_at");
    CHECK(file == NULL && store.releases == 2);
    reader.read_at = store_read;
    reader.size = size - 1;
    CHECK_STATUS(mts_map_file_open_reader("s", reader, NULL, &file), MTS_SERIALIZATION_ERROR, "'s'");
    CHECK(store.releases == 3);
    free(bytes);
}

static void mapped_files(const char *path) {
    mts_tensormap_t *map;
    CHECK_OK(mts_tensormap_load_mapped(path, MTS_MAPPING_READ_ONLY, &map));
    mts_block_t *block, *gradient;
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 1));
    check_mapped(block, true);
    check_value(block, true, 3, 1e6 + 3);
    CHECK_OK(mts_block_gradient(block, "x", &gradient));
    /* too small to be aligned in files, but for chance */
    bool is_mapped;
    CHECK_OK(mts_block_is_mapped(gradient, &is_mapped));
    check_value(gradient, is_mapped, 0, 2e7);
    /* a copy is for everybody */
    mts_tensormap_t *copy = mts_tensormap_copy(map);
    CHECK(copy != NULL);
    CHECK_OK(mts_tensormap_block_by_id(copy, &block, 1));
    check_mapped(block, false);
    check_value(block, false, 3, 1e6 + 3);
    CHECK_OK(mts_tensormap_free(copy));
    CHECK_OK(mts_tensormap_free(map));

    mts_map_file_t *file = open(path);
    mts_block_t *first, *second;
    CHECK_OK(mts_map_file_block_mapped(file, 0, MTS_MAPPING_PRIVATE, &first));
    CHECK_OK(mts_map_file_block_mapped(file, 0, MTS_MAPPING_PRIVATE, &second));
    CHECK_OK(mts_map_file_free(file));
    DLManagedTensorVersioned *tensor = tensor_of(first, false);
    ((double *)tensor->dl_tensor.data)[0] = -1;
    tensor->deleter(tensor);
    check_mapped(first, true);
    check_value(first, false, 0, -1);
    check_value(second, false, 0, 0);
    CHECK_OK(mts_block_save("block.mts", first));
    CHECK_OK(mts_block_free(first));
    CHECK_OK(mts_block_free(second));

    CHECK_OK(mts_block_load_mapped("block.mts", MTS_MAPPING_READ_ONLY, &first));
    check_mapped(first, true);
    check_value(first, true, 0, -1);
    /* the tensor keeps the file */
    tensor = tensor_of(first, true);
    CHECK_OK(mts_block_free(first));
    CHECK(((const double *)tensor->dl_tensor.data)[1] == 1);
    tensor->deleter(tensor);
    CHECK_STATUS(mts_block_load_mapped("block.mts", 7, &first), MTS_INVALID_PARAMETER_ERROR, "MTS_MAPPING_");
    CHECK_STATUS(mts_tensormap_load_mapped("block.mts", 0, &map), MTS_SERIALIZATION_ERROR, "block.mts");
    CHECK(map == NULL);
}

static atomic_int released;

static void release_memory(void *user_data) {
    atomic_fetch_add(&released, 1);
    free(user_data);
}

static void *free_block(void *block) {
    CHECK_OK(mts_block_free(block));
    return NULL;
}

static void memory_of_the_program(const char *path) {
    size_t size;
    uint8_t *bytes = read_all(path, &size);
    mts_map_file_t *file;
    CHECK_OK(mts_map_file_open_buffer(bytes, size, release_memory, bytes, NULL, &file));
    mts_block_t *block;
    CHECK_OK(mts_map_file_block_mapped(file, 1, MTS_MAPPING_READ_ONLY, &block));
    check_mapped(block, true);
    CHECK_OK(mts_map_file_free(file));
    check_value(block, true, 3, 1e6 + 3);
    CHECK(released == 0);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, free_block, block) == 0 && pthread_join(thread, NULL) == 0);
    CHECK(released == 1);

    bytes = read_all(path, &size);
    mts_tensormap_t *map;
    CHECK_OK(mts_tensormap_load_mapped_buffer(bytes, size, release_memory, bytes, &map));
    CHECK_OK(mts_tensormap_free(map));
    CHECK(released == 2);
    bytes = read_all("block.mts", &size);
    CHECK_OK(mts_block_load_mapped_buffer(bytes, size, release_memory, bytes, &block));
    CHECK_OK(mts_block_free(block));
    CHECK(released == 3);
    /* released by functions that fail, too */
    bytes = read_all(path, &size);
    CHECK_STATUS(mts_block_load_mapped_buffer(bytes, size, release_memory, bytes, &block), MTS_SERIALIZATION_ERROR, "map");
    CHECK(released == 4 && block == NULL);
    bytes = malloc(1);
    CHECK(mts_map_file_open_buffer(bytes, 1, release_memory, bytes, NULL, NULL) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(released == 5);
    bytes = malloc(1);
    CHECK_STATUS(mts_map_file_open_buffer(NULL, 1, release_memory, bytes, NULL, &file), MTS_INVALID_PARAMETER_ERROR, "buffer");
    CHECK(released == 6);
}

static void all_that_is_wrong(const char *path) {
    mts_problems_t *problems;
    uintptr_t count = 7;
    CHECK_OK(mts_validate(path, NULL, &problems));
    CHECK_OK(mts_problems_count(problems, &count));
    CHECK(count == 0);
    mts_problem_t problem;
    CHECK_STATUS(mts_problems_get(problems, 0, &problem), MTS_INVALID_PARAMETER_ERROR, "there is no problem 0");
    CHECK_OK(mts_problems_free(problems));

    /* a byte of each of the large arrays */
    size_t size;
    uint8_t *bytes = read_all(path, &size);
    bytes[ROWS * COLUMNS * 4] ^= 1;
    bytes[size - ROWS * COLUMNS * 4] ^= 1;
    CHECK_OK(mts_validate_buffer(bytes, size, NULL, &problems));
    CHECK_OK(mts_problems_count(problems, &count));
    CHECK(count == 2);
    for (uintptr_t i = 0; i < 2; i++) {
        FILL_WITH_GARBAGE(problem);
        CHECK_OK(mts_problems_get(problems, i, &problem));
        CHECK(strcmp(problem.member, i == 0 ? "blocks/0/values.npy" : "blocks/1/values.npy") == 0);
        CHECK(strstr(problem.message, "is damaged: its checksum") != NULL);
        CHECK(problem.byte < size && memcmp(bytes + problem.byte, "PK", 2) == 0);
    }
    CHECK_OK(mts_problems_free(problems));
    CHECK_OK(mts_validate_buffer(bytes, size / 2, NULL, &problems));
    CHECK_OK(mts_problems_get(problems, 0, &problem));
    CHECK(problem.member == NULL && problem.byte == UINT64_MAX);
    CHECK(strstr(problem.message, "was cut off") != NULL);
    CHECK_OK(mts_problems_free(problems));
    free(bytes);
    CHECK_STATUS(mts_validate("no such file", NULL, &problems), MTS_IO_ERROR, "no such file");
    CHECK(problems == NULL);
    CHECK_OK(mts_problems_free(NULL));
}

static void limits_of_one_file(const char *path) {
    mts_file_limits_t limits = {0, 3, 0, 0};
    mts_map_file_t *file;
    CHECK_STATUS(mts_map_file_open(path, &limits, &file), MTS_SERIALIZATION_ERROR, "limit of 3");
    CHECK(file == NULL);
    limits.members = 100;
    CHECK_OK(mts_map_file_open(path, &limits, &file));
    CHECK_OK(mts_map_file_free(file));
    CHECK_OK(mts_map_file_free(NULL));
    CHECK_OK(mts_map_file_header_free(NULL));
    CHECK_STATUS(mts_map_file_open("no such file", NULL, &file), MTS_IO_ERROR, "no such file");
}

int main(void) {
    const char *path = "map.mts";
    mts_tensormap_t *map = map_of();
    CHECK_OK(mts_tensormap_save(path, map));
    CHECK_OK(mts_tensormap_free(map));
    what_is_known_without_values(path);
    parts(path);
    functions_of_the_program(path);
    mapped_files(path);
    memory_of_the_program(path);
    all_that_is_wrong(path);
    limits_of_one_file(path);
    return EXIT_SUCCESS;
}
