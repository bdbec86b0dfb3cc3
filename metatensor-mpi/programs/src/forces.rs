//! A linear model on features of neighbors, as blocks with gradients: energies of atoms, and forces that ranks add for each other.

use std::collections::BTreeMap;

use metatensor_core::{Labels, Result, TensorBlock};
use metatensor_distributed::{Communicator, Halo};
use metatensor_operations::dot;
use ndarray::{Array2, Array3};

use crate::atoms::{CUTOFF, Pair, Slab, assert_close, length, pairs_of_nearest_images, positions};

/// Functions of the distance.
const FEATURES: usize = 4;

/// Their values and derivatives.
fn radial(distance: f64) -> [(f64, f64); FEATURES] {
    let x = 1.0 - distance * distance / (CUTOFF * CUTOFF);
    let slope = -2.0 * distance / (CUTOFF * CUTOFF);
    std::array::from_fn(|n| {
        let power = n as i32 + 2;
        (x.powi(power), f64::from(power) * x.powi(power - 1) * slope)
    })
}

/// Features of the first `owned` of all atoms, with gradients with respect to all that have these tags.
fn features(tags: &[i32], owned: usize, pairs: &[Pair]) -> Result<TensorBlock> {
    let mut values = Array2::<f64>::zeros([owned, FEATURES]);
    let mut rows: BTreeMap<[i32; 3], [[f64; FEATURES]; 3]> = BTreeMap::new();
    for (i, j, to) in pairs {
        let distance = length(to);
        for (n, (value, slope)) in radial(distance).into_iter().enumerate() {
            values[[*i, n]] += value;
            for (k, to) in to.iter().enumerate() {
                let gradient = slope * to / distance;
                // Images of one atom share a row.
                rows.entry([*i as i32, 0, tags[*j]]).or_default()[k][n] += gradient;
                rows.entry([*i as i32, 0, tags[*i]]).or_default()[k][n] -= gradient;
            }
        }
    }
    let samples = tags[..owned].iter().map(|&tag| [0, tag]);
    let samples = Labels::new(["system", "atom"], samples.collect::<Vec<_>>())?;
    let properties = Labels::range("n", FEATURES)?;
    let mut block = TensorBlock::new(values, samples, [], &properties)?;
    let labels: Vec<_> = rows.keys().copied().collect();
    let labels = Labels::new(["sample", "system", "atom"], labels)?;
    let elements = rows.values().flatten().flatten().copied().collect();
    let shape = (rows.len(), 3, FEATURES);
    let gradient = Array3::from_shape_vec(shape, elements).unwrap();
    let xyz = [Labels::range("xyz", 3)?];
    block.add_gradient(
        "positions",
        TensorBlock::new(gradient, labels, &xyz, properties)?,
    )?;
    Ok(block)
}

/// Energies of the owned atoms, with the same gradients.
fn energies(features: &TensorBlock) -> Result<TensorBlock> {
    let weights = Array2::from_shape_vec((1, FEATURES), vec![0.5, -1.0, 0.25, 2.0]).unwrap();
    let energy = Labels::range("energy", 1)?;
    let weights = TensorBlock::new(weights, energy, [], features.properties())?;
    dot(features, &weights)
}

fn numbers(block: &TensorBlock) -> Vec<f64> {
    block.to_ndarray::<f64>().unwrap().iter().copied().collect()
}

pub(crate) fn run(world: &Communicator) {
    for gap in [false, true] {
        let positions = positions(gap);
        let tags: Vec<i32> = (0..positions.len() as i32).collect();
        let pairs = pairs_of_nearest_images(&positions);
        let serial = energies(&features(&tags, tags.len(), &pairs).unwrap()).unwrap();
        let expected = numbers(&serial);
        let mut sums = vec![0.0; positions.len() * 3];
        let gradient = serial.gradient("positions").unwrap();
        let values = numbers(gradient);
        for (row, value) in gradient.samples().iter().zip(values.chunks(3)) {
            for k in 0..3 {
                sums[row[2] as usize * 3 + k] += value[k];
            }
        }
        assert!(sums.iter().any(|force| force.abs() > 0.1));

        let slab = Slab::new(&positions, world.rank(), world.size());
        let own = features(&slab.tags, slab.owned, &slab.pairs()).unwrap();
        let own = energies(&own).unwrap();
        let rows: Vec<i32> = slab.tags.iter().flat_map(|&tag| [0, tag]).collect();
        let (owned, ghosts) = rows.split_at(slab.owned * 2);
        let mut halo = Halo::new(world, 2, owned, ghosts).unwrap();
        let forces = halo
            .sum_gradient_rows(&own, "positions", &["system", "atom"])
            .unwrap();

        let pick = |all: &[f64], width: usize| -> Vec<f64> {
            let rows = slab.tags[..slab.owned].iter();
            rows.flat_map(|&tag| all[tag as usize * width..][..width].to_vec())
                .collect()
        };
        assert_eq!(forces.samples(), own.samples());
        assert_close(&numbers(&own), &pick(&expected, 1), "energies");
        assert_close(&numbers(&forces), &pick(&sums, 3), "forces");
    }
}
