//! Arrays made of parts of other arrays.

use std::borrow::Cow;
use std::ops::Range;

use super::{Array, DataMovement, DenseArray, Output, View};
use crate::threads::change_rows;
use crate::{Error, Result, with_item_size};

/// Neighboring properties of an input, and the first of the properties of the output that they are
/// copied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PropertyRun {
    pub(crate) start_in: usize,
    pub(crate) start_out: usize,
    pub(crate) length: usize,
}

/// Where all rows of an array go inside of a larger one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement<'a> {
    pub(crate) input: &'a dyn Array,
    /// Row of the output for each row of the input.
    pub(crate) rows: &'a [u32],
    /// What goes there. Other properties of the input are left out.
    pub(crate) properties: &'a [PropertyRun],
}

/// New array of the kind of `model`, made of the parts of others, and of `fill_value` where there are
/// none.
///
/// Arrays that are not native make and fill this array themselves.
pub(crate) fn assemble(
    model: &dyn Array,
    shape: &[usize],
    fill_value: &dyn Array,
    placements: &[Placement<'_>],
) -> Result<Box<dyn Array>> {
    if let Some(model) = model.downcast_ref::<DenseArray>() {
        let inputs = placements.iter().map(|placement| {
            let input = placement.input.downcast_ref::<DenseArray>()?;
            Some((input, placement.rows, placement.properties))
        });
        if let Some(inputs) = inputs.collect::<Option<Vec<_>>>() {
            return Ok(Box::new(assemble_native(
                model, shape, fill_value, &inputs,
            )?));
        }
    }
    let mut output = model.create(shape, fill_value)?;
    let mut movements = Vec::new();
    for placement in placements {
        movements.clear();
        for (sample_in, &sample_out) in placement.rows.iter().enumerate() {
            let runs = placement.properties.iter().filter(|run| run.length > 0);
            movements.extend(runs.map(|run| DataMovement {
                sample_in,
                sample_out: sample_out as usize,
                properties_start_in: run.start_in,
                properties_start_out: run.start_out,
                properties_length: run.length,
            }));
        }
        if !movements.is_empty() {
            output.move_data(placement.input, &movements)?;
        }
    }
    Ok(output)
}

/// One of the arrays, the rows that its rows go to, and the properties that go there.
type Input<'a> = (&'a DenseArray, &'a [u32], &'a [PropertyRun]);

/// [`assemble`] for native arrays: all of the result is written by our own threads.
fn assemble_native(
    model: &DenseArray,
    shape: &[usize],
    fill_value: &dyn Array,
    inputs: &[Input<'_>],
) -> Result<DenseArray> {
    let arrays = inputs.iter().map(|&(array, ..)| contiguous(array));
    let arrays = arrays.collect::<Result<Vec<_>>>()?;
    let views: Vec<View<'_>> = arrays.iter().map(|array| array.view()).collect();
    let (Some(&rows), Some(&row_length)) = (shape.first(), shape.last()) else {
        return Err(Error::Internal("merging arrays without axes".into()));
    };
    let output = Shape {
        rows,
        components: shape[1..shape.len() - 1].iter().product(),
        row_length,
    };
    let dtype = model.dtype();
    let row_size = output.components * row_length;
    let work = 2 * rows * row_size * dtype.size();
    with_item_size!(dtype.size(), N => {
        let parts = inputs.iter().zip(&views).map(|(&(_, rows, properties), view)| Part {
            items: view.as_bytes().unwrap_or_default().as_chunks::<N>().0,
            row_length: view.shape().last().copied().unwrap_or(0),
            rows,
            is_sorted: rows.is_sorted(),
            properties,
        });
        let parts: Vec<_> = parts.collect();
        // New memory is best written once and in order, and needs no fill value then.
        if let Some(sources) = whole_rows(output, &parts) {
            return DenseArray::write_rows_as(dtype, shape, row_size, work, &|rows, memory: &mut Output<'_, _>| {
                write_whole_rows(memory, output, &parts, &sources[rows]);
                Ok(())
            });
        }
        if let Some(columns) = whole_columns(output, &parts) {
            return DenseArray::write_rows_as(dtype, shape, row_size, work, &|rows, memory: &mut Output<'_, _>| {
                write_columns(memory, output, &columns, rows);
                Ok(())
            });
        }
        let mut array = model.filled_like(shape, fill_value)?;
        if let Some(items) = array.view_mut()?.as_items_mut::<N>() {
            change_rows(items, row_size, work, |rows, items| {
                for part in &parts {
                    scatter(items, output, part, &rows);
                }
                Ok(())
            })?;
        }
        Ok(array)
    })
}

#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    components: usize,
    row_length: usize,
}

/// One of the arrays, all of its elements in order.
struct Part<'a, const N: usize> {
    items: &'a [[u8; N]],
    row_length: usize,
    rows: &'a [u32],
    is_sorted: bool,
    properties: &'a [PropertyRun],
}

fn contiguous(array: &DenseArray) -> Result<Cow<'_, DenseArray>> {
    let view = array.view();
    Ok(if view.is_contiguous() {
        Cow::Borrowed(array)
    } else {
        Cow::Owned(DenseArray::copy_of(&view)?)
    })
}

