/** @file
 * Maps over several processes: moved, summed, loaded and saved by all of them together; and halos.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_DISTRIBUTED_H
#define METATENSOR_DISTRIBUTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metatensor.h"
#include "metatensor/operations.h"


/**
 * By the rank that they come from, and in their order there. So are the rows of gradients.
 */
#define MTS_ORDER_SOURCE 0

/**
 * Sorted by their labels: this depends neither on the number of ranks, nor on where rows were.
 */
#define MTS_ORDER_LABELS 1

/**
 * The version of `mts_transport_t` that this library knows.
 */
#define MTS_TRANSPORT_VERSION 1

/**
 * The ranks that share maps, one of which is this process: 0, 1, ..., `mts_communicator_size - 1`.
 *
 * What is called `mts_collective_...` is called by all ranks of a communicator, in the same order; nothing else communicates, but
 * `mts_communicator_free` if the transport says so. A communicator is used by one thread at a time.
 */
typedef struct mts_communicator_t mts_communicator_t;

/**
 * A message to another rank, or from one.
 */
typedef struct mts_message_t {
    /**
     * the other rank
     */
    int32_t peer;
    /**
     * the bytes to send, which are not changed; or where to put those that are received
     */
    uint8_t *data;
    /**
     * how many these are, at least one. It can be more than what fits into 32 bits.
     */
    uint64_t size;
} mts_message_t;

/**
 * How the ranks of a communicator reach each other: functions that move bytes, those of MPI for example, which `metatensor/mpi.h`
 * makes a table of.
 *
 * Functions are only called by functions of this library that take the communicator, on the thread that calls these, and one at a
 * time. They get `ptr` as their first parameter. Messages never go to the own rank, are never empty, and have the same size on
 * both sides; those from one rank to another arrive in the order in which they were sent. Collective functions are called by all
 * ranks, in the same order.
 *
 * Functions return `MTS_SUCCESS`; or anything else, after giving a message to `mts_set_last_error`. Then this communicator is
 * broken: the function that needed it fails with `MTS_COMMUNICATION_ERROR` and this message, and so do all later ones, without
 * communicating. Other ranks may wait forever: `mts_communicator_abort` is the way out. They can neither use this communicator,
 * nor throw exceptions, nor jump out of this library.
 */
typedef struct mts_transport_t {
    /**
     * `MTS_TRANSPORT_VERSION`: the table and the library may be of different ages
     */
    uint32_t version;
    /**
     * the rank of this process: 0, 1, ..., `size - 1`
     */
    int32_t rank;
    /**
     * how many ranks there are
     */
    int32_t size;
    /**
     * given to all functions
     */
    void *ptr;
    /**
     * Release `ptr`, once: when the communicator is freed, and if making it fails. Can be NULL.
     */
    void (*destroy)(void *ptr);
    /**
     * Replace each of `count` values, at most 16, by the largest that a rank has in its place. Collective.
     */
    mts_status_t (*max)(void *ptr, int64_t *values, uintptr_t count);
    /**
     * Send as many pieces of `size_each` bytes as there are ranks, one to each of them in order, and receive as many: what
     * `MPI_Alltoall` does. The piece of the own rank is one of them. Collective.
     */
    mts_status_t (*all_to_all)(void *ptr, const uint8_t *send, uint8_t *receive, uintptr_t size_each);
    /**
     * Copy the `size` bytes at `data` of the rank `root` to `data` of all others. Collective.
     */
    mts_status_t (*broadcast)(void *ptr, int32_t root, uint8_t *data, uint64_t size);
    /**
     * Start to send and to receive messages, and set `request` to something that stands for them. The lists can be gone when this
     * returns; the bytes stay where they are until `finish`. Both lists can be empty, and then NULL. If this fails, nothing is
     * sent or received any more, and there is nothing to finish.
     */
    mts_status_t (*begin)(void *ptr,
                          const struct mts_message_t *sends,
                          uintptr_t sends_count,
                          const struct mts_message_t *receives,
                          uintptr_t receives_count,
                          void **request);
    /**
     * Wait until all messages of `request` were sent and received, and release it, also if this fails: nothing looks at the bytes
     * any more then.
     */
    mts_status_t (*finish)(void *ptr, void *request);
    /**
     * End all ranks, and do not return: what `MPI_Abort` does. NULL stands for `abort()` of the C library, which ends this process.
     */
    void (*abort)(void *ptr, int32_t code);
    /**
     * NULL, for later versions
     */
    void *reserved[6];
} mts_transport_t;

/**
 * The order of rows that come from several ranks: a `MTS_ORDER_` value.
 */
