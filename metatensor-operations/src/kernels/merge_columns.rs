//! One element for each group of elements along the last axis.

use std::ops::Range;

use metatensor_core::internal::rows::RowGroups;
use metatensor_core::internal::{Kernel, Output, change_rows, prefetch, run_kernel};
use metatensor_core::{DenseArray, Result};

use super::accumulate::{Moments, is_extreme, scaled_moments};
use super::{GradientRows, Variance, map};
use crate::numbers::{Continuous, Number, Wide};

/// Number of lines (all elements along the last axis) that are summed at once, and of sums for each of them. A sum waits for
/// the one before it: several of them, independent of each other, keep the processor busy.
const LANES: usize = 4;
const PARTS: usize = 4;
/// The same for what reads its lines twice: they should still be in the cache.
const LINE_PARTS: usize = 16;

/// Number of elements that are added one after the other. Sums of more elements are those of their halves, so that
/// rounding errors do not grow with the number of elements, but with its logarithm.
const SHORT: usize = 32;

/// Halves are not made smaller than this, but added to this many sums in turn, which takes less time than one
/// sum for each line.
const BLOCK: usize = 128;

/// Groups of elements along the last axis.
struct ColumnGroups<'a> {
    groups: &'a RowGroups,
    /// Whether the elements of each group follow each other, in the order of groups.
    contiguous: bool,
}

impl<'a> ColumnGroups<'a> {
    fn new(groups: &'a RowGroups) -> Self {
        let contiguous = groups.members().is_sorted();
        ColumnGroups { groups, contiguous }
    }

    /// Number of groups.
    fn len(&self) -> usize {
        self.groups.len()
    }

    fn members(&self, group: usize) -> &[u32] {
        self.groups.rows_of(group)
    }

    fn first(&self, group: usize) -> usize {
        self.members(group)[0] as usize
    }

    /// Number of elements of a group.
    fn count(&self, group: usize) -> f64 {
        self.members(group).len() as f64
    }

    /// Sums of `f(lane, a, b)` for the elements `a` and `b` of lines that belong to a group.
    #[inline(always)]
    fn sums<A: Copy, B: Copy, S: Number, const LANES: usize, const PARTS: usize>(
        &self,
        group: usize,
        a: [&[A]; LANES],
        b: [&[B]; LANES],
        f: impl Fn(usize, A, B) -> S,
    ) -> [S; LANES] {
        let members = self.members(group);
        if members.len() <= SHORT {
            self.sums_in_order(members, a, b, &f)
        } else {
            self.sums_pairwise::<_, _, _, LANES, PARTS>(members, a, b, &f)
        }
    }

    /// The sums for many members are those for both halves of them.
    fn sums_pairwise<A: Copy, B: Copy, S: Number, const LANES: usize, const PARTS: usize>(
        &self,
        members: &[u32],
        a: [&[A]; LANES],
        b: [&[B]; LANES],
        f: &impl Fn(usize, A, B) -> S,
    ) -> [S; LANES] {
        if members.len() <= BLOCK {
            return if self.contiguous {
                let range = members[0] as usize..members[0] as usize + members.len();
                let (a, b) = (part(a, &range), part(b, &range));
                run_kernel(SumsInParts::<_, _, _, LANES, PARTS> { a, b, f })
            } else {
                self.sums_in_order(members, a, b, f)
            };
        }
        let half = (members.len() / 2).next_multiple_of(BLOCK);
        let (first, last) = members.split_at(half);
        let mut sums = self.sums_pairwise::<_, _, _, LANES, PARTS>(first, a, b, f);
        let others = self.sums_pairwise::<_, _, _, LANES, PARTS>(last, a, b, f);
        for lane in 0..LANES {
            sums[lane] = sums[lane].plus(others[lane]);
        }
        sums
    }

