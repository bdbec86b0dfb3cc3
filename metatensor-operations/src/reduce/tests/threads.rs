//! Results do not depend on the number of threads.

use crate::testing::threads::{Order, assert_independent_of_threads, large};
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

#[test]
fn large_sums_are_made_in_the_order_of_samples() {
    let tensor = large(30_000, 2, 11, -50.25, Order::RowMajor);
    let result = sum_over_samples(&tensor, &["s"]).unwrap();
    let block = tensor.block_by_id(0).unwrap();
    let values = block.to_ndarray::<f64>().unwrap();
    let mut expected = ndarray::ArrayD::<f64>::zeros(vec![2, 11]);
    for (row, sample) in values.outer_iter().zip(block.samples()) {
        let mut sums = expected.index_axis_mut(ndarray::Axis(0), sample[1] as usize);
        sums += &row;
    }
    let result = result.block_by_id(0).unwrap();
    assert_eq!(result.to_ndarray::<f64>().unwrap(), expected);
}
