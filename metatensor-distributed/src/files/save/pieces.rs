//! Which bytes of the file are where.

use std::ops::Range;

use metatensor_core::internal::files::Layout;
use metatensor_core::{Error, Result};

use super::rows::{Counts, LocalRows};

/// All bytes of the file: who has them, and those of this rank.
#[derive(Debug)]
pub(super) struct Pieces<'a> {
    counts: &'a Counts,
    tables: Vec<Table>,
    /// What is between the tables, which rank 0 has.
    texts: Vec<(u64, &'a [u8])>,
    local: &'a LocalRows<'a>,
    size: u64,
    rank: usize,
}

#[derive(Clone, Copy, Debug)]
struct Table {
    position: u64,
    row_size: u64,
    size: u64,
}

/// Bytes of the file that one rank has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) rank: usize,
    /// Where they are in the file.
    pub(super) range: Range<u64>,
    /// The table they are in, if they are rows.
    table: Option<usize>,
}

/// The rank that has all that is not in tables.
const TEXTS: usize = 0;

impl<'a> Pieces<'a> {
    pub(super) fn new(
        layout: &'a Layout,
        counts: &'a Counts,
        local: &'a LocalRows<'a>,
        rank: usize,
    ) -> Result<Pieces<'a>> {
        let mut tables = Vec::with_capacity(layout.count());
        for i in 0..layout.count() {
            let table = layout.table(i);
            let rows = counts.total(i / 2);
            let row_size = table.size / rows.max(1);
            let own = counts.rows(i / 2, rank);
            if local.tables[i].len() as u64 != row_size * (own.end - own.start) {
                return Err(Error::Internal(format!("'{}' has other rows", table.name)));
            }
            tables.push(Table {
                position: table.position,
                row_size,
                size: table.size,
            });
        }
        Ok(Pieces {
            counts,
            tables,
            texts: layout.pieces().collect(),
            local,
            size: layout.size(),
            rank,
        })
    }

    /// Lets `visit` see everything in this range of the file, in order, or only what this rank has.
    pub(super) fn visit(
        &self,
        range: &Range<u64>,
        only_own: bool,
        mut visit: impl FnMut(Piece) -> Result<()>,
    ) -> Result<()> {
        let within = |start: u64, end: u64| start.max(range.start)..end.min(range.end);
        let text = |start: u64, end: u64, visit: &mut dyn FnMut(Piece) -> Result<()>| {
            let range = within(start, end);
            let is_wanted = !only_own || self.rank == TEXTS;
            match is_wanted && !range.is_empty() {
                true => visit(Piece {
                    rank: TEXTS,
                    range,
                    table: None,
                }),
                false => Ok(()),
            }
        };
        let first = self
            .tables
            .partition_point(|table| table.position + table.size <= range.start);
        let mut end = match first {
            0 => 0,
            _ => self.tables[first - 1].position + self.tables[first - 1].size,
        };
        for (i, table) in self.tables.iter().enumerate().skip(first) {
            text(end, table.position, &mut visit)?;
            if table.position >= range.end {
                return Ok(());
            }
            end = table.position + table.size;
            let mut rows = |rank: usize, rows: Range<u64>| {
                let start = table.position + rows.start * table.row_size;
                let range = within(start, table.position + rows.end * table.row_size);
                match range.is_empty() {
                    true => Ok(()),
                    false => visit(Piece {
                        rank,
                        range,
                        table: Some(i),
                    }),
                }
            };
            match only_own {
                true => rows(self.rank, self.counts.rows(i / 2, self.rank))?,
                false => {
                    let mut ranks = self.counts.ranks(i / 2);
                    ranks.try_for_each(|(rank, range)| rows(rank, range))?;
                }
            }
        }
        text(end, self.size, &mut visit)
    }

    /// The bytes of a piece of this rank.
    pub(super) fn bytes(&self, piece: &Piece) -> &[u8] {
        let (start, bytes) = match piece.table {
            Some(i) => {
                let table = self.tables[i];
                let first = self.counts.rows(i / 2, self.rank).start;
                (
                    table.position + first * table.row_size,
                    &*self.local.tables[i],
                )
            }
            None => {
                let after = self
                    .texts
                    .partition_point(|&(position, _)| position <= piece.range.start);
                self.texts[after - 1]
            }
        };
        &bytes[(piece.range.start - start) as usize..(piece.range.end - start) as usize]
    }
}
