//! Tests of all arithmetic, which share cases.

use metatensor_core::{Result, TensorBlock};

use super::*;
use crate::testing::{gradient, small_block, values};

fn f() -> TensorBlock {
    small_block(
        [1., -2., 0., 4.],
        [1., 2., 3., 4., 5., 6., 1., 1., 2., 2., 3., 3.],
    )
}

fn h() -> TensorBlock {
    small_block(
        [2., 4., 8., 16.],
        [1., 0., 0., 1., 1., 1., 2., 0., 0., 2., 2., 2.],
    )
}

#[track_caller]
fn assert_block(result: Result<TensorBlock>, expected: [f64; 4], derivatives: [f64; 12]) {
    let result = result.unwrap();
    assert_eq!(values::<f64>(&result), expected);
    assert_eq!(gradient::<f64>(&result, "g"), derivatives);
}

#[test]
fn known_results() {
    assert_block(
        abs_block(&f()),
        [1., 2., 0., 4.],
        [0., 2., 0., 4., 0., 6., 1., -1., 2., -2., 3., -3.],
    );
    assert_block(
        add_block(&f(), &h()),
        [3., 2., 8., 20.],
        [2., 2., 3., 5., 6., 7., 3., 1., 2., 4., 5., 5.],
    );
    assert_block(
        subtract_block(&f(), &h()),
        [-1., -6., -8., -12.],
        [0., 2., 3., 3., 4., 5., -1., 1., 2., 0., 1., 1.],
    );
    assert_block(
        multiply_block(&f(), &h()),
        [2., -8., 0., 64.],
        [8., 32., 24., 68., 40., 100., 4., 4., 4., 4., 8., 8.],
    );
    assert_block(
        divide_block(&f(), &h()),
        [0.5, -0.5, 0., 0.25],
        [
            0.125, 0.125, 0.375, 0.234375, 0.625, 0.359375, 0., 0.25, 1., 0.75, 1., 1.,
        ],
    );
}

#[test]
fn known_powers() {
    assert_block(
        pow_block(&f(), 2.0),
        [1., 4., 0., 16.],
        [0., 16., 0., 32., 0., 48., 2., -4., 4., -8., 6., -12.],
    );
    assert_block(
        pow_block(&f(), 3.0),
        [1., -8., 0., 64.],
        [0., 96., 0., 192., 0., 288., 3., 12., 6., 24., 9., 36.],
    );
    let inf = f64::INFINITY;
    assert_block(
        pow_block(&f(), -1.0),
        [1., -0.5, inf, 0.25],
        [
            -inf, -0.125, -inf, -0.25, -inf, -0.375, -1., -0.25, -2., -0.5, -3., -0.75,
        ],
    );
    assert_block(pow_block(&f(), 0.0), [1.; 4], [0.; 12]);
    assert_block(
        pow_block(&f(), 1.0),
        [1., -2., 0., 4.],
        [1., 2., 3., 4., 5., 6., 1., 1., 2., 2., 3., 3.],
    );
}
