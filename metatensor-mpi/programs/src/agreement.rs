//! Every collective function fails on every rank, and every other function is called instead: the matrix of the tests of
//! metatensor-distributed, with processes instead of threads.

use metatensor_core::Error;
use metatensor_distributed::Communicator;

use crate::engine::{gather, hash};
use crate::matrix::arrays::Fault;
use crate::matrix::functions::{FUNCTIONS, Function};

/// Calls the function with a fault on one rank, and then without.
fn call(world: &Communicator, function: &Function, failing: usize, fault: Fault) -> String {
    let own = if world.rank() == failing {
        fault
    } else {
        Fault::Nothing
    };
    let error = (function.call)(world, own).err();
    (function.call)(world, Fault::Nothing).unwrap();
    error.map(|error| error.to_string()).unwrap_or_default()
}

pub(crate) fn run(world: &Communicator) {
    let size = world.size();
    let hook = std::panic::take_hook();
    for function in FUNCTIONS {
        for failing in 0..size {
            // Of many ranks, which only have to wait for each other longer, some are enough.
            if size > 3 && failing != 1 && failing + 1 != size {
                continue;
            }
            for fault in [Fault::Device, Fault::Panic] {
                // what panics on purpose has nothing to say
                std::panic::set_hook(Box::new(|_| ()));
                let text = call(world, function, failing, fault);
                drop(std::panic::take_hook());
                let context = format!("{}, rank {failing}, {fault:?}", function.name);
                assert!(
                    text.contains(&format!("rank {failing}: ")),
                    "{context}: {text:?}"
                );
                let hashes = gather(world, hash(text.as_bytes()));
                assert!(
                    hashes.iter().all(|other| *other == hashes[0]),
                    "{context}: {text:?} is not the error of all ranks"
                );
            }
        }
    }
    std::panic::set_hook(hook);
    if size > 1 {
        mismatched(world);
    }
}

/// The last rank calls another function than all others do.
fn mismatched(world: &Communicator) {
    let last = world.rank() + 1 == world.size();
    for (i, first) in FUNCTIONS.iter().enumerate() {
        let second = &FUNCTIONS[(i + 1) % FUNCTIONS.len()];
        let own = if last { second } else { first };
        let error = (own.call)(world, Fault::Nothing).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
        let text = error.to_string();
        for name in [first.name, second.name] {
            assert!(text.contains(name), "{text} does not name {name}");
        }
        (first.call)(world, Fault::Nothing).unwrap();
    }
}
