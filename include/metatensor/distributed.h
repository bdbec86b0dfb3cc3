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

/** An `mts_collective_save_options_t` that is what NULL stands for, to change some of it. */
#define MTS_COLLECTIVE_SAVE_OPTIONS_INIT {0}


/**
 * By the rank that they come from, and in their order there. So are the rows of gradients.
 */
#define MTS_ORDER_SOURCE 0

/**
 * Sorted by their labels: this depends neither on the number of ranks, nor on where rows were.
 */
#define MTS_ORDER_LABELS 1

/**
 * Those of each rank, and then the sums of all ranks: only sums are sent. Results have the same bits each time, and on all ranks, for the
 * same number of ranks.
 */
#define MTS_SUM_ORDER_RANKS 0

/**
 * By labels: results have the same bits for any number of ranks, wherever samples are. Groups of samples that are on several ranks are brought
 * together for this, so that one rank needs memory for a whole group.
 */
#define MTS_SUM_ORDER_LABELS 1

/**
 * The sum. That of integers wraps around.
 */
#define MTS_ADD 0

/**
 * The product. That of integers wraps around.
 */
#define MTS_MULTIPLY 1

/**
 * The smallest number. NAN is smaller than all others.
 */
#define MTS_MIN 2

/**
 * The largest number. NAN is larger than all others.
 */
#define MTS_MAX 3

/**
 * All ranks, before anything is sent: this takes one reduction of 40 bytes in each step.
 */
#define MTS_AGREEMENT_ALL 0

/**
 * Those that receive something from this rank, with what they receive.
 */
#define MTS_AGREEMENT_NEIGHBORS 1

/**
 * Equal contiguous parts of each block, in the order of ranks, and of samples on each of them.
 */
#define MTS_PARTITION_ROWS 0

/**
 * Whole blocks, so that ranks have about the same number of bytes.
 */
#define MTS_PARTITION_BLOCKS 1

/**
 * Whole blocks: `rank_of` is called with the key of each block.
 */
#define MTS_PARTITION_KEYS 2

/**
 * `ranks` has a list for each block of the map of this rank, with the rank of each of its samples. A list that is too long or too short is an
 * error.
 */
#define MTS_PARTITION_RANKS 3

/**
 * `rank_of` is called with each sample.
 */
#define MTS_PARTITION_BY 4

/**
 * The distinct values of `dimensions`, sorted over all ranks, go to ranks 0, 1, ... in turn: parts of a data set for training.
 */
#define MTS_PARTITION_STRIDED 5

/**
 * Ranges of the sorted values of `dimensions`, so that ranks have about the same number of samples.
 */
#define MTS_PARTITION_CONTIGUOUS 6

/**
 * A hash of the values of `dimensions` tells the rank: nothing has to be known of other ranks.
 */
#define MTS_PARTITION_HASHED 7

/**
 * Samples go to the rank where a row of `owned` agrees with them in `dimensions`. A sample that nobody owns is an error that names it.
 */
#define MTS_PARTITION_OWNERS 8

/**
 * The version of `mts_transport_t` that this library knows.
 */
#define MTS_TRANSPORT_VERSION 1

/**
 * Sends blocks with certain labels: see `mts_collective_halo_prepare`.
 *
 * It is used by one thread at a time, and freed before its communicator.
 */
typedef struct mts_block_halo_t mts_block_halo_t;

/**
 * The ranks that share maps, one of which is this process: 0, 1, ..., `mts_communicator_size - 1`.
 *
 * What is called `mts_collective_...` is called by all ranks of a communicator, in the same order; nothing else communicates, but
 * `mts_communicator_free` if the transport says so. A communicator is used by one thread at a time.
 */
typedef struct mts_communicator_t mts_communicator_t;

/**
 * Rows that are owned by one rank, and copies of them, called *ghosts*, on any rank: which rows go where. It is made once, and used
 * in every step.
 *
 * It is used by one thread at a time, and freed before its communicator.
 */
