/** @file
 * What most programs need, in one call each: labels from a table, elements, blocks by label, text.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_SHORTCUTS_H
#define METATENSOR_SHORTCUTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "metatensor.h"

/** The length of an axis that can have any, for mts_block_elements. */
#define MTS_ANY_LENGTH UINTPTR_MAX


#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Make labels from a table of integers, row by row.
 *
 * ```c
 * const char *const names[] = {"system", "atom"};
 * const int32_t rows[][2] = {{0, 1}, {0, 2}, {1, 1}};
 * const mts_labels_t *samples = mts_labels_from_table(names, 2, rows[0], 3);
 * ```
 *
 * Labels without rows, which say what dimensions to move, are `mts_labels_from_table(names, 2, NULL, 0)`.
 *
 * @param names names of the dimensions, `names_count` NUL-terminated strings, as for `mts_labels`. They are *copied*.
 * @param names_count number of dimensions, which is the number of columns
 * @param rows the values, `rows_count * names_count` numbers. They are *copied*. It can be NULL if there are none.
 * @param rows_count number of rows
 *
 * @returns labels *owned* by the caller, to be given to `mts_labels_free`; or NULL on error: two dimensions with the same
 *          name, two equal rows, ...
 */
const mts_labels_t *mts_labels_from_table(const char *const *names,
                                          uintptr_t names_count,
                                          const int32_t *rows,
                                          uintptr_t rows_count);

/**
 * Get the values of a block as a plain C array, to read them.
 *
 * This is for values in main memory, in row-major order, as those that are loaded or made by operations of this library
 * are. Type and shape are compared with what the program expects, so that a file with other data is an error, and nothing
 * is misread:
 *
 * ```c
 * const DLDataType float64 = {kDLFloat, 64, 1};
 * uintptr_t shape[3] = {MTS_ANY_LENGTH, 3, MTS_ANY_LENGTH};   // samples, xyz, properties
 * const double *gradient = mts_block_elements(block, float64, shape, 3);
 * if (gradient == NULL) { ... }   // mts_last_error_message() says what is not as expected
 * // element [i, x, p] is gradient[(i * shape[1] + x) * shape[2] + p]
 * ```
 *
 * @param block the block, which may be a gradient of another one
 * @param dtype type that the elements must have
 * @param shape length that each axis must have, `shape_count` numbers. Those that are `MTS_ANY_LENGTH` are set to the length
 *        that the axis has.
 * @param shape_count number of axes that there must be
 *
 * @returns the first element, or NULL on error. It is *borrowed*: valid until the block is freed or changed. If there are
 *          no elements, it is not NULL, and there is nothing to read. For arrays of other libraries, it is where the tensor
 *          of their `as_dlpack` has its elements, which must not change place as long as the array is in the block.
 */
const void *mts_block_elements(const mts_block_t *block,
                               DLDataType dtype,
                               uintptr_t *shape,
                               uintptr_t shape_count);

/**
 * Get the values of a block as a plain C array, to write to them.
 *
 * If results of operations share the elements, they are copied first: nobody else sees what is written. No other thread may
 * use the block in the meantime.
 *
 * @param block the block
 * @param dtype as for `mts_block_elements`
 * @param shape as for `mts_block_elements`
 * @param shape_count number of axes that there must be
 *
 * @returns the first element, or NULL on error. It is *borrowed*: valid until the block is freed or changed, or given away.
 *          If there are no elements, it is not NULL, and there is nothing to write to. Elements in a file that is mapped
 *          to be read only are an error, as are those of labels.
 */
void *mts_block_mutable_elements(mts_block_t *block,
                                 DLDataType dtype,
                                 uintptr_t *shape,
                                 uintptr_t shape_count);

/**
 * Get the only block whose key has these values: the block of oxygen, say.
 *
 * ```c
 * const char *const names[] = {"center_type"};
 * const int32_t values[] = {8};
 * mts_tensormap_block_where(tensor, names, values, 1, &block);
 * ```
 *
 * @param tensor the map
 * @param names names of some dimensions of the keys, `count` NUL-terminated strings
 * @param values the value that the key has for each of these dimensions, `count` numbers
 * @param count number of dimensions
 * @param block is set to the block. It is *borrowed*: valid until the map is freed, and must not be freed.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are no or several such blocks, or no such dimensions
 */
mts_status_t mts_tensormap_block_where(mts_tensormap_t *tensor,
                                       const char *const *names,
                                       const int32_t *values,
                                       uintptr_t count,
                                       mts_block_t **block);

/**
 * Tell whether a block has a gradient.
 *
 * @param block the block
 * @param parameter the gradient is with respect to this parameter
 * @param has_gradient is set to whether `mts_block_gradient` gives it
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_block_has_gradient(const mts_block_t *block,
                                    const char *parameter,
                                    bool *has_gradient);

/**
 * Get the message of the last error of the current thread: `mts_last_error` without the rest.
 *
 * @returns a NUL-terminated string, empty if there was no error yet. It is *borrowed*: valid until the next error on this
 *          thread.
 */
const char *mts_last_error_message(void);

/**
 * Release a text that this library made.
 *
 * @param text what `mts_labels_to_string` or another of these functions returned, or NULL. It must not be used any more.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_string_free(char *text);

/**
 * Describe labels: the table of their rows, below the names of dimensions.
 *
 * @param labels the labels
 * @param max_rows how many rows to show: if there are more, the ones in the middle are left out. More than 65535 stands for
 *        all of them.
 *
 * @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
 */
char *mts_labels_to_string(const mts_labels_t *labels,
                           uintptr_t max_rows);

/**
 * Describe a block: how long its axes are, with the names of their labels, and the gradients that it has.
 *
 * @param block the block
 *
 * @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
 */
char *mts_block_to_string(const mts_block_t *block);

/**
 * Describe a map: the table of its keys.
 *
 * @param tensor the map
 * @param max_keys as `max_rows` of `mts_labels_to_string`
 *
 * @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
 */
char *mts_tensormap_to_string(const mts_tensormap_t *tensor,
                              uintptr_t max_keys);

/**
 * Print labels: what `mts_labels_to_string` gives, and a line break.
 *
 * @param labels the labels
 * @param max_rows as for `mts_labels_to_string`
 * @param stream where to print, `stdout` for example. It must be of the C library that the program and this library share.
 *
 * @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
 */
mts_status_t mts_labels_print(const mts_labels_t *labels,
                              uintptr_t max_rows,
                              FILE *stream);

/**
 * Print a block: what `mts_block_to_string` gives, and a line break.
 *
 * @param block the block
 * @param stream as for `mts_labels_print`
 *
 * @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
 */
mts_status_t mts_block_print(const mts_block_t *block, FILE *stream);

/**
 * Print a map: what `mts_tensormap_to_string` gives, and a line break.
 *
 * @param tensor the map
 * @param max_keys as `max_rows` of `mts_labels_to_string`
 * @param stream as for `mts_labels_print`
 *
 * @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
 */
mts_status_t mts_tensormap_print(const mts_tensormap_t *tensor, uintptr_t max_keys, FILE *stream);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_SHORTCUTS_H */
