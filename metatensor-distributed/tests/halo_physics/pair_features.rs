//! Features of atoms as blocks with gradients, and a linear model of them.

use std::collections::BTreeMap;

use metatensor_core::{Labels, Result, TensorBlock};
use metatensor_operations::{dot, sum_over_samples};
use ndarray::{Array2, Array3};

use super::atoms::{DECAYS, Region, WEIGHTS, radial, square};

/// A block of these samples, with values and gradient rows by (sample, system, atom).
fn block<const N: usize>(
    samples: &Labels,
    properties: &Labels,
    values: &[[f64; N]],
    rows: &BTreeMap<[i32; 3], [[f64; N]; 3]>,
) -> Result<TensorBlock> {
    let values = Array2::from_shape_fn((values.len(), N), |(i, n)| values[i][n]);
    let mut block = TensorBlock::new(values, samples, [], properties)?;
    let labels = Labels::from_rows(&["sample", "system", "atom"], rows.keys())?;
    let rows: Vec<_> = rows.values().collect();
    let gradient = Array3::from_shape_fn((rows.len(), 3, N), |(i, axis, n)| rows[i][axis][n]);
    let xyz = [Labels::range("xyz", 3)?];
    block.add_gradient(
        "positions",
        TensorBlock::new(gradient, labels, &xyz, properties)?,
    )?;
    Ok(block)
}

/// Energies of the owned atoms of each system, from features of these atoms.
pub(crate) fn energy_of_systems(region: &Region) -> Result<TensorBlock> {
    let mut values = vec![[0.0; 3]; region.owned.len()];
    let mut rows = BTreeMap::new();
    for (i, j, vector) in region.pairs() {
        for (n, decay) in DECAYS.into_iter().enumerate() {
            let (value, derivative) = radial(decay, square(vector));
            values[i][n] += value;
            for (row, sign) in [(i, -1.0), (j, 1.0)] {
                let about = [i as i32, region.systems[row], region.atom(row) as i32];
                let gradient = rows.entry(about).or_insert([[0.0; 3]; 3]);
                for axis in 0..3 {
                    gradient[axis][n] += sign * 2.0 * derivative * vector[axis];
                }
            }
        }
    }
    let properties = Labels::range("n", 3)?;
    let features = block(&region.owned_labels, &properties, &values, &rows)?;
    let weights = Array2::from_shape_fn((1, 3), |(_, n)| WEIGHTS[n]);
    let weights = TensorBlock::new(weights, Labels::range("energy", 1)?, [], &properties)?;
    sum_over_samples(&dot(&features, &weights)?, &["atom", "image"])
}

/// Energies of owned atoms: those of pairs are given to both atoms in equal parts, where this rank has them, and then to owners.
pub(crate) fn energy_of_atoms(region: &Region) -> Result<TensorBlock> {
    let halo = region.halo();
    let property = Labels::range("energy", 1)?;
    let zeros = vec![[0.0]; region.owned.len()];
    let empty = block(&region.owned_labels, &property, &zeros, &BTreeMap::new())?;
    let mut blocks = halo.prepare(&empty)?;

    let mut values = vec![[0.0]; region.positions.len()];
    let mut rows = BTreeMap::new();
    for (i, j, vector) in region.pairs() {
        for (decay, weight) in DECAYS.into_iter().zip(WEIGHTS) {
            let (value, derivative) = radial(decay, square(vector));
            for sample in [i, j] {
                values[sample][0] += 0.5 * weight * value;
                for (row, sign) in [(i, -1.0), (j, 1.0)] {
                    let about = [sample as i32, region.systems[row], region.atom(row) as i32];
                    let gradient = rows.entry(about).or_insert([[0.0]; 3]);
                    for axis in 0..3 {
                        gradient[axis][0] += sign * weight * derivative * vector[axis];
                    }
                }
            }
        }
    }
    let energies = block(blocks.samples(), &property, &values, &rows)?;
    blocks.reverse_add(&energies)
}
