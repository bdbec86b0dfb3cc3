/** @file
 * The link between the samples of a block and the rows of its gradients.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_GRADIENT_MAP_H
#define METATENSOR_GRADIENT_MAP_H

#include "metatensor.h"


/**
 * The link between the samples of a block and the rows of one of its gradients, in both directions.
 *
 * For values with N samples and a gradient with G rows, the *parent* of a gradient row is the sample it is a
 * derivative of; and the rows of a sample are those with this parent, any number of them.
 *
 * A mapping never changes, and can be used from several threads at the same time.
 */
typedef struct mts_gradient_map_t mts_gradient_map_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Get the mapping of one of the gradients of a block.
 *
 * The mapping is made once for each gradient and kept in the block. It stays valid after the block is freed.
 *
 * @param block the block
 * @param parameter the gradient is with respect to this parameter
 * @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there is no such gradient
 */
mts_status_t mts_gradient_map(const mts_block_t *block,
                              const char *parameter,
                              const struct mts_gradient_map_t **map);

/**
 * Make the mapping described by the samples of a gradient.
 *
 * @param gradient_samples labels with `sample` as their first dimension
 * @param parent_rows number of samples of the values
 * @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if a sample is not one of `parent_rows`
 */
mts_status_t mts_gradient_map_from_labels(const mts_labels_t *gradient_samples,
                                          uintptr_t parent_rows,
                                          const struct mts_gradient_map_t **map);

/**
 * Make the mapping from the rows of a gradient of a gradient to the samples of the values.
 *
 * @param outer mapping from the rows of the gradient to the samples of the values
 * @param inner mapping from the rows of the gradient of the gradient to the rows of the gradient
 * @param map is set to the mapping, *owned* by the caller, to be given to `mts_gradient_map_free`; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if the numbers of rows do not fit
 */
mts_status_t mts_gradient_map_compose(const struct mts_gradient_map_t *outer,
                                      const struct mts_gradient_map_t *inner,
                                      const struct mts_gradient_map_t **map);

/**
 * Release a mapping.
 *
 * @param map the mapping, or NULL. It must not be used any more; nor can what was borrowed from it.
 *
 * @returns `MTS_SUCCESS`
 */
mts_status_t mts_gradient_map_free(const struct mts_gradient_map_t *map);

/**
 * Get the sample of each gradient row.
 *
 * With it, the chain rule is a single loop. This multiplies all derivatives by the value at their sample:
 *
 * ```c
 * for (uintptr_t row = 0; row < gradient_rows; row++)
 *     for (uintptr_t xyz = 0; xyz < 3; xyz++)
 *         for (uintptr_t p = 0; p < properties; p++)
 *             gradient[(row * 3 + xyz) * properties + p] *= values[parents[row] * properties + p];
 * ```
 *
 * @param map the mapping
 * @param parents is set to `gradient_rows` positions of samples. They are *borrowed*: valid until the mapping
 *        is freed. On error, NULL.
 * @param gradient_rows is set to the number of gradient rows
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_gradient_map_parents(const struct mts_gradient_map_t *map,
                                      const int64_t **parents,
                                      uintptr_t *gradient_rows);

/**
 * Get the gradient rows of all samples, in compressed form: those of sample `i` are `rows[offsets[i]]` to
 * `rows[offsets[i + 1] - 1]`, in increasing order.
 *
 * @param map the mapping
 * @param offsets is set to `parent_rows + 1` numbers, from 0 to `gradient_rows`
 * @param parent_rows is set to the number of samples of the values
 * @param rows is set to `gradient_rows` positions of gradient rows
 * @param gradient_rows is set to the number of gradient rows
 *
 * `offsets` and `rows` are *borrowed*: valid until the mapping is freed. On error, all are set to NULL or 0.
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
 */
mts_status_t mts_gradient_map_csr(const struct mts_gradient_map_t *map,
                                  const int64_t **offsets,
                                  uintptr_t *parent_rows,
                                  const int64_t **rows,
                                  uintptr_t *gradient_rows);

/**
 * Get the gradient rows of one sample.
 *
 * @param map the mapping
 * @param parent position of the sample
 * @param rows is set to `count` positions of gradient rows, in increasing order. They are *borrowed*: valid
 *        until the mapping is freed. On error, NULL.
 * @param count is set to the number of gradient rows of this sample, possibly 0
 *
 * @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if there are not that many samples
 */
mts_status_t mts_gradient_map_rows_of(const struct mts_gradient_map_t *map,
                                      uintptr_t parent,
                                      const int64_t **rows,
                                      uintptr_t *count);

