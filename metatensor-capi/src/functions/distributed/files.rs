//! Files that all ranks load and save together.

use std::mem::MaybeUninit;

use super::{collective, give_map};
use crate::ffi::{Parameter, Text, given, mts_status_t};
use crate::functions::map_files::array_maker;
use crate::types::{
    mts_collective_save_options_t, mts_communicator_t, mts_create_array_callback_t, mts_order_t,
    mts_partition_t, mts_tensormap_t,
};

/// Load a map from a file, so that each rank gets a part of it. Collective.
///
/// The directory of the file is read once, labels by one rank each, and rows by the ranks that get them. All ranks have to see the same
/// file. Compressed arrays are read by one rank, and sent to the others. Checksums are compared of what is read as a whole, by one rank or
/// by all of them together: if a rank gets rows of an array that are not one after the other, nobody knows whether they are damaged.
///
/// @param communicator the communicator
/// @param path path of the file, in UTF-8, the same on all ranks
/// @param partition which rank gets what; `MTS_PARTITION_RANKS` can not be used
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param result is set to a new map with the info of the file, *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_load(
    communicator: Option<&mts_communicator_t>,
    path: Text<'_>,
    partition: Option<&mts_partition_t<'_>>,
    create_array: mts_create_array_callback_t,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
) -> mts_status_t {
    give_map(
        communicator,
        result,
        || {
            let path = path.checked("path")?;
            Ok((path, given(partition, "partition")?.parts_of_unknown()?))
        },
        |communicator, (path, partition)| {
            partition.with(|partition| {
                Ok(Some(match array_maker(create_array) {
                    Some(create) => communicator.load_with(path, partition, create)?,
                    None => communicator.load(path, partition)?,
                }))
            })
        },
    )
}

/// Save the map that the maps of all ranks are together to one file: byte for byte what `mts_tensormap_save` writes on the rank that
/// `mts_collective_gather` brings it to, without that rank. Collective.
///
/// Several ranks write, each a region of the file, which all of them have to see. Until it is complete, it is a temporary file beside the
/// old one: if a rank fails or dies, the old one stays. Pipes and devices can only be saved to by a communicator of one rank.
///
/// @param communicator the communicator
/// @param path path of the file, in UTF-8, the same on all ranks
/// @param tensor the map of this rank
/// @param order order of samples and of rows of gradients, the same on all ranks. With `MTS_ORDER_LABELS`, rows are moved between ranks
///        first, which needs memory for them, and for all samples on all ranks.
/// @param options how to write, the same on all ranks; or NULL
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong on any rank
#[unsafe(no_mangle)]
pub extern "C" fn mts_collective_save(
    communicator: Option<&mts_communicator_t>,
    path: Text<'_>,
    tensor: Option<&mts_tensormap_t>,
    order: mts_order_t,
    options: Option<&mts_collective_save_options_t>,
) -> mts_status_t {
    collective(
        communicator,
        || {
            let (path, tensor) = (path.checked("path")?, tensor.checked("tensor")?);
            Ok((
                path,
                tensor,
                order.checked("order")?,
                options.checked("options")?,
            ))
        },
        |communicator, (path, tensor, order, options)| {
            communicator.save(path, tensor, order, options)
        },
    )
}
