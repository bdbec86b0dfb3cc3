//! Programs under `mpirun`, with Open MPI and with MPICH. Each of them ends all ranks if anything is not as it should be.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

mod cmake;
mod examples;
mod harness;
mod maps;
mod one_library;
mod python;
mod transport;
