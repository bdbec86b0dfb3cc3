//! From a spherical expansion to a power spectrum, and to the energy and forces of a linear model.
//!
//! Run it with `cargo run --profile quick -p metatensor --example power_spectrum`.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use metatensor::ndarray::Array2;
use metatensor::operations::{InvariantsOptions, NeighborPairs};
use metatensor::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    power_spectrum(&data, &mut io::stdout().lock())
}

/// Computes energy and forces of the molecule whose spherical expansion is in the directory `data`, and prints them to `out`.
///
/// # Errors
///
/// If the file can not be loaded, or nothing can be written to `out`.
pub fn power_spectrum(data: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // For each atom, the density of its neighbors around it, in spherical harmonics; with gradients with respect to
    // the positions of all atoms.
    let expansion = TensorMap::load(data.join("spherical-expansion.mts"))?;

    // Products that do not change when the molecule is rotated, for all pairs of neighbors. How much memory they take is
    // known before they are computed.
    let options = InvariantsOptions {
        pairs: NeighborPairs::All,
        ..InvariantsOptions::default()
    };
    let expected = operations::invariants_metadata(&expansion, options)?;
    let bytes = operations::estimate_bytes(&expected);
    writeln!(out, "the power spectrum takes {bytes} bytes")?;
    let spectrum = operations::invariants(&expansion, options)?;

    // One row for each atom, whatever its type: then there is one block, and one weight for each property.
    let atoms = spectrum.keys_to_samples("center_type", 0.0, SampleOrder::Sorted)?;
    let energies = operations::dot(&atoms, &made_up_weights(&atoms)?)?;
    for (atom, energy) in energies.block(&[])?.to_ndarray::<f64>()?.iter().enumerate() {
        writeln!(out, "energy of atom {atom}: {energy:9.6}")?;
    }

    // The energy of the molecule is the sum of those of its atoms. Its forces are minus the sums of their gradients.
    let energy = operations::sum_over_samples(&energies, &["atom", "center_type"])?;
    let total = energy.block(&[])?.to_ndarray::<f64>()?[[0, 0]];
    writeln!(out, "energy: {total:9.6}")?;
    let forces = operations::forces(&energy, None)?;
    let mut sum = [0.0; 3];
    for (atom, force) in forces
        .samples()
        .column("atom")?
        .iter()
        .zip(forces.to_ndarray::<f64>()?.outer_iter())
    {
        let [x, y, z] = [0, 1, 2].map(|direction| force[[direction, 0]]);
        writeln!(out, "force on atom {atom}: {x:9.6} {y:9.6} {z:9.6}")?;
        sum = [sum[0] + x, sum[1] + y, sum[2] + z];
    }

    // Nothing changes when all atoms move together.
    let vanishes = sum.iter().all(|x| x.abs() < 1e-12);
    let verb = if vanishes { "is" } else { "is not" };
    writeln!(out, "the sum of forces {verb} zero")?;
    Ok(())
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
