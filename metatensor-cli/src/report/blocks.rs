//! What a page says of maps and blocks: pictures and a table of all of them, then one after the other.

use std::fmt::Write;

use metatensor_core::{Labels, Result, TensorBlock};

use super::html::{Cell, Escaped, Table, heading, note, pictures};
use super::{DETAILS, TABLES, more, with_what_is_left_out};
use crate::commands::stat::{Statistics, rows_per_sample};
use crate::commands::{axes, describe, joined, names, part, plural, shape};
use crate::elements::first_printed;
use crate::input::Blocks;
use crate::outline::Outline;
use crate::output::{Failure, bytes};
use crate::picture::Picture;
use crate::plots::{
    Selected, array_name, histogram_of_block, mapping_of_gradient, sparsity_of_gradient,
    structure_in_parts, structure_of_block,
};
use crate::progress::{Done, measured};

/// As wide as a phone.
const WIDTH: f32 = 350.0;
/// Dimensions of keys that have a column each. If there are more, they share one.
const MOST_KEY_COLUMNS: usize = 8;
/// Rows and columns of values that are shown of a block, and gradients of one.
const MOST_ROWS: usize = 8;
const MOST_COLUMNS: usize = 12;
const MOST_GRADIENTS: usize = 4;

pub(super) fn sections(blocks: &Blocks) -> std::result::Result<String, Failure> {
    let numbers: Vec<usize> = (0..blocks.keys().count()).collect();
    let selected = Selected::new(blocks, &numbers)?;
    let bytes = selected.bytes();
    // values are read twice: for the blocks one by one, and for the table of all of them
    measured(bytes.saturating_mul(2), |done| {
        let mut html = overview(&selected)?;
        let details = details(blocks, done)?;
        done.reach(bytes);
        let table = table(blocks, details.count, done)?;
        html += &table;
        html += &details.html;
        Ok(html)
    })
}

/// What all blocks look like.
fn overview(selected: &Selected<'_>) -> Result<String> {
    let parts = structure_in_parts(selected, WIDTH)?;
    let mut html = heading(2, "structure", "Blocks to scale");
    let _ = writeln!(html, "<p>{}</p>", Escaped(&parts.title));
    html += &note(&parts.note);
    for section in &parts.sections {
        if let Some((title, text)) = &section.title {
            html += &heading(3, "", title);
            html += &note(text);
        }
        html += &pictures(&section.pictures);
    }
    Ok(html)
}

/// What `mts ls` and `mts stat` say, with a link to the blocks that are shown below.
fn table(blocks: &Blocks, linked: usize, done: &Done) -> std::result::Result<String, Failure> {
    let keys = blocks.keys();
    let names: Vec<&str> = keys.names().iter().collect();
    let has_columns = names.len() <= MOST_KEY_COLUMNS;
    let mut columns = vec![("block", false)];
    match has_columns {
        true => columns.extend(names.iter().map(|name| (*name, false))),
        false => columns.push(("key", true)),
    }
    columns.push(("array", true));
    columns.push(("type", true));
    let others = [
        "shape",
        "size",
        "rows a sample",
        "min",
        "max",
        "mean",
        "norm",
        "zeros",
        "NaN",
    ];
    columns.extend(others.map(|name| (name, false)));
    let mut table = Table::new(columns);
    let mut shown = 0;
    for number in 0..keys.count() {
        if table.len() > TABLES {
            break;
        }
        shown += 1;
        let block = blocks.mapped(number)?;
        let start = || {
            let text = number.to_string();
            let mut cells = vec![match number < linked {
                true => Cell::Link(text, format!("block-{number}")),
                false => Cell::Number(text),
            }];
            let key = keys.rows().row(number).iter();
            match has_columns {
                true => cells.extend(key.map(|value| Cell::Number(value.to_string()))),
                false => cells.push(Cell::Text(describe(keys, number))),
            }
            cells
        };
        add_rows(&mut table, &start, &block, "", None)?;
        done.add(Outline::of_block(&block)?.bytes());
    }
    let mut html = heading(2, "blocks", "Values of all blocks");
    html += &note(
        "A row for the values of each block, and one for each of its gradients. Of complex numbers, these are the absolute \
         values.",
    );
    html += &table.finish();
    if let Some(left_out) = more(keys.count(), shown) {
        let left_out = plural(left_out, "block");
        html += &note(&format!("{left_out} left out, of {}", keys.count()));
    }
    Ok(html)
}

