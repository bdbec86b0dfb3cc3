/* Operations on maps and blocks, gradients included.
 *
 * Generated from the sources of metatensor-capi by
 *     cargo run -p metatensor-tests --bin generate-headers
 * Change those, not this file. */

#ifndef METATENSOR_OPERATIONS_H
#define METATENSOR_OPERATIONS_H

#include "metatensor.h"


/**
 * Compare the samples of blocks.
 */
#define MTS_METADATA_SAMPLES 1

/**
 * Compare the components of blocks.
 */
#define MTS_METADATA_COMPONENTS 2

/**
 * Compare the properties of blocks.
 */
#define MTS_METADATA_PROPERTIES 4

/**
 * Compare all labels of blocks.
 */
#define MTS_METADATA_ALL 7

/**
 * How close numbers have to be. NULL stands for `{1e-13, 1e-12, false}`.
 */
typedef struct mts_allclose_options_t {
    /**
     * tolerance relative to the number in the second object
     */
    double rtol;
    /**
     * absolute tolerance
     */
    double atol;
    /**
     * whether two numbers that are both NaN are close
     */
    bool equal_nan;
} mts_allclose_options_t;

/**
 * What metadata to compare. NULL stands for `{MTS_METADATA_ALL, true}`.
 */
typedef struct mts_equal_metadata_options_t {
    /**
     * or-ed `MTS_METADATA_` values
     */
    uint32_t check;
    /**
     * whether to compare gradients as well
     */
    bool check_gradients;
} mts_equal_metadata_options_t;

/**
 * A list of names. Where a pointer to it can be NULL, this stands for all names.
 */
typedef struct mts_names_t {
    /**
     * `count` NUL-terminated strings in UTF-8, can be NULL if there are none
     */
    const char *const *names;
    /**
     * number of names
     */
    uintptr_t count;
} mts_names_t;

/**
 * How to solve least squares problems. NULL stands for `{NAN}`.
 */
typedef struct mts_lstsq_options_t {
    /**
     * singular values that are not larger than this times the largest one count as zero. NAN stands for the precision
     * of the data type times the larger number of rows and columns, a negative number for the precision alone. For
     * data with a relative noise of 1e-12, say, use 1e-12
     */
    double rcond;
} mts_lstsq_options_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Compute the absolute values `|x|`, with gradients `sign(x) ∇x`.
 *
 * The derivative at 0 is taken to be 0. For complex numbers the gradient is `Re(conj(x) ∇x) / |x|`. Gradients of
 * gradients are not supported.
 *
 * @param a a map
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_abs(const mts_tensormap_t *a,
                     mts_tensormap_t **result);

