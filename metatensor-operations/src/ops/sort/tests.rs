//! Tests of sorting.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use proptest::prelude::*;

use super::*;
use crate::testing::Random;
use crate::testing::random::elements;
use crate::testing::{block, gradient, labels, map, small_block, values, with_gradient};

#[test]
fn descending_is_the_reverse_on_all_axes() {
    let block = small_block(
        [1.0, -2.0, 0.0, 4.0],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0],
    );
    let sorted = sort(&block, &Axis::OF_BLOCKS, Direction::Descending).unwrap();
    assert_eq!(*sorted.samples(), labels(["s"], &[[1], [0]]));
    assert_eq!(*sorted.properties(), labels(["p"], &[[1], [0]]));
    assert_eq!(values::<f64>(&sorted), [4.0, 0.0, -2.0, 1.0]);
    let rows = sorted.gradient("g").unwrap();
    assert_eq!(*rows.samples(), labels(["sample", "a"], &[[1, 2], [0, 5]]));
    assert_eq!(rows.components(), [labels(["xyz"], &[[2], [1], [0]])]);
    let expected = [3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
    assert_eq!(gradient::<f64>(&sorted, "g"), expected);
}

#[test]
fn gradient_rows_are_sorted_by_the_new_positions_of_samples() {
    let samples = labels(["a", "b"], &[[0, 0], [0, 1], [2, 0]]);
    let array = crate::testing::array(&[3, 1], &[1, 2, 3]);
    let mut block = TensorBlock::new(array, &samples, &[], labels(["p"], &[[0]])).unwrap();
    let rows = labels(["sample", "i"], &[[0, 7], [2, 7], [2, 8], [1, 7]]);
    let array = crate::testing::array(&[4, 1], &[10, 20, 30, 40]);
    let derivatives = TensorBlock::new(array, &rows, &[], block.properties()).unwrap();
    block.add_gradient("g", derivatives).unwrap();

    let sorted = sort(&block, &[Axis::Samples], Direction::Ascending).unwrap();
    let rows = sorted.gradient("g").unwrap().samples();
    assert_eq!(
        *rows,
        labels(["sample", "i"], &[[0, 7], [1, 7], [2, 7], [2, 8]])
    );
    assert_eq!(gradient::<i32>(&sorted, "g"), [10, 40, 20, 30]);
    assert!(sorted.values().is_same(block.values()));

    let sorted = sort(&block, &[Axis::Samples], Direction::Descending).unwrap();
    assert_eq!(
        *sorted.samples(),
        labels(["a", "b"], &[[2, 0], [0, 1], [0, 0]])
    );
    let rows = sorted.gradient("g").unwrap().samples();
    assert_eq!(
        *rows,
        labels(["sample", "i"], &[[2, 7], [1, 7], [0, 8], [0, 7]])
    );
    assert_eq!(gradient::<i32>(&sorted, "g"), [10, 40, 30, 20]);
}

#[test]
fn keys_are_sorted_with_their_blocks() {
    let keys = labels(["k"], &[[3], [-1], [2]]);
    let blocks = [30, -10, 20].map(|x| block([1, 1], &[x]));
    let mut tensor = TensorMap::new(keys, blocks.to_vec()).unwrap();
    tensor.info_mut().insert("a".into(), "b".into());
    let sorted = sort(&tensor, &[Axis::Keys], Direction::Ascending).unwrap();
    assert_eq!(*sorted.keys(), labels(["k"], &[[-1], [2], [3]]));
    assert_eq!(sorted.info(), tensor.info());
    let values: Vec<i32> = sorted.blocks().iter().flat_map(values).collect();
    assert_eq!(values, [-10, 20, 30]);
}

