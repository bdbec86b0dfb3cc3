/* Ranks that are threads of this program, and a transport between them, written by hand: what a program does that has no MPI. */
#ifndef TESTS_THREAD_RANKS_H
#define TESTS_THREAD_RANKS_H

#include "check.h"

#include <metatensor/distributed.h>

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANKS 4

typedef struct letter {
    struct letter *next;
    uint64_t size;
    /* behind this */
    uint8_t *data;
} letter_t;

/* What all ranks share: letters from each to each, and who has ended, so that nobody waits for them. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int32_t size;
    letter_t *first[MAX_RANKS][MAX_RANKS], *last[MAX_RANKS][MAX_RANKS];
    bool has_ended[MAX_RANKS];
} post_t;

/* One rank. */
typedef struct {
    post_t *post;
    int32_t rank;
    /* the call of a function of the transport that fails: 1 for the first one, 0 for none */
    int failing_call;
    int calls;
    int destroyed;
} rank_t;

typedef struct {
    mts_message_t *receives;
    uintptr_t count;
} request_t;

static mts_status_t transport_fails(rank_t *rank) {
    if (++rank->calls != rank->failing_call) return MTS_SUCCESS;
    mts_set_last_error("the cable is cut", "thread_ranks", NULL, NULL);
    return (mts_status_t)77;
}

static void post_letter(rank_t *from, int32_t to, const uint8_t *data, uint64_t size) {
    letter_t *letter = (letter_t *)malloc(sizeof *letter + size);
    CHECK(letter != NULL && to >= 0 && to < from->post->size);
    letter->next = NULL;
    letter->size = size;
    letter->data = (uint8_t *)(letter + 1);
    memcpy(letter->data, data, size);
    post_t *post = from->post;
    pthread_mutex_lock(&post->lock);
    letter_t **last = &post->last[from->rank][to];
    *(*last == NULL ? &post->first[from->rank][to] : &(*last)->next) = letter;
    *last = letter;
    pthread_cond_broadcast(&post->changed);
    pthread_mutex_unlock(&post->lock);
}

static mts_status_t receive_letter(rank_t *to, int32_t from, uint8_t *data, uint64_t size) {
    post_t *post = to->post;
    CHECK(from >= 0 && from < post->size);
    letter_t **first = &post->first[from][to->rank], *letter;
    pthread_mutex_lock(&post->lock);
    while ((letter = *first) == NULL && !post->has_ended[from]) pthread_cond_wait(&post->changed, &post->lock);
    if (letter != NULL) {
        *first = letter->next;
        if (letter->next == NULL) post->last[from][to->rank] = NULL;
    }
    pthread_mutex_unlock(&post->lock);
    if (letter == NULL) {
        mts_set_last_error("nobody is there any more", "thread_ranks", NULL, NULL);
        return MTS_CALLBACK_ERROR;
    }
    CHECK(letter->size == size);
    memcpy(data, letter->data, size);
    free(letter);
    return MTS_SUCCESS;
}

static mts_status_t ranks_max(void *ptr, int64_t *values, uintptr_t count) {
    rank_t *self = (rank_t *)ptr;
    CHECK(count <= 16);
    mts_status_t status = transport_fails(self);
    if (status != MTS_SUCCESS) return status;
    for (int32_t peer = 0; peer < self->post->size; peer++) {
        if (peer != self->rank) post_letter(self, peer, (const uint8_t *)values, count * sizeof *values);
    }
    int64_t others[16];
    for (int32_t peer = 0; peer < self->post->size && status == MTS_SUCCESS; peer++) {
        if (peer == self->rank) continue;
        status = receive_letter(self, peer, (uint8_t *)others, count * sizeof *values);
        for (uintptr_t i = 0; status == MTS_SUCCESS && i < count; i++) {
            if (others[i] > values[i]) values[i] = others[i];
        }
    }
    return status;
}

static mts_status_t ranks_all_to_all(void *ptr, const uint8_t *send, uint8_t *receive, uintptr_t size_each) {
    rank_t *self = (rank_t *)ptr;
    mts_status_t status = transport_fails(self);
    if (status != MTS_SUCCESS) return status;
    for (int32_t peer = 0; peer < self->post->size; peer++) {
        post_letter(self, peer, send + (uintptr_t)peer * size_each, size_each);
    }
    for (int32_t peer = 0; peer < self->post->size && status == MTS_SUCCESS; peer++) {
        status = receive_letter(self, peer, receive + (uintptr_t)peer * size_each, size_each);
    }
    return status;
}

static mts_status_t ranks_broadcast(void *ptr, int32_t root, uint8_t *data, uint64_t size) {
    rank_t *self = (rank_t *)ptr;
    mts_status_t status = transport_fails(self);
    if (status != MTS_SUCCESS) return status;
    if (self->rank != root) return receive_letter(self, root, data, size);
    for (int32_t peer = 0; peer < self->post->size; peer++) {
        if (peer != root) post_letter(self, peer, data, size);
    }
    return MTS_SUCCESS;
}

