//! `mts slice`: a part of a map, as a new file. Blocks are read and written one after the other, and only what is needed of them.

use metatensor_core::{Labels, MapFile, MapSelection, MapWriter, Result};

use super::{check_output, describe};
use crate::Outcome;
use crate::arguments::SliceOptions;
use crate::input::{only_map, open};
use crate::output::Failure;
use crate::selection::{Selection, selected};

pub(crate) fn run(options: &SliceOptions) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let map = only_map(open(&options.file)?.input, &options.file)?;
    let keys = map.keys().clone();
    let names: Vec<&str> = keys.names().iter().collect();
    let mut writer = MapWriter::create(&options.output.output, &names)?;
    for (name, text) in map.info()? {
        writer.info_mut().insert(name, text);
    }
    for block in selected(options.keys.as_ref(), &keys, "keys")? {
        let place = || format!("block ({})", describe(&keys, block));
        let added = add_part(&map, block, options, &mut writer);
        added.map_err(|failure| failure.context(place()))?;
    }
    writer.finish()?;
    Ok(Outcome::Good)
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
