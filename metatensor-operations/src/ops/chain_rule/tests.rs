//! Tests of products of values and gradient rows.

use std::num::Wrapping;

use metatensor_core::{Labels, TensorBlock};
use num_complex::Complex;
use proptest::prelude::*;

use super::*;
use crate::testing::{Random, array, labels, moderate, random_block, values};
use crate::{multiply, scatter_add_rows};

/// Everything that the functions take, for one gradient of a block.
struct Case<T> {
    map: GradientMap,
    length: usize,
    extra: usize,
    values: Vec<T>,
    gradient: Vec<T>,
}

fn random_case<T>(seed: u64, mut number: impl FnMut(&mut Random) -> T) -> Case<T> {
    let random = &mut Random(seed);
    let (samples, length, extra) = (random.below(5), random.below(20), random.below(4));
    let rows = if samples == 0 { 0 } else { random.below(9) };
    let parents = (0..rows).map(|_| random.below(samples) as u32);
    Case {
        map: GradientMap::from_parents(parents.collect(), samples).unwrap(),
        length,
        extra,
        values: (0..samples * length).map(|_| number(random)).collect(),
        gradient: (0..rows * extra * length).map(|_| number(random)).collect(),
    }
}

/// The indices `r, e, m` of all elements of the gradient, and the position of the value.
fn loops<T>(case: &Case<T>) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for r in 0..case.map.gradient_rows() {
        for _ in 0..case.extra {
            for m in 0..case.length {
                all.push((all.len(), case.map.parents()[r] as usize * case.length + m));
            }
        }
    }
    all
}

fn check<T>(case: &Case<T>)
where
    T: Copy
        + Default
        + PartialEq
        + std::fmt::Debug
        + Send
        + Sync
        + Add<Output = T>
        + Mul<Output = T>,
{
    let (rows, extra) = (case.map.gradient_rows(), case.extra);
    let products: Vec<T> = loops(case)
        .into_iter()
        .map(|(i, value)| case.values[value] * case.gradient[i])
        .collect();
    let mut output = vec![T::default(); rows * extra * case.length];
    let (values, gradient) = (&case.values, &case.gradient);
    gather_multiply(values, case.length, &case.map, gradient, extra, &mut output).unwrap();
    assert_eq!(output, products);

    let mut sums = vec![T::default(); rows * extra];
    for (i, &product) in products.iter().enumerate() {
        sums[i / case.length] = sums[i / case.length] + product;
    }
    // What was there before does not matter.
    let mut output = vec![values.first().copied().unwrap_or_default(); rows * extra];
    gradient_contract(values, case.length, &case.map, gradient, extra, &mut output).unwrap();
    assert_eq!(output, sums);
}

proptest! {
    /// Small integers, for which the order of sums does not matter in any type.
    #[test]
    fn both_agree_with_loops_in_all_types(seed: u64) {
        let integer = |random: &mut Random| random.below(9) as i32 - 4;
        check(&random_case(seed, |random| f64::from(integer(random))));
        check(&random_case(seed, |random| integer(random) as f32));
        check(&random_case(seed, |random| Wrapping(i64::from(integer(random)) << 61)));
        check(&random_case(seed, |random| Wrapping(integer(random))));
        check(&random_case(seed, |random| {
            Complex::new(f64::from(integer(random)), f64::from(integer(random)))
        }));
        check(&random_case(seed, |random| {
            Complex::new(integer(random) as f32, integer(random) as f32)
        }));
    }

    /// The product rule is made of two of these.
    #[test]
    fn products_of_blocks_have_these_terms(seed: u64) {
        let a = random_block(seed, moderate(seed ^ 1));
        let b = random_block(seed, moderate(seed ^ 2));
        let product = multiply(&a, &b).unwrap();
        for (parameter, gradient) in product.gradients() {
            let terms = [(&a, &b), (&b, &a)].map(|(a, b)| {
                let (length, extra) = sizes(a, parameter);
                let (values, gradient) = (values::<f64>(a), values::<f64>(b.gradient(parameter).unwrap()));
                let mut output = vec![0.0; gradient.len()];
                let map = a.gradient_map(parameter).unwrap();
                gather_multiply(&values, length, map, &gradient, extra, &mut output).unwrap();
                output
            });
            let sums: Vec<_> = terms[0].iter().zip(&terms[1]).map(|(a, b)| a + b).collect();
            prop_assert_eq!(sums, values::<f64>(gradient));
        }
    }

    /// With `f(x) = Σ sin(x)` for each sample.
    #[test]
    fn contractions_are_derivatives_of_scalars(seed: u64) {
        const STEP: f64 = 1e-5;
        let block = random_block(seed, moderate(seed ^ 1));
        let x = values::<f64>(&block);
        for (parameter, gradient) in block.gradients() {
            let (length, extra) = sizes(&block, parameter);
            let weights: Vec<_> = x.iter().map(|x| x.cos()).collect();
            let dx = values::<f64>(gradient);
            let map = block.gradient_map(parameter).unwrap();
            let mut output = vec![f64::NAN; gradient.samples().count() * extra];
            gradient_contract(&weights, length, map, &dx, extra, &mut output).unwrap();
            for (i, derivative) in output.into_iter().enumerate() {
                let x = &x[map.parent(i / extra) * length..][..length];
                let dx = &dx[i * length..][..length];
                let f = |step: f64| -> f64 {
                    x.iter().zip(dx).map(|(x, dx)| (x + step * dx).sin()).sum()
                };
                let difference = (f(STEP) - f(-STEP)) / (2.0 * STEP);
                prop_assert!((derivative - difference).abs() < 1e-6, "{} {}", derivative, difference);
            }
        }
    }
}

