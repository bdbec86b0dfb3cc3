//! What a rank sends.

use std::ops::Range;

use metatensor_core::{Result, TensorMap};

use crate::schema::Schema;
use crate::wire::{Layout, Routes, RowSets};

/// Where the rows of a map go.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<'a> {
    /// The rank of each row of each local block.
    Ranks(&'a [Vec<u32>]),
    /// All of them go to all ranks.
    All,
}

/// All row sets, and which rows of the local map go where.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) sets: RowSets,
    pub(super) routes: Routes<'a>,
    /// Whether all ranks get the same message.
    pub(super) to_all: bool,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        schema: &Schema,
        tensor: Option<&'a TensorMap>,
        to: To<'_>,
        ranks: usize,
    ) -> Result<Plan<'a>> {
        Ok(Plan {
            sets: RowSets::new(schema)?,
            routes: match to {
                To::Ranks(destinations) => Routes::new(schema, tensor, destinations, ranks)?,
                To::All => Routes::to_all(schema, tensor)?,
            },
            to_all: matches!(to, To::All),
        })
    }

    /// The receiver of the routes that a rank is.
    pub(super) fn receiver(&self, rank: usize) -> usize {
        if self.to_all { 0 } else { rank }
    }

    /// Bytes of the message with these row sets for a rank.
    pub(super) fn size(&self, sets: Range<usize>, rank: usize) -> Result<u64> {
        let counts = self.routes.counts(sets.clone(), self.receiver(rank));
        Ok(Layout::new(&self.sets, sets, counts)?.size() as u64)
    }
}
