/* Limits of the process, and names of gradients that no file can hold. */
#include <metatensor.h>
#include <metatensor/arrays.h>
#include <metatensor/resource_limits.h>

#include "support/check.h"

#include <stdlib.h>

static const mts_labels_t *labels(const char *name, int32_t start, int32_t count) {
    int32_t *values = malloc((size_t)count * sizeof *values);
    for (int32_t i = 0; i < count; i++) values[i] = start + i;
    mts_array_t array;
    DLDataType int32 = {kDLInt, 32, 1};
    uintptr_t shape[] = {(uintptr_t)count, 1};
    CHECK_OK(mts_array_from_buffer(values, shape, 2, NULL, int32, free, values, &array));
    const mts_labels_t *result = mts_labels(&name, 1, array);
    CHECK(result != NULL);
    return result;
}

/* A block with one element. */
static mts_block_t *block(const char *sample, int32_t first_sample, int32_t property) {
    const mts_labels_t *samples = labels(sample, first_sample, 1), *properties = labels("p", property, 1);
    mts_array_t array;
    DLDataType float64 = {kDLFloat, 64, 1};
    CHECK_OK(mts_create_array((uintptr_t[]){1, 1}, 2, float64, &array));
    mts_block_t *result = mts_block(array, samples, NULL, 0, properties);
    CHECK(result != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    return result;
}

static void set_and_get(void) {
    for (mts_limit_t limit = MTS_LIMIT_INFLATED_BYTES; limit <= MTS_LIMIT_RESULT_BYTES; limit++) {
        uint64_t before = 0, value = 0;
        CHECK_OK(mts_get_limit(limit, &before));
        CHECK(before > 0);
        CHECK_OK(mts_set_limit(limit, 17));
        CHECK_OK(mts_get_limit(limit, &value));
        CHECK(value == 17);
        CHECK_OK(mts_set_limit(limit, 0));
        CHECK_OK(mts_get_limit(limit, &value));
        CHECK(value == before);
    }
    uint64_t value = 3;
    CHECK(mts_get_limit(MTS_LIMIT_RESULT_BYTES + 1, &value) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(mts_set_limit(4000000000u, 1) == MTS_INVALID_PARAMETER_ERROR);
    CHECK_MESSAGE("4000000000");
    CHECK(value == 3);
    CHECK(mts_get_limit(MTS_LIMIT_DEPTH, NULL) == MTS_INVALID_PARAMETER_ERROR);

    bool available = false;
    CHECK_OK(mts_has_feature("resource_limits", &available));
    CHECK(available);
}

/* A thousand blocks of one element that have nothing in common. */
static void merges_are_limited(void) {
    enum { BLOCKS = 1000 };
    mts_block_t *blocks[BLOCKS];
    for (int32_t i = 0; i < BLOCKS; i++) blocks[i] = block("s", i, i);
    const mts_labels_t *keys = labels("key", 0, BLOCKS), *moved = NULL;
    mts_tensormap_t *map = mts_tensormap(keys, blocks, BLOCKS);
    CHECK(map != NULL);
    const char *name = "key";
    mts_array_t none;
    DLDataType int32 = {kDLInt, 32, 1};
    CHECK_OK(mts_create_array((uintptr_t[]){0, 1}, 2, int32, &none));
    moved = mts_labels(&name, 1, none);
    CHECK(moved != NULL);

    CHECK_OK(mts_set_limit(MTS_LIMIT_RESULT_BYTES, 8 * BLOCKS * BLOCKS));
    mts_array_t fill;
    double zero = 0.0;
    CHECK_OK(mts_array_from_scalar((DLDataType){kDLFloat, 64, 1}, &zero, &fill));
    CHECK(mts_tensormap_keys_to_samples(map, moved, fill, true) == NULL);
    CHECK_MESSAGE("(_=0)");
    CHECK_MESSAGE("8012000 bytes");
    CHECK_OK(mts_set_limit(MTS_LIMIT_RESULT_BYTES, 0));

    mts_labels_free(keys);
    mts_labels_free(moved);
    mts_tensormap_free(map);
}

static void names_of_gradients(void) {
    mts_block_t *parent = block("s", 0, 0);
    const char *refused[] = {"", ".", "..", "a/b", "a/gradients/b", "x\x1b[31m", "a\nb", "\x7f"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        CHECK_STATUS(mts_block_add_gradient(parent, refused[i], block("sample", 0, 0)),
                     MTS_INVALID_PARAMETER_ERROR, "can not be the name of a gradient");
    }
    const char *accepted[] = {"a\\b", "values.npy", "C:x", "\xc3\xa9", "a b"};
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        CHECK_OK(mts_block_add_gradient(parent, accepted[i], block("sample", 0, 0)));
    }
    const char *const *parameters = NULL;
    uintptr_t count = 0;
    CHECK_OK(mts_block_gradients_list(parent, &parameters, &count));
    CHECK(count == sizeof accepted / sizeof *accepted);
    CHECK(mts_block_free(parent) == MTS_SUCCESS);
}

int main(void) {
    set_and_get();
    merges_are_limited();
    names_of_gradients();
    return 0;
}
