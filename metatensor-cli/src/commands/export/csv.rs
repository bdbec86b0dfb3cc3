//! Tables, with a line for each row or for each value.

use std::io::Write;

use metatensor_core::{Labels, TensorBlock};

use super::Parts;
use crate::commands::{axes, columns, describe, entries};
use crate::elements::{Printed, printed};
use crate::output::Failure;

/// A line for each entry.
pub(super) fn labels(labels: &Labels, writer: &mut dyn Write) -> Result<(), Failure> {
    let header: Vec<String> = names(labels).collect();
    writeln!(writer, "{}", header.join(","))?;
    for row in 0..labels.count() {
        let entries: Vec<String> = entries(labels, row).collect();
        writeln!(writer, "{}", entries.join(","))?;
    }
    Ok(())
}

/// A line for each row, with a column for each component and property.
pub(super) fn table(parts: &Parts<'_>, writer: &mut dyn Write) -> Result<(), Failure> {
    let keys = parts.blocks.keys();
    let header = |block: &TensorBlock| table_header(keys, block);
    each_row(
        parts,
        header,
        writer,
        |_| (),
        |labels, &(), values, writer| {
            write!(writer, "{labels}")?;
            for value in values {
                write!(writer, ",{}", value.text)?;
            }
            Ok(writeln!(writer)?)
        },
    )
}

/// A line for each value that is not zero.
pub(super) fn triplets(parts: &Parts<'_>, writer: &mut dyn Write) -> Result<(), Failure> {
    let keys = parts.blocks.keys();
    let header = |block: &TensorBlock| triplets_header(keys, block);
    each_row(
        parts,
        header,
        writer,
        triplets_columns,
        |labels, columns, values, writer| {
            for (column, value) in columns.iter().zip(values) {
                if !value.is_zero {
                    writeln!(writer, "{labels},{column},{}", value.text)?;
                }
            }
            Ok(())
        },
    )
}

/// Writes a header, which has to be that of all blocks, and their rows. `prepare` gives what is the same for all rows of a block.
fn each_row<P>(
    parts: &Parts<'_>,
    header: impl Fn(&TensorBlock) -> Vec<String>,
    writer: &mut dyn Write,
    prepare: impl Fn(&TensorBlock) -> P,
    write: impl Fn(&str, &P, &[Printed], &mut dyn Write) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut first: Option<Vec<String>> = None;
    for &number in &parts.numbers {
        let block = parts.load(number)?;
        let own = header(&block);
        match &first {
            None => {
                writeln!(writer, "{}", own.join(","))?;
                first = Some(own);
            }
            Some(first) if *first == own => {}
            Some(_) => {
                return Err(Failure::Error(format!(
                    "{}: its columns are not those of the blocks before it: choose blocks with --block, or the \
                     format triplets or json",
                    parts.place(number)
                )));
            }
        }
        let prepared = prepare(&block);
        for row in 0..block.samples().count() {
            let labels = entries(parts.blocks.keys(), number).chain(entries(block.samples(), row));
            let labels: Vec<String> = labels.collect();
            write(&labels.join(","), &prepared, &printed(&block, row)?, writer)?;
        }
    }
    Ok(())
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
fn table_header(keys: &Labels, block: &TensorBlock) -> Vec<String> {
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
