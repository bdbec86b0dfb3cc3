//! Moving maps between ranks.

use std::mem::MaybeUninit;

use metatensor_core::{Result, TensorMap};

use super::give_map;
use crate::ffi::{Parameter, given, mts_status_t};
use crate::types::{mts_communicator_t, mts_order_t, mts_partition_t, mts_tensormap_t};

/// A map that need not be given.
fn optional(tensor: Option<&mts_tensormap_t>) -> Result<Option<&TensorMap>> {
    tensor
        .map(|tensor| Some(tensor).checked("tensor"))
        .transpose()
}

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
        || optional(tensor),
        |communicator, tensor| Ok(Some(communicator.broadcast(root, tensor)?)),
    )
}

/// Give each rank a part of the map of one of them. Collective.
///
/// All ranks get all blocks, with those of their samples that the partition gives them and the gradients of these, at all depths.
///
/// @param communicator the communicator
/// @param root the rank that has the map, the same on all ranks
/// @param tensor the map, on this rank; others can give NULL, or a map whose kind of arrays the result has
/// @param partition which rank gets what. Only functions and lists of the root are used.
/// @param result is set to a new map with the info of the map of the root, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_scatter(
    communicator: Option<&mts_communicator_t>,
    root: usize,
    tensor: Option<&mts_tensormap_t>,
    partition: Option<&mts_partition_t<'_>>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || {
            let tensor = optional(tensor)?;
            let is_root = communicator.checked("communicator")?.rank() == root;
            let mut partition = *given(partition, "partition")?;
            if !is_root {
                partition.lists_count = 0;
            }
            Ok((tensor, partition.parts()?))
        },
        |communicator, (tensor, partition)| {
            partition.with(|partition| Ok(Some(communicator.scatter(root, tensor, partition)?)))
        },
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

/// Move each sample to the rank of a partition, with its gradients at all depths. Collective.
///
/// All ranks get the keys of all maps, also those of which they get no sample. What maps have to have in common is as for
/// `mts_collective_gather`.
///
/// @param communicator the communicator
/// @param tensor the map of this rank
/// @param partition which rank gets what
/// @param order order of samples and of rows of gradients, the same on all ranks
/// @param result is set to a new map with the info of the lowest rank that has any, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_redistribute(
    communicator: Option<&mts_communicator_t>,
    tensor: Option<&mts_tensormap_t>,
    partition: Option<&mts_partition_t<'_>>,
    order: mts_order_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || {
            let tensor = tensor.checked("tensor")?;
            let partition = given(partition, "partition")?.parts()?;
            Ok((tensor, partition, order.checked("order")?))
        },
        |communicator, (tensor, partition, order)| {
            partition.with(|partition| {
                let moved = communicator.redistribute(tensor, partition, order)?;
                Ok(Some(moved))
            })
        },
    )
}
