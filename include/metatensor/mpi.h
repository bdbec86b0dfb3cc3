/** @file
 * Communicators on top of MPI: the transport of `metatensor/distributed.h`, made of functions of MPI.
 *
 * The library knows nothing of MPI. What is in this header is compiled with the program that includes it, by its compiler
 * (`mpicc`, `mpicxx`) and with its `mpi.h`, so that it fits the MPI of that program, whichever that is. It needs MPI 3.0, C11
 * or C++17, and is the only header of metatensor that includes `mpi.h`.
 *
 * ```c
 * mts_communicator_t *communicator = NULL;
 * if (mts_mpi_communicator(comm, &communicator) != MTS_SUCCESS) { ... mts_last_error ... }
 * ... collective functions of metatensor/distributed.h ...
 * mts_communicator_free(communicator);            // before MPI_Finalize
 * ```
 *
 * Each communicator has a copy of the one that it is made of (`MPI_Comm_dup`), so that its messages never meet those of the
 * program, and errors of MPI are returned instead of ending it (`MPI_ERRORS_RETURN`, on the copy only). The program
 * initialises MPI and finalises it. All functions are called by the thread that called `MPI_Init`: threads of the library never
 * call MPI, and `MPI_THREAD_SINGLE` is enough.
 *
 * MPI takes a failure of one process for one of all: a function that gives a communication error leaves its communicator
 * broken, and other ranks may wait for this one forever. `mts_communicator_abort` ends all of them.
 */
#ifndef METATENSOR_MPI_H
#define METATENSOR_MPI_H

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include <mpi.h>

#include "metatensor/distributed.h"

#if defined(MPI_ABI_VERSION) && MPI_VERSION < 5
#error "drafts of the ABI of MPI 5 have other constants than the standard: use another mpi.h"
#endif

/* What this header has to offer; all else is in the way of nobody, and can change. */
#define METATENSOR_MPI_FUNCTION static inline

#ifdef __cplusplus
extern "C" {
#endif

/** How messages are sent. All zeros are the defaults. */
typedef struct mts_mpi_options_t {
    /** The most bytes that one call of MPI gets, which counts in `int`: larger messages are sent in pieces. It is the same on
     * all ranks, at most `INT_MAX`, and 2^30 by default. */
    uint64_t piece;
    /** How many seconds to wait for other ranks to come to the same collective function, if it is not 0. After that, the
     * function fails on this rank instead of hanging. This is for finding out which rank does not come: what was begun
     * can not be taken back, and all that is left to do is `mts_communicator_abort`. It costs up to 50 microseconds per call.
     * Each rank can have another one, or none. */
    double timeout;
} mts_mpi_options_t;

/* ------------------------------------------------------------------------------------------ errors */

/* With METATENSOR_MPI_ERROR(message), defined before this header is included, that gets the messages of errors, and the
 * transport does not need libmetatensor: this is how bindings for other languages use it. */
static inline mts_status_t mts_mpi_detail_error(mts_status_t status, const char *message) {
#ifdef METATENSOR_MPI_ERROR
    METATENSOR_MPI_ERROR(message);
#else
    (void)mts_set_last_error(message, "MPI", NULL, NULL);
#endif
    return status;
}

/* The same error with its kind before the message, which is missing if no function of libmetatensor is in between. */
static inline mts_status_t mts_mpi_detail_named(mts_status_t status) {
#ifndef METATENSOR_MPI_ERROR
    if (status != MTS_SUCCESS) {
        char text[MPI_MAX_ERROR_STRING + 512];
        const char *message = NULL;
        (void)mts_last_error(&message, NULL, NULL);
        (void)snprintf(text, sizeof text, "%s: %s",
                       status == MTS_INVALID_PARAMETER_ERROR ? "invalid parameter" : "communication error", message);
        (void)mts_set_last_error(text, "MPI", NULL, NULL);
    }
#endif
    return status;
}

static inline mts_status_t mts_mpi_detail_invalid(const char *message) {
    return mts_mpi_detail_error(MTS_INVALID_PARAMETER_ERROR, message);
}

/* What `function` of MPI gave, in the words of MPI. */
static inline mts_status_t mts_mpi_detail_status(const char *function, int code) {
    char text[MPI_MAX_ERROR_STRING + 256], reason[MPI_MAX_ERROR_STRING];
    int length = 0;
    if (code == MPI_SUCCESS) return MTS_SUCCESS;
    if (MPI_Error_string(code, reason, &length) != MPI_SUCCESS) length = 0;
    (void)snprintf(text, sizeof text, "%s failed: %.*s (code %d)", function, length, reason, code);
    return mts_mpi_detail_error(MTS_COMMUNICATION_ERROR, text);
}

static inline mts_status_t mts_mpi_detail_memory(void) {
    return mts_mpi_detail_error(MTS_COMMUNICATION_ERROR, "there is not enough memory for the messages");
}

/* --------------------------------------------------------------------------------------- transport */

typedef struct mts_mpi_detail_t {
    MPI_Comm comm;
    int rank, size;
    uint64_t piece;
    double timeout;
    /* Whether any rank has a timeout: reductions have to be of one kind on all ranks to find each other. */
    int is_any_limited;
    /* Reductions with a timeout: MPI may write here when nobody waits any more, so that these are never released then. */
    int64_t sent[16], received[16];
    int is_given_up;
} mts_mpi_detail_t;

static inline void mts_mpi_detail_destroy(void *ptr) {
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)ptr;
    int finalized = 0;
    /* After MPI_Finalize, nothing may be freed but memory. */
    if (MPI_Finalized(&finalized) == MPI_SUCCESS && !finalized) (void)MPI_Comm_free(&self->comm);
    if (!self->is_given_up) free(self);
}

