//! Maps like other maps.

use metatensor_operations as operations;
use metatensor_operations::{BlockNames, GradientSelection};

use super::{give_block, give_tensor, map, mts_names_t, optional_names};
use crate::array::{mts_array_t, take_array};
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
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
            operations::zeros_like(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a map with the labels of another one, filled with 1; gradients as well.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
            operations::ones_like(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a map with the labels of another one, whose values mean nothing, to be overwritten; gradients as well.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
            operations::empty_like(block(a, "a")?, selection(&names))
        })
    }
}

/// Make a copy of a map without some of its gradients.
///
/// @param a a map
/// @param remove parameters of the gradients to remove; NULL for all of them. Parameters without a gradient are ignored.
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
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
            operations::remove_gradients(block(a, "a")?, names.as_deref())
        })
    }
}

/// Make a map with the labels of another one, filled with random numbers that are evenly distributed from 0 (included) to 1
/// (excluded); gradients as well.
///
/// Both parts of complex numbers are such numbers. The same seed gives the same numbers again.
///
/// @param a a map
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param seed any number
/// @param result is set to a new map with the info of `a`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_random_uniform_like(
    a: *const mts_tensormap_t,
    gradients: *const mts_names_t,
    seed: u64,
    result: *mut *mut mts_tensormap_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_tensor(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::random_uniform_like(map(a, "a")?, selection(&names), seed)
        })
    }
}

/// The same as `mts_random_uniform_like` for blocks.
///
/// @param a a block
/// @param gradients parameters of the gradients to keep, in this order; NULL for all of them, and an empty list for none
/// @param seed any number
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_random_uniform_like_block(
    a: *const mts_block_t,
    gradients: *const mts_names_t,
    seed: u64,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let names = optional_names(gradients, "gradients")?;
            operations::random_uniform_like(block(a, "a")?, selection(&names), seed)
        })
    }
}

/// Names of the dimensions of a new block, one for each of the axes they are made of. Those that are not given count:
/// `sample`, `component_1`, `component_2`..., `property`.
///
/// `MTS_BLOCK_NAMES_INIT` gives none, as NULL does.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_block_names_t {
    /// names of the dimensions of samples
    pub samples: mts_names_t,
    /// names of components
    pub components: mts_names_t,
    /// names of the dimensions of properties
    pub properties: mts_names_t,
    /// whether names of the dimensions of samples are given
    pub has_samples: bool,
    /// whether names of components are given
    pub has_components: bool,
    /// whether names of the dimensions of properties are given
    pub has_properties: bool,
}

/// Make a block of a plain array, with labels that count its elements.
///
/// The first axes of the array, as many as there are names, become the samples, with the position along each of these axes
/// as dimensions. In the same way the last axes become properties. Each axis between is a component. An array of shape
/// `(2, 3, 1, 2)` with the sample names `x` and `y` gives 6 samples, 1 component with 1 entry, and 2 properties.
///
/// @param array the values, *given away* also if there is an error
/// @param names names of the dimensions; NULL to give none
/// @param result is set to a new block, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or valid, `array` follows the rules of `mts_array_t`."
)]
pub unsafe extern "C" fn mts_block_from_array(
    array: mts_array_t,
    names: *const mts_block_names_t,
    result: *mut *mut mts_block_t,
) -> mts_status_t {
    // First of all, so that the array is released whatever happens.
    // SAFETY: guaranteed by the caller.
    let array = unsafe { take_array(array) };
    // SAFETY: guaranteed by the caller.
    unsafe {
        give_block(result, || {
            let Some(names) = names.as_ref() else {
                return operations::block_from_array(array, BlockNames::default());
            };
            let given = |names: &mts_names_t, has: bool, what| {
                let names = has.then_some(std::ptr::from_ref(names));
                optional_names(names.unwrap_or(std::ptr::null()), what)
            };
            let samples = given(&names.samples, names.has_samples, "samples")?;
            let components = given(&names.components, names.has_components, "components")?;
            let properties = given(&names.properties, names.has_properties, "properties")?;
            let names = BlockNames {
                samples: samples.as_deref(),
                components: components.as_deref(),
                properties: properties.as_deref(),
            };
            operations::block_from_array(array, names)
        })
    }
}
