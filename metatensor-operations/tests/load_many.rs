//! A batch of a collection is what loading each map and joining them gives.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../metatensor-core/tests/io/make.rs"]
mod make;

use std::io::{Cursor, Write};

use make::{Random, Recipe, assert_same_map, map};
use metatensor_core::{
    Collection, DType, DenseArray, Labels, Limits, Result, TensorBlock, TensorMap, num_threads,
    set_num_threads,
};
use metatensor_operations::{
    Axis, DifferentKeys, JoinOptions, LoadManyOptions, MissingGradients, join, load_many,
};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

fn collection(maps: &[TensorMap]) -> Collection {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (number, map) in maps.iter().enumerate() {
        let methods = [CompressionMethod::Stored, CompressionMethod::Deflated];
        let options = SimpleFileOptions::default().compression_method(methods[number % 2]);
        writer
            .start_file(format!("{number}/x.mts"), options)
            .unwrap();
        writer.write_all(&map.save_buffer().unwrap()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    Collection::from_bytes(bytes, Limits::default()).unwrap()
}

fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("expected an error"),
        Err(error) => error.to_string(),
    }
}

/// The same block with this dimension of the samples set to what `new` makes of the last one.
fn with_numbers(block: &TensorBlock, dimension: usize, new: impl Fn(i32) -> i32) -> TensorBlock {
    let names = block.samples().names().to_vec();
    let rows = block.samples().iter().map(|row| {
        let mut row = row.to_vec();
        row[dimension] = new(*row.last().unwrap());
        row
    });
    let samples = Labels::from_rows(&names, rows).unwrap();
    let values = DenseArray::copy_of(&block.view().unwrap()).unwrap();
    let mut result =
        TensorBlock::new(values, &samples, block.components(), block.properties()).unwrap();
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, gradient.clone()).unwrap();
    }
    result
}

/// Maps that can be joined: they have the same components, properties and gradients, but not all of the blocks.
fn joinable(count: usize, gradients: usize, dtype: DType, seed: u64) -> Vec<TensorMap> {
    let recipe = Recipe {
        dtype,
        components: 1,
        gradients,
        depth: 2,
        blocks: 4,
        seed,
    };
    let model = map(&recipe);
    let mut random = Random(seed);
    let maps = (0..count).map(|number| {
        let kept: Vec<_> = (0..model.len()).filter(|_| random.below(3) > 0).collect();
        let names = model.keys().names().to_vec();
        let keys = Labels::from_rows(&names, kept.iter().map(|&i| model.keys()[i].to_vec()));
        let blocks = kept.iter().map(|&i| {
            let shift = |value: i32| value + number as i32;
            with_numbers(&model.blocks()[i], 0, shift)
        });
        TensorMap::new(keys.unwrap(), blocks.collect()).unwrap()
    });
    maps.collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn batches_are_joined_maps(
        dtype in prop::sample::select(vec![DType::F64, DType::F32, DType::I16]),
        gradients in 0..3_usize,
        numbers in prop::collection::vec(0..8_i32, 1..20),
        intersection in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let maps = joinable(8, gradients, dtype, seed);
        let collection = collection(&maps);
        let different_keys = match intersection {
            true => DifferentKeys::Intersection,
            false => DifferentKeys::Union,
        };
        let loaded: Vec<_> = numbers.iter().map(|&n| collection.load(n, "x").unwrap()).collect();
        let references: Vec<_> = loaded.iter().collect();
        // what is joined has positions only: the others are looked up in the list
        let join_options = JoinOptions {
            different_keys,
            add_dimension: Some("position"),
            missing_gradients: MissingGradients::default(),
        };
        let positions = LoadManyOptions {
            number: None,
            position: Some("position"),
            different_keys,
            missing_gradients: MissingGradients::default(),
        };
        let both = LoadManyOptions { number: Some("n"), ..positions };
        let only_numbers = LoadManyOptions { number: Some("n"), position: None, ..positions };
        let mut distinct = numbers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let are_distinct = distinct.len() == numbers.len();
        let Ok(joined) = join(&references, Axis::Samples, join_options) else {
            // those that can not be joined are no batch either
            for options in [positions, both] {
                prop_assert!(load_many(&collection, "x", &numbers, options).is_err());
            }
            return Ok(());
        };
        let got = load_many(&collection, "x", &numbers, positions).unwrap();
        assert_same_map(&got, &joined);

        let number_of = |position: i32| numbers[position as usize];
        let got = load_many(&collection, "x", &numbers, both).unwrap();
        let last_but_one = |block: &TensorBlock| block.samples().size() - 2;
        for (got, joined) in got.blocks().iter().zip(joined.blocks()) {
            prop_assert_eq!(got.samples().count(), joined.samples().count());
            for (row, expected) in got.samples().iter().zip(joined.samples()) {
                let at = last_but_one(got);
                prop_assert_eq!(&row[..at], &expected[..at]);
                prop_assert_eq!(row[at], number_of(expected[at]));
                prop_assert_eq!(row[at + 1], expected[at]);
            }
        }
        match load_many(&collection, "x", &numbers, only_numbers) {
            Ok(got) => {
                prop_assert!(are_distinct);
                let renamed = JoinOptions { add_dimension: Some("n"), ..join_options };
                let joined = join(&references, Axis::Samples, renamed).unwrap();
                prop_assert_eq!(got.keys(), joined.keys());
                for (got, joined) in got.blocks().iter().zip(joined.blocks()) {
                    let last = joined.samples().size() - 1;
                    make::assert_same_block(got, &with_numbers(joined, last, number_of));
                }
            }
            Err(error) => {
                prop_assert!(!are_distinct);
                prop_assert!(error.to_string().contains("a dimension for positions is needed"));
            }
        }
    }
}

