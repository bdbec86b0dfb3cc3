//! Moving maps between ranks.

use std::mem::MaybeUninit;

use super::give_map;
use crate::ffi::{Parameter, mts_status_t};
use crate::types::{mts_communicator_t, mts_order_t, mts_tensormap_t};

/// Give the map of one rank to all. Collective.
///
/// @param communicator the communicator
/// @param root the rank that has the map, the same on all ranks
/// @param tensor the map, on this rank; others can give NULL, and what they give does not count
/// @param result is set to a new map with its info, *owned* by the caller, equal on all ranks; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_broadcast(
    communicator: Option<&mts_communicator_t>,
    root: usize,
    tensor: Option<&mts_tensormap_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || tensor.map(|_| tensor.checked("tensor")).transpose(),
        |communicator, tensor| Ok(Some(communicator.broadcast(root, tensor)?)),
    )
}

/// Collect the rows of all ranks on one of them: what `mts_collective_scatter` does backwards. Collective.
///
/// The result has the keys of all maps, those of rank 0 first, and for each key the samples of all ranks with their gradients, at all depths.
/// The maps have equal names of keys, and blocks with the same key have equal types, components, properties and parameters of
/// gradients: what is different is an error that names both ranks. No sample is on two ranks. A rank can have blocks without samples,
/// and a map without blocks.
///
/// @param communicator the communicator
/// @param root the rank that gets the result, the same on all ranks
/// @param tensor the map of this rank
/// @param order order of samples and of rows of gradients, the same on all ranks
/// @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller, on this rank; to NULL on all others, and
///        on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_gather(
    communicator: Option<&mts_communicator_t>,
    root: usize,
    tensor: Option<&mts_tensormap_t>,
    order: mts_order_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || Ok((tensor.checked("tensor")?, order.checked("order")?)),
        |communicator, (tensor, order)| communicator.gather(root, tensor, order),
    )
}

/// Collect the rows of all ranks on each of them, as `mts_collective_gather` does on one. Collective.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param order order of samples and of rows of gradients, the same on all ranks
/// @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller, equal on all ranks; or to NULL on
///        error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_all_gather(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    order: mts_order_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || Ok((tensor.checked("tensor")?, order.checked("order")?)),
        |communicator, (tensor, order)| Ok(Some(communicator.all_gather(tensor, order)?)),
    )
}
