//! Samples that two ranks have, which no file can hold.

use metatensor_core::internal::rows::{Duplicate, RowIndex, Rows};
use metatensor_core::{Error, Labels, Result};

use super::rows::RowSet;
use crate::communicator::{Agreed, Session, reserved};
use crate::partition::rendezvous::home;
use crate::schema::Schema;

/// Checks that no sample is on two ranks: each is looked for where all that are equal meet, of which no rank sees more than its
/// share.
pub(super) fn check_samples(
    session: &Session<'_>,
    schema: &Schema,
    sets: &[RowSet<'_>],
) -> Result<(), Agreed> {
    let values: Vec<_> = sets.iter().filter(|set| set.parent.is_none()).collect();
    let messages = session.step(|| messages(&values, session.size()))?;
    let messages = session.exchange(messages)?;
    session.step(|| {
        let mut rest: Vec<_> = messages.iter().map(|message| &message[..]).collect();
        for (key, block) in schema.blocks.iter().enumerate() {
            check_block(&mut rest, &schema.keys, key, &block.samples)?;
        }
        Ok(())
    })
}

/// For each rank: for each block, the number of samples that are looked for there, and these.
fn messages(values: &[&RowSet<'_>], ranks: usize) -> Result<Vec<Vec<u8>>> {
    let rows = values.iter().filter_map(|set| set.block);
    let bytes: usize = rows
        .map(|block| size_of_val(block.samples().rows().values()))
        .sum();
    // about what it will be
    let size = bytes / ranks + bytes / ranks / 8 + COUNT * values.len();
    let messages = (0..ranks).map(|_| reserved(size));
    let mut messages = messages.collect::<Result<Vec<Vec<u8>>>>()?;
    let mut counts = vec![0_u64; ranks];
    for set in values {
        let starts: Vec<_> = messages.iter().map(Vec::len).collect();
        counts.fill(0);
        messages
            .iter_mut()
            .for_each(|message| message.extend([0; COUNT]));
        if let Some(block) = set.block {
            let rows = block.samples().rows();
            for row in rows.iter() {
                let home = home(row, ranks);
                counts[home] += 1;
                messages[home].extend(row.iter().flat_map(|value| value.to_ne_bytes()));
            }
        }
        for ((message, start), count) in messages.iter_mut().zip(starts).zip(&counts) {
            message[start..][..COUNT].copy_from_slice(&count.to_ne_bytes());
        }
    }
    Ok(messages)
}

const COUNT: usize = size_of::<u64>();

/// Checks the next block of all messages.
fn check_block(rest: &mut [&[u8]], keys: &Labels, key: usize, names: &Labels) -> Result<()> {
    let width = names.size();
    let mut ends = Vec::with_capacity(rest.len());
    let mut parts = Vec::with_capacity(rest.len());
    let mut count = 0;
    for (rank, rest) in rest.iter_mut().enumerate() {
        let rows = take(rest, width).ok_or_else(|| {
            Error::Communication(format!(
                "a message of rank {rank} about its samples is damaged"
            ))
        })?;
        count += rows.len() / width.max(1);
        ends.push(count);
        parts.push(rows);
    }
    let mut values = reserved(count * width)?;
    let integers = parts.into_iter().flatten();
    values.extend(integers.map(|bytes| i32::from_ne_bytes(*bytes)));
    let rows = Rows::try_new(&values, count, width)?;
    let Err(Duplicate { first, second }) = RowIndex::new(rows) else {
        return Ok(());
    };
    let rank_of = |row| ends.partition_point(|&end| end <= row);
    let sample = Labels::assume_unique(&names.names().to_vec(), rows.row(first).to_vec())?;
    Err(Error::invalid(format!(
        "block {}: the sample {} is on rank {} and on rank {}: each sample has to be on one rank only",
        keys.describe(key),
        sample.describe(0),
        rank_of(first),
        rank_of(second)
    )))
}

fn take<'m>(rest: &mut &'m [u8], width: usize) -> Option<&'m [[u8; 4]]> {
    let (count, after) = rest.split_first_chunk()?;
    let count = usize::try_from(u64::from_ne_bytes(*count)).ok()?;
    let (rows, after) = after.split_at_checked(count.checked_mul(width)?.checked_mul(4)?)?;
    *rest = after;
    Some(rows.as_chunks().0)
}
