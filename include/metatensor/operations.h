/** @file
 * Operations on maps and blocks, gradients included.
 */
/* Generated from the sources of metatensor-capi by `cargo xtask headers`.
 * Change those, not this file. */

#ifndef METATENSOR_OPERATIONS_H
#define METATENSOR_OPERATIONS_H

#include <math.h>
#include <stddef.h>

#include "metatensor.h"

/** An `mts_allclose_options_t` that is what NULL stands for, to change some of it. */
#define MTS_ALLCLOSE_OPTIONS_INIT {1e-13, 1e-12, false}
/** An `mts_equal_metadata_options_t` that is what NULL stands for, to change some of it. */
#define MTS_EQUAL_METADATA_OPTIONS_INIT {MTS_METADATA_ALL, true}
/** An `mts_join_options_t` that is what NULL stands for, to change some of it. */
#define MTS_JOIN_OPTIONS_INIT {MTS_JOIN_KEYS_ERROR, NULL}
/** An `mts_lstsq_options_t` that is what NULL stands for, to change some of it. */
#define MTS_LSTSQ_OPTIONS_INIT {NAN}
/** An `mts_block_names_t` that is what NULL stands for, to change some of it. */
#define MTS_BLOCK_NAMES_INIT {{NULL, 0}, {NULL, 0}, {NULL, 0}, false, false, false}


/**
 * The blocks of a map.
 */
#define MTS_AXIS_KEYS 0

/**
 * The first axis of the values of blocks.
 */
#define MTS_AXIS_SAMPLES 1

/**
 * The axes between the first and the last.
 */
#define MTS_AXIS_COMPONENTS 2

/**
 * The last axis.
 */
#define MTS_AXIS_PROPERTIES 3

/**
 * They are an error.
 */
#define MTS_MISSING_GRADIENTS_ERROR 0

/**
 * A row that only some gradients have is zero in the others. All arguments must have gradients with respect to the same
 * parameters. Results are those for the maps that `mts_align_gradients` makes, without making them.
 */
#define MTS_MISSING_GRADIENTS_ZERO_ROWS 1

/**
 * The same, and a gradient that only some arguments have is zero for the others.
 */
#define MTS_MISSING_GRADIENTS_ZEROS 2

/**
 * Sort samples.
 */
#define MTS_SORT_SAMPLES 1

/**
 * Sort components.
 */
#define MTS_SORT_COMPONENTS 2

/**
 * Sort properties.
 */
#define MTS_SORT_PROPERTIES 4

/**
 * Sort blocks by their keys.
 */
#define MTS_SORT_KEYS 8

/**
 * Sort all axes of a map.
 */
#define MTS_SORT_ALL 15

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
 * Different keys are an error.
 */
#define MTS_JOIN_KEYS_ERROR 0

/**
 * Keys that are not in all maps are left out.
 */
#define MTS_JOIN_KEYS_INTERSECTION 1

/**
 * Maps without a block for a key have nothing to add to this block.
 */
#define MTS_JOIN_KEYS_UNION 2

/**
 * How close numbers have to be. NULL stands for `MTS_ALLCLOSE_OPTIONS_INIT`, which is `{1e-13, 1e-12, false}`.
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
 * What metadata to compare. NULL stands for `MTS_EQUAL_METADATA_OPTIONS_INIT`, which is `{MTS_METADATA_ALL, true}`.
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
 * One of the axes of maps and blocks: a `MTS_AXIS_` value.
 */
typedef uint32_t mts_axis_t;

/**
 * How to solve least squares problems. NULL stands for `MTS_LSTSQ_OPTIONS_INIT`, which is `{NAN}`.
 */
typedef struct mts_lstsq_options_t {
    /**
     * singular values that are not larger than this times the largest one count as zero. NAN stands for the precision
     * of the data type times the larger number of rows and columns, a negative number for the precision alone. For
     * data with a relative noise of 1e-12, say, use 1e-12
     */
    double rcond;
} mts_lstsq_options_t;

/**
 * What to do with gradients that not all arguments of an operation have: a `MTS_MISSING_GRADIENTS_` value.
 */
