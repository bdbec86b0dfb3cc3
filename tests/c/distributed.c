/* Maps over several ranks: threads of this program, and a process that is alone. */
#include "support/c_array.h"
#include "support/thread_ranks.h"

#include <metatensor/arrays.h>
#include <metatensor/shortcuts.h>

static int destroyed;

static void count_destroyed(void *ptr) {
    CHECK(ptr == &destroyed);
    destroyed++;
}

static mts_transport_t some_transport(void) {
    static post_t post;
    static rank_t rank;
    post.size = 2;
    rank.post = &post;
    mts_transport_t transport = ranks_transport(&rank);
    transport.ptr = &destroyed;
    transport.destroy = count_destroyed;
    return transport;
}

/* `transport` can not be used, and is released. */
static void check_refused(mts_transport_t transport, const char *message) {
    mts_communicator_t *communicator;
    FILL_WITH_GARBAGE(communicator);
    destroyed = 0;
    CHECK_STATUS(mts_communicator(transport, &communicator), MTS_INVALID_PARAMETER_ERROR, message);
    CHECK(communicator == NULL && destroyed == 1);
}

static void transports_are_checked_and_owned(void) {
    mts_transport_t transport = some_transport();
    transport.max = NULL;
    check_refused(transport, "the transport has no function 'max'");
    transport = some_transport();
    transport.all_to_all = NULL;
    check_refused(transport, "the transport has no function 'all_to_all'");
    transport = some_transport();
    transport.broadcast = NULL;
    check_refused(transport, "the transport has no function 'broadcast'");
    transport = some_transport();
    transport.begin = NULL;
    check_refused(transport, "the transport has no function 'begin'");
    transport = some_transport();
    transport.finish = NULL;
    check_refused(transport, "the transport has no function 'finish'");
    transport = some_transport();
    transport.rank = 2;
    check_refused(transport, "rank 2 of 2 ranks is not possible");
    transport.rank = -1;
    check_refused(transport, "rank -1 of 2 ranks is not possible");
    transport.rank = 0;
    transport.size = 0;
    check_refused(transport, "rank 0 of 0 ranks is not possible");

    /* nobody knows what is where in another version */
    transport = some_transport();
    transport.version = 2;
    mts_communicator_t *communicator;
    destroyed = 0;
    CHECK_STATUS(mts_communicator(transport, &communicator), MTS_INVALID_PARAMETER_ERROR, "version 2");
    CHECK(communicator == NULL && destroyed == 0);

    /* without a place for the result, it is released as well */
    CHECK_STATUS(mts_communicator(some_transport(), NULL), MTS_INVALID_PARAMETER_ERROR, "'communicator'");
    CHECK(destroyed == 1);
    transport = some_transport();
    transport.destroy = NULL;
    CHECK_OK(mts_communicator(transport, &communicator));
    CHECK_OK(mts_communicator_free(communicator));
    CHECK_OK(mts_communicator_free(NULL));
}

static void one_process_is_enough(void) {
    mts_communicator_t *communicator;
    FILL_WITH_GARBAGE(communicator);
    CHECK_OK(mts_communicator_single(&communicator));
    uintptr_t rank = 7, size = 7;
    CHECK_OK(mts_communicator_rank(communicator, &rank));
    CHECK_OK(mts_communicator_size(communicator, &size));
    CHECK(rank == 0 && size == 1);
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
    CHECK_STATUS(mts_collective_agree(communicator, MTS_LINALG_ERROR, "no"), MTS_LINALG_ERROR, "rank 0: no");
    CHECK_OK(mts_communicator_free(communicator));
    bool available;
    CHECK_OK(mts_has_feature("distributed", &available));
    CHECK(available);
}

static int released;

static void release(void *data) {
    CHECK(data == &released);
    released++;
}

/* What all ranks say if rank 1 fails with this status and message. */
static void check_agreed(mts_communicator_t *communicator, bool fails, mts_status_t mine, const char *message,
    mts_status_t status, const char *expected) {
    mts_set_last_error("", "", NULL, NULL);
    CHECK(mts_collective_agree(communicator, fails ? mine : MTS_SUCCESS, fails ? message : NULL) == status);
    if (strcmp(last_message(), expected) != 0) fprintf(stderr, "expected: %s\n", expected);
    CHECK(strcmp(last_message(), expected) == 0);
}

