//! `mts split`: several files of one, each with a part of its blocks or samples.

mod pattern;
mod samples;

use std::collections::HashMap;

use indexmap::IndexMap;
use metatensor_core::{Labels, MapFile, Mapping};

use super::new_file::check_new;
use super::source::Source;
use crate::Outcome;
use crate::arguments::SplitOptions;
use crate::input::open_checked;
use crate::outline::bytes_of;
use crate::output::Failure;
use crate::progress::Progress;
use pattern::Pattern;

pub(crate) fn run(options: &SplitOptions) -> Result<Outcome, Failure> {
    let map = open_checked(&options.file)?;
    let by = &options.by;
    if by.samples.is_empty() {
        by_keys(&map, options)?;
    } else {
        samples::split(&map, options)?;
    }
    Ok(Outcome::Good)
}

/// A file for each group of blocks, one after the other.
fn by_keys(map: &MapFile, options: &SplitOptions) -> Result<(), Failure> {
    let keys = map.keys();
    let key_names: Vec<String> = keys.names().iter().map(str::to_owned).collect();
    let names = match options.by.blocks {
        true => {
            let number =
                (!key_names.iter().any(|name| name == "block")).then(|| "block".to_owned());
            number.into_iter().chain(key_names).collect()
        }
        false => options.by.keys.clone(),
    };
    let columns = columns(keys, &names, "keys")?;
    let mut groups: IndexMap<Vec<i32>, Vec<usize>> = IndexMap::new();
    for (block, key) in keys.iter().enumerate() {
        let value = |column: &Option<usize>| column.map_or(block as i32, |column| key[column]);
        let values = columns.iter().map(value).collect();
        groups.entry(values).or_default().push(block);
    }
    let outputs = outputs(groups.keys(), &names, options)?;
    let source = Source::new(map)?;
    let bytes = bytes_of(map, 0..map.len())?;
    let mut progress = Progress::new(bytes.iter().copied());
    for (output, blocks) in outputs.iter().zip(groups.values()) {
        let mut writer = source.writer(output)?;
        for &block in blocks {
            writer.add(
                keys.rows().row(block),
                &map.block_mapped(block, Mapping::ReadOnly)?,
            )?;
            progress.add(bytes[block]);
        }
        writer.finish()?;
    }
    Ok(())
}

/// Where these names are in the labels. Only the number of a block is nowhere.
fn columns(labels: &Labels, names: &[String], what: &str) -> Result<Vec<Option<usize>>, Failure> {
    let known = labels.names();
    let find = |name: &String| match known.iter().position(|other| other == name) {
        None if what == "keys" && name == "block" => Ok(None),
        None => Err(Failure::Error(format!(
            "there is no '{name}' in the names of the {what}, {known}"
        ))),
        found => Ok(found),
    };
    names.iter().map(find).collect()
}

/// The names of the new files, which have to be different, and new unless they can be replaced.
fn outputs<'g>(
    groups: impl Iterator<Item = &'g Vec<i32>>,
    names: &[String],
    options: &SplitOptions,
) -> Result<Vec<String>, Failure> {
    let pattern = Pattern::new(&options.output, names)?;
    let mut groups = groups.peekable();
    if groups.peek().is_none() {
        return Err(Failure::Error(format!(
            "'{}' has nothing to split: there would be no new files",
            options.file
        )));
    }
    let mut known: HashMap<String, &Vec<i32>> = HashMap::new();
    let mut outputs = Vec::new();
    for values in groups {
        let output = pattern.fill(values);
        check_new(&output, options.force)?;
        if known.insert(output.clone(), values).is_some() {
            return Err(Failure::Error(format!(
                "several files would be called '{output}': PATTERN needs more of {{{}}}",
                names.join("} {")
            )));
        }
        outputs.push(output);
    }
    Ok(outputs)
}
