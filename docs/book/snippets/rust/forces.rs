//! Forces, virials and stresses from energies with gradients.

use crate::{Ended, part};

// ANCHOR: forces
use metatensor::ndarray::{arr2, arr3};
use metatensor::prelude::*;

/// The energy of a system in a box, with gradients with respect to positions and to strain.
fn energy() -> metatensor::Result<TensorMap> {
    let energy = Labels::range("energy", 1)?;
    let system = Labels::new(["system"], [[0]])?;
    let mut block = TensorBlock::new(arr2(&[[-7.5]]), &system, [], &energy)?;

    let rows = Labels::new(["sample", "system", "atom"], [[0, 0, 0], [0, 0, 1]])?;
    let derivatives = arr3(&[[[0.5], [0.0], [0.0]], [[-0.5], [0.0], [0.0]]]);
    let xyz = Labels::range("xyz", 3)?;
    block.add_gradient(
        "positions",
        TensorBlock::new(derivatives, rows, [xyz], &energy)?,
    )?;

    let rows = Labels::new(["sample"], [[0]])?;
    let derivatives =
        metatensor::ndarray::Array4::from_shape_fn(
            (1, 3, 3, 1),
            |(_, i, j, _)| {
                if i == j { -0.5 } else { 0.0 }
            },
        );
    let directions = [Labels::range("xyz_2", 3)?, Labels::range("xyz_1", 3)?];
    block.add_gradient(
        "strain",
        TensorBlock::new(derivatives, rows, directions, &energy)?,
    )?;
    TensorMap::new(Labels::single(), vec![block])
}
// ANCHOR_END: forces

pub(crate) fn main() -> Ended {
    let energy = energy()?;
    part("forces", || {
        // ANCHOR: use
        let forces = operations::forces(&energy, None)?;
        println!("{:?}: {}", forces.values().shape()?, forces.samples());
        println!("{}", forces.to_ndarray::<f64>()?);
        // ANCHOR_END: use
        Ok(())
    })?;
    part("stress", || {
        // ANCHOR: stress
        let virial = operations::virial(&energy, None)?;
        let systems = Labels::new(["system"], [[0]])?;
        let stress = operations::stress(&virial, &systems, &[125.0])?; // with the volume of each system
        println!(
            "{:?}: {:?}",
            stress.values().shape()?,
            stress.values_as::<f64>()?[[0, 0, 0, 0]]
        );
        // ANCHOR_END: stress
        Ok(())
    })
}
