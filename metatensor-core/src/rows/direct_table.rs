//! From a row in a small box of integers to its number, without comparing rows: a direct-address table, where what a key
//! is tells the place of its entry.

use super::bounds::Bounds;
use super::table::Table;
use crate::memory::zeros;

/// A number for each point of a box around the rows: 0 if it is not a row, else the row number plus one. There is one
/// more, which is 0, for everything that is not in the box.
#[derive(Clone, Debug)]
pub(super) struct DirectTable {
    bounds: Bounds,
    slots: Vec<u32>,
}

/// A box has at most so many points per row: the index is about as large as a hash table would be.
const POINTS_PER_ROW: usize = 4;

/// There can be four times as many in boxes with at most this many points, which fit in a cache of a processor.
const NEAR_POINTS: usize = 1 << 18;

impl DirectTable {
    /// The points that a table with so many rows may take.
    pub(super) fn max_points(rows: usize) -> usize {
        let few = rows.saturating_mul(POINTS_PER_ROW);
        few.max(few.saturating_mul(4).min(NEAR_POINTS))
    }

    /// Index of a table with these bounds, whose rows are distinct or not. Of equal rows, the first one is found.
    ///
    /// # Errors
    ///
    /// That of `on_repeated`, which gets the number of each row that repeats an earlier one.
    pub(super) fn new<'a, E>(
        table: impl Table<'a>,
        bounds: Bounds,
        on_repeated: impl Fn(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut slots = zeros(bounds.points() + 1);
        for row in 0..table.count() {
            let slot = &mut slots[bounds.point(table.row(row))];
            if *slot == 0 {
                *slot = row as u32 + 1;
            } else {
                on_repeated(row)?;
            }
        }
        Ok(DirectTable { bounds, slots })
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    #[inline(always)]
    pub(super) fn find(&self, row: &[i32]) -> Option<usize> {
        // There is a slot for any point: asked in this way, no code has to be ready for a panic.
        let slot = self.slots.get(self.bounds.point(row))?;
        slot.checked_sub(1).map(|row| row as usize)
    }
}
