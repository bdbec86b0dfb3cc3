//! Arithmetic.

use metatensor_operations as operations;

use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::block;
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// Compute the absolute values `|x|`, with gradients `sign(x) ∇x`.
///
/// The derivative at 0 is taken to be 0. For complex numbers the gradient is `Re(conj(x) ∇x) / |x|`. Gradients of
/// gradients are not supported. Types stay what they are, and the smallest integer as well.
///
/// @param a a map
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_abs(
    a: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::abs(map(a, "a")?)) }
}

/// The same as `mts_abs` for blocks.
///
/// @param a a block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_abs_block(
    a: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::abs(block(a, "a")?)) }
}

/// Compute the sum of two maps, element by element: `x + y`, with gradients `∇x + ∇y`.
///
/// Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
/// properties and gradients, in the same order. Gradients of gradients are added as well. Types stay what they are:
/// sums of integers wrap around, and those of booleans are *or*. Different types give the smallest type that holds all
/// elements of both, as in numpy.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::add(map(a, "a")?, map(b, "b")?)) }
}

/// The same as `mts_add` for blocks.
///
/// @param a a block
/// @param b another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::add(block(a, "a")?, block(b, "b")?)) }
}

/// Compute `x + s` for all values `x` of a map, with gradients `∇x`.
///
/// Integers and booleans, and their gradients, become 64-bit floats.
///
/// @param a a map
/// @param scalar a number, `s` in the formula
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add_scalar(
    a: *const mts_tensormap_t,
    scalar: f64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::add_scalar(map(a, "a")?, scalar)) }
}

/// The same as `mts_add_scalar` for blocks.
///
/// @param a a block
/// @param scalar a number, `s` in the formula
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add_scalar_block(
    a: *const mts_block_t,
    scalar: f64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::add_scalar(block(a, "a")?, scalar)) }
}

/// Compute the difference of two maps, element by element: `x - y`, with gradients `∇x - ∇y`.
///
/// Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
/// properties and gradients, in the same order. Gradients of gradients are subtracted as well. Types are those of
/// `mts_add`: differences of integers are integers, and wrap around. Only those of booleans are 64-bit floats.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::subtract(map(a, "a")?, map(b, "b")?)) }
}

/// The same as `mts_subtract` for blocks.
///
/// @param a a block
/// @param b another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::subtract(block(a, "a")?, block(b, "b")?)
        })
    }
}

/// Compute `x - s` for all values `x` of a map, with gradients `∇x`.
///
/// Integers and booleans, and their gradients, become 64-bit floats.
///
/// @param a a map
/// @param scalar a number, `s` in the formula
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract_scalar(
    a: *const mts_tensormap_t,
    scalar: f64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::subtract_scalar(map(a, "a")?, scalar)) }
}

/// The same as `mts_subtract_scalar` for blocks.
///
/// @param a a block
/// @param scalar a number, `s` in the formula
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract_scalar_block(
    a: *const mts_block_t,
    scalar: f64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::subtract_scalar(block(a, "a")?, scalar)
        })
    }
}

/// Compute the product of two maps, element by element: `x y`, with gradients `x ∇y + y ∇x`.
///
/// Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
/// properties and gradients, in the same order. Gradients of gradients are not supported. Types are
/// those of `mts_add`: products of integers wrap around, and those of booleans are *and*.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::multiply(map(a, "a")?, map(b, "b")?)) }
}

/// The same as `mts_multiply` for blocks.
///
/// @param a a block
/// @param b another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::multiply(block(a, "a")?, block(b, "b")?)
        })
    }
}

/// Compute `s x` for all values `x` of a map, with gradients `s ∇x`.
///
/// Integers and booleans, and their gradients, become 64-bit floats.
///
/// @param a a map
/// @param scalar a number, `s` in the formula
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply_scalar(
    a: *const mts_tensormap_t,
    scalar: f64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::multiply_scalar(map(a, "a")?, scalar)) }
}

/// The same as `mts_multiply_scalar` for blocks.
///
/// @param a a block
/// @param scalar a number, `s` in the formula
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply_scalar_block(
    a: *const mts_block_t,
    scalar: f64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::multiply_scalar(block(a, "a")?, scalar)
        })
    }
}

/// Compute the quotient of two maps, element by element: `x / y`, with gradients `(∇x - (x / y) ∇y) / y`.
///
/// Blocks are matched by key, and the result has the keys of `a`. Both must have the same samples, components,
/// properties and gradients, in the same order. Gradients of gradients are not supported.
/// Integers and booleans become 64-bit floats.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same labels and gradients
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::divide(map(a, "a")?, map(b, "b")?)) }
}

/// The same as `mts_divide` for blocks.
///
/// @param a a block
/// @param b another block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::divide(block(a, "a")?, block(b, "b")?)
        })
    }
}

/// Compute `x / s` for all values `x` of a map, with gradients `∇x / s`.
///
/// Integers and booleans, and their gradients, become 64-bit floats.
///
/// @param a a map
/// @param scalar a number, `s` in the formula
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide_scalar(
    a: *const mts_tensormap_t,
    scalar: f64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::divide_scalar(map(a, "a")?, scalar)) }
}

/// The same as `mts_divide_scalar` for blocks.
///
/// @param a a block
/// @param scalar a number, `s` in the formula
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide_scalar_block(
    a: *const mts_block_t,
    scalar: f64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::divide_scalar(block(a, "a")?, scalar)) }
}

/// Compute the power `xᵖ` of all values `x` of a map, with gradients `p xᵖ⁻¹ ∇x`.
///
/// Gradients for an exponent of 0 are exactly 0. Integers and booleans become 64-bit floats. Real numbers have the
/// special cases of `pow` of C: the gradient of the root of -0 is infinite. Gradients of gradients are only
/// supported for an exponent of 1.
///
/// @param a a map
/// @param exponent the exponent, `p` in the formula
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_pow(
    a: *const mts_tensormap_t,
    exponent: f64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::pow(map(a, "a")?, exponent)) }
}

/// The same as `mts_pow` for blocks.
///
/// @param a a block
/// @param exponent the exponent, `p` in the formula
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_pow_block(
    a: *const mts_block_t,
    exponent: f64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::pow(block(a, "a")?, exponent)) }
}
