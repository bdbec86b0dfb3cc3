//! Results do not depend on the number of threads.

use metatensor_core::TensorMap;

use crate::testing::threads::{Order, assert_independent_of_threads, large};
use crate::*;

/// All values and gradients, which large operations on `tensor` make and small ones on parts of it do as well.
fn moved(tensor: &TensorMap, other: &TensorMap) -> Vec<Result<TensorMap>> {
    let block = tensor.block_by_id(0).unwrap();
    let every_third: Vec<_> = (0..block.samples().count() as i64).step_by(3).collect();
    let backwards: Vec<_> = (0..block.samples().count() as i64).rev().collect();
    let columns: Vec<_> = (0..block.properties().count() as i64).step_by(2).collect();
    let picked = |axis, indices| slice(tensor, axis, Selection::Indices(indices));
    let options = JoinOptions {
        add_dimension: Some("tensor"),
        ..JoinOptions::default()
    };
    vec![
        picked(Axis::Samples, &every_third),
        picked(Axis::Samples, &backwards),
        picked(Axis::Properties, &columns),
        sort(tensor, &Axis::ALL, Direction::Descending),
        join(&[tensor, other, tensor], Axis::Samples, options),
        join(&[tensor, other], Axis::Properties, options),
        make_contiguous(tensor),
    ]
}

#[test]
fn large_results_do_not_depend_on_the_number_of_threads() {
    for (samples, properties) in [(30_000, 7), (100_000, 1), (20, 7001)] {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let a = large(samples, 10, properties, -50.25, order);
            let b = large(samples, 10, properties, 0.1, Order::RowMajor);
            assert_independent_of_threads(|| moved(&a, &b));
        }
    }
}

#[test]
fn rows_of_large_results_are_those_of_the_input() {
    let (a, b) = (
        large(40_000, 10, 5, 0.0, Order::RowMajor),
        large(40_000, 10, 5, 0.7, Order::ColumnMajor),
    );
    let values = |tensor: &TensorMap| {
        let block = tensor.block_by_id(0).unwrap();
        block.to_ndarray::<f64>().unwrap()
    };
    let (x, y) = (values(&a), values(&b));
    let rows = ndarray::Axis(0);
    let results: Vec<_> = moved(&a, &b)
        .into_iter()
        .map(|map| values(&map.unwrap()))
        .collect();
    let every_third: Vec<_> = (0..40_000).step_by(3).collect();
    assert_eq!(results[0], x.select(rows, &every_third));
    assert_eq!(
        results[1],
        x.select(rows, &(0..40_000).rev().collect::<Vec<_>>())
    );
    assert_eq!(results[2], x.select(ndarray::Axis(1), &[0, 2, 4]));
    let views = [x.view(), y.view(), x.view()];
    assert_eq!(results[4], ndarray::concatenate(rows, &views).unwrap());
    assert_eq!(
        results[5],
        ndarray::concatenate(ndarray::Axis(1), &views[..2]).unwrap()
    );
}
