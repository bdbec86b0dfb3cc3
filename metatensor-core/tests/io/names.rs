//! Names of gradients, dimensions and info: those that files can hold come back, all others are refused.

use std::time::Duration;

use metatensor_core::{DType, DenseArray, Error, Labels, TensorBlock, TensorMap};
use ndarray::arr2;
use proptest::prelude::*;
use rustix::time::{ClockId, clock_gettime};

use crate::make::{assert_same_block, assert_same_map};

/// A block with one sample, which can be a gradient.
fn small(value: i32) -> TensorBlock {
    let samples = Labels::new(["sample"], &[[0]]).unwrap();
    TensorBlock::new(arr2(&[[value]]), &samples, &[], &Labels::single()).unwrap()
}

fn map_of(block: TensorBlock) -> TensorMap {
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

/// As a block and in a map, from memory, with the same gradients at each level.
fn assert_comes_back(block: &TensorBlock) {
    let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
    assert_same_block(&loaded, block);
    let map = map_of(block.clone());
    let loaded = TensorMap::load_buffer(&map.save_buffer().unwrap()).unwrap();
    assert_same_map(&loaded, &map);
}

const NO_NAMES: [&str; 12] = [
    "",
    ".",
    "..",
    "/",
    "a/b",
    "a/gradients/b",
    "../../../etc/x",
    "a\0b",
    "a\nb",
    "x\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
];

#[test]
fn names_that_can_not_be_folders_are_refused_when_a_gradient_is_added() {
    for name in NO_NAMES {
        let mut block = small(1);
        let error = block.add_gradient(name, small(2)).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error:?}");
        let message = error.to_string();
        assert!(
            message.contains("can not be the name of a gradient"),
            "{message}"
        );
        assert!(!message.contains(char::is_control), "{message:?}");
        assert!(block.gradients_list().is_empty());

        // also when it is added to a gradient
        let mut gradient = small(2);
        gradient.add_gradient(name, small(3)).unwrap_err();
    }
}

#[test]
fn all_other_names_come_back() {
    let names = [
        "positions",
        "values.npy",
        "samples.npy",
        "properties.npy",
        "gradients",
        "components",
        "0",
        "...",
        " ",
        "a b ",
        ".npy",
        "keys.npy",
        "info.json",
        "blocks",
        "a\\b",
        "C:x",
        "é",
        "日本語",
        "%2e%2e",
        "'",
        "\"",
        "{}",
        "~",
        "__MACOSX",
        "\u{fe0f}",
        "\u{202e}",
    ];
    let mut block = small(0);
    for (i, &name) in (1..).zip(&names) {
        let mut gradient = small(i);
        for (j, &name) in (1..).zip(&names) {
            gradient.add_gradient(name, small(100 * i + j)).unwrap();
        }
        block.add_gradient(name, gradient).unwrap();
    }
    assert_comes_back(&block);
}

proptest! {
    #[test]
    fn a_name_is_refused_or_comes_back(name in "([/.\\\\:a\u{1f}\u{7f}\u{85}é ]|gradients|values\\.npy){0,4}") {
        let mut block = small(1);
        let mut gradient = small(2);
        gradient.add_gradient("g", small(3)).unwrap();
        let is_valid = !["", ".", ".."].contains(&&*name) && !name.contains(|c: char| c == '/' || c.is_control());
        prop_assert_eq!(block.add_gradient(&name, gradient).is_ok(), is_valid);
        assert_comes_back(&block);
    }
}