#[test]
fn empty_axes_do_not_keep_others_from_being_sorted() {
    let properties = labels(["p"], &[[1], [0]]);
    let array = crate::testing::array::<f64>(&[0, 2], &[]);
    let mut empty = TensorBlock::new(array, labels(["s"], &[]), &[], &properties).unwrap();
    let array = crate::testing::array::<f64>(&[0, 2], &[]);
    let rows = labels(["sample"], &[]);
    let derivatives = TensorBlock::new(array, &rows, &[], &properties).unwrap();
    empty.add_gradient("g", derivatives).unwrap();
    let sorted = sort(&empty, &Axis::OF_BLOCKS, Direction::Ascending).unwrap();
    assert_eq!(*sorted.properties(), labels(["p"], &[[0], [1]]));

    let no_rows = with_gradient(block([2, 1], &[1.0, 2.0]), "g", &[], &[] as &[f64]);
    let sorted = sort(&no_rows, &Axis::OF_BLOCKS, Direction::Descending).unwrap();
    assert_eq!(values::<f64>(&sorted), [2.0, 1.0]);
    assert!(gradient::<f64>(&sorted, "g").is_empty());

    let no_properties =
        with_gradient::<f64>(block::<f64>([2, 0], &[]), "g", &[[1, 0], [0, 0]], &[]);
    let sorted = sort(&no_properties, &Axis::OF_BLOCKS, Direction::Ascending).unwrap();
    let rows = sorted.gradient("g").unwrap().samples();
    assert_eq!(*rows, labels(["sample", "a"], &[[0, 0], [1, 0]]));

    let no_blocks = TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
    let sorted = sort(&no_blocks, &Axis::ALL, Direction::Ascending).unwrap();
    assert_eq!(sorted.keys(), no_blocks.keys());
}

#[test]
fn blocks_have_no_keys_to_sort() {
    let error = sort(&block([1, 1], &[0.0]), &Axis::ALL, Direction::Ascending);
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("sort: 'keys' is not an axis of blocks"),
        "{message}"
    );
}

#[test]
fn what_is_sorted_already_is_shared() {
    let tensor = map(vec![block([2, 2], &[1.0; 4])]);
    let sorted = sort(&tensor, &Axis::ALL, Direction::Ascending).unwrap();
    assert!(
        sorted.blocks()[0]
            .values()
            .is_same(tensor.blocks()[0].values())
    );
}

proptest! {
    #[test]
    fn sorting_moves_elements_with_their_labels(seed: u64, descending: bool) {
        let mut random = Random(seed);
        let block = random.block(f64::from);
        let axes = random.some(&Axis::OF_BLOCKS);
        let direction = if descending { Direction::Descending } else { Direction::Ascending };
        let sorted = sort(&block, &axes, direction).unwrap();
        prop_assert_eq!(elements::<f64>(&sorted), elements::<f64>(&block));
        check_order(&sorted, &axes, descending);
        let again = sort(&sorted, &axes, direction).unwrap();
        prop_assert!(crate::equal(&again, &sorted).unwrap());
    }

    #[test]
    fn the_order_of_samples_does_not_matter_to_sorted_blocks(seed: u64) {
        let mut random = Random(seed);
        let block = random.block(f64::from);
        let mut order: Vec<_> = (0..block.samples().count() as i64).collect();
        random.shuffle(&mut order);
        let selection = crate::Selection::Indices(&order);
        let other = crate::slice(&block, Axis::Samples, selection).unwrap();
        let sorted = |block| sort(block, &[Axis::Samples], Direction::Ascending).unwrap();
        prop_assert!(crate::equal(&sorted(&block), &sorted(&other)).unwrap());
    }
}

fn check_order(block: &TensorBlock, axes: &[Axis], descending: bool) {
    let check = |axis, labels: &Labels| {
        let mut rows: Vec<_> = labels.iter().collect();
        if descending {
            rows.reverse();
        }
        assert!(
            !axes.contains(&axis) || rows.is_sorted(),
            "{axis}: {rows:?}"
        );
    };
    check(Axis::Samples, block.samples());
    check(Axis::Properties, block.properties());
    for component in block.components() {
        check(Axis::Components, component);
    }
    for (_, gradient) in block.gradients() {
        check_order(gradient, axes, descending);
    }
}
