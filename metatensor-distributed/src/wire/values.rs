//! Elements of rows of several ranks.

use std::ops::Range;

use metatensor_core::internal::{Output, prefetch};
use metatensor_core::{DType, DenseArray, Error, Result, with_item_size};

use super::Join;
use super::samples::Joined;
use super::write::run_length;

/// The elements of a row set, with rows of this shape.
pub(super) fn join_values(
    join: &Join<'_>,
    set: usize,
    joined: &Joined,
    dtype: DType,
    shape: &[usize],
) -> Result<DenseArray> {
    with_item_size!(dtype.size(), N => {
        let row_length = join.sets.all()[set].row_bytes / N;
        let mut sources = Vec::with_capacity(join.ranks());
        for rank in 0..join.ranks() {
            let (elements, rows) = join.values(set, rank);
            if dtype == DType::BOOL8 && rows.is_none() && elements.iter().any(|&byte| byte > 1) {
                return Err(Error::serialization(format!(
                    "a message of rank {rank} has booleans that are neither 0 nor 1"
                )));
            }
            sources.push(Source::<N> {
                elements: elements.as_chunks().0,
                rows,
            });
        }
        let all = Sources { sources: &sources, starts: &joined.starts, row_length };
        DenseArray::write_items::<N>(dtype, shape, |range, output| {
            match &joined.rows {
                None => all.copy(range, output),
                Some(rows) => all.copy_each(&rows[range], output),
            }
            Ok(())
        })
    })
}

/// Rows of one rank.
#[derive(Clone, Copy)]
struct Source<'a, const N: usize> {
    elements: &'a [[u8; N]],
    /// Which rows of `elements`, if not all of them.
    rows: Option<&'a [u32]>,
}

/// Rows of all ranks, one after the other.
struct Sources<'a, const N: usize> {
    sources: &'a [Source<'a, N>],
    /// Where those of each rank start.
    starts: &'a [usize],
    row_length: usize,
}

impl<const N: usize> Sources<'_, N> {
    fn copy(&self, rows: Range<usize>, output: &mut Output<'_, [u8; N]>) {
        let mut row = rows.start;
        let mut rank = self.starts.partition_point(|&start| start <= row) - 1;
        while row < rows.end {
            let (start, end) = (self.starts[rank], self.starts[rank + 1].min(rows.end));
            if row < end {
                self.copy_of(rank, row - start..end - start, output);
                row = end;
            }
            rank += 1;
        }
    }

    /// Copies rows with these numbers.
    fn copy_each(&self, rows: &[u32], output: &mut Output<'_, [u8; N]>) {
        let mut next = 0;
        while next < rows.len() {
            let (row, run) = (rows[next] as usize, run_length(&rows[next..]));
            self.copy(row..row + run, output);
            next += run;
        }
    }

    /// Copies a range of the rows of one rank.
    fn copy_of(&self, rank: usize, range: Range<usize>, output: &mut Output<'_, [u8; N]>) {
        let Source { elements, rows } = self.sources[rank];
        let length = self.row_length;
        let Some(rows) = rows else {
            return output.copy(&elements[range.start * length..range.end * length]);
        };
        let rows = &rows[range];
        let mut next = 0;
        while next < rows.len() {
            let run = run_length(&rows[next..]);
            if let Some(&row) = rows.get(next + run) {
                prefetch(&elements[row as usize * length..]);
            }
            let row = rows[next] as usize;
            output.copy(&elements[row * length..(row + run) * length]);
            next += run;
        }
    }
}
