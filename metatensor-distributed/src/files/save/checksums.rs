//! Checksums of members whose rows are on several ranks.

use metatensor_core::internal::files::{Layout, checksum_of};
use metatensor_core::{Error, Result};

use super::rows::{Counts, LocalRows};
use crate::communicator::{Agreed, Session};

/// Lets rank 0, which writes all that is not rows, know the checksums of all members.
pub(super) fn set(
    session: &Session<'_>,
    layout: &mut Layout,
    local: &LocalRows<'_>,
    counts: &Counts,
) -> Result<(), Agreed> {
    let messages = session.step(|| {
        let mut message = Vec::with_capacity(local.tables.len() * SIZE);
        for bytes in &local.tables {
            message.extend(checksum_of(bytes)?.to_ne_bytes());
        }
        let mut messages = vec![vec![]; session.size()];
        messages[0] = message;
        Ok(messages)
    })?;
    let messages = session.exchange(messages)?;
    session.step(|| match session.rank() {
        0 => combine(layout, &messages, counts),
        _ => Ok(()),
    })
}

const SIZE: usize = size_of::<u32>();

fn combine(layout: &mut Layout, messages: &[Vec<u8>], counts: &Counts) -> Result<()> {
    let mut sums = Vec::with_capacity(messages.len());
    for (rank, message) in messages.iter().enumerate() {
        match message.as_chunks::<SIZE>() {
            (all, []) if all.len() == layout.count() => sums.push(all),
            _ => {
                return Err(Error::Communication(format!(
                    "the checksums of rank {rank} are damaged"
                )));
            }
        }
    }
    let sum_of = |rank: usize, table: usize| u32::from_ne_bytes(sums[rank][table]);
    for table in 0..layout.count() {
        let row_size = layout.table(table).size / counts.total(table / 2).max(1);
        let parts = counts.ranks(table / 2);
        let parts =
            parts.map(|(rank, rows)| (sum_of(rank, table), (rows.end - rows.start) * row_size));
        layout.set_checksum(table, parts);
    }
    Ok(())
}
