//! From a row to its number.

use super::bounds::Bounds;
use super::direct_table::DirectTable;
use super::hash_index::HashIndex;
use super::rank_bitmap::RankBitmap;
use super::table::{Table, by_width};
use super::{Order, Rows};

/// Tables with at most this many rows are searched from one end to the other.
const SCANNED: usize = 8;

/// How to find the rows of one table.
///
/// The rows themselves stay where they are: every function takes the table again. Giving another table than
/// the one the index was made for gives meaningless answers, or a panic.
#[derive(Clone, Debug)]
pub struct RowIndex(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Scan,
    Direct(DirectTable),
    Ranked(RankBitmap),
    Hash(HashIndex),
}

/// Two equal rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The number of the first of the two rows.
    pub first: usize,
    /// The number of the second of the two rows.
    pub second: usize,
}

/// Why the rows of a table are distinct.
#[derive(Clone, Debug)]
pub enum Uniqueness {
    /// They are strictly increasing.
    Sorted,
    /// They are not sorted, and this index was made without finding duplicates.
    Indexed(RowIndex),
}

/// Check that the rows of a table are distinct.
///
/// # Errors
///
/// The first row that repeats an earlier one, if there is one.
pub fn check_unique(rows: Rows<'_>) -> Result<Uniqueness, Duplicate> {
    match rows.order() {
        Order::StrictlyIncreasing => Ok(Uniqueness::Sorted),
        Order::NonDecreasing | Order::Unordered => RowIndex::new(rows).map(Uniqueness::Indexed),
    }
}

impl RowIndex {
    /// Index of a table.
    ///
    /// # Errors
    ///
    /// The first row that repeats an earlier one, if there is one.
    pub fn new(rows: Rows<'_>) -> Result<RowIndex, Duplicate> {
        let duplicate = |second| {
            let row = rows.row(second);
            let mut earlier = rows.iter().take(second);
            earlier
                .position(|earlier| earlier == row)
                .map_or(Ok(()), |first| Err(Duplicate { first, second }))
        };
        if rows.count() <= SCANNED || rows.width() == 0 {
            (0..rows.count()).try_for_each(duplicate)?;
        }
        Self::build(rows, duplicate)
    }

    /// Index of a table of which the rows are distinct. If they are not after all, the first of equal rows is
    /// the one that is found.
    #[must_use]
    pub fn assume_unique(rows: Rows<'_>) -> RowIndex {
        let Ok(index) = Self::build(rows, |_| Ok::<(), std::convert::Infallible>(()));
        index
    }

    fn build<E>(rows: Rows<'_>, on_repeated: impl Fn(usize) -> Result<(), E>) -> Result<Self, E> {
        let count = rows.count();
        if count <= SCANNED {
            return Ok(RowIndex(Kind::Scan));
        }
        let max_points = DirectTable::max_points(count);
        let bounds = Bounds::new(rows, max_points.max(RankBitmap::max_points(count)));
        let kind = by_width!(rows.width(), [rows => table], match bounds {
            Some(bounds) if bounds.points() <= max_points => {
                Kind::Direct(DirectTable::new(table, bounds, on_repeated)?)
            }
            Some(bounds) => Kind::Ranked(RankBitmap::new(table, bounds, rows.order(), on_repeated)?),
            None => Kind::Hash(HashIndex::new(table, on_repeated)?),
        });
        Ok(RowIndex(kind))
    }

    /// The smallest and the largest value in one column of the table, if the index has them.
    pub(crate) fn range(&self, column: usize) -> Option<(i32, i32)> {
        match &self.0 {
            Kind::Direct(index) => Some(index.bounds().range(column)),
            Kind::Ranked(index) => Some(index.bounds().range(column)),
            Kind::Hash(_) | Kind::Scan => None,
        }
    }

    /// The number of this row, if the table has it. A row of another width than the table is never found.
    ///
    /// # Panics
    ///
    /// The index may panic if it was made for another table than `rows`.
    #[inline]
    #[must_use]
    pub fn find(&self, rows: Rows<'_>, row: &[i32]) -> Option<usize> {
        if row.len() != rows.width() {
            return None;
        }
        self.find_in_box(row)
            .unwrap_or_else(|| self.find_in_table(rows, row))
    }

