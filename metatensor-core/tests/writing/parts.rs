//! What the tests of writers share.

use std::fs::File;
use std::path::{Path, PathBuf};

use metatensor_core::{Labels, MapWriter, Result, TensorBlock, TensorMap};
use zip::ZipArchive;

use crate::make::{Recipe, map};
use metatensor_core::DType;

/// Maps of many shapes.
pub(crate) fn maps() -> Vec<TensorMap> {
    let mut maps = Vec::new();
    for seed in 0..24 {
        let dtype = [
            DType::F64,
            DType::F32,
            DType::I32,
            DType::BOOL8,
            DType::C128,
        ];
        let depth = seed as usize % 3;
        let mut map = map(&Recipe {
            dtype: dtype[seed as usize % 5],
            components: seed as usize % 3,
            gradients: 1 + seed as usize % 2,
            depth,
            blocks: 1 + seed as usize % 5,
            seed,
        });
        if seed % 2 == 0 {
            map.info_mut().insert("author".into(), "it is ∂".into());
        }
        maps.push(map);
    }
    maps
}

/// A block with this number in all of its values, and `rows` of 8.
pub(crate) fn block(number: i32, rows: usize) -> TensorBlock {
    let values = ndarray::Array2::from_elem((rows, 8), f64::from(number));
    let samples = Labels::range("sample", rows).unwrap();
    TensorBlock::new(values, samples, [], Labels::range("property", 8).unwrap()).unwrap()
}

/// A map with this number of blocks.
pub(crate) fn map_of(count: i32) -> TensorMap {
    let keys = Labels::from_rows(&["a"], (0..count).map(|key| [key])).unwrap();
    let blocks = (0..count).map(|i| block(i, 1 + 20 * i as usize)).collect();
    TensorMap::new(keys, blocks).unwrap()
}

/// A file with such a map.
pub(crate) fn file_of(folder: &Path, count: i32) -> PathBuf {
    let path = folder.join("map.mts");
    write(&map_of(count), &path).unwrap();
    path
}

/// Writes the blocks of `map` in these positions.
pub(crate) fn add(writer: &mut MapWriter, map: &TensorMap, positions: std::ops::Range<usize>) {
    for i in positions {
        writer.add(&map.keys()[i], &map.blocks()[i]).unwrap();
    }
}

/// Writes a map block by block.
pub(crate) fn write(map: &TensorMap, path: &Path) -> Result<()> {
    let names: Vec<_> = map.keys().names().iter().collect();
    let mut writer = MapWriter::create(path, &names)?;
    add(&mut writer, map, 0..map.len());
    writer.info_mut().clone_from(map.info());
    writer.finish()
}

/// Names of the members of a file, where their data starts, and how large it is, in the order of the file.
pub(crate) fn members(path: &Path) -> Vec<(String, u64, u64)> {
    let mut archive = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut members: Vec<_> = (0..archive.len())
        .map(|i| {
            let member = archive.by_index_raw(i).unwrap();
            let name = member.name().unwrap().into_owned();
            (name, member.data_start().unwrap(), member.size())
        })
        .collect();
    members.sort_by_key(|member| member.1);
    members
}

/// Names of everything in a folder.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
