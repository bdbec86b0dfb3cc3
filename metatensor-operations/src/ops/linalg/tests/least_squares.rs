//! Tests of [`LeastSquares`].

use metatensor_core::{DType, Error, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Axis, arr2, concatenate};
use num_complex::Complex;
use proptest::prelude::*;

use super::{assert_close, complex_matrix, matrix, named, result};
use crate::testing::{block, labels, map, with_gradient};
use crate::{LeastSquares, LstsqOptions, lstsq};

const RCOND: LstsqOptions = LstsqOptions { rcond: Some(1e-12) };
const DEFAULT: LstsqOptions = LstsqOptions { rcond: None };

/// The problem of `x wᵀ = y`, in batches of `size` rows.
fn batches(x: &Array2<f64>, y: &Array2<f64>, size: usize) -> LeastSquares<TensorBlock> {
    let mut fit = LeastSquares::new();
    let all = x
        .axis_chunks_iter(Axis(0), size)
        .zip(y.axis_chunks_iter(Axis(0), size));
    for (x, y) in all {
        fit.add(&named(&x.to_owned(), "p"), &named(&y.to_owned(), "q"))
            .unwrap();
    }
    fit
}

fn solution(fit: &LeastSquares<TensorBlock>, options: LstsqOptions) -> Array2<f64> {
    result(&fit.solve(options).unwrap())
}

fn at_once(x: &Array2<f64>, y: &Array2<f64>, options: LstsqOptions) -> Array2<f64> {
    result(&lstsq(&named(x, "p"), &named(y, "q"), options).unwrap())
}

/// The same problem, after its equations went over a wire.
fn sent(
    fit: &LeastSquares<TensorBlock>,
    unknowns: usize,
    outputs: usize,
) -> LeastSquares<TensorBlock> {
    let nothing = |count| Array2::<f64>::zeros((0, count));
    let mut other = LeastSquares::new();
    other
        .add(
            &named(&nothing(unknowns), "p"),
            &named(&nothing(outputs), "q"),
        )
        .unwrap();
    other.absorb_bytes(&fit.to_bytes()).unwrap();
    other
}

#[test]
fn one_batch_has_the_bits_of_lstsq() {
    for (rows, columns) in [(0, 3), (2, 5), (5, 5), (40, 5), (700, 9), (3000, 3), (4, 0)] {
        let (x, y) = (matrix(rows, columns, 1), matrix(rows, 2, 2));
        let expected = at_once(&x, &y, DEFAULT);
        let (x, y) = (named(&x, "p"), named(&y, "q"));
        let mut fit = LeastSquares::new();
        fit.add(&x, &y).unwrap();
        assert_eq!(solution(&fit, DEFAULT), expected);
        assert_eq!(solution(&sent(&fit, columns, 2), DEFAULT), expected);
        let (weights, serial) = (fit.solve(DEFAULT).unwrap(), lstsq(&x, &y, DEFAULT).unwrap());
        assert_eq!(weights.samples(), serial.samples());
        assert_eq!(weights.properties(), serial.properties());
    }
}

#[test]
fn many_small_batches_are_one_problem() {
    let (x, y) = (matrix(1700, 20, 3), matrix(1700, 2, 4));
    let expected = at_once(&x, &y, RCOND);
    for size in [1, 7, 19, 20, 300, 1699] {
        let fit = batches(&x, &y, size);
        assert_close(&solution(&fit, RCOND), &expected, 1e-13);
        assert_close(&solution(&sent(&fit, 20, 2), RCOND), &expected, 1e-13);
    }
}

#[test]
fn precision_is_not_lost_in_batches() {
    // Powers of numbers between 0 and 1: the condition number is about 1e12.
    let x = Array2::from_shape_fn((1200, 16), |(i, j)| (i as f64 / 1200.0).powi(j as i32));
    let exact = Array2::from_shape_fn((16, 1), |(j, _)| 1.0 + j as f64);
    let y = x.dot(&exact);
    let weights = solution(&batches(&x, &y, 100), DEFAULT);
    let residual = x.dot(&weights.t()) - y;
    assert!(residual.iter().all(|r| r.abs() < 1e-11));
    assert_close(&weights, &exact.reversed_axes(), 1e-3);
}

