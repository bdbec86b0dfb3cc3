/* Archives of many maps: written, appended to, and loaded one by one and in batches. */
#include <metatensor.h>
#include <metatensor/io.h>

#include "support/c_array.h"
#include "support/check.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* A map with one block of two samples, whose values count from 10 times its number. */
static mts_tensormap_t *numbered(int32_t number) {
    static const int32_t samples[] = {0, 1}, key[] = {7};
    mts_block_t *block = c_block(2, samples, 2, 10.0 * number);
    const mts_labels_t *keys = c_labels_1("key", 1, key);
    mts_tensormap_t *tensor = mts_tensormap(keys, &block, 1);
    CHECK(tensor != NULL);
    CHECK_OK(mts_labels_free(keys));
    return tensor;
}

static mts_status_t add(mts_collection_writer_t *writer, int32_t number, const char *name) {
    mts_tensormap_t *tensor = numbered(number);
    mts_status_t status = mts_collection_writer_add(writer, number, name, tensor);
    CHECK_OK(mts_tensormap_free(tensor));
    return status;
}

static uint8_t *c_realloc(void *user_data, uint8_t *buffer, uintptr_t size) {
    (void)user_data;
    return (uint8_t *)realloc(buffer, size);
}

/* Arrays of this program. */
static mts_status_t create(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = c_array_wrap(c_array_new(dtype, shape, axes));
    return MTS_SUCCESS;
}

static mts_status_t refuse(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    (void)shape, (void)axes, (void)dtype, (void)array;
    mts_set_last_error("no arrays today", "test", NULL, NULL);
    return MTS_CALLBACK_ERROR;
}

/* The first block, of which the values are in an array of this program. */
static mts_block_t *only_block(mts_tensormap_t *tensor) {
    mts_block_t *block;
    CHECK_OK(mts_tensormap_block_by_id(tensor, &block, 0));
    return block;
}

static void check_map(const mts_collection_t *collection, int32_t number, const char *name) {
    mts_tensormap_t *tensor;
    CHECK_OK(mts_collection_load(collection, number, name, create, &tensor));
    CHECK(c_block_values(only_block(tensor))[3] == 10.0 * number + 3.0);
    CHECK_OK(mts_tensormap_free(tensor));
    /* and an array of the library */
    CHECK_OK(mts_collection_load(collection, number, name, NULL, &tensor));
    CHECK_OK(mts_tensormap_free(tensor));
}

static void collections_are_written(void) {
    mts_collection_writer_t *writer;
    CHECK_OK(mts_collection_writer_create("dataset.zip", MTS_COLLECTION_BARE, &writer));
    for (int32_t number = 0; number < 5; number++) CHECK_OK(add(writer, number, "energy"));
    CHECK_OK(mts_collection_writer_add_bytes(writer, "README", (const uint8_t *)"text", 4));
    CHECK_OK(mts_collection_writer_add_bytes(writer, "empty", NULL, 0));
    CHECK_STATUS(add(writer, 3, "energy"), MTS_INVALID_PARAMETER_ERROR, "would have the name '3/energy.mts'");
    CHECK_STATUS(add(writer, -3, "energy"), MTS_INVALID_PARAMETER_ERROR, "can not be a map 'energy' with the number -3");
    uintptr_t count;
    CHECK_OK(mts_collection_writer_count(writer, &count));
    CHECK(count == 7 && !exists("dataset.zip"));
    CHECK_OK(mts_collection_writer_finish(writer));

    CHECK_OK(mts_collection_writer_append("dataset.zip", MTS_COLLECTION_NUMPY_WRAPPED, &writer));
    CHECK_OK(add(writer, 1000, "energy"));
    CHECK_OK(add(writer, 1000, "forces"));
    CHECK_OK(mts_collection_writer_finish(writer));

    CHECK_OK(mts_collection_writer_create("none.zip", MTS_COLLECTION_BARE, &writer));
    CHECK_OK(add(writer, 0, "energy"));
    CHECK_OK(mts_collection_writer_free(writer));
    CHECK(!exists("none.zip"));
    CHECK_STATUS(mts_collection_writer_append("none.zip", MTS_COLLECTION_BARE, &writer), MTS_IO_ERROR, "none.zip");
    CHECK(writer == NULL);
    const mts_collection_form_t other = 2;
    CHECK_STATUS(
        mts_collection_writer_create("none.zip", other, &writer), MTS_INVALID_PARAMETER_ERROR,
        "'form' must be one of the MTS_COLLECTION_ values, got 2"
    );
}

