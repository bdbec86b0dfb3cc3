//! Data that is not in main memory: operations that only change labels work, the others say what they can not do.

use metatensor_core::{Device, Error, TensorMap};

use super::operations::OPERATIONS;
use super::*;
use crate::testing::{Foreign, foreign, labels, labels_on};

const DEVICE: Device = Device { kind: 2, id: 1 };

/// Operations that do not need any element.
const ONLY_LABELS: [&str; 12] = [
    "pow 1",
    "remove h",
    "zeros",
    "append to samples",
    "insert in properties",
    "permute samples",
    "permute properties",
    "remove from samples",
    "remove from properties",
    "rename samples",
    "rename gradient samples",
    "rename properties",
];

#[test]
fn operations_need_main_memory_or_say_so() {
    let samples = labels(["a", "b"], &[[1, 0], [-1, 1], [0, 1]]);
    let properties = labels(["p", "q"], &[[1, 1], [0, 0]]);
    for operation in &OPERATIONS {
        let name = operation.name;
        let pair = pair_with::<f64>(operation, &mut Random(1), &samples, &properties);
        assert!(pair[0].has_gradient("g"));
        let [a, b] = pair.map(|block| foreign(&block, DEVICE));
        let tensor = |block: &TensorBlock| {
            let keys = labels_on(&Labels::range("k", 1).unwrap(), DEVICE);
            TensorMap::new(keys, vec![block.clone()]).unwrap()
        };
        let on_maps = (operation.map)(&tensor(&a), &tensor(&b));
        let on_blocks = (operation.block)(&a, &b);
        if ONLY_LABELS.contains(&name) {
            for block in [&on_blocks.unwrap(), &on_maps.unwrap().blocks()[0]] {
                assert_eq!(block.device(), DEVICE, "{name}");
            }
            continue;
        }
        for (error, key) in [
            (on_blocks.unwrap_err(), ""),
            (on_maps.unwrap_err(), "(k=0)"),
        ] {
            assert!(matches!(error, Error::Unsupported(_)), "{name}: {error}");
            let message = error.to_string();
            let function = name.split([' ', ',']).next().unwrap();
            for part in [function, "cuda:1", key] {
                assert!(message.contains(part), "{name}: no {part:?} in {message}");
            }
        }
    }
}

fn assert_foreign(name: &str, block: &TensorBlock) {
    assert_eq!(
        block.values().origin().unwrap(),
        Foreign::origin(),
        "{name}"
    );
    for (_, gradient) in block.gradients() {
        assert_foreign(name, gradient);
    }
}

#[test]
fn results_have_the_kind_of_arrays_of_the_first_argument() {
    for seed in 0..10 {
        for operation in &OPERATIONS {
            let [a, b] = random_pair::<f64>(operation, seed);
            let result = (operation.block)(&foreign(&a, Device::CPU), &b).unwrap();
            assert_foreign(operation.name, &result);
            let expected = (operation.block)(&a, &b).unwrap();
            assert_same_numbers(operation.name, &result, &expected);
        }
    }
}

#[test]
fn other_functions_need_main_memory_or_say_so() {
    use crate::*;
    let block = Random(1).block_with(
        &labels(["a", "b"], &[[1, 0], [0, 1]]),
        &labels(["p", "q"], &[[1, 1], [0, 0]]),
        0,
        0,
        f64::small,
    );
    let hidden = foreign(&block, DEVICE);
    for (name, error) in [
        ("is_contiguous", is_contiguous(&hidden).unwrap_err()),
        (
            "lstsq",
            lstsq(&hidden, &hidden, LstsqOptions::default()).unwrap_err(),
        ),
        ("solve", solve(&hidden, &hidden).unwrap_err()),
        ("equal", equal(&hidden, &block).unwrap_err()),
        (
            "allclose",
            allclose(&block, &hidden, AllcloseOptions::default()).unwrap_err(),
        ),
        (
            "random_uniform_like",
            random_uniform_like(&hidden, GradientSelection::All, 1).unwrap_err(),
        ),
    ] {
        assert!(matches!(error, Error::Unsupported(_)), "{name}: {error}");
        let message = error.to_string();
        for part in [name, "cuda:1"] {
            assert!(message.contains(part), "{name}: no {part:?} in {message}");
        }
    }

    assert!(equal_metadata(
        &hidden,
        &block,
        EqualMetadataOptions::default()
    ));
    let ones = ones_like(&hidden, GradientSelection::All).unwrap();
    assert_eq!(ones.device(), DEVICE);
    let values = hidden.values().clone();
    let made = block_from_array(values, BlockNames::default()).unwrap();
    assert_eq!(made.device(), DEVICE);
}
