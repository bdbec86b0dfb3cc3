/* The transport of metatensor/mpi.h alone, without libmetatensor: `transport N` runs all functions with small pieces, and
 * `transport N timeout` waits for a rank that does not come, and `transport N big` sends more than 2^31 bytes. */
#define _DEFAULT_SOURCE
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static char last_error[2048];
#define METATENSOR_MPI_ERROR(message) (void)snprintf(last_error, sizeof last_error, "%s", message)
#include "check.h"
#include "metatensor/mpi.h"

enum { PIECE = 4096 };

static void numbers(const mts_transport_t *t) {
    int64_t values[16];
    for (int i = 0; i < 16; i++) values[i] = i % 2 ? INT64_MIN + rank : ((int64_t)1 << 40) * (i % 3 - 1) * rank;
    CHECK(t->max(t->ptr, values, 16) == MTS_SUCCESS);
    for (int i = 0; i < 16; i++) {
        int64_t expected = i % 2 ? INT64_MIN + size - 1 : ((int64_t)1 << 40) * (i % 3 == 2 ? size - 1 : 0);
        CHECK(values[i] == expected);
    }
    CHECK(t->max(t->ptr, values, 17) == MTS_INVALID_PARAMETER_ERROR);
}

static uint8_t byte(int from, int to, uint64_t i) {
    return (uint8_t)(i * 7 + i / 251 + (uint64_t)(from * 13 + to * 31));
}

static void pieces(const mts_transport_t *t) {
    const uint64_t sizes[] = {1, 8, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 17};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        uint64_t each = sizes[k];
        uint8_t *send = malloc((size_t)size * each), *receive = calloc((size_t)size, each);
        for (int to = 0; to < size; to++) {
            for (uint64_t i = 0; i < each; i++) send[(uint64_t)to * each + i] = byte(rank, to, i);
        }
        CHECK(t->all_to_all(t->ptr, send, receive, each) == MTS_SUCCESS);
        for (int from = 0; from < size; from++) {
            for (uint64_t i = 0; i < each; i++) CHECK(receive[(uint64_t)from * each + i] == byte(from, rank, i));
        }
        for (int root = 0; root < size; root++) {
            for (uint64_t i = 0; i < each; i++) send[i] = rank == root ? byte(root, 0, i) : 0;
            CHECK(t->broadcast(t->ptr, root, send, each) == MTS_SUCCESS);
            for (uint64_t i = 0; i < each; i++) CHECK(send[i] == byte(root, 0, i));
        }
        free(send);
        free(receive);
    }
}

/* The same number on both sides, without asking. */
static uint64_t length(int from, int to, int which) {
    return 1 + (uint64_t)(from * 7919 + to * 104729 + which * 15485863) % (uint64_t)(which == 2 ? 7 * PIECE : PIECE + 100);
}

/* Three messages between all pairs, which arrive in order, sent with some more on their way. */
static void messages(const mts_transport_t *t) {
    void *requests[2];
    mts_message_t *sends[2], *receives[2];
    size_t count = 3 * (size_t)(size - 1);
    for (int k = 0; k < 2; k++) {
        sends[k] = malloc((count + 1) * sizeof **sends);
        receives[k] = malloc((count + 1) * sizeof **receives);
        for (int i = 1; i < size; i++) {
            int to = (rank + i) % size, from = (rank + size - i) % size;
            for (int which = 0; which < 3; which++) {
                mts_message_t *s = &sends[k][3 * (i - 1) + which], *r = &receives[k][3 * (i - 1) + which];
                s->peer = to;
                s->size = length(rank, to, which);
                s->data = malloc(s->size);
                for (uint64_t j = 0; j < s->size; j++) s->data[j] = byte(rank, to, j + (uint64_t)(which + 10 * k));
                r->peer = from;
                r->size = length(from, rank, which);
                r->data = calloc(1, r->size);
            }
        }
        CHECK(t->begin(t->ptr, sends[k], count, receives[k], count, &requests[k]) == MTS_SUCCESS);
    }
    for (int k = 1; k >= 0; k--) {
        CHECK(t->finish(t->ptr, requests[k]) == MTS_SUCCESS);
        for (size_t i = 0; i < count; i++) {
            mts_message_t *r = &receives[k][i];
            for (uint64_t j = 0; j < r->size; j++) CHECK(r->data[j] == byte(r->peer, rank, j + (uint64_t)((int)i % 3 + 10 * k)));
            free(r->data);
            free(sends[k][i].data);
        }
        free(sends[k]);
        free(receives[k]);
    }
    CHECK(t->begin(t->ptr, NULL, 0, NULL, 0, &requests[0]) == MTS_SUCCESS);
    CHECK(t->finish(t->ptr, requests[0]) == MTS_SUCCESS);
}

