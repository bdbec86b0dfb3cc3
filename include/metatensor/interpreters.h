/** @file
 * Arrays of languages with an interpreter, without calling it for each of them.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_INTERPRETERS_H
#define METATENSOR_INTERPRETERS_H

#include <stdint.h>

#include "metatensor.h"


/**
 * Called when an array is released or changed that its library has looked at.
 */
typedef void (*mts_forget_array_callback_t)(const void *array);

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * From now on, arrays like those of a block that this library would make with `mts_array_t.from_dlpack` are only made by
 * their library when it looks at them.
 *
 * Until then, they are in memory of this library, and no function of their library is called. They are of the same kind as the
 * array of `block`, and can be in one map with others of it. The `mts_array_t` that `mts_block_data` or `mts_labels_values` give
 * for them has another origin, the one with the name `origin`: that of an array which has to be made, on the tensor of
 * `as_dlpack`. It can be kept under the address that is the `ptr` of the `mts_array_t`, until `forget` is called with this address.
 * From the first call of `as_dlpack` until then, the origin is the one with the name `made`. What is kept under the address of an
 * array with `origin` is left over from another one, and must not be used.
 *
 * This is for all arrays in the process with the functions that the array of `block` has.
 *
 * @param block a block with such an array
 * @param origin name of an origin, which is registered. It is *copied*.
 * @param made the same for arrays that were made
 * @param forget called when an array whose `as_dlpack` was called is released, or gets another shape, on the thread that
 *        does this. It has to be there until the process ends.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. If this was called for such arrays before, nothing changes.
 */
mts_status_t mts_make_arrays_late(const mts_block_t *block,
                                  const char *origin,
                                  const char *made,
                                  mts_forget_array_callback_t forget);

/**
 * Lend the elements of arrays to the functions of this library that this thread calls next, until `mts_return_arrays`.
 *
 * Functions that read elements take these, and do not call `mts_array_t.as_dlpack`. What was lent, the objects and the arrays
 * must exist, in the same place and with the same shape, until it is returned. Other arrays than these can be used as well; those
 * whose elements are not of a type and order that this library computes with are asked as always.
 *
 * @param arrays the `ptr` of the `mts_array_t` of each array
 * @param objects an object for each array that `interface` understands: the `__array_struct__` of an array of numpy
 * @param count number of arrays
 * @param interface called for each of the objects, with NULL for `name`, to get the structure of numpy that says where elements are
 *        (`PyArrayInterface`), or NULL: `PyCapsule_GetPointer`, by a thread that has the lock of the interpreter
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Nothing is lent then.
 */
mts_status_t mts_lend_arrays(const void *const *arrays,
                             void *const *objects,
                             uintptr_t count,
                             const void *(*interface)(void *object, const char *name));

/**
 * Give back what the last call of `mts_lend_arrays` on this thread has lent.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if nothing was lent
 */
mts_status_t mts_return_arrays(void);

/**
 * Get which arrays of other libraries are in a map, at any depth of its blocks.
 *
 * @param tensor the map
 * @param arrays where to put the `ptr` of the `mts_array_t` of each of them, in the order of blocks, each with its gradients after it.
 *        Those that are arrays of this library, or will be made later, are left out.
 * @param capacity how many fit there. If there are more, only as many are put there.
 * @param count is set to the number that there are
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_tensormap_foreign_arrays(const mts_tensormap_t *tensor,
                                          const void **arrays,
                                          uintptr_t capacity,
                                          uintptr_t *count);

/**
 * The same for a block: see `mts_tensormap_foreign_arrays`.
 *
 * @param block the block
 * @param arrays where to put the `ptr` of each of them
 * @param capacity how many fit there
 * @param count is set to the number that there are
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_foreign_arrays(const mts_block_t *block,
                                      const void **arrays,
                                      uintptr_t capacity,
                                      uintptr_t *count);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_INTERPRETERS_H */