#[test]
fn names_are_as_long_as_those_of_members_can_be() {
    let most = 65_535 - "gradients//samples.npy".len();
    let mut block = small(1);
    let too_long = "n".repeat(most + 1);
    let error = block
        .add_gradient(&too_long, small(2))
        .unwrap_err()
        .to_string();
    assert!(error.contains("65536 bytes"), "{error}");
    assert!(block.gradients_list().is_empty());
    block.add_gradient(&"n".repeat(most), small(2)).unwrap();
    let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
    assert_same_block(&loaded, &block);

    // the name is too long in a map, and only there
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("map.mts");
    std::fs::write(&path, "before").unwrap();
    let error = map_of(block).save(&path).unwrap_err();
    assert!(matches!(error, Error::InvalidParameter(_)), "{error:?}");
    let error = error.to_string();
    assert!(error.contains("'blocks/0/gradients/nnn"), "{error}");
    assert!(error.contains("65543 bytes"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"before");
}

#[test]
fn names_of_nested_gradients_and_components_count_together() {
    let most = 65_535 - "gradients//gradients/b/samples.npy".len();
    let mut gradient = small(2);
    gradient.add_gradient("b", small(3)).unwrap();
    let mut block = small(1);
    block
        .add_gradient(&"n".repeat(most + 1), gradient.clone())
        .unwrap_err();
    block.add_gradient(&"n".repeat(most), gradient).unwrap();
    let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
    assert_same_block(&loaded, &block);

    let components: Vec<_> = (0..11)
        .map(|i| Labels::range(&format!("c{i}"), 1).unwrap())
        .collect();
    let samples = Labels::new(["sample"], &[[0]]).unwrap();
    let values = DenseArray::zeros(DType::I32, &[1; 13]).unwrap();
    let gradient = TensorBlock::new(values, &samples, &components, &Labels::single()).unwrap();
    let most = 65_535 - "gradients//components/10.npy".len();
    let mut block = small(1);
    block
        .add_gradient(&"n".repeat(most + 1), gradient.clone())
        .unwrap_err();
    block.add_gradient(&"n".repeat(most), gradient).unwrap();
    let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
    assert_same_block(&loaded, &block);
}

#[test]
fn info_without_nul_comes_back() {
    let mut map = map_of(small(1));
    for text in [
        "",
        "a\nb",
        "\u{1b}[31m",
        "\u{7f}\u{85}",
        "/",
        "..",
        "\\u0000",
        "\"}",
        "é",
        "\u{10ffff}",
    ] {
        map.info_mut()
            .insert(text.to_owned(), format!("{text}{text}"));
    }
    map.info_mut().sort_unstable_keys();
    let loaded = TensorMap::load_buffer(&map.save_buffer().unwrap()).unwrap();
    assert_same_map(&loaded, &map);
    for (key, value) in [("a\0", "b"), ("a", "\0")] {
        let mut map = map.clone();
        map.info_mut().insert(key.to_owned(), value.to_owned());
        let error = map.save_buffer().unwrap_err().to_string();
        assert!(error.contains("NUL"), "{error}");
    }
}

/// Checks that many names do not take much more time of the processor, each, than few do.
fn assert_linear(what: &str, [few, many]: [usize; 2], mut run: impl FnMut(usize)) {
    let now = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let mut time = |count| {
        let run = |_| {
            let start = now();
            run(count);
            now() - start
        };
        (0..3).map(run).min().unwrap_or(Duration::MAX)
    };
    let (few_time, many_time) = (time(few), time(many));
    let ratio = (many / few) as u32;
    // `ratio` times more if it was quadratic
    assert!(
        many_time < few_time * ratio * (ratio / 4),
        "{what}: {few_time:?} {many_time:?}"
    );
}

#[test]
fn time_is_linear_in_the_number_of_dimensions() {
    assert_linear("dimensions", [1_000, 40_000], |count| {
        let names: Vec<_> = (0..count).map(|i| format!("n{i}")).collect();
        let labels = Labels::empty(&names).unwrap();
        let loaded = Labels::load_buffer(&labels.save_buffer().unwrap()).unwrap();
        assert_eq!(loaded, labels);
        let last = loaded.names().position(&names[count - 1]);
        assert_eq!(last, Some(count - 1));
    });
}

#[test]
fn time_is_linear_in_the_number_of_gradients() {
    let (first, gradient) = (small(1), small(2));
    assert_linear("gradients", [200, 8_000], |count| {
        let mut block = first.clone();
        for i in 0..count {
            block
                .add_gradient(&format!("g{i}"), gradient.clone())
                .unwrap();
        }
        let keys = Labels::range("key", 2).unwrap();
        let map = TensorMap::new(keys, vec![block.clone(), block]).unwrap();
        let loaded = TensorMap::load_buffer(&map.save_buffer().unwrap()).unwrap();
        assert_eq!(loaded.blocks()[1].gradients_list().len(), count);
    });
}

#[test]
fn time_is_linear_in_the_number_of_components() {
    assert_linear("components", [100, 4_000], |count| {
        let values = DenseArray::zeros(DType::I8, &vec![1; count + 2]).unwrap();
        let component = |i| Labels::range(&format!("c{i}"), 1).unwrap();
        let components: Vec<_> = (0..count).map(component).collect();
        let block =
            TensorBlock::new(values, &Labels::single(), &components, &Labels::single()).unwrap();
        let loaded = TensorBlock::load_buffer(&block.save_buffer().unwrap()).unwrap();
        assert_eq!(loaded.components(), components);
    });
}
