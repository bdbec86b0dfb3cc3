//! Vectors and matrices in space as spherical tensors, and the way back.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_operations as operations;

use crate::ffi::{Parameter, mts_status_t, texts};
use crate::functions::operations::give_object;
use crate::types::mts_tensormap_t;

/// Turn components along x, y and z, one for vectors or two for matrices, into a component `o3_mu` of real spherical harmonics.
///
/// A vector becomes one block with `o3_lambda` 1, and the entries y, z, x for `o3_mu` -1, 0, 1. A matrix becomes three, with `o3_lambda` 0
/// (the trace, divided by minus the square root of 3), 1 (the antisymmetric part, with `o3_sigma` -1) and 2 (the symmetric part without
/// trace). The map is orthogonal. Keys get the dimensions `o3_lambda` and `o3_sigma`, before all others, and `o3_mu` is where the components
/// were. Gradients go the same way, at all depths. Results are those of featomic's `cartesian_to_spherical`, with all blocks kept.
/// Integers and booleans become 64-bit floats.
///
/// @param tensor a map without the key dimensions `o3_lambda` and `o3_sigma`
/// @param components names of the components, which follow each other in the values and have the entries 0, 1 and 2
/// @param count number of components, 1 or 2
/// @param result is set to a new map with the info of `tensor`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`components` is NULL or has `count` entries, each NULL or a string."
)]
pub unsafe extern "C" fn mts_cartesian_to_spherical(
    tensor: Option<&mts_tensormap_t>,
    components: *const *const c_char,
    count: usize,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` strings at `components`, or NULL.
        let components = unsafe { texts(components, count, "components") }?;
        operations::cartesian_to_spherical(tensor.checked("tensor")?, &components)
    })
}

/// Turn a component `o3_mu` of real spherical harmonics into components along x, y and z: one for vectors, or two for matrices.
///
/// This undoes `mts_cartesian_to_spherical`. All blocks that only differ in `o3_lambda` and `o3_sigma` are parts of one tensor: for
/// matrices `o3_lambda` 0, 1 and 2 with `o3_sigma` 1, -1 and 1, where a part that there is no block for is zero. They have to have the same
/// labels and gradients, but for rows of these. Keys lose both dimensions, and `l_1` and `l_2` as well, which featomic has for the
/// `o3_lambda` of the components, and which must be 1. Gradients go the same way, at all depths.
///
/// @param tensor a map with the key dimensions `o3_lambda` and `o3_sigma`, and the component `o3_mu`
/// @param components names of the new components, which get the entries 0, 1 and 2 and are where `o3_mu` was
/// @param count number of components, 1 for vectors or 2 for matrices
/// @param result is set to a new map with the info of `tensor`, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`components` is NULL or has `count` entries, each NULL or a string."
)]
pub unsafe extern "C" fn mts_spherical_to_cartesian(
    tensor: Option<&mts_tensormap_t>,
    components: *const *const c_char,
    count: usize,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_object(result, || {
        // SAFETY: there are `count` strings at `components`, or NULL.
        let components = unsafe { texts(components, count, "components") }?;
        operations::spherical_to_cartesian(tensor.checked("tensor")?, &components)
    })
}
