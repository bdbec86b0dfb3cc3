//! Rows by the values in some of their columns.

use std::cmp::Ordering;

use super::bounds::Bounds;
use super::table::{Table, by_width};
use super::{RowIndex, Rows};

/// Number of rows that are looked at together.
const BATCH: usize = 512;

/// The numbers of the rows whose values in these columns are one of the rows of `wanted`, increasing. The index
/// of `wanted` is only asked for if it is needed.
///
/// # Panics
///
/// If `wanted` does not have one column for each of `columns`, or one of these does not exist.
#[must_use]
pub fn select<'a>(
    rows: Rows<'_>,
    columns: &[usize],
    wanted: Rows<'_>,
    index: impl FnOnce() -> &'a RowIndex,
) -> Vec<u32> {
    assert_eq!(columns.len(), wanted.width(), "the number of columns");
    assert!(
        columns.iter().all(|&column| column < rows.width()),
        "columns {columns:?} of {}",
        rows.width()
    );
    // The table should neither be larger than a cache, nor take longer to make than to use.
    let max_size = (1024 + 4 * rows.count()).min(1 << 18);
    match FlagTable::new(wanted, max_size) {
        Some(table) => table.select(rows, columns),
        None => select_with_index(rows, columns, wanted, index()),
    }
}

/// The numbers of the rows that are `wanted`, in the order of these, for few of them: each is searched by halving. `rows`
/// have to increase strictly, and need no index.
#[must_use]
pub fn select_sorted(rows: Rows<'_>, wanted: Rows<'_>) -> Vec<u32> {
    let position = |wanted: &[i32]| {
        let (mut start, mut end) = (0, rows.count());
        while start < end {
            let middle = start.midpoint(end);
            match rows.row(middle).cmp(wanted) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(middle as u32),
                Ordering::Greater => end = middle,
            }
        }
        None
    };
    wanted.into_iter().filter_map(position).collect()
}

fn select_with_index(
    rows: Rows<'_>,
    columns: &[usize],
    wanted: Rows<'_>,
    index: &RowIndex,
) -> Vec<u32> {
    let mut selected = Vec::new();
    for start in (0..rows.count()).step_by(BATCH) {
        let batch = rows.range(start, rows.count().min(start + BATCH));
        let values = batch.columns(columns);
        let queries = Rows::new(&values, batch.count(), columns.len());
        index.find_all(wanted, queries, |row, position| {
            if position.is_some() {
                selected.push((start + row) as u32);
            }
        });
    }
    selected
}

/// A flag for each row that could be in a table of small integers.
struct FlagTable {
    bounds: Bounds,
    flags: Vec<bool>,
}

impl FlagTable {
    /// `None` if it would have more than `max_size` flags.
    fn new(rows: Rows<'_>, max_size: usize) -> Option<FlagTable> {
        let bounds = Bounds::new(rows, max_size)?;
        let mut flags = vec![false; bounds.points() + 1];
        for row in rows {
            flags[bounds.point(row)] = true;
        }
        Some(FlagTable { bounds, flags })
    }

    fn select(&self, rows: Rows<'_>, columns: &[usize]) -> Vec<u32> {
        let mut selected = Vec::new();
        let mut offsets = [0; BATCH];
        let mut found = [0; BATCH];
        by_width!(rows.width(), [rows => table], {
            for start in (0..table.count()).step_by(BATCH) {
                let batch = start..table.count().min(start + BATCH);
                offsets.fill(0);
                for (axis, &column) in columns.iter().enumerate() {
                    for (offsets, row) in offsets.iter_mut().zip(batch.clone()) {
                        *offsets += self.bounds.offset(axis, table.row(row)[column]);
                    }
                }
                // Whether a row is found is as good as random: no branch depends on it.
                let mut count = 0;
                for (row, &offsets) in batch.zip(&offsets) {
                    found[count] = row as u32;
                    count += usize::from(self.flags[self.bounds.number(offsets)]);
                }
                selected.extend_from_slice(&found[..count]);
            }
        });
        selected
    }
}