static inline void mts_mpi_detail_abort(void *ptr, int32_t code) {
#ifdef MPICH_VERSION
    /* For any communicator but that of all processes, MPICH waits until the others call MPI, which they may never do. That one
     * process has aborted, on the other hand, is for the launcher to see, which ends all others. */
    (void)ptr;
    (void)MPI_Abort(MPI_COMM_SELF, (int)code);
#else
    (void)MPI_Abort(((mts_mpi_detail_t *)ptr)->comm, (int)code);
#endif
    abort();
}

static inline void mts_mpi_detail_pause(void) {
    struct timeval pause;
    pause.tv_sec = 0;
    pause.tv_usec = 50;
    (void)select(0, NULL, NULL, NULL, &pause);
}

/* The reduction of `self->sent`, or an error after the timeout of this rank, if it has any. */
static inline mts_status_t mts_mpi_detail_max_until(mts_mpi_detail_t *self, int count) {
    const double start = MPI_Wtime();
    MPI_Request request;
    int done = 0;
    int code = MPI_Iallreduce(self->sent, self->received, count, MPI_INT64_T, MPI_MAX, self->comm, &request);
    if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Iallreduce", code);
    if (!(self->timeout > 0)) return mts_mpi_detail_status("MPI_Wait", MPI_Wait(&request, MPI_STATUS_IGNORE));
    for (;;) {
        code = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Test", code);
        if (done) return MTS_SUCCESS;
        if (MPI_Wtime() - start > self->timeout) break;
        mts_mpi_detail_pause();
    }
    char text[160];
    self->is_given_up = 1;
    (void)snprintf(text, sizeof text,
                   "after %g s, not all other ranks have come to this collective function; mts_communicator_abort ends all ranks",
                   self->timeout);
    return mts_mpi_detail_error(MTS_COMMUNICATION_ERROR, text);
}

static inline mts_status_t mts_mpi_detail_max(void *ptr, int64_t *values, uintptr_t count) {
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)ptr;
    if (count > 16) return mts_mpi_detail_invalid("more than 16 numbers in a reduction");
    if (!self->is_any_limited) {
        int code = MPI_Allreduce(MPI_IN_PLACE, values, (int)count, MPI_INT64_T, MPI_MAX, self->comm);
        return mts_mpi_detail_status("MPI_Allreduce", code);
    }
    memcpy(self->sent, values, count * sizeof *values);
    const mts_status_t status = mts_mpi_detail_max_until(self, (int)count);
    if (status == MTS_SUCCESS) memcpy(values, self->received, count * sizeof *values);
    return status;
}