    #[inline(always)]
    fn sums_in_order<A: Copy, B: Copy, S: Number, const LANES: usize>(
        &self,
        members: &[u32],
        a: [&[A]; LANES],
        b: [&[B]; LANES],
        f: &impl Fn(usize, A, B) -> S,
    ) -> [S; LANES] {
        let mut sums = [S::default(); LANES];
        if self.contiguous {
            let start = members[0] as usize;
            let range = start..start + members.len();
            let (a, b) = (part(a, &range), part(b, &range));
            for i in 0..members.len() {
                for lane in 0..LANES {
                    sums[lane] = sums[lane].plus(f(lane, a[lane][i], b[lane][i]));
                }
            }
        } else {
            for &i in members {
                let i = i as usize;
                for lane in 0..LANES {
                    sums[lane] = sums[lane].plus(f(lane, a[lane][i], b[lane][i]));
                }
            }
        }
        sums
    }

    /// Shape with one element per group along the last axis.
    fn merged(&self, shape: &[usize]) -> Vec<usize> {
        let mut shape = shape.to_vec();
        if let Some(last) = shape.last_mut() {
            *last = self.len();
        }
        shape
    }
}

/// Sums of `f(lane, a, b)` for the elements of lines of the same length, which are read side by side.
struct SumsInParts<'a, A, B, F, const LANES: usize, const PARTS: usize> {
    a: [&'a [A]; LANES],
    b: [&'a [B]; LANES],
    f: &'a F,
}

impl<A: Copy, B: Copy, S: Number, F, const LANES: usize, const PARTS: usize> Kernel
    for SumsInParts<'_, A, B, F, LANES, PARTS>
where
    F: Fn(usize, A, B) -> S,
{
    type Output = [S; LANES];

    #[inline(always)]
    fn fused(self) -> [S; LANES] {
        let Self { a, b, f } = self;
        let count = a[0].len() / PARTS;
        let (x, y) = (
            whole_parts::<_, LANES, PARTS>(a, count),
            whole_parts::<_, LANES, PARTS>(b, count),
        );
        let mut sums = [[S::default(); PARTS]; LANES];
        for i in 0..count {
            for lane in 0..LANES {
                for part in 0..PARTS {
                    let sum = &mut sums[lane][part];
                    *sum = sum.plus(f(lane, x[lane][i][part], y[lane][i][part]));
                }
            }
        }
        let mut totals = [S::default(); LANES];
        for lane in 0..LANES {
            let mut rest = S::default();
            for i in count * PARTS..a[lane].len() {
                rest = rest.plus(f(lane, a[lane][i], b[lane][i]));
            }
            let mut parts = PARTS;
            while parts > 1 {
                parts /= 2;
                for part in 0..parts {
                    sums[lane][part] = sums[lane][part].plus(sums[lane][part + parts]);
                }
            }
            totals[lane] = sums[lane][0].plus(rest);
        }
        totals
    }
}

/// The same elements of all lines. (Less work to compile than a function of arrays, for each of many types.)
#[inline(always)]
fn part<'x, T, const LANES: usize>(
    lines: [&'x [T]; LANES],
    range: &Range<usize>,
) -> [&'x [T]; LANES] {
    let mut parts = lines;
    for part in &mut parts {
        *part = &part[range.clone()];
    }
    parts
}

/// The first elements of all lines, as `count` times so many as there are sums of each line.
#[inline(always)]
fn whole_parts<T, const LANES: usize, const PARTS: usize>(
    lines: [&[T]; LANES],
    count: usize,
) -> [&[[T; PARTS]]; LANES] {
    let mut parts: [&[[T; PARTS]]; LANES] = [&[]; LANES];
    for (part, line) in parts.iter_mut().zip(lines) {
        *part = &line.as_chunks().0[..count];
    }
    parts
}

/// Lines `start` to `start + LANES`, the last one repeatedly if there are less than that.
fn lines<T>(x: &[T], length: usize, start: usize) -> [&[T]; LANES] {
    let last = x.len() / length - 1;
    let mut lines: [&[T]; LANES] = [&[]; LANES];
    for (lane, line) in lines.iter_mut().enumerate() {
        *line = &x[last.min(start + lane) * length..][..length];
    }
    lines
}

/// Number of lines in an array of this shape.
fn line_count(shape: &[usize]) -> usize {
    shape[..shape.len() - 1].iter().product()
}

/// `finish(group, sum)` for the sums of all elements of a group along the last axis.
pub(crate) fn sum_columns<T: Number>(
    shape: &[usize],
    x: &[T],
    groups: &RowGroups,
    finish: impl Fn(usize, T::Sum) -> T + Sync,
) -> Result<DenseArray> {
    let columns = ColumnGroups::new(groups);
    let length = shape[shape.len() - 1];
    let count = groups.len();
    let work = size_of_val(x) + line_count(shape) * count * size_of::<T>();
    DenseArray::write_rows(&columns.merged(shape), count, work, |range, output| {
        let mut merged = vec![T::default(); LANES * count];
        for start in range.clone().step_by(LANES) {
            let next = (start + LANES) * length..(start + 2 * LANES) * length;
            prefetch(x.get(next).unwrap_or_default());
            let lines = lines(x, length, start);
            for group in 0..count {
                let f = |_, x: T, _| x.widen();
                let sums = columns.sums::<_, _, _, LANES, PARTS>(group, lines, lines, f);
                for (lane, sum) in sums.into_iter().enumerate() {
                    merged[lane * count + group] = finish(group, sum);
                }
            }
            output.copy(&merged[..LANES.min(range.end - start) * count]);
        }
        Ok(())
    })
}

/// Mean and variance of the elements of a line that belong to a group. What is next `ahead` will be read soon.
fn line_moments<'a, T: Continuous>(
    columns: &ColumnGroups<'_>,
    group: usize,
    line: &[T],
    ahead: &mut impl Iterator<Item = &'a [T]>,
) -> Moments<T::Sum> {
    let (lines, count) = ([line], columns.count(group));
    let first = line[columns.first(group)].widen();
    let difference = |_, x: T, _| x.widen().minus(first);
    prefetch(ahead.next().unwrap_or_default());
    let [sum] = columns.sums::<_, _, _, 1, LINE_PARTS>(group, lines, lines, difference);
    let mean: T::Sum = sum / count;
    let square = |_, x: T, _| {
        let deviation = x.widen().minus(first).minus(mean);
        deviation.inner(deviation)
    };
    prefetch(ahead.next().unwrap_or_default());
    let [square]: [f64; 1] = columns.sums::<_, _, _, 1, LINE_PARTS>(group, lines, lines, square);
    let members = columns.members(group);
    if members.len() > 1 && is_extreme(square) {
        let x = members.iter().map(|&i| line[i as usize].widen());
        if let Some(scaled) = scaled_moments(x, first, count) {
            return scaled;
        }
    }
    Moments::new(mean, square / count)
}

