//! Ranks that the caller gives.

use metatensor_core::{Error, Result, TensorMap};

use super::{blocks_with_keys, checked};
use crate::communicator::{Agreed, Hasher, Session};
use crate::schema::Schema;

pub(super) fn keys(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    rank_of: &dyn Fn(&[i32]) -> Result<i32>,
) -> Result<Vec<Vec<u32>>, Agreed> {
    let ranks = session.size();
    // All keys on all ranks, to compare what functions say.
    let (rank_of_key, alike) = session.step_alike(|| {
        let mut hasher = Hasher::default();
        let mut rank_of_key = Vec::with_capacity(schema.keys.count());
        for (i, key) in schema.keys.iter().enumerate() {
            let in_block = || format!("block {}", schema.keys.describe(i));
            let rank = rank_of(key).map_err(|error| error.context(in_block()))?;
            let rank = checked(rank, ranks, in_block)?;
            rank_of_key.push(rank);
            hasher.number(u64::from(rank));
        }
        Ok((rank_of_key, Some(hasher.finish())))
    })?;
    session.step(|| {
        if !alike {
            return Err(Error::invalid(
                "the function of `Partition::Keys` must give the same rank for a key on all ranks",
            ));
        }
        let destinations = blocks_with_keys(schema, tensor)
            .map(|(key, block)| vec![rank_of_key[key]; block.samples().count()]);
        Ok(destinations.collect())
    })
}

pub(super) fn ranks(
    tensor: Option<&TensorMap>,
    given: &[&[i32]],
    ranks: usize,
) -> Result<Vec<Vec<u32>>> {
    let Some(tensor) = tensor else {
        return Ok(Vec::new());
    };
    if given.len() != tensor.len() {
        return Err(Error::invalid(format!(
            "`Partition::Ranks` has ranks for {} blocks, but this rank has {}",
            given.len(),
            tensor.len()
        )));
    }
    let all = given.iter().enumerate().map(|(i, given)| {
        let count = tensor.blocks()[i].samples().count();
        if given.len() != count {
            return Err(Error::invalid(format!(
                "`Partition::Ranks` has ranks for {} rows of block {}, but there are {count}",
                given.len(),
                tensor.keys().describe(i)
            )));
        }
        let given = given.iter().enumerate();
        given
            .map(|(row, &rank)| checked(rank, ranks, || name(tensor, i, row)))
            .collect()
    });
    all.collect()
}

pub(super) fn by(
    tensor: Option<&TensorMap>,
    rank_of: &dyn Fn(usize, &[i32]) -> Result<i32>,
    ranks: usize,
) -> Result<Vec<Vec<u32>>> {
    let Some(tensor) = tensor else {
        return Ok(Vec::new());
    };
    let all = tensor.blocks().iter().enumerate().map(|(i, block)| {
        let samples = block.samples().iter().enumerate();
        let given = samples.map(|(row, sample)| {
            let rank = rank_of(i, sample);
            let rank = rank.map_err(|error| error.context(name(tensor, i, row)))?;
            checked(rank, ranks, || name(tensor, i, row))
        });
        given.collect()
    });
    all.collect()
}

/// A row, for messages.
fn name(tensor: &TensorMap, block: usize, row: usize) -> String {
    format!(
        "block {}: row {row} {}",
        tensor.keys().describe(block),
        tensor.blocks()[block].samples().describe(row)
    )
}