static void check_collection(const mts_collection_t *collection) {
    uintptr_t count;
    CHECK_OK(mts_collection_count(collection, &count));
    CHECK(count == 7);
    const char *const *names;
    CHECK_OK(mts_collection_names(collection, &names, &count));
    CHECK(count == 2 && strcmp(names[0], "energy") == 0 && strcmp(names[1], "forces") == 0);
    const int32_t *numbers;
    CHECK_OK(mts_collection_numbers(collection, "energy", &numbers, &count));
    CHECK(count == 6 && numbers[4] == 4 && numbers[5] == 1000);
    for (uintptr_t i = 0; i < count; i++) check_map(collection, numbers[i], "energy");
    CHECK_OK(mts_collection_numbers(collection, "nothing", &numbers, &count));
    CHECK(count == 0 && numbers == NULL);
    mts_tensormap_t *tensor;
    CHECK_STATUS(
        mts_collection_load(collection, 5, "energy", NULL, &tensor), MTS_INVALID_PARAMETER_ERROR,
        "there is no '5/energy.mts' in "
    );
    CHECK(tensor == NULL);
    CHECK_STATUS(
        mts_collection_load(collection, 1, "energy", refuse, &tensor), MTS_CALLBACK_ERROR, "no arrays today"
    );

    uint8_t *buffer = NULL;
    uintptr_t size = 0;
    CHECK_OK(mts_collection_bytes(collection, "README", &buffer, &size, NULL, c_realloc));
    CHECK(size == 4 && memcmp(buffer, "text", 4) == 0);
    CHECK_OK(mts_collection_bytes(collection, "1000/forces.mts", &buffer, &size, NULL, c_realloc));
    CHECK(size > 128 && memcmp(buffer, "\x93NUMPY", 6) == 0);
    CHECK_STATUS(
        mts_collection_bytes(collection, "readme", &buffer, &size, NULL, c_realloc), MTS_INVALID_PARAMETER_ERROR,
        "there is no 'readme' in "
    );
    free(buffer);
}

static const int32_t wanted[] = {4, 0, 4, 1000};

static void check_batch(mts_tensormap_t *batch, uintptr_t rows) {
    mts_block_t *block = only_block(batch);
    const mts_labels_t *samples = mts_block_labels(block, 0);
    const int32_t *values;
    uintptr_t found, columns;
    CHECK_OK(mts_labels_values_cpu(samples, &values, &found, &columns));
    CHECK(found == rows);
    for (uintptr_t row = 0; row < rows; row++) {
        CHECK(values[columns * row] == (int32_t)(row % 2));
        CHECK(values[columns * row + 1] == wanted[row / 2]);
        CHECK(columns == 2 || values[columns * row + 2] == (int32_t)(row / 2));
    }
    CHECK_OK(mts_labels_free(samples));
    CHECK_OK(mts_tensormap_free(batch));
}

static void batches_are_joined(const mts_collection_t *collection) {
    mts_tensormap_t *batch;
    CHECK_OK(mts_collection_load_many(collection, "energy", wanted, 2, NULL, NULL, &batch));
    check_batch(batch, 4);
    CHECK_STATUS(
        mts_collection_load_many(collection, "energy", wanted, 4, NULL, NULL, &batch), MTS_INVALID_PARAMETER_ERROR,
        "the number 4 is in the list at positions 0 and 2"
    );
    CHECK(batch == NULL);
    mts_load_many_options_t options = MTS_LOAD_MANY_OPTIONS_INIT;
    options.position = "position";
    CHECK_OK(mts_collection_load_many(collection, "energy", wanted, 4, &options, create, &batch));
    double *values = c_block_values(only_block(batch));
    for (uintptr_t i = 0; i < 16; i++) CHECK(values[i] == 10.0 * wanted[i / 4] + (double)(i % 4));
    check_batch(batch, 8);
    CHECK_STATUS(
        mts_collection_load_many(collection, "energy", wanted, 4, &options, refuse, &batch), MTS_CALLBACK_ERROR,
        "no arrays today"
    );
    CHECK_STATUS(
        mts_collection_load_many(collection, "energy", NULL, 0, NULL, NULL, &batch), MTS_INVALID_PARAMETER_ERROR,
        "load_many"
    );
    options.different_keys = 9;
    CHECK_STATUS(
        mts_collection_load_many(collection, "energy", wanted, 4, &options, NULL, &batch), MTS_INVALID_PARAMETER_ERROR,
        "'different_keys' must be one of the MTS_JOIN_KEYS_ values, got 9"
    );
}

static void *load_all(void *collection) {
    for (int32_t i = 0; i < 50; i++) check_map(collection, i % 5, "energy");
    return NULL;
}