#[test]
fn the_default_cutoff_counts_all_rows() {
    // Two singular values, 1 and one that is larger than eps times 2, but not than eps times 1000.
    let small = 300.0 * f64::EPSILON;
    let mut x = Array2::zeros((1000, 2));
    x[[0, 0]] = 1.0;
    x[[1, 1]] = small;
    let y = Array2::ones((1000, 1));
    let weight = |x: &Array2<f64>, y: &Array2<f64>| solution(&batches(x, y, 2), DEFAULT)[[0, 1]];
    assert_eq!(weight(&x, &y), 0.0);
    let (x, y) = (
        x.slice_axis(Axis(0), (..2).into()),
        y.slice_axis(Axis(0), (..2).into()),
    );
    let found = weight(&x.to_owned(), &y.to_owned());
    assert!((found * small - 1.0).abs() < 1e-12, "{found}");
}

#[test]
fn numbers_of_any_size_come_in_any_order() {
    for scales in [
        [1e-200, 1.0, 1e200],
        [1e200, 1e-200, 1.0],
        [1e-300, 1e-308, 1e300],
    ] {
        let parts: Vec<_> = (0..3).map(|i| matrix(10, 3, i)).collect();
        let scaled: Vec<_> = parts.iter().zip(scales).map(|(part, s)| part * s).collect();
        let x: Vec<_> = scaled.iter().map(|part| part.view()).collect();
        let x: Array2<f64> = concatenate(Axis(0), &x).unwrap();
        let y = x.dot(&arr2(&[[1.0], [2.0], [3.0]]));
        let found = solution(&batches(&x, &y, 10), RCOND);
        assert_close(&found, &arr2(&[[1.0, 2.0, 3.0]]), 1e-11);
        assert_eq!(solution(&sent(&batches(&x, &y, 10), 3, 1), RCOND), found);
    }
}

#[test]
fn complex_and_real_batches_are_promoted() {
    let (x, z) = (matrix(9, 3, 1), complex_matrix(9, 3, 2));
    let exact = complex_matrix(3, 2, 3);
    let as_complex = x.mapv(Complex::from);
    let (first, second) = (as_complex.dot(&exact).mapv(|x| x.re), z.dot(&exact));
    let both = [as_complex.view(), z.view()];
    let right = [first.mapv(Complex::from), second.clone()];
    let right = [right[0].view(), right[1].view()];
    let (all, right) = (
        concatenate(Axis(0), &both).unwrap(),
        concatenate(Axis(0), &right).unwrap(),
    );
    let expected = lstsq(&named(&all, "p"), &named(&right, "q"), RCOND).unwrap();
    let real = (named(&x, "p"), named(&first, "q"));
    let complex = (named(&z, "p"), named(&second, "q"));
    for [a, b] in [[&real, &complex], [&complex, &real]] {
        let (mut fit, mut other) = (LeastSquares::new(), LeastSquares::new());
        fit.add(&a.0, &a.1).unwrap();
        other.add(&b.0, &b.1).unwrap();
        let bytes = other.to_bytes();
        for sent in [false, true] {
            let mut fit = fit.clone();
            match sent {
                true => fit.absorb_bytes(&bytes).unwrap(),
                false => fit.absorb(other.clone()).unwrap(),
            }
            let weights = fit.solve(RCOND).unwrap();
            assert_eq!(weights.dtype(), DType::C128);
            let (found, expected) = (
                result::<Complex<f64>>(&weights),
                result::<Complex<f64>>(&expected),
            );
            assert!((found - expected).iter().all(|x| x.norm() < 1e-12));
        }
    }
}

