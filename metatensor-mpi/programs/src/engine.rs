//! What is in engine.c.

use std::ffi::{c_int, c_void};

use metatensor_core::Result;
use metatensor_distributed::Communicator;

unsafe extern "C" {
    fn engine_group(color: c_int) -> *const c_void;
    fn engine_group_free();
    fn engine_send(value: c_int);
    fn engine_receive() -> c_int;
    fn engine_gather(own: u64, all: *mut u64);
}

/// A communicator of the ranks with the same color, whose ranks are in the opposite order. That of MPI is gone afterwards.
pub(crate) fn group(color: usize) -> Result<Communicator> {
    // SAFETY: the environment of the program is there, and all ranks come here. The address is that of a communicator.
    unsafe {
        let communicator = metatensor_mpi::from_mpi_comm(engine_group(color as c_int));
        engine_group_free();
        communicator
    }
}

/// Sends a number to the next rank.
pub(crate) fn send(value: usize) {
    // SAFETY: the environment of the program is there.
    unsafe { engine_send(value as c_int) }
}

/// The number of the rank before.
pub(crate) fn receive() -> usize {
    // SAFETY: `send` was called before.
    unsafe { engine_receive() as usize }
}

/// The numbers of all ranks of the world.
pub(crate) fn gather(world: &Communicator, own: u64) -> Vec<u64> {
    let mut all = vec![0; world.size()];
    // SAFETY: the environment of the program is there, and there is a place for each rank.
    unsafe { engine_gather(own, all.as_mut_ptr()) };
    all
}

/// A number that stands for some bytes.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, &byte: &u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
