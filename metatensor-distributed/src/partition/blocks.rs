//! Whole blocks, so that ranks have about as many bytes.

use metatensor_core::{Result, TensorBlock, TensorMap};

use super::blocks_with_keys;
use super::numbers::sums_of_blocks;
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;

pub(super) fn blocks(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
) -> Result<Vec<Vec<u32>>, Agreed> {
    let bytes = sums_of_blocks(session, schema, tensor, bytes_of)?.all;
    session.step(|| {
        let ranks = balanced(&bytes, session.size());
        let destinations = blocks_with_keys(schema, tensor)
            .map(|(key, block)| vec![ranks[key]; block.samples().count()]);
        Ok(destinations.collect())
    })
}

fn bytes_of(block: &TensorBlock) -> u64 {
    let elements: u64 = block.shape().iter().map(|&length| length as u64).product();
    let labels = 4 * block.samples().count() * block.samples().size();
    let gradients = block.gradients().map(|(_, gradient)| bytes_of(gradient));
    elements * block.dtype().size() as u64 + labels as u64 + gradients.sum::<u64>()
}

/// A rank for each block: the largest one goes first, each to the rank that has least (R. L. Graham, "Bounds on
/// multiprocessing timing anomalies", 1969).
fn balanced(bytes: &[u64], ranks: usize) -> Vec<u32> {
    let mut order: Vec<_> = (0..bytes.len()).collect();
    order.sort_by_key(|&block| std::cmp::Reverse(bytes[block]));
    let ranks = (0..ranks as u32).map(|rank| std::cmp::Reverse((0_u64, rank)));
    let mut loads: std::collections::BinaryHeap<_> = ranks.collect();
    let mut rank_of = vec![0; bytes.len()];
    for block in order {
        if let Some(mut least) = loads.peek_mut() {
            let (load, rank) = &mut least.0;
            rank_of[block] = *rank;
            *load = load.saturating_add(bytes[block].max(1));
        }
    }
    rank_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_blocks_are_on_different_ranks() {
        assert_eq!(balanced(&[5, 9, 1, 5, 3], 2), [1, 0, 1, 1, 0]);
        assert_eq!(balanced(&[0, 0, 0], 3), [0, 1, 2]);
        assert!(balanced(&[], 3).is_empty());
    }
}
