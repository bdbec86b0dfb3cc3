//! Products of rotated factors are rotated products.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use ndarray::{Array1, Array2, Array3};

use super::{keys, random_map};
use crate::ops::products::clebsch_gordan::{CgPowerOptions, cg_power};
use crate::testing::Random;

const MAX_LAMBDA: usize = 6;

/// Real spherical harmonics of a unit vector, from recurrences of Legendre functions and of cos and sin: no coefficients.
fn spherical_harmonics(l: usize, r: [f64; 3]) -> Array1<f64> {
    let [x, y, z] = r;
    let l = l as i32;
    let factorial = |n: i32| (1..=n).map(f64::from).product::<f64>();
    let harmonic = |m: i32| {
        let size = m.abs();
        // sinᵐ cos(m φ) and sinᵐ sin(m φ)
        let (mut cosine, mut sine) = (1.0, 0.0);
        for _ in 0..size {
            (cosine, sine) = (x * cosine - y * sine, x * sine + y * cosine);
        }
        // the m-th derivative of the Legendre polynomial, without the sign (-1)ᵐ
        let (mut before, mut derivative) =
            (0.0, (1..=size).map(|k| f64::from(2 * k - 1)).product());
        for k in size + 1..=l {
            let next = (f64::from(2 * k - 1) * z * derivative - f64::from(k + size - 1) * before)
                / f64::from(k - size);
            (before, derivative) = (derivative, next);
        }
        let norm = (factorial(l - size) / factorial(l + size)).sqrt();
        let angular = match m {
            0 => 1.0,
            1.. => 2_f64.sqrt() * cosine,
            _ => 2_f64.sqrt() * sine,
        };
        norm * derivative * angular
    };
    (-l..=l).map(harmonic).collect()
}

/// A random rotation: three orthogonal rows.
fn rotation(random: &mut Random) -> [[f64; 3]; 3] {
    let mut vector = || {
        let v = [0; 3].map(|_| random.between(-1.0, 1.0));
        normalized(v)
    };
    let (first, other) = (vector(), vector());
    let third = normalized(cross(first, other));
    [first, cross(third, first), third]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [1, 2, 0].map(|i| {
        let j = (i + 1) % 3;
        a[i] * b[j] - a[j] * b[i]
    })
}

fn normalized(v: [f64; 3]) -> [f64; 3] {
    let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    v.map(|x| x / norm)
}

fn apply(rotation: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    rotation.map(|row| row.iter().zip(v).map(|(x, y)| x * y).sum())
}

/// The matrix `D` with `Y(R r) = D Y(r)` for all `r`, found from a few of them.
fn wigner_d(l: usize, rotation: &[[f64; 3]; 3], random: &mut Random) -> Array2<f64> {
    let size = 2 * l + 1;
    // least squares: (Y' Yᵀ) (Y Yᵀ)⁻¹, for more directions than needed
    let (mut left, mut gram) = (Array2::zeros((size, size)), Array2::zeros((size, size)));
    for _ in 0..4 * size {
        let r = normalized([0; 3].map(|_| random.between(-1.0, 1.0)));
        let y = spherical_harmonics(l, r).insert_axis(ndarray::Axis(1));
        let rotated = spherical_harmonics(l, apply(rotation, r)).insert_axis(ndarray::Axis(1));
        left = left + rotated.dot(&y.t());
        gram = gram + y.dot(&y.t());
    }
    // Gauss-Jordan elimination of the symmetric matrix, with the transpose of the left one behind it
    let mut other: Array2<f64> = left.t().to_owned();
    for i in 0..size {
        let pivot: f64 = gram[[i, i]];
        for j in (0..size).filter(|&j| j != i) {
            let factor = gram[[j, i]] / pivot;
            for k in 0..size {
                gram[[j, k]] -= factor * gram[[i, k]];
                other[[j, k]] -= factor * other[[i, k]];
            }
        }
    }
    Array2::from_shape_fn((size, size), |(m, n)| other[[n, m]] / gram[[n, n]])
}

