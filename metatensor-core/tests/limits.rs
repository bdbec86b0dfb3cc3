//! Limits of the process: tests wait for each other here.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "io/archives.rs"]
mod archives;
#[path = "limits/readers.rs"]
mod readers;

use std::io::Cursor;
use std::sync::{Mutex, MutexGuard, PoisonError};

use metatensor_core::{Error, Labels, Limit, Result, SampleOrder, TensorBlock, TensorMap};
use ndarray::{Array2, Array3, Array4};
use zip::{CompressionMethod, ZipArchive};

/// A limit that nobody else uses as long as this exists.
struct Limited(
    Limit,
    #[expect(dead_code, reason = "kept")] MutexGuard<'static, ()>,
);

fn limit(limit: Limit, value: u64) -> Limited {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let guard = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    limit.set(value);
    Limited(limit, guard)
}

impl Drop for Limited {
    fn drop(&mut self) {
        self.0.set(0);
    }
}

/// `run` works with a limit of `needed`, and is an error with these parts for less.
fn assert_needs<T>(what: Limit, needed: u64, parts: &[&str], run: impl Fn() -> Result<T>) {
    {
        let _limited = limit(what, needed);
        if let Err(error) = run() {
            panic!("{what:?}: {error}");
        }
    }
    let _limited = limit(what, needed - 1);
    let error = run().map(|_| ()).unwrap_err();
    match what {
        Limit::ResultBytes => assert!(matches!(error, Error::Unsupported(_)), "{error:?}"),
        _ => assert!(matches!(error, Error::Serialization(_)), "{error:?}"),
    }
    let message = error.to_string();
    let name = format!("Limit::{what:?}");
    let needed = needed.to_string();
    for part in parts.iter().chain(&[&*name, &*needed]) {
        assert!(
            message.contains(part),
            "'{message}' should contain '{part}'"
        );
    }
}

/// A block with a gradient that has a gradient.
fn block() -> TensorBlock {
    let block = |names: &[&str], rows| {
        let samples = Labels::from_values(names, vec![0; names.len() * rows]).unwrap();
        let values = Array2::<f64>::zeros((rows, 2));
        TensorBlock::new(values, &samples, &[], &Labels::range("n", 2).unwrap()).unwrap()
    };
    let mut gradient = block(&["sample", "a", "b"], 1);
    gradient.add_gradient("g", block(&["sample"], 1)).unwrap();
    let mut values = block(&["s", "t", "u", "v"], 1);
    values.add_gradient("f", gradient.clone()).unwrap();
    values.add_gradient("g", gradient).unwrap();
    values
}

fn compressed(archive: &[u8]) -> Vec<u8> {
    archives::archive(&archives::members(archive), CompressionMethod::Deflated)
}

fn total_size(archive: &[u8]) -> u64 {
    let mut archive = ZipArchive::new(Cursor::new(archive)).unwrap();
    (0..archive.len())
        .map(|i| archive.by_index(i).unwrap().size())
        .sum()
}

#[test]
fn files_are_loaded_within_the_limits() {
    let block = block();
    let map = TensorMap::new(Labels::single(), vec![block.clone()]).unwrap();
    let (block, map) = (block.save_buffer().unwrap(), map.save_buffer().unwrap());
    let load_block = || TensorBlock::load_buffer(&block);
    let load_map = || TensorMap::load_buffer(&map);

    let members = |archive: &[u8]| ZipArchive::new(Cursor::new(archive)).unwrap().len() as u64;
    assert_needs(Limit::Members, members(&block), &["the buffer"], load_block);
    assert_needs(Limit::Members, members(&map), &["the buffer"], load_map);

    assert_needs(Limit::Depth, 2, &["'gradients/f/gradients/g"], load_block);
    let place = ["'blocks/0/gradients/f/gradients/g"];
    assert_needs(Limit::Depth, 2, &place, load_map);

    assert_needs(Limit::Names, 4, &["'samples.npy'"], load_block);
    assert_needs(Limit::Names, 4, &["'blocks/0/samples.npy'"], load_map);
    let labels = Labels::empty(&["a", "b", "c"]).unwrap();
    let labels = labels.save_buffer().unwrap();
    let load = || Labels::load_buffer(&labels);
    assert_needs(Limit::Names, 3, &["the buffer"], load);

    let small = compressed(&block);
    let load = || TensorBlock::load_buffer(&small);
    assert_needs(Limit::InflatedBytes, total_size(&small), &["npy'"], load);
    let small = compressed(&map);
    let load = || TensorMap::load_buffer(&small);
    assert_needs(Limit::InflatedBytes, total_size(&small), &["npy'"], load);
    // what is not compressed has the size of the file
    let _limited = limit(Limit::InflatedBytes, 1);
    load_map().unwrap();
}

