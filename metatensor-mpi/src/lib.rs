//! Communicators of metatensor on top of MPI.
//!
//! [`metatensor_distributed`] moves maps between the ranks of a [`Communicator`], and knows nothing of MPI. This crate makes
//! communicators of those of MPI: of the whole program by [`Environment`], for programs that have no other bindings, and of
//! any other one by its address, [`from_mpi_comm`].
//!
//! ```no_run
//! use metatensor_mpi::Environment;
//!
//! # fn main() -> metatensor_core::Result<()> {
//! let environment = Environment::init()?;
//! let communicator = environment.world()?;
//! println!("rank {} of {}", communicator.rank(), communicator.size());
//! # Ok(())
//! # }
//! ```
//!
//! # Which MPI
//!
//! The build script compiles one small file with `$MPICC`, which is `mpicc` by default, and links what that compiler links. It
//! needs an MPI of version 3.0 or later, and no libclang. The program has to be started by the launcher of the same MPI: with
//! that of another one, each process is a world of its own, with one rank. If libraries of MPI are not where the loader looks
//! for them, set `LD_LIBRARY_PATH`, as the modules of clusters do.
//!
//! # Threads
//!
//! A communicator stays on the thread that made it, which is the one that initialised MPI. The threads of metatensor never call
//! MPI. `mpirun` binds ranks to cores, and metatensor uses those that its process may: if it does not, set
//! `METATENSOR_NUM_THREADS` to the number of cores of a node divided by that of its ranks.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;

use metatensor_core::{Error, Result};
use metatensor_distributed::Communicator;
use metatensor_distributed::transport::{ForeignTransport, TransportTable};

mod environment;

pub use environment::Environment;

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The most bytes that one call of MPI gets, the same on all ranks, and at most `i32::MAX`: larger messages are sent in
    /// pieces.
    pub piece: u64,
    /// How many seconds to wait for other ranks to come to the same collective function, if it is not 0. After that, the
    /// function fails on this rank instead of hanging: this is for finding out which rank does not come, and all that is left to
    /// do then is [`Communicator::abort`].
    pub timeout: f64,
}

impl Default for Options {
    /// Pieces of 1 GiB, and no timeout.
    fn default() -> Options {
        Options {
            piece: 1 << 30,
            timeout: 0.0,
        }
    }
}

// in shim.c
unsafe extern "C" {
    fn metatensor_mpi_last_error() -> *const c_char;
    fn metatensor_mpi_transport(
        comm: *const c_void,
        piece: u64,
        timeout: f64,
        transport: *mut TransportTable,
    ) -> i32;
}

/// `MTS_INVALID_PARAMETER_ERROR`; all others are errors of the communication.
const INVALID_PARAMETER: i32 = 1;

/// Turns what a function of the shim returns into an error, with the message that it left.
fn result(status: i32) -> Result<()> {
    if status == 0 {
        return Ok(());
    }
    // SAFETY: the message is a string that the next error on this thread replaces, and it is copied before.
    let message = unsafe { CStr::from_ptr(metatensor_mpi_last_error()) };
    let message = message.to_string_lossy().into_owned();
    Err(match status {
        INVALID_PARAMETER => Error::InvalidParameter(message),
        _ => Error::Communication(message),
    })
}

/// A communicator of the functions that `make` gives.
///
/// # Safety
///
/// What `make` fills in is a transport of the shim.
unsafe fn communicator(make: impl FnOnce(*mut TransportTable) -> i32) -> Result<Communicator> {
    let mut table = MaybeUninit::<TransportTable>::zeroed();
    result(make(table.as_mut_ptr()))?;
    // SAFETY: it was filled in.
    let table = unsafe { table.assume_init() };
    // SAFETY: the functions of the shim do what is asked for in metatensor/distributed.h, as the caller says.
    let transport = unsafe { ForeignTransport::new(table, |_, call| result(call())) }?;
    Ok(Communicator::new(transport))
}

/// Makes a communicator of any communicator of MPI, known by its address: a value of type `MPI_Comm`, whichever that is.
///
/// It is *copied* (`MPI_Comm_dup`), which is collective, so that messages of metatensor never meet those of the program. The copy
/// is freed with the last clone of the result, which is collective as well, and has to happen before `MPI_Finalize`: what is
/// dropped later only releases its memory.
///
/// ```ignore
/// // with `mpi` (rsmpi): `comm` implements `mpi::traits::Communicator`
/// let raw = comm.as_raw();
/// let communicator = unsafe { metatensor_mpi::from_mpi_comm((&raw const raw).cast())? };
/// ```
///
/// # Errors
///
/// If MPI is not initialised, or finalised, or fails; or if the communicator is `MPI_COMM_NULL` or an inter-communicator.
///
/// # Safety
///
/// `comm` is NULL or points to a communicator of the MPI that this crate was compiled for. Until the result is dropped, MPI is not
/// finalised on this rank while others use it.
pub unsafe fn from_mpi_comm(comm: *const c_void) -> Result<Communicator> {
    // SAFETY: as the caller says.
    unsafe { from_mpi_comm_with(comm, Options::default()) }
}

/// The same, with other options.
///
/// # Errors
///
/// As for [`from_mpi_comm`], and if the options are not possible, or not the same on all ranks.
///
/// # Safety
///
/// As for [`from_mpi_comm`].
pub unsafe fn from_mpi_comm_with(comm: *const c_void, options: Options) -> Result<Communicator> {
    let Options { piece, timeout } = options;
    // SAFETY: as the caller says.
    unsafe { communicator(|table| metatensor_mpi_transport(comm, piece, timeout, table)) }
}
