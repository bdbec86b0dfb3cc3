//! Tests of all arithmetic, which share cases.

use metatensor_core::{Element, Labels, Result, TensorBlock};

use super::*;
use crate::testing::*;

mod arrays;
mod gradients;
mod in_place;
mod matching;
mod missing;
mod special_powers;
mod threads;

type Operation = fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>;

/// All operations, those with one argument ignore the second one.
const OPERATIONS: [(&str, Operation); 18] = [
    ("abs", |a, _| abs(a)),
    ("add", add),
    ("add", |a, _| add_scalar(a, 2.5)),
    ("subtract", subtract),
    ("subtract", |a, _| subtract_scalar(a, 2.5)),
    ("multiply", multiply),
    ("multiply", |a, _| multiply_scalar(a, 2.5)),
    ("divide", divide),
    ("divide", |a, _| divide_scalar(a, 2.5)),
    ("pow", |a, _| pow(a, 0.0)),
    ("pow", |a, _| pow(a, 0.5)),
    ("pow", |a, _| pow(a, 1.0)),
    ("pow", |a, _| pow(a, 2.0)),
    ("pow", |a, _| pow(a, 3.0)),
    ("pow", |a, _| pow(a, 2.5)),
    ("pow", |a, _| pow(a, -1.0)),
    ("pow", |a, _| pow(a, -2.0)),
    ("pow", |a, _| pow(a, 200.5)),
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

fn with_second_derivatives<T: Element>(one: T) -> TensorBlock {
    let mut gradient = TensorBlock::new(
        array(&[1, 1], &[one]),
        labels(["sample", "a"], &[[1, 7]]),
        &[],
        Labels::range("p", 1).unwrap(),
    )
    .unwrap();
    let second = TensorBlock::new(
        array(&[2, 1], &[one, one]),
        labels(["sample", "b"], &[[0, 3], [0, 4]]),
        &[],
        gradient.properties(),
    );
    gradient.add_gradient("strain", second.unwrap()).unwrap();
    let mut block = block([2, 1], &[one, one]);
    block.add_gradient("positions", gradient).unwrap();
    block
}