/// Means and variances of groups of elements along the last axis.
///
/// They are computed from differences to the first element of the group, which for elements that are
/// all the same are exactly 0.
pub(crate) struct ColumnMoments<'a, T: Continuous> {
    x: &'a [T],
    shape: &'a [usize],
    columns: ColumnGroups<'a>,
    /// For each line, those of its groups.
    moments: Vec<Moments<T::Sum>>,
}

impl<'a, T: Continuous> ColumnMoments<'a, T> {
    pub(crate) fn new(shape: &'a [usize], x: &'a [T], groups: &'a RowGroups) -> Result<Self> {
        let columns = ColumnGroups::new(groups);
        let groups = columns.len();
        let (count, length) = (line_count(shape), shape[shape.len() - 1]);
        let mut moments = vec![Moments::default(); count * groups];
        let work = size_of_val(x) + size_of_val(&*moments);
        change_rows(&mut moments, groups, work, |range, moments| {
            let lines = x[range.start * length..].chunks_exact(length);
            let next = lines.clone().skip(1).chain([&[][..]]);
            for ((line, next), moments) in lines.zip(next).zip(moments.chunks_mut(groups)) {
                // in as many pieces as there are passes: the processor only waits for some lines of its cache at the same time
                let mut ahead = next.chunks(length.div_ceil(2 * groups));
                for (group, moments) in moments.iter_mut().enumerate() {
                    *moments = line_moments(&columns, group, line, &mut ahead);
                }
            }
            Ok(())
        })?;
        Ok(ColumnMoments {
            x,
            shape,
            columns,
            moments,
        })
    }

