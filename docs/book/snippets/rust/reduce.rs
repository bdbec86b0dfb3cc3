//! Sums, means and variances over samples and properties.

use crate::{Ended, part};

// ANCHOR: sum
use metatensor::prelude::*;

/// Descriptors of whole systems: sums over their atoms.
fn systems(atoms: &TensorMap) -> metatensor::Result<TensorMap> {
    operations::sum_over_samples(atoms, &["atom"])
}
// ANCHOR_END: sum

pub(crate) fn main() -> Ended {
    let atoms = TensorMap::load("radial-spectrum.mts")?;
    let before = atoms.block(&[("center_type", 8), ("neighbor_type", 8)])?;
    let systems = systems(&atoms)?;
    let after = systems.block(&[("center_type", 8), ("neighbor_type", 8)])?;
    part("sum", || {
        println!("before: {before}\n\nafter: {after}\n");
        println!("{}", after.gradient("positions")?.samples());
        Ok(())
    })?;
    // ANCHOR: others
    let means = operations::mean_over_samples(&atoms, &["atom"])?;
    let deviations = operations::std_over_samples(&atoms, &["atom"])?;
    let norms = operations::sum_over_properties(&operations::pow(&atoms, 2.0)?, &["n"])?;
    // ANCHOR_END: others
    for map in [means, deviations, norms] {
        assert!(map.blocks()[0].gradient("positions").is_ok());
    }
    Ok(())
}
