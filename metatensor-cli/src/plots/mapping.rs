//! Which rows of a gradient belong to which samples: both beside each other, with lines between them.

use metatensor_core::{Labels, Result, TensorBlock};

use super::cells::Cells;
use super::page::{Page, captions, card};
use super::{NAME, SMALL, Selected, array_name, shape};
use crate::commands::{describe, joined, names, plural};
use crate::elements::numbers_of_row;
use crate::picture::{Anchor, Family, Ink, LINE, Picture, Style, shortened, text_width};

/// Blocks, rows of a gradient, and gradients of one block that are drawn.
const MOST_CARDS: usize = 4;
const MOST_ROWS: usize = 20;
const MOST_GRADIENTS: usize = 4;
const ROW: f32 = 15.0;
/// How wide all columns are together, and one of them, at most.
const COLUMNS: f32 = 156.0;
const LARGEST_CELL: f32 = 13.0;
/// How much place there is for curves.
const CURVES: f32 = 64.0;
const ENTRY: Style = Style::new(10.5, Ink::Text);

pub(crate) fn mapping(selected: &Selected<'_>) -> Result<Picture> {
    let keys = selected.blocks.keys();
    let selected = selected.with_gradients();
    let shown = selected.largest(MOST_CARDS);
    let mut page = Page::new(&format!(
        "Samples and the rows of gradients that belong to them: {}",
        selected.count_of(shown.len())
    ));
    page.note(
        "A row for each sample, a column for each component and property. The stronger the color, the larger the absolute \
         value; zeros are nearly empty, what is not finite is grey.",
    );
    let mut cards = Vec::new();
    for &(number, _) in shown {
        let block = selected.blocks.mapped(number)?;
        let key = describe(keys, number);
        add_cards(&mut cards, &key, &block, "", &mut MOST_GRADIENTS.clone())?;
    }
    page.cards(cards);
    Ok(page.finish())
}

/// A card for each gradient of a block, and for theirs, until there are enough.
fn add_cards(
    cards: &mut Vec<Picture>,
    key: &str,
    block: &TensorBlock,
    path: &str,
    left: &mut usize,
) -> Result<()> {
    for (parameter, gradient) in block.gradients() {
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        let inner = joined(path, parameter);
        cards.push(card(key, mapping_of_gradient(block, path, &inner)?));
        add_cards(cards, key, gradient, &inner, left)?;
    }
    Ok(())
}

/// Rows of a block, which is the gradient at the end of `path`, and those of its gradient at the end of `gradient_path`.
pub(crate) fn mapping_of_gradient(
    block: &TensorBlock,
    path: &str,
    gradient_path: &str,
) -> Result<Picture> {
    let parameter = gradient_path.rsplit('/').next().unwrap_or(gradient_path);
    let gradient = block.gradient(parameter)?;
    let parents = block.gradient_map(parameter)?.parents();
    let (samples, rows) = shown_rows(block.samples().count(), parents);

    // A sample is beside the middle of its rows, and below the sample before it.
    let mut sample_y = Vec::new();
    let mut floor = 0.0;
    for sample in 0..samples {
        let own = rows
            .iter()
            .enumerate()
            .filter(|(_, row)| parents[**row] as usize == sample);
        let own: Vec<f32> = own.map(|(position, _)| position as f32 * ROW).collect();
        let middle = own.iter().sum::<f32>() / own.len().max(1) as f32;
        let y = middle.max(floor);
        floor = y + ROW;
        sample_y.push(y);
    }
    let row_y: Vec<f32> = (0..rows.len())
        .map(|position| position as f32 * ROW)
        .collect();

    let sample_list: Vec<usize> = (0..samples).collect();
    let mut picture = Picture::new("");
    let top = 2.0 * SMALL.size * LINE + 4.0;

    let labels = Entries::of(block.samples(), &sample_list);
    let values = Rows::of(block, &sample_list, Family::of_path(path))?;
    let gradients = Rows::of(gradient, &rows, Family::of_path(gradient_path))?;
    let x = labels
        .width
        .max(text_width(&names(block.samples()), SMALL.size).min(150.0))
        + 6.0;
    labels.draw(&mut picture, x - 6.0, Anchor::End, top, &sample_y);
    heading(&mut picture, [x - 6.0, top], block.samples(), Anchor::End);
    let from = values.draw(&mut picture, [x, top], &sample_y, path);
    let left =
        from.max(x + text_width(&array_name(path), SMALL.size).min(NAME) - CURVES + 10.0) + CURVES;
    for (position, &row) in rows.iter().enumerate() {
        let start = top + sample_y[parents[row] as usize] + ROW / 2.0;
        let end = top + row_y[position] + ROW / 2.0;
        picture.curve([from + 3.0, start], [left - 3.0, end], Ink::Muted);
    }
    let right = gradients.draw(&mut picture, [left, top], &row_y, gradient_path);
    let entries = Entries::of(gradient.samples(), &rows);
    // The heading of the cells may be wider than they are.
    let name = text_width(
        &shortened(&array_name(gradient_path), SMALL.size, NAME),
        SMALL.size,
    );
    entries.draw(&mut picture, right + 6.0, Anchor::Start, top, &row_y);
    let beside = if name > right - left {
        left + name + 10.0
    } else {
        right + 6.0
    };
    heading(
        &mut picture,
        [beside.min(right + 6.0), top],
        gradient.samples(),
        Anchor::Start,
    );

    let mut notes = vec![(
        format!("{} and {}", shape(&block.shape()), shape(&gradient.shape())),
        SMALL,
    )];
    let hidden = (
        block.samples().count() - samples,
        parents.len() - rows.len(),
    );
    if hidden != (0, 0) {
        let note = format!(
            "left out: {}, {}",
            plural(hidden.0, "sample"),
            plural(hidden.1, "gradient row")
        );
        notes.push((note, SMALL));
    }
    captions(&mut picture, &notes);
    Ok(picture)
}

