/* Files with something wrong, in the folder that is given: `table` has their names, who notices it, and the errors. */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/io.h>
#include <metatensor/resource_limits.h>

#include "support/check.h"

#include <stdbool.h>

/* What a file does, and the error that is expected. */
static const char *name, *expected;

static void check_error(bool fails, bool should_fail, const char *function) {
    if (fails == should_fail && (!fails || strstr(last_message(), expected) != NULL)) return;
    fprintf(stderr, "%s: %s %s\nexpected: %s\n", name, function, fails ? "says" : "accepts it", expected);
    CHECK(false && "the error that is expected");
}

static uint8_t *read_file(const char *path, uintptr_t *count) {
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    *count = (uintptr_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*count + 1);
    CHECK(bytes != NULL && fread(bytes, 1, *count, file) == *count);
    fclose(file);
    return bytes;
}

static void check_problems(mts_problems_t *problems) {
    uintptr_t count;
    CHECK_OK(mts_problems_count(problems, &count));
    bool found = false;
    for (uintptr_t i = 0; i < count; i++) {
        mts_problem_t problem;
        CHECK_OK(mts_problems_get(problems, i, &problem));
        found = found || strstr(problem.message, expected) != NULL;
    }
    if (!found) fprintf(stderr, "%s: mts_validate does not say: %s\n", name, expected);
    CHECK(found);
    CHECK_OK(mts_problems_free(problems));
}

static void check_file(const char *path, bool when_opened, bool when_mapped) {
    mts_tensormap_t *map = mts_tensormap_load(path, mts_create_array);
    check_error(map == NULL, true, "mts_tensormap_load");
    uintptr_t count;
    uint8_t *bytes = read_file(path, &count);
    map = mts_tensormap_load_buffer(bytes, count, mts_create_array);
    check_error(map == NULL, true, "mts_tensormap_load_buffer");

    mts_map_file_t *file;
    FILL_WITH_GARBAGE(file);
    check_error(mts_map_file_open(path, NULL, &file) != MTS_SUCCESS, when_opened, "mts_map_file_open");
    CHECK((file == NULL) == when_opened);
    if (file != NULL) {
        check_error(mts_map_file_load(file, NULL, &map) != MTS_SUCCESS, true, "mts_map_file_load");
        CHECK(map == NULL);
    }
    CHECK_OK(mts_map_file_free(file));
    check_error(mts_map_file_open_buffer(bytes, count, NULL, NULL, NULL, &file) != MTS_SUCCESS, when_opened,
                "mts_map_file_open_buffer");
    CHECK_OK(mts_map_file_free(file));

    FILL_WITH_GARBAGE(map);
    check_error(mts_tensormap_load_mapped(path, MTS_MAPPING_READ_ONLY, &map) != MTS_SUCCESS, when_mapped,
                "mts_tensormap_load_mapped");
    CHECK((map == NULL) == when_mapped);
    CHECK_OK(mts_tensormap_free(map));

    mts_problems_t *problems;
    CHECK_OK(mts_validate(path, NULL, &problems));
    check_problems(problems);
    CHECK_OK(mts_validate_buffer(bytes, count, NULL, &problems));
    check_problems(problems);
    free(bytes);
}

/* What is not there, and what is no file. */
static void check_no_file(const char *path, const char *error) {
    name = path, expected = error;
    check_error(mts_tensormap_load(path, mts_create_array) == NULL, true, "mts_tensormap_load");
    mts_map_file_t *file;
    check_error(mts_map_file_open(path, NULL, &file) != MTS_SUCCESS, true, "mts_map_file_open");
    mts_tensormap_t *map;
    check_error(mts_tensormap_load_mapped(path, MTS_MAPPING_PRIVATE, &map) != MTS_SUCCESS, true,
                "mts_tensormap_load_mapped");
    mts_problems_t *problems;
    check_error(mts_validate(path, NULL, &problems) != MTS_SUCCESS, true, "mts_validate");
    CHECK(file == NULL && map == NULL && problems == NULL);
}

int main(int argc, char **argv) {
    CHECK(argc == 2);
    CHECK_OK(mts_set_limit(MTS_LIMIT_INFLATED_BYTES, 16 << 20));
    char path[1024], line[1024];
    snprintf(path, sizeof path, "%s/good", argv[1]);
    mts_tensormap_t *map = mts_tensormap_load(path, mts_create_array);
    CHECK(map != NULL);
    CHECK_OK(mts_tensormap_free(map));

    snprintf(path, sizeof path, "%s/missing", argv[1]);
    check_no_file(path, "No such file");
    check_no_file(argv[1], "not a regular file, a pipe or a socket");

    snprintf(path, sizeof path, "%s/table", argv[1]);
    FILE *table = fopen(path, "r");
    CHECK(table != NULL);
    int count = 0;
    for (; fgets(line, sizeof line, table) != NULL; count++) {
        name = strtok(line, "\t");
        const char *seen = strtok(NULL, "\t");
        expected = strtok(NULL, "\n");
        CHECK(name != NULL && seen != NULL && expected != NULL);
        snprintf(path, sizeof path, "%s/%s", argv[1], name);
        check_file(path, strcmp(seen, "Opening") == 0, strcmp(seen, "Values") != 0);
    }
    fclose(table);
    printf("%d files\n", count);
    return EXIT_SUCCESS;
}