/**
 * Copy rows: row `i` of `out` is row `index[i]` of `src`.
 *
 * With the parents of a mapping as the index, this gives each gradient row the row of the values that it belongs
 * to.
 *
 * @param dtype type of the elements: 32 or 64-bit integers or floats, or complex numbers made of these floats
 * @param src `src_rows * row_length` elements
 * @param src_rows number of rows in `src`
 * @param row_length number of elements in each row
 * @param index `index_count` numbers of rows
 * @param index_count number of rows to copy
 * @param out memory for `index_count * row_length` elements, which must not be that of `src`
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: an entry of `index` that is not a row of `src`, ...
 */
mts_status_t mts_gather_rows(DLDataType dtype,
                             const void *src,
                             uintptr_t src_rows,
                             uintptr_t row_length,
                             const int64_t *index,
                             uintptr_t index_count,
                             void *out);

/**
 * Add rows: row `i` of `src` is added to row `index[i]` of `out`, in increasing order of `i`.
 *
 * With the parents of a mapping as the index, this sums the gradient rows of each sample.
 *
 * @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
 *        these floats
 * @param src `src_rows * row_length` elements
 * @param src_rows number of rows in `src`, and in `index`
 * @param row_length number of elements in each row
 * @param index `src_rows` numbers of rows of `out`
 * @param out `out_rows * row_length` elements, which must not be those of `src`
 * @param out_rows number of rows in `out`
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: an entry of `index` that is not a row of `out`, ...
 */
mts_status_t mts_scatter_add_rows(DLDataType dtype,
                                  const void *src,
                                  uintptr_t src_rows,
                                  uintptr_t row_length,
                                  const int64_t *index,
                                  void *out,
                                  uintptr_t out_rows);

/**
 * Multiply each row of a gradient with the row of the values that it belongs to: one term of the product rule, or the
 * chain rule for a function of each element, if the values are its derivatives.
 *
 * With N samples, M elements per row of the values, and a gradient with G rows and E combinations of components of its
 * own, this is `out[r, e, m] = values[parents[r], m] * gradient[r, e, m]`.
 *
 * @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
 *        these floats
 * @param values N times M elements
 * @param values_rows number of rows in `values`, N, which must be that of the samples of the mapping
 * @param values_row_length number of elements in each row of `values`, M: all components and properties
 * @param map the mapping of the gradient, which has G rows
 * @param gradient G times E times M elements
 * @param extra_components number of combinations of components that the values do not have, E; 1 if there are none
 * @param out memory for G times E times M elements, which must not be that of `values` or `gradient`
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: a mapping for another number of samples, ...
 */
mts_status_t mts_gather_multiply(DLDataType dtype,
                                 const void *values,
                                 uintptr_t values_rows,
                                 uintptr_t values_row_length,
                                 const struct mts_gradient_map_t *map,
                                 const void *gradient,
                                 uintptr_t extra_components,
                                 void *out);

/**
 * Contract each row of a gradient with the row of weights that it belongs to: the chain rule for a scalar of each sample,
 * if the weights are its derivatives with respect to the values.
 *
 * With N samples, M elements per row of the values, and a gradient with G rows and E combinations of components of its
 * own, this is `out[r, e] = sum over m of weights[parents[r], m] * gradient[r, e, m]`, without complex conjugation.
 *
 * With derivatives of energies as weights, and gradients with respect to positions, these are the contributions to minus
 * the forces. `mts_scatter_add_rows` adds those of the same atom.
 *
 * @param dtype type of the elements: 32 or 64-bit integers (which wrap around) or floats, or complex numbers made of
 *        these floats
 * @param weights N times M elements
 * @param values_rows number of rows in `weights`, N, which must be that of the samples of the mapping
 * @param values_row_length number of elements in each row of `weights`, M: all components and properties
 * @param map the mapping of the gradient, which has G rows
 * @param gradient G times E times M elements
 * @param extra_components number of combinations of components that the values do not have, E; 1 if there are none
 * @param out memory for G times E elements, which must not be that of `weights` or `gradient`
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong: a mapping for another number of samples, ...
 */
mts_status_t mts_gradient_contract(DLDataType dtype,
                                   const void *weights,
                                   uintptr_t values_rows,
                                   uintptr_t values_row_length,
                                   const struct mts_gradient_map_t *map,
                                   const void *gradient,
                                   uintptr_t extra_components,
                                   void *out);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_GRADIENT_MAP_H */