    /// The same in a few instructions, if the rows are in a small box, and this row is as wide as they are.
    #[inline(always)]
    pub(crate) fn find_in_box(&self, row: &[i32]) -> Option<Option<usize>> {
        match &self.0 {
            Kind::Direct(index) => Some(index.find(row)),
            Kind::Ranked(_) | Kind::Hash(_) | Kind::Scan => None,
        }
    }

    #[inline(never)]
    fn find_in_table(&self, rows: Rows<'_>, row: &[i32]) -> Option<usize> {
        let query = Rows::of_checked(row, 1, row.len());
        by_width!(rows.width(), [rows => table, query => query], {
            let row = query.row(0);
            match &self.0 {
                Kind::Direct(index) => index.find(row),
                Kind::Ranked(index) => index.find_in(table)(row),
                Kind::Hash(index) => index.find(table, row),
                Kind::Scan => scan(table, row),
            }
        })
    }

    /// Find many rows: `found` is called for each row of `queries`, in order, with its number there and its
    /// number in `rows`. This is faster than [`RowIndex::find`] for each of them.
    ///
    /// # Panics
    ///
    /// If the two tables do not have the same width, or (perhaps) if the index was made for another table
    /// than `rows`.
    pub fn find_all(
        &self,
        rows: Rows<'_>,
        queries: Rows<'_>,
        found: impl FnMut(usize, Option<usize>),
    ) {
        assert_eq!(rows.width(), queries.width(), "the widths of two tables");
        by_width!(rows.width(), [rows => table, queries => queries], {
            match &self.0 {
                Kind::Direct(index) => find_each(queries, |row| index.find(row), found),
                Kind::Ranked(index) => find_each(queries, index.find_in(table), found),
                Kind::Hash(index) => index.find_all(table, queries, found),
                Kind::Scan => find_each(queries, |row| scan(table, row), found),
            }
        });
    }
}

#[inline(always)]
fn scan<'a>(table: impl Table<'a>, row: &[i32]) -> Option<usize> {
    (0..table.count()).find(|&i| table.row(i) == row)
}

#[inline(always)]
fn find_each<'a>(
    queries: impl Table<'a>,
    find: impl Fn(&[i32]) -> Option<usize>,
    mut found: impl FnMut(usize, Option<usize>),
) {
    for query in 0..queries.count() {
        found(query, find(queries.row(query)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(values: &[i32], width: usize) -> Kind {
        RowIndex::assume_unique(Rows::new(values, values.len() / width, width)).0
    }

    #[test]
    fn ranges_are_those_of_the_columns() {
        let close: Vec<i32> = (0..100)
            .flat_map(|i| [i32::MAX - i / 10, i % 10 - 7])
            .collect();
        for spread in [1, 2, 5] {
            let values: Vec<i32> = close
                .chunks_exact(2)
                .flat_map(|row| [row[0], row[1] * spread])
                .collect();
            let index = RowIndex::assume_unique(Rows::new(&values, 100, 2));
            assert_eq!(index.range(0), Some((i32::MAX - 9, i32::MAX)));
            assert_eq!(index.range(1), Some((-7 * spread, 2 * spread)));
        }
        let far: Vec<i32> = (0..100).map(|i| i * 1000).collect();
        assert_eq!(
            RowIndex::assume_unique(Rows::new(&far, 100, 1)).range(0),
            None
        );
    }

    #[test]
    fn the_kind_of_index_depends_on_how_close_rows_are() {
        assert!(matches!(kind(&[5, 7, 6, 9], 1), Kind::Scan));
        let close: Vec<i32> = (0..100).map(|i| i32::MAX - i).collect();
        assert!(matches!(kind(&close, 1), Kind::Direct(_)));
        let grid: Vec<i32> = (0..100).flat_map(|i| [i / 10, i % 10]).collect();
        assert!(matches!(kind(&grid, 2), Kind::Direct(_)));
        assert!(matches!(kind(&close, 5), Kind::Hash(_)));
        let large_box: Vec<i32> = (0..100).flat_map(|i| [i / 10 * 20, i % 10]).collect();
        assert!(matches!(kind(&large_box, 2), Kind::Ranked(_)));
        let far: Vec<i32> = (0..100).map(|i| i * 1000).collect();
        assert!(matches!(kind(&far, 1), Kind::Hash(_)));
        let whole_range = [&close[..], &[i32::MIN]].concat();
        assert!(matches!(kind(&whole_range, 1), Kind::Hash(_)));
    }
}
