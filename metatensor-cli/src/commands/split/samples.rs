//! Splitting by samples: files are written in batches, each in one pass over the blocks.

use std::collections::BTreeMap;

use metatensor_core::{Labels, MapFile, Mapping};
use metatensor_operations::{Axis, Selection, split as split_block};

use super::{columns, outputs};
use crate::arguments::SplitOptions;
use crate::commands::describe;
use crate::commands::source::Source;
use crate::outline::bytes_of;
use crate::output::Failure;
use crate::progress::Progress;

/// So many bytes of values and gradients are in memory at once, if a file has not more.
const BATCH_BYTES: u64 = 64 << 20;
/// So many files are open at once.
const BATCH_FILES: usize = 128;

/// A new file: what all of its samples have in common, and about how many bytes these need.
struct Group {
    values: Vec<i32>,
    bytes: f64,
}

pub(super) fn split(map: &MapFile, options: &SplitOptions) -> Result<(), Failure> {
    let names = &options.by.samples;
    let source = Source::new(map)?;
    let bytes = bytes_of(map, 0..map.len())?;
    let groups = groups(&source, names, &bytes)?;
    let outputs = outputs(groups.iter().map(|group| &group.values), names, options)?;
    let mut progress = Progress::new(bytes.iter().copied());
    let mut start = 0;
    while start < groups.len() {
        let mut together = 0.0;
        let fits = groups[start..]
            .iter()
            .take(BATCH_FILES)
            .take_while(|group| {
                together += group.bytes;
                together <= BATCH_BYTES as f64
            });
        let end = start + fits.count().max(1);
        write(&source, names, &groups[start..end], &outputs[start..end])?;
        let written: f64 = groups[start..end].iter().map(|group| group.bytes).sum();
        progress.add(written as u64);
        start = end;
    }
    Ok(())
}

/// What the samples of all blocks have for these dimensions, sorted, for blocks of so many bytes.
fn groups(source: &Source<'_>, names: &[String], bytes: &[u64]) -> Result<Vec<Group>, Failure> {
    let mut groups: BTreeMap<Vec<i32>, f64> = BTreeMap::new();
    for (block, &bytes) in bytes.iter().enumerate() {
        let samples = source.map.block_header(block)?.samples()?;
        let bytes = bytes as f64 / samples.count().max(1) as f64;
        let columns = columns_of(source, block, &samples, names)?;
        for row in samples.iter() {
            let values = columns.iter().map(|&column| row[column]).collect();
            *groups.entry(values).or_default() += bytes;
        }
    }
    let groups = groups.into_iter();
    Ok(groups
        .map(|(values, bytes)| Group { values, bytes })
        .collect())
}

fn columns_of(
    source: &Source<'_>,
    block: usize,
    samples: &Labels,
    names: &[String],
) -> Result<Vec<usize>, Failure> {
    let place = || format!("block ({})", describe(source.map.keys(), block));
    let columns = columns(samples, names, "samples");
    let columns = columns.map_err(|failure| failure.context(place()))?;
    Ok(columns.into_iter().flatten().collect())
}

/// Writes the files of some groups.
fn write(
    source: &Source<'_>,
    names: &[String],
    groups: &[Group],
    outputs: &[String],
) -> Result<(), Failure> {
    let mut writers = Vec::new();
    for output in outputs {
        writers.push(source.writer(output)?);
    }
    for block in 0..source.map.len() {
        let whole = source.map.block_mapped(block, Mapping::ReadOnly)?;
        let columns = columns_of(source, block, whole.samples(), names)?;
        let mut rows: Vec<Vec<i64>> = vec![Vec::new(); groups.len()];
        for (row, sample) in whole.samples().iter().enumerate() {
            let values = columns.iter().map(|&column| sample[column]);
            let found =
                groups.binary_search_by(|group| group.values.iter().copied().cmp(values.clone()));
            if let Ok(group) = found {
                rows[group].push(row as i64);
            }
        }
        let selections: Vec<Selection<'_>> =
            rows.iter().map(|rows| Selection::Indices(rows)).collect();
        let parts = split_block(&whole, Axis::Samples, &selections)?;
        for (writer, part) in writers.iter_mut().zip(parts) {
            writer.add(source.map.keys().rows().row(block), &part)?;
        }
    }
    for writer in writers {
        writer.finish()?;
    }
    Ok(())
}
