//! Tests of linear algebra.

mod dot;
mod least_squares;
mod lstsq;
mod normal_equations;
mod product_rule;
mod scales;
mod solve;

use metatensor_core::{Labels, TensorBlock};
use ndarray::{Array2, ShapeBuilder};
use num_complex::Complex;

/// Numbers between -1 and 1 without any pattern.
fn numbers(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed.wrapping_add(12345);
    move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 40) as f64 / f64::from(1 << 23) - 1.0
    }
}

fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f64> {
    let mut number = numbers(seed);
    Array2::from_shape_simple_fn((rows, columns), &mut number)
}

fn complex_matrix(rows: usize, columns: usize, seed: u64) -> Array2<Complex<f64>> {
    let mut number = numbers(seed);
    Array2::from_shape_simple_fn((rows, columns), || Complex::new(number(), number()))
}

/// The same matrix with columns that are contiguous.
fn fortran(matrix: &Array2<f64>) -> Array2<f64> {
    let mut copy = Array2::zeros(matrix.raw_dim().f());
    copy.assign(matrix);
    copy
}

/// Block with samples `s`, and properties of this name.
fn named<T: metatensor_core::Element>(values: &Array2<T>, properties: &str) -> TensorBlock {
    TensorBlock::new(
        values.to_owned(),
        Labels::range("s", values.nrows()).unwrap(),
        &[],
        Labels::range(properties, values.ncols()).unwrap(),
    )
    .unwrap()
}

/// The matrix of a block without components.
fn result<T: metatensor_core::Element>(block: &TensorBlock) -> Array2<T> {
    let values = block.to_ndarray::<T>().unwrap();
    values.into_dimensionality().unwrap()
}

#[track_caller]
fn assert_close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) {
    assert_eq!(a.dim(), b.dim());
    for ((position, x), y) in a.indexed_iter().zip(b) {
        assert!((x - y).abs() <= tolerance, "{x} and {y} at {position:?}");
    }
}
