//! Parts of maps.

use crate::{Ended, part};

// ANCHOR: blocks
use metatensor::operations::{Axis, Selection};
use metatensor::prelude::*;

/// Only blocks around oxygen, whatever the neighbor is.
fn oxygen(map: &TensorMap) -> metatensor::Result<TensorMap> {
    let center = Labels::new(["center_type"], [[8]])?;
    operations::filter_blocks(map, &center)
}
// ANCHOR_END: blocks

// ANCHOR: slice
/// Some atoms, with all gradient rows that they have.
fn atoms(map: &TensorMap, atoms: &[i32]) -> metatensor::Result<TensorMap> {
    let samples = Labels::from_rows(&["atom"], atoms.iter().map(|&atom| [atom]))?;
    operations::slice(map, Axis::Samples, &samples)
}

/// The first two properties of all blocks, and the last one.
fn two_and_one(map: &TensorMap) -> metatensor::Result<Vec<TensorMap>> {
    let parts = [Selection::Indices(&[0, 1]), Selection::Indices(&[-1])];
    operations::split(map, Axis::Properties, &parts)
}
// ANCHOR_END: slice

pub(crate) fn main() -> Ended {
    let map = TensorMap::load("radial-spectrum.mts")?;
    part("blocks", || {
        println!("{}", oxygen(&map)?);
        Ok(())
    })?;
    part("slice", || {
        let part = atoms(&map, &[4, 5])?;
        println!(
            "{}",
            part.block(&[("center_type", 7), ("neighbor_type", 7)])?
        );
        Ok(())
    })?;
    let parts = two_and_one(&map)?;
    let count = |part: &TensorMap| part.blocks()[0].properties().count();
    assert_eq!((count(&parts[0]), count(&parts[1])), (2, 1));
    part("unique", || {
        // ANCHOR: unique
        let atoms = operations::unique_metadata(&map, Axis::Samples, &["system", "atom"], None)?;
        println!("{atoms}");
        // ANCHOR_END: unique
        Ok(())
    })
}