static void errors_are_those_of_all(mts_communicator_t *communicator, rank_t *self) {
    bool fails = self->rank == 1;
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
    check_agreed(communicator, fails, MTS_INVALID_PARAMETER_ERROR, "no atoms", MTS_INVALID_PARAMETER_ERROR,
        "invalid parameter: rank 1: no atoms");
    check_agreed(communicator, fails, MTS_INVALID_PARAMETER_ERROR, "invalid parameter: no atoms",
        MTS_INVALID_PARAMETER_ERROR, "invalid parameter: rank 1: no atoms");
    check_agreed(communicator, fails, MTS_IO_ERROR, "io error: could not open 'x': gone", MTS_IO_ERROR,
        "io error: rank 1: could not open 'x': gone");
    check_agreed(communicator, fails, MTS_SERIALIZATION_ERROR, "no map", MTS_SERIALIZATION_ERROR,
        "serialization format error: rank 1: no map");
    check_agreed(communicator, fails, MTS_BUFFER_SIZE_ERROR, "small", MTS_BUFFER_SIZE_ERROR,
        "buffer size error: rank 1: small");
    check_agreed(communicator, fails, MTS_NOT_EQUAL_ERROR, "a b", MTS_NOT_EQUAL_ERROR, "not equal: rank 1: a b");
    check_agreed(communicator, fails, MTS_UNSUPPORTED_ERROR, "device", MTS_UNSUPPORTED_ERROR,
        "unsupported: rank 1: device");
    check_agreed(communicator, fails, MTS_LINALG_ERROR, "singular", MTS_LINALG_ERROR,
        "linear algebra error: rank 1: singular");
    check_agreed(communicator, fails, MTS_COMMUNICATION_ERROR, "gone", MTS_COMMUNICATION_ERROR,
        "communication error: rank 1: gone");
    check_agreed(communicator, fails, MTS_INTERNAL_ERROR, "bug", MTS_INTERNAL_ERROR, "internal error: rank 1: bug");
    check_agreed(communicator, fails, (mts_status_t)42, "model", MTS_CALLBACK_ERROR, "callback error: rank 1: model");
    /* what it gives is text */
    check_agreed(communicator, fails, MTS_CALLBACK_ERROR, "\xff", MTS_INVALID_PARAMETER_ERROR,
        "invalid parameter: rank 1: mts_collective_agree: 'message' must be text in UTF-8, got '\xef\xbf\xbd'");

    /* the last error, with its data, which stays where it is */
    if (fails) mts_set_last_error("model", "model.c", &released, release);
    CHECK(mts_collective_agree(communicator, fails ? MTS_CALLBACK_ERROR : MTS_SUCCESS, NULL) == MTS_CALLBACK_ERROR);
    const char *message, *origin;
    void *data;
    mts_last_error(&message, &origin, &data);
    CHECK(strcmp(message, "callback error: rank 1: model") == 0);
    CHECK(strcmp(origin, fails ? "model.c" : "metatensor") == 0);
    CHECK(data == (fails ? &released : NULL));
    mts_set_last_error("", "", NULL, NULL);
    if (fails) CHECK(released == 1);
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
}

static void broken_transports_stay_broken(mts_communicator_t *communicator, rank_t *self) {
    mts_status_t status = mts_collective_agree(communicator, MTS_SUCCESS, NULL);
    if (self->failing_call == 0) {
        /* the other one has told what it had before it was cut off, or nothing */
        CHECK(status == MTS_COMMUNICATION_ERROR);
        CHECK_MESSAGE("communication error: nobody is there any more");
    } else {
        CHECK(status == MTS_COMMUNICATION_ERROR);
        CHECK(strcmp(last_message(), "communication error: the cable is cut") == 0);
        int calls = self->calls;
        CHECK_STATUS(mts_collective_agree(communicator, MTS_SUCCESS, NULL), MTS_COMMUNICATION_ERROR,
            "the communicator can not be used any more");
        CHECK(self->calls == calls);
    }
}

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
    CHECK(rows == count && width == 1 && memcmp(values, expected, count * sizeof *values) == 0);
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

