//! Results do not depend on the number of threads.

use crate::testing::threads::{Order, assert_independent_of_threads, large};
use crate::testing::{block, gradient, values, with_gradient};
use crate::*;

const REDUCTIONS: [Reduction; 4] = [
    Reduction::Sum,
    Reduction::Mean,
    Reduction::Var,
    Reduction::Std,
];

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let shapes = [
        // samples, groups of them, properties
        (20_000, 3000, 7),
        (20_000, 3, 13),
        (60_000, 1, 3),
        (150, 40, 3001),
        (150_000, 40_000, 1),
    ];
    for (samples, groups, properties) in shapes {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let tensor = large(samples, groups, properties, -50.25, order);
            assert_independent_of_threads(|| {
                let over_samples =
                    REDUCTIONS.map(|reduction| reduce_over_samples(&tensor, reduction, &["s"]));
                let over_properties =
                    REDUCTIONS.map(|reduction| reduce_over_properties(&tensor, reduction, &["q"]));
                over_samples.into_iter().chain(over_properties).collect()
            });
        }
    }
}

/// The sum of numbers, and what rounding left over.
fn exact(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut rest) = (0.0, 0.0);
    for x in numbers {
        let total: f64 = sum + x;
        let part = total - sum;
        rest += (sum - (total - part)) + (x - part);
        sum = total;
    }
    sum + rest
}

#[track_caller]
fn assert_digits(x: f64, expected: f64) {
    let error = (x / expected - 1.0).abs();
    assert!(error <= 4.0 * f64::EPSILON, "{x} is not {expected}");
}

#[test]
fn sums_of_many_numbers_lose_no_digits() {
    let tensor = large(30_000, 2, 11, -50.25, Order::RowMajor);
    let block = tensor.block_by_id(0).unwrap();
    let values = block.to_ndarray::<f64>().unwrap();
    let result = sum_over_samples(&tensor, &["s"]).unwrap();
    let result = result.block_by_id(0).unwrap().to_ndarray::<f64>().unwrap();
    for ((group, property), &sum) in result
        .into_dimensionality::<ndarray::Ix2>()
        .unwrap()
        .indexed_iter()
    {
        let rows = values.outer_iter().zip(block.samples());
        let rows = rows.filter(|(_, sample)| sample[1] as usize == group);
        assert_digits(sum, exact(rows.map(|(row, _)| row[property])));
    }
}

#[test]
fn a_million_equal_numbers_have_their_mean() {
    const COUNT: usize = 1_000_000;
    let numbers = block([COUNT, 1], &vec![0.1; COUNT]);
    let line = block([1, COUNT], &vec![0.1; COUNT]);
    let expected = exact(std::iter::repeat_n(0.1, COUNT));
    for (reduction, expected) in [(Reduction::Sum, expected), (Reduction::Mean, 0.1)] {
        let over_samples = reduce_over_samples(&numbers, reduction, &["s"]).unwrap();
        assert_digits(values::<f64>(&over_samples)[0], expected);
        let over_properties = reduce_over_properties(&line, reduction, &["p"]).unwrap();
        assert_digits(values::<f64>(&over_properties)[0], expected);
    }
    // In gradients as well: here all of them are those of one sample.
    let rows: Vec<[i32; 2]> = (0..COUNT as i32).map(|i| [i, 0]).collect();
    let numbers = with_gradient(numbers, "g", &rows, &vec![0.1; COUNT]);
    let mean = mean_over_samples(&numbers, &["s"]).unwrap();
    assert_digits(gradient::<f64>(&mean, "g")[0], 0.1);
}

#[test]
fn variances_of_a_million_numbers_lose_no_digits() {
    const COUNT: usize = 1_000_000;
    let number = |i: usize| 5.1 + ((i * 7919) % 10_007) as f64 / 10_007.0;
    let numbers: Vec<f64> = (0..COUNT).map(number).collect();
    let mean = exact(numbers.iter().copied()) / COUNT as f64;
    let variance = exact(numbers.iter().map(|x| (x - mean).powi(2))) / COUNT as f64;
    let rows: Vec<[i32; 2]> = (0..COUNT as i32).map(|i| [i, 0]).collect();
    let deviations: Vec<f64> = numbers.iter().map(|x| x - mean).collect();
    let block = with_gradient(block([COUNT, 1], &numbers), "g", &rows, &deviations);
    let found = var_over_samples(&block, &["s"]).unwrap();
    assert_digits(values::<f64>(&found)[0], variance);
    assert_digits(gradient::<f64>(&found, "g")[0], 2.0 * variance);
}
