//! Moving elements of any type to other places, without looking at them.
//!
//! Neighbors that stay together are moved together.

use std::ops::Range;

use metatensor_core::internal::{Output, prefetch, with_item_size};
use metatensor_core::{DType, DenseArray, Result, View};
use ndarray::{ArrayViewD, Axis};

/// Entries of one axis, in the order in which they are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Picked {
    entries: Vec<u32>,
    /// The same, as ranges of entries that follow each other.
    runs: Vec<Range<usize>>,
}

impl Picked {
    /// `None` if these are all of the entries of an axis of length `count`, in order.
    pub(crate) fn new(entries: Vec<u32>, count: usize) -> Option<Picked> {
        let runs: Vec<_> = runs(&entries).collect();
        let is_everything = match runs[..] {
            [] => count == 0,
            [ref run] => *run == (0..count),
            _ => false,
        };
        (!is_everything).then_some(Picked { entries, runs })
    }

    pub(crate) fn entries(&self) -> &[u32] {
        &self.entries
    }

    /// Writes these entries of `items`, each of them being `length` items.
    fn pick<T: Copy>(&self, items: &[T], length: usize, output: &mut Output<'_, T>) {
        // Moving single elements one by one is faster than moving them in short runs.
        if length == 1 && self.entries.len() < 8 * self.runs.len() {
            let picked = self.entries.iter().map(|&i| items[i as usize]);
            output.extend(self.entries.len(), picked);
            return;
        }
        for run in &self.runs {
            output.copy(&items[run.start * length..run.end * length]);
        }
    }
}

/// Ranges of entries that follow each other.
fn runs(entries: &[u32]) -> impl Iterator<Item = Range<usize>> {
    let runs = entries.chunk_by(|a, b| a + 1 == *b);
    runs.map(|run| run[0] as usize..run[0] as usize + run.len())
}

/// The elements of an array row by row: the first axis against all others.
struct Source<'v, const N: usize> {
    view: ArrayViewD<'v, [u8; N]>,
    /// All elements, if they are stored one after the other.
    items: Option<&'v [[u8; N]]>,
    rows: usize,
    row_length: usize,
}

impl<'v, const N: usize> Source<'v, N> {
    fn new(view: &'v View<'_>) -> Self {
        let shape = view.shape();
        Source {
            view: view.items(),
            items: view.as_bytes().map(|bytes| bytes.as_chunks().0),
            rows: shape[0],
            row_length: shape[1..].iter().product(),
        }
    }

    /// These rows, if they are stored one after the other.
    fn stored(&self, rows: Range<usize>) -> Option<&'v [[u8; N]]> {
        let items = self.items?;
        Some(&items[rows.start * self.row_length..rows.end * self.row_length])
    }

    /// One row, without a copy if possible.
    fn row<'s>(&self, row: usize, scratch: &'s mut Vec<[u8; N]>) -> &'s [[u8; N]]
    where
        'v: 's,
    {
        if let Some(row) = self.stored(row..row + 1) {
            return row;
        }
        scratch.clear();
        scratch.extend(self.view.index_axis(Axis(0), row).iter().copied());
        scratch
    }

    fn copy_rows(&self, rows: Range<usize>, output: &mut Output<'_, [u8; N]>) {
        if let Some(rows) = self.stored(rows.clone()) {
            return output.copy(rows);
        }
        for row in rows {
            let row = self.view.index_axis(Axis(0), row);
            output.extend(self.row_length, row.iter().copied());
        }
    }
}

/// Which entries are picked for each axis; all of them for `None`.
pub(crate) type PickedAxes<'a> = Vec<Option<&'a Picked>>;

/// Row-major arrays with the entries of `view` that are picked, one for each of `parts`.
pub(crate) fn pick(view: &View<'_>, parts: &[PickedAxes<'_>]) -> Result<Vec<DenseArray>> {
    let shape = |axes: &PickedAxes<'_>| {
        let axis_lengths = view.shape().iter().zip(axes);
        let lengths =
            axis_lengths.map(|(&length, picked)| picked.map_or(length, |p| p.entries.len()));
        lengths.collect::<Vec<usize>>()
    };
    let shapes: Vec<_> = parts.iter().map(shape).collect();
    with_item_size!(view.dtype().size(), N => {
        let source = Source::<N>::new(view);
        if parts.len() > 1 && parts.iter().all(|axes| axes[0].is_none()) {
            return pick_side_by_side(&source, view.dtype(), &shapes, parts);
        }
        let arrays = parts.iter().zip(&shapes).map(|(axes, shape)| {
            DenseArray::write_items::<N>(view.dtype(), shape, |rows, output| {
                match axes[0] {
                    None => pick_rows(&source, std::iter::once(rows), &axes[1..], output),
                    Some(picked) => {
                        pick_rows(&source, runs(&picked.entries[rows]), &axes[1..], output);
                    }
                }
                Ok(())
            })
        });
        arrays.collect()
    })
}

/// Bytes of rows that are picked from for one array after the other: they are still in the first cache of the processor then.
const CACHED: usize = 8 << 10;

