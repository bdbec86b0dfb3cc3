//! Products of spherical expansions.

use crate::{Ended, part};

use metatensor::prelude::*;

pub(crate) fn main() -> Ended {
    part("power", || {
        // ANCHOR: power
        use metatensor::operations::{
            InvariantsOptions, estimate_bytes, invariants, invariants_metadata,
        };

        let expansion = TensorMap::load("spherical-expansion.mts")?;
        let options = InvariantsOptions::default();
        let expected = invariants_metadata(&expansion, options)?;
        println!(
            "{} blocks, {} bytes",
            expected.len(),
            estimate_bytes(&expected)
        );

        let spectrum = invariants(&expansion, options)?;
        println!("{spectrum}\n\n{}", spectrum.block_by_id(0)?);
        // ANCHOR_END: power
        Ok(())
    })?;
    part("covariant", || {
        // ANCHOR: covariant
        use metatensor::operations::{CgPowerOptions, cg_power};

        let expansion = TensorMap::load("spherical-expansion.mts")?;
        let expansion = expansion.keys_to_properties("neighbor_type", 0.0, SampleOrder::Sorted)?;
        let squares = cg_power(&expansion, 2, CgPowerOptions::default())?;
        println!("{} blocks, for example", squares.len());
        println!("{}", squares.block_by_id(1)?);
        // ANCHOR_END: covariant
        Ok(())
    })
}
