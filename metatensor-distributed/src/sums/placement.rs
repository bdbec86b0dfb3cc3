//! Where results are.

use std::fmt;

use metatensor_core::TensorMap;

use crate::communicator::{Agreed, Session};
use crate::movement::{all_gather_in, redistribute_with};
use crate::partition::{Partition, destinations};
use crate::{Order, schema};

/// Which ranks get the rows of a sum.
#[derive(Clone, Copy)]
pub enum Placement<'a> {
    /// All rows are on all ranks.
    Everywhere,
    /// Each row of the result is on the rank of a partition.
    By(Partition<'a>),
}

/// What has to be the same on all ranks.
impl fmt::Debug for Placement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Placement::Everywhere => f.write_str("Everywhere"),
            Placement::By(partition) => partition.fmt(f),
        }
    }
}

/// Moves rows, each of which is on one rank, to where they should be, sorted by labels.
pub(super) fn place(
    session: &Session<'_>,
    tensor: &TensorMap,
    placement: Placement<'_>,
) -> Result<TensorMap, Agreed> {
    match placement {
        Placement::Everywhere => all_gather_in(session, tensor, Order::Labels),
        Placement::By(partition) => {
            let schema = schema::agree(session, Some(tensor))?;
            let ranks = destinations(session, &schema, Some(tensor), &partition)?;
            redistribute_with(session, &schema, Some(tensor), &ranks, Order::Labels)
        }
    }
}
