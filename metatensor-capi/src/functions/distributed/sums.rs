//! Sums over all ranks.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::{Result, TensorMap};
use metatensor_distributed::{Communicator, Placement};

use super::{collective, give_map};
use crate::ffi::{Parameter, given, mts_status_t, texts};
use crate::types::{
    Handle, mts_communicator_t, mts_lstsq_options_t, mts_partition_t, mts_sum_order_t,
    mts_tensormap_t,
};

/// Runs a collective function that makes a map whose rows are where `placement` says.
fn give_placed<P>(
    communicator: Option<&mts_communicator_t>,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
    parameters: impl FnOnce() -> Result<P>,
    function: impl FnOnce(&Communicator, P, Placement<'_>) -> Result<TensorMap>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || {
            let placement = placement.map(|partition| partition.parts_of_unknown());
            Ok((parameters()?, placement.transpose()?))
        },
        |communicator, (parameters, placement)| {
            let sums = match placement {
                None => function(communicator, parameters, Placement::Everywhere)?,
                Some(placement) => placement.with(|partition| {
                    function(communicator, parameters, Placement::By(*partition))
                })?,
            };
            Ok(Some(sums))
        },
    )
}

/// Add the maps of all ranks, which have the same keys and labels, those of gradients included: as if they were given to `mts_add` one after
/// the other, in the order of ranks. Collective.
///
/// Results have the same bits on all ranks, and each time. For maps with different samples, see `mts_collective_sum_by_labels`.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param result is set to a new map without info, *owned* by the caller, equal on all ranks; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank: `MTS_NOT_EQUAL_ERROR` if labels are not the same
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_all_reduce(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || tensor.checked("tensor"),
        |communicator, tensor| Ok(Some(communicator.all_reduce(tensor)?)),
    )
}

/// Add samples with equal labels that are on several ranks, and rows of gradients that belong to the same sample and have equal labels too.
/// Collective.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
///        `MTS_PARTITION_RANKS` can not be used.
/// @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_sum_by_labels(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_placed(
        communicator,
        placement,
        result,
        || tensor.checked("tensor"),
        |communicator, tensor, placement| communicator.sum_by_labels(tensor, placement),
    )
}

/// Compute sums of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_sum_over_samples` of the map that
/// the maps of all ranks are together. Collective.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param names dimensions of samples that results do not have, the same on all ranks
/// @param names_count number of these
/// @param order in which order numbers are added, the same on all ranks
/// @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
///        `MTS_PARTITION_RANKS` can not be used.
/// @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_sum_over_samples(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    names: *const *const c_char,
    names_count: usize,
    order: mts_sum_order_t,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_placed(
        communicator,
        placement,
        result,
        || {
            // SAFETY: there are so many strings, says the caller.
            let names = unsafe { texts(names, names_count, "names") }?;
            Ok((tensor.checked("tensor")?, names, order.checked("order")?))
        },
        |communicator, (tensor, names, order), placement| {
            communicator.sum_over_samples(tensor, &names, order, placement)
        },
    )
}

/// Compute means of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_mean_over_samples` of the map that
/// the maps of all ranks are together. Collective.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param names dimensions of samples that results do not have, the same on all ranks
/// @param names_count number of these
/// @param order in which order numbers are added, the same on all ranks
/// @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
///        `MTS_PARTITION_RANKS` can not be used.
/// @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_mean_over_samples(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    names: *const *const c_char,
    names_count: usize,
    order: mts_sum_order_t,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_placed(
        communicator,
        placement,
        result,
        || {
            // SAFETY: there are so many strings, says the caller.
            let names = unsafe { texts(names, names_count, "names") }?;
            Ok((tensor.checked("tensor")?, names, order.checked("order")?))
        },
        |communicator, (tensor, names, order), placement| {
            communicator.mean_over_samples(tensor, &names, order, placement)
        },
    )
}

