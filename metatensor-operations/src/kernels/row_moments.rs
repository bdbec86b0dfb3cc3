//! Means and variances of groups of rows, and what derivatives of variances need.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use metatensor_core::internal::rows::RowGroups;
use metatensor_core::internal::{Kernel, change_rows, prefetch, run_kernel};
use metatensor_core::{DenseArray, Result};

use super::accumulate::{Moments, deviation, deviations, is_extreme, scaled_moments};
use super::merge_rows::{TILE, for_each_tile, merged, sums_over, unit};
use super::{GradientRows, Variance, map};
use num_complex::ComplexFloat;

use crate::numbers::{Continuous, Number, Wide};

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
        let has_scales = AtomicBool::new(false);
        let mut moments = vec![Moments::default(); groups.len() * length];
        change_rows(&mut moments, unit, work, |units, mut moments| {
            let mut memory = Memory::default();
            for_each_tile(
                units.start * unit..units.end * unit,
                length,
                |group, tile| {
                    let results = moments.split_off_mut(..tile.len()).unwrap_or_default();
                    if tile_moments(x, length, groups.rows_of(group), tile, &mut memory, results) {
                        has_scales.store(true, Ordering::Relaxed);
                    }
                },
            );
            Ok(())
        })?;
        Ok(RowMoments {
            x,
            shape,
            length,
            groups,
            moments,
            has_scales: has_scales.into_inner(),
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

/// `f(variance)` for all elements of groups of rows.
pub(crate) fn row_variances<T: Continuous>(
    shape: &[usize],
    x: &[T],
    groups: &RowGroups,
    f: impl Fn(Variance) -> f64 + Sync,
) -> Result<DenseArray> {
    let length: usize = shape[1..].iter().product();
    let unit = unit(groups, length);
    let work = size_of_val(x) + groups.len() * length * size_of::<T>();
    DenseArray::write_rows(&merged(shape, groups), unit, work, |units, output| {
        let mut memory = Memory::default();
        let mut moments = vec![Moments::default(); TILE.min(length)];
        for_each_tile(
            units.start * unit..units.end * unit,
            length,
            |group, tile| {
                let moments = &mut moments[..tile.len()];
                tile_moments(x, length, groups.rows_of(group), tile, &mut memory, moments);
                output.each(&*moments, |moments| T::from_real(f(moments.variance)));
            },
        );
        Ok(())
    })
}

/// What [`tile_moments`] computes with.
#[derive(Default)]
struct Memory<S> {
    sums: Vec<S>,
    columns: Vec<u32>,
    means: Vec<S>,
    squares: Vec<f64>,
    sizes: Vec<f64>,
}

/// Computes the moments of the elements `tile` of some rows, which have `length` elements in `x`. Returns whether a
/// variance has a scale that is not 1.
fn tile_moments<T: Continuous>(
    x: &[T],
    length: usize,
    rows: &[u32],
    tile: Range<usize>,
    memory: &mut Memory<T::Sum>,
    moments: &mut [Moments<T::Sum>],
) -> bool {
    let (count, width) = (rows.len() as f64, tile.len());
    let row = |row: u32| &x[row as usize * length..][tile.clone()];
    let first = row(rows[0]);
    // differences and their squares, side by side
    let sums = sums_over(rows, &mut memory.sums, 2 * width, |sums, rows| {
        // The rows of a group often follow each other, as do those of one group and the next.
        let ahead = |row: u32| {
            let start = (row as usize + AT_ONCE) * length;
            x.get(start + tile.start..start + tile.end)
        };
        add_differences(sums, first, rows, row, |row| ahead(row).unwrap_or_default());
    });
    let (differences, squares) = sums.split_at(width);
    let (are_canceled, mut are_extreme) = moments_of_sums(differences, squares, count, moments);
    let columns = &mut memory.columns;
    columns.clear();
    if are_canceled {
        let canceled = (0..).zip(&*moments).zip(squares);
        let canceled = canceled.filter(|((_, moments), square)| {
            moments.variance.scaled * count < square.re() * CANCELED
        });
        columns.extend(canceled.map(|((i, _), _)| i));
    }
    if !columns.is_empty() {
        let means = &mut memory.means;
        means.clear();
        means.extend(columns.iter().map(|&i| moments[i as usize].mean));
        let squares = sums_over(rows, &mut memory.squares, columns.len(), |squares, rows| {
            add_squares(squares, first, columns, means, rows, row);
        });
        for (&i, square) in columns.iter().zip(squares) {
            moments[i as usize].variance.scaled = square / count;
            are_extreme |= is_extreme(*square);
        }
    }
    let mut has_scales = false;
    if rows.len() > 1 && are_extreme {
        // Most of these are 0, because all rows have the same number there, and stay what they are.
        let sizes = &mut memory.sizes;
        sizes.clear();
        sizes.resize(width, 0.0);
        for &other in rows {
            for ((size, x), first) in sizes.iter_mut().zip(row(other)).zip(first) {
                *size = f64::max(*size, x.widen().minus(first.widen()).size());
            }
        }
        for (i, result) in moments.iter_mut().enumerate() {
            let x = rows.iter().map(|&r| row(r)[i].widen());
            if is_extreme(result.variance.scaled * count)
                && sizes[i] > 0.0
                && let Some(scaled) = scaled_moments(x, first[i].widen(), count)
            {
                has_scales |= scaled.variance.scale != 1.0;
                *result = scaled;
            }
        }
    }
    has_scales
}

/// Makes moments of sums of differences to the first row and of their squares. Returns whether some of them would lose most of
/// their digits this way, and whether some are extreme. (A function of its own, without branches in the loop: several moments
/// are computed at once.)
#[inline(never)]
fn moments_of_sums<S: Wide>(
    differences: &[S],
    squares: &[S],
    count: f64,
    moments: &mut [Moments<S>],
) -> (bool, bool) {
    let (differences, squares) = (&differences[..moments.len()], &squares[..moments.len()]);
    let (mut are_canceled, mut are_extreme) = (false, false);
    for (i, moments) in moments.iter_mut().enumerate() {
        let mean = differences[i] / count;
        let square = squares[i].re();
        let centered = square - mean.inner(differences[i]);
        are_canceled |= centered < square * CANCELED;
        are_extreme |= is_extreme(centered);
        *moments = Moments::new(mean, centered / count);
    }
    (are_canceled, are_extreme)
}

/// A sum of squares of differences to the mean is computed from them if it is less than this part of that of differences
/// to the first row: most of its digits would be lost.
const CANCELED: f64 = 0.125;

/// Rows that are read side by side: sums are loaded and stored less often.
const AT_ONCE: usize = 4;

/// Adds the differences of rows to the row `first` to the first half of `sums`, and their squares to the second one. What is
/// `ahead` of each row will probably be read soon.
#[inline]
fn add_differences<'a, T: Continuous>(
    sums: &mut [T::Sum],
    first: &[T],
    rows: &[u32],
    row: impl Fn(u32) -> &'a [T],
    ahead: impl Fn(u32) -> &'a [T],
) {
    let count = sums.len() / 2;
    let (sums, squares) = sums.split_at_mut(count);
    let (several, others) = rows.as_chunks::<AT_ONCE>();
    for several in several {
        let (rows, ahead) = (several.map(&row), several.map(&ahead));
        run_kernel(AddDifferences {
            rows,
            ahead,
            first,
            sums: &mut *sums,
            squares: &mut *squares,
        });
    }
    for &other in others {
        run_kernel(AddDifferences {
            rows: [row(other)],
            ahead: [ahead(other)],
            first,
            sums: &mut *sums,
            squares: &mut *squares,
        });
    }
}

/// Adds the differences of some rows to the row `first` to `sums`, and their squares to `squares`.
struct AddDifferences<'a, T: Continuous, const N: usize> {
    rows: [&'a [T]; N],
    ahead: [&'a [T]; N],
    first: &'a [T],
    sums: &'a mut [T::Sum],
    squares: &'a mut [T::Sum],
}

/// Elements between two looks ahead: the processor only waits for some lines of its cache at the same time.
const STRIDE: usize = 32;

impl<T: Continuous, const N: usize> Kernel for AddDifferences<'_, T, N> {
    type Output = ();

    #[inline(always)]
    fn fused(self) {
        let count = self.first.len();
        let (sums, squares) = (&mut self.sums[..count], &mut self.squares[..count]);
        let rows = self.rows.map(|row| &row[..count]);
        for start in (0..count).step_by(STRIDE) {
            let end = count.min(start + STRIDE);
            for ahead in self.ahead {
                prefetch(ahead.get(start..end).unwrap_or_default());
            }
            for i in start..end {
                let (mut sum, mut square): (T::Sum, T::Sum) = Default::default();
                for row in rows {
                    let difference: T::Sum = row[i].widen().minus(self.first[i].widen());
                    sum = sum.plus(difference);
                    square = square.plus(T::Sum::from_real(difference.inner(difference)));
                }
                sums[i] = sums[i].plus(sum);
                squares[i] = squares[i].plus(square);
            }
        }
    }
}

/// Adds the squares of the differences of these columns of rows to the row `first` and `means`.
fn add_squares<'a, T: Continuous>(
    squares: &mut [f64],
    first: &[T],
    columns: &[u32],
    means: &[T::Sum],
    rows: &[u32],
    row: impl Fn(u32) -> &'a [T],
) {
    for &other in rows {
        let x = row(other);
        for ((square, &mean), &i) in squares.iter_mut().zip(means).zip(columns) {
            let deviation = deviation(x[i as usize], first[i as usize], mean);
            *square += deviation.inner(deviation);
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
