//! Changes of the dimensions of labels.

use std::ffi::c_char;

use metatensor_operations as operations;
use metatensor_operations::DimensionValues;

use super::axis::{axis, mts_axis_t};
use super::{give_block, give_tensor, map};
use crate::block::mts_block_t;
use crate::handles::{block, slice, text};
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

/// A single value is for all entries.
fn dimension_values(values: &[i32]) -> DimensionValues<'_> {
    match values {
        [value] => DimensionValues::Scalar(*value),
        values => DimensionValues::Array(values),
    }
}

/// Add a last dimension to the labels of one axis.
///
/// The samples of gradients stay what they are.
///
/// @param a a map
/// @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param name name of the new dimension
/// @param values one value for all entries; or one for each of them, all blocks having the same number
/// @param count number of values
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_append_dimension(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    name: *const c_char,
    values: *const i32,
    count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let values = dimension_values(slice(values, count, "values")?);
            operations::append_dimension(
                map(a, "a")?,
                self::axis(axis)?,
                text(name, "name")?,
                values,
            )
        })
    }
}

/// The same as `mts_append_dimension` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param name name of the new dimension
/// @param values one value for all entries; or one for each of them
/// @param count number of values
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_append_dimension_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    name: *const c_char,
    values: *const i32,
    count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let values = dimension_values(slice(values, count, "values")?);
            operations::append_dimension(
                block(a, "a")?,
                self::axis(axis)?,
                text(name, "name")?,
                values,
            )
        })
    }
}

/// Add a dimension to the labels of one axis, before one of the others or after all of them.
///
/// The samples of gradients stay what they are.
///
/// @param a a map
/// @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param index number of dimensions before the new one
/// @param name name of the new dimension
/// @param values one value for all entries; or one for each of them, all blocks having the same number
/// @param count number of values
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_insert_dimension(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    index: usize,
    name: *const c_char,
    values: *const i32,
    count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let values = dimension_values(slice(values, count, "values")?);
            operations::insert_dimension(
                map(a, "a")?,
                self::axis(axis)?,
                index,
                text(name, "name")?,
                values,
            )
        })
    }
}

/// The same as `mts_insert_dimension` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param index number of dimensions before the new one
/// @param name name of the new dimension
/// @param values one value for all entries; or one for each of them
/// @param count number of values
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_insert_dimension_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    index: usize,
    name: *const c_char,
    values: *const i32,
    count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let values = dimension_values(slice(values, count, "values")?);
            operations::insert_dimension(
                block(a, "a")?,
                self::axis(axis)?,
                index,
                text(name, "name")?,
                values,
            )
        })
    }
}

/// Put the dimensions of the labels of one axis in another order: first the one with number `indexes[0]`, and so on.
///
/// The samples of gradients stay what they are.
///
/// @param a a map
/// @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param indexes the number of each dimension, once
/// @param count number of dimensions
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_permute_dimensions(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    indexes: *const usize,
    count: usize,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            operations::permute_dimensions(
                map(a, "a")?,
                self::axis(axis)?,
                slice(indexes, count, "indexes")?,
            )
        })
    }
}

/// The same as `mts_permute_dimensions` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param indexes the number of each dimension, once
/// @param count number of dimensions
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_permute_dimensions_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    indexes: *const usize,
    count: usize,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::permute_dimensions(
                block(a, "a")?,
                self::axis(axis)?,
                slice(indexes, count, "indexes")?,
            )
        })
    }
}

/// Remove a dimension from the labels of one axis, whose entries must be different without it.
///
/// The samples of gradients stay what they are.
///
/// @param a a map
/// @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param name name of the dimension, which must not be the only one
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_remove_dimension(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    name: *const c_char,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            operations::remove_dimension(map(a, "a")?, self::axis(axis)?, text(name, "name")?)
        })
    }
}

/// The same as `mts_remove_dimension` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES` or `MTS_AXIS_PROPERTIES`
/// @param name name of the dimension, which must not be the only one
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_remove_dimension_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    name: *const c_char,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::remove_dimension(block(a, "a")?, self::axis(axis)?, text(name, "name")?)
        })
    }
}

/// Change the name of a dimension of the labels of one axis.
///
/// Dimensions of the samples and components of gradients which have the old name get the new one as well. The exception is
/// the first dimension of their samples: it is always `sample`.
///
/// @param a a map
/// @param axis `MTS_AXIS_KEYS`, `MTS_AXIS_SAMPLES`, `MTS_AXIS_COMPONENTS` or `MTS_AXIS_PROPERTIES`
/// @param old_name name of the dimension
/// @param new_name its new name
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_rename_dimension(
    a: *const mts_tensormap_t,
    axis: mts_axis_t,
    old_name: *const c_char,
    new_name: *const c_char,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            operations::rename_dimension(
                map(a, "a")?,
                self::axis(axis)?,
                text(old_name, "old_name")?,
                text(new_name, "new_name")?,
            )
        })
    }
}

/// The same as `mts_rename_dimension` for blocks.
///
/// @param a a block
/// @param axis `MTS_AXIS_SAMPLES`, `MTS_AXIS_COMPONENTS` or `MTS_AXIS_PROPERTIES`
/// @param old_name name of the dimension
/// @param new_name its new name
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_rename_dimension_block(
    a: *const mts_block_t,
    axis: mts_axis_t,
    old_name: *const c_char,
    new_name: *const c_char,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            operations::rename_dimension(
                block(a, "a")?,
                self::axis(axis)?,
                text(old_name, "old_name")?,
                text(new_name, "new_name")?,
            )
        })
    }
}
