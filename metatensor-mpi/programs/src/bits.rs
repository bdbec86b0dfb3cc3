//! Results of all functions, as hashes: those of one number of ranks are always the same, and some are so for all numbers.

use metatensor_core::{Result, TensorMap};
use metatensor_distributed::{Combine, Communicator, Halo, Order, Partition};

use crate::atoms::{Slab, positions};
use crate::engine::{gather, hash};
use crate::maps::{map, part};

/// A function of the whole map and the own part, and a map of this rank that it gives.
type Function = fn(&Communicator, &TensorMap, &TensorMap) -> Result<TensorMap>;

/// Results that depend on the number of ranks only by where their rows are.
const OF_ANY_NUMBER: &[(&str, Function)] = &[
    ("broadcast", |world, whole, _| {
        let root = world.size() - 1;
        world.broadcast(root, (world.rank() == root).then_some(whole))
    }),
    ("scatter", |world, whole, _| {
        world.scatter(
            0,
            (world.rank() == 0).then_some(whole),
            &Partition::Hashed(&["atom"]),
        )
    }),
    ("all_gather", |world, _, own| {
        world.all_gather(own, Order::Labels)
    }),
    ("redistribute", |world, _, own| {
        world.redistribute(own, &Partition::Contiguous(&["system"]), Order::Labels)
    }),
];

/// Results that are rounded as ranks come.
const OF_ONE_NUMBER: &[(&str, Function)] = &[("redistribute by source", |world, _, own| {
    world.redistribute(own, &Partition::Contiguous(&["atom"]), Order::Source)
})];

/// Prints `any NAME HASH` for results that are promised to be the same for any number of ranks, and `same NAME HASH` for those
/// of this number.
pub(crate) fn run(world: &Communicator) {
    let whole = map(7, |i| (i as f64).sqrt());
    let own = part(&whole, world.rank(), world.size());
    for (name, function) in OF_ANY_NUMBER {
        let result = function(world, &whole, &own).unwrap();
        let everywhere = matches!(*name, "broadcast" | "all_gather");
        let sorted = if everywhere {
            Communicator::single()
                .gather(0, &result, Order::Labels)
                .unwrap()
        } else {
            world.gather(0, &result, Order::Labels).unwrap()
        };
        print(
            world,
            "any",
            name,
            sorted.map(|map| map.save_buffer().unwrap()),
        );
    }
    for (name, function) in OF_ONE_NUMBER {
        let result = function(world, &whole, &own).unwrap();
        let bytes = result.save_buffer().unwrap();
        print_all(world, name, &bytes);
    }
    print_all(world, "halo", &halo(world).unwrap());
}

/// Rows of ghosts, and what is added to owners.
fn halo(world: &Communicator) -> Result<Vec<u8>> {
    let slab = Slab::new(&positions(false), world.rank(), world.size());
    let (owned, ghosts) = slab.tags.split_at(slab.owned);
    let mut halo = Halo::new(world, 1, owned, ghosts)?;
    let mut rows: Vec<f64> = owned.iter().map(|tag| f64::from(*tag).sqrt()).collect();
    let mut copies = vec![0.0; ghosts.len()];
    halo.forward(1, &rows, &mut copies)?;
    halo.reverse(Combine::Add, 1, &copies, &mut rows)?;
    rows.extend(copies);
    Ok(rows
        .iter()
        .flat_map(|number| number.to_ne_bytes())
        .collect())
}

fn print(world: &Communicator, kind: &str, name: &str, bytes: Option<Vec<u8>>) {
    if let (0, Some(bytes)) = (world.rank(), bytes) {
        println!("{kind} {name}: {:016x}", hash(&bytes));
    }
}

/// One hash for the results of all ranks, in their order.
fn print_all(world: &Communicator, name: &str, bytes: &[u8]) {
    let hashes = gather(world, hash(bytes));
    let all = hashes.iter().flat_map(|hash| hash.to_ne_bytes()).collect();
    print(world, "same", name, Some(all));
}
