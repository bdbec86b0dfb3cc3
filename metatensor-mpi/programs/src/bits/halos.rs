//! Rows and blocks of ghosts, and what is added to owners.

use metatensor_core::{Result, TensorBlock, TensorMap};
use metatensor_distributed::{BlockHalo, Combine, Communicator, Halo};
use metatensor_operations::multiply_scalar;

use super::{Bits, Function, Input, Place, sorted};
use crate::atoms::{Slab, positions};
use crate::maps::{owner, samples};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        // samples of all other ranks are ghosts
        name: "forward of a halo",
        place: Place::Everywhere,
        bits: Bits::OfAnyNumber,
        call: |world, input| {
            sorted(&each_block(world, input, |halo, block| {
                halo.forward(block)
            })?)
        },
        serial: |input| sorted(&without_info(&input.whole)?),
    },
    Function {
        name: "reverse_add of a halo",
        place: Place::InParts,
        bits: Bits::OfOneNumber,
        call: |world, input| {
            let factor = 1.0 + world.rank() as f64 / 7.0;
            each_block(world, input, |halo, block| {
                let all = halo.forward(block)?;
                halo.reverse_add(&multiply_scalar(&all, factor)?)
            })
        },
        serial: |input| sorted(&without_info(&input.own)?),
    },
];

fn without_info(map: &TensorMap) -> Result<TensorMap> {
    TensorMap::new(map.keys(), map.blocks().to_vec())
}

/// Calls a function for each block, prepared for its labels.
fn each_block(
    world: &Communicator,
    input: &Input,
    step: impl Fn(&mut BlockHalo, &TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorMap> {
    let is_own = |sample: &[i32]| owner(sample, world.size()) == world.rank();
    let ghosts = samples(|sample| !is_own(sample));
    let halo = Halo::of_labels(world, &samples(is_own), &ghosts, &["system", "atom"])?;
    let blocks = input.own.blocks().iter();
    let results = blocks.map(|block| step(&mut halo.prepare(block)?, block));
    TensorMap::new(input.own.keys(), results.collect::<Result<Vec<_>>>()?)
}

/// Rows of ghosts, and what is made of the rows of their owners.
pub(super) fn rows(world: &Communicator) -> Result<Vec<u8>> {
    let slab = Slab::new(&positions(false), world.rank(), world.size());
    let (owned, ghosts) = slab.tags.split_at(slab.owned);
    let mut halo = Halo::new(world, 1, owned, ghosts)?;
    let mut rows: Vec<f64> = owned.iter().map(|tag| f64::from(*tag + 1).sqrt()).collect();
    let mut copies = vec![0.0; ghosts.len()];
    halo.forward(1, &rows, &mut copies)?;
    for (tag, copy) in ghosts.iter().zip(&mut copies) {
        *copy /= f64::from(tag % 7 + 1);
    }
    for combine in [Combine::Add, Combine::Multiply, Combine::Min, Combine::Max] {
        halo.reverse(combine, 1, &copies, &mut rows)?;
    }
    rows.extend(copies);
    let bytes = rows.iter().flat_map(|number| number.to_ne_bytes());
    Ok(bytes.collect())
}
