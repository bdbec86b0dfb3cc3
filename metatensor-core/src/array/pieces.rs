//! Elements of arrays in their order, without a copy of all of them.

use std::io;
use std::sync::{Mutex, PoisonError};

use ndarray::{ArrayViewD, Axis, Slice};

use super::View;
use super::dense::check_dtype;
use super::output::append;
use super::reorder::{fill_in_order, nearest_axis, write_all};
use crate::memory::{GrowingMemory, no_memory};
use crate::simd::LINE;
use crate::threads::for_each;
use crate::{Error, Result, with_item_size};

/// Bytes of a piece: they stay in the cache until somebody has read them.
const PIECE: usize = 2 << 20;
/// Bytes of neighbors in memory that are copied together, if they are in different rows of the result: whole lines of the
/// cache, but for those at the ends.
const NEIGHBORS: usize = 2 * LINE;

/// Elements that are copied together.
struct Piece<'a, const N: usize> {
    items: ArrayViewD<'a, [u8; N]>,
    /// Number of elements before the first one.
    start: usize,
    /// Elements that are neighbors in the result,
    run: usize,
    /// and the distance from the first of them to the first of the next ones.
    distance: usize,
}

impl View<'_> {
    /// Appends the bytes of all elements to `memory`, the last axis varying fastest.
    ///
    /// # Errors
    ///
    /// If native arrays can not have this type, or what `failed` makes of there not being enough memory.
    pub(crate) fn append_to(
        &self,
        memory: &mut dyn GrowingMemory,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<()> {
        check_dtype(self.dtype())?;
        with_item_size!(self.dtype().size(), N => {
            let items = self.items::<N>();
            append::<N>(memory, items.len(), failed, |memory| fill_in_order(memory, &items))
        })
    }

    /// Calls `take` with the bytes of all elements, in pieces, and with the number of bytes before them if the last axis
    /// varies fastest. Pieces come in any order, on several threads.
    ///
    /// # Errors
    ///
    /// One of `take`, or if native arrays can not have this type, or if there is not enough memory for some pieces.
    pub(crate) fn in_pieces(&self, take: impl Fn(usize, &[u8]) -> Result<()> + Sync) -> Result<()> {
        check_dtype(self.dtype())?;
        with_item_size!(self.dtype().size(), N => {
            let items = self.items::<N>();
            let work = 2 * N * items.len();
            let mut pieces = Vec::new();
            cut::<N>(items, 0, &mut pieces);
            // fresh memory would cost as much as the copy
            let memory = Mutex::new(Vec::new());
            let memory = || memory.lock().unwrap_or_else(PoisonError::into_inner);
            for_each(work, pieces.into_iter(), |piece| {
                let mut bytes: Vec<u8> = memory().pop().unwrap_or_default();
                bytes.clear();
                append::<N>(&mut bytes, piece.items.len(), no_memory, |memory| {
                    write_all(memory, &piece.items)
                })?;
                for (i, run) in bytes.chunks(piece.run * N).enumerate() {
                    take((piece.start + i * piece.distance) * N, run)?;
                }
                memory().push(bytes);
                Ok(())
            })
        })
    }
}

/// Cuts `items`, of which the first one is number `start` of all, in pieces.
fn cut<'a, const N: usize>(
    items: ArrayViewD<'a, [u8; N]>,
    start: usize,
    pieces: &mut Vec<Piece<'a, N>>,
) {
    if items.len() * N <= PIECE {
        let run = items.len();
        if run > 0 {
            pieces.push(Piece {
                items,
                start,
                run,
                distance: run,
            });
        }
        return;
    }
    let rows = items.len_of(Axis(0));
    let row = items.len() / rows;
    let is_near = nearest_axis(&items) == Some(0);
    let neighbors = if is_near { NEIGHBORS / N } else { 1 };
    let per_piece = PIECE / (row * N);
    if per_piece < neighbors && !is_near {
        for i in 0..rows {
            let items = items.clone().index_axis_move(Axis(0), i);
            cut(items, start + i * row, pieces);
        }
        return;
    }
    for first in (0..rows).step_by(per_piece.max(neighbors)) {
        let range = first..rows.min(first + per_piece.max(neighbors));
        let start = start + first * row;
        let items = slice(&items, 0, range);
        if per_piece >= neighbors {
            pieces.push(Piece {
                run: items.len(),
                distance: items.len(),
                items,
                start,
            });
            continue;
        }
        // parts of long rows
        let columns = items.len_of(Axis(1));
        let column = row / columns;
        let per_piece = (PIECE / (items.len() / columns * N)).max(1);
        for first in (0..columns).step_by(per_piece) {
            let range = first..columns.min(first + per_piece);
            pieces.push(Piece {
                run: range.len() * column,
                distance: row,
                start: start + first * column,
                items: slice(&items, 1, range),
            });
        }
    }
}

fn slice<'a, const N: usize>(
    items: &ArrayViewD<'a, [u8; N]>,
    axis: usize,
    range: std::ops::Range<usize>,
) -> ArrayViewD<'a, [u8; N]> {
    let mut part = items.clone();
    part.slice_axis_inplace(Axis(axis), Slice::from(range));
    part
}
