//! Several maps as one.

use crate::{Ended, part};

// ANCHOR: join
use metatensor::operations::{Axis, DifferentKeys, JoinOptions};
use metatensor::prelude::*;

/// One map with the samples of several, which need not have blocks for the same keys. The new dimension "structure" is the position
/// in the list of the map that a sample comes from.
fn data_set(maps: &[&TensorMap]) -> metatensor::Result<TensorMap> {
    let options = JoinOptions {
        different_keys: DifferentKeys::Union,
        add_dimension: Some("structure"),
        ..JoinOptions::default()
    };
    operations::join(maps, Axis::Samples, options)
}
// ANCHOR_END: join

pub(crate) fn main() -> Ended {
    let first = TensorMap::load("radial-spectrum.mts")?;
    let oxygen = Labels::new(["center_type"], [[8]])?;
    let second = operations::filter_blocks(&first, &oxygen)?;
    let joined = data_set(&[&first, &second])?;
    part("join", || {
        println!("{joined}\n");
        println!(
            "{}",
            joined
                .block(&[("center_type", 8), ("neighbor_type", 8)])?
                .samples()
        );
        Ok(())
    })
}
