/** @file
 * Memory that the library keeps to use it again.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_MEMORY_H
#define METATENSOR_MEMORY_H

#include <stdint.h>

#include "metatensor.h"


/**
 * Memory of the large arrays and tables of this library: pieces of more than 64 kB, in bytes. Arrays of the caller are
 * not counted.
 */
typedef struct mts_memory_use_t {
    /**
     * memory of arrays, labels and temporaries that there are
     */
    uint64_t in_use;
    /**
     * memory that is kept for the next ones
     */
    uint64_t kept;
    /**
     * the largest sum of the two so far, or since `mts_reset_peak_memory`
     */
    uint64_t peak;
} mts_memory_use_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Set how many bytes of released memory are kept to be used again, for the whole process.
 *
 * Results do not depend on this, but the time that they take does: see `mts_get_kept_memory_bound`.
 *
 * @param bytes most bytes to keep: 0 for none, and `UINT64_MAX` for the default
 */
void mts_set_kept_memory_bound(uint64_t bytes);

/**
 * Get how many bytes of released memory are kept at most, to be used again by what needs as much.
 *
 * The same operation on the same sizes is several times faster in memory that was used before. If the results of a step
 * which are there at the same time take more memory than this, a larger bound makes it faster.
 *
 * This is what was given to `mts_set_kept_memory_bound`, or else the value of the environment variable
 * `METATENSOR_KEPT_MEMORY`, a number of bytes that can end with `K`, `M` or `G`, or else 1 GiB, but at most so much that
 * as many processes as there are processors keep a quarter of the memory of the machine. In debug builds of this
 * library it is 0, so that tools which look for errors see all memory. The variable is read once, and ignored if it is
 * something else.
 *
 * What was not used for ten seconds goes back to the system with one of the next calls that make a block or a map. If more
 * than half of this is kept, what was not used for the longest time is marked, so that the system takes it as soon as it
 * needs memory (on Linux and macOS). Memory is kept whoever had it last: it comes back by the deleter of a DLPack tensor as
 * well, from any thread.
 *
 * @returns the number of bytes
 */
uint64_t mts_get_kept_memory_bound(void);

/**
 * Give all memory that is kept back to the system.
 */
void mts_trim_memory(void);

/**
 * Get how much memory the library uses and keeps.
 *
 * @param memory where to put the numbers
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_memory_use(struct mts_memory_use_t *memory);

/**
 * Forget the largest use of memory so far: from now on, the peak is the largest since this call.
 */
void mts_reset_peak_memory(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_MEMORY_H */
