//! MPI for programs that have no other bindings.

use std::marker::PhantomData;

use metatensor_core::Result;
use metatensor_distributed::Communicator;
use metatensor_distributed::transport::TransportTable;

use crate::{Options, communicator, result};

// in shim.c
unsafe extern "C" {
    fn metatensor_mpi_init() -> i32;
    fn metatensor_mpi_release();
    fn metatensor_mpi_abort(code: i32);
    fn metatensor_mpi_world(piece: u64, timeout: f64, transport: *mut TransportTable) -> i32;
}

/// MPI, from its initialisation to its end.
///
/// MPI is finalised when this and all communicators made of it are dropped. A program that panics would leave the other ranks
/// waiting for it: if this is dropped by a panic, all ranks are aborted.
///
/// ```no_run
/// # fn main() -> metatensor_core::Result<()> {
/// let environment = metatensor_mpi::Environment::init()?;
/// let communicator = environment.world()?;
/// if communicator.rank() == 0 {
///     println!("{} ranks", communicator.size());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Environment {
    /// MPI belongs to the thread that initialised it.
    not_send: PhantomData<*const ()>,
}

impl Environment {
    /// Initialises MPI for this process, with `MPI_THREAD_FUNNELED`: only this thread will call it.
    ///
    /// # Errors
    ///
    /// If MPI was initialised before, also if it was finalised since, or if it fails.
    pub fn init() -> Result<Environment> {
        // SAFETY: it checks whether it can be called.
        result(unsafe { metatensor_mpi_init() })?;
        Ok(Environment {
            not_send: PhantomData,
        })
    }

    /// A communicator of all ranks of the program. Collective.
    ///
    /// # Errors
    ///
    /// If MPI fails.
    pub fn world(&self) -> Result<Communicator> {
        self.world_with(Options::default())
    }

    /// The same, with other options.
    ///
    /// # Errors
    ///
    /// If the options are not possible, or not the same on all ranks, or if MPI fails.
    pub fn world_with(&self, options: Options) -> Result<Communicator> {
        let Options { piece, timeout } = options;
        // SAFETY: this makes a transport of the shim.
        unsafe { communicator(|table| metatensor_mpi_world(piece, timeout, table)) }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // SAFETY: MPI is initialised, and finalised by this alone.
            unsafe { metatensor_mpi_abort(101) };
        }
        // SAFETY: this was counted by `init`.
        unsafe { metatensor_mpi_release() };
    }
}
