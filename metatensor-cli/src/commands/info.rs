//! `mts info`: what a file holds, from its headers.

use std::collections::{BTreeMap, HashSet};

use metatensor_core::internal::files::MemberCounts;
use metatensor_core::{Collection, DType, Labels};
use serde_json::{Value, json};

use super::names;
use crate::arguments::InfoOptions;
use crate::input::{Blocks, Input, Opened, open_part};
use crate::outline::Outline;
use crate::output::{Failure, Output, bytes};
use crate::storage::{self, Arrays};
use crate::text::{visible, width};
use crate::{Outcome, commands};

pub(crate) fn run(options: &InfoOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let Opened { input, size } = open_part(&options.input)?;
    let kind = input.kind();
    let facts = match input {
        Input::Labels(labels) => Facts::of_labels(&labels, size),
        Input::Collection(collection) => Facts::of_collection(&collection, size),
        blocks => Facts::of_blocks(&Blocks::of(blocks, &options.input.file)?, kind, size)?,
    };
    facts.print(output)?;
    Ok(Outcome::Good)
}

/// What is printed, in this order.
pub(crate) struct Facts {
    pub(crate) text: Vec<(String, String)>,
    json: Value,
}

impl Facts {
    /// What is known of a map or a block, whichever kind it is.
    pub(crate) fn of_blocks(all: &Blocks, kind: &str, size: u64) -> Result<Facts, Failure> {
        let mut facts = Facts::new(kind, size);
        blocks(&mut facts, all)?;
        // Blocks have no strings.
        if kind != "tensor block" {
            facts.info(all.info()?);
        }
        Ok(facts)
    }

    pub(crate) fn of_labels(labels: &Labels, size: u64) -> Facts {
        let mut facts = Facts::new("labels", size);
        facts.add("dimensions", names(labels), names_json(labels));
        facts.add("rows", labels.count().to_string(), json!(labels.count()));
        let sorted = labels.is_sorted();
        facts.add("sorted", yes(sorted), json!(sorted));
        facts
    }

    pub(crate) fn of_collection(collection: &Collection, size: u64) -> Facts {
        let mut facts = Facts::new("collection of maps", size);
        let count = collection.len();
        facts.add("maps", count.to_string(), json!(count));
        facts.members(collection.member_counts());
        let mut names = serde_json::Map::new();
        for name in collection.names() {
            let numbers = collection.numbers(name);
            let range = match (numbers.first(), numbers.last()) {
                (Some(first), Some(last)) => {
                    let maps = commands::plural(numbers.len(), "map");
                    format!("{maps}, {first} to {last}")
                }
                _ => "no maps".to_owned(),
            };
            facts.text.push((format!("name '{name}'"), range));
            names.insert(
                name.to_owned(),
                json!({"maps": numbers.len(), "first": numbers.first(), "last": numbers.last()}),
            );
        }
        facts.json["names"] = Value::Object(names);
        facts
    }

    fn new(kind: &str, size: u64) -> Facts {
        Facts {
            text: vec![
                ("kind".to_owned(), kind.to_owned()),
                ("size".to_owned(), bytes(size)),
            ],
            json: json!({"kind": kind, "bytes": size}),
        }
    }

    fn add(&mut self, name: &str, text: String, json: Value) {
        self.text.push((name.to_owned(), text));
        self.json[name.replace(' ', "_")] = json;
    }

    fn members(&mut self, counts: MemberCounts) {
        let json = json!({"stored": counts.stored, "deflated": counts.deflated});
        self.add("members", storage::describe(counts), json);
    }

    fn info(&mut self, strings: BTreeMap<String, String>) {
        for (name, text) in &strings {
            self.text.push((format!("info '{name}'"), text.clone()));
        }
        self.json["info"] = json!(strings);
    }

    fn print(&self, output: &mut Output) -> Result<(), Failure> {
        if output.is_json() {
            return output.json(&self.json);
        }
        let names = self.text.iter().map(|(name, _)| visible(name));
        let names: Vec<_> = names.collect();
        let widest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        for (name, (_, text)) in names.iter().zip(&self.text) {
            let padding = " ".repeat(widest - width(name));
            let mut start = format!("{name}{padding}  ");
            for line in text.split('\n') {
                output.line(format!("{start}{line}").trim_end())?;
                // where the lines of one text go on
                start = " ".repeat(widest + 2);
            }
        }
        Ok(())
    }
}

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

fn names_json(labels: &Labels) -> Value {
    labels.names().iter().map(Value::from).collect()
}

