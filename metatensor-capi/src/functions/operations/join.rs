//! Joins.

use std::ffi::c_char;

use metatensor_core::{Result, TensorBlock, TensorMap};
use metatensor_operations as operations;
use metatensor_operations::{DifferentKeys, JoinOptions};

use super::axis::{axis, mts_axis_t};
use super::{give_block, give_tensor, map, optional_text};
use crate::block::mts_block_t;
use crate::handles::{Out, bad_parameter, block, block_handle, entry, slice};
use crate::status::{mts_status_t, status};
use crate::tensor::{mts_tensormap_t, tensor_handle};

/// What to do with keys that are not in all joined maps: a `MTS_JOIN_KEYS_` value.
pub type mts_join_keys_t = u32;

/// Different keys are an error.
pub const MTS_JOIN_KEYS_ERROR: u32 = 0;
/// Keys that are not in all maps are left out.
pub const MTS_JOIN_KEYS_INTERSECTION: u32 = 1;
/// Maps without a block for a key have nothing to add to this block.
pub const MTS_JOIN_KEYS_UNION: u32 = 2;

/// How to join maps. NULL stands for `MTS_JOIN_OPTIONS_INIT`, which is `{MTS_JOIN_KEYS_ERROR, NULL}`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_join_options_t {
    /// what to do with keys that are not in all maps
    pub different_keys: mts_join_keys_t,
    /// name of a new last dimension of the joined axis, the position of the map that an entry comes from; or NULL
    pub add_dimension: *const c_char,
}

/// # Safety
///
/// `options` must be NULL or valid for `'a`.
pub(super) unsafe fn join_options<'a>(
    options: *const mts_join_options_t,
) -> Result<JoinOptions<'a>> {
    // SAFETY: guaranteed by the caller.
    let Some(options) = (unsafe { options.as_ref() }) else {
        return Ok(JoinOptions::default());
    };
    let different_keys = match options.different_keys {
        MTS_JOIN_KEYS_ERROR => DifferentKeys::Error,
        MTS_JOIN_KEYS_INTERSECTION => DifferentKeys::Intersection,
        MTS_JOIN_KEYS_UNION => DifferentKeys::Union,
        other => {
            return Err(bad_parameter(format_args!(
                "'different_keys' must be one of the MTS_JOIN_KEYS_ values, got {other}"
            )));
        }
    };
    Ok(JoinOptions {
        different_keys,
        // SAFETY: guaranteed by the caller.
        add_dimension: unsafe { optional_text(options.add_dimension, "add_dimension") }?,
        ..JoinOptions::default()
    })
}

/// # Safety
///
/// `tensors` must be NULL or point to `count` pointers, which are NULL or valid.
pub(super) unsafe fn joined_tensors<'a>(
    tensors: *const *const mts_tensormap_t,
    count: usize,
) -> Result<Vec<&'a TensorMap>> {
    // SAFETY: guaranteed by the caller.
    let tensors = unsafe { slice(tensors, count, "tensors") }?.iter();
    // SAFETY: as above.
    let tensor = |pointer, name: &str| unsafe { map(pointer, name) };
    let tensors = tensors.enumerate();
    tensors
        .map(|(i, &pointer)| entry(i, "tensors", |name| tensor(pointer, name)))
        .collect()
}

/// # Safety
///
/// `blocks` must be NULL or point to `count` pointers, which are NULL or valid.
pub(super) unsafe fn joined_blocks<'a>(
    blocks: *const *const mts_block_t,
    count: usize,
) -> Result<Vec<&'a TensorBlock>> {
    // SAFETY: guaranteed by the caller.
    let blocks = unsafe { slice(blocks, count, "blocks") }?.iter();
    // SAFETY: as above.
    let block = |pointer, name: &str| unsafe { block(pointer, name) };
    let blocks = blocks.enumerate();
    blocks
        .map(|(i, &pointer)| entry(i, "blocks", |name| block(pointer, name)))
        .collect()
}

