//! A linear model of energies and forces.
//!
//! Run it with `cargo run --profile quick -p metatensor --example linear_model`.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use metatensor::ndarray::Array2;
use metatensor::operations::{AllcloseOptions, LstsqOptions};
use metatensor::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    linear_model(&data, &mut io::stdout().lock())
}

/// Fits the weights of a model to energies and forces, with the files in the directory `data`, and prints what it
/// predicts to `out`.
///
/// # Errors
///
/// If the files can not be loaded, if nothing can be written to `out`, or if the model does not fit.
pub fn linear_model(data: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let atoms = load_descriptors(data)?;

    // The energy of a system is a sum over its atoms, and so are its descriptors. Gradients with respect to the
    // positions are summed as well.
    let systems = operations::sum_over_samples(&atoms, &["atom", "center_type"])?;

    // Energies and forces that would come from another program. These are made up: a linear function of the
    // descriptors, with weights that the model does not know.
    let reference = operations::dot(&systems, &made_up_weights(&systems)?)?;
    print("reference", &reference, out)?;

    // The weights that fit energies best, and forces: each component of each force is one equation. With fewer
    // independent equations than weights, these are the smallest of all weights that fit.
    let options = LstsqOptions { rcond: Some(1e-10) };
    let weights = operations::lstsq(&systems, &reference, options)?;

    // Predictions are products of descriptors and weights, and those of forces the same with gradients.
    let predicted = operations::dot(&systems, &weights)?;
    print("predicted", &predicted, out)?;

    operations::check_allclose(&predicted, &reference, AllcloseOptions::default())?;
    writeln!(out, "the model fits")?;
    Ok(())
}

/// Descriptors of atoms, in one block.
fn load_descriptors(data: &Path) -> metatensor::Result<TensorMap> {
    // There is one block per pair of types. Pairs that a center does not have become zeros.
    let blocks = TensorMap::load(data.join("radial-spectrum.mts"))?;
    blocks
        .keys_to_samples("center_type", 0.0, SampleOrder::Sorted)?
        .keys_to_properties("neighbor_type", 0.0, SampleOrder::Sorted)
}

/// Weights for the properties of `descriptors`, as a map with one sample per output: the energy.
fn made_up_weights(descriptors: &TensorMap) -> metatensor::Result<TensorMap> {
    let properties = descriptors.block(&[])?.properties();
    let energy = Labels::new(["energy"], [[0]])?;
    let weight = |(_, i): (usize, usize)| (if i % 2 == 0 { 1.0 } else { -1.0 }) / (i + 1) as f64;
    let weights = Array2::from_shape_fn((1, properties.count()), weight);
    let block = TensorBlock::new(weights, &energy, [], properties)?;
    TensorMap::new(descriptors.keys().clone(), vec![block])
}

/// Prints the energy of the only system, and its forces.
fn print(title: &str, map: &TensorMap, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    let block = map.block(&[])?;
    let energy = block.to_ndarray::<f64>()?;
    writeln!(out, "{title} energy: {:9.6}", energy[[0, 0]])?;

    // Forces are derivatives of the energy with respect to positions, with the opposite sign. Rows of the gradient
    // are atoms, and its component is the direction: the shape is [atoms, 3, 1].
    let gradient = block.gradient("positions")?;
    let atoms = gradient.samples().column("atom")?;
    for (atom, derivatives) in atoms.iter().zip(gradient.to_ndarray::<f64>()?.outer_iter()) {
        // -dE, but never -0
        let [x, y, z] = [0, 1, 2].map(|direction| 0.0 - derivatives[[direction, 0]]);
        writeln!(out, "    force on atom {atom}: {x:9.6} {y:9.6} {z:9.6}")?;
    }
    Ok(())
}