/// Number of elements in each row of the values, and of combinations of components of the gradient.
fn sizes(block: &TensorBlock, parameter: &str) -> (usize, usize) {
    let shape = block.values().shape().unwrap();
    let gradient = block.gradient(parameter).unwrap();
    let count = gradient.components().len() - block.components().len();
    let extra = gradient.components()[..count].iter().map(Labels::count);
    (shape[1..].iter().product(), extra.product())
}

/// `E = Σ x²` over all samples, where `x` depends on the positions of two atoms.
#[test]
fn forces_are_sums_of_contractions() {
    let samples = Labels::range("s", 2).unwrap();
    let properties = Labels::range("p", 2).unwrap();
    let x = [1.0, 2.0, 3.0, 4.0];
    let mut block = TensorBlock::new(array(&[2, 2], &x), &samples, &[], &properties).unwrap();
    let rows = labels(["sample", "atom"], &[[1, 0], [0, 1], [1, 1]]);
    let xyz = Labels::range("xyz", 3).unwrap();
    let dx: Vec<f64> = (1..=18).map(f64::from).collect();
    let gradient = TensorBlock::new(array(&[3, 3, 2], &dx), &rows, &[xyz], &properties).unwrap();
    block.add_gradient("positions", gradient).unwrap();

    let map = block.gradient_map("positions").unwrap();
    let weights = x.map(|x| 2.0 * x);
    let mut contributions = [0.0; 9];
    gradient_contract(&weights, 2, map, &dx, 3, &mut contributions).unwrap();
    let atoms: Vec<i64> = rows
        .column("atom")
        .unwrap()
        .into_iter()
        .map(i64::from)
        .collect();
    let mut derivatives = [0.0; 6];
    scatter_add_rows(&contributions, 3, &atoms, &mut derivatives).unwrap();
    // dE/dx_atom = Σ_rows Σ_p 2 x[sample, p] dx[row, xyz, p]
    let expected = |row: usize, xyz: usize, sample: usize| {
        let dx = &dx[(3 * row + xyz) * 2..];
        2.0 * (x[2 * sample] * dx[0] + x[2 * sample + 1] * dx[1])
    };
    for xyz in 0..3 {
        assert_eq!(derivatives[xyz], expected(0, xyz, 1));
        assert_eq!(
            derivatives[3 + xyz],
            expected(1, xyz, 0) + expected(2, xyz, 1)
        );
    }
}

#[test]
fn lengths_have_to_fit() {
    let map = GradientMap::from_parents(vec![1, 0, 1], 2).unwrap();
    let error = |values: usize, gradient: usize, extra: usize, products: usize, sums: usize| {
        let (values, gradient) = (vec![1.0; values], vec![1.0; gradient]);
        let multiplied =
            gather_multiply(&values, 2, &map, &gradient, extra, &mut vec![0.0; products]);
        let contracted =
            gradient_contract(&values, 2, &map, &gradient, extra, &mut vec![0.0; sums]);
        [multiplied, contracted].map(|result| result.unwrap_err().to_string())
    };
    for (message, name) in error(5, 6, 1, 6, 3).iter().zip(["'values'", "'weights'"]) {
        assert!(
            message.contains("expected 2 rows of 2 elements in"),
            "{message}"
        );
        assert!(
            message.contains(name) && message.contains("got 5"),
            "{message}"
        );
    }
    for message in error(4, 6, 3, 18, 9) {
        assert!(
            message.contains("expected 3 rows of 6 elements in 'gradient'"),
            "{message}"
        );
    }
    for message in error(4, 6, 1, 7, 2) {
        assert!(message.contains("elements in 'output'"), "{message}");
    }
    for message in error(4, 6, usize::MAX, 6, 3) {
        assert!(message.contains("too many"), "{message}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (samples, rows, length, extra) = (1000, 30_000, 7, 3);
    let mut random = Random(3);
    let parents = (0..rows).map(|_| random.below(samples) as u32).collect();
    let map = GradientMap::from_parents(parents, samples).unwrap();
    let mut numbers =
        |count: usize| -> Vec<f64> { (0..count).map(|_| random.between(-1.0, 1.0)).collect() };
    let (values, gradient) = (numbers(samples * length), numbers(rows * extra * length));
    let results = |threads| {
        metatensor_core::set_num_threads(threads);
        let (mut products, mut sums) = (vec![0.0; gradient.len()], vec![0.0; rows * extra]);
        gather_multiply(&values, length, &map, &gradient, extra, &mut products).unwrap();
        gradient_contract(&values, length, &map, &gradient, extra, &mut sums).unwrap();
        metatensor_core::set_num_threads(0);
        [products, sums].map(|x| x.into_iter().map(f64::to_bits).collect::<Vec<_>>())
    };
    let expected = results(1);
    for threads in [2, 3] {
        assert!(results(threads) == expected, "{threads} threads");
    }
}
