//! Products with matrices, and systems of linear equations.

use metatensor_operations as operations;

use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::block;
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// Compute the product of two maps as matrices, a sum over properties: `A Bᵀ`, with gradients `∇A Bᵀ`.
///
/// Samples, components and gradients of the result are those of `a`, and its properties are the samples of `b`. Blocks
/// are matched by key, and the result has the keys of `a`. Complex numbers are not conjugated. Gradients of gradients
/// are multiplied as well.
///
/// @param a a map
/// @param b another map, with the same keys (in any order), and blocks with the same properties as those of `a`, but
///          no components and no gradients
/// @param result is set to a new map, *owned* by the caller; or to NULL on error
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
    unsafe {
        give_block(result, || {
            operations::dot_block(block(a, "a")?, block(b, "b")?)
        })
    }
}
