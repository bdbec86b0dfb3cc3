//! Products with matrices, and systems of linear equations.

use metatensor_operations::{self as operations, LstsqOptions};

use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::block;
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// Compute the product of two maps as matrices, a sum over properties: `A Bᵀ`, with gradients `∇A Bᵀ + A ∇Bᵀ`.
///
/// Samples, components and gradients of the result are those of `a`, and its properties are the samples of `b`. Blocks
/// are matched by key, and the result has the keys of `a`. Complex numbers are not conjugated. Types are those of
/// `mts_add`: sums of integers wrap around, and those of booleans are *or*. Gradients of gradients are multiplied as
/// well, if `b` has no gradients.
///
/// A block without any gradients is constant. If both have gradients, these must be with respect to the same parameters,
/// with the same components of their own and the same dimensions of samples. The row `(j, t)` of a gradient of `b`, the
/// derivative of row `j` of `b` with respect to `t`, is part of the rows `(i, t)` of the result, at its property `j`, for all
/// samples `i` of `a`. The result has the rows of the gradient of `a`, then those that only come from `b`, sorted by sample.
/// Each `t` must come in both, see `mts_dot_with`.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same properties as those of `a`, but
///          no components
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_dot(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::dot(map(a, "a")?, map(b, "b")?)) }
}

/// The same as `mts_dot` for blocks.
///
/// @param a a block
/// @param b another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_dot_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::dot(block(a, "a")?, block(b, "b")?)) }
}

/// How to solve least squares problems. NULL stands for `MTS_LSTSQ_OPTIONS_INIT`, which is `{NAN}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_lstsq_options_t {
    /// singular values that are not larger than this times the largest one count as zero. NAN stands for the precision
    /// of the data type times the larger number of rows and columns, a negative number for the precision alone. For
    /// data with a relative noise of 1e-12, say, use 1e-12
    pub rcond: f64,
}

/// # Safety
///
/// `options` must be NULL or valid.
unsafe fn lstsq_options(options: *const mts_lstsq_options_t) -> LstsqOptions {
    // SAFETY: guaranteed by the caller.
    match unsafe { options.as_ref() } {
        None => LstsqOptions::default(),
        Some(options) => LstsqOptions {
            rcond: Some(options.rcond),
        },
    }
}

/// Compute the weights `w` for which `x wᵀ` is as close as possible to `y`, in values and gradients: those with the
/// least sum of squares of all errors, and of these the ones with the smallest norm.
///
/// Each sample, component, and row of a gradient is one equation. Blocks of the result have the properties of `y` as
/// samples, the properties of `x` as properties, and no gradients: `mts_dot(x, w)` predicts `y`. Blocks are matched by
/// key, and the result has the keys of `x`. Gradients of gradients are not supported. It is an error if a number is
/// infinite or NaN, and if the solution does not fit in the type of the values.
///
/// @param x a map
/// @param y another map, with the same keys (in any order), and blocks with the same samples and components, in values
///          and gradients
/// @param options the precision of the numbers in `x`, or NULL
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number, or the solution, is not finite, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_lstsq(
    x: *const mts_tensormap_t,
    y: *const mts_tensormap_t,
    options: *const mts_lstsq_options_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            operations::lstsq(map(x, "x")?, map(y, "y")?, lstsq_options(options))
        })
    }
}

/// The same as `mts_lstsq` for blocks.
///
/// @param x a block
/// @param y another block
/// @param options the precision of the numbers in `x`, or NULL
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a number, or the solution, is not finite, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_lstsq_block(
    x: *const mts_block_t,
    y: *const mts_block_t,
    options: *const mts_lstsq_options_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::lstsq(block(x, "x")?, block(y, "y")?, lstsq_options(options))
        })
    }
}

/// Compute the weights `w` for which `x wᵀ = y`, where the blocks of `x` are square matrices.
///
/// Blocks of the result have the properties of `y` as samples, and the properties of `x` as properties. Blocks are
/// matched by key, and the result has the keys of `x`. It is an error if a number is infinite or NaN, and if the solution
/// does not fit in the type of the values.
///
/// @param x a map, whose blocks have as many samples as properties, no components, and no gradients with any row
/// @param y another map, with the same keys (in any order), and blocks with the same samples as those of `x`, no
///          components, and no gradients with any row
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if a matrix is singular, or a number or the solution not finite, or the
///          status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_solve(
    x: *const mts_tensormap_t,
    y: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::solve(map(x, "x")?, map(y, "y")?)) }
}

/// The same as `mts_solve` for blocks.
///
/// @param x a block
/// @param y another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_LINALG_ERROR` if the matrix is singular, or a number or the solution not finite, or the
///          status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_solve_block(
    x: *const mts_block_t,
    y: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::solve(block(x, "x")?, block(y, "y")?)) }
}
