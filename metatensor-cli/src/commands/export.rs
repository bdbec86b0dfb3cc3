//! `mts export`: values with their labels, for other programs.

use metatensor_core::{Labels, TensorBlock};

use super::{axes, columns, describe, entries, part};
use crate::Outcome;
use crate::arguments::{ExportOptions, Format};
use crate::elements::{Printed, printed};
use crate::input::Blocks;
use crate::output::{Failure, Output};
use crate::selection::selected;

pub(crate) fn run(options: &ExportOptions, output: &mut Output) -> Result<Outcome, Failure> {
    if output.is_json() {
        let message = "mts show --json --head N has values as JSON; export has other formats";
        return Err(Failure::Error(message.to_owned()));
    }
    let blocks = Blocks::open_part(&options.input)?;
    let keys = blocks.keys();
    let mut header: Option<Vec<String>> = None;
    for number in selected(options.block.as_ref(), keys, "keys")? {
        let block = blocks.block(number)?;
        let place = format!("block ({})", describe(keys, number));
        let values =
            part(&block, options.gradient.as_deref()).map_err(|error| error.context(&place))?;
        let own = match options.format {
            Format::Csv => csv_header(keys, values),
            Format::Triplets => triplets_header(keys, values),
        };
        match &header {
            None => {
                output.line(own.join(","))?;
                header = Some(own);
            }
            Some(first) if *first == own => {}
            Some(_) => {
                return Err(Failure::Error(format!(
                    "{place}: its columns are not those of the blocks before it: choose blocks with \
                     --block, or the format triplets"
                )));
            }
        }
        let rows = selected(options.samples.as_ref(), values.samples(), "samples")?;
        let columns: Vec<String> = match options.format {
            Format::Csv => Vec::new(),
            Format::Triplets => triplets_columns(values),
        };
        for row in rows {
            let labels = entries(keys, number).chain(entries(values.samples(), row));
            let labels: Vec<String> = labels.collect();
            let labels = labels.join(",");
            let printed = printed(values, row)?;
            match options.format {
                Format::Csv => {
                    let texts: Vec<&str> = printed.iter().map(|value| &*value.text).collect();
                    output.line(format_args!("{labels},{}", texts.join(",")))?;
                }
                Format::Triplets => triplets(&labels, &columns, &printed, output)?,
            }
        }
    }
    Ok(Outcome::Good)
}

/// A name as a field: in quotes where it needs them.
fn field(name: &str) -> String {
    match name.contains([',', '"', '\n']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    }
}

fn names(labels: &Labels) -> impl Iterator<Item = String> + '_ {
    labels.names().iter().map(field)
}

/// Names of keys and samples, then one like `xyz=0 n=3` for each column.
fn csv_header(keys: &Labels, block: &TensorBlock) -> Vec<String> {
    let axes = axes(block);
    let columns = columns(&axes).into_iter().map(|column| {
        let parts = axes.iter().zip(column);
        let parts: Vec<String> = parts
            .map(|(labels, row)| describe(labels, row).replace(", ", " "))
            .collect();
        field(&parts.join(" "))
    });
    names(keys)
        .chain(names(block.samples()))
        .chain(columns)
        .collect()
}

fn triplets_header(keys: &Labels, block: &TensorBlock) -> Vec<String> {
    let axes = axes(block).into_iter().flat_map(names);
    let labels = names(keys).chain(names(block.samples())).chain(axes);
    labels.chain(["value".to_owned()]).collect()
}

/// The labels of each column.
fn triplets_columns(block: &TensorBlock) -> Vec<String> {
    let axes = axes(block);
    let columns = columns(&axes).into_iter().map(|column| {
        let labels = axes.iter().zip(column);
        let labels: Vec<String> = labels
            .flat_map(|(labels, row)| entries(labels, row))
            .collect();
        labels.join(",")
    });
    columns.collect()
}

/// A line for each value of a row that is not zero.
fn triplets(
    labels: &str,
    columns: &[String],
    values: &[Printed],
    output: &mut Output,
) -> Result<(), Failure> {
    for (column, value) in columns.iter().zip(values) {
        if !value.is_zero {
            output.line(format_args!("{labels},{column},{}", value.text))?;
        }
    }
    Ok(())
}