/**
 * The same as `mts_abs` for blocks.
 *
 * @param a a block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_abs_block(const mts_block_t *a, mts_block_t **result);

/**
 * Compute the sum of two maps, element by element: `x + y`, with gradients `∇x + ∇y`.
 *
 * Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
 * properties and gradients, in the same order. Gradients of gradients are added as well.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add(const mts_tensormap_t *a,
                     const mts_tensormap_t *b,
                     mts_tensormap_t **result);

/**
 * The same as `mts_add` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add_block(const mts_block_t *a, const mts_block_t *b, mts_block_t **result);

/**
 * Compute `x + s` for all values `x` of a map, with gradients `∇x`.
 *
 * Values of integer types, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add_scalar(const mts_tensormap_t *a, double scalar, mts_tensormap_t **result);

/**
 * The same as `mts_add_scalar` for blocks.
 *
 * @param a a block
 * @param scalar a number, `s` in the formula
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add_scalar_block(const mts_block_t *a, double scalar, mts_block_t **result);

/**
 * Compute the difference of two maps, element by element: `x - y`, with gradients `∇x - ∇y`.
 *
 * Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
 * properties and gradients, in the same order. Gradients of gradients are subtracted as well.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          mts_tensormap_t **result);

/**
 * The same as `mts_subtract` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract_block(const mts_block_t *a, const mts_block_t *b, mts_block_t **result);

/**
 * Compute `x - s` for all values `x` of a map, with gradients `∇x`.
 *
 * Values of integer types, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract_scalar(const mts_tensormap_t *a, double scalar, mts_tensormap_t **result);

/**
 * The same as `mts_subtract_scalar` for blocks.
 *
 * @param a a block
 * @param scalar a number, `s` in the formula
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract_scalar_block(const mts_block_t *a, double scalar, mts_block_t **result);

/**
 * Compute the product of two maps, element by element: `x y`, with gradients `x ∇y + y ∇x`.
 *
 * Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
 * properties and gradients, in the same order. Gradients of gradients are not supported.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          mts_tensormap_t **result);

/**
 * The same as `mts_multiply` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply_block(const mts_block_t *a, const mts_block_t *b, mts_block_t **result);

/**
 * Compute `s x` for all values `x` of a map, with gradients `s ∇x`.
 *
 * Values of integer types, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply_scalar(const mts_tensormap_t *a, double scalar, mts_tensormap_t **result);

/**
 * The same as `mts_multiply_scalar` for blocks.
 *
 * @param a a block
 * @param scalar a number, `s` in the formula
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply_scalar_block(const mts_block_t *a, double scalar, mts_block_t **result);

/**
 * Compute the quotient of two maps, element by element: `x / y`, with gradients `(∇x - (x / y) ∇y) / y`.
 *
 * Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
 * properties and gradients, in the same order. Gradients of gradients are not supported. Integers become 64-bit floats.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide(const mts_tensormap_t *a,
                        const mts_tensormap_t *b,
                        mts_tensormap_t **result);

/**
 * The same as `mts_divide` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide_block(const mts_block_t *a, const mts_block_t *b, mts_block_t **result);

/**
 * Compute `x / s` for all values `x` of a map, with gradients `∇x / s`.
 *
 * Values of integer types, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide_scalar(const mts_tensormap_t *a, double scalar, mts_tensormap_t **result);

/**
 * The same as `mts_divide_scalar` for blocks.
 *
 * @param a a block
 * @param scalar a number, `s` in the formula
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide_scalar_block(const mts_block_t *a, double scalar, mts_block_t **result);

/**
 * Compute the power `xᵖ` of all values `x` of a map, with gradients `p xᵖ⁻¹ ∇x`.
 *
 * Gradients for an exponent of 0 are exactly 0. Integers become 64-bit floats. Gradients of gradients are only
 * supported for an exponent of 1.
 *
 * @param a a map
 * @param exponent the exponent, `p` in the formula
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_pow(const mts_tensormap_t *a,
                     double exponent,
                     mts_tensormap_t **result);

/**
 * The same as `mts_pow` for blocks.
 *
 * @param a a block
 * @param exponent the exponent, `p` in the formula
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_pow_block(const mts_block_t *a, double exponent, mts_block_t **result);

/**
 * Tell whether two maps have the same keys, labels, gradients and values, in the same order.
 *
 * Numbers of different types are equal if they have the same value; NaN is not equal to anything. Blocks are matched by key, and info is ignored.
 *
 * @param a a map
 * @param b another map
 * @param equal is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_equal(const mts_tensormap_t *a,
                       const mts_tensormap_t *b,
                       bool *equal);

/**
 * Check that two maps have the same keys, labels, gradients and values: as `mts_equal`, with an error that tells what is different.
 *
 * @param a a map
 * @param b another map
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_equal_raise(const mts_tensormap_t *a,
                             const mts_tensormap_t *b);

/**
 * Tell whether two blocks have the same keys, labels, gradients and values, in the same order.
 *
 * Numbers of different types are equal if they have the same value; NaN is not equal to anything.
 *
 * @param a a block
 * @param b another block
 * @param equal is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_equal_block(const mts_block_t *a, const mts_block_t *b, bool *equal);

/**
 * Check that two blocks have the same keys, labels, gradients and values: as `mts_equal_block`, with an error that tells what is different.
 *
 * @param a a block
 * @param b another block
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_equal_raise_block(const mts_block_t *a,
                                   const mts_block_t *b);

/**
 * Tell whether two maps have the same keys, labels and gradients, and close values, in the same order.
 *
 * A number `x` of `a` is close to the number `y` of `b` if `|x - y| <= atol + rtol |y|`, or if they are the same infinity. Blocks are matched by key, and info is ignored.
 *
 * @param a a map
 * @param b another map
 * @param options what to compare and how, or NULL
 * @param close is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_allclose(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          const struct mts_allclose_options_t *options,
                          bool *close);

/**
 * Check that two maps have the same keys, labels and gradients, and close values: as `mts_allclose`, with an error that tells what is different.
 *
 * @param a a map
 * @param b another map
 * @param options what to compare and how, or NULL
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_allclose_raise(const mts_tensormap_t *a,
                                const mts_tensormap_t *b,
                                const struct mts_allclose_options_t *options);

/**
 * Tell whether two blocks have the same keys, labels and gradients, and close values, in the same order.
 *
 * A number `x` of `a` is close to the number `y` of `b` if `|x - y| <= atol + rtol |y|`, or if they are the same infinity.
 *
 * @param a a block
 * @param b another block
 * @param options what to compare and how, or NULL
 * @param close is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_allclose_block(const mts_block_t *a,
                                const mts_block_t *b,
                                const struct mts_allclose_options_t *options,
                                bool *close);

/**
 * Check that two blocks have the same keys, labels and gradients, and close values: as `mts_allclose_block`, with an error that tells what is different.
 *
 * @param a a block
 * @param b another block
 * @param options what to compare and how, or NULL
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_allclose_raise_block(const mts_block_t *a,
                                      const mts_block_t *b,
                                      const struct mts_allclose_options_t *options);

/**
 * Tell whether two maps have the same keys, labels and gradients, whatever their values, in the same order.
 *
 * The values are not looked at, and can be on any device. Blocks are matched by key, and info is ignored.
 *
 * @param a a map
 * @param b another map
 * @param options what to compare and how, or NULL
 * @param equal is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_equal_metadata(const mts_tensormap_t *a,
                                const mts_tensormap_t *b,
                                const struct mts_equal_metadata_options_t *options,
                                bool *equal);

/**
 * Check that two maps have the same keys, labels and gradients, whatever their values: as `mts_equal_metadata`, with an error that tells what is different.
 *
 * @param a a map
 * @param b another map
 * @param options what to compare and how, or NULL
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_equal_metadata_raise(const mts_tensormap_t *a,
                                      const mts_tensormap_t *b,
                                      const struct mts_equal_metadata_options_t *options);

/**
 * Tell whether two blocks have the same keys, labels and gradients, whatever their values, in the same order.
 *
 * The values are not looked at, and can be on any device.
 *
 * @param a a block
 * @param b another block
 * @param options what to compare and how, or NULL
 * @param equal is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_equal_metadata_block(const mts_block_t *a,
                                      const mts_block_t *b,
                                      const struct mts_equal_metadata_options_t *options,
                                      bool *equal);

/**
 * Check that two blocks have the same keys, labels and gradients, whatever their values: as `mts_equal_metadata_block`, with an error that tells what is different.
 *
 * @param a a block
 * @param b another block
 * @param options what to compare and how, or NULL
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_equal_metadata_raise_block(const mts_block_t *a,
                                            const mts_block_t *b,
                                            const struct mts_equal_metadata_options_t *options);

/**
 * Make a map with the labels of another one, filled with 0; gradients as well.
 *
 * @param a a map
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_zeros_like(const mts_tensormap_t *a,
                            const struct mts_names_t *gradients,
                            mts_tensormap_t **result);

/**
 * The same as `mts_zeros_like` for blocks.
 *
 * @param a a block
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_zeros_like_block(const mts_block_t *a,
                                  const struct mts_names_t *gradients,
                                  mts_block_t **result);

/**
 * Make a map with the labels of another one, filled with 1; gradients as well.
 *
 * @param a a map
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_ones_like(const mts_tensormap_t *a,
                           const struct mts_names_t *gradients,
                           mts_tensormap_t **result);

/**
 * The same as `mts_ones_like` for blocks.
 *
 * @param a a block
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_ones_like_block(const mts_block_t *a,
                                 const struct mts_names_t *gradients,
                                 mts_block_t **result);

/**
 * Make a map with the labels of another one, whose values mean nothing, to be overwritten; gradients as well.
 *
 * @param a a map
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_empty_like(const mts_tensormap_t *a,
                            const struct mts_names_t *gradients,
                            mts_tensormap_t **result);

/**
 * The same as `mts_empty_like` for blocks.
 *
 * @param a a block
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_empty_like_block(const mts_block_t *a,
                                  const struct mts_names_t *gradients,
                                  mts_block_t **result);

/**
 * Make a copy of a map without some of its gradients.
 *
 * @param a a map
 * @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are ignored.
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_remove_gradients(const mts_tensormap_t *a,
                                  const struct mts_names_t *remove,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_remove_gradients` for blocks.
 *
 * @param a a block
 * @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are ignored.
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_remove_gradients_block(const mts_block_t *a,
                                        const struct mts_names_t *remove,
                                        mts_block_t **result);

/**
 * Compute the product of two maps as matrices, a sum over properties: `A Bᵀ`, with gradients `∇A Bᵀ`.
 *
 * Samples, components and gradients of the result are those of `a`, and its properties are the samples of `b`. Blocks
 * are matched by key, and the result has the keys of `a`. Complex numbers are not conjugated. Gradients of gradients
 * are multiplied as well.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same properties as those of `a`, but
 *          no components and no gradients
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_dot(const mts_tensormap_t *a,
                     const mts_tensormap_t *b,
                     mts_tensormap_t **result);

/**
 * The same as `mts_dot` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_dot_block(const mts_block_t *a, const mts_block_t *b, mts_block_t **result);

/**
 * Compute the weights `w` for which `x wᵀ` is as close as possible to `y`, in values and gradients: those with the
 * least sum of squares of all errors, and of these the ones with the smallest norm.
 *
 * Each sample, component, and row of a gradient is one equation. Blocks of the result have the properties of `y` as
 * samples, the properties of `x` as properties, and no gradients: `mts_dot(x, w)` predicts `y`. Blocks are matched by
 * key, and the result has the keys of `x`. Gradients of gradients are not supported. It is an error if a number is
 * infinite or NaN.
 *
 * @param x a map
 * @param y another map, with the same keys (in any order), and blocks with the same samples and components, in values
 *          and gradients
 * @param options the precision of the numbers in `x`, or NULL
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number is not finite, or the status of what went wrong
 */
