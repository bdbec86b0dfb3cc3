//! What the tests of metatensor-mpi run under mpirun: `programs N COMMAND [ARGUMENT...]`, where `N` is the number of ranks that
//! there have to be. Whatever is not as it should be is a panic, which ends all ranks.

#![expect(
    clippy::unwrap_used,
    reason = "a failure on one rank is a failure of the test"
)]

use metatensor_distributed::Communicator;
use metatensor_mpi::{Environment, Options};

mod agreement;
mod allocations;
mod atoms;
mod big;
mod bits;
mod communicators;
mod engine;
mod files;
mod forces;
mod maps;
mod matrix;
mod message_passing;
mod round_trip;
mod steps;

/// Messages are sent in pieces of this many bytes, so that small maps need several.
const PIECE: u64 = 4096;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [size, command, rest @ ..] = &arguments[..] else {
        panic!("usage: programs N COMMAND [ARGUMENT...]");
    };
    if command == "before" {
        return communicators::before_and_after();
    }
    let environment = Environment::init().unwrap();
    let piece = if command == "big" { 1 << 30 } else { PIECE };
    let options = Options {
        piece,
        ..Options::default()
    };
    let world = environment.world_with(options).unwrap();
    // A program of one MPI under the launcher of another is a world of its own for each process, where everything passes.
    assert_eq!(world.size().to_string(), *size, "number of ranks");
    run(&world, command, rest);
}

fn run(world: &Communicator, command: &str, arguments: &[String]) {
    match (command, arguments) {
        ("groups", []) => communicators::groups(world),
        ("agreement", []) => agreement::run(world),
        ("big", []) => big::run(world),
        ("bits", []) => bits::run(world),
        ("files", [directory]) => files::run(world, directory),
        ("full_disk", [directory]) => files::full_disk(world, directory),
        ("until_killed", [path, delay]) => files::until_killed(world, path, delay),
        ("after_killed", [path]) => files::after_killed(path),
        ("forces", []) => forces::run(world),
        ("halo", []) => message_passing::run(world),
        ("round_trip", []) => round_trip::run(world),
        ("steps", []) => steps::run(world),
        ("panic", [rank]) => communicators::panic(world, rank),
        _ => panic!("there is no command '{command}' with arguments {arguments:?}"),
    }
}
