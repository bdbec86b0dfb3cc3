//! A map as JSON, with a line for each row.

use std::io::Write;

use metatensor_core::{Labels, TensorBlock};
use serde_json::{Value, json};

use super::Parts;
use crate::commands::entry;
use crate::elements::json_texts;
use crate::output::Failure;

pub(super) fn labels(labels: &Labels, writer: &mut dyn Write) -> Result<(), Failure> {
    Ok(writeln!(writer, "{}", labels_json(labels))?)
}

/// Blocks one after the other, as they are read.
pub(super) fn map(parts: &Parts<'_>, writer: &mut dyn Write) -> Result<(), Failure> {
    let keys = parts.blocks.keys();
    let names: Vec<&str> = keys.names().iter().collect();
    let info = json!(parts.blocks.info()?);
    write!(
        writer,
        "{{\"key_names\": {}, \"info\": {info}, \"blocks\": [",
        json!(names)
    )?;
    for (i, &number) in parts.numbers.iter().enumerate() {
        let separator = if i > 0 { "," } else { "" };
        write!(writer, "{separator}\n{{\"key\": {}, ", entry(keys, number))?;
        if let Some(path) = &parts.options.gradient {
            write!(writer, "\"gradient\": {}, ", json!(path))?;
        }
        let block = parts.load(number)?;
        let properties = labels_json(block.properties());
        write!(writer, "\"properties\": {properties}, ")?;
        array(&block, writer)?;
    }
    Ok(writeln!(writer, "]}}")?)
}

/// The rest of an object, after its properties, which gradients have from the values.
fn array(block: &TensorBlock, writer: &mut dyn Write) -> Result<(), Failure> {
    let components: Vec<Value> = block.components().iter().map(labels_json).collect();
    write!(
        writer,
        "\"dtype\": \"{}\", \"shape\": {}, \"samples\": {}, \"components\": {}, \"values\": [",
        block.dtype(),
        json!(block.shape()),
        labels_json(block.samples()),
        Value::from(components)
    )?;
    let shape = block.shape();
    for row in 0..shape[0] {
        let separator = if row > 0 { "," } else { "" };
        let values = json_texts(block, row)?;
        write!(writer, "{separator}\n{}", nested(&values, &shape[1..]))?;
    }
    write!(writer, "], \"gradients\": {{")?;
    for (i, (parameter, gradient)) in block.gradients().enumerate() {
        let separator = if i > 0 { ", " } else { "" };
        write!(writer, "{separator}{}: {{", json!(parameter))?;
        array(gradient, writer)?;
    }
    Ok(write!(writer, "}}}}")?)
}

/// `[[1, 2], [3, 4]]`, for the values of an array of this shape.
fn nested(values: &[String], shape: &[usize]) -> String {
    let parts: Vec<String> = match shape {
        [] | [_] => return format!("[{}]", values.join(", ")),
        [count, rest @ ..] => {
            let size = rest.iter().product();
            (0..*count)
                .map(|i| nested(&values[i * size..][..size], rest))
                .collect()
        }
    };
    format!("[{}]", parts.join(", "))
}

fn labels_json(labels: &Labels) -> Value {
    json!({
        "names": labels.names().iter().collect::<Vec<_>>(),
        "values": labels.iter().collect::<Vec<_>>(),
    })
}
