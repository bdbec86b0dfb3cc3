//! Loading a part of a file gives what loading all of it, selecting blocks and slicing them gives.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../metatensor-core/tests/io/make.rs"]
mod make;

use std::io::{Cursor, Read, Write};

use make::{Random, Recipe, assert_same_map, map};
use metatensor_core::{DType, Labels, Limits, MapFile, MapSelection, Result, TensorMap};
use metatensor_operations::{Axis, slice};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// The same archive with compressed members.
fn compressed(archive: &[u8]) -> Vec<u8> {
    let mut from = ZipArchive::new(Cursor::new(archive)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for i in 0..from.len() {
        let mut member = from.by_index(i).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        to.start_file(member.name().unwrap(), options).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// Labels with some of these dimensions, in any order, and rows of which some are likely to be found.
fn selection(random: &mut Random, dimensions: &[&str]) -> Option<Labels> {
    if random.below(4) == 0 {
        return None;
    }
    let mut names = dimensions.to_vec();
    if random.below(2) == 0 {
        names.swap(0, dimensions.len() - 1);
    }
    names.truncate(random.below(dimensions.len() + 1).max(random.below(2)));
    let mut rows = Vec::new();
    for _ in 0..random.below(8) {
        // labels of these maps have the same number in all dimensions
        let row = vec![random.below(14) as i32 - 3; names.len()];
        if !rows.contains(&row) && !names.is_empty() {
            rows.push(row);
        }
    }
    Some(Labels::from_rows(&names, rows).unwrap())
}

/// The same by loading everything.
fn expected(whole: &TensorMap, selection: &MapSelection) -> Result<TensorMap> {
    let mut map = whole.clone();
    if let Some(keys) = &selection.keys {
        let numbers = map.blocks_matching(keys)?;
        let blocks = numbers.iter().map(|&i| map.blocks()[i as usize].clone());
        let rows = numbers.iter().map(|&i| map.keys()[i as usize].to_vec());
        let keys = Labels::from_rows(&["center_type", "o3_lambda"], rows)?;
        let mut part = TensorMap::new(keys, blocks.collect())?;
        *part.info_mut() = map.info().clone();
        map = part;
    }
    if let Some(samples) = &selection.samples {
        map = slice(&map, Axis::Samples, samples)?;
    }
    if let Some(properties) = &selection.properties {
        map = slice(&map, Axis::Properties, properties)?;
    }
    Ok(map)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn parts_are_slices(
        dtype in prop::sample::select(vec![DType::F64, DType::F32, DType::I16, DType::BOOL8, DType::C128]),
        components in 0..3_usize,
        gradients in 0..3_usize,
        depth in 0..4_usize,
        blocks in 0..4_usize,
        seed in any::<u64>(),
    ) {
        let recipe = Recipe { dtype, components, gradients, depth, blocks, seed };
        let mut whole = map(&recipe);
        whole.info_mut().insert("seed".into(), seed.to_string());
        let mut random = Random(seed ^ 1);
        let selection = MapSelection {
            keys: selection(&mut random, &["center_type", "o3_lambda"]),
            samples: selection(&mut random, &["system", "atom"]),
            properties: selection(&mut random, &["n", "l", "q"]),
        };
        let stored = whole.save_buffer().unwrap();
        let whole = TensorMap::load_buffer(&stored).unwrap();
        let expected = expected(&whole, &selection).unwrap();
        for bytes in [compressed(&stored), stored] {
            let file = MapFile::from_bytes(bytes, Limits::default()).unwrap();
            let part = file.load_selected(&selection).unwrap();
            assert_same_map(&part, &expected);
            for (a, b) in part.blocks().iter().zip(expected.blocks()) {
                prop_assert_eq!(a.gradients_list(), b.gradients_list());
            }
        }
    }
}
