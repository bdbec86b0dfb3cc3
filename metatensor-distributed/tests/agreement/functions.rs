//! The functions that all have to agree.

use metatensor_core::{Error, Result};
use metatensor_distributed::Communicator;

use super::arrays::Fault;

// A line per function: those that take maps read `arrays::map`, which fails where it should.

/// A collective function, with the arguments of each rank.
pub(crate) struct Function {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// Calls it, with a fault on this rank.
    pub(crate) call: fn(&Communicator, Fault) -> Result<()>,
}

pub(crate) const FUNCTIONS: &[Function] = &[Function {
    name: "agree",
    call: |communicator, fault| {
        // What panics before it is called is not inside of it.
        communicator.agree(match fault {
            Fault::Nothing => Ok(()),
            _ => Err(Error::invalid("work of the caller")),
        })
    },
}];
