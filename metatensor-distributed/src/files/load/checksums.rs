//! Checksums of arrays that ranks have read together.

use metatensor_core::internal::files::{MapParts, PartSum};
use metatensor_core::{Error, Result};

use super::assemble::Sums;
use crate::communicator::{Agreed, Session};

/// Bytes of a message for each checksum: the number of the array, which bytes these are, and the checksum.
const SIZE: usize = 4 * size_of::<u64>();

/// Compares the checksums of arrays that were read as a whole, each rank those of some of them.
pub(super) fn check(session: &Session<'_>, file: &MapParts, sums: Sums) -> Result<(), Agreed> {
    let ranks = session.size();
    let mut messages = vec![Vec::new(); ranks];
    for (array, PartSum { range, sum }) in sums.own {
        let numbers = [array as u64, range.start, range.end, u64::from(sum)];
        messages[array % ranks].extend(numbers.map(u64::to_ne_bytes).as_flattened());
    }
    let messages = session.exchange(messages)?;
    session.step(|| {
        let mut parts = Vec::new();
        for (rank, message) in messages.iter().enumerate() {
            let (sums, []) = message.as_chunks::<SIZE>() else {
                return Err(damaged(rank));
            };
            parts.extend(sums.iter().map(decode));
        }
        parts.sort_unstable_by_key(|&(array, _)| array);
        for parts in parts.chunk_by(|a, b| a.0 == b.0) {
            let Some(name) = sums.names.get(parts[0].0) else {
                return Err(damaged(0));
            };
            let mut parts: Vec<_> = parts.iter().map(|(_, part)| part.clone()).collect();
            file.check_sums(name, &mut parts)?;
        }
        Ok(())
    })
}

fn decode(bytes: &[u8; SIZE]) -> (usize, PartSum) {
    let number = |at: usize| {
        let bytes = bytes[8 * at..].first_chunk();
        u64::from_ne_bytes(*bytes.unwrap_or(&[0; 8]))
    };
    let part = PartSum {
        range: number(1)..number(2),
        sum: number(3) as u32,
    };
    (number(0) as usize, part)
}

#[cold]
fn damaged(rank: usize) -> Error {
    Error::Communication(format!("the checksums of rank {rank} are damaged"))
}