fn simple(value: f64) -> TensorMap {
    let samples = Labels::range("atom", 2).unwrap();
    let values = ndarray::arr2(&[[value], [-value]]);
    let block = TensorBlock::new(values, samples, [], Labels::single()).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn numbers_of_maps_are_a_dimension_and_the_order_is_kept() {
    let collection = collection(&[1.0, 2.0, 3.0].map(simple));
    let batch = load_many(&collection, "x", &[2, 0], LoadManyOptions::default()).unwrap();
    let block = batch.block_by_id(0).unwrap();
    let rows = [[0, 2], [1, 2], [0, 0], [1, 0]];
    assert_eq!(
        *block.samples(),
        Labels::new(["atom", "system"], rows).unwrap()
    );
    let values = [[3.0], [-3.0], [1.0], [-1.0]];
    assert_eq!(
        block.to_ndarray::<f64>().unwrap(),
        ndarray::arr2(&values).into_dyn()
    );

    let options = LoadManyOptions {
        position: Some("row"),
        ..LoadManyOptions::default()
    };
    let batch = load_many(&collection, "x", &[1, 1], options).unwrap();
    let rows = [[0, 1, 0], [1, 1, 0], [0, 1, 1], [1, 1, 1]];
    let expected = Labels::new(["atom", "system", "row"], rows).unwrap();
    assert_eq!(*batch.block_by_id(0).unwrap().samples(), expected);
}

#[test]
fn batches_do_not_depend_on_the_number_of_threads() {
    let maps: Vec<_> = (0..200).map(|i| simple(f64::from(i))).collect();
    let collection = collection(&maps);
    let numbers: Vec<_> = (0..200).rev().collect();
    let load = || load_many(&collection, "x", &numbers, LoadManyOptions::default()).unwrap();
    let before = num_threads();
    set_num_threads(1);
    let expected = load();
    set_num_threads(4);
    let got = load();
    set_num_threads(before);
    assert_same_map(&got, &expected);
}

#[test]
fn what_is_no_batch_is_named() {
    let mut maps = [1.0, 2.0].map(simple).to_vec();
    let other = TensorBlock::new(
        ndarray::arr2(&[[1.0]]),
        Labels::range("molecule", 1).unwrap(),
        [],
        Labels::single(),
    );
    maps.push(TensorMap::new(Labels::single(), vec![other.unwrap()]).unwrap());
    let collection = collection(&maps);
    let load = |numbers: &[i32], options| message(load_many(&collection, "x", numbers, options));
    let defaults = LoadManyOptions::default();
    assert_eq!(
        load(&[0, 7, 1], defaults),
        "invalid parameter: load_many: there is no '7/x.mts' in the buffer: maps 'x' have numbers from 0 to 2"
    );
    assert_eq!(
        load(&[1, 0, 1], defaults),
        "invalid parameter: load_many: the number 1 is in the list at positions 0 and 2: its samples would be the same, \
         a dimension for positions is needed"
    );
    let text = load(&[0, 1, 2], defaults);
    let expected = "load_many: '2/x.mts' of the buffer can not be joined with those before it: ";
    assert!(text.contains(expected), "{text}");
    let text = load(&[], defaults);
    assert!(
        text.contains("load_many: expected at least one map to join"),
        "{text}"
    );
    let taken = LoadManyOptions {
        number: Some("atom"),
        ..defaults
    };
    let text = load(&[0, 1], taken);
    assert!(text.contains("'atom'"), "{text}");
}
