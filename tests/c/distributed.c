/* Maps over several ranks: threads of this program, and a process that is alone. */
#include "support/c_array.h"
#include "support/thread_ranks.h"

#include <metatensor/arrays.h>

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

int main(void) {
    transports_are_checked_and_owned();
    one_process_is_enough();
    for (int32_t size = 2; size <= MAX_RANKS; size++) {
        released = 0;
        run_ranks(size, errors_are_those_of_all);
        released = 0;
        run_ranks(size, errors_of_arrays_are_told_to_all);
        CHECK(released == 1);
    }
    run_ranks_failing(2, broken_transports_stay_broken, 1, 1);
    CHECK(atomic_load(&c_arrays_alive) == 0 && atomic_load(&c_tensors_alive) == 0);
    return EXIT_SUCCESS;
}
