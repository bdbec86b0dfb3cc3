//! Tensor maps over several processes.
//!
//! Each process (*rank*) has an ordinary [`TensorMap`](metatensor_core::TensorMap) with some of the rows; together they are one
//! map. Functions that all ranks have to call together (*collective* functions) are methods of a [`Communicator`]; nothing
//! else communicates.
//!
//! A communicator is made of a [`Transport`], which moves bytes and knows nothing of tensors: the one for MPI is in the crate
//! `metatensor-mpi`, and [`run_local`] starts ranks that are threads of this process, for tests and for programs without MPI.
//!
//! ```
//! use metatensor_distributed::run_local;
//!
//! let sizes = run_local(3, |communicator| (communicator.rank(), communicator.size()));
//! assert_eq!(sizes, [(0, 3), (1, 3), (2, 3)]);
//! ```
//!
//! # Maps
//!
//! The maps of all ranks have the same names of keys and samples; and blocks that several ranks have the same data type,
//! components and properties, and gradients with the same parameters and components. Which blocks a rank has, and which rows,
//! is up to the rank: it may have blocks without rows, or no blocks. Each sample is on one rank. Results have the keys of all
//! ranks, on all ranks, in the order of ranks; and the info of the lowest rank that has any. Elements must be in main memory,
//! and arrays of results are of the kind that those of the local map are, or native arrays if there are none.
//!
//! # Errors
//!
//! If a collective function fails on one rank, it fails on all of them: with the same error, which names the rank. The
//! communicator can be used again. If ranks call different functions, or with different options, all get an error that names
//! both. Only a transport that fails ([`Error::Communication`](metatensor_core::Error::Communication)) leaves a communicator
//! that can not be used again; other ranks may still wait for this one then: [`Communicator::abort`] is the way out.

mod communicator;
mod files;
mod halo;
mod movement;
mod partition;
mod schema;
mod sums;
#[cfg(test)]
mod testing;
pub mod transport;
mod wire;

pub use communicator::{Communicator, run_local};
pub use files::SaveOptions;
pub use halo::{Agreement, BlockHalo, Combine, Halo};
pub use partition::Partition;
pub use sums::{Placement, SumOrder};
pub use transport::Transport;
pub use wire::Order;