/* Messages that are not as long as they should be, and peers that do not exist. */
static void failures(const mts_transport_t *t) {
    uint8_t data[16] = {0};
    void *request = data;
    mts_message_t message = {size, data, 4};
    CHECK(t->begin(t->ptr, &message, 1, NULL, 0, &request) == MTS_COMMUNICATION_ERROR);
    CHECK(request == NULL && strstr(last_error, "MPI_Isend failed: ") != NULL);
    CHECK(t->begin(t->ptr, NULL, 0, &message, 1, &request) == MTS_COMMUNICATION_ERROR);
    CHECK(request == NULL && strstr(last_error, "MPI_Irecv failed: ") != NULL);
    CHECK(t->broadcast(t->ptr, size, data, 4) == MTS_COMMUNICATION_ERROR);
    CHECK(strstr(last_error, "MPI_Bcast failed: ") != NULL);
#ifdef MPICH_VERSION
    const uint64_t longest = 3; /* it ends the program if a message is longer than expected */
#else
    const uint64_t longest = 5;
#endif
    for (uint64_t sent = 3; sent <= longest && size > 1; sent += 2) {
        if (rank == 0) {
            message.peer = 1;
            message.size = sent;
            CHECK(t->begin(t->ptr, &message, 1, NULL, 0, &request) == MTS_SUCCESS);
            CHECK(t->finish(t->ptr, request) == MTS_SUCCESS);
        } else if (rank == 1) {
            message.peer = 0;
            message.size = 4;
            CHECK(t->begin(t->ptr, NULL, 0, &message, 1, &request) == MTS_SUCCESS);
            CHECK(t->finish(t->ptr, request) == MTS_COMMUNICATION_ERROR);
            CHECK(strstr(last_error, sent == 3 ? "rank 0 sent 3 bytes instead of 4" : "MPI_Wait failed: ") != NULL);
        }
    }
}

/* What a rank sends arrives as it was, also if this rank fails before, and then uses the memory for something else. */
static void sends_of_failed_ranks(void) {
    enum { SHORT = 4, LONG = 1 << 23 };
    mts_transport_t t;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, NULL, &t) == MTS_SUCCESS);
    if (rank < 2 && size > 1) {
        uint8_t *data = malloc(LONG), small[SHORT] = {0};
        void *request = NULL;
        for (uint64_t i = 0; i < LONG; i++) data[i] = rank == 1 ? byte(1, 0, i) : 0;
        mts_message_t one = {1 - rank, small, SHORT - 1 + rank}, other = {1 - rank, data, LONG};
        if (rank == 0) {
            CHECK(t.begin(t.ptr, &one, 1, &other, 1, &request) == MTS_SUCCESS);
            usleep(200000);
            CHECK(t.finish(t.ptr, request) == MTS_SUCCESS);
            for (uint64_t i = 0; i < LONG; i++) CHECK(data[i] == byte(1, 0, i));
        } else {
            CHECK(t.begin(t.ptr, &other, 1, &one, 1, &request) == MTS_SUCCESS);
            CHECK(t.finish(t.ptr, request) == MTS_COMMUNICATION_ERROR);
            memset(data, 0, LONG);
        }
        free(data);
    }
    t.destroy(t.ptr);
}

/* What can not be a communicator. */
static void refused(void) {
    mts_transport_t t;
    CHECK(mts_mpi_transport(MPI_COMM_NULL, NULL, &t) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "MPI_COMM_NULL") != NULL && t.destroy == NULL);
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, NULL, NULL) == MTS_INVALID_PARAMETER_ERROR);
    mts_mpi_options_t options = {(uint64_t)1 << 31, 0};
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &t) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "at most INT_MAX") != NULL);
    options.piece = 0;
    options.timeout = rank == size - 1 ? -1 : 0;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &t) == MTS_INVALID_PARAMETER_ERROR);
    if (size == 1) return;
    options.timeout = 0;
    options.piece = (uint64_t)(rank == 0 ? 100 : 101);
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &t) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "different sizes on different ranks") != NULL);
    MPI_Comm half, between;
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &half);
    MPI_Intercomm_create(half, 0, MPI_COMM_WORLD, 1 - rank % 2, 3, &between);
    CHECK(mts_mpi_transport(between, NULL, &t) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "inter-communicator") != NULL);
    MPI_Comm_free(&between);
    MPI_Comm_free(&half);
}

