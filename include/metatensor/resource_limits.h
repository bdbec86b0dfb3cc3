/** @file
 * What loading a file and making a result may cost.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_RESOURCE_LIMITS_H
#define METATENSOR_RESOURCE_LIMITS_H

#include <stdint.h>

#include "metatensor.h"


/**
 * Bytes that loading a file may make of data which does not have a size of its own: what all compressed members
 * that are read give together, or what comes out of a pipe. The memory of the machine by default.
 */
#define MTS_LIMIT_INFLATED_BYTES 0

/**
 * Members of an archive. 134217728 by default: maps with more than twenty million blocks have so many.
 */
#define MTS_LIMIT_MEMBERS 1

/**
 * Dimensions of labels in a file, or gradients of a block in a file. 1048576 by default.
 */
#define MTS_LIMIT_NAMES 2

/**
 * How deep gradients of gradients are nested in a file. 64 by default, which is also the most there can be.
 */
#define MTS_LIMIT_DEPTH 3

/**
 * Bytes of all arrays and labels that an operation makes, where its result can be much larger than what it is
 * made of: moving keys or components, joining, products. The memory of the machine by default.
 */
#define MTS_LIMIT_RESULT_BYTES 4

/**
 * Something that is limited for the whole process: a `MTS_LIMIT_` value.
 */
typedef uint32_t mts_limit_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Set what loading a file, or making a result, may cost in this process.
 *
 * A small file, or a call with small inputs, can ask for more than the machine has. What is beyond a limit is an error
 * before anything of this size is made: `MTS_SERIALIZATION_ERROR` for files, `MTS_UNSUPPORTED_ERROR` for results. The
 * defaults are far beyond what data of the field needs. Loads and operations that are running in other threads may
 * still use the limit before.
 *
 * @param limit one of the `MTS_LIMIT_` values
 * @param value the limit. 0 sets the default again, and `UINT64_MAX` is no limit at all (but for `MTS_LIMIT_DEPTH`)
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_set_limit(mts_limit_t limit,
                           uint64_t value);

/**
 * Get what loading a file, or making a result, may cost in this process: what was given to `mts_set_limit`, or else
 * the default.
 *
 * @param limit one of the `MTS_LIMIT_` values
 * @param value is set to the limit
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_get_limit(mts_limit_t limit,
                           uint64_t *value);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_RESOURCE_LIMITS_H */
