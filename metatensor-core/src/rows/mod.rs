//! Algebra on flat tables: `count` rows of `width` integers, one after the other in one buffer.
//!
//! Everything that compares, finds, groups or sorts rows of labels goes through this module. Rows are
//! compared as their integers are, column 0 first. Inside the module row numbers are `u32`, which is why
//! a table has at most [`Rows::MAX_COUNT`] rows.

mod bounds;
mod direct_table;
mod groups;
mod hash;
mod hash_index;
mod index;
mod rank_bitmap;
mod select;
mod sets;
mod sort;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::slice::ChunksExact;

pub use self::groups::{RowGroups, first_occurrences};
pub use self::index::{Duplicate, RowIndex, Uniqueness, check_unique};
pub use self::select::{select, select_sorted};
pub use self::sets::{RowSet, difference, intersection, positions, union};
pub use self::sort::{Direction, argsort};
use self::table::{Table, by_width};
use crate::{Error, Result};

/// A borrowed table of rows.
#[derive(Clone, Copy)]
pub struct Rows<'a> {
    values: &'a [i32],
    count: usize,
    width: usize,
}

/// How the rows of a table follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Each row is larger than the one before: the table is sorted and its rows are distinct.
    StrictlyIncreasing,
    /// The table is sorted, and at least one row is repeated.
    NonDecreasing,
    /// At least one row is smaller than the one before.
    Unordered,
}

impl<'a> Rows<'a> {
    /// The largest number of rows in a table.
    pub const MAX_COUNT: usize = u32::MAX as usize - 1;

    /// The table over `values`, of which the size has been checked before.
    ///
    /// # Panics
    ///
    /// If [`Rows::try_new`] would have refused it.
    #[must_use]
    pub fn new(values: &'a [i32], count: usize, width: usize) -> Self {
        match Self::try_new(values, count, width) {
            Ok(rows) => rows,
            Err(error) => panic!("{error}"),
        }
    }

    /// The table of `count` rows of `width` integers over `values`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidParameter`] if `values` does not have `count * width` entries, or if there are more
    /// than [`Rows::MAX_COUNT`] rows.
    pub fn try_new(values: &'a [i32], count: usize, width: usize) -> Result<Self> {
        if count > Self::MAX_COUNT {
            return Err(Error::invalid(format!(
                "a table of labels can have {} rows at most, got {count}",
                Self::MAX_COUNT
            )));
        }
        if count.checked_mul(width) != Some(values.len()) {
            return Err(Error::invalid(format!(
                "expected {count} rows of {width} values, got {} values",
                values.len()
            )));
        }
        Ok(Rows {
            values,
            count,
            width,
        })
    }

    /// The same without a check, for sizes that were checked before.
    #[inline(always)]
    pub(crate) fn of_checked(values: &'a [i32], count: usize, width: usize) -> Self {
        debug_assert!(Self::try_new(values, count, width).is_ok());
        Rows {
            values,
            count,
            width,
        }
    }

    /// Whether all values of a column are in `0..end`.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn column_is_below(self, column: usize, end: usize) -> bool {
        assert!(column < self.width, "column {column} of {}", self.width);
        let last = end.min(1 << 31) as i64 - 1;
        let last = last as i32; // -1 at least
        // The sign bit is set if any value is negative or too large. Without a way out, this loop has no
        // branches.
        let signs = by_width!(self.width, [self => table], {
            (0..table.count()).fold(0, |signs, row| {
                let value = table.row(row)[column];
                signs | value | last.wrapping_sub(value)
            })
        });
        signs >= 0
    }

    /// Number of rows.
    #[must_use]
    pub fn count(self) -> usize {
        self.count
    }

    /// Number of columns.
    #[must_use]
    pub fn width(self) -> usize {
        self.width
    }

    /// All values, row after row.
    #[must_use]
    pub fn values(self) -> &'a [i32] {
        self.values
    }

    /// The row with this number.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[inline]
    #[must_use]
    pub fn row(self, row: usize) -> &'a [i32] {
        assert!(row < self.count, "row {row} of {}", self.count);
        &self.values[row * self.width..(row + 1) * self.width]
    }

    /// The rows from `start` up to `end`.
    fn range(self, start: usize, end: usize) -> Rows<'a> {
        let values = &self.values[start * self.width..end * self.width];
        Rows::of_checked(values, end - start, self.width)
    }

    /// All rows, in order.
    #[must_use]
    pub fn iter(self) -> RowsIter<'a> {
        RowsIter {
            // Chunks can not be empty, rows can: those are counted by `remaining`.
            chunks: self.values.chunks_exact(self.width.max(1)),
            remaining: self.count,
        }
    }

    /// Find out if the table is sorted, and if so whether rows are repeated. Stops at the first row that
    /// is out of order.
    #[must_use]
    pub fn order(self) -> Order {
        by_width!(self.width, [self => table], order(table))
    }

    /// The table that consists of these columns, in this order.
    ///
    /// # Panics
    ///
    /// If there is no such column.
    #[must_use]
    pub fn columns(self, columns: &[usize]) -> Vec<i32> {
        assert!(
            columns.iter().all(|&column| column < self.width),
            "columns {columns:?} of {}",
            self.width
        );
        if columns.is_empty() {
            return Vec::new();
        }
        let mut gathered = vec![0; self.count * columns.len()];
        by_width!(self.width, [self => table], {
            for (row, gathered) in gathered.chunks_exact_mut(columns.len()).enumerate() {
                let values = table.row(row);
                for (value, &column) in gathered.iter_mut().zip(columns) {
                    *value = values[column];
                }
            }
        });
        gathered
    }

    /// The table that consists of the rows with these numbers, in this order.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    #[must_use]
    pub fn gather(self, rows: &[u32]) -> Vec<i32> {
        self.gather_after(&[], rows)
    }

    /// Values of rows of another table, and then those of [`Rows::gather`].
    fn gather_after(self, before: &[i32], rows: &[u32]) -> Vec<i32> {
        by_width!(self.width, [self => table], table.collect(before, rows))
    }
}

impl<'a> IntoIterator for Rows<'a> {
    type Item = &'a [i32];
    type IntoIter = RowsIter<'a>;

    fn into_iter(self) -> RowsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

/// Iterator over the rows of a table.
#[derive(Clone, Debug)]
pub struct RowsIter<'a> {
    chunks: ChunksExact<'a, i32>,
    remaining: usize,
}

impl<'a> Iterator for RowsIter<'a> {
    type Item = &'a [i32];

    #[inline]
    fn next(&mut self) -> Option<&'a [i32]> {
        self.remaining = self.remaining.checked_sub(1)?;
        Some(self.chunks.next().unwrap_or(&[]))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.remaining, Some(self.remaining))
    }
}

impl ExactSizeIterator for RowsIter<'_> {}

fn order<'a>(table: impl Table<'a>) -> Order {
    let mut order = Order::StrictlyIncreasing;
    if table.count() == 0 {
        return order;
    }
    let mut previous = table.key(0);
    for row in 1..table.count() {
        let key = table.key(row);
        if key <= previous {
            if key < previous {
                return Order::Unordered;
            }
            order = Order::NonDecreasing;
        }
        previous = key;
    }
    order
}
