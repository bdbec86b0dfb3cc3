//! Results that are much larger than what they are made of: the limit is one of the process, tests wait for each other.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use metatensor_core::{Error, Labels, Limit, Result, TensorBlock, TensorMap};
use metatensor_operations::{
    Axis, JoinOptions, LstsqOptions, divide, dot, join, lstsq, multiply, one_hot, pow,
};
use ndarray::{Array2, Array3};

/// `run` works with a limit of `needed` bytes, and is an error with these parts for less.
fn assert_needs<T: Debug>(needed: usize, parts: &[&str], run: impl Fn() -> Result<T>) {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _guard = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    Limit::ResultBytes.set(needed as u64);
    let enough = run().map(|_| ());
    Limit::ResultBytes.set(needed as u64 - 1);
    let error = run().map(|_| ());
    Limit::ResultBytes.set(0);
    enough.unwrap();
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    let message = error.to_string();
    let needed = needed.to_string();
    for part in parts.iter().chain(&["Limit::ResultBytes", &*needed]) {
        assert!(
            message.contains(part),
            "'{message}' should contain '{part}'"
        );
    }
}

/// A block with these samples and properties, and a gradient with one row, which is at `atom`.
fn block(samples: usize, properties: usize, atom: i32) -> TensorBlock {
    let properties = Labels::range("p", properties).unwrap();
    let values = Array2::<f64>::zeros((samples, properties.count()));
    let samples = Labels::range("s", samples).unwrap();
    let mut block = TensorBlock::new(values, &samples, &[], &properties).unwrap();
    let values = Array3::<f64>::zeros((1, 3, properties.count()));
    let samples = Labels::new(["sample", "atom"], [[0, atom]]).unwrap();
    let xyz = [Labels::range("xyz", 3).unwrap()];
    let gradient = TensorBlock::new(values, &samples, &xyz, &properties).unwrap();
    block.add_gradient("positions", gradient).unwrap();
    block
}

fn map(block: TensorBlock) -> TensorMap {
    TensorMap::new(Labels::new(["key"], [[7]]).unwrap(), vec![block]).unwrap()
}

/// Joins ten blocks with four samples and two properties each.
fn check_join(same_atoms: bool, axis: Axis) {
    let (rows, columns, many) = (4, 2, 10_usize);
    let atom = |i| if same_atoms { 0 } else { i };
    let blocks: Vec<_> = (0..many as i32)
        .map(|i| block(rows, columns, atom(i)))
        .collect();
    let maps: Vec<_> = blocks.iter().cloned().map(map).collect();
    let (samples, gradient_rows, properties) = match axis {
        Axis::Samples => (many * rows, many, columns),
        _ if same_atoms => (rows, 1, many * columns),
        _ => (rows, many, many * columns),
    };
    let elements = samples * properties + gradient_rows * 3 * properties;
    // there may be one more dimension for each
    let labels = 2 * samples + 3 * gradient_rows + 2 * properties;
    let needed = 8 * elements + 4 * labels;

    let options = JoinOptions {
        add_dimension: Some("tensor"),
        ..JoinOptions::default()
    };
    let maps: Vec<_> = maps.iter().collect();
    let parts = ["join", "(key=7)", "its largest block"];
    assert_needs(needed, &parts, || join(&maps, axis, options));
    let blocks: Vec<_> = blocks.iter().collect();
    let parts = ["join_blocks", "its largest block"];
    assert_needs(needed, &parts, || join(&blocks, axis, options));
}

#[test]
fn joined_maps_are_counted_before_they_are_made() {
    check_join(false, Axis::Samples);
    check_join(false, Axis::Properties);
    check_join(true, Axis::Properties);
}

#[test]
fn products_are_counted_before_they_are_made() {
    let a = block(5, 2, 0);
    let mut weights = block(7, 2, 0).into_parts();
    weights.gradients.clear();
    let weights =
        TensorBlock::new(weights.values, &weights.samples, &[], &weights.properties).unwrap();
    let needed = (5 + 3) * 7 * 8;
    assert_needs(needed, &["dot", "the product"], || dot(&a, &weights));
    let (a, b) = (map(a), map(weights));
    assert_needs(needed, &["dot", "(key=7)"], || dot(&a, &b));
}

/// A block with one sample, four properties, and gradients with respect to `p` and `q` with this many rows, but nothing in that
/// of the one with respect to the other.
fn with_second_derivatives(rows: usize) -> TensorBlock {
    let properties = Labels::range("p", 4).unwrap();
    let gradient = |rows: usize| {
        let samples = Labels::from_rows(&["sample", "i"], (0..rows as i32).map(|i| [0, i]));
        let values = Array2::<f64>::zeros((rows, 4));
        TensorBlock::new(values, samples.unwrap(), &[], &properties).unwrap()
    };
    let samples = Labels::range("s", 1).unwrap();
    let mut block =
        TensorBlock::new(Array2::<f64>::zeros((1, 4)), samples, &[], &properties).unwrap();
    let mut p = gradient(rows);
    p.add_gradient("q", gradient(0)).unwrap();
    block.add_gradient("p", p).unwrap();
    block.add_gradient("q", gradient(rows)).unwrap();
    block
}

#[test]
fn rows_of_gradients_of_gradients_are_counted_before_they_are_made() {
    let a = with_second_derivatives(50);
    let needed = (1 + 50 + 50 + 50 * 50) * 4 * 8;
    assert_needs(needed, &["multiply", "gradients of gradients"], || {
        multiply(&a, &a)
    });
    assert_needs(needed, &["divide", "(key=7)"], || {
        divide(&map(a.clone()), &map(a.clone()))
    });
    assert_needs(needed, &["pow"], || pow(&a, 2.5));
}

#[test]
fn solutions_are_counted_before_they_are_made() {
    let (x, y) = (map(block(5, 4, 0)), map(block(5, 3, 0)));
    assert_needs(4 * 3 * 8, &["lstsq", "(key=7)"], || {
        lstsq(&x, &y, LstsqOptions::default())
    });
}

#[test]
fn one_hot_rows_are_counted_before_they_are_made() {
    let labels = Labels::range("t", 5).unwrap();
    let types = Labels::range("t", 9).unwrap();
    assert_needs(5 * 9 * 4, &["one_hot", "5 rows and 9 columns"], || {
        one_hot(&labels, &types)
    });
}