mts_status_t mts_lstsq(const mts_tensormap_t *x,
                       const mts_tensormap_t *y,
                       const struct mts_lstsq_options_t *options,
                       mts_tensormap_t **result);

/**
 * The same as `mts_lstsq` for blocks.
 *
 * @param x a block
 * @param y another block
 * @param options the precision of the numbers in `x`, or NULL
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number is not finite, or the status of what went wrong
 */
mts_status_t mts_lstsq_block(const mts_block_t *x,
                             const mts_block_t *y,
                             const struct mts_lstsq_options_t *options,
                             mts_block_t **result);

/**
 * Compute the weights `w` for which `x wᵀ = y`, where the blocks of `x` are square matrices.
 *
 * Blocks of the result have the properties of `y` as samples, and the properties of `x` as properties. Blocks are
 * matched by key, and the result has the keys of `x`.
 *
 * @param x a map, whose blocks have as many samples as properties, no components, and no gradients with any row
 * @param y another map, with the same keys (in any order), and blocks with the same samples as those of `x`, no
 *          components, and no gradients with any row
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a matrix is singular, or the status of what went wrong
 */
mts_status_t mts_solve(const mts_tensormap_t *x,
                       const mts_tensormap_t *y,
                       mts_tensormap_t **result);

/**
 * The same as `mts_solve` for blocks.
 *
 * @param x a block
 * @param y another block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if the matrix is singular, or the status of what went wrong
 */
