//! Numbers near the ends of what a type can hold: nothing that is not finite comes of finite numbers.

use half::f16;
use metatensor_core::Error;
use ndarray::{Array2, arr2};
use num_complex::Complex;
use proptest::prelude::*;

use super::{assert_close, complex_matrix, matrix, named, result};
use crate::ops::linalg::scale::times_power;
use crate::{LstsqOptions, lstsq, solve};

const DEFAULT: LstsqOptions = LstsqOptions { rcond: None };

fn fit(x: &Array2<f64>, y: &Array2<f64>, rcond: Option<f64>) -> Array2<f64> {
    result(&lstsq(&named(x, "p"), &named(y, "q"), LstsqOptions { rcond }).unwrap())
}

fn solution(x: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
    result(&solve(&named(x, "p"), &named(y, "q")).unwrap())
}

/// The same matrix, with all numbers times a power of 2.
fn times(matrix: &Array2<f64>, exponent: i32) -> Array2<f64> {
    matrix.mapv(|x| times_power(x, exponent))
}

#[test]
fn tiny_columns_count_as_zero_next_to_large_ones() {
    let y = arr2(&[[1.0], [2.0], [3.0]]);
    for tiny in [1e-310, 1e-320, 1e-290, 1e-30] {
        let x = arr2(&[[1.0, tiny], [1.0, 2.0 * tiny], [1.0, 0.0]]);
        assert_close(&fit(&x, &y, None), &arr2(&[[2.0, 0.0]]), 1e-12);
        // The same for huge and small numbers.
        assert_close(
            &fit(&(&x * 1e300), &(&y * 1e300), None),
            &arr2(&[[2.0, 0.0]]),
            1e-12,
        );
        let complex = x.mapv(|x| Complex::new(0.0, x));
        let right = y.mapv(|y| Complex::new(0.0, y));
        let weights = lstsq(&named(&complex, "p"), &named(&right, "q"), DEFAULT).unwrap();
        let weights = result::<Complex<f64>>(&weights);
        assert!((weights[[0, 0]] - 2.0).norm() < 1e-12, "{weights}");
        assert!(weights[[0, 1]].norm() < 1e-12, "{weights}");
    }
}

#[test]
fn systems_that_have_no_full_rank_can_have_any_size() {
    for scale in [1e-300, 5e-324, 1e300, 1e-200, 1.7e308] {
        let y = arr2(&[[scale], [scale]]);
        let weights = fit(&Array2::from_elem((2, 2), scale), &y, None);
        assert_close(&weights, &arr2(&[[0.5, 0.5]]), 1e-15);
        let ones = arr2(&[[1.0]]);
        let weights = fit(&arr2(&[[scale, scale]]), &(ones * scale), None);
        assert_close(&weights, &arr2(&[[0.5, 0.5]]), 1e-15);
    }
    let weights = fit(
        &Array2::from_elem((2, 2), 1e-300),
        &arr2(&[[1.0], [1.0]]),
        None,
    );
    assert_close(&(weights * 1e-299), &arr2(&[[5.0, 5.0]]), 1e-13);
}

#[test]
fn columns_of_any_scale_have_their_weights_if_no_singular_value_is_cut_off() {
    let x = matrix(1300, 3, 1);
    let y = matrix(1300, 2, 2);
    let expected = fit(&x, &y, Some(0.0));
    let exponents = [-1000, 0, 950];
    let mut scaled = x.clone();
    for (mut column, exponent) in scaled.columns_mut().into_iter().zip(exponents) {
        column.mapv_inplace(|x| times_power(x, exponent));
    }
    let mut weights = fit(&scaled, &y, Some(0.0));
    for (mut column, exponent) in weights.columns_mut().into_iter().zip(exponents) {
        column.mapv_inplace(|w| times_power(w, exponent));
    }
    assert_close(&weights, &expected, 1e-13);
}

#[test]
fn few_equations_of_any_scale_have_the_solution_of_minimum_norm() {
    let (x, y) = (matrix(4, 7, 1), matrix(4, 2, 2));
    let expected = fit(&x, &y, None);
    let scaled = |matrix: &Array2<f64>| {
        Array2::from_shape_fn(matrix.dim(), |(i, j)| {
            times_power(matrix[[i, j]], [0, -90, 70, 300][i])
        })
    };
    assert_close(&fit(&scaled(&x), &scaled(&y), Some(0.0)), &expected, 1e-13);
}