typedef uint32_t mts_missing_gradients_t;

/**
 * Which entries of an axis to keep.
 */
typedef struct mts_selection_t {
    /**
     * the entries that match one of these, in some or all of the dimensions of the axis. If this is NULL, the
     * entries at some positions:
     */
    const mts_labels_t *labels;
    /**
     * positions of entries, each of them once; can be NULL if there are none. Negative positions count from the end: -1
     * is the last entry
     */
    const int64_t *indices;
    /**
     * number of positions
     */
    uintptr_t indices_count;
} mts_selection_t;

/**
 * What to do with keys that are not in all joined maps: a `MTS_JOIN_KEYS_` value.
 */
typedef uint32_t mts_join_keys_t;

/**
 * How to join maps. NULL stands for `MTS_JOIN_OPTIONS_INIT`, which is `{MTS_JOIN_KEYS_ERROR, NULL}`.
 */
typedef struct mts_join_options_t {
    /**
     * what to do with keys that are not in all maps
     */
    mts_join_keys_t different_keys;
    /**
     * name of a new last dimension of the joined axis, the position of the map that an entry comes from; or NULL
     */
    const char *add_dimension;
} mts_join_options_t;

/**
 * Names of the dimensions of a new block, one for each of the axes they are made of. Those that are not given count:
 * `sample`, `component_1`, `component_2`..., `property`.
 *
 * `MTS_BLOCK_NAMES_INIT` gives none, as NULL does.
 */
typedef struct mts_block_names_t {
    /**
     * names of the dimensions of samples
     */
    struct mts_names_t samples;
    /**
     * names of components
     */
    struct mts_names_t components;
    /**
     * names of the dimensions of properties
     */
    struct mts_names_t properties;
    /**
     * whether names of the dimensions of samples are given
     */
    bool has_samples;
    /**
     * whether names of components are given
     */
    bool has_components;
    /**
     * whether names of the dimensions of properties are given
     */
    bool has_properties;
} mts_block_names_t;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * Give two maps the same gradient rows for the same keys, which is what operations on two maps need.
 *
 * Gradients of both get all rows that one of them has, those of `a` first. New rows are zero, as derivatives without a row
 * are. Everything else stays what it is, in each of the maps. The places of the two results must not be the same.
 *
 * @param a a map
 * @param b another map, with the same samples for the same keys, and gradients with respect to the same parameters
 * @param first is set to a new map made of `a` with its info, *owned* by the caller; or to NULL on error
 * @param second is set to a new map made of `b` with its info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_align_gradients(const mts_tensormap_t *a,
                                 const mts_tensormap_t *b,
                                 mts_tensormap_t **first,
                                 mts_tensormap_t **second);

/**
 * The same as `mts_align_gradients` for blocks. The places of the two results must not be the same.
 *
 * @param a a block
 * @param b another block, with the same samples, and gradients with respect to the same parameters
 * @param first is set to a new block made of `a`, *owned* by the caller; or to NULL on error
 * @param second is set to a new block made of `b`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_align_gradients_block(const mts_block_t *a,
                                       const mts_block_t *b,
                                       mts_block_t **first,
                                       mts_block_t **second);

/**
 * Compute the absolute values `|x|`, with gradients `sign(x) ∇x`.
 *
 * The derivative at 0 is taken to be 0. For complex numbers the gradient is `Re(conj(x) ∇x) / |x|`. Gradients of
 * gradients are those of this formula: for complex numbers the gradient `p/q` needs `q`, and is an error without it. Types stay what they are, and the smallest integer as well.
 *
 * @param a a map
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * properties and gradients, in the same order. Gradients of gradients are added as well. Types stay what they are:
 * sums of integers wrap around, and those of booleans are *or*. Different types give the smallest type that holds all
 * elements of both, as in numpy.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Integers and booleans, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * properties and gradients, in the same order. Gradients of gradients are subtracted as well. Types are those of
 * `mts_add`: differences of integers are integers, and wrap around. Only those of booleans are 64-bit floats.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Integers and booleans, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * properties and gradients, in the same order. Gradients of gradients follow from the product rule, applied to itself:
 * the gradient `p/q` needs `q`, and is an error without it. It has the rows of both maps, and for each row of `p` one for each
 * row of `q` of the same sample, sorted. Types are those of `mts_add`: products of integers wrap around, and those of booleans are *and*.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Integers and booleans, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * properties and gradients, in the same order. Gradients of gradients are those of this formula, with rows like those of
 * products: the gradient `p/q` needs `q`, and is an error without it. Integers and booleans become 64-bit floats.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Integers and booleans, and their gradients, become 64-bit floats.
 *
 * @param a a map
 * @param scalar a number, `s` in the formula
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Gradients for an exponent of 0 are exactly 0. Integers and booleans become 64-bit floats. Real numbers have the
 * special cases of `pow` of C: the gradient of the root of -0 is infinite. Gradients of gradients are those of this formula, with rows like those of
 * products: if `p` is neither 0 nor 1, the gradient `a/b` needs `b`, and is an error without it.
 *
 * @param a a map
 * @param exponent the exponent, `p` in the formula
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * The same as `mts_equal` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param equal is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong. Being different is not an error here.
 */