/// A row for an array, and one for each gradient below it, as far as there is place.
fn add_rows(
    table: &mut Table,
    start: &dyn Fn() -> Vec<Cell>,
    block: &TensorBlock,
    path: &str,
    parent: Option<&TensorBlock>,
) -> Result<()> {
    if table.len() > TABLES {
        return Ok(());
    }
    let statistics = Statistics::of(block)?;
    let number = |value: f64| match value.is_nan() {
        true => Cell::Number("-".to_owned()),
        false => Cell::Number(format!("{value:.4e}")),
    };
    let outline = Outline::of_block(block)?;
    let mut cells = start();
    cells.push(Cell::Text(array_name(path)));
    cells.push(Cell::Text(block.dtype().to_string()));
    cells.push(Cell::Sorted(shape(&outline), statistics.count as f64));
    cells.push(Cell::Sorted(
        bytes(outline.value_bytes()),
        outline.value_bytes() as f64,
    ));
    cells.push(match rows_per_sample(block, parent) {
        Some(rows) => Cell::Number(format!("{rows:.1}")),
        None => Cell::Number(String::new()),
    });
    cells.extend(
        [
            statistics.min,
            statistics.max,
            statistics.mean,
            statistics.norm,
        ]
        .map(number),
    );
    cells.push(match statistics.count {
        0 => Cell::Number("-".to_owned()),
        _ => Cell::Number(format!("{:.1}%", 100.0 * statistics.sparsity())),
    });
    cells.push(Cell::Number(statistics.nan.to_string()));
    table.row(cells);
    for (parameter, gradient) in block.gradients() {
        add_rows(
            table,
            start,
            gradient,
            &joined(path, parameter),
            Some(block),
        )?;
    }
    Ok(())
}

/// The first blocks, as many as there is place for.
struct Details {
    count: usize,
    html: String,
}

fn details(blocks: &Blocks, done: &Done) -> std::result::Result<Details, Failure> {
    let all = blocks.keys().count();
    let mut html = heading(2, "details", "Block by block");
    let mut count = 0;
    let start = html.len();
    while count < all {
        let part = block_section(blocks, count, done)?;
        if html.len() - start + part.len() > DETAILS {
            break;
        }
        html += &part;
        count += 1;
    }
    if all == 0 {
        html += &note("There are no blocks.");
    }
    if let Some(left_out) = more(all, count) {
        let left_out = plural(left_out, "block");
        html += &note(&format!("{left_out} left out, of {all}"));
    }
    Ok(Details { count, html })
}

fn block_section(
    blocks: &Blocks,
    number: usize,
    done: &Done,
) -> std::result::Result<String, Failure> {
    let block = blocks.mapped(number)?;
    let outline = Outline::of_block(&block)?;
    let key = describe(blocks.keys(), number);
    let size = format!("{} {}", shape(&outline), outline.dtype);
    let mut html = format!(
        "<details id=\"block-{number}\"><summary>{}<span class=\"note\">{}</span></summary>\n",
        Escaped(&key),
        Escaped(&size)
    );
    html += &pictures(&[structure_of_block(&outline), histogram_of_block(&block)?]);
    html += &lengths(&block);
    html += &heading(3, "", "First values");
    html += &values(&block)?;
    let all = outline.all_gradients();
    for (path, _) in all.iter().take(MOST_GRADIENTS) {
        let parent_path = path.rsplit_once('/').map(|(parent, _)| parent);
        let parent = part(&block, parent_path)?;
        let gradient = part(&block, Some(path))?;
        html += &heading(3, "", &format!("Gradient: {path}"));
        let cards: [Picture; 2] = [
            mapping_of_gradient(parent, parent_path.unwrap_or_default(), path)?,
            sparsity_of_gradient(parent, path, gradient),
        ];
        html += &pictures(&cards);
        html += &values(gradient)?;
    }
    if let Some(left_out) = more(all.len(), MOST_GRADIENTS) {
        html += &note(&format!("{} left out", plural(left_out, "more gradient")));
    }
    html.push_str("</details>\n");
    done.add(outline.bytes());
    Ok(html)
}

/// How many labels each axis has, and what they are called.
fn lengths(block: &TensorBlock) -> String {
    let axis = |what: &str, labels: &Labels| {
        format!(
            "<dt>{what}</dt><dd>{}</dd>\n",
            Escaped(&format!("{} ({})", labels.count(), names(labels)))
        )
    };
    let mut html = "<dl>\n".to_owned();
    html += &axis("samples", block.samples());
    for labels in block.components() {
        html += &axis("components", labels);
    }
    html += &axis("properties", block.properties());
    html.push_str("</dl>\n");
    html
}

/// The first rows and columns, with their labels.
fn values(block: &TensorBlock) -> Result<String> {
    let samples = block.samples();
    let axes = axes(block);
    let columns: usize = axes.iter().map(|axis| axis.count()).product();
    let names = samples.names().iter().map(str::to_owned);
    let headings = (0..columns.min(MOST_COLUMNS)).map(|column| heading_of(&axes, column));
    let headings: Vec<String> = names.chain(headings).collect();
    let mut table = Table::new(headings.iter().map(|name| (name.as_str(), false)));
    for row in 0..samples.count().min(MOST_ROWS) {
        let label = samples.rows().row(row).iter().map(i32::to_string);
        let values = first_printed(block, row, MOST_COLUMNS)?;
        let values = values.into_iter().map(|value| value.text);
        table.row(label.chain(values).map(Cell::Number));
    }
    let mut html = with_what_is_left_out(String::new(), table, samples.count(), "row");
    if let Some(left_out) = more(columns, MOST_COLUMNS) {
        let left_out = plural(left_out, "column");
        html += &note(&format!("{left_out} left out, of {columns}"));
    }
    Ok(html)
}

/// The labels of one column: those of components, then of properties.
fn heading_of(axes: &[&Labels], mut column: usize) -> String {
    let mut parts = Vec::new();
    for labels in axes.iter().rev() {
        parts.push(describe(labels, column % labels.count()));
        column /= labels.count();
    }
    parts.reverse();
    parts.join(", ")
}