#[test]
fn equations_of_different_sizes_can_come_in_any_order() {
    // As many as are reduced in several parts, each of them in several steps.
    let (x, y) = (matrix(9000, 5, 3), matrix(9000, 1, 4));
    for exponents in [[-1000, 0], [0, -1000], [0, 900], [900, 0]] {
        for length in [100, 3000] {
            let scale = |matrix: &Array2<f64>| {
                Array2::from_shape_fn(matrix.dim(), |(i, j)| {
                    times_power(matrix[[i, j]], exponents[i / length % 2])
                })
            };
            // The larger equations alone decide.
            let large = |matrix: &Array2<f64>| {
                let large = exponents[0].max(exponents[1]);
                Array2::from_shape_fn(matrix.dim(), |(i, j)| {
                    let is_large = exponents[i / length % 2] == large;
                    if is_large { matrix[[i, j]] } else { 0.0 }
                })
            };
            let expected = fit(&large(&x), &large(&y), None);
            assert_close(&fit(&scale(&x), &scale(&y), None), &expected, 1e-13);
        }
    }
}

#[test]
fn outputs_of_different_sizes_do_not_disturb_each_other() {
    let x = matrix(50, 3, 5);
    let y = matrix(50, 3, 6);
    let expected = fit(&x, &y, None);
    let exponents = [-1000, 0, 1000];
    let mut scaled = y.clone();
    for (mut column, exponent) in scaled.columns_mut().into_iter().zip(exponents) {
        column.mapv_inplace(|y| times_power(y, exponent));
    }
    let mut weights = fit(&x, &scaled, None);
    for (mut row, exponent) in weights.rows_mut().into_iter().zip(exponents) {
        row.mapv_inplace(|w| times_power(w, -exponent));
    }
    assert_close(&weights, &expected, 1e-13);

    let (square, right) = (matrix(4, 4, 7), matrix(4, 3, 8));
    let expected = solution(&square, &right);
    let mut scaled = right.clone();
    for (mut column, exponent) in scaled.columns_mut().into_iter().zip(exponents) {
        column.mapv_inplace(|y| times_power(y, exponent));
    }
    let mut weights = solution(&square, &scaled);
    for (mut row, exponent) in weights.rows_mut().into_iter().zip(exponents) {
        row.mapv_inplace(|w| times_power(w, -exponent));
    }
    assert_close(&weights, &expected, 1e-12);
}

#[test]
fn square_systems_of_any_scale_are_solved() {
    for n in [1, 2, 5, 40] {
        let x = matrix(n, n, 1) + Array2::<f64>::eye(n) * 4.0;
        let y = matrix(n, 1, 2);
        let expected = solution(&x, &y);
        for exponent in [-1050, -600, 600, 1020] {
            let right = times(&y, exponent.max(-900));
            let back = times_power(1.0, exponent.max(-900) - exponent);
            if exponent == -1050 {
                // Most digits of subnormal numbers are gone.
                let x = times(&x, exponent);
                let expected = solution(&times(&x, 1000), &y);
                let weights = solution(&x, &times(&y, -1000));
                assert_close(&(weights / expected), &Array2::ones((1, n)), 1e-12);
                continue;
            }
            let weights = solution(&times(&x, exponent), &right);
            assert_close(&weights, &(&expected * back), 1e-12);
        }
        // Rows and columns that are far apart.
        let far = |i: usize| [-700, 0, 600][i % 3];
        let scaled = Array2::from_shape_fn(x.dim(), |(i, j)| {
            times_power(x[[i, j]], far(i) / 2 + far(j + 1) / 2)
        });
        let right = Array2::from_shape_fn(y.dim(), |(i, j)| times_power(y[[i, j]], far(i) / 2));
        let weights = solution(&scaled, &right);
        let weights = Array2::from_shape_fn(weights.dim(), |(i, j)| {
            times_power(weights[[i, j]], far(j + 1) / 2)
        });
        assert_close(&weights, &expected, 1e-12);
    }
    // The product of the numbers next to the diagonal is too small for double precision.
    let x = arr2(&[[1.0, 1e-200], [1e-200, 0.0]]);
    assert_close(
        &solution(&x, &arr2(&[[1.0], [1e-200]])),
        &arr2(&[[1.0, 0.0]]),
        0.0,
    );
}