typedef struct mts_halo_t mts_halo_t;

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
     * returns; the bytes stay where they are until `finish`. Both lists can be empty, and then NULL. If this fails, there is nothing
     * to finish, and bytes are left as after a `finish` that fails.
     */
    mts_status_t (*begin)(void *ptr,
                          const struct mts_message_t *sends,
                          uintptr_t sends_count,
                          const struct mts_message_t *receives,
                          uintptr_t receives_count,
                          void **request);
    /**
     * Wait until all messages of `request` were sent and received, and release it, also if this fails. Nothing looks at the bytes
     * any more then; but for one case: if this fails, bytes to send can still be read, if another rank did not come for them in some
     * seconds and they can not be taken back. The library never releases the copies that `mts_collective_halo_forward_begin` makes then.
     * What the program gave to a function that fails with `MTS_COMMUNICATION_ERROR`, it must neither release nor change as long as
     * other ranks run.
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
 * How samples are shared between ranks: a `MTS_PARTITION_` value.
 */
typedef uint32_t mts_partition_kind_t;

/**
 * Which rank each sample of a map goes to, with its rows of gradients. Samples that agree in all `dimensions` go to the same rank.
 *
 * The kind and the dimensions are the same on all ranks. Only the members that the kind needs are looked at: all others can be zero.
 */
typedef struct mts_partition_t {
    /**
     * which of them this is
     */
    mts_partition_kind_t kind;
    /**
     * names of dimensions of samples, `dimensions_count` NUL-terminated strings in UTF-8
     */
    const char *const *dimensions;
    /**
     * number of these
     */
    uintptr_t dimensions_count;
    /**
     * rows that this rank owns
     */
    const mts_labels_t *owned;
    /**
     * Gives the rank of a row of `size` integers: of a key, which is the same on all ranks, and then `block` is 0; or of a sample of the block
     * at position `block` of the map on this rank. It returns a negative number if it fails, after giving a message to
     * `mts_set_last_error`. It can not use the communicator.
     */
    int32_t (*rank_of)(void *user_data, uintptr_t block, const int32_t *row, uintptr_t size);
    /**
     * given to `rank_of`
     */
    void *user_data;
    /**
     * `lists_count` lists of ranks: one for each block
     */
    const int32_t *const *ranks;
    /**
     * how many ranks each of these lists has, which is the number of samples of its block
     */
    const uintptr_t *ranks_counts;
    /**
     * number of lists
     */
    uintptr_t lists_count;
} mts_partition_t;

/**
 * The order of rows that come from several ranks: a `MTS_ORDER_` value.
 */
typedef uint32_t mts_order_t;

/**
 * How ranks write to a file. NULL stands for `MTS_COLLECTIVE_SAVE_OPTIONS_INIT`, which is `{0}`. What is in the file does not depend on it.
 */
typedef struct mts_collective_save_options_t {
    /**
     * how many ranks write to the file, at most all of them; 0 for one for each GiB
     */
    uintptr_t writers;
} mts_collective_save_options_t;

/**
 * What is made of an owned row and of the rows of its ghosts, by `mts_collective_halo_reverse`: a `MTS_ADD`, `MTS_MULTIPLY`, `MTS_MIN` or
 * `MTS_MAX` value.
 */
typedef uint32_t mts_combine_t;

/**
 * Which ranks get to know that a step of a halo failed on one rank: a `MTS_AGREEMENT_` value.
 */
typedef uint32_t mts_agreement_t;

/**
 * In which order numbers of different ranks are added: a `MTS_SUM_ORDER_` value.
 */