/// What is known of blocks without reading their values, nor labels but those of the first one.
fn blocks(facts: &mut Facts, blocks: &Blocks) -> Result<(), Failure> {
    let keys = blocks.keys();
    let all: Vec<usize> = (0..keys.count()).collect();
    let pieces = blocks.fold_outlines(&all, |sum: &mut Summary, _, outline| sum.add(outline))?;
    let mut all = Summary::default();
    pieces.into_iter().for_each(|piece| all.merge(piece));
    if facts.json["kind"] != "tensor block" {
        facts.add("blocks", keys.count().to_string(), json!(keys.count()));
        facts.add("keys", names(keys), names_json(keys));
    }
    let mut types: Vec<String> = all.types.iter().map(DType::to_string).collect();
    types.sort_unstable();
    facts.add("data type", types.join(", "), json!(types));
    facts.add("samples", all.samples.to_string(), json!(all.samples));
    if let Some(first) = &all.first {
        dimensions(facts, blocks, first)?;
    }
    gradients(facts, &all.gradients);
    facts.add("values", bytes(all.value_bytes), json!(all.value_bytes));
    let of_gradients = all.gradient_bytes;
    facts.add("gradient values", bytes(of_gradients), json!(of_gradients));
    facts.members(blocks.member_counts());
    arrays(facts, &all.arrays);
    Ok(())
}

/// What is told of several blocks.
#[derive(Debug, Default)]
struct Summary {
    first: Option<Outline>,
    types: HashSet<DType>,
    samples: u64,
    /// By path, how many blocks have a gradient, and how many rows these have in all.
    gradients: BTreeMap<String, (usize, u64)>,
    value_bytes: u64,
    gradient_bytes: u64,
    arrays: Arrays,
}

impl Summary {
    fn add(&mut self, outline: Outline) {
        self.types.insert(outline.dtype);
        // headers may claim any number of rows without values, and any number of bytes that are not there
        self.samples = self.samples.saturating_add(outline.shape[0] as u64);
        outline.each_gradient(&mut |path, gradient| {
            self.add_gradient(path, 1, gradient.shape[0] as u64);
        });
        self.value_bytes = self.value_bytes.saturating_add(outline.value_bytes());
        self.gradient_bytes = self.gradient_bytes.saturating_add(outline.gradient_bytes());
        self.arrays.add(&outline);
        self.first.get_or_insert(outline);
    }

    fn add_gradient(&mut self, path: &str, blocks: usize, rows: u64) {
        let all = match self.gradients.get_mut(path) {
            Some(known) => known,
            None => self.gradients.entry(path.to_owned()).or_default(),
        };
        all.0 += blocks;
        all.1 = all.1.saturating_add(rows);
    }

    /// Adds the blocks of a piece that comes after this one.
    fn merge(&mut self, next: Summary) {
        self.first = self.first.take().or(next.first);
        self.types.extend(next.types);
        self.samples = self.samples.saturating_add(next.samples);
        for (path, (blocks, rows)) in next.gradients {
            self.add_gradient(&path, blocks, rows);
        }
        self.value_bytes = self.value_bytes.saturating_add(next.value_bytes);
        self.gradient_bytes = self.gradient_bytes.saturating_add(next.gradient_bytes);
        self.arrays.merge(next.arrays);
    }
}

/// What tells whether programs can map the file, and need no memory for its arrays.
fn arrays(facts: &mut Facts, arrays: &Arrays) {
    let alignment = match arrays.alignment() {
        Some(1) => "none".to_owned(),
        Some(alignment) => format!("{alignment} bytes"),
        None => "-".to_owned(),
    };
    facts.add("alignment", alignment, json!(arrays.alignment()));
    let orders: Vec<&str> = arrays.byte_orders.iter().copied().collect();
    let text = match &*orders {
        [] => "-".to_owned(),
        orders => orders.join(", "),
    };
    facts.add("byte order", text, json!(orders));
    let of = commands::plural(arrays.count, "array");
    let json = json!({"arrays": arrays.mappable, "of": arrays.count});
    facts.add(
        "can be mapped",
        format!("{} of {of}", arrays.mappable),
        json,
    );
}

/// Names of dimensions, which all blocks of a map have.
fn dimensions(facts: &mut Facts, blocks: &Blocks, first: &Outline) -> Result<(), Failure> {
    let (samples, components, properties) = blocks.labels(0)?;
    facts.add("sample names", names(&samples), names_json(&samples));
    if first.shape.len() > 2 {
        let text: Vec<String> = components.iter().map(names).collect();
        let json: Value = components.iter().map(names_json).collect();
        facts.add("component names", text.join(", "), json);
    }
    facts.add(
        "property names",
        names(&properties),
        names_json(&properties),
    );
    Ok(())
}

/// For each gradient, how many blocks have it, and how many rows.
fn gradients(facts: &mut Facts, all: &BTreeMap<String, (usize, u64)>) {
    let mut json = serde_json::Map::new();
    for (path, (blocks, rows)) in all {
        let of = commands::plural(*blocks, "block");
        facts
            .text
            .push((format!("gradient '{path}'"), format!("{rows} rows in {of}")));
        json.insert(path.clone(), json!({"blocks": blocks, "rows": rows}));
    }
    facts.json["gradients"] = Value::Object(json);
}
