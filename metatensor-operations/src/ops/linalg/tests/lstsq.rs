//! Tests of [`lstsq`].

use half::f16;
use metatensor_core::{DType, Error, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Array3, Axis, ShapeBuilder, arr2, concatenate};
use num_complex::Complex;
use proptest::prelude::*;

use super::{assert_close, complex_matrix, fortran, matrix, named, result};
use crate::testing::threads::{Order, assert_independent_of_threads, large};
use crate::testing::{array, block, labels, map, values, with_gradient};
use crate::{LstsqOptions, dot, lstsq, solve};

const RCOND: LstsqOptions = LstsqOptions { rcond: Some(1e-12) };

fn fit(x: &Array2<f64>, y: &Array2<f64>, options: LstsqOptions) -> Array2<f64> {
    result(&lstsq(&named(x, "p"), &named(y, "q"), options).unwrap())
}

/// By elimination, for small systems that are far from singular.
fn normal_equations(x: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
    let (square, right) = (x.t().dot(x), x.t().dot(y));
    result(&solve(&named(&square, "p"), &named(&right, "q")).unwrap())
}

#[test]
fn labels_of_the_result_allow_for_predictions() {
    let (x, y) = (matrix(9, 3, 1), matrix(9, 2, 2));
    let (x, y) = (named(&x, "p"), named(&y, "q"));
    let weights = lstsq(&x, &y, RCOND).unwrap();
    assert_eq!(weights.samples(), y.properties());
    assert_eq!(weights.properties(), x.properties());
    assert!(weights.components().is_empty());
    assert!(weights.view().unwrap().is_contiguous());
    let prediction = dot(&x, &weights).unwrap();
    assert_eq!(prediction.properties(), y.properties());
    assert_eq!(prediction.samples(), y.samples());
}

#[test]
fn rank_deficient_systems_have_the_solution_of_minimum_norm() {
    // One equation for two unknowns.
    let weights = fit(&arr2(&[[1., 1.]]), &arr2(&[[1.]]), RCOND);
    assert_close(&weights, &arr2(&[[0.5, 0.5]]), 1e-15);

    // Two equal columns.
    let x = arr2(&[[1., 1.], [2., 2.], [3., 3.]]);
    let weights = fit(&x, &arr2(&[[2.], [4.], [6.]]), RCOND);
    assert_close(&weights, &arr2(&[[1., 1.]]), 1e-14);

    // A column of zeros, and nothing but zeros.
    let weights = fit(&arr2(&[[1., 0.], [2., 0.]]), &arr2(&[[3.], [6.]]), RCOND);
    assert_close(&weights, &arr2(&[[3., 0.]]), 1e-15);
    let weights = fit(&Array2::zeros((4, 3)), &matrix(4, 2, 1), RCOND);
    assert_eq!(weights, Array2::<f64>::zeros((2, 3)));
}

#[test]
fn complex_systems_with_few_equations_have_the_solution_of_minimum_norm() {
    // Far from a smaller rank, and close to it: both ways to compute it give the same.
    for small in [1.0, 1e-9] {
        let mut x = complex_matrix(12, 50, 1);
        let close = x.row(0).to_owned() + &(x.row(1).to_owned() * Complex::from(small));
        x.row_mut(1).assign(&close);
        let y = complex_matrix(12, 2, 2);
        let options = |rcond| LstsqOptions { rcond: Some(rcond) };
        let fit = |rcond| {
            let fitted = lstsq(&named(&x, "p"), &named(&y, "q"), options(rcond)).unwrap();
            result::<Complex<f64>>(&fitted)
        };
        let (direct, rotated) = (fit(1e-14), fit(0.0));
        let largest = rotated
            .iter()
            .fold(0.0, |largest, x| f64::max(largest, x.norm()));
        for (found, expected) in direct.iter().zip(&rotated) {
            assert!(
                (found - expected).norm() < 1e-14 / small * largest,
                "{found} {expected}"
            );
        }
        let fitted = x.dot(&direct.t());
        let error = (&fitted - &y).fold(0.0, |largest, x| f64::max(largest, x.norm()));
        assert!(error < 1e-14 * largest * 50.0, "{error}");
    }
}

