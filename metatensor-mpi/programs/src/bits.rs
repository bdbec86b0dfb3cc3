//! Results of all functions, as hashes: those of one number of ranks are always the same, and some are so for all numbers.

use metatensor_core::{Result, TensorMap};
use metatensor_distributed::{Communicator, Order};
use metatensor_operations::{Axis, Direction, check_equal, sort};

use crate::engine::{gather, hash};
use crate::maps::{map, overlapping_part, part, wide};

mod halos;
mod movement;
mod sums;

/// What functions are called with.
struct Input {
    /// the map of all ranks
    whole: TensorMap,
    /// its rows on this rank
    own: TensorMap,
    /// the same, and some rows of the next rank
    overlapping: TensorMap,
}

/// A function, and what is promised of its result.
struct Function {
    name: &'static str,
    place: Place,
    bits: Bits,
    call: fn(&Communicator, &Input) -> Result<TensorMap>,
    /// The same in one process: its bits are those of one rank, or of any number of ranks.
    serial: fn(&Input) -> Result<TensorMap>,
}

/// Where the result of a function is.
enum Place {
    /// all of it is on all ranks
    Everywhere,
    /// each rank has some rows
    InParts,
}

/// For which numbers of ranks a result is the same.
enum Bits {
    /// all; rows of ranks are the same when they are sorted by labels
    OfAnyNumber,
    /// one, where numbers are rounded as ranks come
    OfOneNumber,
}

/// Prints `any NAME: HASH` for results that are promised to be the same for any number of ranks, and `same NAME: HASH` for those
/// of this number.
pub(crate) fn run(world: &Communicator) {
    let (rank, size) = (world.rank(), world.size());
    let mut maps = vec![("map", map(7, |i| (i as f64).sqrt()))];
    // with more ranks, there are no threads to share its work
    if size < 3 {
        maps.push(("wide map", wide()));
    }
    for (of, whole) in maps {
        let input = Input {
            own: part(&whole, rank, size),
            overlapping: overlapping_part(&whole, rank, size),
            whole,
        };
        let functions = movement::FUNCTIONS.iter().chain(sums::FUNCTIONS);
        for function in functions.chain(halos::FUNCTIONS) {
            let name = format!("{} of a {of}", function.name);
            check(world, &input, function, &name);
        }
    }
    print_all(world, "halo", &halos::rows(world).unwrap());
}

fn check(world: &Communicator, input: &Input, function: &Function, name: &str) {
    let result = (function.call)(world, input).unwrap_or_else(|error| panic!("{name}: {error}"));
    let own = result.save_buffer().unwrap();
    let check_serial = |result: &TensorMap| {
        let serial = (function.serial)(input).unwrap();
        check_equal(result, &serial).unwrap_or_else(|difference| panic!("{name}: {difference}"));
        let (ours, serial) = (result.save_buffer().unwrap(), serial.save_buffer().unwrap());
        assert!(
            ours == serial,
            "{name}: other bits than those of one process"
        );
    };
    if let Place::Everywhere = function.place {
        let hashes = gather(world, hash(&own));
        let all_equal = hashes.iter().all(|other| *other == hashes[0]);
        assert!(all_equal, "{name}: ranks have other bits");
    }
    match (&function.bits, &function.place) {
        (Bits::OfAnyNumber, Place::Everywhere) => {
            check_serial(&result);
            print(world, "any", name, &own);
        }
        (Bits::OfAnyNumber, Place::InParts) => {
            if let Some(sorted) = world.gather(0, &result, Order::Labels).unwrap() {
                check_serial(&sorted);
                print(world, "any", name, &sorted.save_buffer().unwrap());
            }
        }
        (Bits::OfOneNumber, _) => {
            if world.size() == 1 {
                check_serial(&result);
            }
            print_all(world, name, &own);
        }
    }
}

/// The map with the samples of each block sorted.
fn sorted(map: &TensorMap) -> Result<TensorMap> {
    sort(map, &[Axis::Samples], Direction::Ascending)
}

fn print(world: &Communicator, kind: &str, name: &str, bytes: &[u8]) {
    if world.rank() == 0 {
        println!("{kind} {name}: {:016x}", hash(bytes));
    }
}

/// One hash for the results of all ranks, in their order.
fn print_all(world: &Communicator, name: &str, bytes: &[u8]) {
    let hashes = gather(world, hash(bytes));
    let all: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_ne_bytes()).collect();
    print(world, "same", name, &all);
}
