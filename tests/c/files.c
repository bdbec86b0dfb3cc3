/* Paths that are no regular files, and a program that ends by a signal while it saves. */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/files.h>

#include "support/check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static mts_array_t array_of(int64_t rows, int64_t columns, DLDataType type) {
    size_t size = (size_t)(rows * columns) * type.bits / 8;
    uint8_t *values = calloc(size, 1);
    for (int32_t i = 0; i < rows; i++) memcpy(values + i * columns * type.bits / 8, &i, sizeof i);
    mts_array_t array;
    uintptr_t shape[] = {(uintptr_t)rows, (uintptr_t)columns};
    CHECK_OK(mts_array_from_buffer(values, shape, 2, NULL, type, free, values, &array));
    return array;
}

static const mts_labels_t *range(int64_t count) {
    const char *name = "i";
    const mts_labels_t *labels = mts_labels(&name, 1, array_of(count, 1, (DLDataType){kDLInt, 32, 1}));
    CHECK(labels != NULL);
    return labels;
}

static mts_block_t *block_of(int64_t rows, int64_t columns) {
    const mts_labels_t *samples = range(rows), *properties = range(columns);
    mts_array_t values = array_of(rows, columns, (DLDataType){kDLFloat, 64, 1});
    mts_block_t *block = mts_block(values, samples, NULL, 0, properties);
    CHECK(block != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return block;
}

static const mts_labels_t *labels;
static mts_block_t *block;
static mts_tensormap_t *map;

enum kind { LABELS, BLOCK, MAP, KINDS };

static mts_status_t save(enum kind kind, const char *path) {
    switch (kind) {
    case LABELS: return mts_labels_save(path, labels);
    case BLOCK: return mts_block_save(path, block);
    default: return mts_tensormap_save(path, map);
    }
}

/* Whether the object that was saved comes back. */
static bool load(enum kind kind, const char *path) {
    switch (kind) {
    case LABELS: {
        const mts_labels_t *loaded = mts_labels_load(path);
        return loaded != NULL && mts_labels_free(loaded) == MTS_SUCCESS;
    }
    case BLOCK: {
        mts_block_t *loaded = mts_block_load(path, mts_create_array);
        return loaded != NULL && mts_block_free(loaded) == MTS_SUCCESS;
    }
    default: {
        mts_tensormap_t *loaded = mts_tensormap_load(path, mts_create_array);
        return loaded != NULL && mts_tensormap_free(loaded) == MTS_SUCCESS;
    }
    }
}

static void append_to_an_open_file(void) {
    const char *log = "log", *before = "a line\n";
    for (enum kind kind = LABELS; kind < KINDS; kind++) {
        int file = open(log, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
        CHECK(file >= 0 && write(file, before, strlen(before)) == (ssize_t)strlen(before));
        char path[64];
        snprintf(path, sizeof path, "/dev/fd/%d", file);
        CHECK_OK(save(kind, path));
        CHECK(save(kind, "alone") == MTS_SUCCESS);
        struct stat all, alone;
        CHECK(fstat(file, &all) == 0 && stat("alone", &alone) == 0);
        CHECK(all.st_size == alone.st_size + (off_t)strlen(before));
        char start[8] = {0};
        CHECK(pread(file, start, strlen(before), 0) == (ssize_t)strlen(before));
        CHECK(strcmp(start, before) == 0);
        CHECK(close(file) == 0);
    }
    CHECK(unlink(log) == 0 && unlink("alone") == 0);
}

static void *save_to_pipe(void *kind) {
    CHECK_OK(save(*(enum kind *)kind, "pipe"));
    return NULL;
}

static void through_a_named_pipe(void) {
    CHECK(mkfifo("pipe", 0600) == 0);
    for (enum kind kind = LABELS; kind < KINDS; kind++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, save_to_pipe, &kind) == 0);
        CHECK(load(kind, "pipe"));
        CHECK(pthread_join(thread, NULL) == 0);
    }
    CHECK(unlink("pipe") == 0);
    CHECK_NULL(mts_labels_load("/dev/zero"), "/dev/zero");
}

static void clean_up(int number) {
    (void)number;
    errno = 1234;
    mts_remove_temporaries();
    _exit(errno == 1234 ? 3 : 4);
}

static void end_by_a_signal(void) {
    CHECK_OK(save(MAP, "file"));
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            CHECK(signal(SIGTERM, clean_up) != SIG_ERR);
            for (;;) CHECK_OK(save(MAP, "file"));
        }
        struct timespec moment = {0, 20000000 + 700000 * i};
        nanosleep(&moment, NULL);
        CHECK(kill(child, SIGTERM) == 0);
        int status;
        CHECK(waitpid(child, &status, 0) == child);
        /* the first ones may not have come to the handler */
        CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 3);
        CHECK(load(MAP, "file"));
    }
    DIR *folder = opendir(".");
    CHECK(folder != NULL);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        CHECK(strncmp(entry->d_name, ".metatensor-", 12) != 0);
    }
    closedir(folder);
    CHECK(unlink("file") == 0);
}

int main(void) {
    labels = range(20000);
    block = block_of(1000, 20);
    mts_block_t *blocks[] = {block_of(1000, 20)};
    const mts_labels_t *keys = range(1);
    map = mts_tensormap(keys, blocks, 1);
    CHECK(map != NULL);
    mts_labels_free(keys);

    append_to_an_open_file();
    through_a_named_pipe();
    end_by_a_signal();
    /* nothing to do */
    mts_remove_temporaries();

    mts_labels_free(labels);
    mts_block_free(block);
    mts_tensormap_free(map);
    return EXIT_SUCCESS;
}