#[test]
fn small_singular_values_are_cut_off() {
    let x = arr2(&[[1.0, 0.0], [0.0, 1e-3], [0.0, 0.0]]);
    let y = arr2(&[[1.0], [1.0], [1.0]]);
    let with = |rcond| fit(&x, &y, LstsqOptions { rcond });
    assert_close(&with(Some(1e-4)), &arr2(&[[1.0, 1e3]]), 1e-9);
    assert_close(&with(Some(1e-2)), &arr2(&[[1.0, 0.0]]), 1e-12);
    // The cut-off itself counts as zero.
    let ones = arr2(&[[1.0, 0.0], [0.0, 0.5]]);
    let options = LstsqOptions { rcond: Some(0.5) };
    let weights = fit(&ones, &arr2(&[[1.0], [1.0]]), options);
    assert_close(&weights, &arr2(&[[1.0, 0.0]]), 1e-15);

    // Precision times the number of rows, by default and for NaN; precision alone if negative.
    let small = 1.5 * f64::EPSILON;
    let x = arr2(&[[1.0, 0.0], [0.0, small], [0.0, 0.0]]);
    let with = |rcond| fit(&x, &y, LstsqOptions { rcond })[[0, 1]];
    assert_eq!(with(None), 0.0);
    assert_eq!(with(Some(f64::NAN)), 0.0);
    assert!((with(Some(-1.0)) * small - 1.0).abs() < 1e-12);
    assert!((with(Some(0.0)) * small - 1.0).abs() < 1e-12);
}

#[test]
fn the_default_cutoff_is_that_of_the_type() {
    let x = arr2(&[[1.0, 0.0], [0.0, 1e-7_f32]]);
    let y = arr2(&[[1.0], [1.0_f32]]);
    let default = LstsqOptions::default();
    let weights = lstsq(&named(&x, "p"), &named(&y, "q"), default).unwrap();
    assert_eq!(result::<f32>(&weights), arr2(&[[1.0, 0.0]]));
    let (x, y) = (x.mapv(f64::from), y.mapv(f64::from));
    assert!((fit(&x, &y, default)[[0, 1]] * x[[1, 1]] - 1.0).abs() < 1e-12);
}

#[test]
fn numbers_of_any_size_can_be_used() {
    for scale in [1e-200, 1e200, 2e-308] {
        for rows in [2, 3, 40] {
            let (x, y) = (matrix(rows, 3, 3), matrix(rows, 1, 4));
            let expected = fit(&x, &y, RCOND);
            let weights = fit(&(&x * scale), &(&y * scale), RCOND);
            assert_close(&weights, &expected, 1e-10);
        }
    }
}

#[test]
fn empty_axes_give_empty_results_or_zeros() {
    let default = LstsqOptions::default();
    for (rows, unknowns, outputs) in [(0, 3, 2), (4, 0, 2), (100, 0, 1), (100, 3, 0), (0, 0, 0)] {
        let (x, y) = (matrix(rows, unknowns, 1), matrix(rows, outputs, 2));
        assert_eq!(
            fit(&x, &y, default),
            Array2::<f64>::zeros((outputs, unknowns))
        );
    }
    let nothing = TensorMap::new(labels(["k"], &[]), vec![]).unwrap();
    assert!(lstsq(&nothing, &nothing, default).unwrap().is_empty());
}

