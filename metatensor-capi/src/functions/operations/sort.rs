//! Sorting, and the order of elements in memory.

use metatensor_core::Result;
use metatensor_operations as operations;
use metatensor_operations::{Axis, Direction};

use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::{Out, bad_parameter, block};
use crate::status::{mts_status_t, status};
use crate::tensor::mts_tensormap_t;

/// Sort samples.
pub const MTS_SORT_SAMPLES: u32 = 1;
/// Sort components.
pub const MTS_SORT_COMPONENTS: u32 = 2;
/// Sort properties.
pub const MTS_SORT_PROPERTIES: u32 = 4;
/// Sort blocks by their keys.
pub const MTS_SORT_KEYS: u32 = 8;
/// Sort all axes of a map.
pub const MTS_SORT_ALL: u32 = 15;

fn axes(flags: u32) -> Result<Vec<Axis>> {
    if flags & !MTS_SORT_ALL != 0 {
        return Err(bad_parameter(format_args!(
            "'axes' must be made of MTS_SORT_ values, got {flags}"
        )));
    }
    let all = [
        (MTS_SORT_SAMPLES, Axis::Samples),
        (MTS_SORT_COMPONENTS, Axis::Components),
        (MTS_SORT_PROPERTIES, Axis::Properties),
        (MTS_SORT_KEYS, Axis::Keys),
    ];
    let axes = all.into_iter().filter(|(flag, _)| flags & flag != 0);
    Ok(axes.map(|(_, axis)| axis).collect())
}

fn direction(descending: bool) -> Direction {
    if descending {
        Direction::Descending
    } else {
        Direction::Ascending
    }
}

/// Sort the entries of some axes, the first dimension of labels being the most significant.
///
/// Each axis is sorted on its own: keys together with blocks, samples, all components, properties. Sorting samples also
/// sorts the rows of gradients, which refer to samples by their new number. The components that only gradients have are
/// sorted with those of the values.
///
/// @param a a map
/// @param axes or-ed `MTS_SORT_` values
/// @param descending whether the largest entry comes first
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sort(
    a: *const mts_tensormap_t,
    axes: u32,
    descending: bool,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            operations::sort(map(a, "a")?, &self::axes(axes)?, direction(descending))
        })
    }
}

/// The same as `mts_sort` for blocks.
///
/// @param a a block
/// @param axes or-ed `MTS_SORT_` values, without `MTS_SORT_KEYS`: blocks have no keys
/// @param descending whether the largest entry comes first
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_sort_block(
    a: *const mts_block_t,
    axes: u32,
    descending: bool,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::sort(block(a, "a")?, &self::axes(axes)?, direction(descending))
        })
    }
}

/// Tell whether all arrays of a map, gradients included, have their elements one after the other in memory, the last axis
/// varying fastest.
///
/// @param a a map
/// @param contiguous is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_is_contiguous(
    a: *const mts_tensormap_t,
    contiguous: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(contiguous, "contiguous")?;
            answer.set(false);
            answer.set(operations::is_contiguous(map(a, "a")?)?);
        }
        Ok(())
    })
}

/// The same as `mts_is_contiguous` for blocks.
///
/// @param a a block
/// @param contiguous is set to the answer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_is_contiguous_block(
    a: *const mts_block_t,
    contiguous: *mut bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let answer = Out::new(contiguous, "contiguous")?;
            answer.set(false);
            answer.set(operations::is_contiguous(block(a, "a")?)?);
        }
        Ok(())
    })
}

/// Copy a map, with the elements of all arrays one after the other in memory, the last axis varying fastest.
///
/// @param a a map
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_make_contiguous(
    a: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::make_contiguous(map(a, "a")?)) }
}

/// The same as `mts_make_contiguous` for blocks.
///
/// @param a a block
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_make_contiguous_block(
    a: *const mts_block_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_block(result, || operations::make_contiguous(block(a, "a")?)) }
}
