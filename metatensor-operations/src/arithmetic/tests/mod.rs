//! Tests of all arithmetic, which share cases.

use metatensor_core::{Element, Labels, Result, TensorBlock};

use super::*;
use crate::testing::*;

mod arrays;
mod gradients;
mod in_place;
mod matching;
mod threads;

type Operation = fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>;

/// All operations, those with one argument ignore the second one.
const OPERATIONS: [(&str, Operation); 18] = [
    ("abs", |a, _| abs_block(a)),
    ("add", add_block),
    ("add", |a, _| add_scalar_block(a, 2.5)),
    ("subtract", subtract_block),
    ("subtract", |a, _| subtract_scalar_block(a, 2.5)),
    ("multiply", multiply_block),
    ("multiply", |a, _| multiply_scalar_block(a, 2.5)),
    ("divide", divide_block),
    ("divide", |a, _| divide_scalar_block(a, 2.5)),
    ("pow", |a, _| pow_block(a, 0.0)),
    ("pow", |a, _| pow_block(a, 0.5)),
    ("pow", |a, _| pow_block(a, 1.0)),
    ("pow", |a, _| pow_block(a, 2.0)),
    ("pow", |a, _| pow_block(a, 3.0)),
    ("pow", |a, _| pow_block(a, 2.5)),
    ("pow", |a, _| pow_block(a, -1.0)),
    ("pow", |a, _| pow_block(a, -2.0)),
    ("pow", |a, _| pow_block(a, 200.5)),
];

/// Operations that are linear (or affine) in the values.
const LINEAR: [(&str, Operation); 7] = [
    OPERATIONS[1],
    OPERATIONS[2],
    OPERATIONS[3],
    OPERATIONS[4],
    OPERATIONS[6],
    OPERATIONS[8],
    OPERATIONS[11],
];

const NON_LINEAR: [(&str, Operation); 5] = [
    OPERATIONS[0],
    OPERATIONS[5],
    OPERATIONS[7],
    OPERATIONS[9],
    OPERATIONS[12],
];

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

fn with_second_derivatives<T: Element>(one: T) -> TensorBlock {
    let mut gradient = TensorBlock::new(
        array(&[1, 1], &[one]),
        &labels(["sample", "a"], &[[1, 7]]),
        &[],
        &Labels::range("p", 1).unwrap(),
    )
    .unwrap();
    let second = TensorBlock::new(
        array(&[2, 1], &[one, one]),
        &labels(["sample", "b"], &[[0, 3], [0, 4]]),
        &[],
        gradient.properties(),
    );
    gradient.add_gradient("strain", second.unwrap()).unwrap();
    let mut block = block([2, 1], &[one, one]);
    block.add_gradient("positions", gradient).unwrap();
    block
}
