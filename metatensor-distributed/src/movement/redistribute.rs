//! Each row on the rank where it should be.

use metatensor_core::{Result, TensorMap};

use super::all_gather::no_map;
use super::exchange::{Target, exchange};
use super::plan::To;
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::partition::{Partition, destinations};
use crate::schema::{self, Schema};
use crate::wire::Order;

impl Communicator {
    /// Moves each sample to the rank of the partition, with its gradient rows at all depths. Collective.
    ///
    /// All ranks get the keys of all ranks: those of rank 0, then those that only rank 1 has, and so on. "sample" of gradients
    /// is renumbered. Blocks of which nothing leaves and to which nothing comes are those of the local map.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Order, Partition, run_local};
    ///
    /// // Both ranks have atoms of both systems. Afterwards, each of them has all atoms of one system.
    /// run_local(2, |communicator| {
    ///     let rank = communicator.rank() as i32;
    ///     let samples = Labels::new(["system", "atom"], [[0, rank], [1, rank]])?;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[0.5], [1.5]]), samples, [], Labels::single())?;
    ///     let map = TensorMap::new(Labels::single(), vec![block])?;
    ///
    ///     let moved = communicator.redistribute(&map, &Partition::Strided(&["system"]), Order::Source)?;
    ///     let expected = Labels::new(["system", "atom"], [[rank, 0], [rank, 1]])?;
    ///     assert_eq!(*moved.block_by_id(0)?.samples(), expected);
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if maps do not [fit together](crate#maps); samples that come together are equal; arrays are not in main
    /// memory; the partition gives something that is no rank, or uses dimensions that samples do not have; or labels can not
    /// have as many rows.
    pub fn redistribute(
        &self,
        tensor: &TensorMap,
        partition: &Partition<'_>,
        order: Order,
    ) -> Result<TensorMap> {
        let call = Call::new("redistribute")
            .option("partition", partition)
            .option("order", order);
        self.collective(call, |session| {
            let schema = schema::agree(session, Some(tensor))?;
            let destinations = destinations(session, &schema, Some(tensor), partition)?;
            redistribute_with(session, &schema, Some(tensor), &destinations, order)
        })
    }
}

/// Moves the rows of the maps of all ranks inside of a collective function, given the rank of each row of each local block.
/// A rank without a map has no rows, and gets some.
pub(crate) fn redistribute_in(
    session: &Session<'_>,
    tensor: Option<&TensorMap>,
    destinations: &[Vec<u32>],
    order: Order,
) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, tensor)?;
    redistribute_with(session, &schema, tensor, destinations, order)
}

/// The same, if the schema of all maps is known.
pub(crate) fn redistribute_with(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    destinations: &[Vec<u32>],
    order: Order,
) -> Result<TensorMap, Agreed> {
    let target = Target {
        order,
        model: tensor,
        wanted: true,
    };
    let map = exchange(session, schema, tensor, To::Ranks(destinations), target)?;
    session.step(|| map.ok_or_else(no_map))
}
