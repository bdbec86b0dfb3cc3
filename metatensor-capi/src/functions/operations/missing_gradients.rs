//! Operations on maps of which only some have a gradient, or a row of it.

use std::ffi::c_char;

use metatensor_core::{Error, Result};
use metatensor_operations as operations;
use metatensor_operations::{JoinOptions, MissingGradients};

use super::axis::{axis, mts_axis_t};
use super::join::{join_options, joined_blocks, joined_tensors, mts_join_options_t};
use super::{give_block, give_tensor, map, optional_text};
use crate::block::mts_block_t;
use crate::handles::block;
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// What to do with gradients that not all arguments of an operation have: a `MTS_MISSING_GRADIENTS_` value.
pub type mts_missing_gradients_t = u32;

/// They are an error.
pub const MTS_MISSING_GRADIENTS_ERROR: u32 = 0;
/// A row that only some gradients have is zero in the others. All arguments must have gradients with respect to the same
/// parameters. Results are those for the maps that `mts_align_gradients` makes, without making them.
pub const MTS_MISSING_GRADIENTS_ZERO_ROWS: u32 = 1;
/// The same, and a gradient that only some arguments have is zero for the others.
pub const MTS_MISSING_GRADIENTS_ZEROS: u32 = 2;

fn missing_gradients(value: mts_missing_gradients_t) -> Result<MissingGradients> {
    Ok(match value {
        MTS_MISSING_GRADIENTS_ERROR => MissingGradients::Error,
        MTS_MISSING_GRADIENTS_ZERO_ROWS => MissingGradients::ZeroRows,
        MTS_MISSING_GRADIENTS_ZEROS => MissingGradients::Zeros,
        other => {
            return Err(Error::invalid(format!(
                "'missing_gradients' must be one of the MTS_MISSING_GRADIENTS_ values, got {other}"
            )));
        }
    })
}

/// The same as `mts_add` for maps of which only some have a gradient, or a row of it.
///
/// @param a a map
/// @param b another map
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add_with(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::add_with(map(a, "a")?, map(b, "b")?, missing)
        })
    }
}

/// The same as `mts_add_with` for blocks.
///
/// @param a a block
/// @param b another block
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_add_with_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::add_with(block(a, "a")?, block(b, "b")?, missing)
        })
    }
}

/// The same as `mts_subtract` for maps of which only some have a gradient, or a row of it.
///
/// @param a a map
/// @param b another map
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract_with(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::subtract_with(map(a, "a")?, map(b, "b")?, missing)
        })
    }
}

/// The same as `mts_subtract_with` for blocks.
///
/// @param a a block
/// @param b another block
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_subtract_with_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::subtract_with(block(a, "a")?, block(b, "b")?, missing)
        })
    }
}

/// The same as `mts_multiply` for maps of which only some have a gradient, or a row of it.
///
/// @param a a map
/// @param b another map
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply_with(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::multiply_with(map(a, "a")?, map(b, "b")?, missing)
        })
    }
}

/// The same as `mts_multiply_with` for blocks.
///
/// @param a a block
/// @param b another block
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_multiply_with_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::multiply_with(block(a, "a")?, block(b, "b")?, missing)
        })
    }
}

/// The same as `mts_divide` for maps of which only some have a gradient, or a row of it.
///
/// @param a a map
/// @param b another map
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide_with(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::divide_with(map(a, "a")?, map(b, "b")?, missing)
        })
    }
}

/// The same as `mts_divide_with` for blocks.
///
/// @param a a block
/// @param b another block
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_divide_with_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::divide_with(block(a, "a")?, block(b, "b")?, missing)
        })
    }
}

/// The same as `mts_dot` for maps of which only some have a gradient, or a derivative with respect to something.
///
/// @param a a map
/// @param b another map
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new map without info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_dot_with(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::dot_with(map(a, "a")?, map(b, "b")?, missing)
        })
    }
}

/// The same as `mts_dot_with` for blocks.
///
/// @param a a block
/// @param b another block
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only one of them has
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_dot_with_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let missing = self::missing_gradients(missing_gradients)?;
            operations::dot_with(block(a, "a")?, block(b, "b")?, missing)
        })
    }
}

/// The same as `mts_join` for maps of which only some have a gradient.
///
/// Rows that only some gradients have are no error in any case, see `mts_join`.
///
/// @param tensors maps with the same data type
/// @param count number of maps, at least 1
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param options how to join, can be NULL
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only some of them have
/// @param result is set to a new map, with the info of the only map if `count` is 1 and else without info, *owned* by
///        the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_join_with(
    tensors: *const *const mts_tensormap_t,
    count: usize,
    axis: mts_axis_t,
    options: *const mts_join_options_t,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let tensors = joined_tensors(tensors, count)?;
            let options = JoinOptions {
                missing_gradients: self::missing_gradients(missing_gradients)?,
                ..join_options(options)?
            };
            operations::join(&tensors, self::axis(axis)?, options)
        })
    }
}

/// The same as `mts_join_with` for blocks.
///
/// @param blocks blocks with the same data type
/// @param count number of blocks, at least 1
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param add_dimension name of a new last dimension of the joined axis, the position of the block that an entry comes from;
///        or NULL
/// @param missing_gradients a `MTS_MISSING_GRADIENTS_` value: what to do with gradients that only some of them have
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_join_blocks_with(
    blocks: *const *const mts_block_t,
    count: usize,
    axis: mts_axis_t,
    add_dimension: *const c_char,
    missing_gradients: mts_missing_gradients_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let blocks = joined_blocks(blocks, count)?;
            let add_dimension = optional_text(add_dimension, "add_dimension")?;
            let missing = self::missing_gradients(missing_gradients)?;
            operations::join(
                &blocks,
                self::axis(axis)?,
                JoinOptions {
                    add_dimension,
                    missing_gradients: missing,
                    ..JoinOptions::default()
                },
            )
        })
    }
}