/* A timeout is of one rank: reductions of ranks with it and without it still find each other. */
static void one_timeout(void) {
    mts_mpi_options_t options = {PIECE, rank == 0 ? 30 : 0};
    mts_transport_t t;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &t) == MTS_SUCCESS);
    for (int i = 0; i < 5; i++) {
        numbers(&t);
        messages(&t);
    }
    t.destroy(t.ptr);
}

static void timeout(void) {
    one_timeout();
    mts_mpi_options_t options = {PIECE, 0.5};
    mts_transport_t t;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, &options, &t) == MTS_SUCCESS);
    numbers(&t);
    if (rank == 0) {
        for (;;) sleep(1);
    }
    int64_t value = 0;
    double start = MPI_Wtime();
    CHECK(t.max(t.ptr, &value, 1) == MTS_COMMUNICATION_ERROR);
    CHECK(MPI_Wtime() - start < 10);
    CHECK(strstr(last_error, "after 0.5 s, not all other ranks have come") != NULL);
    if (rank == 1) {
        printf("%s\n", last_error);
        fflush(stdout);
        t.abort(t.ptr, 42);
    }
    for (;;) sleep(1);
}

/* One message from the first rank to the last, in three pieces of the default size. */
static void big(void) {
    const uint64_t bytes = ((uint64_t)1 << 31) + 5000003;
    mts_transport_t t;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, NULL, &t) == MTS_SUCCESS);
    mts_message_t message = {rank == 0 ? size - 1 : 0, NULL, bytes};
    void *request = NULL;
    if (rank == 0) {
        message.data = malloc(bytes);
        for (uint64_t i = 0; i < bytes; i++) message.data[i] = byte(1, 2, i);
        CHECK(t.begin(t.ptr, &message, 1, NULL, 0, &request) == MTS_SUCCESS);
    } else if (rank == size - 1) {
        message.data = malloc(bytes);
        memset(message.data, 0, bytes);
        CHECK(t.begin(t.ptr, NULL, 0, &message, 1, &request) == MTS_SUCCESS);
    }
    if (request != NULL) CHECK(t.finish(t.ptr, request) == MTS_SUCCESS);
    for (uint64_t i = 0; rank == size - 1 && i < bytes; i++) CHECK(message.data[i] == byte(1, 2, i));
    free(message.data);
    t.destroy(t.ptr);
    MPI_Finalize();
    exit(0);
}

int main(int argc, char **argv) {
    mts_transport_t before;
    CHECK(mts_mpi_transport(MPI_COMM_NULL, NULL, &before) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "not initialized") != NULL);
    start(&argc, &argv);
    if (argc > 2 && strcmp(argv[2], "timeout") == 0) timeout();
    if (argc > 2 && strcmp(argv[2], "big") == 0) big();
    CHECK(argc == 2);

    /* the program has messages of its own, with the same tag */
    int from_next = -1, own = rank;
    MPI_Request request;
    MPI_Irecv(&from_next, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &request);

    MPI_Comm parent;
    mts_transport_t t;
    mts_mpi_options_t options = {PIECE, 0};
    MPI_Comm_dup(MPI_COMM_WORLD, &parent);
    CHECK(mts_mpi_transport(parent, &options, &t) == MTS_SUCCESS);
    MPI_Comm_free(&parent);
    CHECK(t.version == MTS_TRANSPORT_VERSION && t.rank == rank && t.size == size && t.reserved[0] == NULL);
    for (int i = 0; i < 20; i++) {
        numbers(&t);
        messages(&t);
    }
    pieces(&t);

    MPI_Send(&own, 1, MPI_INT, (rank + 1) % size, 0, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    CHECK(from_next == (rank + size - 1) % size);
    /* its errors are still fatal, ours are not */
    MPI_Errhandler handler;
    MPI_Comm_get_errhandler(MPI_COMM_WORLD, &handler);
    CHECK(handler == MPI_ERRORS_ARE_FATAL);
    refused();
    failures(&t);
    sends_of_failed_ranks();
    t.destroy(t.ptr);

    mts_transport_t late;
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, NULL, &late) == MTS_SUCCESS);
    MPI_Finalize();
    CHECK(mts_mpi_transport(MPI_COMM_WORLD, NULL, &t) == MTS_INVALID_PARAMETER_ERROR);
    CHECK(strstr(last_error, "finalized") != NULL);
    late.destroy(late.ptr);
    return 0;
}
