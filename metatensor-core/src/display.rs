//! Text for people: labels, blocks and maps.
//!
//! `{}` leaves out the middle of long tables, `{:.20}` of those with more than 20 rows, `{:#}` and `{:?}` of labels print all of it.

use std::fmt::{self, Write};

use crate::names::Names;
use crate::{Labels, Result, TensorBlock, TensorMap};

/// Rows of labels printed with `{}`. Longer tables lose their middle.
const LABELS_ROWS: usize = 4;

/// Keys of a map printed with `{}`: larger maps lose the middle of theirs.
const MAP_KEYS: usize = 30;

/// Spaces between two columns.
const SEPARATOR: &str = "  ";

/// Writes the table of `labels` with its names as a header, each line but the first after `indent`
/// spaces, and no more than `max_rows` rows.
fn write_table(
    f: &mut fmt::Formatter<'_>,
    labels: &Labels,
    indent: usize,
    max_rows: usize,
) -> fmt::Result {
    let rows = labels.rows();
    let count = rows.count();
    // The first and last rows to show.
    let (start, end) = if count <= max_rows {
        (count, count)
    } else {
        (max_rows.div_ceil(2), count - max_rows / 2)
    };
    let shown = (0..start).chain(end..count);

    let mut widths: Vec<_> = labels.names().iter().map(str::len).collect();
    for row in shown.clone() {
        for (width, value) in widths.iter_mut().zip(rows.row(row)) {
            *width = (*width).max(value.to_string().len());
        }
    }

    let mut line = String::new();
    for (name, &width) in labels.names().iter().zip(&widths) {
        write_centered(&mut line, name, width)?;
    }
    f.write_str(line.trim_end())?;

    let dots =
        |f: &mut fmt::Formatter<'_>| write!(f, "\n{:1$}...", "", indent + dots_column(&widths));
    for row in shown {
        if row == end {
            dots(f)?;
        }
        line.clear();
        for (value, &width) in rows.row(row).iter().zip(&widths) {
            write_centered(&mut line, &value.to_string(), width)?;
        }
        write!(f, "\n{:1$}{2}", "", indent, line.trim_end())?;
    }
    if start < count && end == count {
        dots(f)?;
    }
    Ok(())
}

/// Appends `text` in the middle of `width` characters, after a separator if it is not the first.
fn write_centered(line: &mut String, text: &str, width: usize) -> fmt::Result {
    if !line.is_empty() {
        line.push_str(SEPARATOR);
    }
    let missing = width - text.len();
    let left = missing / 2;
    write!(
        line,
        "{:left$}{text}{:right$}",
        "",
        "",
        right = missing - left
    )
}

/// Where the dots that stand for rows start: around the middle of wide tables, and on the right of
/// narrow ones, where they would look like a value.
fn dots_column(widths: &[usize]) -> usize {
    let width = widths.iter().sum::<usize>() + SEPARATOR.len() * widths.len().saturating_sub(1);
    if width < 6 {
        width / 2 + 1
    } else {
        width / 2 - 2
    }
}

/// How many rows of a table are printed, if it is not said how many.
fn max_rows(f: &fmt::Formatter<'_>, default: usize) -> usize {
    if f.alternate() {
        return usize::MAX;
    }
    f.precision().unwrap_or(default)
}

fn write_labels(f: &mut fmt::Formatter<'_>, labels: &Labels, max_rows: usize) -> fmt::Result {
    f.write_str("Labels(\n    ")?;
    write_table(f, labels, 4, max_rows)?;
    f.write_str("\n)")
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(f, self, max_rows(f, LABELS_ROWS))
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_labels(f, self, usize::MAX)
    }
}

impl fmt::Display for TensorBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TensorBlock")?;
        write_block(f, self)
    }
}

impl TensorBlock {
    /// The gradient found by following `path`, parameters separated by `/`, as text that says it is
    /// a gradient.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// println!("{}", block.display_gradient("t")?);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn display_gradient<'a>(&'a self, path: &'a str) -> Result<impl fmt::Display + 'a> {
        let mut block = self;
        for parameter in path.split('/') {
            block = block.gradient(parameter)?;
        }
        Ok(GradientDisplay { path, block })
    }
}

/// A gradient block, printed as such.
struct GradientDisplay<'a> {
    /// Parameters from the values down to this gradient, separated by `/`.
    path: &'a str,
    block: &'a TensorBlock,
}

impl fmt::Display for GradientDisplay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gradient TensorBlock ('{}')", self.path)?;
        write_block(f, self.block)
    }
}

fn write_block(f: &mut fmt::Formatter<'_>, block: &TensorBlock) -> fmt::Result {
    let samples = block.samples();
    write!(
        f,
        "\n    samples ({}): {}",
        samples.count(),
        samples.names()
    )?;
    let (mut counts, mut names) = (String::new(), Vec::new());
    for component in block.components() {
        let separator = if counts.is_empty() { "" } else { ", " };
        write!(counts, "{separator}{}", component.count())?;
        names.extend(component.names().iter().map(|name| format!("'{name}'")));
    }
    write!(f, "\n    components ({counts}): [{}]", names.join(", "))?;
    let properties = block.properties();
    write!(
        f,
        "\n    properties ({}): {}",
        properties.count(),
        properties.names()
    )?;
    let parameters: &Names = block.gradients_list();
    if parameters.is_empty() {
        f.write_str("\n    gradients: None")
    } else {
        write!(f, "\n    gradients: {parameters}")
    }
}

impl fmt::Display for TensorMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const KEYS: &str = "keys: ";
        let count = self.keys().count();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "TensorMap with {count} block{plural}\n{KEYS}")?;
        write_table(f, self.keys(), KEYS.len(), max_rows(f, MAP_KEYS))
    }
}
