//! Boxes around rows.

use super::Rows;
use super::table::{Table, by_width};
use crate::simd::{Kernel, run_kernel};

/// Tables with more columns than this have no bounds.
const MAX_WIDTH: usize = 4;

/// Number of rows after which it is time to see if the box has become too large.
const BATCH: usize = 1024;

/// The points with integer coordinates in the smallest box around some rows. Each has a number, the same for all
/// points that are not in the box.
///
/// Rows may have fewer columns than there are axes here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The smallest coordinates,
    min: [i32; MAX_WIDTH],
    /// how many there are,
    length: [u32; MAX_WIDTH],
    /// and what a step adds to the number of a point. (Three vectors, for the instructions that processors have.)
    stride: [u32; MAX_WIDTH],
    points: u32,
}

impl Bounds {
    /// Bounds of a table with rows and columns, unless they have more than `max_points` points, or too many to
    /// calculate with 32 bits.
    pub(super) fn new(rows: Rows<'_>, max_points: usize) -> Option<Bounds> {
        if rows.width() == 0 || rows.width() > MAX_WIDTH {
            return None;
        }
        let mut ranges = [(i32::MAX, i32::MIN); MAX_WIDTH];
        let mut bounds = None;
        for start in (0..rows.count()).step_by(BATCH) {
            let batch = rows.range(start, rows.count().min(start + BATCH));
            ranges = by_width!(rows.width(), [batch => table], run_kernel(Widen(ranges, table)));
            bounds = Some(Self::around(&ranges[..rows.width()], max_points)?);
        }
        bounds
    }

    fn around(ranges: &[(i32, i32)], max_points: usize) -> Option<Bounds> {
        let mut bounds = Bounds {
            min: [0; MAX_WIDTH],
            length: [0; MAX_WIDTH],
            stride: [0; MAX_WIDTH],
            points: 1,
        };
        // The last column changes most from one row to the next: neighbors stay close to each other.
        for (axis, &(min, max)) in ranges.iter().enumerate().rev() {
            bounds.min[axis] = min;
            bounds.length[axis] = max.wrapping_sub(min).cast_unsigned().checked_add(1)?;
            bounds.stride[axis] = bounds.points;
            bounds.points = bounds.points.checked_mul(bounds.length[axis])?;
        }
        let sums_fit = bounds.points <= u32::MAX / MAX_WIDTH as u32;
        (sums_fit && bounds.points as usize <= max_points).then_some(bounds)
    }

    /// The smallest and the largest coordinate along one axis.
    pub(super) fn range(&self, axis: usize) -> (i32, i32) {
        let min = self.min[axis];
        (min, min.wrapping_add_unsigned(self.length[axis] - 1))
    }

    /// How many points are in the box. This is also the number of those that are not.
    pub(super) fn points(&self) -> usize {
        self.points as usize
    }

    /// What the coordinate along one axis contributes to the number of a point: see [`Bounds::number`].
    #[inline(always)]
    pub(super) fn offset(&self, axis: usize, value: i32) -> u32 {
        let position = value.wrapping_sub(self.min[axis]).cast_unsigned();
        let offset = position.wrapping_mul(self.stride[axis]);
        if position < self.length[axis] {
            offset
        } else {
            self.points
        }
    }

    /// The number of a point, from the sum of what its coordinates contribute.
    #[inline(always)]
    pub(super) fn number(&self, offsets: u32) -> usize {
        offsets.min(self.points) as usize
    }

    /// The number of the point that a row is.
    #[inline(always)]
    pub(super) fn point(&self, row: &[i32]) -> usize {
        let mut offsets = 0;
        for (axis, &value) in row.iter().enumerate().take(MAX_WIDTH) {
            offsets += self.offset(axis, value);
        }
        self.number(offsets)
    }
}

/// Widens ranges so that they hold the rows of a table.
struct Widen<T>([(i32, i32); MAX_WIDTH], T);

impl<'a, T: Table<'a>> Kernel for Widen<T> {
    type Output = [(i32, i32); MAX_WIDTH];

    #[inline(always)]
    fn fused(self) -> Self::Output {
        let Widen(mut ranges, table) = self;
        for row in 0..table.count() {
            for ((min, max), &value) in ranges.iter_mut().zip(table.row(row)) {
                *min = value.min(*min);
                *max = value.max(*max);
            }
        }
        ranges
    }
}