static inline mts_status_t mts_mpi_detail_broadcast(void *ptr, int32_t root, uint8_t *data, uint64_t size) {
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)ptr;
    for (uint64_t start = 0; start < size; start += self->piece) {
        uint64_t rest = size - start;
        int count = (int)(rest < self->piece ? rest : self->piece);
        int code = MPI_Bcast(data + start, count, MPI_BYTE, (int)root, self->comm);
        if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Bcast", code);
    }
    return MTS_SUCCESS;
}

/* Messages that were begun: one request for each piece, those to receive first. */
typedef struct mts_mpi_detail_request_t {
    int count, receives;
    MPI_Request *requests;
    int *sizes;
} mts_mpi_detail_request_t;

static inline void mts_mpi_detail_request_free(mts_mpi_detail_request_t *request) {
    free(request->requests);
    free(request->sizes);
    free(request);
}

static inline mts_mpi_detail_request_t *mts_mpi_detail_request_new(uint64_t count) {
    mts_mpi_detail_request_t *request = (mts_mpi_detail_request_t *)calloc(1, sizeof *request);
    if (request == NULL) return NULL;
    request->requests = (MPI_Request *)malloc((size_t)(count + 1) * sizeof *request->requests);
    request->sizes = (int *)malloc((size_t)(count + 1) * sizeof *request->sizes);
    if (request->requests != NULL && request->sizes != NULL) return request;
    mts_mpi_detail_request_free(request);
    return NULL;
}

/* Whether MPI still has something to send. */
static inline int mts_mpi_detail_is_sending(mts_mpi_detail_request_t *request) {
    int is_sending = 0;
    for (int i = request->receives; i < request->count; i++) {
        MPI_Status status;
        int done = 1;
        if (request->requests[i] == MPI_REQUEST_NULL) continue;
        if (MPI_Test(&request->requests[i], &done, &status) == MPI_SUCCESS && !done) is_sending = 1;
    }
    return is_sending;
}

/* After an error, MPI must not write to memory that is gone: what was not received is cancelled. What is sent can not be. It may
 * be read when this returns, but only if another rank did not come to receive it in 5 s. */
static inline void mts_mpi_detail_give_up(mts_mpi_detail_request_t *request) {
    const double start = MPI_Wtime();
    while (mts_mpi_detail_is_sending(request) && MPI_Wtime() - start < 5) mts_mpi_detail_pause();
    for (int i = 0; i < request->count; i++) {
        MPI_Status status;
        MPI_Request *one = &request->requests[i];
        if (*one == MPI_REQUEST_NULL) continue;
        if (i < request->receives) {
            (void)MPI_Cancel(one);
            (void)MPI_Wait(one, &status);
        } else {
            (void)MPI_Request_free(one);
        }
    }
}

static inline uint64_t mts_mpi_detail_pieces(const mts_mpi_detail_t *self, const mts_message_t *messages, uintptr_t count) {
    uint64_t pieces = 0;
    for (uintptr_t i = 0; i < count; i++) {
        pieces += messages[i].size / self->piece + (messages[i].size % self->piece != 0);
    }
    return pieces;
}

static inline int mts_mpi_detail_post(mts_mpi_detail_t *self, mts_mpi_detail_request_t *request, const mts_message_t *message,
                                      int is_receive) {
    for (uint64_t start = 0; start < message->size; start += self->piece) {
        uint64_t rest = message->size - start;
        int size = (int)(rest < self->piece ? rest : self->piece);
        uint8_t *data = message->data + start;
        MPI_Request *one = &request->requests[request->count];
        int code = is_receive ? MPI_Irecv(data, size, MPI_BYTE, (int)message->peer, 0, self->comm, one)
                              : MPI_Isend(data, size, MPI_BYTE, (int)message->peer, 0, self->comm, one);
        if (code != MPI_SUCCESS) return code;
        request->sizes[request->count] = size;
        request->count += 1;
        request->receives += is_receive;
    }
    return MPI_SUCCESS;
}