mts_status_t mts_equal_block(const mts_block_t *a, const mts_block_t *b, bool *equal);

/**
 * Check that two maps have the same keys, labels, gradients and values: as `mts_equal`, with an error that
 * tells which labels are different, or else where values differ most, and both numbers.
 *
 * @param a a map
 * @param b another map
 *
 * @returns `MTS_SUCCESS` if they do, `MTS_NOT_EQUAL_ERROR` if they do not, or the status of what went wrong
 */
mts_status_t mts_equal_raise(const mts_tensormap_t *a,
                             const mts_tensormap_t *b);

/**
 * The same as `mts_equal_raise` for blocks.
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
 * The same as `mts_allclose` for blocks.
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
 * Check that two maps have the same keys, labels and gradients, and close values: as `mts_allclose`, with an error that
 * tells which labels are different, or else where values differ most, and both numbers.
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
 * The same as `mts_allclose_raise` for blocks.
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
 * The same as `mts_equal_metadata` for blocks.
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
 * The same as `mts_equal_metadata_raise` for blocks.
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
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
 * @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are
 *         ignored.
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
 * @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are
 *         ignored.
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_remove_gradients_block(const mts_block_t *a,
                                        const struct mts_names_t *remove,
                                        mts_block_t **result);

/**
 * Make a map with the labels of another one, filled with random numbers that are evenly distributed from 0 (included) to 1
 * (excluded); gradients as well.
 *
 * Both parts of complex numbers are such numbers. The same seed gives the same numbers again.
 *
 * @param a a map
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
 * @param seed any number
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_random_uniform_like(const mts_tensormap_t *a,
                                     const struct mts_names_t *gradients,
                                     uint64_t seed,
                                     mts_tensormap_t **result);

/**
 * The same as `mts_random_uniform_like` for blocks.
 *
 * @param a a block
 * @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for
 *         none
 * @param seed any number
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_random_uniform_like_block(const mts_block_t *a,
                                           const struct mts_names_t *gradients,
                                           uint64_t seed,
                                           mts_block_t **result);

/**
 * Add a last dimension to the labels of one axis.
 *
 * The samples of gradients stay what they are.
 *
 * @param a a map
 * @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param name name of the new dimension
 * @param values one value for all entries; or one for each of them, all blocks having the same number
 * @param count number of values
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_append_dimension(const mts_tensormap_t *a,
                                  mts_axis_t axis,
                                  const char *name,
                                  const int32_t *values,
                                  uintptr_t count,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_append_dimension` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param name name of the new dimension
 * @param values one value for all entries; or one for each of them
 * @param count number of values
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_append_dimension_block(const mts_block_t *a,
                                        mts_axis_t axis,
                                        const char *name,
                                        const int32_t *values,
                                        uintptr_t count,
                                        mts_block_t **result);

/**
 * Add a dimension to the labels of one axis, before one of the others or after all of them.
 *
 * The samples of gradients stay what they are.
 *
 * @param a a map
 * @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param index number of dimensions before the new one
 * @param name name of the new dimension
 * @param values one value for all entries; or one for each of them, all blocks having the same number
 * @param count number of values
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_insert_dimension(const mts_tensormap_t *a,
                                  mts_axis_t axis,
                                  uintptr_t index,
                                  const char *name,
                                  const int32_t *values,
                                  uintptr_t count,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_insert_dimension` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param index number of dimensions before the new one
 * @param name name of the new dimension
 * @param values one value for all entries; or one for each of them
 * @param count number of values
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_insert_dimension_block(const mts_block_t *a,
                                        mts_axis_t axis,
                                        uintptr_t index,
                                        const char *name,
                                        const int32_t *values,
                                        uintptr_t count,
                                        mts_block_t **result);

/**
 * Put the dimensions of the labels of one axis in another order: first the one with number `indexes[0]`, and so on.
 *
 * The samples of gradients stay what they are.
 *
 * @param a a map
 * @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param indexes the number of each dimension, once
 * @param count number of dimensions
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_permute_dimensions(const mts_tensormap_t *a,
                                    mts_axis_t axis,
                                    const uintptr_t *indexes,
                                    uintptr_t count,
                                    mts_tensormap_t **result);

/**
 * The same as `mts_permute_dimensions` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param indexes the number of each dimension, once
 * @param count number of dimensions
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_permute_dimensions_block(const mts_block_t *a,
                                          mts_axis_t axis,
                                          const uintptr_t *indexes,
                                          uintptr_t count,
                                          mts_block_t **result);

/**
 * Remove a dimension from the labels of one axis, whose entries must be different without it.
 *
 * The samples of gradients stay what they are.
 *
 * @param a a map
 * @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param name name of the dimension, which must not be the only one
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_remove_dimension(const mts_tensormap_t *a,
                                  mts_axis_t axis,
                                  const char *name,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_remove_dimension` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param name name of the dimension, which must not be the only one
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_remove_dimension_block(const mts_block_t *a,
                                        mts_axis_t axis,
                                        const char *name,
                                        mts_block_t **result);

/**
 * Change the name of a dimension of the labels of one axis.
 *
 * Dimensions of the samples and components of gradients which have the old name get the new one as well. The exception is
 * the first dimension of their samples: it is always `sample`.
 *
 * @param a a map
 * @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES`, `MTS_AXIS_COMPONENTS` or `MTS_AXIS_PROPERTIES`
 * @param old_name name of the dimension
 * @param new_name its new name
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_rename_dimension(const mts_tensormap_t *a,
                                  mts_axis_t axis,
                                  const char *old_name,
                                  const char *new_name,
                                  mts_tensormap_t **result);

/**
 * The same as `mts_rename_dimension` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES`, `MTS_AXIS_COMPONENTS` or `MTS_AXIS_PROPERTIES`
 * @param old_name name of the dimension
 * @param new_name its new name
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_rename_dimension_block(const mts_block_t *a,
                                        mts_axis_t axis,
                                        const char *old_name,
                                        const char *new_name,
                                        mts_block_t **result);

/**
 * Compute the product of two maps as matrices, a sum over properties: `A Bᵀ`, with gradients `∇A Bᵀ + A ∇Bᵀ`.
 *
 * Samples, components and gradients of the result are those of `a`, and its properties are the samples of `b`. Blocks
 * are matched by key, and the result has the keys of `a`. Complex numbers are not conjugated. Types are those of
 * `mts_add`: sums of integers wrap around, and those of booleans are *or*. Gradients of gradients follow from the product
 * rule, applied to itself: the gradient `p/q` needs `q`, and is an error without it, if both maps have gradients.
 *
 * A block without any gradients is constant. If both have gradients, these must be with respect to the same parameters,
 * with the same components of their own and the same dimensions of samples. The row `(j, t)` of a gradient of `b`, the
 * derivative of row `j` of `b` with respect to `t`, is part of the rows `(i, t)` of the result, at its property `j`, for all
 * samples `i` of `a`. The result has the rows of the gradient of `a`, then those that only come from `b`, sorted by sample.
 * Each `t` must come in both, see `mts_dot_with`.
 *
 * @param a a map
 * @param b another map, with the same keys (in any order), and blocks with the same properties as those of `a`, but no
 *         components
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * infinite or NaN, and if the solution does not fit in the type of the values.
 *
 * @param x a map
 * @param y another map, with the same keys (in any order), and blocks with the same samples and components, in values
 *         and gradients
 * @param options the precision of the numbers in `x`, or NULL
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number, or the solution, is not finite, or the status of what went
 *           wrong
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
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number, or the solution, is not finite, or the status of what went
 *           wrong
 */
