/** @file
 * Arrays on top of memory of the caller, and what the library has.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_ARRAYS_H
#define METATENSOR_ARRAYS_H

#include "metatensor.h"


#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Make an array on top of memory of the caller, without copying it.
 *
 * This is an array of this library: all of its functions are there, and no operation has to call back. To
 * give memory away that came from `malloc`, `release` is `free` and `user_data` is `data`:
 *
 * ```c
 * double *data = malloc(6 * sizeof(double));
 * mts_array_t array;
 * mts_array_from_buffer(data, (uintptr_t[]){2, 3}, 2, NULL, (DLDataType){kDLFloat, 64, 1}, free, data, &array);
 * ```
 *
 * @param data first element. It can be NULL if there are no elements.
 * @param shape length of each axis, `shape_count` numbers. It can be NULL if there are none.
 * @param shape_count number of axes
 * @param strides distance in elements between neighbors along each axis, `shape_count` numbers, possibly
 *        negative; or NULL for row-major data
 * @param dtype type of the elements, see `mts_create_array`
 * @param release function to call when the memory is not needed any more, which can be on another thread. It is
 *        called exactly once, also if this function fails. NULL if the memory outlives everything that is made
 *        with the array.
 * @param user_data given to `release`
 * @param array is set to the array, *owned* by the caller, until a block or labels are made with it
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_array_from_buffer(void *data,
                                   const uintptr_t *shape,
                                   uintptr_t shape_count,
                                   const int64_t *strides,
                                   DLDataType dtype,
                                   void (*release)(void *user_data),
                                   void *user_data,
                                   mts_array_t *array);

/**
 * Make an array without axes, holding one value: a fill value for `mts_tensormap_keys_to_samples` and
 * `mts_tensormap_keys_to_properties`.
 *
 * @param dtype type of the value, see `mts_create_array`
 * @param value the value, which is *copied*
 * @param array is set to the array, *owned* by the caller
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_array_from_scalar(DLDataType dtype,
                                   const void *value,
                                   mts_array_t *array);

/**
 * Tell whether this library has something that metatensor 0.2 does not have.
 *
 * @param name name of a header in `metatensor/`, without `.h`: `arrays`, `distributed`, `gradient_map`, `io`, `operations`,
 *        `products`, `resource_limits`, `shortcuts` or `threads`
 * @param available is set to whether the functions in this header are there
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_has_feature(const char *name,
                             bool *available);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_ARRAYS_H */
