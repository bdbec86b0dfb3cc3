//! Where gradients are, and how to compute with them.
//!
//! Run it with `cargo run --profile quick -p metatensor --example managing_gradients`.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;

use metatensor::DenseArray;
use metatensor::ndarray::{self, s};
use metatensor::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    tutorial(&data, &mut io::stdout().lock())
}

/// The whole tutorial, with the files in the directory `data`, printing to `out`.
///
/// # Errors
///
/// If the files can not be loaded, or nothing can be written to `out`.
pub fn tutorial(data: &Path, out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    // ---- Amazing gradients and where to find them ------------------------------------------------

    // The radial spectrum of a few molecules: a map with two dimensions in its keys, and 5 blocks.
    let radial_spectrum = TensorMap::load(data.join("radial-spectrum.mts"))?;
    writeln!(out, "{radial_spectrum}\n")?;

    // Blocks can have gradients, here with respect to the positions of atoms.
    let block = radial_spectrum.block(&[("center_type", 7), ("neighbor_type", 7)])?;
    writeln!(out, "{block}\n")?;

    // A gradient is a block as well, with its own samples and components.
    let gradient = block.gradient("positions")?;
    writeln!(out, "{}\n", block.display_gradient("positions")?)?;

    // The first dimension of its samples, "sample", is the row of the values which is
    // differentiated. The others say with respect to which atom: the first row is the derivative of
    // the first sample with respect to the position of atom 4. What is not there is zero.
    writeln!(out, "{}\n", gradient.samples())?;
    writeln!(out, "{}\n", block.samples())?;

    // The x, y and z directions are a component of the gradient.
    writeln!(out, "{:?}\n", gradient.components())?;

    // Properties are those of the values.
    writeln!(
        out,
        "{}\n",
        python(block.properties() == gradient.properties())
    )?;

    // This molecule lies along x: there are zeros in the other directions.
    writeln!(out, "{:11.8}\n", gradient.to_ndarray::<f64>()?)?;

    // ---- What if the values have components? -----------------------------------------------------

    let spherical_expansion = TensorMap::load(data.join("spherical-expansion.mts"))?;
    writeln!(out, "{spherical_expansion}\n")?;

    // The values of these blocks have a component, for the index m of spherical harmonics...
    let block = spherical_expansion.block_by_id(2)?;
    writeln!(out, "{:?}\n", block.components())?;

    // ...which their gradients have as well, after the direction.
    let gradient = block.gradient("positions")?;
    writeln!(out, "{}\n", block.display_gradient("positions")?)?;
    writeln!(out, "first set of components: {}", gradient.components()[0])?;
    writeln!(
        out,
        "second set of components: {}\n",
        gradient.components()[1]
    )?;

    // ---- Using gradients in calculations ---------------------------------------------------------

    // To compute h = ρ², and its gradient ∇h = 2 ρ ∇ρ, each row of the gradient needs the row of ρ
    // that it belongs to. The mapping tells which one.
    let gradient = radial_spectrum.block_by_id(2)?.gradient("positions")?;
    writeln!(out, "{:?}\n", gradient.samples().column("sample")?)?;

    let blocks = radial_spectrum.blocks().iter().map(compute_square);
    let blocks = blocks.collect::<Result<_, _>>()?;
    let squared = TensorMap::new(radial_spectrum.keys().clone(), blocks)?;
    writeln!(out, "{squared}\n")?;

    let rs_block = radial_spectrum.block_by_id(2)?;
    let squared_block = squared.block_by_id(2)?;
    writeln!(out, "radial_spectrum block: {rs_block}")?;
    writeln!(out, "square block: {squared_block}\n")?;

    writeln!(
        out,
        "radial_spectrum values: {:11.8}",
        rs_block.to_ndarray::<f64>()?
    )?;
    writeln!(
        out,
        "square values: {:11.8}\n",
        squared_block.to_ndarray::<f64>()?
    )?;

    let along_x = |block: &TensorBlock| -> metatensor::Result<_> {
        let gradient = block.gradient("positions")?.to_ndarray::<f64>()?;
        Ok(gradient.slice(s![.., 0, ..]).to_owned())
    };
    writeln!(out, "radial_spectrum gradient: {:11.8}", along_x(rs_block)?)?;
    writeln!(out, "square gradient: {:11.8}\n", along_x(squared_block)?)?;

    // All of this is what operations do.
    let multiplied = operations::multiply(&radial_spectrum, &radial_spectrum)?;
    writeln!(out, "{}", python(operations::equal(&multiplied, &squared)?))?;
    let to_the_power_of_2 = operations::pow(&radial_spectrum, 2.0)?;
    writeln!(
        out,
        "{}",
        python(operations::equal(&to_the_power_of_2, &squared)?)
    )?;
    Ok(())
}

/// As the Python version of this tutorial prints it.
fn python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

/// The square of one block, by hand.
fn compute_square(block: &TensorBlock) -> metatensor::Result<TensorBlock> {
    let values = block.to_ndarray::<f64>()?;
    let labels: (&Labels, &[Labels], &Labels) =
        (block.samples(), block.components(), block.properties());
    let mut squared = TensorBlock::new(values.mapv(|x| x * x), labels.0, labels.1, labels.2)?;

    let gradient = block.gradient("positions")?;
    let mut new_gradient = gradient.to_ndarray::<f64>()?;
    let map = block.gradient_map("positions")?;
    for (row, mut derivatives) in new_gradient.outer_iter_mut().enumerate() {
        // All components of this row are multiplied by the same row of the values.
        derivatives *= &(2.0 * &values.index_axis(ndarray::Axis(0), map.parent(row)));
    }
    let gradient = TensorBlock::new(
        DenseArray::from(new_gradient),
        gradient.samples(),
        gradient.components(),
        gradient.properties(),
    )?;
    squared.add_gradient("positions", gradient)?;
    Ok(squared)
}
