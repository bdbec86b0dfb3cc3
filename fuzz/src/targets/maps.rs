//! Small maps to start from, and what is done with maps that could be loaded.

use std::sync::LazyLock;

use metatensor_core::{ArrayRef, Labels, Result, SampleOrder, TensorBlock, TensorMap};
use metatensor_operations::{Axis, JoinOptions, join, sum_over_samples};
use ndarray::{Array2, Array3};

/// Maps with everything that files can have.
pub(crate) fn examples() -> &'static [TensorMap] {
    static EXAMPLES: LazyLock<[TensorMap; 3]> = LazyLock::new(|| {
        let empty = TensorMap::new(Labels::empty(&["key"]).unwrap(), vec![]).unwrap();
        [
            empty,
            with_gradients().unwrap(),
            with_keys_to_move().unwrap(),
        ]
    });
    &*EXAMPLES
}

/// Two blocks with components, gradients and gradients of gradients, and info.
fn with_gradients() -> Result<TensorMap> {
    let component = Labels::range("m", 3)?;
    let properties = Labels::range("n", 2)?;
    let block = |count: usize| -> Result<TensorBlock> {
        let values = |rows| Array3::from_shape_fn((rows, 3, 2), |(i, j, k)| (i + j + k) as f64);
        let samples = Labels::from_rows(&["system", "atom"], (0..count as i32).map(|i| [i, 7]))?;
        let mut block =
            TensorBlock::new(values(count), &samples, [component.clone()], &properties)?;
        let samples = Labels::new(["sample", "atom"], [[0, 0], [1, 0]])?;
        let mut gradient = TensorBlock::new(values(2), samples, [component.clone()], &properties)?;
        let samples = Labels::new(["sample"], [[1]])?;
        let second = TensorBlock::new(values(1), samples, [component.clone()], &properties)?;
        gradient.add_gradient("cell", second)?;
        block.add_gradient("positions", gradient)?;
        Ok(block)
    };
    let keys = Labels::new(["type"], [[1], [8]])?;
    let mut map = TensorMap::new(keys, vec![block(2)?, block(3)?])?;
    map.info_mut().insert("unit".into(), "Å \"\\".into());
    Ok(map)
}

/// Four blocks of integers with different samples, and two dimensions of keys.
fn with_keys_to_move() -> Result<TensorMap> {
    let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0], [1, -1]])?;
    let block = |(i, count): (i32, usize)| {
        let samples = Labels::from_rows(&["s"], (0..count as i32).map(|row| [row * 2 + i]))?;
        let values = Array2::from_elem((count, 1), i);
        TensorBlock::new(values, samples, [], Labels::range("p", 1)?)
    };
    let blocks: Result<_> = (0..).zip([1, 2, 0, 3]).map(block).collect();
    TensorMap::new(keys, blocks?)
}

/// Files with one block, for several types of elements.
pub(crate) fn blocks() -> Vec<Vec<u8>> {
    let block = |values: ArrayRef| {
        let samples = Labels::range("s", 2).unwrap();
        let properties = Labels::range("p", 2).unwrap();
        let block = TensorBlock::new(values, samples, [], properties).unwrap();
        block.save_buffer().unwrap()
    };
    vec![
        block(Array2::<f32>::ones((2, 2)).into()),
        block(Array2::from_elem((2, 2), true).into()),
        block(Array2::<u8>::ones((2, 2)).into()),
    ]
}

/// The content of a file with this map, which says everything about it.
pub(crate) fn saved(map: &TensorMap) -> Vec<u8> {
    map.save_buffer().unwrap()
}

/// Does one of the things that users do with a map that they loaded: this one of them, counted from 0 again after the last.
/// Operations can refuse it, for a reason that can be printed; what is saved is what is loaded again.
pub(crate) fn use_map(map: &TensorMap, which: u32) {
    let names: Vec<&str> = map.keys().names().iter().collect();
    let by_name = |order| map.keys_to_samples(names[0], 0.0, order);
    let first = map.blocks().first();
    match which % 8 {
        0 => drop(format!("{map} {map:?}")),
        1 => map.blocks().iter().take(4).for_each(use_block),
        2 => check(by_name(SampleOrder::Sorted)),
        3 => check(by_name(SampleOrder::AsInBlocks)),
        4 => check(map.keys_to_properties(names[names.len() - 1], 0.0, SampleOrder::Sorted)),
        5 => {
            let components = first.into_iter().flat_map(TensorBlock::components);
            let names: Vec<&str> = components.flat_map(|axis| axis.names().iter()).collect();
            check(map.components_to_properties(&names));
        }
        6 => {
            let samples = first.map(|block| block.samples().names().iter().next());
            check(sum_over_samples(map, samples.flatten().as_slice()));
        }
        _ => {
            let bytes = saved(map);
            let again = TensorMap::load_buffer(&bytes).unwrap();
            assert!(saved(&again) == bytes, "another map was loaded than saved");
            let options = JoinOptions {
                add_dimension: Some("tensor"),
                ..JoinOptions::default()
            };
            check(join(&[map, &again], Axis::Samples, options));
        }
    }
}

/// A result is a valid map, or there is an error that says something.
fn check(result: Result<TensorMap>) {
    match result {
        Ok(map) => {
            let bytes = saved(&map);
            assert!(saved(&TensorMap::load_buffer(&bytes).unwrap()) == bytes);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(crate) fn use_block(block: &TensorBlock) {
    let bytes = block.save_buffer().unwrap();
    let again = TensorBlock::load_buffer(&bytes).unwrap();
    assert!(again.save_buffer().unwrap() == bytes, "another block");
    let _ = format!("{block} {block:?}");
}

pub(crate) fn use_labels(labels: &Labels) {
    let again = Labels::load_buffer(&labels.save_buffer().unwrap()).unwrap();
    assert_eq!(&again, labels);
    let _ = format!("{labels} {labels:?}");
    for (i, row) in labels.iter().enumerate().take(100) {
        assert_eq!(labels.position(row), Some(i));
    }
    assert_eq!(labels.union(&again).unwrap(), *labels);
}