/// For each row of the output, the part and the row of it that is the same. `None` if not all rows
/// are the rows of exactly one part.
fn whole_rows<const N: usize>(output: Shape, parts: &[Part<'_, N>]) -> Option<Vec<(u32, u32)>> {
    let all = PropertyRun {
        start_in: 0,
        start_out: 0,
        length: output.row_length,
    };
    let is_whole = |part: &Part<'_, N>| part.row_length == all.length && part.properties == [all];
    let count: usize = parts.iter().map(|part| part.rows.len()).sum();
    if count != output.rows || !parts.iter().all(is_whole) {
        return None;
    }
    const NONE: (u32, u32) = (u32::MAX, 0);
    let mut sources = vec![NONE; output.rows];
    for (number, part) in (0..).zip(parts) {
        for (row, &row_out) in (0..).zip(part.rows) {
            let source = &mut sources[row_out as usize];
            if *source != NONE {
                return None;
            }
            *source = (number, row);
        }
    }
    Some(sources)
}

fn write_whole_rows<const N: usize>(
    memory: &mut Output<'_, [u8; N]>,
    output: Shape,
    parts: &[Part<'_, N>],
    sources: &[(u32, u32)],
) {
    let length = output.components * output.row_length;
    let items = |run: &[(u32, u32)]| {
        let (part, row) = (run[0].0 as usize, run[0].1 as usize);
        &parts[part].items[row * length..(row + run.len()) * length]
    };
    let runs = sources.chunk_by(|a, b| a.0 == b.0 && a.1 + 1 == b.1);
    memory.copy_all(runs.map(items));
}

/// Neighboring properties of the output, all of them from one part that has all rows.
#[derive(Clone, Copy)]
struct Column<'a, const N: usize> {
    items: &'a [[u8; N]],
    row_length: usize,
    run: PropertyRun,
    /// Which of `row_orders` tells the row of the part for each row of the output.
    row_order: usize,
}

struct Columns<'a, const N: usize> {
    columns: Vec<Column<'a, N>>,
    row_orders: Vec<Vec<u32>>,
}

/// The parts as columns side by side, or `None` if they do not make up all of the output.
fn whole_columns<'a, const N: usize>(
    output: Shape,
    parts: &[Part<'a, N>],
) -> Option<Columns<'a, N>> {
    let mut columns: Vec<Column<'a, N>> = Vec::new();
    let mut row_orders: Vec<Vec<u32>> = Vec::new();
    let mut last_rows: &[u32] = &[];
    for part in parts.iter().filter(|part| !part.properties.is_empty()) {
        if part.rows.len() != output.rows {
            return None;
        }
        // Parts with the same rows often share the description of them.
        if row_orders.is_empty() || !std::ptr::eq(part.rows, last_rows) {
            row_orders.push(inverse(part.rows)?);
            last_rows = part.rows;
        }
        columns.extend(part.properties.iter().map(|&run| Column {
            items: part.items,
            row_length: part.row_length,
            run,
            row_order: row_orders.len() - 1,
        }));
    }
    let starts = columns.iter().map(|column| column.run.start_out);
    let mut order: Vec<(usize, usize)> = starts.zip(0..).collect();
    order.sort_unstable();
    let mut end = 0;
    for &(start, column) in &order {
        if start != end {
            return None;
        }
        end += columns[column].run.length;
    }
    (end == output.row_length).then(|| Columns {
        columns: order.iter().map(|&(_, column)| columns[column]).collect(),
        row_orders,
    })
}

/// The inverse of a permutation, or `None` if this is not one.
fn inverse(permutation: &[u32]) -> Option<Vec<u32>> {
    let mut inverse = vec![u32::MAX; permutation.len()];
    for (position, &row) in (0..).zip(permutation) {
        let entry = inverse.get_mut(row as usize)?;
        if *entry != u32::MAX {
            return None;
        }
        *entry = position;
    }
    Some(inverse)
}

fn write_columns<const N: usize>(
    memory: &mut Output<'_, [u8; N]>,
    output: Shape,
    columns: &Columns<'_, N>,
    rows: Range<usize>,
) {
    for row in rows {
        for component in 0..output.components {
            for column in &columns.columns {
                let row = columns.row_orders[column.row_order][row] as usize;
                let start = (row * output.components + component) * column.row_length;
                let start = start + column.run.start_in;
                memory.copy(&column.items[start..start + column.run.length]);
            }
        }
    }
}

/// Writes what a part has for a range of rows of the output, whose elements are `items`.
fn scatter<const N: usize>(
    items: &mut [[u8; N]],
    output: Shape,
    part: &Part<'_, N>,
    range: &Range<usize>,
) {
    let components = output.components;
    let whole = PropertyRun {
        start_in: 0,
        start_out: 0,
        length: part.row_length,
    };
    let rows = if part.is_sorted {
        let start = |end: usize| part.rows.partition_point(|&row| (row as usize) < end);
        start(range.start)..start(range.end)
    } else {
        0..part.rows.len()
    };
    if part.is_sorted && part.row_length == output.row_length && part.properties == [whole] {
        let length = components * part.row_length;
        let mut row = rows.start;
        for run in part.rows[rows].chunk_by(|a, b| a + 1 == *b) {
            let (from, to) = (row * length, (run[0] as usize - range.start) * length);
            let size = run.len() * length;
            items[to..to + size].copy_from_slice(&part.items[from..from + size]);
            row += run.len();
        }
        return;
    }
    for row in rows {
        let row_out = part.rows[row] as usize;
        if !range.contains(&row_out) {
            continue;
        }
        for component in 0..components {
            let from = (row * components + component) * part.row_length;
            let to = ((row_out - range.start) * components + component) * output.row_length;
            for run in part.properties {
                let (from, to) = (from + run.start_in, to + run.start_out);
                items[to..to + run.length].copy_from_slice(&part.items[from..from + run.length]);
            }
        }
    }
}
