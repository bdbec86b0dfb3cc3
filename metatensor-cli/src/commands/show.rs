//! `mts show`: values beside their labels.

use metatensor_core::{Labels, TensorBlock};
use serde_json::{Value, json};

use super::{axes, columns, describe, entries, entry, part, plural};
use crate::Outcome;
use crate::arguments::ShowOptions;
use crate::elements::{json_values, printed};
use crate::input::{Blocks, Input, open_part};
use crate::output::{Failure, Output, Table};
use crate::selection::selected;

pub(crate) fn run(options: &ShowOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let blocks = match open_part(&options.input)?.input {
        Input::Labels(labels) => return labels_only(&labels, options, output),
        input => Blocks::of(input, &options.input.file)?,
    };
    let keys = blocks.keys();
    let mut list = Vec::new();
    for (i, block) in selected(options.block.as_ref(), keys, "keys")?
        .into_iter()
        .enumerate()
    {
        let key = describe(keys, block);
        let values = blocks.in_part(block)?;
        let shown = part(&values, options.gradient.as_deref())
            .map_err(|error| error.context(format!("block ({key})")))?;
        let rows = selected(options.samples.as_ref(), shown.samples(), "samples")?;
        if output.is_json() {
            let mut json = block_json(shown, &rows, options.head)?;
            json["key"] = entry(keys, block);
            list.push(json);
            continue;
        }
        if i > 0 {
            output.line("")?;
        }
        let what = options
            .gradient
            .as_ref()
            .map(|path| format!(", gradient '{path}'"));
        output.line(format_args!("block ({key}){}", what.unwrap_or_default()))?;
        table(shown, &rows, options.head, output)?;
    }
    if output.is_json() {
        output.json(&Value::from(list))?;
    }
    Ok(Outcome::Good)
}

/// What is above each column: components, then properties.
fn headings(block: &TensorBlock) -> Vec<String> {
    let axes = axes(block);
    let headings = columns(&axes).into_iter().map(|column| {
        let parts = axes.iter().zip(column);
        let parts: Vec<String> = parts
            .map(|(labels, row)| entries(labels, row).collect::<Vec<_>>().join(","))
            .collect();
        parts.join("|")
    });
    headings.collect()
}

/// Names of what the columns are labelled with, in the same form.
fn column_names(block: &TensorBlock) -> String {
    let axes = axes(block).into_iter();
    let axes: Vec<String> = axes
        .map(|labels| labels.names().iter().collect::<Vec<_>>().join(","))
        .collect();
    axes.join("|")
}

fn table(
    block: &TensorBlock,
    rows: &[usize],
    head: usize,
    output: &mut Output,
) -> Result<(), Failure> {
    output.line(format_args!("columns: {}", column_names(block)))?;
    let samples = block.samples();
    let headings = headings(block);
    let names: Vec<&str> = samples.names().iter().collect();
    let header = [names.join(" ")];
    let header = header.iter().chain(&headings).map(String::as_str);
    let mut table = Table::new(header);
    for &row in rows.iter().take(head) {
        let label: Vec<String> = samples.rows().row(row).iter().map(i32::to_string).collect();
        let mut cells = vec![label.join(" ")];
        cells.extend(printed(block, row)?.into_iter().map(|value| value.text));
        table.row(cells);
    }
    table.print(output)?;
    left_out(rows.len(), head, output)
}

fn left_out(rows: usize, head: usize, output: &mut Output) -> Result<(), Failure> {
    match rows.saturating_sub(head) {
        0 => Ok(()),
        more => output.line(format_args!("... and {}", plural(more, "row"))),
    }
}

fn block_json(block: &TensorBlock, rows: &[usize], head: usize) -> metatensor_core::Result<Value> {
    let shown = rows.iter().take(head).map(|&row| {
        Ok(json!({
            "sample": entry(block.samples(), row),
            "values": json_values(block, row)?,
        }))
    });
    let shown = shown.collect::<metatensor_core::Result<Vec<_>>>()?;
    let axes = |labels: &Labels| -> Value {
        json!({
            "names": labels.names().iter().collect::<Vec<_>>(),
            "values": labels.iter().collect::<Vec<_>>(),
        })
    };
    Ok(json!({
        "dtype": block.dtype().to_string(),
        "components": block.components().iter().map(axes).collect::<Vec<_>>(),
        "properties": axes(block.properties()),
        "rows": shown,
        "rows_left_out": rows.len().saturating_sub(head),
    }))
}

fn labels_only(
    labels: &Labels,
    options: &ShowOptions,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    if options.gradient.is_some() || options.block.is_some() {
        return Err(Failure::Error(
            "labels have no blocks and no gradients".into(),
        ));
    }
    let rows = selected(options.samples.as_ref(), labels, "labels")?;
    let shown = rows.iter().take(options.head);
    if output.is_json() {
        let values: Vec<&[i32]> = shown.map(|&row| labels.rows().row(row)).collect();
        output.json(&json!({
            "names": labels.names().iter().collect::<Vec<_>>(),
            "values": values,
            "rows_left_out": rows.len().saturating_sub(options.head),
        }))?;
        return Ok(Outcome::Good);
    }
    let mut table = Table::new(labels.names().iter());
    for &row in shown {
        let row = labels.rows().row(row);
        table.row(row.iter().map(i32::to_string).collect());
    }
    table.print(output)?;
    left_out(rows.len(), options.head, output)?;
    Ok(Outcome::Good)
}
