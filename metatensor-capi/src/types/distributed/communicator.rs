//! Communicators.

use metatensor_core::Result;
use metatensor_distributed::Communicator;

use crate::ffi::{Parameter, given};

/// The ranks that share maps, one of which is this process: 0, 1, ..., `mts_communicator_size - 1`.
///
/// What is called `mts_collective_...` is called by all ranks of a communicator, in the same order; nothing else communicates, but
/// `mts_communicator_free` if the transport says so. A communicator is used by one thread at a time.
#[derive(Debug)]
pub struct mts_communicator_t(Communicator);

impl mts_communicator_t {
    pub(crate) fn boxed(communicator: Communicator) -> Box<mts_communicator_t> {
        Box::new(mts_communicator_t(communicator))
    }
}

impl<'a> Parameter for Option<&'a mts_communicator_t> {
    type Value = &'a Communicator;

    fn checked(self, name: &str) -> Result<&'a Communicator> {
        Ok(&given(self, name)?.0)
    }
}
