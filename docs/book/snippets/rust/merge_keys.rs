//! Moving dimensions of keys to samples and properties.

use crate::{Ended, part};

// ANCHOR: merge
use metatensor::prelude::*;

fn one_block(pairs: &TensorMap) -> metatensor::Result<TensorMap> {
    pairs
        .keys_to_samples("center_type", 0.0, SampleOrder::Sorted)?
        .keys_to_properties("neighbor_type", 0.0, SampleOrder::Sorted)
}
// ANCHOR_END: merge

pub(crate) fn main() -> Ended {
    let pairs = TensorMap::load("radial-spectrum.mts")?;
    part("before", || {
        println!("{pairs}");
        Ok(())
    })?;
    let merged = one_block(&pairs)?;
    part("after", || {
        println!("{merged}\n\n{}", merged.block(&[])?);
        Ok(())
    })?;

    // ANCHOR: some
    // Columns for neighbors of the types 1, 6, 7 and 8, whatever is in this map.
    let types = Labels::new(["neighbor_type"], [[1], [6], [7], [8]])?;
    let same_columns = pairs.keys_to_properties(types, 0.0, SampleOrder::Sorted)?;
    // ANCHOR_END: some
    part("some", || {
        println!("{}", same_columns.block_by_id(0)?.properties());
        Ok(())
    })
}
