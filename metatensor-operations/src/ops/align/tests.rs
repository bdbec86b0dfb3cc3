//! Tests of gradients with the same rows.

use proptest::prelude::*;

use metatensor_core::TensorMap;

use super::*;
use crate::testing::Random;
use crate::testing::random::elements;
use crate::testing::{block, gradient, labels, map, with_gradient};
use crate::{equal, equal_metadata};

#[test]
fn missing_rows_are_zero_and_come_last() {
    let a = with_gradient(
        block([2, 1], &[1.0, 2.0]),
        "g",
        &[[1, 7], [0, 3]],
        &[1.0, 2.0],
    );
    let b = with_gradient(
        block([2, 1], &[3.0, 4.0]),
        "g",
        &[[0, 3], [1, 9]],
        &[3.0, 4.0],
    );
    let (a, b) = align_gradients(&a, &b).unwrap();
    let rows = labels(["sample", "a"], &[[1, 7], [0, 3], [1, 9]]);
    assert_eq!(*a.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&a, "g"), [1.0, 2.0, 0.0]);
    assert_eq!(*b.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&b, "g"), [0.0, 3.0, 4.0]);
}

#[test]
fn each_block_keeps_the_order_of_its_gradients() {
    let rows = |parameters: [&str; 2]| {
        let block = with_gradient(block([1, 1], &[1.0]), parameters[0], &[[0, 7]], &[1.0]);
        with_gradient(
            block,
            parameters[1],
            &[[0, parameters[0].len() as i32]],
            &[2.0],
        )
    };
    let (a, b) = (rows(["g", "second"]), rows(["second", "g"]));
    let (first, second) = align_gradients(&a, &b).unwrap();
    assert_eq!(*first.gradients_list(), ["g", "second"]);
    assert_eq!(*second.gradients_list(), ["second", "g"]);
    // Operations take the order of the first one, with or without a missing row.
    let sum = crate::add(&second, &first).unwrap();
    assert_eq!(*sum.gradients_list(), ["second", "g"]);
    let sum = crate::add_with(&a, &b, crate::MissingGradients::ZeroRows).unwrap();
    assert_eq!(*sum.gradients_list(), ["g", "second"]);
}

#[test]
fn aligned_maps_share_their_arrays() {
    let a = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 7]], &[1.0]);
    let tensor = map(vec![a.clone()]);
    let (same, _) = align_gradients(&tensor, &tensor).unwrap();
    let gradient = same.blocks()[0].gradient("g").unwrap();
    assert!(gradient.values().is_same(a.gradient("g").unwrap().values()));
}

#[test]
fn a_gradient_with_all_rows_shares_its_array() {
    let a = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 7]], &[1.0]);
    let rows = [[0, 7], [0, 9]];
    let b = with_gradient(block([1, 1], &[1.0]), "g", &rows, &[1.0, 2.0]);
    let (longer, same) = align_gradients(&a, &b).unwrap();
    let same = same.gradient("g").unwrap();
    assert!(same.values().is_same(b.gradient("g").unwrap().values()));
    assert_eq!(*same.samples(), labels(["sample", "a"], &rows));
    assert_eq!(gradient::<f64>(&longer, "g"), [1.0, 0.0]);
}

#[test]
fn each_map_keeps_the_order_of_its_keys_and_its_info() {
    let blocks = [10.0, 20.0].map(|x| block([1, 1], &[x])).to_vec();
    let a = TensorMap::new(labels(["k"], &[[0], [1]]), blocks.clone()).unwrap();
    let mut b = TensorMap::new(labels(["k"], &[[1], [0]]), blocks).unwrap();
    b.info_mut().insert("x".into(), "y".into());
    let (first, second) = align_gradients(&a, &b).unwrap();
    assert!(equal(&first, &a).unwrap());
    assert_eq!(second.keys(), b.keys());
    assert!(equal(&second, &b).unwrap());
    assert_eq!(second.info(), b.info());
}

#[test]
fn blocks_that_can_not_be_aligned_are_named() {
    let a = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 7]], &[1.0]);
    let tensor = |block| map(vec![block]);
    let error = |b| {
        let error = align_gradients(&tensor(a.clone()), &tensor(b)).unwrap_err();
        error.to_string()
    };
    let message = error(block([1, 1], &[1.0]));
    assert!(
        message.contains("align_gradients: block (k=0): "),
        "{message}"
    );
    assert!(message.contains("gradient parameters"), "{message}");
    let message = error(with_gradient(
        block([2, 1], &[1.0; 2]),
        "g",
        &[[0, 7]],
        &[1.0],
    ));
    assert!(message.contains("samples are not the same"), "{message}");
}

proptest! {
    #[test]
    fn aligned_blocks_only_gain_zeros(seed: u64) {
        let mut random = Random(seed);
        let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
        let (components, parameters) = (random.below(3), random.below(3));
        let blocks = [(); 2].map(|()| {
            random.block_with(&samples, &properties, components, parameters, |i| i as u16)
        });
        let (a, b) = align_gradients(&blocks[0], &blocks[1]).unwrap();
        prop_assert!(equal_metadata(&a, &b, Default::default()));
        for (before, after) in blocks.iter().zip([a, b]) {
            let before = elements::<u16>(before);
            for (place, value) in elements::<u16>(&after) {
                prop_assert_eq!(value, before.get(&place).copied().unwrap_or(0));
            }
        }
    }
}
