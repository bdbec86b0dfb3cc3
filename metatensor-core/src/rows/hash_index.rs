//! From any row to its number, by a hash table.

use std::hint::black_box;

use super::hash::Seed;
use super::table::Table;
use crate::memory::vector_with_capacity;
use crate::simd::{LANES, Lanes};

/// Number of rows of which the cache misses overlap.
const BATCH: usize = 64;

/// A hash table of the row numbers of one table.
#[derive(Clone, Debug)]
pub(super) struct HashIndex {
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

impl HashIndex {
    /// Index of a table of more than a few rows, which are distinct or not. Of equal rows, the first one is found.
    ///
    /// # Errors
    ///
    /// That of `on_repeated`, which gets the number of each row that repeats an earlier one.
    pub(super) fn new<'a, E>(
        table: impl Table<'a>,
        on_repeated: impl Fn(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let row_mask = u32::MAX.unbounded_shr((table.count() as u32).leading_zeros());
        Self::with_row_mask(table, row_mask, on_repeated)
    }

    /// The same with this many bits for row numbers in each slot, and what remains for hashes.
    fn with_row_mask<'a, E>(
        table: impl Table<'a>,
        row_mask: u32,
        on_repeated: impl Fn(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let count = table.count();
        // At most 60 % of the slots are used.
        let groups = (count * 5 / 3).next_power_of_two() / LANES;
        let mut empty = vector_with_capacity(groups);
        empty.resize(groups, Lanes([0; LANES]));
        let mut index = HashIndex {
            seed: Seed::of_process(),
            groups: empty,
            row_mask,
            group_shift: 64 - groups.ilog2(),
        };
        index.fill(table, on_repeated)?;
        Ok(index)
    }

    fn fill<'a, E>(
        &mut self,
        table: impl Table<'a>,
        on_repeated: impl Fn(usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut hashes = [0; BATCH];
        for start in (0..table.count()).step_by(BATCH) {
            let batch = start..table.count().min(start + BATCH);
            for (hash, row) in hashes.iter_mut().zip(batch.clone()) {
                *hash = self.seed.hash(table.row(row));
                self.load(*hash);
            }
            for (&hash, row) in hashes.iter().zip(batch) {
                match self.search(table, table.row(row), hash) {
                    Ok(_) => on_repeated(row)?,
                    Err(group) => {
                        let slot = self.tag(hash) | (row as u32 + 1);
                        let slots = &mut self.groups[group];
                        let empty = slots.equal_to(0, u32::MAX).trailing_zeros();
                        slots.set(empty as usize, slot);
                    }
                }
            }
        }
        Ok(())
    }

    #[inline(always)]
    pub(super) fn find<'a>(&self, table: impl Table<'a>, row: &[i32]) -> Option<usize> {
        self.search(table, row, self.seed.hash(row)).ok()
    }

    /// Find all rows of `queries`, faster than one by one.
    pub(super) fn find_all<'a>(
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots of tables with billions of rows have few bits of a hash, or none.
    #[test]
    fn rows_with_the_same_bits_of_a_hash_are_told_apart() {
        let rows: Vec<[i32; 2]> = (0..1200).map(|i| [i % 10 * 1_000_000, i / 10]).collect();
        let table = &rows[..600];
        for row_mask in [u32::MAX, u32::MAX >> 1, u32::MAX >> 3] {
            let repeated = |row: usize| Err(row);
            let index = HashIndex::with_row_mask(table, row_mask, repeated).unwrap();
            let mut count = 0;
            index.find_all(table, &rows[..], |query, found| {
                let expected = (query < table.len()).then_some(query);
                assert_eq!((query, found), (count, expected), "all, {row_mask:x}");
                assert_eq!(index.find(table, &rows[query]), expected, "{row_mask:x}");
                count += 1;
            });
            assert_eq!(count, rows.len());
            let repeats = [table, &table[7..9]].concat();
            let found = HashIndex::with_row_mask(&repeats[..], row_mask, repeated);
            assert_eq!(found.unwrap_err(), 600);
        }
    }
}
