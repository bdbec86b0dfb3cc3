//! A gradient row that is not there is zero: adding it changes nothing.

use metatensor_core::{Labels, TensorBlock};
use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;
use crate::{LstsqOptions, lstsq};

/// The same block, with all gradient rows there can be: those that were not there are zero.
fn dense<T: Element>(block: &TensorBlock) -> TensorBlock {
    let (samples, count) = (block.samples(), block.samples().count());
    let all: Vec<_> = (0..count).map(Some).collect();
    let mut result = rows::<T>(block, samples, &all);
    for (parameter, gradient) in block.gradients() {
        result
            .add_gradient(parameter, dense_gradient::<T>(gradient, count))
            .unwrap();
    }
    result
}

/// The same for a gradient of `parents` rows.
fn dense_gradient<T: Element>(gradient: &TensorBlock, parents: usize) -> TensorBlock {
    let mut entries: Vec<_> = gradient.samples().iter().map(<[i32]>::to_vec).collect();
    let mut sources: Vec<_> = (0..entries.len()).map(Some).collect();
    for entry in (0..parents as i32).flat_map(|parent| (0..3).map(move |i| vec![parent, i])) {
        if !entries.contains(&entry) {
            entries.push(entry);
            sources.push(None);
        }
    }
    let names = gradient.samples().names().to_vec();
    let samples = Labels::from_values(&names, entries.concat()).unwrap();
    let mut result = rows::<T>(gradient, &samples, &sources);
    for (parameter, second) in gradient.gradients() {
        // Rows that were there before have the numbers they had.
        let second = dense_gradient::<T>(second, entries.len());
        result.add_gradient(parameter, second).unwrap();
    }
    result
}

fn check<T: Small>(operation: &Operation, seed: u64) {
    let name = operation.name;
    let [a, b] = random_pair::<T>(operation, seed);
    let sparse = (operation.block)(&a, &b).unwrap();
    let dense = (operation.block)(&dense::<T>(&a), &dense::<T>(&b)).unwrap();
    let (few, mut all) = (numbers(&sparse), numbers(&dense));
    for (place, x) in few {
        let y = all.remove(&place);
        assert!(
            y.is_some_and(|y| is_same(x, y)),
            "{name}: {x} at {place:?} became {y:?}"
        );
    }
    for (place, x) in all {
        // What is not a number times zero is not a number, where there is a row to say it.
        let undefined = name.starts_with("pow");
        assert!(
            x == Complex::ZERO || undefined && x.is_nan(),
            "{name}: {x} at {place:?} was not there"
        );
        assert!(!place.0.is_empty(), "{name}: a value at {place:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn zero_rows_change_nothing(seed: u64) {
        for operation in &OPERATIONS {
            for_all_numbers!(check(operation, seed));
        }
    }

    /// Rows of zeros are equations that always hold.
    #[test]
    fn zero_rows_do_not_change_solutions(seed: u64) {
        let operation = &OPERATIONS[0];
        let [x, y] = random_pair::<f64>(operation, seed);
        let [x, y] = [x, y].map(|block| without_second_derivatives(&block));
        let options = LstsqOptions { rcond: Some(1e-10) };
        let sparse = lstsq(&x, &y, options).unwrap();
        let dense = lstsq(&dense::<f64>(&x), &dense::<f64>(&y), options).unwrap();
        let (sparse, dense) = (numbers(&sparse), numbers(&dense));
        prop_assert_eq!(sparse.len(), dense.len());
        for (place, x) in sparse {
            prop_assert!((x - dense[&place]).norm() < 1e-8, "{} {}", x, dense[&place]);
        }
    }
}