static mts_status_t ranks_begin(void *ptr, const mts_message_t *sends, uintptr_t sends_count,
    const mts_message_t *receives, uintptr_t receives_count, void **request) {
    rank_t *self = (rank_t *)ptr;
    mts_status_t status = transport_fails(self);
    if (status != MTS_SUCCESS) return status;
    for (uintptr_t i = 0; i < sends_count; i++) {
        CHECK(sends[i].peer != self->rank && sends[i].size > 0);
        post_letter(self, sends[i].peer, sends[i].data, sends[i].size);
    }
    request_t *pending = (request_t *)malloc(sizeof *pending);
    CHECK(pending != NULL);
    pending->count = receives_count;
    pending->receives = (mts_message_t *)malloc((receives_count + 1) * sizeof *receives);
    CHECK(pending->receives != NULL);
    for (uintptr_t i = 0; i < receives_count; i++) {
        CHECK(receives[i].peer != self->rank && receives[i].size > 0);
        pending->receives[i] = receives[i];
    }
    *request = pending;
    return MTS_SUCCESS;
}

static mts_status_t ranks_finish(void *ptr, void *request) {
    rank_t *self = (rank_t *)ptr;
    request_t *pending = (request_t *)request;
    mts_status_t status = transport_fails(self);
    for (uintptr_t i = 0; i < pending->count && status == MTS_SUCCESS; i++) {
        const mts_message_t *message = &pending->receives[i];
        status = receive_letter(self, message->peer, message->data, message->size);
    }
    free(pending->receives);
    free(pending);
    return status;
}

static void ranks_destroy(void *ptr) {
    rank_t *self = (rank_t *)ptr;
    self->destroyed++;
    pthread_mutex_lock(&self->post->lock);
    self->post->has_ended[self->rank] = true;
    pthread_cond_broadcast(&self->post->changed);
    pthread_mutex_unlock(&self->post->lock);
}

static mts_transport_t ranks_transport(rank_t *rank) {
    mts_transport_t transport;
    memset(&transport, 0, sizeof transport);
    transport.version = MTS_TRANSPORT_VERSION;
    transport.rank = rank->rank;
    transport.size = rank->post->size;
    transport.ptr = rank;
    transport.destroy = ranks_destroy;
    transport.max = ranks_max;
    transport.all_to_all = ranks_all_to_all;
    transport.broadcast = ranks_broadcast;
    transport.begin = ranks_begin;
    transport.finish = ranks_finish;
    return transport;
}

/* What a rank does: the program of one process. */
typedef void (*program_t)(mts_communicator_t *communicator, rank_t *rank);

typedef struct {
    rank_t rank;
    program_t program;
} rank_thread_t;

static void *run_rank(void *argument) {
    rank_thread_t *thread = (rank_thread_t *)argument;
    mts_communicator_t *communicator;
    CHECK_OK(mts_communicator(ranks_transport(&thread->rank), &communicator));
    thread->program(communicator, &thread->rank);
    CHECK_OK(mts_communicator_free(communicator));
    CHECK(thread->rank.destroyed == 1);
    /* the data of errors is not released when threads end */
    mts_set_last_error(NULL, NULL, NULL, NULL);
    return NULL;
}

/* Runs `program` on `size` ranks at once. The call `failing_call` of the transport of rank `failing_rank` fails, if it is not 0. Gives
 * how many calls this rank made. */
static int run_ranks_failing(int32_t size, program_t program, int32_t failing_rank, int failing_call) {
    post_t post;
    memset(&post, 0, sizeof post);
    post.size = size;
    CHECK(size <= MAX_RANKS);
    pthread_mutex_init(&post.lock, NULL);
    pthread_cond_init(&post.changed, NULL);
    rank_thread_t ranks[MAX_RANKS];
    pthread_t threads[MAX_RANKS];
    memset(ranks, 0, sizeof ranks);
    for (int32_t rank = 0; rank < size; rank++) {
        ranks[rank].rank.post = &post;
        ranks[rank].rank.rank = rank;
        ranks[rank].rank.failing_call = rank == failing_rank ? failing_call : 0;
        ranks[rank].program = program;
        CHECK(pthread_create(&threads[rank], NULL, run_rank, &ranks[rank]) == 0);
    }
    for (int32_t rank = 0; rank < size; rank++) CHECK(pthread_join(threads[rank], NULL) == 0);
    for (int32_t from = 0; from < size; from++) {
        for (int32_t to = 0; to < size; to++) {
            letter_t *letter = post.first[from][to];
            /* letters that nobody has read: only after a failure */
            CHECK(letter == NULL || failing_call != 0);
            while (letter != NULL) {
                letter_t *next = letter->next;
                free(letter);
                letter = next;
            }
        }
    }
    pthread_cond_destroy(&post.changed);
    pthread_mutex_destroy(&post.lock);
    return ranks[failing_rank].rank.calls;
}

static inline void run_ranks(int32_t size, program_t program) { run_ranks_failing(size, program, 0, 0); }

#endif /* TESTS_THREAD_RANKS_H */
