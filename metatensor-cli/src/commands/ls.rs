//! `mts ls`: one line for each block, or for each name of a collection.

use serde_json::{Value, json};

use super::{entry, shape};
use crate::Outcome;
use crate::arguments::LsOptions;
use crate::input::{Blocks, Input, open_part};
use crate::outline::Outline;
use crate::output::{Failure, Output, Table};
use crate::selection::selected;

pub(crate) fn run(options: &LsOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let blocks = match open_part(&options.input)?.input {
        Input::Collection(collection) => {
            if options.keys.is_some() {
                return Err(Failure::Error(
                    "the maps of a collection have no keys in common".into(),
                ));
            }
            return members(&collection, output);
        }
        input => Blocks::of(input, &options.input.file)?,
    };
    let keys = blocks.keys();
    let selected = selected(options.keys.as_ref(), keys, "keys")?;
    if output.is_json() {
        let list = blocks.map_outlines(&selected, |block, outline| {
            let mut json = outline_json(&outline);
            json["block"] = json!(block);
            json["key"] = entry(keys, block);
            json
        })?;
        output.json(&Value::from(list))?;
    } else {
        let mut table = Table::new(["block", "type", "shape", "gradients"]);
        let rows = blocks.map_outlines(&selected, |block, outline| {
            vec![
                super::describe(keys, block),
                outline.dtype.to_string(),
                shape(&outline),
                gradients(&outline),
            ]
        })?;
        table.rows(rows);
        table.print(output)?;
    }
    Ok(Outcome::Good)
}

/// `positions 10 x 3 x 5, positions/strain 2 x 3 x 3 x 5`.
fn gradients(outline: &Outline) -> String {
    let mut text = String::new();
    outline.each_gradient(&mut |path, gradient| {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(path);
        text.push(' ');
        text.push_str(&shape(gradient));
    });
    text
}

/// Type and shape, and the same of gradients.
fn outline_json(outline: &Outline) -> Value {
    let gradients = outline.gradients.iter();
    let gradients: serde_json::Map<String, Value> = gradients
        .map(|(parameter, gradient)| (parameter.clone(), outline_json(gradient)))
        .collect();
    json!({
        "dtype": outline.dtype.to_string(),
        "shape": outline.shape,
        "gradients": gradients,
    })
}

/// The names of maps in a collection, and their numbers.
fn members(
    collection: &metatensor_core::Collection,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let mut table = Table::new(["name", "maps", "first", "last"]);
    let mut json = Vec::new();
    for name in collection.names() {
        let numbers = collection.numbers(name);
        let text = |number: Option<&i32>| number.map_or("-".to_owned(), i32::to_string);
        table.row(vec![
            name.to_owned(),
            numbers.len().to_string(),
            text(numbers.first()),
            text(numbers.last()),
        ]);
        json.push(json!({"name": name, "numbers": numbers}));
    }
    if output.is_json() {
        output.json(&Value::from(json))?;
    } else {
        table.print(output)?;
    }
    Ok(Outcome::Good)
}
