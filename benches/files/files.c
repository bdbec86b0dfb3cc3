/* What this library does, in C: a side of benches/files. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>
#include <metatensor/memory.h>

static mts_tensormap_t *kept;

static void failed(void) {
    const char *message = NULL;
    mts_last_error(&message, NULL, NULL);
    printf("error: %s\n", message);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Does something, and prints how long it took. */
static void work(const char *verb, const char *path, const char *number) {
    mts_tensormap_t *map = NULL;
    double start = now();
    if (strcmp(verb, "start") == 0) {
        mts_set_kept_memory_bound(0);
    } else if (strcmp(verb, "prepare") == 0) {
        if ((kept = mts_tensormap_load(path, mts_create_array)) == NULL) return failed();
    } else if (strcmp(verb, "forget") == 0) {
        mts_tensormap_free(kept);
        kept = NULL;
    } else if (strcmp(verb, "hold") == 0) {
        if (mts_tensormap_load_mapped(path, MTS_MAPPING_READ_ONLY, &kept) != MTS_SUCCESS) return failed();
    } else if (strcmp(verb, "save") == 0) {
        if (mts_tensormap_save(path, kept) != MTS_SUCCESS) return failed();
    } else if (strcmp(verb, "load") == 0) {
        if ((map = mts_tensormap_load(path, mts_create_array)) == NULL) return failed();
    } else if (strcmp(verb, "map") == 0) {
        if (mts_tensormap_load_mapped(path, MTS_MAPPING_READ_ONLY, &map) != MTS_SUCCESS) return failed();
    } else if (strcmp(verb, "key") == 0) {
        mts_map_file_t *file;
        mts_block_t *block;
        if (mts_map_file_open(path, NULL, &file) != MTS_SUCCESS) return failed();
        /* the key is the number of the block */
        if (mts_map_file_block(file, strtoul(number, NULL, 10), NULL, &block) != MTS_SUCCESS) return failed();
        mts_block_free(block);
        mts_map_file_free(file);
    } else {
        printf("error: there is no such work\n");
        return;
    }
    printf("%.9f\n", now() - start);
    mts_tensormap_free(map);
}

int main(void) {
    char line[4096];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = 0;
        const char *verb = strtok(line, "\t");
        const char *path = strtok(NULL, "\t");
        const char *number = strtok(NULL, "\t");
        work(verb, path == NULL ? "" : path, number == NULL ? "" : number);
        fflush(stdout);
    }
    return 0;
}
