//! From a row to its number.

use std::hint::black_box;

use super::hash::Seed;
use super::table::{Table, by_width};
use super::{Order, Rows};

/// Tables with at most this many rows are searched from one end to the other.
const SCANNED: usize = 8;

/// Number of rows of which the cache misses overlap.
const BATCH: usize = 64;

/// A hash table of the row numbers of one table.
///
/// The rows themselves stay where they are: every function takes the table again. Giving another table than
/// the one the index was made for gives meaningless answers, or a panic.
#[derive(Clone, Debug)]
pub struct RowIndex {
    seed: Seed,
    /// Open addressing with linear probing. 0 if empty, else the row number plus one in the low bits, and
    /// in those above (few in large tables) some of the hash, to compare before the rows.
    slots: Box<[u32]>,
    /// The low bits of a slot.
    row_mask: u32,
    /// What remains of a hash shifted by this is the number of the slot.
    slot_shift: u32,
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
        if rows.count() <= SCANNED || rows.width() == 0 {
            scan_for_duplicate(rows)?;
        }
        Self::build(rows, Err)
    }

    /// Index of a table of which the rows are distinct. If they are not after all, the first of equal rows is
    /// the one that is found.
    #[must_use]
    pub fn assume_unique(rows: Rows<'_>) -> RowIndex {
        let Ok(index) = Self::build(rows, |_| Ok::<(), std::convert::Infallible>(()));
        index
    }

    /// The number of this row, if the table has it. A row of another width than the table is never found.
    ///
    /// # Panics
    ///
    /// The index may panic if it was made for another table than `rows`.
    #[must_use]
    pub fn find(&self, rows: Rows<'_>, row: &[i32]) -> Option<usize> {
        if self.slots.is_empty() {
            return rows.iter().position(|candidate| candidate == row);
        }
        if row.len() != rows.width() {
            return None;
        }
        let query = Rows::new(row, 1, row.len());
        by_width!(rows.width(), [rows => table, query => query], {
            let row = query.row(0);
            let hash = self.seed.hash(row);
            self.search(table, row, self.tag(hash), self.start(hash)).ok()
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
        mut found: impl FnMut(usize, Option<usize>),
    ) {
        assert_eq!(rows.width(), queries.width(), "the widths of two tables");
        by_width!(rows.width(), [rows => table, queries => queries], {
            if self.slots.is_empty() {
                for query in 0..queries.count() {
                    let row = queries.row(query);
                    found(query, (0..table.count()).find(|&i| table.row(i) == row));
                }
            } else {
                self.find_batches(table, queries, found);
            }
        });
    }

    fn build<E>(
        rows: Rows<'_>,
        on_duplicate: impl Fn(Duplicate) -> Result<(), E>,
    ) -> Result<Self, E> {
        let count = rows.count();
        let slots = match count {
            0..=SCANNED => 0,
            // At most 60 % of the slots are used.
            _ => (count * 5 / 3).next_power_of_two(),
        };
        let mut index = RowIndex {
            seed: Seed::of_process(),
            slots: vec![0; slots].into_boxed_slice(),
            row_mask: u32::MAX.unbounded_shr((count as u32).leading_zeros()),
            slot_shift: 64 - slots.max(1).ilog2(),
        };
        if slots > 0 {
            by_width!(rows.width(), [rows => table], index.fill(table, on_duplicate))?;
        }
        Ok(index)
    }

    fn fill<'a, E>(
        &mut self,
        table: impl Table<'a>,
        on_duplicate: impl Fn(Duplicate) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hashes = [0; BATCH];
        for start in (0..table.count()).step_by(BATCH) {
            let batch = start..table.count().min(start + BATCH);
            for (hash, row) in hashes.iter_mut().zip(batch.clone()) {
                *hash = self.seed.hash(table.row(row));
                // These loads do not depend on each other: the processor waits for all of them at once.
                black_box(self.slots[self.start(*hash)]);
            }
            for (&hash, second) in hashes.iter().zip(batch) {
                let tag = self.tag(hash);
                match self.search(table, table.row(second), tag, self.start(hash)) {
                    Ok(first) => on_duplicate(Duplicate { first, second })?,
                    Err(empty) => self.slots[empty] = tag | (second as u32 + 1),
                }
            }
        }
        Ok(())
    }

    fn find_batches<'a>(
        &self,
        table: impl Table<'a>,
        queries: impl Table<'a>,
        mut found: impl FnMut(usize, Option<usize>),
    ) {
        let mut tags = [0; BATCH];
        let mut positions = [0; BATCH];
        for start in (0..queries.count()).step_by(BATCH) {
            let batch = start..queries.count().min(start + BATCH);
            for ((query, tag), position) in batch.clone().zip(&mut tags).zip(&mut positions) {
                let hash = self.seed.hash(queries.row(query));
                *tag = self.tag(hash);
                *position = self.start(hash);
                black_box(self.slots[*position]);
            }
            for (&tag, position) in tags.iter().zip(&mut positions).take(batch.len()) {
                *position = self.probe(tag, *position);
                if let Some(row) = self.row_at(*position) {
                    black_box(table.row(row).first());
                }
            }
            for ((query, &tag), &position) in batch.zip(&tags).zip(&positions) {
                let row = self.search(table, queries.row(query), tag, position);
                found(query, row.ok());
            }
        }
    }

    /// The number of this row, or else the position where it would be inserted.
    #[inline(always)]
    fn search<'a>(
        &self,
        table: impl Table<'a>,
        row: &[i32],
        tag: u32,
        mut position: usize,
    ) -> Result<usize, usize> {
        loop {
            position = self.probe(tag, position);
            match self.row_at(position) {
                None => return Err(position),
                Some(found) if table.row(found) == row => return Ok(found),
                Some(_) => position = self.after(position),
            }
        }
    }

    /// The first position, from this one on, that is empty or has this tag.
    #[inline(always)]
    fn probe(&self, tag: u32, mut position: usize) -> usize {
        loop {
            let slot = self.slots[position];
            if slot == 0 || (slot ^ tag) & !self.row_mask == 0 {
                return position;
            }
            position = self.after(position);
        }
    }

    #[inline(always)]
    fn row_at(&self, position: usize) -> Option<usize> {
        (self.slots[position] & self.row_mask)
            .checked_sub(1)
            .map(|row| row as usize)
    }

    #[inline(always)]
    fn after(&self, position: usize) -> usize {
        (position + 1) & (self.slots.len() - 1)
    }

    /// The position takes the high bits of a hash, the tag the low ones.
    #[inline(always)]
    fn start(&self, hash: u64) -> usize {
        (hash >> self.slot_shift) as usize
    }

    #[inline(always)]
    fn tag(&self, hash: u64) -> u32 {
        (hash as u32) & !self.row_mask
    }
}

fn scan_for_duplicate(rows: Rows<'_>) -> Result<(), Duplicate> {
    for (second, row) in rows.iter().enumerate() {
        if let Some(first) = rows.iter().take(second).position(|earlier| earlier == row) {
            return Err(Duplicate { first, second });
        }
    }
    Ok(())
}