#[test]
fn complex_systems_of_any_scale_are_solved() {
    let (x, y) = (complex_matrix(3, 3, 1), complex_matrix(3, 1, 2));
    let solve =
        |x: &_, y: &_| result::<Complex<f64>>(&solve(&named(x, "p"), &named(y, "q")).unwrap());
    let fit = |x: &_, y: &_| {
        let weights = lstsq(&named(x, "p"), &named(y, "q"), DEFAULT).unwrap();
        result::<Complex<f64>>(&weights)
    };
    let expected = solve(&x, &y);
    for scale in [1e-300, 1e-160, 1e160, 1e307] {
        let (x, y) = (x.mapv(|x| x * scale), y.mapv(|y| y * scale));
        for weights in [solve(&x, &y), fit(&x, &y)] {
            let errors = weights - &expected;
            assert!(
                errors.iter().all(|error| error.norm() < 1e-12),
                "{scale}: {errors}"
            );
        }
    }
}

#[test]
fn solutions_that_do_not_fit_are_errors() {
    fn check<T: metatensor_core::Element>(x: T, y: T, name: &str) {
        let (x, y) = (named(&arr2(&[[x]]), "p"), named(&arr2(&[[y]]), "q"));
        for result in [lstsq(&x, &y, DEFAULT), solve(&x, &y)] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
            let text = error.to_string();
            let expected =
                format!("the solution does not fit in {name}: the weight of (p=0) for (q=0)");
            assert!(text.contains(&expected), "{text}");
        }
    }
    check(1e-300, 1e300, "float64");
    check(5e-324, 1.0, "float64");
    check(1e-30_f32, 1e30, "float32");
    check(f16::from_f32(1e-3), f16::from_f32(1e4), "float16");
    check(
        Complex::new(0.0, 1e-300),
        Complex::new(1e300, 0.0),
        "complex128",
    );
    check(
        Complex::new(1e-30_f32, 0.0),
        Complex::new(0.0, 1e30),
        "complex64",
    );
}

#[test]
fn infinities_and_nan_are_refused_by_both() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let good = arr2(&[[1.0, 2.0], [3.0, 5.0]]);
        let mut wrong = good.clone();
        wrong[[1, 0]] = bad;
        for (x, y) in [(&wrong, &good), (&good, &wrong)] {
            let (x, y) = (named(x, "p"), named(y, "q"));
            for result in [solve(&x, &y), lstsq(&x, &y, DEFAULT)] {
                let error = result.unwrap_err();
                assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
                assert!(error.to_string().contains("must be finite"), "{error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn powers_of_two_change_no_digit_of_the_solution(
        (rows, columns, rank) in (1..9_usize, 1..6_usize, 1..6_usize),
        (a, b) in (-900..900_i32, -900..900_i32),
        seed in 0..1000_u64,
    ) {
        prop_assume!((b - a).abs() < 900);
        let rank = rank.min(rows).min(columns);
        let x = matrix(rows, rank, seed).dot(&matrix(rank, columns, seed + 1));
        let y = matrix(rows, 2, seed + 2);
        let expected = fit(&x, &y, None);
        let weights = fit(&times(&x, a), &times(&y, b), None);
        prop_assert!((times(&weights, a - b) - expected).iter().all(|e| e.abs() < 1e-9));
    }

    #[test]
    fn no_finite_numbers_give_a_solution_that_is_not(
        (rows, columns) in (1..7_usize, 1..5_usize),
        exponents in prop::collection::vec(-1074..1020_i32, 50),
        rcond in prop::sample::select(&[None, Some(0.0), Some(1e-300), Some(-1.0), Some(0.5)]),
        zeros in 0..4_usize,
        seed in 0..1000_u64,
    ) {
        let number = |matrix: &Array2<f64>, i: usize, j: usize| {
            let scale = exponents[(7 * i + 3 * j) % exponents.len()];
            if zeros > 0 && (i + 2 * j).is_multiple_of(zeros + 1) {
                0.0
            } else {
                times_power(matrix[[i, j]], scale)
            }
        };
        let (x, y) = (matrix(rows, columns, seed), matrix(rows, 2, seed + 1));
        let x = Array2::from_shape_fn(x.dim(), |(i, j)| number(&x, i, j));
        let y = Array2::from_shape_fn(y.dim(), |(i, j)| number(&y, i, j));
        let (x, y) = (named(&x, "p"), named(&y, "q"));
        let mut results = vec![lstsq(&x, &y, LstsqOptions { rcond })];
        if rows == columns {
            results.push(solve(&x, &y));
        }
        for solution in results {
            match solution {
                Ok(weights) => {
                    let weights = result::<f64>(&weights);
                    prop_assert!(weights.iter().all(|w| w.is_finite()), "{weights}");
                }
                Err(error) => prop_assert!(matches!(error, Error::LinearAlgebra(_)), "{error}"),
            }
        }
    }
}
