//! Maps over several processes. Functions that all ranks call together fail together: whatever is wrong with the parameters of one
//! of them is told to all.

mod agreement;
mod communicators;

use metatensor_core::Result;
use metatensor_distributed::Communicator;

pub use self::agreement::*;
pub use self::communicators::*;
use crate::ffi::{Parameter, caught, collective_status, mts_status_t};
use crate::types::mts_communicator_t;

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
