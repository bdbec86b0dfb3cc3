//! `mts slice`: a part of a map, as a new file. Blocks are read and written one after the other, and only what is needed of them.

use std::path::Path;

use metatensor_core::{Labels, MapFile, MapSelection, MapWriter, Mapping, Result};

use super::describe;
use super::new_file::{check_output, write_file};
use super::source::Source;
use crate::Outcome;
use crate::arguments::SliceOptions;
use crate::input::{LARGE, only_map, open, open_checked};
use crate::outline::bytes_of;
use crate::output::{Failure, Output};
use crate::selection::{Selection, selected};
use crate::stream::is_streamed;

pub(crate) fn run(options: &SliceOptions, output: &mut Output) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let map = only_map(open(&options.file)?.input, &options.file)?;
    let blocks = selected(options.keys.as_ref(), map.keys(), "keys")?;
    // what comes from a stream is in memory, and can not be opened once more
    let has_large = !is_streamed(&options.file) && has_large_whole_blocks(&map, &blocks, options)?;
    // values that are taken from where they are have to be checked before
    let map = match has_large {
        true => open_checked(&options.file)?,
        false => map,
    };
    write_file(&options.output.output, output, |path| {
        write(&map, &blocks, has_large, options, path)
    })?;
    Ok(Outcome::Good)
}

/// Writes these blocks, as a whole if some of them are large.
fn write(
    map: &MapFile,
    blocks: &[usize],
    has_large: bool,
    options: &SliceOptions,
    path: &Path,
) -> Result<(), Failure> {
    let keys = map.keys();
    let mut writer = Source::new(map)?.writer(path)?;
    for &block in blocks {
        let place = || format!("block ({})", describe(keys, block));
        let added = match has_large {
            true => map
                .block_mapped(block, Mapping::ReadOnly)
                .and_then(|whole| writer.add(keys.rows().row(block), &whole))
                .map_err(Failure::from),
            false => add_part(map, block, options, &mut writer),
        };
        added.map_err(|failure| failure.context(place()))?;
    }
    writer.finish()?;
    Ok(())
}

/// Whether there are blocks to copy as a whole that should not be in memory.
fn has_large_whole_blocks(map: &MapFile, blocks: &[usize], options: &SliceOptions) -> Result<bool> {
    if options.samples.is_some() || options.properties.is_some() {
        return Ok(false);
    }
    let bytes = bytes_of(map, blocks.iter().copied())?;
    Ok(bytes.into_iter().any(|bytes| bytes > LARGE))
}

fn add_part(
    map: &MapFile,
    block: usize,
    options: &SliceOptions,
    writer: &mut MapWriter,
) -> Result<(), Failure> {
    let header = map.block_header(block)?;
    let selection = MapSelection {
        keys: Some(rows_of(map.keys(), &[block])?),
        samples: wanted(options.samples.as_ref(), || header.samples(), "samples")?,
        properties: wanted(
            options.properties.as_ref(),
            || header.properties(),
            "properties",
        )?,
    };
    let part = map.load_selected(&selection)?;
    for (key, block) in &part {
        writer.add(key, block)?;
    }
    Ok(())
}

/// The labels that are selected, in the order of the file, or `None` for all of them, which are not read then.
fn wanted(
    selection: Option<&Selection>,
    labels: impl FnOnce() -> Result<Labels>,
    what: &str,
) -> Result<Option<Labels>, Failure> {
    let Some(selection) = selection else {
        return Ok(None);
    };
    let labels = labels()?;
    let rows = selection.rows(&labels, what)?;
    Ok(Some(rows_of(&labels, &rows)?))
}

/// Some rows of labels.
fn rows_of(labels: &Labels, rows: &[usize]) -> Result<Labels> {
    let names: Vec<&str> = labels.names().iter().collect();
    let all = labels.rows();
    Labels::from_rows(&names, rows.iter().map(|&row| all.row(row)))
}