#[test]
fn rows_of_gradients_and_components_are_equations() {
    let mut number = super::numbers(5);
    let component = Labels::range("c", 2).unwrap();
    let xyz = Labels::range("xyz", 3).unwrap();
    let mut make = |properties: &Labels, order: [&str; 2]| {
        let mut array =
            |shape: (usize, usize, usize)| Array3::from_shape_simple_fn(shape, &mut number);
        let p = properties.count();
        let values = array((4, 2, p));
        let mut rows = vec![values.to_shape((8, p)).unwrap().to_owned()];
        let components = std::slice::from_ref(&component);
        let samples = Labels::range("s", 4).unwrap();
        let mut block = TensorBlock::new(values, &samples, components, properties).unwrap();
        let mut gradients = Vec::new();
        for (parameter, parents) in [("g", vec![[3], [0]]), ("h", vec![[2]])] {
            let values = array((parents.len() * 3, 2, p));
            let count = parents.len();
            rows.push(values.to_shape((count * 6, p)).unwrap().to_owned());
            let values = values.into_shape_with_order((count, 3, 2, p)).unwrap();
            let gradient = TensorBlock::new(
                values,
                labels(["sample"], &parents),
                &[xyz.clone(), component.clone()],
                properties,
            );
            gradients.push((parameter, gradient.unwrap()));
        }
        for parameter in order {
            let (_, gradient) = gradients.iter().find(|(p, _)| *p == parameter).unwrap();
            block.add_gradient(parameter, gradient.clone()).unwrap();
        }
        let rows: Vec<_> = rows.iter().map(|rows| rows.view()).collect();
        (block, concatenate(Axis(0), &rows).unwrap())
    };
    // The gradients of both blocks are matched by parameter.
    let (x, a) = make(&Labels::range("p", 3).unwrap(), ["g", "h"]);
    let (y, b) = make(&Labels::range("q", 2).unwrap(), ["h", "g"]);
    let weights = lstsq(&x, &y, RCOND).unwrap();
    assert!(weights.gradients_list().is_empty());
    assert_close(&result(&weights), &normal_equations(&a, &b), 1e-12);
}

#[test]
fn a_linear_function_is_found_from_its_derivatives() {
    // y = 2 u - v, of which the value is known at one place, and the derivatives along t.
    let x = with_gradient(
        block([1, 2], &[1., 1.]),
        "t",
        &[[0, 0], [0, 1]],
        &[1., 0., 1., 1.],
    );
    let y = with_gradient(block([1, 1], &[1.]), "t", &[[0, 0], [0, 1]], &[2., 1.]);
    let weights = lstsq(&x, &y, RCOND).unwrap();
    assert_close(&result(&weights), &arr2(&[[2., -1.]]), 1e-14);
}

#[test]
fn many_rows_are_reduced_in_parts() {
    for columns in [1, 7, 8, 9, 40, 70, 150] {
        let (x, y) = (matrix(1700, columns, 6), matrix(1700, 2, 7));
        let weights = fit(&x, &y, RCOND);
        assert_close(&weights, &normal_equations(&x, &y), 1e-13);
    }
}

#[test]
fn precision_is_not_that_of_normal_equations() {
    // Powers of numbers between 0 and 1: the square of the condition number is about 1e24.
    let x = Array2::from_shape_fn((1200, 16), |(i, j)| (i as f64 / 1200.0).powi(j as i32));
    let exact = Array2::from_shape_fn((16, 1), |(j, _)| 1.0 + j as f64);
    let weights = fit(&x, &x.dot(&exact), LstsqOptions::default());
    let residual = x.dot(&weights.t()) - x.dot(&exact);
    assert!(residual.iter().all(|r| r.abs() < 1e-11));
    assert_close(&weights, &exact.reversed_axes(), 1e-3);
}

#[test]
fn complex_systems_are_solved() {
    for (rows, columns) in [(20, 5), (1100, 20), (3, 6), (5, 5)] {
        let x = complex_matrix(rows, columns, 8);
        let exact = complex_matrix(columns, 2, 9);
        let y = x.dot(&exact) + complex_matrix(rows, 2, 10).mapv(|e| e * 0.1);
        let weights = lstsq(&named(&x, "p"), &named(&y, "q"), RCOND).unwrap();
        assert_eq!(weights.dtype(), DType::C128);
        let weights = result::<Complex<f64>>(&weights).reversed_axes();
        let adjoint = x.t().mapv(|x| x.conj());
        let orthogonal = adjoint.dot(&(x.dot(&weights) - &y));
        assert!(orthogonal.iter().all(|x| x.norm() < 1e-11 * rows as f64));
        if rows < columns {
            // Nothing in the null space: weights = xᴴ v.
            let overlap = x.dot(&adjoint);
            let v = solve(&named(&overlap, "p"), &named(&x.dot(&weights), "q")).unwrap();
            let v = result::<Complex<f64>>(&v).reversed_axes();
            let projected = adjoint.dot(&v);
            assert!((projected - weights).iter().all(|x| x.norm() < 1e-11));
        }
    }
}