typedef uint32_t mts_sum_order_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Make a failure of one rank one of all: for steps of a program between collective functions, a model that may fail on one rank for
 * example. Collective.
 *
 * A rank that can not go on takes part with this in whatever collective function others call, which then fails.
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
 * Prepare to send blocks with the labels of one block: sends samples and gradient samples of ghosts. Collective, once for each set of labels.
 *
 * Blocks of all ranks have the same components, properties, gradients and type of elements. Samples are some of the owned ones of the halo,
 * such as the atoms of one type: ghosts that the blocks of their owners do not have are left out.
 *
 * @param halo a halo made by `mts_collective_halo_of_labels`. What is made of it can be used after it is freed.
 * @param block a block of owned samples
 * @param result is set to what sends such blocks, *owned* by the caller, to be given to `mts_block_halo_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_prepare(struct mts_halo_t *halo,
                                         const mts_block_t *block,
                                         struct mts_block_halo_t **result);

/**
 * Free what sends blocks. This rank alone can do this.
 *
 * @param halo what `mts_collective_halo_prepare` gave, owned by the caller, or NULL. It must not be used any more.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_block_halo_free(struct mts_block_halo_t *halo);

/**
 * Get the samples of blocks with ghosts: owned samples, and then ghosts.
 *
 * @param halo what `mts_collective_halo_prepare` gave
 * @param samples is set to labels *owned* by the caller, or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_block_halo_samples(const struct mts_block_halo_t *halo,
                                    const mts_labels_t **samples);

/**
 * Make a block with the rows of a block, and then those of ghosts, as their owners have them: values and gradients, at all depths.
 * Collective.
 *
 * Gradient rows of ghosts are those of the owner, and their `sample` is the ghost. One message goes to each neighbor, without labels.
 *
 * @param halo what `mts_collective_halo_prepare` gave
 * @param block a block of owned samples, with the labels of the one that was prepared for
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_forward_block(struct mts_block_halo_t *halo,
                                               const mts_block_t *block,
                                               mts_block_t **result);

/**
 * Add the rows of ghosts of a block to those of their owners: values, and gradients at all depths. Collective.
 *
 * Components, properties and gradients of the block can be any others than those that were prepared for, the same on all ranks: it can be a
 * derivative, for example. A gradient row of a ghost is added to that of its owner with the same other dimensions, or becomes a new
 * row there. Where gradient rows go is found out by the first call, and by each with other labels than the last one.
 *
 * @param halo what `mts_collective_halo_prepare` gave
 * @param block a block with the samples of `mts_block_halo_samples`
 * @param result is set to a new block of owned samples with sorted gradient rows, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_reverse_add_block(struct mts_block_halo_t *halo,
                                                   const mts_block_t *block,
                                                   mts_block_t **result);

/**
 * Sum rows of a gradient that are about the same row of a halo, on the rank that owns it: minus the forces of the atoms of this rank, for gradients
 * of energies. Collective.
 *
 * Rows about ghosts go to their owners. Sums are in the order of ranks, and of gradient rows on each of them.
 *
 * @param halo the halo
 * @param block a block with the gradient
 * @param parameter name of the gradient, in UTF-8, the same on all ranks
 * @param names dimensions of samples of the gradient that say which row of the halo it is about, the same on all ranks
 * @param names_count number of these, that of the integers of rows of the halo
 * @param result is set to a new block, *owned* by the caller, whose samples are all owned rows of the halo, in order; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_sum_gradient_rows(struct mts_halo_t *halo,
                                                   const mts_block_t *block,
                                                   const char *parameter,
                                                   const char *const *names,
                                                   uintptr_t names_count,
                                                   mts_block_t **result);

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
 * Load a map from a file, so that each rank gets a part of it. Collective.
 *
 * The directory of the file is read once, labels by one rank each, and rows by the ranks that get them. All ranks have to see the same
 * file. Compressed arrays are read by one rank, and sent to the others. Checksums are compared of what is read as a whole, by one rank or
 * by all of them together: if a rank gets rows of an array that are not one after the other, nobody knows whether they are damaged.
 *
 * @param communicator the communicator
 * @param path path of the file, in UTF-8, the same on all ranks
 * @param partition which rank gets what; `MTS_PARTITION_RANKS` can not be used
 * @param create_array function making the array for each of the values, or NULL for arrays of this library
 * @param result is set to a new map with the info of the file, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_load(const struct mts_communicator_t *communicator,
                                 const char *path,
                                 const struct mts_partition_t *partition,
                                 mts_create_array_callback_t create_array,
                                 mts_tensormap_t **result);

/**
 * Save the map that the maps of all ranks are together to one file: byte for byte what `mts_tensormap_save` writes on the rank that
 * `mts_collective_gather` brings it to, without that rank. Collective.
 *
 * Several ranks write, each a region of the file, which all of them have to see. Until it is complete, it is a temporary file beside the
 * old one: if a rank fails or dies, the old one stays. Pipes and devices can only be saved to by a communicator of one rank.
 *
 * @param communicator the communicator
 * @param path path of the file, in UTF-8, the same on all ranks
 * @param tensor the map of this rank
 * @param order order of samples and of rows of gradients, the same on all ranks. With `MTS_ORDER_LABELS`, rows are moved between ranks
 *        first, which needs memory for them, and for all samples on all ranks.
 * @param options how to write, the same on all ranks; or NULL
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_save(const struct mts_communicator_t *communicator,
                                 const char *path,
                                 const mts_tensormap_t *tensor,
                                 mts_order_t order,
                                 const struct mts_collective_save_options_t *options);

/**
 * Copy rows from their owners to all of their ghosts. Collective.
 *
 * @param halo the halo
 * @param dtype type of the elements
 * @param row_length number of elements in a row, the same on all ranks
 * @param owned the rows that this rank owns, one after the other; can be NULL if there are none
 * @param ghosts where to put the rows of ghosts, in the order of the halo; can be NULL if there are none. It does not overlap with `owned`.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_forward(struct mts_halo_t *halo,
                                         DLDataType dtype,
                                         uintptr_t row_length,
                                         const void *owned,
                                         void *ghosts);

/**
 * Combine the rows of ghosts with those of their owners: with `MTS_ADD`, this is the adjoint of `mts_collective_halo_forward`, which is what
 * gradients need. Collective.
 *
 * What several ghosts have for one row is combined in the order of ranks, and of ghosts on each of them: results have the same bits in
 * each run.
 *
 * @param halo the halo
 * @param op what to do, the same on all ranks
 * @param dtype type of the elements: integers, floats, or complex numbers
 * @param row_length number of elements in a row, the same on all ranks
 * @param ghosts the rows of ghosts, in the order of the halo; can be NULL if there are none
 * @param owned the rows that this rank owns, which are changed; can be NULL if there are none. It does not overlap with `ghosts`.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_reverse(struct mts_halo_t *halo,
                                         mts_combine_t op,
                                         DLDataType dtype,
                                         uintptr_t row_length,
                                         const void *ghosts,
                                         void *owned);

/**
 * Start `mts_collective_halo_forward`, to do something else until `mts_collective_halo_forward_end`. Collective.
 *
 * Until then, no other collective function of this communicator can be called, for this halo or any other.
 *
 * @param halo the halo
 * @param dtype type of the elements
 * @param row_length number of elements in a row, the same on all ranks
 * @param owned the rows that this rank owns, one after the other, which are *copied*; can be NULL if there are none
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: then nothing has started
 */
mts_status_t mts_collective_halo_forward_begin(struct mts_halo_t *halo,
                                               DLDataType dtype,
                                               uintptr_t row_length,
                                               const void *owned);

/**
 * Wait for what `mts_collective_halo_forward_begin` has started. Whoever has started has to end. Collective.
 *
 * @param halo the halo
 * @param ghosts where to put the rows of ghosts, in the order of the halo; can be NULL if there are none
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on this rank: if it is `MTS_INVALID_PARAMETER_ERROR` since nothing was started, nothing
 *          is done; for other errors, the step has ended
 */
mts_status_t mts_collective_halo_forward_end(struct mts_halo_t *halo,
                                             void *ghosts);

/**
 * Make a halo of rows of integers, which name what they stand for: an atom, or a system and an atom. Collective.
 *
 * Rows are only looked at here. Owned rows are distinct over all ranks. Ghosts can be repeated, as periodic images are, and can be
 * owned by the rank that has them: these are copied, and nothing is sent. A rank can have no rows at all. Numbers of 64 bits take two
 * integers. No rank gets to know more than its share of all rows.
 *
 * @param communicator the communicator, which must not be freed before the halo
 * @param owned the rows that this rank owns, `owned_count` times `width` integers; can be NULL if there are none
 * @param owned_count number of owned rows
 * @param ghosts the rows of ghosts on this rank, `ghosts_count` times `width` integers; can be NULL if there are none
 * @param ghosts_count number of ghosts
 * @param width number of integers in a row, at least 1, and the same on all ranks
 * @param ranks the rank that owns each of the ghosts, which saves an exchange; or NULL on all ranks if they are to be found. If they are given,
 *        rows that two ranks own are not found.
 * @param halo is set to a new halo, *owned* by the caller, to be given to `mts_halo_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: `MTS_INVALID_PARAMETER_ERROR` with the row and its ranks if nobody owns
 *          a ghost, or if two ranks own the same row
 */