#[test]
fn types_are_those_of_all_batches_at_once() {
    let x = arr2(&[[1_i16], [2]]);
    let (small, floats) = (named(&x, "p"), named(&x.mapv(f32::from), "p"));
    let mut fit = LeastSquares::new();
    fit.add(&small, &small).unwrap();
    assert_eq!(fit.solve(RCOND).unwrap().dtype(), DType::F64);
    fit.add(&floats, &floats).unwrap();
    assert_eq!(fit.solve(RCOND).unwrap().dtype(), DType::F32);
    assert!((result::<f32>(&fit.solve(RCOND).unwrap())[[0, 0]] - 1.0).abs() < 1e-6);
}

#[test]
fn batches_can_have_other_keys_and_gradients() {
    let numbers = |seed| matrix(2, 2, seed).into_raw_vec_and_offset().0;
    let plain = |seed| block([2, 2], &numbers(seed));
    let forces = |seed| with_gradient(plain(seed), "g", &[[0, 0], [1, 0]], &numbers(seed + 50));
    let keyed = |keys: &[[i32; 1]], blocks| TensorMap::new(labels(["k"], keys), blocks).unwrap();
    let first = (
        keyed(&[[3], [1]], vec![forces(1), forces(2)]),
        keyed(&[[1], [3]], vec![forces(12), forces(11)]),
    );
    let second = (
        keyed(&[[2], [1]], vec![plain(3), plain(4)]),
        keyed(&[[2], [1]], vec![plain(13), plain(14)]),
    );
    let mut fit = LeastSquares::new();
    fit.add(&first.0, &first.1).unwrap();
    fit.add(&second.0, &second.1).unwrap();
    let weights = fit.solve(RCOND).unwrap();
    assert_eq!(weights.keys(), &labels(["k"], &[[3], [1], [2]]));
    let rows = |seeds: &[u64]| {
        let parts: Vec<_> = seeds.iter().map(|&seed| matrix(2, 2, seed)).collect();
        let parts: Vec<_> = parts.iter().map(|part| part.view()).collect();
        concatenate(Axis(0), &parts).unwrap()
    };
    for (i, (x, y)) in [
        (rows(&[1, 51]), rows(&[11, 61])),
        (rows(&[2, 52, 4]), rows(&[12, 62, 14])),
        (rows(&[3]), rows(&[13])),
    ]
    .iter()
    .enumerate()
    {
        let found = result(weights.block_by_id(i).unwrap());
        assert_close(&found, &at_once(x, y, RCOND), 1e-10);
    }
}

#[test]
fn a_batch_that_fails_changes_nothing() {
    let x = |p: i32, values: [f64; 2]| {
        let make = |values: [f64; 2], p: i32| {
            let samples = Labels::range("s", 1).unwrap();
            let properties = labels(["p"], &[[0], [p]]);
            TensorBlock::new(arr2(&[values]), samples, &[], properties).unwrap()
        };
        map(vec![make([1.0, 3.0], 1), make(values, p)])
    };
    let mut fit = LeastSquares::new();
    fit.add(&x(1, [1.0, 2.0]), &x(1, [1.0, 2.0])).unwrap();
    let before = fit.to_bytes();
    let bad = x(1, [1.0, f64::INFINITY]);
    let error = fit.add(&bad, &bad).unwrap_err();
    assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("LeastSquares::add: block (k=1): values: all numbers"),
        "{error}"
    );

    let other = x(7, [1.0, 2.0]);
    let error = fit.add(&other, &other).unwrap_err();
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    let text = "blocks for key (k=1) are different: properties of x are not those before: row 1 is (p=1) and (p=7)";
    assert!(error.to_string().contains(text), "{error}");

    let unnamed = TensorMap::new(
        Labels::range("other", 1).unwrap(),
        vec![block([1, 1], &[1.0])],
    )
    .unwrap();
    let error = fit.add(&unnamed, &unnamed).unwrap_err();
    assert!(error.to_string().contains("keys have the names"), "{error}");
    assert_eq!(fit.to_bytes(), before);
}

