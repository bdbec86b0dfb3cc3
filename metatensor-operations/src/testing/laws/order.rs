//! The order of samples and of gradient rows only changes the order of results.

use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;

/// The same block with its samples, and the rows of its gradients, in another order.
fn shuffled<T: Element>(random: &mut Random, block: &TensorBlock) -> TensorBlock {
    let (result, order) = shuffled_rows::<T>(random, block, block.samples());
    with_shuffled_gradients::<T>(random, block, result, &order)
}

/// Rows with these samples in another order, and the rows they were.
fn shuffled_rows<T: Element>(
    random: &mut Random,
    block: &TensorBlock,
    samples: &Labels,
) -> (TensorBlock, Vec<usize>) {
    let mut order: Vec<_> = (0..samples.count()).collect();
    random.shuffle(&mut order);
    let entries = order.iter().flat_map(|&row| samples[row].to_vec());
    let names = samples.names().to_vec();
    let samples = Labels::from_values(&names, entries.collect()).unwrap();
    let sources: Vec<_> = order.iter().copied().map(Some).collect();
    (rows::<T>(block, &samples, &sources), order)
}

fn with_shuffled_gradients<T: Element>(
    random: &mut Random,
    block: &TensorBlock,
    mut result: TensorBlock,
    order: &[usize],
) -> TensorBlock {
    for (parameter, gradient) in block.gradients() {
        let mut entries = gradient.samples().rows().values().to_vec();
        for entry in entries.chunks_exact_mut(gradient.samples().size()) {
            let parent = entry[0] as usize;
            entry[0] = order.iter().position(|&row| row == parent).unwrap() as i32;
        }
        let names = gradient.samples().names().to_vec();
        let samples = Labels::from_values(&names, entries).unwrap();
        let (rows, order) = shuffled_rows::<T>(random, gradient, &samples);
        let rows = with_shuffled_gradients::<T>(random, gradient, rows, &order);
        result.add_gradient(parameter, rows).unwrap();
    }
    result
}

fn check<T: Small>(operation: &Operation, seed: u64) {
    // What is added to other things in another order has other rounding errors.
    if operation.name.starts_with("var") || operation.name.starts_with("std") {
        return;
    }
    let [a, b] = random_pair::<T>(operation, seed);
    let expected = (operation.block)(&a, &b).unwrap();
    // The same order for both: they have to have the same labels.
    let [a, b] = [&a, &b].map(|block| shuffled::<T>(&mut Random(seed), block));
    let result = (operation.block)(&a, &b).unwrap();
    assert_same_numbers(operation.name, &result, &expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_order_of_rows_does_not_matter(seed: u64) {
        for operation in &OPERATIONS {
            for_all_numbers!(check(operation, seed));
        }
    }
}