/* The array of a block of rank 1 fails, with a message of its own. */
static mts_status_t fail_as_dlpack(
    void *array, DLManagedTensorVersioned **tensor, DLDevice device, const int64_t *stream, DLPackVersion version) {
    (void)array, (void)tensor, (void)device, (void)stream, (void)version;
    mts_set_last_error("the disk is gone", "array.c", &released, release);
    return MTS_CALLBACK_ERROR;
}

static void errors_of_arrays_are_told_to_all(mts_communicator_t *communicator, rank_t *self) {
    const int32_t rows[] = {self->rank}, one[] = {1};
    const uintptr_t shape[] = {1, 1};
    bool fails = self->rank == 1;
    mts_array_t array = c_array_count(shape, 2, 0);
    if (fails) array.as_dlpack = fail_as_dlpack;
    const mts_labels_t *samples = c_labels_1("s", 1, rows), *other = c_labels_1("k", 1, one);
    mts_block_t *block = mts_block(array, samples, NULL, 0, other);
    mts_tensormap_t *map = mts_tensormap(other, &block, 1), *result;
    CHECK(map != NULL);
    CHECK(mts_collective_all_gather(communicator, map, MTS_ORDER_SOURCE, &result) == MTS_CALLBACK_ERROR);
    const char *message, *origin;
    void *data;
    mts_last_error(&message, &origin, &data);
    CHECK(strcmp(message, "callback error: rank 1: the disk is gone") == 0);
    CHECK(strcmp(origin, fails ? "array.c" : "metatensor") == 0);
    CHECK(data == (fails ? &released : NULL));
    mts_set_last_error("", "", NULL, NULL);
    mts_labels_free(samples);
    mts_labels_free(other);
    CHECK_OK(mts_tensormap_free(map));
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
}

/* Each rank owns three atoms in a ring, and has the two next ones, an image of the first of these, and an image of its first own one. */
enum { OWN = 3, GHOSTS = 4 };

static void check_rows(const uint32_t *rows, uintptr_t count, const uint32_t *expected, uintptr_t expected_count) {
    CHECK(count == expected_count);
    for (uintptr_t i = 0; i < count; i++) CHECK(rows[i] == expected[i]);
}

static mts_halo_t *ring_of(mts_communicator_t *communicator, const rank_t *self, bool knows_owners) {
    int32_t size = self->post->size, rank = self->rank, next = (rank + 1) % size;
    /* a system and an atom */
    const int32_t owned[OWN][2] = {{5, 3 * rank}, {5, 3 * rank + 1}, {5, 3 * rank + 2}};
    const int32_t ghosts[GHOSTS][2] = {{5, 3 * next}, {5, 3 * next + 1}, {5, 3 * rank}, {5, 3 * next}};
    const int32_t owners[GHOSTS] = {next, next, rank, next};
    mts_halo_t *halo;
    FILL_WITH_GARBAGE(halo);
    CHECK_OK(mts_collective_halo(
        communicator, owned[0], OWN, ghosts[0], GHOSTS, 2, knows_owners ? owners : NULL, &halo));
    return halo;
}

