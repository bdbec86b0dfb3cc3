//! Numbers of all ranks.

use metatensor_core::{Error, Result, TensorBlock, TensorMap};

use super::blocks_with_keys;
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;

/// The sums over lower ranks, and over all ranks, of as many numbers on each rank. Nothing is sent by ranks that have
/// nothing but zeros.
pub(super) struct Sums {
    pub(super) lower: Vec<u64>,
    pub(super) all: Vec<u64>,
}

/// The sums of a number of each block, in the order of keys.
pub(super) fn sums_of_blocks(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    number: impl Fn(&TensorBlock) -> u64,
) -> Result<Sums, Agreed> {
    let numbers = session.step(|| {
        let mut numbers = vec![0; schema.keys.count()];
        for (key, block) in blocks_with_keys(schema, tensor) {
            numbers[key] = number(block);
        }
        Ok(numbers)
    })?;
    sums(session, &numbers)
}

fn sums(session: &Session<'_>, numbers: &[u64]) -> Result<Sums, Agreed> {
    let message = match numbers.iter().all(|&number| number == 0) {
        true => Vec::new(),
        false => numbers
            .iter()
            .flat_map(|number| number.to_ne_bytes())
            .collect(),
    };
    let messages = session.all_gather(message)?;
    session.step(|| {
        let zeros = vec![0_u64; numbers.len()];
        let mut sums = Sums {
            lower: zeros.clone(),
            all: zeros,
        };
        for (rank, message) in messages.iter().enumerate() {
            if message.is_empty() {
                continue;
            }
            let (others, rest) = message.as_chunks();
            if others.len() != numbers.len() || !rest.is_empty() {
                return Err(Error::serialization(format!(
                    "rank {rank} sent {} bytes instead of {} numbers",
                    message.len(),
                    numbers.len()
                )));
            }
            for (i, other) in others.iter().enumerate() {
                let other = u64::from_ne_bytes(*other);
                sums.all[i] = sums.all[i].saturating_add(other);
                if rank < session.rank() {
                    sums.lower[i] = sums.lower[i].saturating_add(other);
                }
            }
        }
        Ok(sums)
    })
}
