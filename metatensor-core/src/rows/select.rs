//! Rows by the values in some of their columns.

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
    axes: Vec<Axis>,
    flags: Vec<bool>,
}

/// Where the flag for a value of one column is.
struct Axis {
    min: i32,
    /// Number of values. One more stands for all others.
    length: u32,
    stride: u32,
}

impl Axis {
    #[inline(always)]
    fn offset(&self, value: i32) -> u32 {
        let position = value.wrapping_sub(self.min).cast_unsigned();
        position.min(self.length) * self.stride
    }
}

impl FlagTable {
    /// `None` if it would have more than `max_size` flags.
    fn new(rows: Rows<'_>, max_size: usize) -> Option<FlagTable> {
        let first = rows.iter().next()?;
        let mut ranges: Vec<(i32, i32)> = first.iter().map(|&value| (value, value)).collect();
        for row in rows {
            for ((min, max), &value) in ranges.iter_mut().zip(row) {
                *min = value.min(*min);
                *max = value.max(*max);
            }
        }
        let mut size = 1;
        let mut axes = Vec::with_capacity(rows.width());
        for (min, max) in ranges {
            let length = max.wrapping_sub(min).cast_unsigned().checked_add(1)?;
            axes.push(Axis {
                min,
                length,
                stride: size as u32,
            });
            size = (length as usize + 1).checked_mul(size)?;
            if size > max_size {
                return None;
            }
        }
        let mut flags = vec![false; size];
        for row in rows {
            let offsets = axes
                .iter()
                .zip(row)
                .map(|(axis, &value)| axis.offset(value));
            flags[offsets.sum::<u32>() as usize] = true;
        }
        Some(FlagTable { axes, flags })
    }

    fn select(&self, rows: Rows<'_>, columns: &[usize]) -> Vec<u32> {
        let mut selected = Vec::new();
        let mut positions = [0; BATCH];
        let mut found = [0; BATCH];
        by_width!(rows.width(), [rows => table], {
            for start in (0..table.count()).step_by(BATCH) {
                let batch = start..table.count().min(start + BATCH);
                positions.fill(0);
                for (axis, &column) in self.axes.iter().zip(columns) {
                    for (position, row) in positions.iter_mut().zip(batch.clone()) {
                        *position += axis.offset(table.row(row)[column]);
                    }
                }
                // Whether a row is found is as good as random: no branch depends on it.
                let mut count = 0;
                for (row, &position) in batch.zip(&positions) {
                    found[count] = row as u32;
                    count += usize::from(self.flags[position as usize]);
                }
                selected.extend_from_slice(&found[..count]);
            }
        });
        selected
    }
}
