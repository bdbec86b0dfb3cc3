/** @file
 * How many threads the library uses.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_THREADS_H
#define METATENSOR_THREADS_H

#include <stdint.h>


#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Set the number of threads that large operations use, the one of the caller included.
 *
 * Results do not depend on this number. Threads are made when they are needed for the first time, and functions of
 * the caller (those of arrays, and deleters) are only ever called on the thread of the caller.
 *
 * @param threads number of threads: 1 for no others than the one of the caller, and 0 for the default of
 *        `mts_get_num_threads`
 */
void mts_set_num_threads(uintptr_t threads);

/**
 * Get the number of threads that large operations use.
 *
 * This is what was given to `mts_set_num_threads`, or else the value of the environment variable
 * `METATENSOR_NUM_THREADS`, or else that of `OMP_NUM_THREADS`, or else what the machine has. The variables are read
 * once, and ignored if they are no positive numbers.
 *
 * @returns the number of threads, at least 1
 */
uintptr_t mts_get_num_threads(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_THREADS_H */
