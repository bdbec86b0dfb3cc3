/* Maps that are written block by block, appended to, and merged. */
#include <metatensor.h>
#include <metatensor/io.h>

#include "support/c_array.h"
#include "support/check.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const key_name = "key";

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* Adds a block with three samples, whose values count from `first`. */
static mts_status_t add(mts_map_writer_t *writer, int32_t key, double first) {
    static const int32_t samples[] = {0, 1, 2};
    mts_block_t *block = c_block(3, samples, 2, first);
    mts_status_t status = mts_map_writer_add(writer, &key, 1, block);
    CHECK_OK(mts_block_free(block));
    return status;
}

/* Loads into arrays of this program. */
static mts_status_t create(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = c_array_wrap(c_array_new(dtype, shape, axes));
    return MTS_SUCCESS;
}

/* The file has this number of blocks, whose values count up from 10 times the position, and this info. */
static void check_file(const char *path, uintptr_t count, const char *author) {
    mts_tensormap_t *map = mts_tensormap_load(path, create);
    CHECK(map != NULL);
    const mts_labels_t *keys = mts_tensormap_keys(map);
    const int32_t *values;
    uintptr_t rows, columns;
    CHECK_OK(mts_labels_values_cpu(keys, &values, &rows, &columns));
    CHECK(rows == count && columns == 1);
    for (uintptr_t i = 0; i < count; i++) {
        CHECK(values[i] == (int32_t)i);
        mts_block_t *block;
        CHECK_OK(mts_tensormap_block_by_id(map, &block, i));
        CHECK(c_block_values(block)[5] == 10.0 * (double)i + 5.0);
    }
    const char *value;
    CHECK_OK(mts_tensormap_get_info(map, "author", &value));
    CHECK(author == NULL ? value == NULL : value != NULL && strcmp(value, author) == 0);
    CHECK_OK(mts_labels_free(keys));
    CHECK_OK(mts_tensormap_free(map));
}

static mts_map_writer_t *create_file(const char *path) {
    mts_map_writer_t *writer;
    CHECK_OK(mts_map_writer_create(path, &key_name, 1, &writer));
    return writer;
}

static void blocks_are_written_one_by_one(void) {
    mts_map_writer_t *writer = create_file("map.mts");
    for (int32_t key = 0; key < 3; key++) CHECK_OK(add(writer, key, 10.0 * key));
    uintptr_t count;
    CHECK_OK(mts_map_writer_count(writer, &count));
    CHECK(count == 3);
    CHECK_STATUS(add(writer, 1, 0), MTS_INVALID_PARAMETER_ERROR, "there is a block with the key (key=1) already");
    CHECK_STATUS(
        mts_map_writer_add(writer, NULL, 0, NULL), MTS_INVALID_PARAMETER_ERROR, "mts_map_writer_add: got a NULL pointer for 'block'"
    );
    CHECK_OK(mts_map_writer_set_info(writer, "author", "you"));
    CHECK_OK(mts_map_writer_set_info(writer, "author", "me"));
    CHECK_OK(mts_map_writer_set_info(writer, "other", "text"));
    CHECK_OK(mts_map_writer_set_info(writer, "other", NULL));
    CHECK(!exists("map.mts"));
    CHECK_OK(mts_map_writer_finish(writer));
    check_file("map.mts", 3, "me");

    /* without an end, there is no file */
    writer = create_file("none.mts");
    CHECK_OK(add(writer, 0, 0));
    CHECK_OK(mts_map_writer_free(writer));
    CHECK(!exists("none.mts"));
    CHECK_OK(mts_map_writer_free(NULL));
    CHECK_STATUS(mts_map_writer_create("none/map.mts", &key_name, 1, &writer), MTS_IO_ERROR, "none/map.mts");
    CHECK(writer == NULL);
}

static const mts_labels_t *numbers(const char *name, uintptr_t count) {
    static const int32_t values[] = {0, 1, 2, 3, 4};
    return c_labels_1(name, count, values);
}

