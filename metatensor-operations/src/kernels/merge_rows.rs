//! One row for each group of rows.

use std::ops::Range;

use metatensor_core::internal::change_rows;
use metatensor_core::internal::rows::RowGroups;
use metatensor_core::{DenseArray, Result};

use super::accumulate::{Moments, deviations, is_extreme, scaled_moments};
use super::{GradientRows, Variance, map};
use crate::numbers::{Continuous, Number, Wide};

/// Number of sums that are computed at once: these stay in the cache closest to the processor.
const TILE: usize = 1024;

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
fn sums_over<'s, S: Number>(
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
fn unit(groups: &RowGroups, length: usize) -> usize {
    if groups.len() < FEW_GROUPS { 1 } else { length }
}

/// Calls `f` with groups and ranges of their elements, for these elements of an array that has `length` of
/// them for each group.
#[inline]
fn for_each_tile(elements: Range<usize>, length: usize, mut f: impl FnMut(usize, Range<usize>)) {
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
fn merged(shape: &[usize], groups: &RowGroups) -> Vec<usize> {
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

/// Adds the products of rows `a` with their weights, one row after the other. There is one weight for
/// all elements of a row whose position is the same modulo `length`.
#[inline]
fn add_products<'a, T: Continuous>(
    sums: &mut [f64],
    length: usize,
    rows: &[u32],
    a: impl Fn(u32) -> &'a [T],
    weights: impl Fn(u32) -> &'a [T::Sum],
) {
    let length = length.max(1);
    // Two at a time: sums are loaded and stored less often.
    let (pairs, last) = rows.as_chunks();
    for &[row, other] in pairs {
        let (v, w) = (weights(row), weights(other));
        let lines = a(row).chunks_exact(length);
        let lines = lines.zip(a(other).chunks_exact(length));
        for (sums, (a, b)) in sums.chunks_exact_mut(length).zip(lines) {
            let products = v.iter().zip(a).zip(w.iter().zip(b));
            for (sum, ((v, a), (w, b))) in sums.iter_mut().zip(products) {
                *sum = *sum + v.inner(a.widen()) + w.inner(b.widen());
            }
        }
    }
    for &row in last {
        let v = weights(row);
        let lines = a(row).chunks_exact(length);
        for (sums, a) in sums.chunks_exact_mut(length).zip(lines) {
            for (sum, (v, a)) in sums.iter_mut().zip(v.iter().zip(a)) {
                *sum += v.inner(a.widen());
            }
        }
    }
}

/// Means and variances of groups of rows.
///
/// They are computed from differences to the first row of the group, which for rows that are all the
/// same are exactly 0.
pub(crate) struct RowMoments<'a, T: Continuous> {
    x: &'a [T],
    shape: &'a [usize],
    length: usize,
    groups: &'a RowGroups,
    /// For each group, those of its elements.
    moments: Vec<Moments<T::Sum>>,
    /// Whether some variances have a scale that is not 1.
    has_scales: bool,
}

impl<'a, T: Continuous> RowMoments<'a, T> {
    pub(crate) fn new(shape: &'a [usize], x: &'a [T], groups: &'a RowGroups) -> Result<Self> {
        let length: usize = shape[1..].iter().product();
        let unit = unit(groups, length);
        let work = size_of_val(x);
        let mut moments = vec![Moments::default(); groups.len() * length];
        change_rows(&mut moments, unit, work, |units, mut moments| {
            let (mut sums, mut means, mut squares) = (Vec::new(), Vec::new(), Vec::new());
            for_each_tile(
                units.start * unit..units.end * unit,
                length,
                |group, tile| {
                    let rows = groups.rows_of(group);
                    let count = rows.len() as f64;
                    let row = |row: u32| &x[row as usize * length..][tile.clone()];
                    let first = row(rows[0]);
                    let sums =
                        sums_over(rows, &mut sums, tile.len(), |sums: &mut [T::Sum], rows| {
                            for &i in rows {
                                for ((sum, x), first) in sums.iter_mut().zip(row(i)).zip(first) {
                                    *sum = sum.plus(x.widen().minus(first.widen()));
                                }
                            }
                        });
                    means.clear();
                    means.extend(sums.iter().map(|sum| *sum / count));
                    let squares = sums_over(rows, &mut squares, tile.len(), |squares, rows| {
                        for &i in rows {
                            let x = row(i).iter().zip(first).zip(&means);
                            for (square, deviation) in squares.iter_mut().zip(deviations(x)) {
                                *square += deviation.inner(deviation);
                            }
                        }
                    });
                    let results = moments.split_off_mut(..tile.len()).unwrap_or_default();
                    let computed = means.iter().zip(squares);
                    for (result, (&mean, square)) in results.iter_mut().zip(computed) {
                        *result = Moments::new(mean, square / count);
                    }
                    if rows.len() == 1 || !squares.iter().any(|&square| is_extreme(square)) {
                        return;
                    }
                    for (i, result) in results.iter_mut().enumerate() {
                        let x = rows.iter().map(|&r| row(r)[i].widen());
                        if is_extreme(squares[i])
                            && let Some(scaled) = scaled_moments(x, first[i].widen(), count)
                        {
                            *result = scaled;
                        }
                    }
                },
            );
            Ok(())
        })?;
        let has_scales = moments.iter().any(|moments| moments.variance.scale != 1.0);
        Ok(RowMoments {
            x,
            shape,
            length,
            groups,
            moments,
            has_scales,
        })
    }