/// Put the samples, or the properties, of several maps one after the other.
///
/// Blocks with the same key are joined, in the order of the list.
///
/// - Joined samples: components and properties must be the same. The rows of gradients are put one after the other as well,
///   and refer to the joined samples.
/// - Joined properties: samples and components must be the same. If properties do not have the same dimensions everywhere,
///   they are replaced by `joined_index`, the position of a map in the list, and `property`, the position of the property in
///   this map. Gradients have the rows of all the joined ones: those of the first, then those which only the second one has,
///   and so on. Where a gradient has no row, derivatives are zero.
///
/// Entries of the joined axis must be different from each other, which `add_dimension` makes sure of.
///
/// @param tensors maps with the same data type
/// @param count number of maps, at least 1
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param options how to join, can be NULL
/// @param result is set to a new map, with the info of the only map if `count` is 1 and else without info, *owned* by
///        the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_join(
    tensors: *const *const mts_tensormap_t,
    count: usize,
    axis: mts_axis_t,
    options: *const mts_join_options_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let tensors = joined_tensors(tensors, count)?;
            operations::join(&tensors, self::axis(axis)?, join_options(options)?)
        })
    }
}

/// The same as `mts_join` for blocks.
///
/// @param blocks blocks with the same data type
/// @param count number of blocks, at least 1
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param add_dimension name of a new last dimension of the joined axis, the position of the block that an entry comes from;
///        or NULL
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_join_blocks(
    blocks: *const *const mts_block_t,
    count: usize,
    axis: mts_axis_t,
    add_dimension: *const c_char,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let blocks = joined_blocks(blocks, count)?;
            let add_dimension = optional_text(add_dimension, "add_dimension")?;
            operations::join(
                &blocks,
                self::axis(axis)?,
                JoinOptions {
                    add_dimension,
                    ..JoinOptions::default()
                },
            )
        })
    }
}

/// Give two maps the same gradient rows for the same keys, which is what operations on two maps need.
///
/// Gradients of both get all rows that one of them has, those of `a` first. New rows are zero, as derivatives without a row
/// are. Everything else stays what it is, in each of the maps.
///
/// @param a a map
/// @param b another map, with the same samples for the same keys, and gradients with respect to the same parameters
/// @param first is set to a new map made of `a` with its info, *owned* by the caller; or to NULL on error
/// @param second is set to a new map made of `b` with its info, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_align_gradients(
    a: *const mts_tensormap_t,
    b: *const mts_tensormap_t,
    first: *mut *mut mts_tensormap_t,
    second: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let results = (Out::new(first, "first")?, Out::new(second, "second")?);
            results.0.set(std::ptr::null_mut());
            results.1.set(std::ptr::null_mut());
            let (mut a, mut b) = operations::align_gradients(map(a, "a")?, map(b, "b")?)?;
            a.unshare_arrays()?;
            b.unshare_arrays()?;
            results.0.set(tensor_handle(a));
            results.1.set(tensor_handle(b));
        }
        Ok(())
    })
}

/// The same as `mts_align_gradients` for blocks.
///
/// @param a a block
/// @param b another block, with the same samples, and gradients with respect to the same parameters
/// @param first is set to a new block made of `a`, *owned* by the caller; or to NULL on error
/// @param second is set to a new block made of `b`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_align_gradients_block(
    a: *const mts_block_t,
    b: *const mts_block_t,
    first: *mut *mut mts_block_t,
    second: *mut *mut mts_block_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let results = (Out::new(first, "first")?, Out::new(second, "second")?);
            results.0.set(std::ptr::null_mut());
            results.1.set(std::ptr::null_mut());
            let (mut a, mut b) = operations::align_gradients(block(a, "a")?, block(b, "b")?)?;
            a.unshare_arrays()?;
            b.unshare_arrays()?;
            results.0.set(block_handle(a));
            results.1.set(block_handle(b));
        }
        Ok(())
    })
}
