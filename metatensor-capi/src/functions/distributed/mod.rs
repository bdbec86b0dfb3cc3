//! Maps over several processes. Functions that all ranks call together fail together: whatever is wrong with the parameters of one
//! of them is told to all.

mod agreement;
mod block_halos;
mod communicators;
mod files;
mod halo_rows;
mod halos;
mod movement;
mod sums;

use std::mem::MaybeUninit;
use std::ptr::null_mut;

use metatensor_core::{Result, TensorMap};
use metatensor_distributed::Communicator;

pub use self::agreement::*;
pub use self::block_halos::*;
pub use self::communicators::*;
pub use self::files::*;
pub use self::halo_rows::*;
pub use self::halos::*;
pub use self::movement::*;
pub use self::sums::*;
use crate::ffi::{Parameter, caught, collective_status, given, mts_status_t};
use crate::types::{Handle, mts_communicator_t, mts_tensormap_t};

/// Runs a collective function: what is wrong with the `parameters` of one rank is an error of all of them.
fn collective<P>(
    communicator: Option<&mts_communicator_t>,
    parameters: impl FnOnce() -> Result<P>,
    function: impl FnOnce(&Communicator, P) -> Result<()>,
) -> mts_status_t {
    collective_status(|| {
        let communicator = caught(|| communicator.checked("communicator"))?;
        match caught(parameters) {
            Ok(parameters) => function(communicator, parameters),
            Err(error) => Err(communicator.fail(error)),
        }
    })
}

/// Runs a collective function that makes a map on some ranks. On all others, and if it fails, `result` is set to NULL.
fn give_map<P>(
    communicator: Option<&mts_communicator_t>,
    result: Option<&mut MaybeUninit<Option<Box<mts_tensormap_t>>>>,
    parameters: impl FnOnce() -> Result<P>,
    function: impl FnOnce(&Communicator, P) -> Result<Option<TensorMap>>,
) -> mts_status_t {
    let result = result.map(|result| result.write(None));
    collective(
        communicator,
        || Ok((given(result, "result")?, parameters()?)),
        |communicator, (result, parameters)| {
            if let Some(map) = function(communicator, parameters)? {
                *result = Some(mts_tensormap_t::unshared(map)?);
            }
            Ok(())
        },
    )
}

/// Runs a collective function that makes a handle. If it fails, the parameter `name` is set to NULL.
fn give_handle<T, P>(
    communicator: Option<&mts_communicator_t>,
    place: Option<&mut MaybeUninit<*mut T>>,
    name: &str,
    parameters: impl FnOnce() -> Result<P>,
    function: impl FnOnce(&Communicator, P) -> Result<Box<T>>,
) -> mts_status_t {
    let place = place.map(|place| place.write(null_mut()));
    collective(
        communicator,
        || Ok((given(place, name)?, parameters()?)),
        |communicator, (place, parameters)| {
            *place = Box::into_raw(function(communicator, parameters)?);
            Ok(())
        },
    )
}
