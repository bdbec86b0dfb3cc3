//! What is on top of a communicator, with processes as ranks.

use crate::harness::{all_worlds, rust_program, succeed};

/// Runs a part of the program in Rust with all numbers of ranks.
fn run(command: &str) {
    for (mpi, size) in all_worlds() {
        succeed(mpi, size, &rust_program(mpi), &[command]);
    }
}

#[test]
fn round_trip_gives_the_same_bits() {
    run("round_trip");
}

#[test]
fn agreement_of_all_functions() {
    run("agreement");
}

#[test]
fn halo_of_two_layers_of_messages() {
    run("halo");
}
