//! Blocks and metadata.

use std::ffi::c_char;

use metatensor_core::{Error, Labels, Result};
use metatensor_operations as operations;

use super::axis::{axis, mts_axis_t};
use super::{give_tensor, map, optional_text};
use crate::block::mts_block_t;
use crate::handles::{Out, block, labels, labels_handle, reference_mut, texts};
use crate::labels::mts_labels_t;
use crate::status::{mts_status_t, status};
use crate::tensor::mts_tensormap_t;

/// Copy a map without the blocks whose keys match an entry of `keys`.
///
/// @param a a map
/// @param keys what to look for, in some or all of the dimensions of the keys. Entries without a block are ignored.
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_drop_blocks(
    a: *const mts_tensormap_t,
    keys: *const mts_labels_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let keys = labels(keys, "keys")?;
            operations::drop_blocks(map(a, "a")?, &keys)
        })
    }
}

/// Copy only the blocks of a map whose keys match an entry of `keys`.
///
/// They are in the order of `keys` if these have all dimensions in the same order, else in the order they had.
///
/// @param a a map
/// @param keys what to look for, in some or all of the dimensions of the keys. Entries without a block are ignored.
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_filter_blocks(
    a: *const mts_tensormap_t,
    keys: *const mts_labels_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let keys = labels(keys, "keys")?;
            operations::filter_blocks(map(a, "a")?, &keys)
        })
    }
}

/// Copy a map without the blocks that have no samples or no properties.
///
/// @param a a map
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_drop_empty_blocks(
    a: *const mts_tensormap_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe { give_tensor(result, || operations::drop_empty_blocks(map(a, "a")?)) }
}

/// Get all different combinations of values that some dimensions of the samples or properties have in any of the blocks,
/// sorted.
///
/// @param a a map
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param names names of the dimensions, in the order that the result has
/// @param count number of names, at least 1
/// @param gradient parameter of the gradient to look at, or several separated by `/` for gradients of gradients; NULL for
///        the values
/// @param result is set to new labels, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_unique_metadata(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    names: *const *const c_char,
    count: usize,
    gradient: *const c_char,
    result: *mut *const mts_labels_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_unique(result, (names, count), gradient, |names, gradient| {
            operations::unique_metadata(map(a, "a")?, self::axis(axis)?, names, gradient)
        })
    }
}

/// The same as `mts_unique_metadata` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param names names of the dimensions, in the order that the result has
/// @param count number of names, at least 1
/// @param gradient parameter of the gradient to look at, or several separated by `/` for gradients of gradients; NULL for
///        the values
/// @param result is set to new labels, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_unique_metadata_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    names: *const *const c_char,
    count: usize,
    gradient: *const c_char,
    result: *mut *const mts_labels_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_unique(result, (names, count), gradient, |names, gradient| {
            operations::unique_metadata(block(a, "a")?, self::axis(axis)?, names, gradient)
        })
    }
}

/// # Safety
///
/// `result` must be NULL or valid for writes, `names` and `gradient` NULL or valid.
unsafe fn give_unique(
    result: *mut *const mts_labels_t,
    names: (*const *const c_char, usize),
    gradient: *const c_char,
    operation: impl FnOnce(&[&str], Option<&str>) -> Result<Labels>,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let result = Out::new(result, "result")?;
            result.set(std::ptr::null());
            let names = texts(names.0, names.1, "names")?;
            let gradient = optional_text(gradient, "gradient")?;
            result.set(labels_handle(operation(&names, gradient)?));
        }
        Ok(())
    })
}

/// Encode labels as rows with a single 1, in the column of the value of one dimension: the position of this value in
/// `dimension`.
///
/// @param labels labels with this dimension, among others
/// @param dimension labels with a single dimension, and an entry for each value of it in `labels`
/// @param out memory for `rows * columns` numbers, row by row; can be NULL if there are none
/// @param rows number of entries of `labels`
/// @param columns number of entries of `dimension`
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_one_hot(
    labels: *const mts_labels_t,
    dimension: *const mts_labels_t,
    out: *mut i32,
    rows: usize,
    columns: usize,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (labels, dimension) = unsafe {
            (
                self::labels(labels, "labels")?,
                self::labels(dimension, "dimension")?,
            )
        };
        let expected = (labels.count(), dimension.count());
        if expected != (rows, columns) {
            return Err(Error::BufferSize(format!(
                "one_hot: expected memory for {} rows and {} columns, got {rows} and {columns}",
                expected.0, expected.1
            )));
        }
        let encoded = operations::one_hot(&labels, &dimension)?;
        if encoded.is_empty() {
            return Ok(());
        }
        // SAFETY: guaranteed by the caller.
        let first = unsafe { reference_mut(out, "out") }?;
        // SAFETY: as above; there are `rows * columns` numbers in `encoded`.
        let out = unsafe { std::slice::from_raw_parts_mut(first, encoded.len()) };
        for (out, value) in out.iter_mut().zip(encoded) {
            *out = value;
        }
        Ok(())
    })
}