static void halos_know_which_rows_go_where(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size;
    for (int knows = 0; knows < 2; knows++) {
        mts_halo_t *halo = ring_of(communicator, self, knows == 1);
        uintptr_t owned, ghosts, count, neighbors;
        CHECK_OK(mts_halo_counts(halo, &owned, &ghosts));
        CHECK(owned == OWN && ghosts == GHOSTS);
        const uint32_t *ranks, *rows;
        CHECK_OK(mts_halo_neighbors(halo, &ranks, &neighbors));
        CHECK(neighbors == (size == 2 ? 2 : 3));
        for (uintptr_t i = 0; i < neighbors; i++) {
            const uint32_t all[] = {0, 1, 0}, first[] = {0}, of_next[] = {0, 1, 3}, image[] = {2};
            bool is_next = ranks[i] == (uint32_t)((self->rank + 1) % size), is_own = ranks[i] == (uint32_t)self->rank;
            bool is_previous = ranks[i] == (uint32_t)((self->rank + size - 1) % size);
            CHECK_OK(mts_halo_send_rows(halo, i, &rows, &count));
            check_rows(rows, count, is_own ? first : all, is_own ? 1 : is_previous ? 3 : 0);
            CHECK_OK(mts_halo_receive_rows(halo, i, &rows, &count));
            check_rows(rows, count, is_own ? image : of_next, is_own ? 1 : is_next ? 3 : 0);
        }
        FILL_WITH_GARBAGE(rows);
        CHECK_STATUS(mts_halo_send_rows(halo, neighbors, &rows, &count), MTS_INVALID_PARAMETER_ERROR, "neighbor");
        CHECK(rows == NULL && count == 0);
        CHECK_OK(mts_halo_free(halo));
    }
    CHECK_OK(mts_halo_free(NULL));

    /* who asks for what nobody owns, or owns what is owned */
    mts_halo_t *halo;
    const int32_t one[] = {1}, own[] = {self->rank}, missing[] = {99};
    FILL_WITH_GARBAGE(halo);
    CHECK_STATUS(mts_collective_halo(communicator, own, 1, self->rank == 1 ? missing : NULL, self->rank == 1, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "99");
    CHECK(halo == NULL);
    CHECK_STATUS(
        mts_collective_halo(communicator, one, 1, NULL, 0, 1, NULL, &halo), MTS_INVALID_PARAMETER_ERROR, "rank 1");
    const int32_t negative[] = {-1};
    CHECK_STATUS(mts_collective_halo(communicator, own, 1, own, 1, 1, self->rank == 1 ? negative : own, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: 'ranks' can not have the rank -1");
    CHECK_STATUS(mts_collective_halo(communicator, self->rank == 1 ? NULL : own, 1, NULL, 0, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo(communicator, own, self->rank == 1 ? UINTPTR_MAX : 1, NULL, 0, 1, NULL, &halo),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo: 'owned' can not have");
}

static void rows_go_to_ghosts_and_back(mts_communicator_t *communicator, rank_t *self) {
    int32_t size = self->post->size, next = (self->rank + 1) % size;
    mts_halo_t *halo = ring_of(communicator, self, false);
    for (int agreement = 0; agreement < 2; agreement++) {
        CHECK_OK(mts_collective_halo_set_agreement(halo, agreement == 0 ? MTS_AGREEMENT_ALL : MTS_AGREEMENT_NEIGHBORS));
        /* owned rows, and then ghosts */
        double rows[OWN + GHOSTS][2], *ghosts = rows[OWN];
        for (int i = 0; i < OWN; i++) {
            rows[i][0] = 3 * self->rank + i;
            rows[i][1] = -rows[i][0];
        }
        for (int split = 0; split < 2; split++) {
            for (int i = 0; i < 2 * GHOSTS; i++) ghosts[i] = 1e9;
            if (split == 0) {
                CHECK_OK(mts_collective_halo_forward(halo, c_float64, 2, rows, ghosts));
            } else {
                CHECK_OK(mts_collective_halo_forward_begin(halo, c_float64, 2, rows));
                CHECK_STATUS(mts_collective_agree(communicator, MTS_SUCCESS, NULL), MTS_INVALID_PARAMETER_ERROR,
                    "another collective function of this communicator is running");
                CHECK_OK(mts_collective_halo_forward_end(halo, ghosts));
            }
            const double expected[] = {3 * next, 3 * next + 1, 3 * self->rank, 3 * next};
            for (int i = 0; i < GHOSTS; i++) {
                CHECK(rows[OWN + i][0] == expected[i] && rows[OWN + i][1] == -expected[i]);
            }
        }

        /* what ghosts have is added to what owners have */
        double gradients[OWN] = {1, 10, 100}, of_ghosts[GHOSTS] = {2, 20, 0.5, 4};
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_ADD, c_float64, 1, of_ghosts, gradients));
        CHECK(gradients[0] == 7.5 && gradients[1] == 30 && gradients[2] == 100);
        int32_t numbers[OWN] = {1, 10, 100}, others[GHOSTS] = {2, 20, -5, 4};
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MIN, c_int32, 1, others, numbers));
        CHECK(numbers[0] == -5 && numbers[1] == 10);
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MAX, c_int32, 1, others, numbers));
        CHECK(numbers[0] == 4 && numbers[1] == 20);
        CHECK_OK(mts_collective_halo_reverse(halo, MTS_MULTIPLY, c_int32, 1, others, numbers));
        CHECK(numbers[0] == 4 * 2 * -5 * 4 && numbers[1] == 400 && numbers[2] == 100);
    }
    CHECK_STATUS(mts_collective_halo_forward_end(halo, NULL), MTS_INVALID_PARAMETER_ERROR, "no step");
    CHECK_OK(mts_halo_free(halo));

    /* all know what is wrong on one rank */
    halo = ring_of(communicator, self, false);
    double rows[OWN] = {0}, ghosts[GHOSTS];
    bool fails = self->rank == 1;
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, 1, fails ? NULL : rows, ghosts), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, 1, rows, fails ? NULL : ghosts), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward: got a NULL pointer for 'ghosts'");
    CHECK_STATUS(mts_collective_halo_reverse(halo, fails ? 9 : MTS_ADD, c_float64, 1, ghosts, rows),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: mts_collective_halo_reverse: 'op' must be one of");
    CHECK_STATUS(mts_collective_halo_forward(halo, c_float64, fails ? UINTPTR_MAX : 1, rows, ghosts),
        MTS_INVALID_PARAMETER_ERROR, "rank 1: rows of 18446744073709551615 elements of float64 do not fit in memory");
    CHECK_STATUS(mts_collective_halo_forward_begin(halo, c_float64, 1, fails ? NULL : rows), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_forward_begin: got a NULL pointer for 'owned'");
    CHECK_STATUS(mts_collective_halo_set_agreement(halo, fails ? 7 : 0), MTS_INVALID_PARAMETER_ERROR,
        "rank 1: mts_collective_halo_set_agreement: 'agreement' must be one of the MTS_AGREEMENT_ values, got 7");
    CHECK_OK(mts_collective_halo_forward_begin(halo, c_float64, 1, rows));
    mts_status_t status = mts_collective_halo_forward_end(halo, fails ? NULL : ghosts);
    CHECK(status == (fails ? MTS_INVALID_PARAMETER_ERROR : MTS_SUCCESS));
    CHECK_OK(mts_collective_halo_forward(halo, c_float64, 1, rows, ghosts));

    /* or only those who get something from it */
    CHECK_OK(mts_collective_halo_set_agreement(halo, MTS_AGREEMENT_NEIGHBORS));
    status = mts_collective_halo_forward(halo, c_float64, 1, fails ? NULL : rows, ghosts);
    bool is_told = (self->rank + 1) % size == 1;
    CHECK((status != MTS_SUCCESS) == (fails || is_told));
    CHECK_OK(mts_halo_free(halo));
    CHECK_OK(mts_collective_agree(communicator, MTS_SUCCESS, NULL));
}

int main(void) {
    transports_are_checked_and_owned();
    one_process_is_enough();
    for (int32_t size = 2; size <= MAX_RANKS; size++) {
        released = 0;
        run_ranks(size, errors_are_those_of_all);
        run_ranks(size, maps_are_moved);
        run_ranks(size, samples_go_where_partitions_say);
        released = 0;
        run_ranks(size, errors_of_arrays_are_told_to_all);
        CHECK(released == 1);
        run_ranks(size, halos_know_which_rows_go_where);
        run_ranks(size, rows_go_to_ghosts_and_back);
    }
    run_ranks_failing(2, broken_transports_stay_broken, 1, 1);
    CHECK(atomic_load(&c_arrays_alive) == 0 && atomic_load(&c_tensors_alive) == 0);
    return EXIT_SUCCESS;
}
