//! A file per command.

pub(crate) mod diff;
pub(crate) mod info;
pub(crate) mod ls;
pub(crate) mod show;
pub(crate) mod stat;
pub(crate) mod validate;

use metatensor_core::Labels;
use serde_json::{Map, Value};

use crate::input::Outline;

/// `center_type=1, n=2`, as people write it.
fn describe(labels: &Labels, row: usize) -> String {
    let row = labels.rows().row(row);
    let entries = labels.names().iter().zip(row);
    let entries: Vec<String> = entries
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    entries.join(", ")
}

/// `{"center_type": 1, "n": 2}`.
fn entry(labels: &Labels, row: usize) -> Value {
    let row = labels.rows().row(row);
    let entries = labels.names().iter().zip(row);
    let entries = entries.map(|(name, value)| (name.to_owned(), Value::from(*value)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// `10 x 3 x 5`.
fn shape(outline: &Outline) -> String {
    let lengths: Vec<String> = outline.shape.iter().map(usize::to_string).collect();
    lengths.join(" x ")
}

/// Names of dimensions, separated by commas.
fn names(labels: &Labels) -> String {
    let names: Vec<&str> = labels.names().iter().collect();
    names.join(", ")
}

/// `1 row`, `2 rows`.
fn plural(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