#[test]
fn types_are_promoted() {
    let integers = arr2(&[[1_i32, 0], [0, 2]]);
    let weights = lstsq(&named(&integers, "p"), &named(&integers, "q"), RCOND).unwrap();
    assert_eq!(weights.dtype(), DType::F64);
    assert_close(&result(&weights), &Array2::eye(2), 1e-15);
    let floats = integers.mapv(|x| x as f32);
    let weights = lstsq(&named(&floats, "p"), &named(&floats, "q"), RCOND).unwrap();
    assert_eq!(result::<f32>(&weights), Array2::<f32>::eye(2));
    let halves = integers.mapv(|x| f16::from_f32(x as f32));
    let weights = lstsq(&named(&halves, "p"), &named(&halves, "q"), RCOND).unwrap();
    assert_eq!(
        values::<f16>(&weights),
        [f16::ONE, f16::ZERO, f16::ZERO, f16::ONE]
    );
    let complex = floats.mapv(|x| Complex::new(0.0, x));
    let weights = lstsq(&named(&complex, "p"), &named(&floats, "q"), RCOND).unwrap();
    assert_eq!(
        result::<Complex<f32>>(&weights)[[0, 0]],
        Complex::new(0.0, -1.0)
    );
}

#[test]
fn any_strides_give_the_same() {
    let (x, y) = (matrix(600, 6, 1), matrix(600, 2, 2));
    let expected = fit(&x, &y, RCOND);
    assert_eq!(fit(&fortran(&x), &y, RCOND), expected);

    let mut elements = Array3::zeros((60, 10, 6).f());
    elements.assign(&x.to_shape((60, 10, 6)).unwrap());
    let y = y.into_shape_with_order((60, 10, 2)).unwrap();
    let (samples, component) = (
        Labels::range("s", 60).unwrap(),
        Labels::range("c", 10).unwrap(),
    );
    let make = |values: Array3<f64>| {
        let properties = Labels::range("p", values.dim().2).unwrap();
        TensorBlock::new(
            values,
            &samples,
            std::slice::from_ref(&component),
            &properties,
        )
        .unwrap()
    };
    let weights = lstsq(&make(elements), &make(y), RCOND).unwrap();
    assert_eq!(result::<f64>(&weights), expected);
}

#[test]
fn infinities_are_found_wherever_they_are() {
    let good = || block([1, 1], &[1.0]);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let bad_values = block([1, 1], &[bad]);
        let bad_gradient = || with_gradient(good(), "g", &[[0, 0]], &[bad]);
        let good_gradient = || with_gradient(good(), "g", &[[0, 0]], &[1.0]);
        for (x, y, place) in [
            (bad_values.clone(), good(), "values"),
            (good(), bad_values, "values"),
            (bad_gradient(), good_gradient(), "gradient 'g'"),
            (good_gradient(), bad_gradient(), "gradient 'g'"),
        ] {
            let (x, y) = (map(vec![good_like(&x), x]), map(vec![good_like(&y), y]));
            let error = lstsq(&x, &y, RCOND).unwrap_err();
            assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
            let text = error.to_string();
            assert!(text.contains("lstsq: block (k=1): "), "{text}");
            assert!(text.contains(place), "{text}");
        }
    }
}

/// Block with the same structure, full of ones.
fn good_like(block: &TensorBlock) -> TensorBlock {
    crate::ones_like(block, crate::GradientSelection::All).unwrap()
}

#[test]
fn errors_name_what_is_different() {
    let x = map(vec![block([2, 2], &[1., 2., 3., 4.])]);
    let fail = |y: TensorBlock| lstsq(&x, &map(vec![y]), RCOND).unwrap_err();
    let error = fail(block([1, 1], &[1.]));
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("lstsq: ") && text.contains("(k=0)") && text.contains("samples"));

    let error = fail(with_gradient(
        block([2, 1], &[1., 2.]),
        "g",
        &[[0, 0]],
        &[1.],
    ));
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    assert!(error.to_string().contains("gradient parameters"), "{error}");
    assert!(error.to_string().contains("'g'"), "{error}");

    let components = TensorBlock::new(
        array(&[2, 1, 1], &[1., 2.]),
        Labels::range("s", 2).unwrap(),
        &[Labels::range("c", 1).unwrap()],
        Labels::range("q", 1).unwrap(),
    );
    let text = fail(components.unwrap()).to_string();
    assert!(text.contains("numbers of components"), "{text}");

    let error = lstsq(&x, &map(vec![]), RCOND).unwrap_err();
    assert!(error.to_string().contains("1 and 0 blocks"), "{error}");
}

