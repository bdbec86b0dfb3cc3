//! Maps that go from rank to rank, and to and from files.

use std::path::PathBuf;

use metatensor_core::TensorMap;
use metatensor_distributed::{Order, Partition, SaveOptions};

use super::{Bits, Function, Place, sorted};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "broadcast",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            let root = world.size() - 1;
            world.broadcast(root, (world.rank() == root).then_some(&input.whole))
        },
        serial: |input| Ok(input.whole.clone()),
    },
    Function {
        name: "scatter",
        place: Place::InParts,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            let given = (world.rank() == 0).then_some(&input.whole);
            world.scatter(0, given, &Partition::Hashed(&["atom"]))
        },
        serial: |input| sorted(&input.whole),
    },
    Function {
        name: "all_gather",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| world.all_gather(&input.own, Order::Labels),
        serial: |input| sorted(&input.whole),
    },
    Function {
        name: "all_gather of equal parts",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            let given = (world.rank() == 0).then_some(&input.whole);
            let part = world.scatter(0, given, &Partition::Rows)?;
            world.all_gather(&part, Order::Source)
        },
        serial: |input| Ok(input.whole.clone()),
    },
    Function {
        name: "redistribute",
        place: Place::InParts,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            world.redistribute(
                &input.own,
                &Partition::Contiguous(&["system"]),
                Order::Labels,
            )
        },
        serial: |input| sorted(&input.whole),
    },
    Function {
        name: "redistribute by source",
        place: Place::InParts,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            world.redistribute(&input.own, &Partition::Contiguous(&["atom"]), Order::Source)
        },
        serial: |input| Ok(input.own.clone()),
    },
    Function {
        name: "save",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            let options = SaveOptions { writers: Some(2) };
            world.save(file(), &input.own, Order::Labels, options)?;
            let loaded = TensorMap::load(file());
            // the next one takes its place
            world.agree(loaded)
        },
        serial: |input| sorted(&input.whole),
    },
    Function {
        name: "load",
        place: Place::InParts,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            let saved = match world.rank() {
                0 => input.whole.save(file()),
                _ => Ok(()),
            };
            world.agree(saved)?;
            world.load(file(), &Partition::Strided(&["atom"]))
        },
        serial: |input| sorted(&input.whole),
    },
];

/// A file that all ranks see.
fn file() -> PathBuf {
    let folder = std::env::var_os("METATENSOR_SHARED_FOLDER").unwrap();
    PathBuf::from(folder).join("bits.mts")
}