static inline mts_status_t mts_mpi_detail_begin(void *ptr, const mts_message_t *sends, uintptr_t sends_count,
                                                const mts_message_t *receives, uintptr_t receives_count, void **result) {
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)ptr;
    const uint64_t pieces =
        mts_mpi_detail_pieces(self, receives, receives_count) + mts_mpi_detail_pieces(self, sends, sends_count);
    int code = MPI_SUCCESS;
    const char *function = "MPI_Irecv";
    *result = NULL;
    mts_mpi_detail_request_t *request = pieces < INT_MAX ? mts_mpi_detail_request_new(pieces) : NULL;
    if (request == NULL) return mts_mpi_detail_memory();
    /* Nothing that is sent has to wait for memory of MPI if all of its place is known before. */
    for (uintptr_t i = 0; i < receives_count && code == MPI_SUCCESS; i++) {
        code = mts_mpi_detail_post(self, request, &receives[i], 1);
    }
    if (code == MPI_SUCCESS) function = "MPI_Isend";
    for (uintptr_t i = 0; i < sends_count && code == MPI_SUCCESS; i++) {
        code = mts_mpi_detail_post(self, request, &sends[i], 0);
    }
    if (code != MPI_SUCCESS) {
        mts_mpi_detail_give_up(request);
        mts_mpi_detail_request_free(request);
        return mts_mpi_detail_status(function, code);
    }
    *result = request;
    return MTS_SUCCESS;
}

/* Waits for one piece, which has to be as long as it should be. */
static inline mts_status_t mts_mpi_detail_wait(mts_mpi_detail_request_t *request, int i) {
    MPI_Status status;
    int size = 0;
    int code = MPI_Wait(&request->requests[i], &status);
    if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Wait", code);
    if (i >= request->receives) return MTS_SUCCESS;
    code = MPI_Get_count(&status, MPI_BYTE, &size);
    if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Get_count", code);
    if (size == request->sizes[i]) return MTS_SUCCESS;
    char text[160];
    (void)snprintf(text, sizeof text, "rank %d sent %d bytes instead of %d", status.MPI_SOURCE, size, request->sizes[i]);
    return mts_mpi_detail_error(MTS_COMMUNICATION_ERROR, text);
}

/* One by one, so that an error is that of a message; all of them make progress during each wait. For MPICH, errors of messages
 * that were begun belong to no communicator, and end the program. */
static inline mts_status_t mts_mpi_detail_finish(void *ptr, void *pointer) {
    mts_mpi_detail_request_t *request = (mts_mpi_detail_request_t *)pointer;
    mts_status_t status = MTS_SUCCESS;
    (void)ptr;
    for (int i = 0; i < request->count && status == MTS_SUCCESS; i++) status = mts_mpi_detail_wait(request, i);
    if (status != MTS_SUCCESS) mts_mpi_detail_give_up(request);
    mts_mpi_detail_request_free(request);
    return status;
}

/* Pieces that are too large for MPI_Alltoall are messages. */
static inline mts_status_t mts_mpi_detail_all_to_all_messages(void *ptr, const uint8_t *send, uint8_t *receive, uintptr_t each) {
    const mts_mpi_detail_t *self = (const mts_mpi_detail_t *)ptr;
    const int rank = self->rank, size = self->size;
    const uintptr_t others = (uintptr_t)size - 1;
    mts_message_t *messages = (mts_message_t *)malloc((2 * others + 1) * sizeof *messages);
    if (messages == NULL) return mts_mpi_detail_memory();
    memcpy(receive + (uintptr_t)rank * each, send + (uintptr_t)rank * each, each);
    for (uintptr_t i = 0; i < others; i++) {
        int32_t to = (int32_t)((rank + 1 + (int)i) % size), from = (int32_t)((rank + size - 1 - (int)i) % size);
        messages[i].peer = to;
        messages[i].data = (uint8_t *)(uintptr_t)(send + (uintptr_t)to * each);
        messages[i].size = each;
        messages[others + i].peer = from;
        messages[others + i].data = receive + (uintptr_t)from * each;
        messages[others + i].size = each;
    }
    void *request = NULL;
    mts_status_t status = mts_mpi_detail_begin(ptr, messages, others, messages + others, others, &request);
    if (status == MTS_SUCCESS) status = mts_mpi_detail_finish(ptr, request);
    free(messages);
    return status;
}