#[test]
fn solutions_for_integers_and_booleans_are_f64() {
    let x = block([2, 1], &[true, true]);
    let y = block([2, 1], &[1_u64 << 63, 1 << 62]);
    for (x, y, weight) in [(&x, &x, 1.0), (&x, &y, 1.5 * (1_u64 << 62) as f64)] {
        let weights = lstsq(x, y, RCOND).unwrap();
        let [found] = values::<f64>(&weights)[..] else {
            panic!("one weight")
        };
        assert!(
            (found / weight - 1.0).abs() < 1e-14,
            "{found} is not {weight}"
        );
    }
}

#[test]
fn gradients_of_gradients_are_refused() {
    let make = || {
        let mut first = block([1, 1], &[1.]);
        first = TensorBlock::new(
            first.values().clone(),
            labels(["sample"], &[[0]]),
            &[],
            first.properties(),
        )
        .unwrap();
        let first = with_gradient(first, "h", &[[0, 0]], &[1.]);
        let mut block = block([1, 1], &[1.]);
        block.add_gradient("g", first).unwrap();
        map(vec![block])
    };
    let error = lstsq(&make(), &make(), RCOND).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("lstsq") && text.contains("g/h"), "{text}");
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for (samples, properties) in [(20_000, 7), (3000, 31), (40_000, 1)] {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let x = large(samples, 10, properties, -50.25, order);
            let y = large(samples, 10, 2, 0.1, order);
            let fit = || lstsq(&x, &y, LstsqOptions::default());
            assert_independent_of_threads(|| vec![fit()]);
        }
    }
}

#[test]
fn infinities_are_found_in_all_parts_of_many_equations() {
    let numbers = |i: usize, j: usize| ((i * 31 + j * 7) % 101) as f64;
    let x = Array2::from_shape_fn((5000, 3), |(i, j)| numbers(i, j));
    let y = Array2::from_shape_fn((5000, 1), |(i, _)| numbers(i, 9));
    for row in [0, 624, 625, 3000, 4999] {
        let mut x = x.clone();
        x[[row, 1]] = f64::INFINITY;
        let error = lstsq(&named(&x, "p"), &named(&y, "q"), LstsqOptions::default());
        let error = error.unwrap_err();
        assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
        assert!(error.to_string().contains("values"), "{error}");
    }
}

proptest! {
    #[test]
    fn residuals_are_orthogonal_and_solutions_have_minimum_norm(
        (rows, columns, rank, outputs) in (1..40_usize, 1..12_usize, 1..12_usize, 1..4_usize),
        seed in 0..1000_u64,
    ) {
        let rank = rank.min(rows).min(columns);
        let (left, right) = (matrix(rows, rank, seed), matrix(rank, columns, seed + 1));
        let (x, y) = (left.dot(&right), matrix(rows, outputs, seed + 2));
        // Only cases that are far from a smaller rank.
        let singular = |m: &Array2<f64>| {
            let w = fit(m, &Array2::eye(m.nrows()), RCOND);
            w.iter().fold(0.0, |largest, x| f64::max(largest, x.abs())) > 1e3
        };
        prop_assume!(!singular(&left) && !singular(&right.t().to_owned()));
        let w = fit(&x, &y, RCOND).reversed_axes();
        let orthogonal = x.t().dot(&(x.dot(&w) - &y));
        prop_assert!(orthogonal.iter().all(|x| x.abs() < 1e-8), "{orthogonal}");
        // Nothing in the null space: w = rightᵀ v, for the v that fits it best.
        let v = fit(&right.t().to_owned(), &w, RCOND).reversed_axes();
        let outside = right.t().dot(&v) - &w;
        prop_assert!(outside.iter().all(|x| x.abs() < 1e-7), "{outside}");
    }
}