mts_status_t mts_collective_halo(const struct mts_communicator_t *communicator,
                                 const int32_t *owned,
                                 uintptr_t owned_count,
                                 const int32_t *ghosts,
                                 uintptr_t ghosts_count,
                                 uintptr_t width,
                                 const int32_t *ranks,
                                 struct mts_halo_t **halo);

/**
 * Make a halo of samples of blocks, for `mts_collective_halo_prepare`. Collective.
 *
 * Owned samples and ghosts become the samples of one block: all of them are distinct. Images of an atom are told apart by a dimension that
 * is not in `names`.
 *
 * @param communicator the communicator, which must not be freed before the halo
 * @param owned samples that this rank owns
 * @param ghosts samples of ghosts, with the same dimensions
 * @param names dimensions that say which sample a ghost is a copy of
 * @param names_count number of these
 * @param halo is set to a new halo, *owned* by the caller, to be given to `mts_halo_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_of_labels(const struct mts_communicator_t *communicator,
                                           const mts_labels_t *owned,
                                           const mts_labels_t *ghosts,
                                           const char *const *names,
                                           uintptr_t names_count,
                                           struct mts_halo_t **halo);

/**
 * Free a halo. This rank alone can do this, if no step has begun that did not end.
 *
 * @param halo a halo owned by the caller, or NULL. It must not be used any more; nor can lists borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_halo_free(struct mts_halo_t *halo);

/**
 * Get how many rows a halo has on this rank.
 *
 * @param halo the halo
 * @param owned is set to the number of rows that this rank owns
 * @param ghosts is set to the number of ghosts
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_halo_counts(const struct mts_halo_t *halo, uintptr_t *owned, uintptr_t *ghosts);

/**
 * Get the ranks that this one sends rows to or receives rows from. With `mts_halo_send_rows` and `mts_halo_receive_rows`, this is all
 * that a program needs to send the messages itself.
 *
 * @param halo the halo
 * @param ranks is set to the ranks, increasing. This rank is one of them if it has ghosts of rows that it owns: these are copied. They are
 *        *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
 * @param count is set to the number of ranks
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_halo_neighbors(const struct mts_halo_t *halo,
                                const uint32_t **ranks,
                                uintptr_t *count);

/**
 * Get which owned rows are sent to a neighbor, in the order in which they are sent.
 *
 * @param halo the halo
 * @param neighbor position of the neighbor in the list of `mts_halo_neighbors`
 * @param rows is set to positions of owned rows. They are *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
 * @param count is set to the number of rows
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_halo_send_rows(const struct mts_halo_t *halo,
                                uintptr_t neighbor,
                                const uint32_t **rows,
                                uintptr_t *count);

/**
 * Get which ghosts are received from a neighbor, in the order in which they come, which is increasing.
 *
 * @param halo the halo
 * @param neighbor position of the neighbor in the list of `mts_halo_neighbors`
 * @param rows is set to positions of ghosts. They are *borrowed*: valid until the halo is freed. NULL if there are none, and on error.
 * @param count is set to the number of rows
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_halo_receive_rows(const struct mts_halo_t *halo,
                                   uintptr_t neighbor,
                                   const uint32_t **rows,
                                   uintptr_t *count);

/**
 * Set which ranks get to know that a step of a halo failed on one rank. Collective.
 *
 * With `MTS_AGREEMENT_NEIGHBORS` there is no reduction in each step. Then a failure is only known to the ranks that receive something from
 * the failing one: it comes with the rows, and the halo can not be used again by those who know. Ranks that call different functions,
 * or with rows of different lengths, may wait for each other forever.
 *
 * @param halo the halo
 * @param agreement one of the `MTS_AGREEMENT_` values, the same on all ranks: `MTS_AGREEMENT_ALL` if this is never called
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_halo_set_agreement(struct mts_halo_t *halo,
                                               mts_agreement_t agreement);

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
 * Give each rank a part of the map of one of them. Collective.
 *
 * All ranks get all blocks, with those of their samples that the partition gives them and the gradients of these, at all depths.
 *
 * @param communicator the communicator
 * @param root the rank that has the map, the same on all ranks
 * @param tensor the map, on this rank; others can give NULL, or a map whose kind of arrays the result has
 * @param partition which rank gets what. Only functions and lists of the root are used.
 * @param result is set to a new map with the info of the map of the root, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_scatter(const struct mts_communicator_t *communicator,
                                    uintptr_t root,
                                    const mts_tensormap_t *tensor,
                                    const struct mts_partition_t *partition,
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

/**
 * Move each sample to the rank of a partition, with its gradients at all depths. Collective.
 *
 * All ranks get the keys of all maps, also those of which they get no sample. What maps have to have in common is as for
 * `mts_collective_gather`.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param partition which rank gets what
 * @param order order of samples and of rows of gradients, the same on all ranks
 * @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_redistribute(const struct mts_communicator_t *communicator,
                                         const mts_tensormap_t *tensor,
                                         const struct mts_partition_t *partition,
                                         mts_order_t order,
                                         mts_tensormap_t **result);

/**
 * Add the maps of all ranks, which have the same keys and labels, those of gradients included: as if they were given to `mts_add` one after
 * the other, in the order of ranks. Collective.
 *
 * Results have the same bits on all ranks, and each time. For maps with different samples, see `mts_collective_sum_by_labels`.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param result is set to a new map without info, *owned* by the caller, equal on all ranks; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: `MTS_NOT_EQUAL_ERROR` if labels are not the same
 */
