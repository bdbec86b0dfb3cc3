//! Which rank rows belong to.

use std::fmt;

use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};

use crate::communicator::{Agreed, Session};
use crate::schema::Schema;

mod blocks;
mod given;
mod numbers;
mod owners;
pub(crate) mod rendezvous;
mod rows;
mod shares;
mod values;

pub(crate) use shares::shares;

/// Which rank each sample goes to, with its gradient rows.
///
/// Functions give ranks as `i32`, as labels are: a number that is no rank is an error, which names the block and the row.
#[derive(Clone, Copy)]
pub enum Partition<'a> {
    /// Equal parts of the rows of each block: with rows in the order of ranks, and then as they are there, the first part goes
    /// to rank 0, and so on.
    Rows,
    /// Whole blocks, so that all ranks have about the same number of bytes.
    Blocks,
    /// Whole blocks, to the rank that is given for a key. It must be the same one on all ranks.
    Keys(&'a dyn Fn(&[i32]) -> Result<i32>),
    /// For each block of the local map, the rank of each row.
    Ranks(&'a [&'a [i32]]),
    /// The rank that is given for the number of a block in the local map, and a sample.
    By(&'a dyn Fn(usize, &[i32]) -> Result<i32>),
    /// Value `i` of these dimensions goes to rank `i` modulo the number of ranks, where values are those of all ranks, sorted.
    /// All ranks need memory for all distinct values.
    Strided(&'a [&'a str]),
    /// Each rank gets a range of the values of these dimensions, with about as many samples for all ranks. All ranks need
    /// memory for all distinct values.
    Contiguous(&'a [&'a str]),
    /// The rank is a hash of the values of these dimensions, always the same one. Nothing has to be sent to know it.
    Hashed(&'a [&'a str]),
    /// Samples go to the rank that owns labels with the same values in these dimensions.
    Owners {
        /// What this rank owns. No two ranks own the same values of these dimensions.
        owned: &'a Labels,
        /// Dimensions of samples, and of what is owned.
        dimensions: &'a [&'a str],
    },
}

/// What has to be the same on all ranks.
impl fmt::Debug for Partition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Partition::Rows => f.write_str("Rows"),
            Partition::Blocks => f.write_str("Blocks"),
            Partition::Keys(_) => f.write_str("Keys"),
            Partition::Ranks(_) => f.write_str("Ranks"),
            Partition::By(_) => f.write_str("By"),
            Partition::Strided(dimensions) => write!(f, "Strided{dimensions:?}"),
            Partition::Contiguous(dimensions) => write!(f, "Contiguous{dimensions:?}"),
            Partition::Hashed(dimensions) => write!(f, "Hashed{dimensions:?}"),
            Partition::Owners { dimensions, .. } => write!(f, "Owners{dimensions:?}"),
        }
    }
}

/// The rank that each row of each block of the local map goes to. A rank without a map has no rows.
pub(crate) fn destinations(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    partition: &Partition<'_>,
) -> Result<Vec<Vec<u32>>, Agreed> {
    match *partition {
        Partition::Rows => rows::rows(session, schema, tensor),
        Partition::Blocks => blocks::blocks(session, schema, tensor),
        Partition::Keys(rank_of) => given::keys(session, schema, tensor, rank_of),
        Partition::Ranks(ranks) => session.step(|| given::ranks(tensor, ranks, session.size())),
        Partition::By(rank_of) => session.step(|| given::by(tensor, rank_of, session.size())),
        Partition::Strided(names) => values::strided(session, schema, tensor, names),
        Partition::Contiguous(names) => values::contiguous(session, schema, tensor, names),
        Partition::Hashed(names) => values::hashed(session, schema, tensor, names),
        Partition::Owners { owned, dimensions } => {
            owners::owners(session, schema, tensor, owned, dimensions)
        }
    }
}

/// Local blocks, and the number of the key in the schema for each.
fn blocks_with_keys<'a>(
    schema: &'a Schema,
    tensor: Option<&'a TensorMap>,
) -> impl Iterator<Item = (usize, &'a TensorBlock)> {
    let blocks = tensor.into_iter().flatten();
    // The schema has the keys of all maps that it was made of.
    blocks.map(|(key, block)| (schema.keys.position(key).unwrap_or(usize::MAX), block))
}

/// The rank with this number, if there is such a rank. `what` would go there.
fn checked(number: i32, ranks: usize, what: impl FnOnce() -> String) -> Result<u32> {
    match u32::try_from(number) {
        Ok(rank) if (rank as usize) < ranks => Ok(rank),
        _ => Err(Error::invalid(format!(
            "{} would go to rank {number}, but there are {ranks} ranks",
            what()
        ))),
    }
}
