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
    let mut table = Table::new(["block", "type", "shape", "gradients"]);
    let mut list = Vec::new();
    let selected = selected(options.keys.as_ref(), keys, "keys")?;
    let outlines = blocks.outlines(&selected)?;
    for (block, outline) in selected.into_iter().zip(outlines) {
        if output.is_json() {
            let mut json = outline_json(&outline);
            json["block"] = json!(block);
            json["key"] = entry(keys, block);
            list.push(json);
            continue;
        }
        let gradients: Vec<String> = outline
            .all_gradients()
            .into_iter()
            .map(|(path, gradient)| format!("{path} {}", shape(gradient)))
            .collect();
        table.row(vec![
            super::describe(keys, block),
            outline.dtype.to_string(),
            shape(&outline),
            gradients.join(", "),
        ]);
    }
    if output.is_json() {
        output.json(&Value::from(list))?;
    } else {
        table.print(output)?;
    }
    Ok(Outcome::Good)
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
