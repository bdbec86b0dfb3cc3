//! What this library does, in Rust.

use std::time::Instant;

use metatensor::{
    FileAlignment, Labels, MapFile, MapSelection, MapWriter, TensorBlock, TensorMap, merge_files,
};
use metatensor_core::{DType, Mapping, set_kept_memory_bound};
use ndarray::Array2;

use crate::side::{Work, median, random_rows};
use crate::{COLUMNS, Result};

/// Samples of one system.
const ATOMS: usize = 20;
/// Rows that are written at once.
const PIECE: usize = 10_000;

#[derive(Default)]
pub(crate) struct Ours {
    map: Option<TensorMap>,
}

impl Work for Ours {
    fn work(&mut self, verb: &str, path: &str, others: &[&str]) -> Result<Vec<f64>> {
        let numbers: Vec<usize> = others.iter().map_while(|word| word.parse().ok()).collect();
        let number = numbers.first().copied().unwrap_or_default();
        let start = Instant::now();
        let time = || Ok(vec![start.elapsed().as_secs_f64()]);
        match verb {
            "start" => set_kept_memory_bound(0),
            "make" => {
                let mut writer = MapWriter::create(path, &["number"])?;
                let key = numbers.get(1).copied().unwrap_or_default();
                add(&mut writer, key, number)?;
                writer.finish()?;
            }
            "make-many" => {
                let mut writer = MapWriter::create(path, &["number"])?;
                for key in 0..1000 {
                    add(&mut writer, key, if key == 700 { 10 } else { number })?;
                }
                writer.finish()?;
            }
            "prepare" => self.map = Some(TensorMap::load(path)?),
            "forget" => self.map = None,
            "save" => {
                let map = self.map.as_ref().ok_or("there is no map")?;
                map.save(path)?;
                return time();
            }
            "load" => {
                let map = TensorMap::load(path)?;
                let time = time();
                drop(map);
                return time;
            }
            "map" => {
                let map = TensorMap::load_mapped(path, Mapping::ReadOnly)?;
                let time = time();
                check(&map, &[map.block_by_id(0)?.samples().count() - 1])?;
                return time;
            }
            "hold" => self.map = Some(TensorMap::load_mapped(path, Mapping::ReadOnly)?),
            "labels" => {
                let samples = MapFile::open(path)?.block_header(0)?.samples()?;
                let time = time();
                drop(samples);
                return time;
            }
            "rows" => {
                let rows = random_rows(number);
                let samples = samples(rows.iter().copied())?;
                let start = Instant::now();
                let part = MapFile::open(path)?.load_selected(&MapSelection {
                    samples: Some(samples),
                    ..MapSelection::default()
                })?;
                let time = start.elapsed().as_secs_f64();
                check(&part, &rows)?;
                return Ok(vec![time]);
            }
            "key" => {
                let file = MapFile::open(path)?;
                let position = file.keys().position(&[number as i32]);
                let block = file.block(position.ok_or("there is no such key")?)?;
                let time = time();
                if block.samples().count() != 10 {
                    return Err("it has ten rows".into());
                }
                return time;
            }
            "append" => return append(path, number),
            "merge" => {
                merge_files(others, path, FileAlignment::Aligned)?;
                return time();
            }
            _ => return Err("there is no such work".into()),
        }
        Ok(vec![0.0])
    }
}

/// These samples: their numbers, cut in systems.
fn samples(rows: impl Iterator<Item = usize>) -> Result<Labels> {
    let rows = rows.map(|row| [(row / ATOMS) as i32, (row % ATOMS) as i32]);
    Ok(Labels::from_rows(&["system", "atom"], rows)?)
}

/// The values of some rows: the number of the row in all columns.
fn values(start: usize, end: usize) -> Array2<f64> {
    Array2::from_shape_fn((end - start, COLUMNS), |(row, _)| (start + row) as f64)
}

fn add(writer: &mut MapWriter, key: usize, rows: usize) -> Result<()> {
    let properties = Labels::range("property", COLUMNS)?;
    writer.begin_block(&[key as i32], DType::F64, &[], &properties)?;
    for start in (0..rows).step_by(PIECE) {
        writer.push_rows(values(start, rows.min(start + PIECE)))?;
    }
    writer.end_rows(&samples(0..rows)?)?;
    Ok(writer.end_block()?)
}

/// Checks that a map has these rows.
fn check(map: &TensorMap, rows: &[usize]) -> Result<()> {
    let values = map.block_by_id(0)?.values_as::<f64>()?;
    let first = values.shape()[0] - rows.len();
    for (i, &row) in rows.iter().enumerate() {
        if values[[first + i, COLUMNS - 1]] != row as f64 {
            return Err(format!("row {row} is another one").into());
        }
    }
    Ok(())
}

/// Appends blocks, one by one. Gives how long all of them took, and a median of the first and of the last ones.
fn append(path: &str, count: usize) -> Result<Vec<f64>> {
    let block = TensorBlock::new(
        values(0, 10),
        samples(0..10)?,
        [],
        Labels::range("property", COLUMNS)?,
    )?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        let mut writer = MapWriter::append(path)?;
        let key = writer.len() as i32;
        writer.add(&[key], &block)?;
        writer.finish()?;
        times.push(start.elapsed().as_secs_f64());
    }
    let part = count.min(100);
    let (first, last) = (&times[..part], &times[count - part..]);
    Ok(vec![
        times.iter().sum(),
        median(first.iter().copied()),
        median(last.iter().copied()),
    ])
}
