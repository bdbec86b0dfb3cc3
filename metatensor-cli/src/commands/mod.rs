//! A file per command.

pub(crate) mod apply;
pub(crate) mod convert;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod help;
pub(crate) mod info;
pub(crate) mod ls;
pub(crate) mod merge;
mod new_file;
pub(crate) mod pack;
pub(crate) mod plot;
pub(crate) mod report;
pub(crate) mod show;
pub(crate) mod slice;
mod source;
pub(crate) mod split;
pub(crate) mod stat;
pub(crate) mod validate;

use std::fmt::Write;

use metatensor_core::{Labels, Result, TensorBlock};
use serde_json::{Map, Value};

use crate::outline::Outline;

/// `center_type=1, n=2`, as people write it.
pub(crate) fn describe(labels: &Labels, row: usize) -> String {
    let row = labels.rows().row(row);
    let mut text = String::new();
    for (name, value) in labels.names().iter().zip(row) {
        let comma = if text.is_empty() { "" } else { ", " };
        // a string takes all that is written to it
        let _ = write!(text, "{comma}{name}={value}");
    }
    text
}

/// `{"center_type": 1, "n": 2}`.
fn entry(labels: &Labels, row: usize) -> Value {
    let row = labels.rows().row(row);
    let entries = labels.names().iter().zip(row);
    let entries = entries.map(|(name, value)| (name.to_owned(), Value::from(*value)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// `10 x 3 x 5`.
pub(crate) fn shape(outline: &Outline) -> String {
    let mut text = String::new();
    for length in &outline.shape {
        let times = if text.is_empty() { "" } else { " x " };
        let _ = write!(text, "{times}{length}");
    }
    text
}

/// Names of dimensions, separated by commas.
pub(crate) fn names(labels: &Labels) -> String {
    let names: Vec<&str> = labels.names().iter().collect();
    names.join(", ")
}

/// `1 row`, `2 rows`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// The path of the gradient with respect to a parameter of what is at the end of a path.
pub(crate) fn joined(path: &str, parameter: &str) -> String {
    match path {
        "" => parameter.to_owned(),
        path => format!("{path}/{parameter}"),
    }
}

/// The values, or the gradient at the end of a path.
pub(crate) fn part<'a>(block: &'a TensorBlock, path: Option<&str>) -> Result<&'a TensorBlock> {
    let mut parameters = path.into_iter().flat_map(|path| path.split('/'));
    parameters.try_fold(block, |block, parameter| block.gradient(parameter))
}

/// Components and properties, from the outer to the inner ones.
pub(crate) fn axes(block: &TensorBlock) -> Vec<&Labels> {
    block
        .components()
        .iter()
        .chain([block.properties()])
        .collect()
}

/// For each column of a block, a row of each of the axes.
fn columns(axes: &[&Labels]) -> Vec<Vec<usize>> {
    axes.iter().fold(vec![vec![]], |columns, labels| {
        let columns = columns.iter();
        columns
            .flat_map(|start| (0..labels.count()).map(move |row| [&start[..], &[row]].concat()))
            .collect()
    })
}

/// The values of a row of labels.
fn entries(labels: &Labels, row: usize) -> impl Iterator<Item = String> + '_ {
    labels.rows().row(row).iter().map(i32::to_string)
}
