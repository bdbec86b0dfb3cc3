//! Tests of block selection.

use super::*;
use crate::testing::{block, labels, values, with_gradient};

fn example() -> TensorMap {
    let keys = labels(["x", "y"], &[[0, 0], [0, 1], [1, 0]]);
    let blocks = [1, 2, 3].map(|x| with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[10 * x]));
    let mut tensor = TensorMap::new(keys, blocks.to_vec()).unwrap();
    tensor.info_mut().insert("a".into(), "b".into());
    tensor
}

fn all_values(tensor: &TensorMap) -> Vec<i32> {
    tensor.blocks().iter().flat_map(values).collect()
}

#[test]
fn filtered_blocks_are_in_the_order_of_complete_keys() {
    let filter = |keys| all_values(&filter_blocks(&example(), &keys).unwrap());
    assert_eq!(
        filter(labels(["x", "y"], &[[1, 0], [0, 0], [9, 9]])),
        [3, 1]
    );
    assert_eq!(filter(labels(["y", "x"], &[[0, 1], [0, 0]])), [1, 3]);
    assert_eq!(filter(labels(["y"], &[[1], [0]])), [1, 2, 3]);
    assert_eq!(filter(Labels::empty::<&str>(&[]).unwrap()), [1, 2, 3]);
}

#[test]
fn dropped_blocks_leave_the_others_in_order() {
    let drop = |keys| drop_blocks(&example(), &keys).unwrap();
    let rest = drop(labels(["x", "y"], &[[0, 1], [5, 5]]));
    assert_eq!(*rest.keys(), labels(["x", "y"], &[[0, 0], [1, 0]]));
    assert_eq!(all_values(&rest), [1, 3]);
    let nothing = drop(Labels::empty::<&str>(&[]).unwrap());
    assert_eq!(*nothing.keys().names(), ["x", "y"]);
    assert!(nothing.is_empty());
}

#[test]
fn blocks_are_shared_with_gradients_and_info() {
    let tensor = example();
    let part = filter_blocks(&tensor, &labels(["x"], &[[1]])).unwrap();
    let (old, new) = (&tensor.blocks()[2], &part.blocks()[0]);
    assert!(new.values().is_same(old.values()));
    let gradients = [new, old].map(|block| block.gradient("g").unwrap().values());
    assert!(gradients[0].is_same(gradients[1]));
    assert_eq!(part.info(), tensor.info());
}

#[test]
fn unknown_dimensions_are_named() {
    for select in [drop_blocks, filter_blocks] {
        let error = select(&example(), &labels(["z"], &[[0]]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("'z'") && error.contains("['x', 'y']"),
            "{error}"
        );
    }
}

#[test]
fn blocks_without_samples_or_properties_are_dropped() {
    let keys = labels(["k"], &[[0], [1], [2]]);
    let shapes = [[0, 2], [1, 1], [2, 0]];
    let blocks = shapes.map(|shape| block(shape, &vec![1.0; shape[0] * shape[1]]));
    let tensor = TensorMap::new(keys, blocks.to_vec()).unwrap();
    let rest = drop_empty_blocks(&tensor).unwrap();
    assert_eq!(*rest.keys(), labels(["k"], &[[1]]));
    let all = TensorMap::new(labels(["k"], &[[0]]), vec![block::<f64>([0, 0], &[])]).unwrap();
    assert_eq!(
        *drop_empty_blocks(&all).unwrap().keys(),
        Labels::empty(&["k"]).unwrap()
    );
}
