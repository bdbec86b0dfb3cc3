//! All rows on all ranks.

use metatensor_core::{Error, Result, TensorMap};

use super::exchange::{Target, exchange};
use super::plan::To;
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::schema;
use crate::wire::Order;

impl Communicator {
    /// Brings the rows of all ranks to all ranks: what [`Communicator::gather`] gives, everywhere. Collective.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Order, run_local};
    ///
    /// run_local(2, |communicator| {
    ///     let samples = Labels::new(["atom"], [[7 - communicator.rank() as i32]])?;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[0.5]]), samples, [], Labels::single())?;
    ///     let map = TensorMap::new(Labels::single(), vec![block])?;
    ///
    ///     let all = communicator.all_gather(&map, Order::Labels)?;
    ///     assert_eq!(all.block_by_id(0)?.samples().column("atom")?, [6, 7]);
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Communicator::gather`].
    pub fn all_gather(&self, tensor: &TensorMap, order: Order) -> Result<TensorMap> {
        let call = Call::new("all_gather").option("order", order);
        self.collective(call, |session| all_gather_in(session, tensor, order))
    }
}

/// [`Communicator::all_gather`] inside of a collective function.
pub(crate) fn all_gather_in(
    session: &Session<'_>,
    tensor: &TensorMap,
    order: Order,
) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, Some(tensor))?;
    let target = Target {
        order,
        model: Some(tensor),
        wanted: true,
    };
    let map = exchange(session, &schema, Some(tensor), To::All, target)?;
    session.step(|| map.ok_or_else(no_map))
}

#[cold]
pub(super) fn no_map() -> Error {
    Error::Internal("no map was made of what was received".into())
}