/// How many samples are drawn, the first ones, and which rows of the gradient, all of them theirs.
fn shown_rows(samples: usize, parents: &[u32]) -> (usize, Vec<usize>) {
    let most = samples.min(MOST_ROWS);
    let mut counts = vec![0; most];
    for &parent in parents {
        if let Some(count) = counts.get_mut(parent as usize) {
            *count += 1;
        }
    }
    let mut sum = 0;
    let fitting = counts.iter().take_while(|&&count| {
        sum += count;
        sum <= MOST_ROWS
    });
    // One sample may have more rows than there is place for.
    let shown = fitting.count().max(1).min(most);
    let rows = parents.iter().enumerate();
    let rows = rows.filter(|(_, parent)| (**parent as usize) < shown);
    (shown, rows.map(|(row, _)| row).take(MOST_ROWS).collect())
}

/// Names of what is in the columns of labels, above them.
fn heading(picture: &mut Picture, at: [f32; 2], labels: &Labels, anchor: Anchor) {
    let names = shortened(&names(labels), SMALL.size, 150.0);
    picture.text([at[0], at[1] - 6.0], names, SMALL.anchored(anchor));
}

/// Labels of rows.
struct Entries {
    text: Vec<String>,
    width: f32,
}

impl Entries {
    fn of(labels: &Labels, rows: &[usize]) -> Entries {
        let text = rows.iter().map(|&row| {
            let entries = labels.rows().row(row).iter().map(i32::to_string);
            shortened(&entries.collect::<Vec<_>>().join(", "), ENTRY.size, 150.0)
        });
        let text: Vec<String> = text.collect();
        let widths = text.iter().map(|text| text_width(text, ENTRY.size));
        Entries {
            width: widths.fold(0.0, f32::max),
            text,
        }
    }

    fn draw(self, picture: &mut Picture, x: f32, anchor: Anchor, top: f32, rows: &[f32]) {
        for (text, y) in self.text.into_iter().zip(rows) {
            picture.text([x, top + y + 0.75 * ROW], text, ENTRY.anchored(anchor));
        }
    }
}

/// Values of some rows, as parts of the largest one that is shown.
struct Rows {
    parts: Vec<Vec<f64>>,
    family: Family,
    /// Columns with the same components.
    group: usize,
}

impl Rows {
    fn of(block: &TensorBlock, rows: &[usize], family: Family) -> Result<Rows> {
        let most = COLUMNS as usize;
        let mut parts: Vec<Vec<f64>> = Vec::new();
        let mut columns = 0;
        for &row in rows {
            let values = numbers_of_row(block, row)?;
            columns = values.len();
            let bins = columns.min(most);
            let bin = |i: usize| &values[i * columns / bins..(i + 1) * columns / bins];
            let sizes = (0..bins).map(|i| {
                // The largest one, or NaN if one is not finite.
                let sizes = bin(i).iter().map(|value| value.norm());
                sizes.fold(0.0, |a: f64, b| {
                    if a.is_finite() && b.is_finite() {
                        a.max(b)
                    } else {
                        f64::NAN
                    }
                })
            });
            parts.push(sizes.collect());
        }
        let all = parts.iter().flatten();
        let largest = all.fold(0.0, |a: f64, &b| a.max(b));
        for part in parts.iter_mut().flatten() {
            *part = if largest > 0.0 {
                *part / largest
            } else {
                *part
            };
        }
        let group = match columns <= most {
            true => block.properties().count(),
            false => most,
        };
        Ok(Rows {
            parts,
            family,
            group: group.max(1),
        })
    }

    /// Draws them, with a title, and returns where they end.
    fn draw(self, picture: &mut Picture, at: [f32; 2], rows: &[f32], path: &str) -> f32 {
        let columns = self.parts.first().map_or(0, Vec::len);
        let groups = columns.div_ceil(self.group).max(1);
        let width = (COLUMNS / columns.max(1) as f32).min(LARGEST_CELL);
        let gap = if width >= 4.0 { 4.0 } else { 0.0 };
        let mut cells = Cells::new(self.family);
        for (parts, y) in self.parts.iter().zip(rows) {
            for (column, &part) in parts.iter().enumerate() {
                let x = at[0] + column as f32 * width + (column / self.group) as f32 * gap;
                let space = if width >= 4.0 { 1.0 } else { 0.0 };
                cells.push([x, at[1] + y + 1.0, width - space, ROW - 2.0], part);
            }
        }
        cells.draw(picture);
        let right = at[0] + columns as f32 * width + (groups - 1) as f32 * gap;
        let style = Style {
            ink: self.family.edge(),
            ..SMALL
        };
        let name = shortened(&array_name(path), SMALL.size, NAME);
        picture.text([at[0], at[1] - 6.0 - SMALL.size * LINE], name, style);
        right
    }
}
