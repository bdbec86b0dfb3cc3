//! A linear model of energies, with forces.

use crate::{Ended, part};

// ANCHOR: descriptors
use metatensor::operations::LstsqOptions;
use metatensor::prelude::*;

/// One row for each system, one column for each descriptor: sums over atoms, as energies are.
fn descriptors(pairs: &TensorMap) -> metatensor::Result<TensorMap> {
    let atoms = pairs
        .keys_to_samples("center_type", 0.0, SampleOrder::Sorted)?
        .keys_to_properties("neighbor_type", 0.0, SampleOrder::Sorted)?;
    operations::sum_over_samples(&atoms, &["atom", "center_type"])
}
// ANCHOR_END: descriptors

// ANCHOR: fit
/// The weights that fit energies and their gradients best.
fn fit(descriptors: &TensorMap, energies: &TensorMap) -> metatensor::Result<TensorMap> {
    operations::lstsq(descriptors, energies, LstsqOptions { rcond: Some(1e-10) })
}

/// The energy of each system, with gradients with respect to positions.
fn predict(descriptors: &TensorMap, weights: &TensorMap) -> metatensor::Result<TensorMap> {
    operations::dot(descriptors, weights)
}
// ANCHOR_END: fit

/// Energies that would come from another program.
fn reference(descriptors: &TensorMap) -> metatensor::Result<TensorMap> {
    let properties = descriptors.block(&[])?.properties();
    let weights = metatensor::ndarray::Array2::from_shape_fn((1, properties.count()), |(_, i)| {
        1.0 / (i + 1) as f64
    });
    let block = TensorBlock::new(weights, Labels::range("energy", 1)?, [], properties)?;
    operations::dot(
        descriptors,
        &TensorMap::new(descriptors.keys().clone(), vec![block])?,
    )
}

pub(crate) fn main() -> Ended {
    let descriptors = descriptors(&TensorMap::load("radial-spectrum.mts")?)?;
    let energies = reference(&descriptors)?;
    let weights = fit(&descriptors, &energies)?;
    let predicted = predict(&descriptors, &weights)?;
    operations::check_allclose(
        &predicted,
        &energies,
        operations::AllcloseOptions::default(),
    )?;
    part("forces", || {
        // ANCHOR: forces
        let forces = operations::forces(&predicted, None)?;
        println!("{forces}\n");
        for row in forces.values_as::<f64>()?.outer_iter() {
            println!(
                "{:9.6} {:9.6} {:9.6}",
                row[[0, 0]],
                row[[1, 0]],
                row[[2, 0]]
            );
        }
        // ANCHOR_END: forces
        Ok(())
    })?;
    // ANCHOR: batches
    let mut squares = operations::LeastSquares::new();
    let batches = vec![(descriptors, energies)]; // one here; else each is read when it is needed
    for (descriptors, energies) in &batches {
        squares.add(descriptors, energies)?;
    }
    let weights = squares.solve(LstsqOptions { rcond: Some(1e-10) })?;
    // ANCHOR_END: batches
    assert_eq!(weights.len(), 1);
    Ok(())
}