#[test]
fn the_number_of_gradients_is_a_number_of_names() {
    let gradient = || {
        let samples = Labels::new(["sample"], &[[0]]).unwrap();
        TensorBlock::new(
            Array2::<f32>::zeros((1, 1)),
            &samples,
            &[],
            &Labels::single(),
        )
        .unwrap()
    };
    let mut block = gradient();
    for name in ["a", "b", "c"] {
        block.add_gradient(name, gradient()).unwrap();
    }
    let buffer = block.save_buffer().unwrap();
    let load = || TensorBlock::load_buffer(&buffer);
    assert_needs(Limit::Names, 3, &["3 names"], load);
}

#[test]
fn zero_is_the_default_and_depth_has_an_end() {
    let _limited = limit(Limit::Depth, u64::MAX);
    assert_eq!(Limit::Depth.get(), 64);
    for limit in Limit::ALL {
        let default = limit.get();
        limit.set(3);
        assert_eq!(limit.get(), 3);
        limit.set(0);
        assert_eq!(limit.get(), default, "{limit:?}");
    }
}

/// Blocks with one sample and one property, none of which is in another one, and gradients with respect to two
/// parameters, with one row and three components.
fn nothing_in_common(blocks: i32) -> TensorMap {
    let block = |i: i32| {
        let properties = Labels::new(["p"], &[[i]]).unwrap();
        let xyz = Labels::range("xyz", 3).unwrap();
        let mut block = TensorBlock::new(
            Array2::<f64>::zeros((1, 1)),
            &Labels::new(["s"], &[[i]]).unwrap(),
            &[],
            &properties,
        )
        .unwrap();
        for parameter in ["f", "g"] {
            let samples = Labels::new(["sample", "a"], &[[0, i]]).unwrap();
            let values = Array3::<f64>::zeros((1, 3, 1));
            let xyz = std::slice::from_ref(&xyz);
            let gradient = TensorBlock::new(values, &samples, xyz, &properties).unwrap();
            block.add_gradient(parameter, gradient).unwrap();
        }
        block
    };
    let keys: Vec<_> = (0..blocks).map(|i| [i % 2, i]).collect();
    let keys = Labels::new(["k", "moved"], &keys).unwrap();
    TensorMap::new(keys, (0..blocks).map(block).collect()).unwrap()
}

/// The bytes of arrays, samples and properties.
fn bytes_of(map: &TensorMap) -> u64 {
    fn of(block: &TensorBlock) -> usize {
        let values = block.view().unwrap().as_bytes().unwrap().len();
        let gradients = block.gradients().map(|(_, gradient)| of(gradient));
        values + size_of_val(block.samples().rows().values()) + gradients.sum::<usize>()
    }
    let blocks = map.blocks().iter();
    let bytes = blocks.map(|b| of(b) + size_of_val(b.properties().rows().values()));
    bytes.sum::<usize>() as u64
}