#[test]
fn bytes_are_not_believed() {
    let (x, y) = (matrix(9, 3, 1), matrix(9, 2, 2));
    let fit = batches(&x, &y, 9);
    let bytes = fit.to_bytes();
    assert_eq!(bytes.len(), 16 + 24 + 5 * 4 + 8 * (3 * 4 / 2 + 3 * 2));
    let error = |bytes: &[u8]| fit.clone().absorb_bytes(bytes).unwrap_err().to_string();
    for length in 0..bytes.len() {
        let text = error(&bytes[..length]);
        assert!(text.contains("they end too early"), "{text}");
    }
    let changed = |position: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[position..][..new.len()].copy_from_slice(new);
        error(&bytes)
    };
    for (position, new, expected) in [
        (0, &b"X"[..], "they do not start with 'MTLS'"),
        (4, &[9], "their version is 9, and this library knows 1"),
        (8, &[2], "there are 1 blocks here, and 2 there"),
        (
            17,
            &[0, 0],
            "the key or the properties are not the same here and there",
        ),
        (32, &[77], "the type of numbers: "),
        (36, &[200], "200 equations are left of 9 for 3 unknowns"),
        (24, &[2], "3 equations are left of 2 for 3 unknowns"),
        (41, &[200], "an exponent is "),
        (40, &i32::MIN.to_le_bytes(), "in a column of zeros"),
        (60, &f64::NAN.to_le_bytes(), "a number is not finite"),
    ] {
        let text = changed(position, new);
        assert!(text.contains(expected), "{text} is not {expected}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(error(&longer).contains("1 bytes are left over"));

    let other = batches(&x, &matrix(9, 3, 2), 9);
    let text = other.clone().absorb_bytes(&bytes).unwrap_err().to_string();
    assert!(
        text.contains("the key or the properties are not the same"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn batches_have_the_solution_of_minimum_norm_of_all_rows(
        (columns, rank, outputs) in (1..10_usize, 1..10_usize, 0..3_usize),
        sizes in prop::collection::vec(0..12_usize, 1..9),
        seed in 0..1000_u64,
    ) {
        let rows: usize = sizes.iter().sum();
        let rank = rank.min(rows).min(columns);
        let (left, right) = (matrix(rows, rank, seed), matrix(rank, columns, seed + 1));
        let (x, y) = (left.dot(&right), matrix(rows, outputs, seed + 2));
        let singular = |m: &Array2<f64>| {
            let w = at_once(m, &Array2::eye(m.nrows()), RCOND);
            w.iter().fold(0.0, |largest, x| f64::max(largest, x.abs())) > 1e2
        };
        prop_assume!(!singular(&left) && !singular(&right.t().to_owned()));
        let expected = at_once(&x, &y, RCOND);
        // Half of the batches elsewhere.
        let (mut here, mut there) = (LeastSquares::new(), LeastSquares::new());
        let mut start = 0;
        for (i, size) in sizes.iter().enumerate() {
            let part = |m: &Array2<f64>| m.slice_axis(Axis(0), (start..start + size).into()).to_owned();
            let (x, y) = (named(&part(&x), "p"), named(&part(&y), "q"));
            let fit = if i % 2 == 0 { &mut here } else { &mut there };
            fit.add(&x, &y).unwrap();
            start += size;
        }
        if sizes.len() > 1 {
            let mut merged = here.clone();
            merged.absorb_bytes(&there.to_bytes()).unwrap();
            here.absorb(there).unwrap();
            let difference = solution(&merged, RCOND) - &expected;
            prop_assert!(difference.iter().all(|x| x.abs() < 1e-9), "{difference}");
        }
        let difference = solution(&here, RCOND) - &expected;
        prop_assert!(difference.iter().all(|x| x.abs() < 1e-9), "{difference}");
    }
}