mts_status_t mts_lstsq_block(const mts_block_t *x,
                             const mts_block_t *y,
                             const struct mts_lstsq_options_t *options,
                             mts_block_t **result);

/**
 * Compute the weights `w` for which `x wᵀ = y`, where the blocks of `x` are square matrices.
 *
 * Blocks of the result have the properties of `y` as samples, and the properties of `x` as properties. Blocks are
 * matched by key, and the result has the keys of `x`. It is an error if a number is infinite or NaN, and if the solution
 * does not fit in the type of the values.
 *
 * @param x a map, whose blocks have as many samples as properties, no components, and no gradients with any row
 * @param y another map, with the same keys (in any order), and blocks with the same samples as those of `x`, no
 *         components, and no gradients with any row
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a matrix is singular, or a number or the solution not finite, or the
 *           status of what went wrong
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
 * @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if the matrix is singular, or a number or the solution not finite, or the
 *           status of what went wrong
 */
mts_status_t mts_solve_block(const mts_block_t *x,
                             const mts_block_t *y,
                             mts_block_t **result);

/**
 * The same as `mts_add` for maps of which only some have a gradient, or a row of it.
 *
 * @param a a map
 * @param b another map
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add_with(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          mts_missing_gradients_t missing_gradients,
                          mts_tensormap_t **result);

/**
 * The same as `mts_add_with` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_add_with_block(const mts_block_t *a,
                                const mts_block_t *b,
                                mts_missing_gradients_t missing_gradients,
                                mts_block_t **result);

/**
 * The same as `mts_subtract` for maps of which only some have a gradient, or a row of it.
 *
 * @param a a map
 * @param b another map
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract_with(const mts_tensormap_t *a,
                               const mts_tensormap_t *b,
                               mts_missing_gradients_t missing_gradients,
                               mts_tensormap_t **result);

/**
 * The same as `mts_subtract_with` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_subtract_with_block(const mts_block_t *a,
                                     const mts_block_t *b,
                                     mts_missing_gradients_t missing_gradients,
                                     mts_block_t **result);

/**
 * The same as `mts_multiply` for maps of which only some have a gradient, or a row of it.
 *
 * @param a a map
 * @param b another map
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply_with(const mts_tensormap_t *a,
                               const mts_tensormap_t *b,
                               mts_missing_gradients_t missing_gradients,
                               mts_tensormap_t **result);

/**
 * The same as `mts_multiply_with` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_multiply_with_block(const mts_block_t *a,
                                     const mts_block_t *b,
                                     mts_missing_gradients_t missing_gradients,
                                     mts_block_t **result);

/**
 * The same as `mts_divide` for maps of which only some have a gradient, or a row of it.
 *
 * @param a a map
 * @param b another map
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide_with(const mts_tensormap_t *a,
                             const mts_tensormap_t *b,
                             mts_missing_gradients_t missing_gradients,
                             mts_tensormap_t **result);

/**
 * The same as `mts_divide_with` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_divide_with_block(const mts_block_t *a,
                                   const mts_block_t *b,
                                   mts_missing_gradients_t missing_gradients,
                                   mts_block_t **result);

/**
 * The same as `mts_dot` for maps of which only some have a gradient, or a derivative with respect to something.
 *
 * @param a a map
 * @param b another map
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_dot_with(const mts_tensormap_t *a,
                          const mts_tensormap_t *b,
                          mts_missing_gradients_t missing_gradients,
                          mts_tensormap_t **result);

/**
 * The same as `mts_dot_with` for blocks.
 *
 * @param a a block
 * @param b another block
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_dot_with_block(const mts_block_t *a,
                                const mts_block_t *b,
                                mts_missing_gradients_t missing_gradients,
                                mts_block_t **result);

/**
 * Compute the sums `Σ x`, with gradients `Σ ∇x`, over groups of samples.
 *
 * Samples that only differ in the dimensions `names` make up one group, which becomes one sample of the result.
 * Samples of the result are sorted, and so are those of gradients. If no dimension is left, the result has the
 * dimension `_`, which is 0.
 *
 * Types stay what they are: sums of integers wrap around, and those of booleans are *or*. Real and complex numbers are
 * added pairwise, in double precision, which loses no digits for many of them. Gradients of gradients are summed as well.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * `n` is the number of samples in the group. A sample without rows in a gradient counts as well. Integers and
 * booleans become 64-bit floats. Gradients of gradients are averaged as well.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * counts as well. Integers and booleans become
 * 64-bit floats. Gradients of gradients are those of this formula,
 * with rows for all pairs of rows of a group: the gradient `p/q` needs `q`, and is an error without it.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * counts as well. Integers and booleans become
 * 64-bit floats. Gradients of gradients are those of this formula,
 * with rows for all pairs of rows of a group: the gradient `p/q` needs `q`, and is an error without it.
 *
 * @param tensor a map
 * @param names dimensions of the samples to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * Types stay what they are: sums of integers wrap around, and those of booleans are *or*. Real and complex numbers are
 * added pairwise, in double precision, which loses no digits for many of them. Gradients of gradients are summed as well.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * `n` is the number of properties in the group. Integers and booleans become
 * 64-bit floats. Gradients of gradients are averaged as
 * well.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * `n` is the number of properties in the group, and `μ` the mean of their values. Integers and booleans become
 * 64-bit floats.
 * Gradients of gradients are those of this formula: the gradient `p/q` needs `q`, and is an error without it.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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
 * `n` is the number of properties in the group, and `μ` the mean of their values. Integers and booleans become
 * 64-bit floats.
 * Gradients of gradients are those of this formula: the gradient `p/q` needs `q`, and is an error without it.
 *
 * @param tensor a map
 * @param names dimensions of the properties to reduce over: `names_count` strings, can be NULL if there are none
 * @param names_count number of names
 * @param result is set to a new map without info, *owned* by the caller; or to NULL on error
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

/**
 * Copy a map without the blocks whose keys match an entry of `keys`.
 *
 * @param a a map
 * @param keys what to look for, in some or all of the dimensions of the keys. Entries without a block are ignored.
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_drop_blocks(const mts_tensormap_t *a,
                             const mts_labels_t *keys,
                             mts_tensormap_t **result);

/**
 * Copy only the blocks of a map whose keys match an entry of `keys`.
 *
 * They are in the order of `keys` if these have all dimensions in the same order, else in the order they had.
 *
 * @param a a map
 * @param keys what to look for, in some or all of the dimensions of the keys. Entries without a block are ignored.
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_filter_blocks(const mts_tensormap_t *a,
                               const mts_labels_t *keys,
                               mts_tensormap_t **result);

/**
 * Copy a map without the blocks that have no samples or no properties.
 *
 * @param a a map
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_drop_empty_blocks(const mts_tensormap_t *a,
                                   mts_tensormap_t **result);

/**
 * Get all different combinations of values that some dimensions of the samples or properties have in any of the blocks,
 * sorted.
 *
 * @param a a map
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param names names of the dimensions, in the order that the result has
 * @param count number of names, at least 1
 * @param gradient parameter of the gradient to look at, or several separated by `/` for gradients of gradients; NULL
 *         for the values
 * @param result is set to new labels, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_unique_metadata(const mts_tensormap_t *a,
                                 mts_axis_t axis,
                                 const char *const *names,
                                 uintptr_t count,
                                 const char *gradient,
                                 const mts_labels_t **result);

/**
 * The same as `mts_unique_metadata` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param names names of the dimensions, in the order that the result has
 * @param count number of names, at least 1
 * @param gradient parameter of the gradient to look at, or several separated by `/` for gradients of gradients; NULL
 *         for the values
 * @param result is set to new labels, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_unique_metadata_block(const mts_block_t *a,
                                       mts_axis_t axis,
                                       const char *const *names,
                                       uintptr_t count,
                                       const char *gradient,
                                       const mts_labels_t **result);

/**
 * Take a part of a map: the samples or the properties of each block that are selected.
 *
 * Selected samples are in the order of the selection if this is a list of positions, or labels with all dimensions of
 * the samples in the same order. Otherwise they keep their order, as selected properties always do. Gradients keep the
 * rows of the selected samples, in the order these rows had. Blocks stay even if nothing of them was selected.
 *
 * @param a a map
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param selection what to keep; labels with only dimensions of this axis, or positions that all blocks have
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_slice(const mts_tensormap_t *a,
                       mts_axis_t axis,
                       struct mts_selection_t selection,
                       mts_tensormap_t **result);

/**
 * The same as `mts_slice` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param selection what to keep; labels with only dimensions of this axis, or positions that all blocks have
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_slice_block(const mts_block_t *a,
                             mts_axis_t axis,
                             struct mts_selection_t selection,
                             mts_block_t **result);

/**
 * Sort the entries of some axes, the first dimension of labels being the most significant.
 *
 * Each axis is sorted on its own: keys together with blocks, samples, all components, properties. Sorting samples also
 * sorts the rows of gradients, which refer to samples by their new number. The components that only gradients have are
 * sorted with those of the values.
 *
 * @param a a map
 * @param axes or-ed `MTS_SORT_` values
 * @param descending whether the largest entry comes first
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sort(const mts_tensormap_t *a,
                      uint32_t axes,
                      bool descending,
                      mts_tensormap_t **result);

/**
 * The same as `mts_sort` for blocks.
 *
 * @param a a block
 * @param axes or-ed `MTS_SORT_` values, without `MTS_SORT_KEYS`: blocks have no keys
 * @param descending whether the largest entry comes first
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_sort_block(const mts_block_t *a,
                            uint32_t axes,
                            bool descending,
                            mts_block_t **result);

/**
 * Tell whether all arrays of a map, gradients included, have their elements one after the other in memory, the last axis
 * varying fastest.
 *
 * @param a a map
 * @param contiguous is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_is_contiguous(const mts_tensormap_t *a,
                               bool *contiguous);

/**
 * The same as `mts_is_contiguous` for blocks.
 *
 * @param a a block
 * @param contiguous is set to the answer
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_is_contiguous_block(const mts_block_t *a, bool *contiguous);

/**
 * Copy a map, with the elements of all arrays one after the other in memory, the last axis varying fastest.
 *
 * @param a a map
 * @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_make_contiguous(const mts_tensormap_t *a,
                                 mts_tensormap_t **result);

/**
 * The same as `mts_make_contiguous` for blocks.
 *
 * @param a a block
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_make_contiguous_block(const mts_block_t *a, mts_block_t **result);

/**
 * Put the samples, or the properties, of several maps one after the other.
 *
 * Blocks with the same key are joined, in the order of the list.
 *
 * - Joined samples: components and properties must be the same. The rows of gradients are put one after the other as well,
 *   and refer to the joined samples.
 * - Joined properties: samples and components must be the same. If properties do not have the same dimensions everywhere,
 *   they are replaced by `joined_index`, the position of a map in the list, and `property`, the position of the property in
 *   this map. Gradients have the rows of all the joined ones: those of the first, then those which only the second one has,
 *   and so on. Where a gradient has no row, derivatives are zero.
 *
 * Entries of the joined axis must be different from each other, which `add_dimension` makes sure of.
 *
 * @param tensors maps with the same data type
 * @param count number of maps, at least 1
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param options how to join, can be NULL
 * @param result is set to a new map, with the info of the only map if `count` is 1 and else without info, *owned* by
 *        the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_join(const mts_tensormap_t *const *tensors,
                      uintptr_t count,
                      mts_axis_t axis,
                      const struct mts_join_options_t *options,
                      mts_tensormap_t **result);

/**
 * The same as `mts_join` for blocks.
 *
 * @param blocks blocks with the same data type
 * @param count number of blocks, at least 1
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param add_dimension name of a new last dimension of the joined axis, the position of the block that an entry comes from;
 *        or NULL
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_join_blocks(const mts_block_t *const *blocks,
                             uintptr_t count,
                             mts_axis_t axis,
                             const char *add_dimension,
                             mts_block_t **result);

/**
 * The same as `mts_join` for maps of which only some have a gradient.
 *
 * Rows that only some gradients have are no error in any case, see `mts_join`.
 *
 * @param tensors maps with the same data type
 * @param count number of maps, at least 1
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param options how to join, can be NULL
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only some of them have
 * @param result is set to a new map, with the info of the only map if `count` is 1 and else without info, *owned* by
 *        the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_join_with(const mts_tensormap_t *const *tensors,
                           uintptr_t count,
                           mts_axis_t axis,
                           const struct mts_join_options_t *options,
                           mts_missing_gradients_t missing_gradients,
                           mts_tensormap_t **result);

/**
 * The same as `mts_join_with` for blocks.
 *
 * @param blocks blocks with the same data type
 * @param count number of blocks, at least 1
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param add_dimension name of a new last dimension of the joined axis, the position of the block that an entry comes from;
 *        or NULL
 * @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only some of them have
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_join_blocks_with(const mts_block_t *const *blocks,
                                  uintptr_t count,
                                  mts_axis_t axis,
                                  const char *add_dimension,
                                  mts_missing_gradients_t missing_gradients,
                                  mts_block_t **result);

/**
 * Encode labels as rows with a single 1, in the column of the value of one dimension: the position of this value in
 * `dimension`.
 *
 * @param labels labels with this dimension, among others
 * @param dimension labels with a single dimension, and an entry for each value of it in `labels`
 * @param out memory for `rows * columns` numbers, row by row; can be NULL if there are none
 * @param rows number of entries of `labels`
 * @param columns number of entries of `dimension`
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_one_hot(const mts_labels_t *labels,
                         const mts_labels_t *dimension,
                         int32_t *out,
                         uintptr_t rows,
                         uintptr_t columns);

/**
 * Make a block of a plain array, with labels that count its elements.
 *
 * The first axes of the array, as many as there are names, become the samples, with the position along each of these axes
 * as dimensions. In the same way the last axes become properties. Each axis between is a component. An array of shape
 * `(2, 3, 1, 2)` with the sample names `x` and `y` gives 6 samples, 1 component with 1 entry, and 2 properties.
 *
 * @param array the values, *given away* also if there is an error
 * @param names names of the dimensions; NULL to give none
 * @param result is set to a new block, *owned* by the caller; or to NULL on error
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_block_from_array(mts_array_t array,
                                  const struct mts_block_names_t *names,
                                  mts_block_t **result);

/**
 * Take several parts of a map, one for each selection: see `mts_slice`.
 *
 * Selections may have entries in common, and may leave some out.
 *
 * @param a a map
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param selections what to keep for each of the parts; can be NULL if there are none
 * @param count number of selections
 * @param results `count` pointers, which are set to new maps with the info of `a`, each *owned* by the caller; or all
 *        of them to NULL on error. It can be NULL if there are no selections.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_split(const mts_tensormap_t *a,
                       mts_axis_t axis,
                       const struct mts_selection_t *selections,
                       uintptr_t count,
                       mts_tensormap_t **results);

/**
 * The same as `mts_split` for blocks.
 *
 * @param a a block
 * @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
 * @param selections what to keep for each of the parts; can be NULL if there are none
 * @param count number of selections
 * @param results `count` pointers, which are set to new blocks, each *owned* by the caller; or all of them to NULL on error.
 *        It can be NULL if there are no selections.
 *
 * @returns `MTS_SUCCESS`, or the status of what went wrong
 */
mts_status_t mts_split_block(const mts_block_t *a,
                             mts_axis_t axis,
                             const struct mts_selection_t *selections,
                             uintptr_t count,
                             mts_block_t **results);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* METATENSOR_OPERATIONS_H */
