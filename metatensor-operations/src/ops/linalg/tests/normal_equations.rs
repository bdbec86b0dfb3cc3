//! Tests of [`normal_equations`].

use metatensor_core::DType;
use ndarray::arr2;
use num_complex::Complex;

use super::{assert_close, complex_matrix, matrix, named, result};
use crate::testing::{block, map, with_gradient};
use crate::{LstsqOptions, lstsq, normal_equations, solve};

#[test]
fn products_are_those_of_matrices() {
    for (rows, columns, outputs) in [(0, 2, 1), (1, 3, 2), (700, 5, 3), (1024, 2, 0), (3, 0, 2)] {
        let (x, y) = (matrix(rows, columns, 1), matrix(rows, outputs, 2));
        let (square, right) = normal_equations(&named(&x, "p"), &named(&y, "q")).unwrap();
        assert_close(&result(&square), &x.t().dot(&x), 1e-12);
        assert_close(&result(&right), &x.t().dot(&y), 1e-12);
        assert_eq!(square.samples(), square.properties());
        assert_eq!(square.samples(), right.samples());
    }
}

#[test]
fn solutions_are_those_of_least_squares() {
    let (x, y) = (complex_matrix(30, 4, 1), complex_matrix(30, 2, 2));
    let (x, y) = (named(&x, "p"), named(&y, "q"));
    let (square, right) = normal_equations(&x, &y).unwrap();
    assert_eq!(square.dtype(), DType::C128);
    let found = result::<Complex<f64>>(&solve(&square, &right).unwrap());
    let expected = result::<Complex<f64>>(&lstsq(&x, &y, LstsqOptions::default()).unwrap());
    assert!((found - expected).iter().all(|x| x.norm() < 1e-12));
}

#[test]
fn rows_of_gradients_are_equations() {
    let x = with_gradient(block([1, 2], &[1., 2.]), "t", &[[0, 0]], &[3., 4.]);
    let y = with_gradient(block([1, 1], &[5.]), "t", &[[0, 0]], &[6.]);
    let (square, right) = normal_equations(&map(vec![x]), &map(vec![y])).unwrap();
    let [square, right] = [square, right].map(|m| result::<f64>(m.block_by_id(0).unwrap()));
    assert_eq!(square, arr2(&[[10., 14.], [14., 20.]]));
    assert_eq!(right, arr2(&[[23.], [34.]]));
}

#[test]
fn products_of_all_types_are_in_double_precision() {
    let x = named(&arr2(&[[0.1_f32], [3.0]]), "p");
    let y = named(&arr2(&[[2_i16], [5]]), "q");
    let (square, right) = normal_equations(&x, &y).unwrap();
    let exact = f64::from(0.1_f32);
    assert_eq!(result::<f64>(&square), arr2(&[[exact * exact + 9.0]]));
    assert_eq!(result::<f64>(&right), arr2(&[[2.0 * exact + 15.0]]));
}

#[test]
fn errors_name_the_function_and_the_block() {
    let x = map(vec![block([2, 1], &[1., 2.])]);
    let y = map(vec![block([1, 1], &[1.])]);
    let text = normal_equations(&x, &y).unwrap_err().to_string();
    assert!(
        text.contains("normal_equations: blocks for key (k=0)"),
        "{text}"
    );
}
