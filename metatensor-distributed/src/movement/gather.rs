//! All rows on one rank.

use metatensor_core::{Error, Result, TensorMap};

use super::exchange::{Target, exchange};
use super::plan::To;
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::schema;
use crate::wire::Order;

impl Communicator {
    /// Brings the rows of all ranks to rank `root`, where the result is; others get `None`. Collective.
    ///
    /// The result has the keys of all ranks: those of rank 0, then those that only rank 1 has, and so on. With
    /// [`Order::Source`], the rows of each block are those of rank 0, then those of rank 1, and so on, and so are gradient
    /// rows. This undoes [`Communicator::scatter`] with `Partition::Rows`, but for gradient rows that were not in the order of
    /// their samples: how rows of different ranks were mixed is not known any more.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Order, run_local};
    ///
    /// let sums = run_local(3, |communicator| {
    ///     // one sample per rank
    ///     let samples = Labels::new(["atom"], [[communicator.rank() as i32]])?;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[0.5]]), samples, [], Labels::single())?;
    ///     let map = TensorMap::new(Labels::single(), vec![block])?;
    ///
    ///     let gathered = communicator.gather(0, &map, Order::Source)?;
    ///     Ok(gathered.map(|map| map.block_by_id(0).unwrap().samples().count()))
    /// });
    /// let sums = sums.into_iter().collect::<metatensor_core::Result<Vec<_>>>()?;
    /// assert_eq!(sums, [Some(3), None, None]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if maps do not [fit together](crate#maps); a sample is on two ranks; arrays are not in main memory; or
    /// labels can not have as many rows.
    pub fn gather(
        &self,
        root: usize,
        tensor: &TensorMap,
        order: Order,
    ) -> Result<Option<TensorMap>> {
        let call = Call::new("gather")
            .option("root", root)
            .option("order", order);
        self.collective(call, |session| {
            check_root(session, root)?;
            let schema = schema::agree(session, Some(tensor))?;
            let blocks = tensor.blocks().iter();
            let destinations: Vec<_> = blocks
                .map(|block| vec![root as u32; block.samples().count()])
                .collect();
            let to = To::Ranks(&destinations);
            let target = Target {
                order,
                model: Some(tensor),
                wanted: session.rank() == root,
            };
            exchange(session, &schema, Some(tensor), to, target)
        })
    }
}

/// Checks that there is such a rank, in a step of its own.
pub(super) fn check_root(session: &Session<'_>, root: usize) -> Result<(), Agreed> {
    session.step(|| match root < session.size() {
        true => Ok(()),
        false => Err(Error::invalid(format!(
            "there is no root {root}: there are {} ranks",
            session.size()
        ))),
    })
}
