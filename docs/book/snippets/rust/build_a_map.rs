//! A map made of what a program computes.

use crate::{Ended, part};

// ANCHOR: build
use metatensor::ndarray::{Array2, Array3};
use metatensor::prelude::*;

/// What a program has.
struct Molecule {
    types: Vec<i32>,
    positions: Vec<[f64; 3]>,
}

const WIDTHS: [f64; 2] = [1.0, 2.0];

/// For each atom of one type, sums of `exp(-r² / w²)` over all other atoms, with their derivatives.
fn block_of(molecule: &Molecule, center_type: i32) -> metatensor::Result<TensorBlock> {
    let atoms = molecule.positions.len();
    let is_center = |atom: &usize| molecule.types[*atom] == center_type;
    let centers: Vec<usize> = (0..atoms).filter(is_center).collect();

    let mut values = Array2::<f64>::zeros((centers.len(), WIDTHS.len()));
    // one gradient row for each center and each atom that it depends on: here all of them
    let mut gradient = Array3::<f64>::zeros((centers.len() * atoms, 3, WIDTHS.len()));
    for (sample, &center) in centers.iter().enumerate() {
        for neighbor in (0..atoms).filter(|&neighbor| neighbor != center) {
            let (a, b) = (molecule.positions[center], molecule.positions[neighbor]);
            let vector = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
            let square: f64 = vector.iter().map(|x| x * x).sum();
            for (n, width) in WIDTHS.iter().enumerate() {
                let term = (-square / (width * width)).exp();
                values[[sample, n]] += term;
                for (xyz, x) in vector.iter().enumerate() {
                    let derivative = -2.0 * x / (width * width) * term;
                    gradient[[sample * atoms + center, xyz, n]] += derivative;
                    gradient[[sample * atoms + neighbor, xyz, n]] -= derivative;
                }
            }
        }
    }

    let samples = centers.iter().map(|&center| [0, center as i32]);
    let samples = Labels::from_rows(&["system", "atom"], samples)?;
    let properties = Labels::range("width", WIDTHS.len())?;
    let mut block = TensorBlock::new(values, samples, [], &properties)?;

    // "sample" is the row of the values; the other dimensions say with respect to what it was derived
    let rows = (0..centers.len()).flat_map(|sample| (0..atoms).map(move |atom| (sample, atom)));
    let rows = rows.map(|(sample, atom)| [sample as i32, 0, atom as i32]);
    let rows = Labels::from_rows(&["sample", "system", "atom"], rows)?;
    let xyz = Labels::range("xyz", 3)?;
    block.add_gradient(
        "positions",
        TensorBlock::new(gradient, rows, [xyz], &properties)?,
    )?;
    Ok(block)
}

fn descriptor(molecule: &Molecule) -> metatensor::Result<TensorMap> {
    let mut types = molecule.types.clone();
    types.sort();
    types.dedup();
    let blocks = types.iter().map(|&center| block_of(molecule, center));
    let blocks = blocks.collect::<metatensor::Result<Vec<_>>>()?;
    let keys = Labels::from_rows(&["center_type"], types.iter().map(|&center| [center]))?;
    TensorMap::new(keys, blocks)
}
// ANCHOR_END: build

pub(crate) fn main() -> Ended {
    let water = Molecule {
        types: vec![8, 1, 1],
        positions: vec![[0.0, 0.0, 0.0], [0.96, 0.0, 0.0], [-0.24, 0.93, 0.0]],
    };
    // ANCHOR: save
    let map = descriptor(&water)?;
    map.save("water.mts")?;
    // ANCHOR_END: save
    assert_eq!(TensorMap::load("water.mts")?.len(), map.len());
    part("map", || {
        println!("{map}\n\n{}", map.block(&[("center_type", 1)])?);
        Ok(())
    })?;
    part("wrong", || {
        // ANCHOR: wrong
        let three = Labels::range("atom", 3)?;
        let two_rows = Array2::<f64>::zeros((2, 1));
        let error = TensorBlock::new(two_rows, three, [], Labels::range("n", 1)?).unwrap_err();
        println!("{error}");
        // ANCHOR_END: wrong
        Ok(())
    })
}
