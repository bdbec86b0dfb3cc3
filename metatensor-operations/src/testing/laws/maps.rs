//! Operations on maps are operations on their blocks.

use metatensor_core::TensorMap;
use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;
use crate::{AllcloseOptions, check_allclose};

fn check<T: Small>(operation: &Operation, seed: u64) {
    let name = operation.name;
    let random = &mut Random(seed);
    let structure = random.bits();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..1 + random.below(3) {
        // The same numbers of components and gradients for all blocks, and different labels.
        let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
        let of_block = &mut Random(structure);
        let [a, b] = pair_with::<T>(operation, of_block, &samples, &properties);
        first.push(a);
        second.push(b);
    }
    let keys = [5, -2, 3];
    let keys = &keys[..first.len()];
    let labels_of = |keys: Vec<i32>| Labels::from_values(&["k"], keys).unwrap();
    let mut a = TensorMap::new(labels_of(keys.to_vec()), first.clone()).unwrap();
    a.info_mut().insert("unit".into(), "eV".into());
    // Blocks of the second map are in another order.
    let reversed = labels_of(keys.iter().rev().copied().collect());
    let b = TensorMap::new(reversed, second.iter().rev().cloned().collect()).unwrap();

    let result = (operation.map)(&a, &b).unwrap();
    assert_eq!(result.keys(), a.keys(), "{name}");
    // Info describes the map it belongs to, and what only has another form or its labels.
    let describes = operation.class == Class::Structural && !name.starts_with("join");
    let expected = if describes || name == "zeros" { 1 } else { 0 };
    assert_eq!(result.info().len(), expected, "{name}");
    for ((a, b), result) in first.iter().zip(&second).zip(result.blocks()) {
        let expected = (operation.block)(a, b).unwrap();
        let options = AllcloseOptions {
            rtol: 0.0,
            atol: 0.0,
            equal_nan: true,
        };
        check_allclose(result, &expected, options)
            .unwrap_or_else(|different| panic!("{name}: {different}"));
        assert_eq!(result.dtype(), expected.dtype(), "{name}");
        if name != "remove h" {
            assert_same_gradients(result, a);
        }
    }
}

/// Gradients have the same parameters in the same order, at all depths, and the type of the values.
fn assert_same_gradients(result: &TensorBlock, block: &TensorBlock) {
    assert_eq!(result.gradients_list(), block.gradients_list());
    for ((_, gradient), (_, expected)) in result.gradients().zip(block.gradients()) {
        assert_eq!(gradient.dtype(), result.dtype());
        assert_same_gradients(gradient, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn blocks_are_matched_by_key_and_do_not_matter_to_each_other(seed: u64) {
        for operation in &OPERATIONS {
            for_all_numbers!(check(operation, seed));
        }
    }
}

#[test]
fn maps_without_blocks_give_maps_without_blocks() {
    let none = TensorMap::new(Labels::empty(&["k", "l"]).unwrap(), Vec::new()).unwrap();
    for operation in &OPERATIONS {
        let result = (operation.map)(&none, &none).unwrap();
        assert_eq!(result.keys(), none.keys(), "{}", operation.name);
    }
}