static void collections_are_opened(void) {
    mts_collection_t *collection;
    CHECK_OK(mts_collection_open("dataset.zip", NULL, NULL, &collection));
    check_collection(collection);
    batches_are_joined(collection);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) CHECK(pthread_create(&threads[i], NULL, load_all, collection) == 0);
    for (int i = 0; i < 3; i++) CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK_OK(mts_collection_free(collection));
    CHECK_OK(mts_collection_free(NULL));

    for (int i = 0; i < 2; i++) {
        CHECK_OK(mts_collection_open("dataset.zip", "dataset.index", NULL, &collection));
        CHECK(exists("dataset.index"));
        check_collection(collection);
        const char *problem = "";
        CHECK_OK(mts_collection_index_problem(collection, &problem));
        CHECK(problem == NULL);
        CHECK_OK(mts_collection_free(collection));
    }
    mts_file_limits_t limits = {0, 3, 0, 0};
    CHECK_STATUS(
        mts_collection_open("dataset.zip", NULL, &limits, &collection), MTS_SERIALIZATION_ERROR,
        "members are more than the limit of 3"
    );
    CHECK_STATUS(mts_collection_open("none.zip", NULL, NULL, &collection), MTS_IO_ERROR, "none.zip");
    CHECK_STATUS(
        mts_collection_open("dataset.index", NULL, NULL, &collection), MTS_SERIALIZATION_ERROR,
        "expected a collection of maps in 'dataset.index'"
    );
    CHECK(collection == NULL);
}

static void an_index_that_can_not_be_kept_is_no_error(void) {
    mts_collection_t *collection;
    CHECK_OK(mts_collection_open("dataset.zip", "dataset.zip", NULL, &collection));
    const char *problem = NULL;
    CHECK_OK(mts_collection_index_problem(collection, &problem));
    CHECK(problem != NULL && strstr(problem, "would be, but it is something else") != NULL);
    check_collection(collection);
    CHECK_OK(mts_collection_free(collection));
    CHECK_STATUS(mts_collection_index_problem(NULL, &problem), MTS_INVALID_PARAMETER_ERROR, "'collection'");
    CHECK(problem == NULL);
}

/* The content of a file in memory, which is released once. */
typedef struct {
    uint8_t *bytes;
    uintptr_t size;
    int released;
} memory_t;

static void release(void *memory) { ((memory_t *)memory)->released += 1; }

static mts_status_t read_at(void *memory, uint64_t offset, uint8_t *bytes, uintptr_t count) {
    memcpy(bytes, ((memory_t *)memory)->bytes + offset, count);
    return MTS_SUCCESS;
}

static void collections_are_in_memory_or_elsewhere(void) {
    FILE *file = fopen("dataset.zip", "rb");
    CHECK(file != NULL);
    memory_t memory = {malloc(1 << 20), 0, 0};
    memory.size = fread(memory.bytes, 1, 1 << 20, file);
    fclose(file);
    mts_collection_t *collection;
    CHECK_OK(mts_collection_open_buffer(memory.bytes, memory.size, release, &memory, NULL, &collection));
    check_collection(collection);
    CHECK(memory.released == 0);
    CHECK_OK(mts_collection_free(collection));
    CHECK(memory.released == 1);
    mts_reader_t reader = {&memory, memory.size, read_at, release, false};
    CHECK_OK(mts_collection_open_reader("store", reader, NULL, &collection));
    check_collection(collection);
    batches_are_joined(collection);
    CHECK_OK(mts_collection_free(collection));
    CHECK(memory.released == 2);
    CHECK_STATUS(
        mts_collection_open_buffer(memory.bytes, 10, release, &memory, NULL, &collection), MTS_SERIALIZATION_ERROR,
        "expected a collection of maps in the buffer"
    );
    CHECK(memory.released == 3);
    free(memory.bytes);
}

static void collections_are_put_back(void) {
    mts_collection_writer_t *writer;
    pid_t child = fork();
    if (child == 0) {
        CHECK_OK(mts_collection_writer_append("dataset.zip", MTS_COLLECTION_BARE, &writer));
        CHECK_OK(add(writer, 77, "energy"));
        kill(getpid(), SIGKILL);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(exists("dataset.zip.journal"));
    collections_are_opened();
    bool recovered;
    CHECK_OK(mts_map_file_recover("dataset.zip", &recovered));
    CHECK(recovered && !exists("dataset.zip.journal"));
    collections_are_opened();
}

int main(void) {
    collections_are_written();
    collections_are_opened();
    an_index_that_can_not_be_kept_is_no_error();
    collections_are_in_memory_or_elsewhere();
    collections_are_put_back();
    return 0;
}