#[test]
fn merged_blocks_are_counted_before_they_are_made() {
    let map = nothing_in_common(11);
    let moved = Labels::empty(&["moved"]).unwrap();
    let sorted = SampleOrder::Sorted;
    let parts = ["(k=0)", "its largest block"];

    let to_samples = || map.keys_to_samples(&moved, 0.0, sorted);
    let needed = bytes_of(&to_samples().unwrap());
    assert_needs(Limit::ResultBytes, needed, &parts, to_samples);

    let to_properties = || map.keys_to_properties(&moved, 0.0, sorted);
    let needed = bytes_of(&to_properties().unwrap());
    assert_needs(Limit::ResultBytes, needed, &parts, to_properties);

    let same = Labels::range("p", 1).unwrap();
    let blocks = map.blocks().iter().map(|block| {
        let values = Array2::<f32>::zeros((1, 1));
        TensorBlock::new(values, block.samples(), &[], &same).unwrap()
    });
    let map = TensorMap::new(map.keys().clone(), blocks.collect()).unwrap();
    let chosen = Labels::range("moved", 50).unwrap();
    let to_properties = || map.keys_to_properties(&chosen, 0.0, sorted);
    let needed = bytes_of(&to_properties().unwrap());
    assert_needs(Limit::ResultBytes, needed, &parts, to_properties);
}

#[test]
fn what_merged_blocks_have_in_common_is_counted_once() {
    let block = nothing_in_common(1).into_parts().1.remove(0);
    let keys = Labels::range("moved", 20).unwrap();
    let map = TensorMap::new(keys, vec![block; 20]).unwrap();
    let moved = Labels::empty(&["moved"]).unwrap();
    for to_samples in [true, false] {
        let merge = || match to_samples {
            true => map.keys_to_samples(&moved, 0.0, SampleOrder::AsInBlocks),
            false => map.keys_to_properties(&moved, 0.0, SampleOrder::AsInBlocks),
        };
        let needed = bytes_of(&merge().unwrap());
        assert_needs(Limit::ResultBytes, needed, &["(_=0)"], merge);
    }
}

#[test]
fn merges_beyond_the_memory_of_the_machine_name_keys_and_bytes() {
    let _limited = limit(Limit::ResultBytes, 0);
    // 2¹⁶ samples in one block, 2¹⁶ properties in the other, and 2⁸ components: 2⁴³ bytes
    let block = |samples: i32, properties: i32| {
        let (start, count) = (samples.min(1), samples as usize);
        let samples: Vec<_> = (start..start + samples).map(|i| [i]).collect();
        let values = Array3::<f64>::zeros((count, 256, properties as usize));
        let samples = Labels::new(["s"], &samples).unwrap();
        let components = [Labels::range("c", 256).unwrap()];
        let properties = Labels::range("p", properties as usize).unwrap();
        TensorBlock::new(values, &samples, &components, &properties).unwrap()
    };
    let keys = Labels::new(["k", "moved"], &[[7, 1], [7, 2]]).unwrap();
    let map = TensorMap::new(keys, vec![block(1 << 16, 0), block(0, 1 << 16)]).unwrap();
    let moved = Labels::empty(&["moved"]).unwrap();
    let sorted = SampleOrder::Sorted;
    for result in [
        map.keys_to_samples(&moved, 0.0, sorted),
        map.keys_to_properties(&moved, 0.0, sorted),
    ] {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("(k=7)"), "{error}");
        assert!(error.contains("879609"), "{error}");
    }
}

#[test]
fn combinations_of_labels_are_counted_before_they_are_made() {
    let components = ["a", "b"].map(|name| Labels::range(name, 10).unwrap());
    let properties = Labels::range("p", 10).unwrap();
    let samples = Labels::empty(&["s"]).unwrap();
    let values = Array4::<f32>::zeros((0, 10, 10, 10));
    let block = TensorBlock::new(values, &samples, &components, &properties).unwrap();
    let keys = Labels::range("key", 2).unwrap();
    let map = TensorMap::new(keys, vec![block.clone(), block]).unwrap();
    // the two blocks share them
    let needed = 1_000 * 3 * 4;
    let moved = || map.components_to_properties(&["b", "a"]);
    let labels = moved().unwrap().blocks()[1].properties().clone();
    assert_eq!(labels.names(), &["a", "b", "p"]);
    assert_eq!(labels[123], [1, 2, 3]);
    assert_needs(Limit::ResultBytes, needed, &["(key=0)"], moved);
}