static inline mts_status_t mts_mpi_detail_all_to_all(void *ptr, const uint8_t *send, uint8_t *receive, uintptr_t each) {
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)ptr;
    if (each > self->piece) return mts_mpi_detail_all_to_all_messages(ptr, send, receive, each);
    return mts_mpi_detail_status("MPI_Alltoall",
                                 MPI_Alltoall(send, (int)each, MPI_BYTE, receive, (int)each, MPI_BYTE, self->comm));
}

/* Whether `comm` can be used, as far as one rank can tell. */
static inline mts_status_t mts_mpi_detail_check(MPI_Comm comm) {
    int initialized = 0, finalized = 0, is_inter = 0;
    if (MPI_Initialized(&initialized) != MPI_SUCCESS || !initialized) {
        return mts_mpi_detail_invalid("MPI is not initialized: call MPI_Init before");
    }
    if (MPI_Finalized(&finalized) != MPI_SUCCESS || finalized) return mts_mpi_detail_invalid("MPI is finalized already");
    if (comm == MPI_COMM_NULL) return mts_mpi_detail_invalid("the communicator is MPI_COMM_NULL: this rank is in no group");
    const int code = MPI_Comm_test_inter(comm, &is_inter);
    if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Comm_test_inter", code);
    if (is_inter) return mts_mpi_detail_invalid("the communicator is an inter-communicator, merge it with MPI_Intercomm_merge");
    return MTS_SUCCESS;
}

/* Makes the state of the copy `comm` agree on all ranks: memory for it on each, one size of pieces, and one kind of reductions. */
static inline mts_status_t mts_mpi_detail_state(MPI_Comm comm, const mts_mpi_options_t *options, mts_mpi_detail_t **result) {
    const uint64_t wanted = options == NULL || options->piece == 0 ? (uint64_t)1 << 30 : options->piece;
    const double timeout = options == NULL ? 0 : options->timeout;
    const int is_valid = wanted <= INT_MAX && timeout >= 0;
    mts_mpi_detail_t *self = (mts_mpi_detail_t *)calloc(1, sizeof *self);
    const int64_t piece = is_valid ? (int64_t)wanted : 0;
    int64_t facts[5] = {self == NULL, !is_valid, piece, -piece, timeout > 0};
    mts_status_t status;
    const int code = MPI_Allreduce(MPI_IN_PLACE, facts, 5, MPI_INT64_T, MPI_MAX, comm);
    if (code != MPI_SUCCESS) {
        status = mts_mpi_detail_status("MPI_Allreduce", code);
    } else if (facts[0]) {
        status = mts_mpi_detail_error(MTS_COMMUNICATION_ERROR, "there is not enough memory on one of the ranks");
    } else if (facts[1]) {
        status = mts_mpi_detail_invalid("pieces of messages are at most INT_MAX bytes, and the timeout is not negative");
    } else if (facts[2] != -facts[3]) {
        status = mts_mpi_detail_invalid("pieces of messages have different sizes on different ranks");
    } else {
        self->comm = comm;
        (void)MPI_Comm_rank(comm, &self->rank);
        (void)MPI_Comm_size(comm, &self->size);
        self->piece = wanted;
        self->timeout = timeout;
        self->is_any_limited = facts[4] != 0;
        *result = self;
        return MTS_SUCCESS;
    }
    free(self);
    return status;
}