    /// `f(variance)` for all groups.
    pub(crate) fn map_variances(&self, f: impl Fn(Variance) -> f64 + Sync) -> Result<DenseArray> {
        map(&merged(self.shape, self.groups), &self.moments, |moments| {
            T::from_real(f(moments.variance))
        })
    }

    /// `finish(count, variance, s)` for the rows of a gradient, merged by `merged_rows`, of which
    /// the first column is the number of a group.
    ///
    /// `s` is the sum of the products of each element of the gradient with the deviation from the
    /// mean of the element of the values that it is a derivative of, divided by the scale of the
    /// variance. `count` and `variance` are those of the group of the values.
    pub(crate) fn weighted_sums(
        &self,
        gradient: &GradientRows,
        a: &[T],
        merged_rows: &RowGroups,
        finish: impl Fn(f64, Variance, f64) -> f64 + Sync,
    ) -> Result<DenseArray> {
        let (length, repeats) = (self.length, gradient.repeats);
        let deviations = self.deviations()?;
        let parents = gradient.map.parents();
        let per_tile = (TILE / length.max(1)).max(1);
        let shape = merged(&gradient.shape, merged_rows);
        let work = size_of_val(a) + shape.iter().product::<usize>() * size_of::<T>();
        DenseArray::write_rows(&shape, repeats * length, work, |range, output| {
            let mut sums = Vec::new();
            for merged_row in range {
                let group = merged_rows.unique().row(merged_row)[0] as usize;
                let rows = merged_rows.rows_of(merged_row);
                let range = group * length..(group + 1) * length;
                let moments = &self.moments[range];
                let count = self.groups.rows_of(group).len() as f64;
                for start in (0..repeats).step_by(per_tile) {
                    let tile = start * length..repeats.min(start + per_tile) * length;
                    let sums = sums_over(rows, &mut sums, tile.len(), |sums, rows| {
                        add_products(
                            sums,
                            length,
                            rows,
                            |row| &a[row as usize * repeats * length..][tile.clone()],
                            |row| &deviations[parents[row as usize] as usize * length..][..length],
                        );
                    });
                    for sums in sums.chunks_exact(length.max(1)) {
                        let finished = sums.iter().zip(moments);
                        let finished =
                            finished.map(|(&s, m)| T::from_real(finish(count, m.variance, s)));
                        output.extend(length, finished);
                    }
                }
            }
            Ok(())
        })
    }

    /// Differences of all elements to the mean of their group, divided by the scale of its variance.
    fn deviations(&self) -> Result<Vec<T::Sum>> {
        let length = self.length;
        let row = |row: usize| &self.x[row * length..][..length];
        let mut result = vec![T::Sum::default(); self.x.len()];
        let work = size_of_val(self.x) + size_of_val(&result[..]);
        change_rows(&mut result, length, work, |rows, result| {
            let mut means = Vec::with_capacity(length);
            let mut current = None;
            for (i, result) in rows.zip(result.chunks_exact_mut(length)) {
                let group = self.groups.group_of()[i] as usize;
                if current.replace(group) != Some(group) {
                    means.clear();
                    let moments = self.moments[group * length..][..length].iter();
                    means.extend(moments.map(|moments| moments.mean));
                }
                let first = row(self.groups.rows_of(group)[0] as usize);
                if self.has_scales {
                    let moments = &self.moments[group * length..][..length];
                    let x = row(i).iter().zip(first).zip(moments);
                    for (result, ((x, first), moments)) in result.iter_mut().zip(x) {
                        *result = moments.deviation(x.widen(), first.widen());
                    }
                    continue;
                }
                let x = row(i).iter().zip(first).zip(&means);
                result
                    .iter_mut()
                    .zip(deviations(x))
                    .for_each(|(result, deviation)| *result = deviation);
            }
            Ok(())
        })?;
        Ok(result)
    }
}
