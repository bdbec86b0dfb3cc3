//! Equal parts of the rows of each block.

use metatensor_core::{Error, Result, TensorBlock, TensorMap};

use super::blocks_with_keys;
use super::numbers::sums_of_blocks;
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;

pub(super) fn rows(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
) -> Result<Vec<Vec<u32>>, Agreed> {
    let rows = |block: &TensorBlock| block.samples().count() as u64;
    let sums = sums_of_blocks(session, schema, tensor, rows)?;
    session.step(|| {
        let ranks = session.size() as u64;
        let destinations = blocks_with_keys(schema, tensor).map(|(key, block)| {
            let (lower, all) = (sums.lower[key], sums.all[key]);
            let rows = (lower..).take(block.samples().count());
            rows.map(|row| part_of(row, all, ranks)).collect()
        });
        destinations.collect()
    })
}

/// Which of `parts` equal parts of `count` rows a row is in: those of part `p` are from `p * count / parts` on.
fn part_of(row: u64, count: u64, parts: u64) -> Result<u32> {
    let next = (row + 1).checked_mul(parts);
    let part = next.and_then(|next| (next - 1).checked_div(count));
    part.and_then(|part| u32::try_from(part).ok())
        .ok_or_else(|| {
            Error::serialization(format!(
                "a block of {count} rows on all ranks has row {row}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_equal_and_complete() {
        for (count, parts) in [(10, 3), (3, 8), (1, 1), (64, 8), (7, 7)] {
            let ranks: Vec<_> = (0..count)
                .map(|row| part_of(row, count, parts).unwrap())
                .collect();
            assert!(ranks.is_sorted());
            for part in 0..parts {
                let expected = (part + 1) * count / parts - part * count / parts;
                let rows = ranks.iter().filter(|&&rank| u64::from(rank) == part);
                assert_eq!(
                    rows.count() as u64,
                    expected,
                    "{part} of {parts}, {count} rows"
                );
            }
        }
    }
}
