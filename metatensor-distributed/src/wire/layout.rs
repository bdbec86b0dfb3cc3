//! Where things are in a message.

use std::ops::Range;

use metatensor_core::internal::rows::Rows;
use metatensor_core::{Error, Result};

use super::RowSets;
use super::row_sets::RowSet;

pub(super) const MAGIC: u32 = u32::from_be_bytes(*b"MTSP");
pub(super) const VERSION: u16 = 1;
/// Only row sets with rows are in the list of counts.
pub(super) const SPARSE: u16 = 1;
pub(super) const HEADER: usize = 32;
/// Values start at multiples of this.
const ALIGNMENT: usize = 16;

/// The places of everything in a message with rows of some row sets.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(super) counts: Vec<usize>,
    /// Whether only counts of row sets with rows are there.
    pub(super) is_sparse: bool,
    pub(super) labels: Vec<Range<usize>>,
    pub(super) values: Vec<Range<usize>>,
    size: usize,
}

impl Layout {
    /// The layout for so many rows of each of these row sets. Without any rows, there is no message.
    pub(crate) fn new(sets: &RowSets, range: Range<usize>, counts: Vec<usize>) -> Result<Layout> {
        let sets = &sets.all()[range];
        Self::checked(sets, counts).ok_or_else(|| {
            Error::serialization("a message has more rows than memory or labels can have")
        })
    }

    fn checked(sets: &[RowSet], counts: Vec<usize>) -> Option<Layout> {
        let filled = counts.iter().filter(|&&count| count > 0).count();
        let is_sparse = filled < counts.len() / 4;
        let counts_size = match is_sparse {
            true => 8 + 16 * filled,
            false => 8 * counts.len(),
        };
        let mut end = HEADER + counts_size;
        let mut labels = Vec::with_capacity(sets.len());
        for (set, &count) in sets.iter().zip(&counts) {
            if count > Rows::MAX_COUNT || (set.has_gradients && i32::try_from(count).is_err()) {
                return None;
            }
            let start = end;
            end = start.checked_add(count.checked_mul(4 * set.width)?)?;
            labels.push(start..end);
        }
        let mut values = Vec::with_capacity(sets.len());
        for (set, &count) in sets.iter().zip(&counts) {
            let start = match count {
                0 => end,
                _ => end.checked_next_multiple_of(ALIGNMENT)?,
            };
            end = start.checked_add(count.checked_mul(set.row_bytes)?)?;
            values.push(start..end);
        }
        let size = match filled {
            0 => 0,
            _ => isize::try_from(end).ok()?.cast_unsigned(),
        };
        Some(Layout {
            counts,
            is_sparse,
            labels,
            values,
            size,
        })
    }

    /// Bytes of the message, or 0 if there is none.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Everything before the labels.
    pub(super) fn head(&self, collective: u64) -> Vec<u8> {
        let mut head = Vec::with_capacity(self.labels.first().map_or(HEADER, |first| first.start));
        head.extend(MAGIC.to_ne_bytes());
        head.extend(VERSION.to_ne_bytes());
        head.extend(if self.is_sparse { SPARSE } else { 0 }.to_ne_bytes());
        for number in [collective, self.size as u64, self.counts.len() as u64] {
            head.extend(number.to_ne_bytes());
        }
        if self.is_sparse {
            let filled = self.counts.iter().enumerate();
            let filled = filled.filter(|&(_, &count)| count > 0);
            head.extend((filled.clone().count() as u64).to_ne_bytes());
            for (set, &count) in filled {
                head.extend((set as u64).to_ne_bytes());
                head.extend((count as u64).to_ne_bytes());
            }
        } else {
            let counts = self.counts.iter();
            head.extend(counts.flat_map(|&count| (count as u64).to_ne_bytes()));
        }
        head
    }
}
