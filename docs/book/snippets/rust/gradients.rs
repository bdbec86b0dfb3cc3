//! Where gradients are, and how to compute with them.

use crate::{Ended, part};

use metatensor::ndarray::Axis;
use metatensor::prelude::*;

// ANCHOR: square
/// ρ² and its gradient 2 ρ ∇ρ, by hand.
fn square(block: &TensorBlock) -> metatensor::Result<TensorBlock> {
    let values = block.to_ndarray::<f64>()?;
    let gradient = block.gradient("positions")?;
    let parents = block.gradient_map("positions")?;

    let mut derivatives = gradient.to_ndarray::<f64>()?;
    for (row, mut derivatives) in derivatives.outer_iter_mut().enumerate() {
        // the row of the values that this one is a derivative of, for all directions
        let rho = values.index_axis(Axis(0), parents.parent(row));
        derivatives *= &(2.0 * &rho);
    }

    let (samples, properties) = (block.samples(), block.properties());
    let mut squared = TensorBlock::new(&values * &values, samples, block.components(), properties)?;
    let labels = (gradient.samples(), gradient.components());
    squared.add_gradient(
        "positions",
        TensorBlock::new(derivatives, labels.0, labels.1, properties)?,
    )?;
    Ok(squared)
}
// ANCHOR_END: square

pub(crate) fn main() -> Ended {
    let spectrum = TensorMap::load("radial-spectrum.mts")?;
    part("map", || {
        // ANCHOR: map
        let spectrum = TensorMap::load("radial-spectrum.mts")?;
        println!("{spectrum}");
        // ANCHOR_END: map
        Ok(())
    })?;
    let block = spectrum.block(&[("center_type", 7), ("neighbor_type", 7)])?;
    part("block", || {
        // ANCHOR: block
        let block = spectrum.block(&[("center_type", 7), ("neighbor_type", 7)])?;
        println!("{block}\n");
        println!("{}", block.display_gradient("positions")?);
        // ANCHOR_END: block
        Ok(())
    })?;
    part("rows", || {
        // ANCHOR: rows
        println!("{}\n", block.samples());
        println!("{}", block.gradient("positions")?.samples());
        // ANCHOR_END: rows
        Ok(())
    })?;
    part("mapping", || {
        // ANCHOR: mapping
        let parents = block.gradient_map("positions")?;
        println!("row 3 is a derivative of sample {}", parents.parent(3));
        println!(
            "sample 1 has the rows {:?}",
            parents.rows_of(1).collect::<Vec<_>>()
        );
        // ANCHOR_END: mapping
        Ok(())
    })?;
    part("components", || {
        // ANCHOR: components
        let expansion = TensorMap::load("spherical-expansion.mts")?;
        let block = expansion.block_by_id(2)?;
        println!("{block}\n");
        println!("{}", block.display_gradient("positions")?);
        // ANCHOR_END: components
        Ok(())
    })?;

    let blocks = spectrum.blocks().iter().map(square);
    let by_hand = blocks.collect::<metatensor::Result<Vec<_>>>()?;
    let by_hand = TensorMap::new(spectrum.keys().clone(), by_hand)?;
    part("operations", || {
        // ANCHOR: operations
        let multiplied = operations::multiply(&spectrum, &spectrum)?;
        let to_the_power_of_2 = operations::pow(&spectrum, 2.0)?;
        println!("{}", operations::equal(&multiplied, &by_hand)?);
        println!("{}", operations::equal(&to_the_power_of_2, &by_hand)?);
        // ANCHOR_END: operations
        Ok(())
    })
}