/// The map with components multiplied by the matrix for their angular momentum.
fn rotated(map: &TensorMap, matrices: &[Array2<f64>]) -> TensorMap {
    let lambdas = map.keys().column("o3_lambda").unwrap();
    let blocks = map.blocks().iter().zip(lambdas).map(|(block, lambda)| {
        let matrix = &matrices[lambda as usize];
        let values = block.to_ndarray::<f64>().unwrap();
        let shape = (values.shape()[0], values.shape()[1], values.shape()[2]);
        let values = Array3::from_shape_fn(shape, |(s, m, p)| {
            (0..shape.1)
                .map(|n| matrix[[m, n]] * values[[s, n, p]])
                .sum::<f64>()
        });
        TensorBlock::new(
            values,
            block.samples(),
            block.components(),
            block.properties(),
        )
        .unwrap()
    });
    TensorMap::new(map.keys(), blocks.collect()).unwrap()
}

fn matrices(random: &mut Random, rotation: &[[f64; 3]; 3]) -> Vec<Array2<f64>> {
    let all = (0..=MAX_LAMBDA).map(|l| wigner_d(l, rotation, random));
    all.collect()
}

#[test]
fn products_of_rotated_factors_are_rotated_products() {
    let random = &mut Random(21);
    for _ in 0..3 {
        let rotation = rotation(random);
        let matrices = matrices(random, &rotation);
        // they are orthogonal, and not trivial
        for matrix in &matrices {
            let product = matrix.dot(&matrix.t());
            let unit = Array2::<f64>::eye(matrix.nrows());
            assert!((product - unit).iter().all(|x| x.abs() < 1e-10));
        }
        assert!(matrices[1][[0, 1]].abs() > 1e-3);

        let keys = keys([], &[(0, 1, []), (1, 1, []), (2, -1, [])]);
        let samples = Labels::range("s", 3).unwrap();
        let x = random_map(
            &keys,
            &samples,
            &Labels::range("n", 2).unwrap(),
            random,
            |x| x,
        );
        let options = CgPowerOptions {
            skip_redundant: false,
            ..CgPowerOptions::default()
        };
        for count in [1, 2] {
            let expected = rotated(&cg_power(&x, count, options).unwrap(), &matrices);
            let found = cg_power(&rotated(&x, &matrices), count, options).unwrap();
            let options = crate::AllcloseOptions {
                rtol: 0.0,
                atol: 1e-10,
                ..crate::AllcloseOptions::default()
            };
            crate::check_allclose(&found, &expected, options).unwrap();
        }
    }
}

#[test]
fn products_of_spherical_harmonics_are_spherical_harmonics() {
    let random = &mut Random(22);
    for _ in 0..5 {
        let r = normalized([0; 3].map(|_| random.between(-1.0, 1.0)));
        let map = |property| {
            let blocks = (0..=3).map(|l| {
                let values = spherical_harmonics(l, r);
                let shape = (1, values.len(), 1);
                let values = values.into_shape_with_order(shape).unwrap();
                let (samples, properties) = (
                    Labels::range("s", 1).unwrap(),
                    Labels::range(property, 1).unwrap(),
                );
                TensorBlock::new(values, &samples, &[super::mu(l)], &properties).unwrap()
            });
            let rows: Vec<_> = (0..=3).map(|l| (l, 1, [])).collect();
            TensorMap::new(keys([], &rows), blocks.collect()).unwrap()
        };
        let z = super::product(&map("n"), &map("m"));
        for (key, block) in z.keys().iter().zip(z.blocks()) {
            let values = block.to_ndarray::<f64>().unwrap();
            let y = spherical_harmonics(key[0] as usize, r);
            let along = values.iter().zip(&y).map(|(a, b)| a * b).sum::<f64>();
            for (z, y) in values.iter().zip(&y) {
                assert!((z - along * y).abs() < 1e-13);
            }
            // those of odd sums are 0, others are the coefficient ⟨l₁ 0 l₂ 0|λ 0⟩
            assert_eq!(along.abs() > 1e-10, key[1] == 1, "{key:?}");
        }
    }
}