mts_status_t mts_solve_block(const mts_block_t *x,
                             const mts_block_t *y,
                             mts_block_t **result);

/**
 * Compute the sums `Σ x`, with gradients `Σ ∇x`, over groups of samples.
 *
 * Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
 * Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
 * dimension `_`, which is 0.
 *
 * Sums of integers are integers, and wrap around. Gradients of gradients are summed as well.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sum_over_samples(const mts_tensormap_t *tensor,
                                  const char *const *names,
                                  uintptr_t names_count,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_sum_over_samples` for blocks.
 *
 * @param block a block
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sum_over_samples_block(const mts_block_t *block,
                                        const char *const *names,
                                        uintptr_t names_count,
                                        mts_block_t **result);

/**
 * Compute the means `μ = Σ x / n`, with gradients `Σ ∇x / n`, over groups of samples.
 *
 * Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
 * Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
 * dimension `_`, which is 0.
 *
 * `n` is the number of samples in the group. A sample without rows in a gradient counts as well. Integers become
 * 64-bit floats. Gradients of gradients are averaged as well.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_mean_over_samples(const mts_tensormap_t *tensor,
                                   const char *const *names,
                                   uintptr_t names_count,
                                   mts_tensormap_t **result);

/**
 * The same as `mts_mean_over_samples` for blocks.
 *
 * @param block a block
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_mean_over_samples_block(const mts_block_t *block,
                                         const char *const *names,
                                         uintptr_t names_count,
                                         mts_block_t **result);

/**
 * Compute the variances `Σ |x - μ|² / n`, with gradients `2 / n Σ (x - μ) ∇x`, over groups of samples.
 *
 * Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
 * Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
 * dimension `_`, which is 0.
 *
 * `n` is the number of samples in the group, and `μ` the mean of their values. A sample without rows in a gradient
 * counts as well. Integers become 64-bit floats. Gradients of gradients are not supported.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_var_over_samples(const mts_tensormap_t *tensor,
                                  const char *const *names,
                                  uintptr_t names_count,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_var_over_samples` for blocks.
 *
 * @param block a block
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_var_over_samples_block(const mts_block_t *block,
                                        const char *const *names,
                                        uintptr_t names_count,
                                        mts_block_t **result);

/**
 * Compute the standard deviations `σ = √(Σ |x - μ|² / n)`, with gradients `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is
 * 0, over groups of samples.
 *
 * Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
 * Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
 * dimension `_`, which is 0.
 *
 * `n` is the number of samples in the group, and `μ` the mean of their values. A sample without rows in a gradient
 * counts as well. Integers become 64-bit floats. Gradients of gradients are not supported.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_std_over_samples(const mts_tensormap_t *tensor,
                                  const char *const *names,
                                  uintptr_t names_count,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_std_over_samples` for blocks.
 *
 * @param block a block
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_std_over_samples_block(const mts_block_t *block,
                                        const char *const *names,
                                        uintptr_t names_count,
                                        mts_block_t **result);

/**
 * Compute the sums `Σ x`, with gradients `Σ ∇x`, over groups of properties.
 *
 * Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
 * Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
 *
 * Sums of integers are integers, and wrap around. Gradients of gradients are summed as well.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sum_over_properties(const mts_tensormap_t *tensor,
                                     const char *const *names,
                                     uintptr_t names_count,
                                     mts_tensormap_t **result);

/**
 * The same as `mts_sum_over_properties` for blocks.
 *
 * @param block a block
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sum_over_properties_block(const mts_block_t *block,
                                           const char *const *names,
                                           uintptr_t names_count,
                                           mts_block_t **result);

/**
 * Compute the means `μ = Σ x / n`, with gradients `Σ ∇x / n`, over groups of properties.
 *
 * Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
 * Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
 *
 * `n` is the number of properties in the group. Integers become 64-bit floats. Gradients of gradients are averaged as
 * well.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_mean_over_properties(const mts_tensormap_t *tensor,
                                      const char *const *names,
                                      uintptr_t names_count,
                                      mts_tensormap_t **result);

/**
 * The same as `mts_mean_over_properties` for blocks.
 *
 * @param block a block
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_mean_over_properties_block(const mts_block_t *block,
                                            const char *const *names,
                                            uintptr_t names_count,
                                            mts_block_t **result);

/**
 * Compute the variances `Σ |x - μ|² / n`, with gradients `2 / n Σ (x - μ) ∇x`, over groups of properties.
 *
 * Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
 * Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
 *
 * `n` is the number of properties in the group, and `μ` the mean of their values. Integers become 64-bit floats.
 * Gradients of gradients are not supported.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_var_over_properties(const mts_tensormap_t *tensor,
                                     const char *const *names,
                                     uintptr_t names_count,
                                     mts_tensormap_t **result);

/**
 * The same as `mts_var_over_properties` for blocks.
 *
 * @param block a block
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_var_over_properties_block(const mts_block_t *block,
                                           const char *const *names,
                                           uintptr_t names_count,
                                           mts_block_t **result);

/**
 * Compute the standard deviations `σ = √(Σ |x - μ|² / n)`, with gradients `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is
 * 0, over groups of properties.
 *
 * Properties that only differ in the dimensions `names` make up one group, which becomes one property of the result.
 * Properties of the result are sorted. If no dimension is left, the result has the dimension `_`, which is 0.
 *
 * `n` is the number of properties in the group, and `μ` the mean of their values. Integers become 64-bit floats.
 * Gradients of gradients are not supported.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_std_over_properties(const mts_tensormap_t *tensor,
                                     const char *const *names,
                                     uintptr_t names_count,
                                     mts_tensormap_t **result);

/**
 * The same as `mts_std_over_properties` for blocks.
 *
 * @param block a block
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_std_over_properties_block(const mts_block_t *block,
                                           const char *const *names,
                                           uintptr_t names_count,
                                           mts_block_t **result);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_OPERATIONS_H */
