//! The rows of one rank, on all ranks.

use metatensor_core::{Result, TensorMap};

use super::all_gather::no_map;
use super::exchange::{Target, exchange};
use super::gather::check_root;
use super::plan::To;
use crate::communicator::{Call, Communicator};
use crate::partition::{Partition, destinations};
use crate::schema;
use crate::wire::Order;

impl Communicator {
    /// Gives each rank a part of the map of rank `root`. Collective.
    ///
    /// All ranks get all blocks, with those of their rows that the partition gives them, and the info.
    ///
    /// Other ranks need no map: if they have one, arrays of the result are of the kind that it has, and nothing else of it
    /// counts.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Order, Partition, run_local};
    ///
    /// run_local(2, |communicator| {
    ///     let map = if communicator.rank() == 0 {
    ///         let samples = Labels::range("atom", 4)?;
    ///         let values = ndarray::arr2(&[[0.5], [1.5], [2.5], [3.5]]);
    ///         let block = TensorBlock::new(values, samples, [], Labels::single())?;
    ///         Some(TensorMap::new(Labels::single(), vec![block])?)
    ///     } else {
    ///         None
    ///     };
    ///     let part = communicator.scatter(0, map.as_ref(), &Partition::Rows)?;
    ///     let atoms = part.block_by_id(0)?.samples().column("atom")?;
    ///     assert_eq!(atoms, if communicator.rank() == 0 { [0, 1] } else { [2, 3] });
    ///
    ///     // and back
    ///     let whole = communicator.gather(0, &part, Order::Source)?;
    ///     assert_eq!(whole.is_some(), communicator.rank() == 0);
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if the root has no map, or arrays that are not in main memory, or the partition gives something that is
    /// no rank.
    pub fn scatter(
        &self,
        root: usize,
        tensor: Option<&TensorMap>,
        partition: &Partition<'_>,
    ) -> Result<TensorMap> {
        let call = Call::new("scatter")
            .option("root", root)
            .option("partition", partition);
        self.collective(call, |session| {
            check_root(session, root)?;
            let of_root = tensor.filter(|_| session.rank() == root);
            let schema = schema::agree(session, of_root)?;
            let destinations = destinations(session, &schema, of_root, partition)?;
            let target = Target {
                order: Order::Source,
                model: tensor,
                wanted: true,
            };
            let map = exchange(session, &schema, of_root, To::Ranks(&destinations), target)?;
            session.step(|| map.ok_or_else(no_map))
        })
    }
}
