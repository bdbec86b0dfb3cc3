//! From a row in a large box of integers to its number, by counting: a rank bitmap.
//!
//! The rank of a bit is how many bits before it are set. Counts are kept for whole words, and those of the last word are
//! counted by an instruction: a bit and a count per 32 points take 2 bits per point, 16 times less than the row numbers
//! of a [`DirectTable`](super::direct_table::DirectTable).

use std::sync::OnceLock;

use super::Order;
use super::bounds::Bounds;
use super::table::Table;
use crate::memory::{vector_with_capacity, zeros};
use crate::simd::{Kernel, run_kernel};

/// A bit for each point of a box around the rows, and one for everything else: whether it is a row.
///
/// Rows are counted in the order of points. This is the order of sorted rows, which are thus found by counting alone.
#[derive(Clone, Debug)]
pub(super) struct RankBitmap {
    bounds: Bounds,
    cells: Vec<Cell>,
    order: Order,
    /// The number of each row, in the order of points, and one more number for points after the last row, unless the
    /// rows are sorted. Made when the first row is looked for: many tables are only checked.
    numbers: OnceLock<Vec<u32>>,
}

/// Some neighboring points.
#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    /// Which of them are rows.
    present: u32,
    /// How many rows there are in the cells before.
    before: u32,
}

/// Points in a cell.
const POINTS: usize = u32::BITS as usize;

/// A box has at most so many points per row: the index is not larger than a hash table would be.
const POINTS_PER_ROW: usize = 32;

impl RankBitmap {
    /// The points that the box of a table with so many rows may have.
    pub(super) fn max_points(rows: usize) -> usize {
        rows.saturating_mul(POINTS_PER_ROW)
    }

    /// Index of a table with these bounds and this order, whose rows are distinct or not. Of equal rows, the first one is found.
    ///
    /// # Errors
    ///
    /// That of `on_repeated`, which gets the number of each row that repeats an earlier one.
    pub(super) fn new<'a, E>(
        table: impl Table<'a>,
        bounds: Bounds,
        order: Order,
        on_repeated: impl Fn(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let count = (bounds.points() + 1).div_ceil(POINTS);
        let mut cells = vector_with_capacity(count);
        cells.resize(count, Cell::default());
        for row in 0..table.count() {
            let point = bounds.point(table.row(row));
            let cell: &mut Cell = &mut cells[point / POINTS];
            if cell.has(point) {
                on_repeated(row)?;
            }
            cell.present |= 1 << (point % POINTS);
        }
        let mut total = 0;
        for cell in &mut cells {
            cell.before = total;
            total += cell.present.count_ones();
        }
        Ok(RankBitmap {
            bounds,
            cells,
            order,
            numbers: OnceLock::new(),
        })
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// How to find many rows of the same table.
    #[inline(always)]
    pub(super) fn find_in<'a>(&self, table: impl Table<'a>) -> impl Fn(&[i32]) -> Option<usize> {
        let numbers = match self.order {
            Order::StrictlyIncreasing => None,
            Order::NonDecreasing | Order::Unordered => Some(
                self.numbers
                    .get_or_init(|| run_kernel(Number { index: self, table })),
            ),
        };
        move |row| {
            let point = self.bounds.point(row);
            let cell = self.cells[point / POINTS];
            let position = cell.count_before(point);
            let number = match numbers {
                Some(numbers) => numbers[position] as usize,
                None => position,
            };
            // Whether a row is there can be as good as random: nothing above depends on it.
            cell.has(point).then_some(number)
        }
    }
}

/// Finds the number of each row of an index, in the order of points.
struct Number<'i, T> {
    index: &'i RankBitmap,
    table: T,
}

impl<'a, T: Table<'a>> Kernel for Number<'_, T> {
    type Output = Vec<u32>;

    #[inline(always)]
    fn fused(self) -> Vec<u32> {
        let Number { index, table } = self;
        let count = |cell: &Cell| (cell.before + cell.present.count_ones()) as usize;
        let rows = index.cells.last().map_or(0, count);
        let mut numbers = zeros(rows + 1);
        // The first of equal rows is the last one written.
        for row in (0..table.count()).rev() {
            let point = index.bounds.point(table.row(row));
            numbers[index.cells[point / POINTS].count_before(point)] = row as u32;
        }
        numbers
    }
}

impl Cell {
    #[inline(always)]
    fn has(self, point: usize) -> bool {
        self.present >> (point % POINTS) & 1 != 0
    }

    /// How many rows come before this point of the cell.
    #[inline(always)]
    fn count_before(self, point: usize) -> usize {
        let before = self.present & ((1 << (point % POINTS)) - 1);
        (self.before + before.count_ones()) as usize
    }
}