    /// `f(variance)` for all lines and groups.
    pub(crate) fn map_variances(&self, f: impl Fn(Variance) -> f64 + Sync) -> Result<DenseArray> {
        map(&self.columns.merged(self.shape), &self.moments, |moments| {
            T::from_real(f(moments.variance))
        })
    }

    /// `finish(count, variance, s)` for all lines of a gradient and all groups.
    ///
    /// `s` is the sum of the products of each element of the gradient with the deviation from the
    /// mean of the element of the values that it is a derivative of, divided by the scale of the
    /// variance. `count` and `variance` are those of these elements of the values.
    pub(crate) fn weighted_sums(
        &self,
        gradient: &GradientRows,
        a: &[T],
        finish: impl Fn(f64, Variance, f64) -> f64 + Sync,
    ) -> Result<DenseArray> {
        let length = self.shape[self.shape.len() - 1];
        let per_row = line_count(&self.shape[1..]);
        let per_gradient_row = per_row * gradient.repeats;
        let parents = gradient.map.parents();
        let row_length = per_gradient_row * self.columns.len();
        let shape = self.columns.merged(&gradient.shape);
        let work = size_of_val(a) + parents.len() * row_length * size_of::<T>();
        DenseArray::write_rows(&shape, row_length, work, |range, output| {
            let mut deviations = vec![T::Sum::default(); per_row * length];
            let mut current = None;
            let a = &a[range.start * per_gradient_row * length..];
            let rows = a.chunks_exact(per_gradient_row * length);
            for (row, &parent) in rows.zip(&parents[range]) {
                let first_line = parent as usize * per_row;
                if current.replace(parent) != Some(parent) {
                    self.deviations(first_line, &mut deviations);
                }
                self.merge_row(row, &deviations, first_line, output, &finish);
            }
            Ok(())
        })
    }

    /// The same for one row of a gradient, where `deviations` are those of the row of the values
    /// starting at `first_line`.
    fn merge_row(
        &self,
        row: &[T],
        deviations: &[T::Sum],
        first_line: usize,
        output: &mut Output<'_, T>,
        finish: impl Fn(f64, Variance, f64) -> f64,
    ) {
        let columns = &self.columns;
        let length = self.shape[self.shape.len() - 1];
        let (count, per_row) = (row.len() / length, deviations.len() / length);
        let mut merged = vec![T::default(); LANES * columns.len()];
        for start in (0..count).step_by(LANES) {
            let lines = lines(row, length, start);
            let mut parents = [0; LANES];
            let mut weights: [&[T::Sum]; LANES] = [&[]; LANES];
            for lane in 0..LANES {
                parents[lane] = (start + lane) % per_row;
                weights[lane] = &deviations[parents[lane] * length..][..length];
            }
            for group in 0..columns.len() {
                let product = |_, a: T, weight: T::Sum| weight.inner(a.widen());
                let sums = columns.sums::<_, _, _, LANES, PARTS>(group, lines, weights, product);
                let n = columns.count(group);
                for (lane, (sum, parent)) in sums.into_iter().zip(parents).enumerate() {
                    let line = first_line + parent;
                    let moments = &self.moments[line * columns.len() + group];
                    let finished = finish(n, moments.variance, sum);
                    merged[lane * columns.len() + group] = T::from_real(finished);
                }
            }
            output.copy(&merged[..LANES.min(count - start) * columns.len()]);
        }
    }

    /// Differences to their mean of the elements of as many lines as `result` has space for, divided by the scale of the
    /// variance.
    fn deviations(&self, first_line: usize, result: &mut [T::Sum]) {
        let columns = &self.columns;
        let length = self.shape[self.shape.len() - 1];
        let x = self.x[first_line * length..].chunks_exact(length);
        let moments = self.moments[first_line * columns.len()..].chunks_exact(columns.len());
        for ((result, x), moments) in result.chunks_exact_mut(length).zip(x).zip(moments) {
            for (group, moments) in moments.iter().enumerate() {
                let first = x[columns.first(group)].widen();
                for &i in columns.members(group) {
                    result[i as usize] = moments.deviation(x[i as usize].widen(), first);
                }
            }
        }
    }
}