mts_status_t mts_collective_all_reduce(const struct mts_communicator_t *communicator,
                                       const mts_tensormap_t *tensor,
                                       mts_tensormap_t **result);

/**
 * Add samples with equal labels that are on several ranks, and rows of gradients that belong to the same sample and have equal labels too.
 * Collective.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
 *        `MTS_PARTITION_RANKS` can not be used.
 * @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_sum_by_labels(const struct mts_communicator_t *communicator,
                                          const mts_tensormap_t *tensor,
                                          const struct mts_partition_t *placement,
                                          mts_tensormap_t **result);

/**
 * Compute sums of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_sum_over_samples` of the map that
 * the maps of all ranks are together. Collective.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param names dimensions of samples that results do not have, the same on all ranks
 * @param names_count number of these
 * @param order in which order numbers are added, the same on all ranks
 * @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
 *        `MTS_PARTITION_RANKS` can not be used.
 * @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_sum_over_samples(const struct mts_communicator_t *communicator,
                                             const mts_tensormap_t *tensor,
                                             const char *const *names,
                                             uintptr_t names_count,
                                             mts_sum_order_t order,
                                             const struct mts_partition_t *placement,
                                             mts_tensormap_t **result);

/**
 * Compute means of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_mean_over_samples` of the map that
 * the maps of all ranks are together. Collective.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param names dimensions of samples that results do not have, the same on all ranks
 * @param names_count number of these
 * @param order in which order numbers are added, the same on all ranks
 * @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
 *        `MTS_PARTITION_RANKS` can not be used.
 * @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_mean_over_samples(const struct mts_communicator_t *communicator,
                                              const mts_tensormap_t *tensor,
                                              const char *const *names,
                                              uintptr_t names_count,
                                              mts_sum_order_t order,
                                              const struct mts_partition_t *placement,
                                              mts_tensormap_t **result);

/**
 * Compute variances of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_var_over_samples` of the map that
 * the maps of all ranks are together. Collective. Groups of samples that are on several ranks are brought together, as by
 * `MTS_SUM_ORDER_LABELS`.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param names dimensions of samples that results do not have, the same on all ranks
 * @param names_count number of these
 * @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
 *        `MTS_PARTITION_RANKS` can not be used.
 * @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_var_over_samples(const struct mts_communicator_t *communicator,
                                             const mts_tensormap_t *tensor,
                                             const char *const *names,
                                             uintptr_t names_count,
                                             const struct mts_partition_t *placement,
                                             mts_tensormap_t **result);

/**
 * Compute standard deviations of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_std_over_samples` of the map that
 * the maps of all ranks are together. Collective. Groups of samples that are on several ranks are brought together, as by
 * `MTS_SUM_ORDER_LABELS`.
 *
 * @param communicator the communicator
 * @param tensor the map of this rank
 * @param names dimensions of samples that results do not have, the same on all ranks
 * @param names_count number of these
 * @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
 *        `MTS_PARTITION_RANKS` can not be used.
 * @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_std_over_samples(const struct mts_communicator_t *communicator,
                                             const mts_tensormap_t *tensor,
                                             const char *const *names,
                                             uintptr_t names_count,
                                             const struct mts_partition_t *placement,
                                             mts_tensormap_t **result);

/**
 * Solve linear least squares problems with the rows of all ranks: `mts_lstsq` of the maps that the maps of all ranks are together. Collective.
 *
 * Each rank makes triangles of its rows, which are merged: about as many numbers as properties of `x` squared are sent, and no precision
 * is lost.
 *
 * @param communicator the communicator
 * @param x the coefficients of this rank
 * @param y the right sides of this rank, with the samples of `x`
 * @param options how to solve, the same on all ranks; or NULL
 * @param result is set to a new map without info, *owned* by the caller, equal on all ranks; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_lstsq(const struct mts_communicator_t *communicator,
                                  const mts_tensormap_t *x,
                                  const mts_tensormap_t *y,
                                  const mts_lstsq_options_t *options,
                                  mts_tensormap_t **result);

/**
 * Compute the matrices of normal equations, `x^H x` and `x^H y`, with the rows of all ranks: for fits that add something to these.
 * `mts_collective_lstsq` sends about as much, and loses less precision. Collective.
 *
 * @param communicator the communicator
 * @param x the coefficients of this rank
 * @param y the right sides of this rank, with the samples of `x`
 * @param squares is set to a new map without info, *owned* by the caller, with `x^H x`, equal on all ranks; or to NULL on error
 * @param right_sides is set to a new map without info, *owned* by the caller, with `x^H y`, equal on all ranks; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
 */
mts_status_t mts_collective_normal_equations(const struct mts_communicator_t *communicator,
                                             const mts_tensormap_t *x,
                                             const mts_tensormap_t *y,
                                             mts_tensormap_t **squares,
                                             mts_tensormap_t **right_sides);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_DISTRIBUTED_H */
