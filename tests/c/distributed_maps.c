/* Maps that are moved between ranks, summed, loaded and saved by all of them. */
#include "support/c_array.h"
#include "support/thread_ranks.h"

#include <metatensor/shortcuts.h>

/* A map with the samples 2 * rank and 2 * rank + 1 of one block, and a gradient of the second one. */
static mts_tensormap_t *part_of(int32_t rank) {
    const int32_t rows[] = {2 * rank, 2 * rank + 1}, one[] = {1};
    const uintptr_t shape[] = {1, 2};
    mts_block_t *block = c_block(2, rows, 2, 10 * rank);
    const mts_labels_t *samples = c_labels_1("sample", 1, one), *properties = mts_block_labels(block, 1);
    CHECK_OK(mts_block_add_gradient(block, "g", mts_block(c_array_count(shape, 2, rank), samples, NULL, 0, properties)));
    const mts_labels_t *keys = c_labels_1("k", 1, one);
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1);
    CHECK(map != NULL);
    mts_labels_free(samples);
    mts_labels_free(properties);
    mts_labels_free(keys);
    return map;
}

/* The labels of an axis of a block are these numbers. */
static void check_labels(const mts_block_t *block, uintptr_t axis, const int32_t *expected, uintptr_t count) {
    const mts_labels_t *labels = mts_block_labels(block, axis);
    CHECK(labels != NULL);
    const int32_t *values;
    uintptr_t rows, width;
    CHECK_OK(mts_labels_values_cpu(labels, &values, &rows, &width));
    CHECK(rows == count && width == 1);
    for (uintptr_t i = 0; i < count; i++) CHECK(values[i] == expected[i]);
    mts_labels_free(labels);
}

/* `map`, which is released, has the rows of this many ranks. */
static void check_whole(mts_tensormap_t *map, int32_t size) {
    CHECK(map != NULL);
    mts_block_t *block, *gradient;
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));
    CHECK_OK(mts_block_gradient(block, "g", &gradient));
    int32_t samples[2 * MAX_RANKS], gradient_samples[MAX_RANKS];
    for (int32_t i = 0; i < 2 * size; i++) samples[i] = i;
    for (int32_t i = 0; i < size; i++) gradient_samples[i] = 2 * i + 1;
    check_labels(block, 0, samples, 2 * (uintptr_t)size);
    check_labels(gradient, 0, gradient_samples, (uintptr_t)size);
    uintptr_t shape[] = {2 * (uintptr_t)size, 2};
    const double *values = mts_block_elements(block, c_float64, shape, 2);
    shape[0] = (uintptr_t)size;
    const double *derivatives = mts_block_elements(gradient, c_float64, shape, 2);
    CHECK(values != NULL && derivatives != NULL);
    for (int32_t rank = 0; rank < size; rank++) {
        for (int32_t i = 0; i < 4; i++) CHECK(values[4 * rank + i] == 10 * rank + i);
        CHECK(derivatives[2 * rank] == rank && derivatives[2 * rank + 1] == rank + 1);
    }
    CHECK_OK(mts_tensormap_free(map));
}