static inline mts_status_t mts_mpi_detail_transport(MPI_Comm comm, const mts_mpi_options_t *options, mts_transport_t *transport) {
    if (transport == NULL) return mts_mpi_detail_invalid("'transport' can not be NULL");
    memset(transport, 0, sizeof *transport);
    mts_status_t status = mts_mpi_detail_check(comm);
    if (status != MTS_SUCCESS) return status;
    MPI_Comm copy = MPI_COMM_NULL;
    int code = MPI_Comm_dup(comm, &copy);
    if (code != MPI_SUCCESS) return mts_mpi_detail_status("MPI_Comm_dup", code);
    mts_mpi_detail_t *self = NULL;
    code = MPI_Comm_set_errhandler(copy, MPI_ERRORS_RETURN);
    status = code == MPI_SUCCESS ? mts_mpi_detail_state(copy, options, &self)
                                 : mts_mpi_detail_status("MPI_Comm_set_errhandler", code);
    if (status != MTS_SUCCESS) {
        (void)MPI_Comm_free(&copy);
        return status;
    }
    transport->version = MTS_TRANSPORT_VERSION;
    transport->rank = self->rank;
    transport->size = self->size;
    transport->ptr = self;
    transport->destroy = mts_mpi_detail_destroy;
    transport->max = mts_mpi_detail_max;
    transport->all_to_all = mts_mpi_detail_all_to_all;
    transport->broadcast = mts_mpi_detail_broadcast;
    transport->begin = mts_mpi_detail_begin;
    transport->finish = mts_mpi_detail_finish;
    transport->abort = mts_mpi_detail_abort;
    return MTS_SUCCESS;
}

/**
 * Make a transport of an MPI communicator, for those who want other options, or put something between it and the library.
 * Collective on `comm`.
 *
 * @param comm an intra-communicator, which is *copied* (`MPI_Comm_dup`), and may be freed afterwards
 * @param options how messages are sent, or NULL for the defaults
 * @param transport is set to the functions, for `mts_communicator`, or to zeros on error. Whoever does not give them to that
 *        releases them with `transport.destroy(transport.ptr)`, on all ranks, before `MPI_Finalize`
 *
 * @returns `MTS_SUCCESS`; `MTS_INVALID_PARAMETER_ERROR` if MPI is not initialised, or finalised, if `comm` is `MPI_COMM_NULL` or an
 *          inter-communicator, or if the options are not possible or not the same on all ranks; `MTS_COMMUNICATION_ERROR` if
 *          MPI fails
 */
METATENSOR_MPI_FUNCTION mts_status_t mts_mpi_transport(MPI_Comm comm, const mts_mpi_options_t *options, mts_transport_t *transport) {
    return mts_mpi_detail_named(mts_mpi_detail_transport(comm, options, transport));
}

/* ------------------------------------------------------------------------------------ communicators */

#ifndef METATENSOR_MPI_ERROR

/**
 * Make a communicator of an MPI communicator. Collective on `comm`.
 *
 * @param comm an intra-communicator, which is *copied* (`MPI_Comm_dup`), and may be freed afterwards
 * @param communicator is set to the communicator, which is *owned* by the caller, or to NULL on error. It is released by
 *        `mts_communicator_free`, which is collective, before `MPI_Finalize`: after that, only its memory is
 *
 * @returns `MTS_SUCCESS`, or the errors of `mts_mpi_transport`
 */
METATENSOR_MPI_FUNCTION mts_status_t mts_mpi_communicator(MPI_Comm comm, mts_communicator_t **communicator) {
    mts_transport_t transport;
    if (communicator == NULL) return mts_mpi_detail_named(mts_mpi_detail_invalid("'communicator' can not be NULL"));
    *communicator = NULL;
    const mts_status_t status = mts_mpi_transport(comm, NULL, &transport);
    return status == MTS_SUCCESS ? mts_communicator(transport, communicator) : status;
}

/**
 * The same with the handle of an MPI communicator in Fortran, which is also what the library interface of LAMMPS gives. Collective.
 *
 * @param comm the integer, in Fortran 2008 `comm%MPI_VAL`
 * @param communicator as for `mts_mpi_communicator`
 *
 * @returns `MTS_SUCCESS`, or the errors of `mts_mpi_transport`
 */
METATENSOR_MPI_FUNCTION mts_status_t mts_mpi_communicator_f(MPI_Fint comm, mts_communicator_t **communicator) {
    int initialized = 0;
    if (MPI_Initialized(&initialized) != MPI_SUCCESS || !initialized) {
        if (communicator != NULL) *communicator = NULL;
        return mts_mpi_detail_named(mts_mpi_detail_invalid("MPI is not initialized: call MPI_Init before"));
    }
    return mts_mpi_communicator(MPI_Comm_f2c(comm), communicator);
}

#endif /* METATENSOR_MPI_ERROR */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* METATENSOR_MPI_H */
