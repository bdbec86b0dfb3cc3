//! Where a gradient has rows: samples against what it is a gradient with respect to.

use metatensor_core::{Labels, Result, TensorBlock};

use super::cells::Cells;
use super::page::{Page, captions, card};
use super::{NAME, SMALL, Selected, array_name};
use crate::commands::{describe, names, plural};
use crate::picture::{Anchor, Family, Ink, LINE, Picture, Style, shortened, text_width};

const MOST_CARDS: usize = 12;
const MOST_GRADIENTS: usize = 3;
/// Cells of a picture in one direction. More rows share one.
const MOST_CELLS: usize = 60;
const SIZE: f32 = 168.0;
const LARGEST_CELL: f32 = 13.0;

pub(crate) fn sparsity(selected: &Selected<'_>) -> Result<Picture> {
    let selected = selected.with_gradients();
    let shown = selected.largest(MOST_CARDS);
    let mut page = Page::new(&format!(
        "Where gradients have rows: {}",
        selected.count_of(shown.len())
    ));
    page.note("A row of cells for each sample, a column for each of what the gradient is with respect to. Where there are too many, they share cells, which are the stronger, the more rows they have.");
    let keys = selected.blocks.keys();
    let mut cards = Vec::new();
    for &(number, _) in shown {
        let block = selected.blocks.mapped(number)?;
        for (parameter, gradient) in block.gradients().take(MOST_GRADIENTS) {
            let content = sparsity_of_gradient(&block, parameter, gradient);
            cards.push(card(&describe(keys, number), content));
        }
    }
    page.cards(cards);
    Ok(page.finish())
}

/// Rows of one gradient.
pub(crate) fn sparsity_of_gradient(
    block: &TensorBlock,
    parameter: &str,
    gradient: &TensorBlock,
) -> Picture {
    let pattern = Pattern::of(block.samples().count(), gradient.samples());
    let family = Family::Gradient;
    let style = Style {
        ink: family.edge(),
        ..SMALL
    };
    let mut picture = Picture::new("");
    let name = shortened(&array_name(parameter), SMALL.size, NAME);
    picture.text([0.0, SMALL.size], name, style);

    // Labels of the first and the last sample are at the left, those of columns above.
    let rows = [first_label(block.samples(), 0), last_label(block.samples())];
    let left = rows
        .iter()
        .map(|text| text_width(text, SMALL.size))
        .fold(0.0, f32::max)
        + 6.0;
    let top = 2.0 * SMALL.size * LINE + 6.0;
    let cell = |count: usize| (SIZE / count.clamp(1, MOST_CELLS) as f32).min(LARGEST_CELL);
    let (width, height) = (cell(pattern.columns), cell(pattern.rows));
    let (shown_rows, shown_columns) = (
        pattern.rows.min(MOST_CELLS),
        pattern.columns.min(MOST_CELLS),
    );
    let space = if width.min(height) >= 4.0 { 1.0 } else { 0.0 };
    let mut cells = Cells::new(family);
    for row in 0..shown_rows {
        for column in 0..shown_columns {
            let [x, y] = [left + column as f32 * width, top + row as f32 * height];
            let part = pattern.parts[row * shown_columns + column];
            cells.push([x, y, width - space, height - space], part);
        }
    }
    cells.draw(&mut picture);
    let size = [shown_columns as f32 * width, shown_rows as f32 * height];
    picture.rectangle(
        [left - 1.5, top - 1.5],
        [size[0] + 2.0, size[1] + 2.0],
        None,
        Some(Ink::Faint),
    );
    let row_style = SMALL.anchored(Anchor::End);
    if shown_rows > 0 {
        picture.text([left - 5.0, top + 9.0], rows[0].clone(), row_style);
    }
    if size[1] >= 24.0 {
        picture.text([left - 5.0, top + size[1]], rows[1].clone(), row_style);
    }
    let ends = pattern
        .ends
        .clone()
        .map(|end| shortened(&end, SMALL.size, 90.0));
    picture.text([left, top - 5.0], ends[0].clone(), SMALL);
    let both = text_width(&ends[0], SMALL.size) + text_width(&ends[1], SMALL.size) + 12.0;
    if size[0] >= both {
        picture.text(
            [left + size[0], top - 5.0],
            ends[1].clone(),
            SMALL.anchored(Anchor::End),
        );
    }
    let notes = [
        format!("down: samples ({})", names(block.samples())),
        format!("right: {}", pattern.names),
        pattern.summary(gradient.samples().count()),
    ];
    let notes: Vec<(String, Style)> = notes
        .into_iter()
        .map(|note| (shortened(&note, SMALL.size, 240.0), SMALL))
        .collect();
    captions(&mut picture, &notes);
    picture
}

fn first_label(labels: &Labels, row: usize) -> String {
    if row >= labels.count() {
        return String::new();
    }
    let entries = labels.rows().row(row).iter().map(i32::to_string);
    shortened(&entries.collect::<Vec<_>>().join(", "), SMALL.size, 80.0)
}

fn last_label(labels: &Labels) -> String {
    first_label(labels, labels.count().saturating_sub(1))
}

/// For some samples and some columns together, how many of their places have rows.
struct Pattern {
    rows: usize,
    columns: usize,
    /// Row after row, from 0 to 1.
    parts: Vec<f64>,
    /// What columns are, and the first and the last one.
    names: String,
    ends: [String; 2],
}

impl Pattern {
    fn of(rows: usize, gradient: &Labels) -> Pattern {
        let dimensions: Vec<&str> = gradient.names().iter().skip(1).collect();
        let table = gradient.rows();
        // What is after the sample, each once, sorted.
        let mut columns: Vec<&[i32]> = (0..gradient.count())
            .map(|row| &table.row(row)[1..])
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let (shown_rows, shown_columns) = (rows.min(MOST_CELLS), columns.len().min(MOST_CELLS));
        let mut counts = vec![0_usize; shown_rows * shown_columns];
        for row in 0..gradient.count() {
            let row = table.row(row);
            let Ok(column) = columns.binary_search(&&row[1..]) else {
                continue;
            };
            let sample = row[0] as usize * shown_rows / rows;
            counts[sample * shown_columns + column * shown_columns / columns.len()] += 1;
        }
        let places = |cell: usize, shown: usize, all: usize| {
            // The numbers i with i * shown / all == cell.
            let start = (cell * all).div_ceil(shown);
            ((cell + 1) * all).div_ceil(shown) - start
        };
        let parts = counts.iter().enumerate().map(|(cell, &count)| {
            let (row, column) = (cell / shown_columns, cell % shown_columns);
            let all = places(row, shown_rows, rows) * places(column, shown_columns, columns.len());
            count as f64 / all as f64
        });
        let label = |column: Option<&&[i32]>| {
            let entries = column.map_or(&[][..], |column| *column).iter();
            entries.map(i32::to_string).collect::<Vec<_>>().join(", ")
        };
        Pattern {
            rows,
            columns: columns.len(),
            parts: parts.collect(),
            names: match dimensions.is_empty() {
                true => "nothing but the sample".to_owned(),
                false => dimensions.join(", "),
            },
            ends: [label(columns.first()), label(columns.last())],
        }
    }

    fn summary(&self, rows: usize) -> String {
        let places = self.rows as f64 * self.columns as f64;
        let percent = match places > 0.0 {
            true => format!(" ({:.1}%)", 100.0 * rows as f64 / places),
            false => String::new(),
        };
        format!(
            "{} in {} × {} places{percent}",
            plural(rows, "row"),
            self.rows,
            self.columns
        )
    }
}
