//! Joins.

use std::mem::MaybeUninit;

use metatensor_operations as operations;
use metatensor_operations::JoinOptions;

use super::give_object;
use crate::ffi::{Parameter, Text, list, mts_status_t};
use crate::types::{
    mts_axis_t, mts_block_t, mts_join_options_t, mts_missing_gradients_t, mts_tensormap_t,
};

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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`tensors` is NULL or has `count` entries, each NULL or a handle."
)]
pub unsafe extern "C" fn mts_join(
    tensors: *const Option<&mts_tensormap_t>,
    count: usize,
    axis: mts_axis_t,
    options: Option<&mts_join_options_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` handles at `tensors`, or NULL.
        let tensors: Vec<_> = unsafe { list(tensors, count, "tensors") }?;
        let options = options.checked("options")?;
        operations::join(&tensors, axis.checked("axis")?, options)
    })
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`blocks` is NULL or has `count` entries, each NULL or a handle."
)]
pub unsafe extern "C" fn mts_join_blocks(
    blocks: *const Option<&mts_block_t>,
    count: usize,
    axis: mts_axis_t,
    add_dimension: Text<'_>,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` handles at `blocks`, or NULL.
        let blocks: Vec<_> = unsafe { list(blocks, count, "blocks") }?;
        let options = JoinOptions {
            add_dimension: add_dimension.optional("add_dimension")?,
            ..JoinOptions::default()
        };
        operations::join(&blocks, axis.checked("axis")?, options)
    })
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`tensors` is NULL or has `count` entries, each NULL or a handle."
)]
pub unsafe extern "C" fn mts_join_with(
    tensors: *const Option<&mts_tensormap_t>,
    count: usize,
    axis: mts_axis_t,
    options: Option<&mts_join_options_t<'_>>,
    missing_gradients: mts_missing_gradients_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` handles at `tensors`, or NULL.
        let tensors: Vec<_> = unsafe { list(tensors, count, "tensors") }?;
        let options = JoinOptions {
            missing_gradients: missing_gradients.checked("missing_gradients")?,
            ..options.checked("options")?
        };
        operations::join(&tensors, axis.checked("axis")?, options)
    })
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`blocks` is NULL or has `count` entries, each NULL or a handle."
)]
pub unsafe extern "C" fn mts_join_blocks_with(
    blocks: *const Option<&mts_block_t>,
    count: usize,
    axis: mts_axis_t,
    add_dimension: Text<'_>,
    missing_gradients: mts_missing_gradients_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_block_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` handles at `blocks`, or NULL.
        let blocks: Vec<_> = unsafe { list(blocks, count, "blocks") }?;
        let options = JoinOptions {
            add_dimension: add_dimension.optional("add_dimension")?,
            missing_gradients: missing_gradients.checked("missing_gradients")?,
            ..JoinOptions::default()
        };
        operations::join(&blocks, axis.checked("axis")?, options)
    })
}
