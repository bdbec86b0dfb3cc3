//! From a row to its number.

use std::hint::black_box;

use super::hash::Seed;
use super::lanes::{LANES, Lanes};
use super::table::{Table, by_width};
use super::{Order, Rows};
use crate::array::vector_with_capacity;

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
    /// Open addressing: rows are in the group that their hash names, or if that is full in one of the next
    /// ones. The slots of a group are used from the first to the last. A slot is 0 if empty, else the row
    /// number plus one in the low bits, and in those above (few in large tables) some of the hash, to compare
    /// before the rows.
    groups: Vec<Lanes>,
    /// The low bits of a slot.
    row_mask: u32,
    /// What remains of a hash shifted by this is the number of the group.
    group_shift: u32,
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
    #[inline]
    #[must_use]
    pub fn find(&self, rows: Rows<'_>, row: &[i32]) -> Option<usize> {
        if self.groups.is_empty() {
            return rows.iter().position(|candidate| candidate == row);
        }
        if row.len() != rows.width() {
            return None;
        }
        let query = Rows::of_checked(row, 1, row.len());
        by_width!(rows.width(), [rows => table, query => query], {
            let row = query.row(0);
            self.search(table, row, self.seed.hash(row)).ok()
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
            if self.groups.is_empty() {
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
        let groups = match count {
            0..=SCANNED => 0,
            // At most 60 % of the slots are used.
            _ => (count * 5 / 3).next_power_of_two() / LANES,
        };
        let mut empty = vector_with_capacity(groups);
        empty.resize(groups, Lanes([0; LANES]));
        let mut index = RowIndex {
            seed: Seed::of_process(),
            groups: empty,
            row_mask: u32::MAX.unbounded_shr((count as u32).leading_zeros()),
            group_shift: 64 - groups.max(1).ilog2(),
        };
        if groups > 0 {
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
                self.load(*hash);
            }
            for (&hash, second) in hashes.iter().zip(batch) {
                match self.search(table, table.row(second), hash) {
                    Ok(first) => on_duplicate(Duplicate { first, second })?,
                    Err(group) => {
                        let slot = self.tag(hash) | (second as u32 + 1);
                        let slots = &mut self.groups[group];
                        let empty = slots.equal_to(0, u32::MAX).trailing_zeros();
                        slots.set(empty as usize, slot);
                    }
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
        let mut hashes = [0; BATCH];
        let mut candidates = [Candidate::default(); BATCH];
        for start in (0..queries.count()).step_by(BATCH) {
            let batch = start..queries.count().min(start + BATCH);
            for (hash, query) in hashes.iter_mut().zip(batch.clone()) {
                *hash = self.seed.hash(queries.row(query));
                self.load(*hash);
            }
            for (&hash, candidate) in hashes.iter().zip(&mut candidates).take(batch.len()) {
                *candidate = self.candidate(hash);
                black_box(table.row(candidate.row).first().copied());
            }
            for ((query, &hash), candidate) in batch.zip(&hashes).zip(&candidates) {
                let row = queries.row(query);
                // Whether a row is there is as good as random: no branch depends on this alone.
                let is_found = table.row(candidate.row) == row;
                if candidate.has_others & !is_found {
                    found(query, self.search(table, row, hash).ok());
                } else {
                    found(query, is_found.then_some(candidate.row));
                }
            }
        }
    }

    /// Bring the group of a hash into a cache. Several of these loads do not depend on each other: the processor
    /// waits for all of them at once.
    #[inline(always)]
    fn load(&self, hash: u64) {
        let slots = &self.groups[self.start(hash)].0;
        // A group may lie on two cache lines.
        black_box(slots[0] | slots[LANES - 1]);
    }

    /// The first row that could be the one with this hash.
    #[inline(always)]
    fn candidate(&self, hash: u64) -> Candidate {
        let slots = &self.groups[self.start(hash)];
        let matching = slots.equal_to(self.tag(hash), !self.row_mask);
        // Without a match, any row will do.
        let lane = matching.trailing_zeros() as usize % LANES;
        let slot = if matching == 0 { 1 } else { slots.0[lane] };
        Candidate {
            row: (slot & self.row_mask).saturating_sub(1) as usize,
            has_others: (matching & matching.wrapping_sub(1) != 0) | (slots.0[LANES - 1] != 0),
        }
    }

    /// The number of this row, or else the group where it would be inserted.
    #[inline(always)]
    fn search<'a>(&self, table: impl Table<'a>, row: &[i32], hash: u64) -> Result<usize, usize> {
        let tag = self.tag(hash);
        let mut group = self.start(hash);
        loop {
            let slots = &self.groups[group];
            let mut matching = slots.equal_to(tag, !self.row_mask);
            while matching != 0 {
                let slot = slots.0[matching.trailing_zeros() as usize % LANES];
                // Empty slots can match, too.
                if let Some(found) = (slot & self.row_mask).checked_sub(1)
                    && table.row(found as usize) == row
                {
                    return Ok(found as usize);
                }
                matching &= matching - 1;
            }
            if slots.0[LANES - 1] == 0 {
                return Err(group);
            }
            group = (group + 1) & (self.groups.len() - 1);
        }
    }

    /// The group takes the high bits of a hash, the tag the low ones.
    #[inline(always)]
    fn start(&self, hash: u64) -> usize {
        (hash >> self.group_shift) as usize
    }

    #[inline(always)]
    fn tag(&self, hash: u64) -> u32 {
        (hash as u32) & !self.row_mask
    }
}

/// What the group of a hash says about where its row is.
#[derive(Clone, Copy, Default)]
struct Candidate {
    row: usize,
    /// If it is not this row, it may be another one.
    has_others: bool,
}

fn scan_for_duplicate(rows: Rows<'_>) -> Result<(), Duplicate> {
    for (second, row) in rows.iter().enumerate() {
        if let Some(first) = rows.iter().take(second).position(|earlier| earlier == row) {
            return Err(Duplicate { first, second });
        }
    }
    Ok(())
}