static void maps_are_moved(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size;
    uintptr_t last = (uintptr_t)size - 1;
    mts_tensormap_t *map = part_of(self->rank), *result;
    FILL_WITH_GARBAGE(result);
    CHECK_OK(mts_collective_gather(communicator, last, map, MTS_ORDER_SOURCE, &result));
    if ((uintptr_t)self->rank == last) check_whole(result, size);
    else CHECK(result == NULL);
    CHECK_OK(mts_collective_all_gather(communicator, map, MTS_ORDER_LABELS, &result));
    check_whole(result, size);

    /* only the root has to have something */
    mts_tensormap_t *whole = self->rank == 0 ? part_of(0) : NULL;
    CHECK_OK(mts_collective_broadcast(communicator, 0, whole, &result));
    check_whole(result, 1);
    if (whole != NULL) CHECK_OK(mts_tensormap_free(whole));

    /* what is wrong on one rank is wrong on all */
    const char *expected = "invalid parameter: rank 1: mts_collective_gather: got a NULL pointer for 'tensor'";
    FILL_WITH_GARBAGE(result);
    CHECK(mts_collective_gather(communicator, 0, self->rank == 1 ? NULL : map, MTS_ORDER_SOURCE, &result)
        == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strcmp(last_message(), expected) == 0);
    CHECK(result == NULL);
    FILL_WITH_GARBAGE(result);
    CHECK_STATUS(mts_collective_all_gather(communicator, map, self->rank == 1 ? 7 : 0, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_all_gather: 'order' must be one of the MTS_ORDER_ values, got 7");
    CHECK(result == NULL);
    CHECK_STATUS(mts_collective_all_gather(communicator, map, 0, self->rank == 1 ? NULL : &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_all_gather: got a NULL pointer for 'result'");
    CHECK(result == NULL);
    CHECK_STATUS(mts_collective_broadcast(communicator, (uintptr_t)self->rank, map, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 0 called broadcast(root 0), rank 1 called broadcast(root 1)");
    CHECK_STATUS(mts_collective_broadcast(communicator, (uintptr_t)size, map, &result), MTS_INVALID_PARAMETER_ERROR, "root");
    CHECK_OK(mts_tensormap_free(map));
}

/* The rank that a test gives to rows, and what it was asked about. */
typedef struct {
    int32_t size;
    bool fails;
    bool keys;
    int calls;
} chooser_t;

static int32_t choose(void *user_data, uintptr_t block, const int32_t *row, uintptr_t size) {
    chooser_t *chooser = (chooser_t *)user_data;
    chooser->calls++;
    CHECK(block == 0 && size == 1);
    if (chooser->fails) {
        mts_set_last_error("no idea", "chooser", NULL, NULL);
        return -3;
    }
    if (chooser->keys) CHECK(row[0] == 1);
    return chooser->keys ? chooser->size - 1 : row[0] % chooser->size;
}

/* `map`, which is released, has these samples. */
static void check_samples(mts_tensormap_t *map, const int32_t *samples, uintptr_t count) {
    mts_block_t *block;
    CHECK(map != NULL);
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));
    check_labels(block, 0, samples, count);
    CHECK_OK(mts_tensormap_free(map));
}

static void samples_go_where_partitions_say(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size, rank = self->rank;
    mts_tensormap_t *map = part_of(rank), *whole, *part, *result;
    CHECK_OK(mts_collective_gather(communicator, 0, map, MTS_ORDER_SOURCE, &whole));
    mts_partition_t partition;
    memset(&partition, 0, sizeof partition);
    const int32_t both[] = {2 * rank, 2 * rank + 1}, spread[] = {rank, rank + size};

    partition.kind = MTS_PARTITION_ROWS;
    CHECK_OK(mts_collective_scatter(communicator, 0, whole, &partition, &part));
    CHECK_OK(mts_collective_gather(communicator, 0, part, MTS_ORDER_SOURCE, &result));
    if (rank == 0) check_whole(result, size);
    check_samples(part, both, 2);

    const char *s = "s";
    partition.kind = MTS_PARTITION_STRIDED;
    partition.dimensions = &s;
    partition.dimensions_count = 1;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result));
    check_samples(result, spread, 2);
    partition.kind = MTS_PARTITION_CONTIGUOUS;
    CHECK_OK(mts_collective_scatter(communicator, 0, whole, &partition, &result));
    check_samples(result, both, 2);
    partition.kind = MTS_PARTITION_HASHED;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &part));
    CHECK_OK(mts_collective_all_gather(communicator, part, MTS_ORDER_LABELS, &result));
    check_whole(result, size);
    CHECK_OK(mts_tensormap_free(part));

    /* the owner of a sample is the next rank */
    const int32_t owned[] = {2 * ((rank + 1) % size), 2 * ((rank + 1) % size) + 1};
    const mts_labels_t *labels = c_labels_1("s", 2, owned);
    partition.kind = MTS_PARTITION_OWNERS;
    partition.owned = labels;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_SOURCE, &result));
    check_samples(result, owned, 2);
    mts_labels_free(labels);

    partition.kind = MTS_PARTITION_BLOCKS;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_SOURCE, &part));
    CHECK_OK(mts_collective_gather(communicator, 0, part, MTS_ORDER_LABELS, &result));
    if (rank == 0) check_whole(result, size);
    CHECK_OK(mts_tensormap_free(part));

    /* functions and lists */
    chooser_t chooser = {size, false, false, 0};
    partition.rank_of = choose;
    partition.user_data = &chooser;
    partition.kind = MTS_PARTITION_BY;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result));
    check_samples(result, spread, 2);
    CHECK(chooser.calls == 2);
    chooser.keys = true;
    partition.kind = MTS_PARTITION_KEYS;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_SOURCE, &result));
    if (rank == size - 1) check_whole(result, size);
    else check_samples(result, NULL, 0);
    const int32_t ranks[] = {(2 * rank) % size, (2 * rank + 1) % size}, *lists[] = {ranks};
    partition.kind = MTS_PARTITION_RANKS;
    partition.ranks = lists;
    uintptr_t counts[] = {2};
    partition.ranks_counts = counts;
    partition.lists_count = 1;
    CHECK_OK(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result));
    check_samples(result, spread, 2);

    /* errors */
    bool fails = rank == 1;
    FILL_WITH_GARBAGE(result);
    if (fails) lists[0] = NULL;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_redistribute: got a NULL pointer for 'ranks[0]'");
    CHECK(result == NULL);
    const int32_t wrong[] = {0, size};
    lists[0] = fails ? wrong : ranks;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "would go to rank");
    lists[0] = ranks;
    counts[0] = fails ? 1 : 2;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: `Partition::Ranks` has ranks for 1 rows of block (k=1), but there are 2");
    counts[0] = 2;
    partition.lists_count = fails ? 0 : 1;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: `Partition::Ranks` has ranks for 0 blocks, but this rank has 1");
    partition.lists_count = 1;
    if (fails) partition.ranks_counts = NULL;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_redistribute: got a NULL pointer for 'ranks_counts'");
    CHECK_OK(mts_collective_scatter(communicator, 0, map, &partition, &result));
    CHECK_OK(mts_tensormap_free(result));
    partition.ranks_counts = counts;
    partition.kind = MTS_PARTITION_BY;
    chooser.keys = false;
    chooser.fails = fails;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_CALLBACK_ERROR, "no idea");
    const char *message, *origin;
    mts_last_error(&message, &origin, NULL);
    CHECK(strncmp(message, "callback error: rank 1: ", 24) == 0);
    CHECK(strcmp(origin, fails ? "chooser" : "metatensor") == 0);
    if (fails) partition.rank_of = NULL;
    CHECK_STATUS(mts_collective_redistribute(communicator, map, &partition, MTS_ORDER_LABELS, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_redistribute: got a NULL pointer for 'rank_of'");
    partition.kind = fails ? 99 : MTS_PARTITION_ROWS;
    CHECK_STATUS(mts_collective_scatter(communicator, 0, whole, &partition, &result), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_scatter: 'kind' must be one of the MTS_PARTITION_ values, got 99");
    partition.kind = MTS_PARTITION_ROWS;
    CHECK_STATUS(mts_collective_scatter(communicator, 0, map, fails ? NULL : &partition, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_scatter: got a NULL pointer for 'partition'");
    CHECK_STATUS(mts_collective_scatter(communicator, 0, NULL, &partition, &result), MTS_INVALID_PARAMETER_ERROR, "rank 0");
    partition.kind = fails ? MTS_PARTITION_HASHED : MTS_PARTITION_ROWS;
    CHECK_STATUS(mts_collective_scatter(communicator, 0, whole, &partition, &result), MTS_INVALID_PARAMETER_ERROR,
        "rank 1 called scatter");

    if (whole != NULL) CHECK_OK(mts_tensormap_free(whole));
    CHECK_OK(mts_tensormap_free(map));
}

/* Arrays of this program for what is loaded. */
static mts_status_t c_create_array(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    *array = c_array_wrap(c_array_new(dtype, shape, axes));
    return MTS_SUCCESS;
}

static mts_status_t fail_to_create(const uintptr_t *shape, uintptr_t axes, DLDataType dtype, mts_array_t *array) {
    (void)shape, (void)axes, (void)dtype, (void)array;
    mts_set_last_error("no array", "distributed.c", NULL, NULL);
    return MTS_CALLBACK_ERROR;
}

static void check_same_file(const char *path, const char *other) {
    char content[2][1 << 16];
    size_t sizes[2];
    const char *paths[] = {path, other};
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(paths[i], "rb");
        CHECK(file != NULL);
        sizes[i] = fread(content[i], 1, sizeof content[i], file);
        CHECK(sizes[i] < sizeof content[i]);
        fclose(file);
    }
    CHECK(sizes[0] == sizes[1] && memcmp(content[0], content[1], sizes[0]) == 0);
}

static void files_are_written_and_read_by_all(mts_communicator_t *communicator, rank_t *self) {
    int32_t rank = self->rank;
    mts_tensormap_t *map = part_of(rank), *whole, *result;
    CHECK_OK(mts_tensormap_set_info(map, "unit", "eV"));
    CHECK_OK(mts_collective_gather(communicator, 0, map, MTS_ORDER_SOURCE, &whole));
    if (rank == 0) CHECK_OK(mts_tensormap_save("serial.mts", whole));
    CHECK_OK(mts_collective_save(communicator, "collective.mts", map, MTS_ORDER_SOURCE, NULL));
    if (rank == 0) check_same_file("serial.mts", "collective.mts");
    mts_collective_save_options_t options = MTS_COLLECTIVE_SAVE_OPTIONS_INIT;
    options.writers = 2;
    CHECK_OK(mts_collective_save(communicator, "sorted.mts", map, MTS_ORDER_LABELS, &options));
    if (rank == 0) check_same_file("serial.mts", "sorted.mts");

    mts_partition_t partition;
    memset(&partition, 0, sizeof partition);
    const int32_t both[] = {2 * rank, 2 * rank + 1};
    mts_create_array_callback_t makers[] = {NULL, c_create_array};
    for (int i = 0; i < 2; i++) {
        const char *unit;
        CHECK_OK(mts_collective_load(communicator, "collective.mts", &partition, makers[i], &result));
        CHECK_OK(mts_tensormap_get_info(result, "unit", &unit));
        CHECK(strcmp(unit, "eV") == 0);
        check_samples(result, both, 2);
    }

    bool fails = rank == 1;
    FILL_WITH_GARBAGE(result);
    CHECK_STATUS(mts_collective_load(communicator, "missing.mts", &partition, NULL, &result), MTS_IO_ERROR, "missing.mts");
    CHECK(result == NULL);
    CHECK_STATUS(mts_collective_load(communicator, "serial.mts", &partition, fails ? fail_to_create : NULL, &result),
        MTS_CALLBACK_ERROR, "rank 1: ");
    CHECK_MESSAGE("no array");
    partition.kind = MTS_PARTITION_RANKS;
    CHECK_STATUS(mts_collective_load(communicator, "serial.mts", &partition, NULL, &result), MTS_INVALID_PARAMETER_ERROR,
        "rank 0: mts_collective_load: MTS_PARTITION_RANKS can only be used");
    CHECK_STATUS(mts_collective_save(communicator, fails ? NULL : "serial.mts", map, MTS_ORDER_SOURCE, NULL),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_save: got a NULL pointer for 'path'");
    CHECK_STATUS(mts_collective_save(communicator, "missing/serial.mts", map, MTS_ORDER_SOURCE, NULL), MTS_IO_ERROR, "missing");
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));

    if (whole != NULL) CHECK_OK(mts_tensormap_free(whole));
    CHECK_OK(mts_tensormap_free(map));
}

/* The value of the first sample of the first block of `map`, which is released. */
static double first_value(mts_tensormap_t *map, uintptr_t samples, uintptr_t properties) {
    mts_block_t *block;
    CHECK(map != NULL);
    CHECK_OK(mts_tensormap_block_by_id(map, &block, 0));
    uintptr_t shape[] = {samples, properties};
    const double *values = mts_block_elements(block, c_float64, shape, 2);
    CHECK(values != NULL);
    double value = values[0];
    CHECK_OK(mts_tensormap_free(map));
    return value;
}

/* A map with one block, without gradients. */
static mts_tensormap_t *map_of(mts_block_t *block) {
    const int32_t one[] = {1};
    const mts_labels_t *keys = c_labels_1("k", 1, one);
    mts_tensormap_t *map = mts_tensormap(keys, &block, 1);
    CHECK(map != NULL);
    mts_labels_free(keys);
    return map;
}

static void maps_are_summed(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size, rank = self->rank;
    mts_tensormap_t *map = part_of(rank), *same = part_of(0), *result;
    double ranks = size * (size - 1) / 2.0;
    const char *s = "s";

    /* the same labels everywhere */
    CHECK_OK(mts_collective_all_reduce(communicator, same, &result));
    CHECK(first_value(result, 2, 2) == 0);
    FILL_WITH_GARBAGE(result);
    CHECK_STATUS(mts_collective_all_reduce(communicator, map, &result), MTS_NOT_EQUAL_ERROR, "not equal: ");
    CHECK(result == NULL);
    const int32_t shared[] = {5};
    mts_tensormap_t *numbers = map_of(c_block(1, shared, 1, rank + 1));
    CHECK_OK(mts_collective_all_reduce(communicator, numbers, &result));
    CHECK(first_value(result, 1, 1) == ranks + size);

    /* samples with equal labels, everywhere or at a rank of their own */
    mts_partition_t placement;
    memset(&placement, 0, sizeof placement);
    CHECK_OK(mts_collective_sum_by_labels(communicator, numbers, NULL, &result));
    CHECK(first_value(result, 1, 1) == ranks + size);
    placement.kind = MTS_PARTITION_STRIDED;
    placement.dimensions = &s;
    placement.dimensions_count = 1;
    CHECK_OK(mts_collective_sum_by_labels(communicator, numbers, &placement, &result));
    if (rank == 0) CHECK(first_value(result, 1, 1) == ranks + size);
    else check_samples(result, NULL, 0);

    /* one sample on each rank */
    const int32_t row[] = {rank};
    mts_tensormap_t *x = map_of(c_block(1, row, 1, rank + 1)), *y = map_of(c_block(1, row, 1, 3 * (rank + 1)));
    for (uint32_t order = MTS_SUM_ORDER_RANKS; order <= MTS_SUM_ORDER_LABELS; order++) {
        CHECK_OK(mts_collective_sum_over_samples(communicator, x, &s, 1, order, NULL, &result));
        CHECK(first_value(result, 1, 1) == ranks + size);
        CHECK_OK(mts_collective_mean_over_samples(communicator, x, &s, 1, order, NULL, &result));
        CHECK(first_value(result, 1, 1) == (ranks + size) / size);
    }
    CHECK_OK(mts_collective_var_over_samples(communicator, x, &s, 1, NULL, &result));
    double variance = first_value(result, 1, 1), expected = (size * size - 1) / 12.0;
    CHECK(variance - expected < 1e-14 && expected - variance < 1e-14);
    CHECK_OK(mts_collective_std_over_samples(communicator, x, &s, 1, NULL, &result));
    double deviation = first_value(result, 1, 1);
    CHECK(deviation * deviation - expected < 1e-14 && expected - deviation * deviation < 1e-14);

    /* y = 3 x, with one equation on each rank */
    mts_lstsq_options_t options = MTS_LSTSQ_OPTIONS_INIT;
    CHECK_OK(mts_collective_lstsq(communicator, x, y, &options, &result));
    double slope = first_value(result, 1, 1) - 3;
    CHECK(slope < 1e-14 && -slope < 1e-14);
    CHECK_OK(mts_collective_lstsq(communicator, x, y, NULL, &result));
    CHECK_OK(mts_tensormap_free(result));
    mts_tensormap_t *squares, *right_sides;
    CHECK_OK(mts_collective_normal_equations(communicator, x, y, &squares, &right_sides));
    double square = size * (size + 1) * (2 * size + 1) / 6.0;
    CHECK(first_value(squares, 1, 1) == square && first_value(right_sides, 1, 1) == 3 * square);

    /* errors */
    bool fails = rank == 1;
    CHECK_STATUS(mts_collective_sum_over_samples(communicator, numbers, fails ? NULL : &s, 1, 0, NULL, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_sum_over_samples: got a NULL pointer for 'names'");
    CHECK(result == NULL);
    CHECK_STATUS(mts_collective_mean_over_samples(communicator, numbers, &s, 1, fails ? 5 : 0, NULL, &result),
        MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_mean_over_samples: 'order' must be one of the MTS_SUM_ORDER_ values, got 5");
    placement.kind = fails ? MTS_PARTITION_RANKS : MTS_PARTITION_ROWS;
    CHECK_STATUS(mts_collective_var_over_samples(communicator, numbers, &s, 1, &placement, &result),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_var_over_samples: MTS_PARTITION_RANKS can only be used");
    FILL_WITH_GARBAGE(squares);
    CHECK_STATUS(mts_collective_normal_equations(communicator, fails ? NULL : x, y, &squares, &right_sides),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_normal_equations: got a NULL pointer for 'x'");
    CHECK(squares == NULL && right_sides == NULL);
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));

    CHECK_OK(mts_tensormap_free(y));
    CHECK_OK(mts_tensormap_free(x));
    CHECK_OK(mts_tensormap_free(numbers));
    CHECK_OK(mts_tensormap_free(same));
    CHECK_OK(mts_tensormap_free(map));
}

/* Whatever call of the transport fails: nobody waits forever, nothing is lost, and nobody takes half of a map for a whole one. */
static void maps_are_moved_if_the_transport_works(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size;
    mts_tensormap_t *map = part_of(self->rank), *result;
    FILL_WITH_GARBAGE(result);
    mts_status_t status = mts_collective_all_gather(communicator, map, MTS_ORDER_SOURCE, &result);
    if (status == MTS_SUCCESS) {
        check_whole(result, size);
    } else {
        CHECK(status == MTS_COMMUNICATION_ERROR && result == NULL);
        CHECK_MESSAGE("communication error: ");
    }
    CHECK_OK(mts_tensormap_free(map));
}

static void any_call_may_fail(void) {
    int calls = 0;
    for (int failing = 1; failing == 1 || calls >= failing - 1; failing++) {
        calls = run_ranks_failing(2, maps_are_moved_if_the_transport_works, 1, failing);
        CHECK(failing < 100);
    }
}

int main(void) {
    any_call_may_fail();
    for (int32_t size = 2; size <= MAX_RANKS; size++) {
        run_ranks(size, maps_are_moved);
        run_ranks(size, samples_go_where_partitions_say);
        run_ranks(size, files_are_written_and_read_by_all);
        run_ranks(size, maps_are_summed);
    }
    CHECK(atomic_load(&c_arrays_alive) == 0 && atomic_load(&c_tensors_alive) == 0);
    return EXIT_SUCCESS;
}
