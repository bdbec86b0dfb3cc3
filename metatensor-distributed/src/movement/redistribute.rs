//! Each row on the rank where it should be.

use metatensor_core::TensorMap;

use super::all_gather::no_map;
use super::exchange::exchange;
use super::plan::To;
use crate::communicator::{Agreed, Session};
use crate::schema;
use crate::wire::Order;

/// Moves the rows of the maps of all ranks inside of a collective function, given the rank of each row of each local block.
/// A rank without a map has no rows, and gets some.
pub(crate) fn redistribute_in(
    session: &Session<'_>,
    tensor: Option<&TensorMap>,
    destinations: &[Vec<u32>],
    order: Order,
) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, tensor)?;
    let to = To::Ranks(destinations);
    let map = exchange(session, &schema, tensor, to, order, true)?;
    session.step(|| map.ok_or_else(no_map))
}
