//! Large maps move in rounds: some blocks at a time.

use std::ops::Range;

use metatensor_core::internal::rows::Rows;
use metatensor_core::{Error, Result};

use super::plan::Plan;
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;
use crate::wire::{Layout, RowSets};

/// Which blocks move next, so that no rank sends or receives more than it wants to at once; but for blocks that are larger
/// than that, which move alone.
pub(super) struct Rounds<'a> {
    session: &'a Session<'a>,
    sets: &'a RowSets,
    /// From each rank, the rows of each row set.
    counts: Vec<Vec<usize>>,
    /// Bytes that this rank sends and receives for each block.
    bytes: Vec<[u64; 2]>,
    next: usize,
}

impl<'a> Rounds<'a> {
    /// Tells all ranks how many rows they will get.
    pub(super) fn new(
        session: &'a Session<'a>,
        schema: &Schema,
        plan: &'a Plan<'_>,
    ) -> Result<Rounds<'a>, Agreed> {
        let all = 0..plan.sets.all().len();
        let rank = session.rank();
        let outgoing = session.step(|| {
            let counts = (0..session.size()).map(|peer| match peer == rank {
                true => Vec::new(),
                false => encode(&plan.routes.counts(all.clone(), plan.receiver(peer))),
            });
            Ok(counts.collect::<Vec<_>>())
        })?;
        let incoming = session.exchange(outgoing.clone())?;
        session.step(|| {
            let own = plan.routes.counts(all.clone(), plan.receiver(rank));
            let counts = incoming.iter().map(|counts| decode(counts, all.len()));
            let mut counts: Vec<_> = counts.collect::<Result<_>>()?;
            check_totals(schema, &plan.sets, &counts, &own)?;
            counts[rank] = vec![0; all.len()];
            let mut bytes = Vec::with_capacity(schema.blocks.len());
            for block in 0..schema.blocks.len() {
                let sets = plan.sets.of_blocks(block..block + 1);
                let mut sent = 0;
                // The same message may go to all ranks.
                let peers = if plan.to_all { 0..1 } else { 0..session.size() };
                for peer in peers.filter(|&peer| plan.to_all || peer != rank) {
                    sent += size_of(
                        &plan.sets,
                        sets.clone(),
                        &plan.routes.counts(sets.clone(), peer),
                    );
                }
                let received = counts
                    .iter()
                    .map(|counts| size_of(&plan.sets, sets.clone(), &counts[sets.clone()]));
                bytes.push([sent, received.sum()]);
            }
            Ok(Rounds {
                session,
                sets: &plan.sets,
                counts,
                bytes,
                next: 0,
            })
        })
    }

    /// The blocks of the next round, which is as long as all ranks can take it.
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, Agreed> {
        if self.next == self.bytes.len() {
            return Ok(None);
        }
        let start = self.next;
        let end = start + length(&self.bytes[start..], self.session.max_buffer());
        let mut opposite = [-(end as i64)];
        self.session.max(&mut opposite)?;
        self.next = -opposite[0] as usize;
        Ok(Some(start..self.next))
    }

    /// The sizes of the messages of all ranks with these blocks.
    pub(super) fn incoming(&self, blocks: Range<usize>) -> Result<Vec<u64>> {
        let sets = self.sets.of_blocks(blocks);
        let sizes = self.counts.iter().map(|counts| {
            let layout = Layout::new(self.sets, sets.clone(), counts[sets.clone()].to_vec())?;
            Ok(layout.size() as u64)
        });
        sizes.collect()
    }
}

/// How many of these blocks fit in messages of `most` bytes; one at least.
pub(super) fn length(bytes: &[[u64; 2]], most: u64) -> usize {
    let mut sums = [0_u64; 2];
    let fitting = bytes.iter().take_while(|bytes| {
        for (sum, bytes) in sums.iter_mut().zip(*bytes) {
            *sum = sum.saturating_add(*bytes);
        }
        sums.iter().all(|&sum| sum <= most)
    });
    fitting.count().max(1)
}

/// What rows of these row sets take, and at least what they take in a message.
pub(super) fn size_of(sets: &RowSets, range: Range<usize>, counts: &[usize]) -> u64 {
    let sets = sets.all()[range].iter().zip(counts);
    let sizes = sets.map(|(set, &count)| {
        let row = (4 * set.width + set.row_bytes) as u64;
        (count as u64).saturating_mul(row).saturating_add(24)
    });
    sizes.fold(0, u64::saturating_add)
}

fn encode(counts: &[usize]) -> Vec<u8> {
    let counts = counts.iter();
    counts
        .flat_map(|&count| (count as u64).to_ne_bytes())
        .collect()
}

fn decode(bytes: &[u8], sets: usize) -> Result<Vec<usize>> {
    let (counts, rest) = bytes.as_chunks();
    if !bytes.is_empty() && (counts.len() != sets || !rest.is_empty()) {
        return Err(Error::serialization(
            "a message has not the number of rows of each row set",
        ));
    }
    if bytes.is_empty() {
        return Ok(vec![0; sets]);
    }
    let counts = counts
        .iter()
        .map(|count| usize::try_from(u64::from_ne_bytes(*count)));
    counts
        .collect::<Result<_, _>>()
        .map_err(|_| Error::serialization("a message has more rows than memory"))
}

/// Checks that labels can have as many rows, before anything is sent.
fn check_totals(
    schema: &Schema,
    sets: &RowSets,
    counts: &[Vec<usize>],
    own: &[usize],
) -> Result<()> {
    for (i, set) in sets.all().iter().enumerate() {
        let others = counts.iter().map(|counts| counts[i]);
        let total = others.fold(own[i], usize::saturating_add);
        let most = if set.has_gradients {
            i32::MAX as usize
        } else {
            Rows::MAX_COUNT
        };
        if total > most {
            let block = (0..schema.blocks.len())
                .find(|&block| sets.of_blocks(block..block + 1).contains(&i));
            return Err(Error::invalid(format!(
                "block {}: {total} rows would come together on one rank, but labels can have {most}",
                schema.keys.describe(block.unwrap_or(0))
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_have_at_least_one_block() {
        assert_eq!(length(&[[5, 1], [2, 2], [1, 1]], 8), 3);
        assert_eq!(length(&[[5, 1], [4, 2], [1, 1]], 8), 1);
        assert_eq!(length(&[[9, 1], [4, 2]], 8), 1);
        assert_eq!(length(&[[1, 7], [4, 2]], 8), 1);
    }
}
