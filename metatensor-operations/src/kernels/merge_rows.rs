//! One row for each group of rows.

use std::ops::Range;

use metatensor_core::internal::rows::RowGroups;
use metatensor_core::{DenseArray, Result};

use crate::numbers::Number;

/// Number of sums that are computed at once: these stay in the cache closest to the processor.
pub(super) const TILE: usize = 1024;

/// Results are shared between threads group by group, and only if there are fewer groups than this element by
/// element: neighbors are better made together.
const FEW_GROUPS: usize = 16;

/// Number of rows whose elements are added one after the other. Sums of more rows are those of their halves, so that
/// rounding errors do not grow with the number of rows, but with its logarithm.
const BLOCK: usize = 32;

/// `finish(group, sum)` for the sums of all rows of a group.
pub(crate) fn sum_rows<T: Number>(
    shape: &[usize],
    x: &[T],
    groups: &RowGroups,
    finish: impl Fn(usize, T::Sum) -> T + Sync,
) -> Result<DenseArray> {
    let length: usize = shape[1..].iter().product();
    let unit = unit(groups, length);
    let work = size_of_val(x) + groups.len() * length * size_of::<T>();
    DenseArray::write_rows(&merged(shape, groups), unit, work, |units, output| {
        let mut sums = Vec::new();
        for_each_tile(
            units.start * unit..units.end * unit,
            length,
            |group, tile| {
                let rows = groups.rows_of(group);
                let elements = |row: u32| &x[row as usize * length..][tile.clone()];
                let sums = sums_over(rows, &mut sums, tile.len(), |sums, rows| {
                    add_rows::<T>(sums, rows, elements);
                });
                let finished = sums.iter().map(|&sum| finish(group, sum));
                output.extend(tile.len(), finished);
            },
        );
        Ok(())
    })
}

/// How many of so many rows are the first half, which has only whole blocks.
fn half(rows: usize) -> usize {
    (rows / 2).next_multiple_of(BLOCK)
}

/// How often so many rows have to be halved until there is only one block.
fn halvings(rows: usize) -> usize {
    let mut rows = rows;
    let mut count = 0;
    while rows > BLOCK {
        rows = half(rows);
        count += 1;
    }
    count
}

/// As many sums over rows as `length` says, of which `add` adds the terms of some rows. `memory` is where they are.
pub(super) fn sums_over<'s, S: Number>(
    rows: &[u32],
    memory: &'s mut Vec<S>,
    length: usize,
    add: impl Fn(&mut [S], &[u32]),
) -> &'s [S] {
    let needed = length * (1 + halvings(rows.len()));
    if memory.len() < needed {
        memory.resize(needed, S::default());
    }
    sum_pairwise(memory, length, rows, &add);
    &memory[..length]
}

/// Sets the first `length` of `sums` to the sums over rows; there must be space for others behind these, once for
/// each of the [`halvings`].
fn sum_pairwise<S: Number>(
    sums: &mut [S],
    length: usize,
    rows: &[u32],
    add: &impl Fn(&mut [S], &[u32]),
) {
    if rows.len() <= BLOCK {
        let sums = &mut sums[..length];
        sums.fill(S::default());
        add(sums, rows);
        return;
    }
    let (first, last) = rows.split_at(half(rows.len()));
    sum_pairwise(sums, length, first, add);
    let (sums, others) = sums.split_at_mut(length);
    sum_pairwise(others, length, last, add);
    for (sum, &other) in sums.iter_mut().zip(&*others) {
        *sum = sum.plus(other);
    }
}

/// Number of neighbors that the same thread makes, of results with `length` elements for each group.
pub(super) fn unit(groups: &RowGroups, length: usize) -> usize {
    if groups.len() < FEW_GROUPS { 1 } else { length }
}

/// Calls `f` with groups and ranges of their elements, for these elements of an array that has `length` of
/// them for each group.
#[inline]
pub(super) fn for_each_tile(
    elements: Range<usize>,
    length: usize,
    mut f: impl FnMut(usize, Range<usize>),
) {
    let mut start = elements.start;
    while start < elements.end {
        let group = start / length;
        let first = start - group * length;
        let last = length.min(first + TILE).min(elements.end - group * length);
        f(group, first..last);
        start = group * length + last;
    }
}

/// Shape with one row per group.
pub(super) fn merged(shape: &[usize], groups: &RowGroups) -> Vec<usize> {
    let mut shape = shape.to_vec();
    shape[0] = groups.len();
    shape
}

/// Adds rows, all as long as `sums`, one after the other.
#[inline]
fn add_rows<'a, T: Number>(sums: &mut [T::Sum], rows: &[u32], elements: impl Fn(u32) -> &'a [T]) {
    // Four at a time: sums are loaded and stored less often.
    let (fours, others) = rows.as_chunks();
    for &[a, b, c, d] in fours {
        let firsts = elements(a).iter().zip(elements(b));
        let lasts = elements(c).iter().zip(elements(d));
        for (sum, ((a, b), (c, d))) in sums.iter_mut().zip(firsts.zip(lasts)) {
            let firsts = sum.plus(a.widen()).plus(b.widen());
            *sum = firsts.plus(c.widen()).plus(d.widen());
        }
    }
    for &row in others {
        for (sum, x) in sums.iter_mut().zip(elements(row)) {
            *sum = sum.plus(x.widen());
        }
    }
}