typedef uint32_t mts_order_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Make a failure of one rank one of all: for steps of a program between collective functions, a model that may fail on one rank for
 * example. Collective.
 *
 * @param communicator the communicator
 * @param mine what this rank has to tell: `MTS_SUCCESS`, or any other number if it can not go on. Numbers that no status has stand for
 *        `MTS_CALLBACK_ERROR`.
 * @param message what went wrong on this rank, in UTF-8; or NULL for the message of `mts_last_error`. It is only used if `mine` is an
 *        error.
 *
 * @returns `MTS_SUCCESS` if this is what all ranks gave. Else all return the status of the lowest rank that failed, and their last
 *          error has its message, with the rank before it; `data` and `origin` of a callback that failed on this rank stay.
 */
mts_status_t mts_collective_agree(const struct mts_communicator_t *communicator,
                                  mts_status_t mine,
                                  const char *message);

/**
 * Make a communicator of functions that send and receive bytes.
 *
 * Programs that use MPI get one from `mts_mpi_communicator` in `metatensor/mpi.h`.
 *
 * @param transport the functions, which are *copied*. The library *takes ownership* of what `ptr` points to: `destroy` is called when
 *        the communicator and all that was made with it are freed, and also if this function fails; but not if the version is one that
 *        this library does not know.
 * @param communicator is set to a new communicator, *owned* by the caller, to be given to `mts_communicator_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on this rank
 */
mts_status_t mts_communicator(struct mts_transport_t transport,
                              struct mts_communicator_t **communicator);

/**
 * Make a communicator of this process alone: rank 0 of 1. Functions do what those for one process do, and there is nobody to wait for.
 *
 * @param communicator is set to a new communicator, *owned* by the caller, to be given to `mts_communicator_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_communicator_single(struct mts_communicator_t **communicator);

/**
 * Free a communicator. Its transport is released as soon as all that was made with it is freed, which has to happen on all ranks
 * in the same order if the transport asks for that, as the one for MPI does: free halos first, and then the communicator.
 *
 * @param communicator a communicator owned by the caller, or NULL. It must not be used any more.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_communicator_free(struct mts_communicator_t *communicator);

/**
 * Get the rank of this process.
 *
 * @param communicator the communicator
 * @param rank is set to 0, 1, ..., or one less than the number of ranks
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_communicator_rank(const struct mts_communicator_t *communicator, uintptr_t *rank);

/**
 * Get the number of ranks.
 *
 * @param communicator the communicator
 * @param size is set to the number of ranks, which is at least 1
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_communicator_size(const struct mts_communicator_t *communicator, uintptr_t *size);

/**
 * End all ranks at once, as far as the transport can do that. This is the way out after `MTS_COMMUNICATION_ERROR`, when other ranks may
 * wait for messages that never come. It does not return, unless `communicator` is NULL.
 *
 * @param communicator the communicator
 * @param code what the processes tell about their end
 *
 * @returns `MTS_INVALID_PARAMETER_ERROR`, or not at all
 */
mts_status_t mts_communicator_abort(const struct mts_communicator_t *communicator,
                                    int32_t code);

/**
 * Give the map of one rank to all. Collective.
 *
 * @param communicator the communicator
 * @param root the rank that has the map, the same on all ranks
 * @param tensor the map, on this rank; others can give NULL, and what they give does not count
 * @param result is set to a new map with its info, *owned* by the caller, equal on all ranks; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_broadcast(const struct mts_communicator_t *communicator,
                                      uintptr_t root,
                                      const mts_tensormap_t *tensor,
                                      mts_tensormap_t **result);

/**
 * Collect the rows of all ranks on one of them: what `mts_collective_scatter` does backwards. Collective.
 *
 * The result has the keys of all maps, those of rank 0 first, and for each key the samples of all ranks with their gradients, at all depths.
 * The maps have equal names of keys, and blocks with the same key have equal types, components, properties and parameters of
 * gradients: what is different is an error that names both ranks. No sample is on two ranks. A rank can have blocks without samples,
 * and a map without blocks.
 *
 * @param communicator the communicator
 * @param root the rank that gets the result, the same on all ranks
 * @param tensor the map of this rank
 * @param order order of samples and of rows of gradients, the same on all ranks
 * @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller, on this rank; to NULL on all others, and
 *        on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_gather(const struct mts_communicator_t *communicator,
                                   uintptr_t root,
                                   const mts_tensormap_t *tensor,
                                   mts_order_t order,
                                   mts_tensormap_t **result);

/**
 * Collect the rows of all ranks on each of them, as `mts_collective_gather` does on one. Collective.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param order order of samples and of rows of gradients, the same on all ranks
 * @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller, equal on all ranks; or to NULL on
 *        error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_all_gather(const struct mts_communicator_t *communicator,
                                       const mts_tensormap_t *tensor,
                                       mts_order_t order,
                                       mts_tensormap_t **result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_DISTRIBUTED_H */