static void arrays_come_in_pieces(void) {
    static const int32_t key = 0;
    const char *parameter = "g";
    const mts_labels_t *properties = numbers("p", 2), *components = numbers("xyz", 3), *samples = numbers("s", 3),
                       *gradient = numbers("sample", 2);
    mts_map_writer_t *writer = create_file("pieces.mts");
    CHECK_OK(mts_map_writer_begin_block(writer, &key, 1, c_float64, NULL, 0, properties));
    uintptr_t one[] = {1, 2}, two[] = {2, 2}, of_gradient[] = {2, 3, 2};
    CHECK_OK(mts_map_writer_push_rows(writer, c_array_count(one, 2, 0)));
    CHECK_OK(mts_map_writer_push_rows(writer, c_array_count(two, 2, 2)));
    CHECK_STATUS(
        mts_map_writer_push_rows(writer, c_array_count(of_gradient, 3, 2)), MTS_INVALID_PARAMETER_ERROR,
        "expected rows of shape [2], got an array of shape [2, 3, 2]"
    );
    CHECK_STATUS(
        mts_map_writer_end_rows(writer, properties), MTS_INVALID_PARAMETER_ERROR,
        "3 rows were added, but there are 2 samples"
    );
    CHECK_OK(mts_map_writer_end_rows(writer, samples));
    CHECK_OK(mts_map_writer_begin_gradient(writer, &parameter, 1, &components, 1));
    CHECK_OK(mts_map_writer_push_rows(writer, c_array_count(of_gradient, 3, 7)));
    CHECK_OK(mts_map_writer_end_rows(writer, gradient));
    CHECK_OK(mts_map_writer_end_block(writer));
    CHECK_STATUS(mts_map_writer_end_block(writer), MTS_INVALID_PARAMETER_ERROR, "no block was begun");
    int32_t other = 1;
    CHECK_OK(mts_map_writer_begin_block(writer, &other, 1, c_float64, NULL, 0, properties));
    CHECK_OK(mts_map_writer_push_rows(writer, c_array_count(one, 2, 0)));
    CHECK_OK(mts_map_writer_abandon_block(writer));
    CHECK_OK(mts_map_writer_finish(writer));
    check_file("pieces.mts", 1, NULL);

    mts_tensormap_t *map = mts_tensormap_load("pieces.mts", create);
    mts_block_t *block, *loaded;
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));
    CHECK_OK(mts_block_gradient(block, "g", &loaded));
    CHECK(c_block_values(loaded)[11] == 18.0);
    CHECK_OK(mts_tensormap_free(map));
    const mts_labels_t *all[] = {properties, components, samples, gradient};
    for (int i = 0; i < 4; i++) CHECK_OK(mts_labels_free(all[i]));
}

static void files_grow_and_are_put_back(void) {
    mts_map_writer_t *writer, *other;
    CHECK_OK(mts_map_writer_append("map.mts", &writer));
    CHECK_OK(add(writer, 3, 30));
    CHECK_STATUS(mts_map_writer_append("map.mts", &other), MTS_IO_ERROR, "another writer is changing it");
    check_file("map.mts", 3, "me");
    CHECK_OK(mts_map_writer_finish(writer));
    check_file("map.mts", 4, "me");

    /* a process that ends in the middle of it */
    pid_t child = fork();
    if (child == 0) {
        CHECK_OK(mts_map_writer_append("map.mts", &writer));
        CHECK_OK(add(writer, 4, 40));
        kill(getpid(), SIGKILL);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK(exists("map.mts.journal"));
    check_file("map.mts", 4, "me");
    bool recovered;
    CHECK_OK(mts_map_file_recover("map.mts", &recovered));
    CHECK(recovered && !exists("map.mts.journal"));
    check_file("map.mts", 4, "me");
    CHECK_OK(mts_map_file_recover("map.mts", &recovered));
    CHECK(!recovered);
    CHECK_STATUS(mts_map_writer_append("none.mts", &other), MTS_IO_ERROR, "none.mts");
    CHECK_STATUS(mts_map_file_recover("none.mts", &recovered), MTS_IO_ERROR, "none.mts");
}

static void files_are_merged(void) {
    const char *paths[] = {"first.mts", "second.mts"};
    for (int32_t i = 0; i < 2; i++) {
        mts_map_writer_t *writer = create_file(paths[i]);
        CHECK_OK(add(writer, i, 10.0 * i));
        CHECK_OK(mts_map_writer_finish(writer));
    }
    CHECK_OK(mts_merge_files(paths, 2, "merged.mts", true));
    check_file("merged.mts", 2, NULL);
    CHECK_OK(mts_merge_files(paths, 2, "first.mts", false));
    check_file("first.mts", 2, NULL);
    CHECK_STATUS(
        mts_merge_files(paths, 2, "merged.mts", true), MTS_INVALID_PARAMETER_ERROR,
        "'second.mts': there is a block with the key (key=1) already"
    );
    CHECK_STATUS(mts_merge_files(NULL, 0, "merged.mts", true), MTS_INVALID_PARAMETER_ERROR, "no files to merge");
}

int main(void) {
    blocks_are_written_one_by_one();
    arrays_come_in_pieces();
    files_grow_and_are_put_back();
    files_are_merged();
    return 0;
}