/// Compute variances of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_var_over_samples` of the map that
/// the maps of all ranks are together. Collective. Groups of samples that are on several ranks are brought together, as by
/// `MTS_SUM_ORDER_LABELS`.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param names dimensions of samples that results do not have, the same on all ranks
/// @param names_count number of these
/// @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
///        `MTS_PARTITION_RANKS` can not be used.
/// @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_var_over_samples(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    names: *const *const c_char,
    names_count: usize,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_placed(
        communicator,
        placement,
        result,
        || {
            // SAFETY: there are so many strings, says the caller.
            let names = unsafe { texts(names, names_count, "names") }?;
            Ok((tensor.checked("tensor")?, names))
        },
        |communicator, (tensor, names), placement| {
            communicator.var_over_samples(tensor, &names, placement)
        },
    )
}

/// Compute standard deviations of all samples of all ranks that only differ in some dimensions, with their gradients: `mts_std_over_samples` of the map that
/// the maps of all ranks are together. Collective. Groups of samples that are on several ranks are brought together, as by
/// `MTS_SUM_ORDER_LABELS`.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param names dimensions of samples that results do not have, the same on all ranks
/// @param names_count number of these
/// @param placement which rank gets which rows of the result, the same kind on all ranks; or NULL for all rows on all ranks.
///        `MTS_PARTITION_RANKS` can not be used.
/// @param result is set to a new map without info, *owned* by the caller, with sorted samples; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`names` is NULL or has `names_count` strings."
)]
pub unsafe extern "C" fn mts_collective_std_over_samples(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    names: *const *const c_char,
    names_count: usize,
    placement: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_placed(
        communicator,
        placement,
        result,
        || {
            // SAFETY: there are so many strings, says the caller.
            let names = unsafe { texts(names, names_count, "names") }?;
            Ok((tensor.checked("tensor")?, names))
        },
        |communicator, (tensor, names), placement| {
            communicator.std_over_samples(tensor, &names, placement)
        },
    )
}

/// Solve linear least squares problems with the rows of all ranks: `mts_lstsq` of the maps that the maps of all ranks are together. Collective.
///
/// Each rank makes triangles of its rows, which are merged: about as many numbers as properties of `x` squared are sent, and no precision
/// is lost.
///
/// @param communicator the communicator
/// @param x the coefficients of this rank
/// @param y the right sides of this rank, with the samples of `x`
/// @param options how to solve, the same on all ranks; or NULL
/// @param result is set to a new map without info, *owned* by the caller, equal on all ranks; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_lstsq(
    communicator: Option<&mts_communicator_t>,
    x: Option<&mts_tensormap_t>,
    y: Option<&mts_tensormap_t>,
    options: Option<&mts_lstsq_options_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || {
            let (x, y) = (x.checked("x")?, y.checked("y")?);
            Ok((x, y, options.checked("options")?))
        },
        |communicator, (x, y, options)| Ok(Some(communicator.lstsq(x, y, options)?)),
    )
}

/// Compute the matrices of normal equations, `x^H x` and `x^H y`, with the rows of all ranks: for fits that add something to these.
/// `mts_collective_lstsq` sends about as much, and loses less precision. Collective.
///
/// @param communicator the communicator
/// @param x the coefficients of this rank
/// @param y the right sides of this rank, with the samples of `x`
/// @param squares is set to a new map without info, *owned* by the caller, with `x^H x`, equal on all ranks; or to NULL on error
/// @param right_sides is set to a new map without info, *owned* by the caller, with `x^H y`, equal on all ranks; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_normal_equations(
    communicator: Option<&mts_communicator_t>,
    x: Option<&mts_tensormap_t>,
    y: Option<&mts_tensormap_t>,
    squares: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
    right_sides: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    let squares = squares.map(|squares| squares.write(None));
    let right_sides = right_sides.map(|right_sides| right_sides.write(None));
    collective(
        communicator,
        || {
            let places = (
                given(squares, "squares")?,
                given(right_sides, "right_sides")?,
            );
            Ok((x.checked("x")?, y.checked("y")?, places))
        },
        |communicator, (x, y, (squares, right_sides))| {
            let (xtx, xty) = communicator.normal_equations(x, y)?;
            let (xtx, xty) = (
                mts_tensormap_t::unshared(xtx)?,
                mts_tensormap_t::unshared(xty)?,
            );
            *squares = Some(xtx);
            *right_sides = Some(xty);
            Ok(())
        },
    )
}