/// Arrays with all rows of the source, which is read once for all of them.
fn pick_side_by_side<const N: usize>(
    source: &Source<'_, N>,
    dtype: DType,
    shapes: &[Vec<usize>],
    parts: &[PickedAxes<'_>],
) -> Result<Vec<DenseArray>> {
    let row_size = (source.row_length * N).max(1);
    let at_once = (CACHED / row_size).max(1);
    DenseArray::write_items_of_all::<N>(dtype, shapes, |rows, outputs| {
        for start in rows.clone().step_by(at_once) {
            let some = start..rows.end.min(start + at_once);
            let next = some.end..rows.end.min(some.end + at_once);
            prefetch(source.stored(next).unwrap_or_default());
            for (axes, output) in parts.iter().zip(&mut *outputs) {
                pick_rows(source, std::iter::once(some.clone()), &axes[1..], output);
            }
        }
        Ok(())
    })
}

/// The entries of `axes`, those after the first axis, of rows in these ranges.
fn pick_rows<const N: usize>(
    source: &Source<'_, N>,
    rows: impl Iterator<Item = Range<usize>>,
    axes: &[Option<&Picked>],
    output: &mut Output<'_, [u8; N]>,
) {
    if axes.iter().all(Option::is_none) {
        match source.items {
            Some(_) => output.copy_all(rows.filter_map(|run| source.stored(run))),
            None => rows.for_each(|run| source.copy_rows(run, output)),
        }
        return;
    }
    let shape = &source.view.shape()[1..];
    let mut scratch = Vec::new();
    if let Some((Some(last), others)) = axes.split_last()
        && others.iter().all(Option::is_none)
    {
        let length = shape[others.len()].max(1);
        for row in rows.flatten() {
            let lines = source.row(row, &mut scratch).chunks_exact(length);
            lines.for_each(|line| last.pick(line, 1, output));
        }
        return;
    }
    for row in rows.flatten() {
        pick_row(source.row(row, &mut scratch), shape, axes, output);
    }
}

fn pick_row<const N: usize>(
    items: &[[u8; N]],
    shape: &[usize],
    axes: &[Option<&Picked>],
    output: &mut Output<'_, [u8; N]>,
) {
    let rest_is_whole = axes[1..].iter().all(Option::is_none);
    let length: usize = shape[1..].iter().product();
    let pick_entry = |i: usize, output: &mut Output<'_, [u8; N]>| {
        let items = &items[i * length..(i + 1) * length];
        pick_row(items, &shape[1..], &axes[1..], output);
    };
    match axes[0] {
        None if rest_is_whole => output.copy(items),
        Some(picked) if rest_is_whole => picked.pick(items, length, output),
        None => (0..shape[0]).for_each(|i| pick_entry(i, output)),
        Some(picked) => picked
            .entries
            .iter()
            .for_each(|&i| pick_entry(i as usize, output)),
    }
}

/// Row-major array with all rows of the first view, then all of the second, and so on. They have the
/// same data type, and shapes that differ at most in the number of rows.
pub(crate) fn stack(views: &[View<'_>]) -> Result<DenseArray> {
    let mut shape = views[0].shape().to_vec();
    shape[0] = views.iter().map(|view| view.shape()[0]).sum();
    with_item_size!(views[0].dtype().size(), N => {
        let sources: Vec<_> = views.iter().map(Source::new).collect();
        DenseArray::write_items::<N>(views[0].dtype(), &shape, |rows, output| {
            let mut start = 0;
            for source in &sources {
                let end = start + source.rows;
                if rows.start < end && start < rows.end {
                    let part = rows.start.max(start) - start..rows.end.min(end) - start;
                    source.copy_rows(part, output);
                }
                start = end;
            }
            Ok(())
        })
    })
}

/// In [`Columns`], stands for a row of zeros.
pub(crate) const ZEROS: u32 = u32::MAX;

/// Some neighboring columns (entries of the last axis) of an array.
pub(crate) struct Columns<'a> {
    /// `None` if there are only zeros.
    pub(crate) view: Option<View<'a>>,
    /// Number of columns.
    pub(crate) width: usize,
    /// For each row of the array, the row of `view` with these columns, or [`ZEROS`]. `None` if it is
    /// the row with the same number.
    pub(crate) rows: Option<Vec<u32>>,
}

/// Row-major array of this shape, made of columns side by side. They have the same data type, and
/// shapes that differ at most in the numbers of rows and columns.
pub(crate) fn side_by_side(
    dtype: DType,
    shape: &[usize],
    columns: &[Columns<'_>],
) -> Result<DenseArray> {
    // Nothing stands between the components of a single array.
    let components: usize = match columns {
        [_] => 1,
        _ => shape[1..shape.len() - 1].iter().product(),
    };
    let row_length: usize = shape[1..].iter().product();
    with_item_size!(dtype.size(), N => {
        let sources = columns.iter().map(|part| {
            let width = if columns.len() == 1 { row_length } else { part.width };
            (part.view.as_ref().map(Source::new), part.rows.as_deref(), width)
        });
        let sources: Vec<_> = sources.collect();
        DenseArray::write_items::<N>(dtype, shape, |rows, output| {
            let mut scratch = vec![Vec::new(); sources.len()];
            for row in rows {
                let parts = sources.iter().zip(&mut scratch).map(|((source, rows, _), scratch)| {
                    let row = rows.map_or(row as u32, |rows| rows[row]);
                    let source = source.as_ref().filter(|_| row != ZEROS);
                    source.map(|source| source.row(row as usize, scratch))
                });
                let parts: Vec<Option<&[[u8; N]]>> = parts.collect();
                for component in 0..components {
                    for (part, &(.., width)) in parts.iter().zip(&sources) {
                        match part {
                            None => output.fill(width, [0; N]),
                            Some(row) => {
                                output.copy(&row[component * width..(component + 1) * width]);
                            }
                        }
                    }
                }
            }
            Ok(())
        })
    })
}
