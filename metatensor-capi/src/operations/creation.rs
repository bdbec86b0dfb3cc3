//! Maps like other maps.

use metatensor_operations as operations;
use metatensor_operations::GradientSelection;

use super::{give_block, give_tensor, map, mts_names_t, optional_names};
use crate::block::mts_block_t;
use crate::handles::block;
use crate::status::mts_status_t;
use crate::tensor::mts_tensormap_t;

fn selection<'a>(names: &'a Option<Vec<&'a str>>) -> GradientSelection<'a> {
    match names {
        None => GradientSelection::All,
        Some(names) if names.is_empty() => GradientSelection::None,
        Some(names) => GradientSelection::Only(names),
    }
}

/// Make a map with the labels of another one, filled with 0; gradients as well.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new map, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_zeros_like(
    a: *const mts_tensormap_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::zeros_like(map(a, "a")?, selection(&names))
        })
    }
}

/// The same as `mts_zeros_like` for blocks.
///
/// @param a a block
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_zeros_like_block(
    a: *const mts_block_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::zeros_like_block(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a map with the labels of another one, filled with 1; gradients as well.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new map, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_ones_like(
    a: *const mts_tensormap_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::ones_like(map(a, "a")?, selection(&names))
        })
    }
}

/// The same as `mts_ones_like` for blocks.
///
/// @param a a block
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_ones_like_block(
    a: *const mts_block_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::ones_like_block(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a map with the labels of another one, whose values mean nothing, to be overwritten; gradients as well.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new map, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_empty_like(
    a: *const mts_tensormap_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::empty_like(map(a, "a")?, selection(&names))
        })
    }
}

/// The same as `mts_empty_like` for blocks.
///
/// @param a a block
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_empty_like_block(
    a: *const mts_block_t,
    gradients: *const mts_names_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::empty_like_block(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a copy of a map without some of its gradients.
///
/// @param a a map
/// @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are ignored.
/// @param result is set to a new map, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_remove_gradients(
    a: *const mts_tensormap_t,
    remove: *const mts_names_t,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = optional_names(remove, "remove")?;
            operations::remove_gradients(map(a, "a")?, names.as_deref())
        })
    }
}

/// The same as `mts_remove_gradients` for blocks.
///
/// @param a a block
/// @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are ignored.
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_remove_gradients_block(
    a: *const mts_block_t,
    remove: *const mts_names_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = optional_names(remove, "remove")?;
            operations::remove_gradients_block(block(a, "a")?, names.as_deref())
        })
    }
}
