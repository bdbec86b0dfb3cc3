//! Sums of rows with equal labels, wherever they are.

use metatensor_core::{Result, TensorMap};
use metatensor_operations::sum_over_samples;

use super::Placement;
use super::placement::place;
use super::source::{tag_names, with_tags};
use crate::Order;
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::movement::redistribute_in;
use crate::partition::rendezvous::home;

impl Communicator {
    /// Adds samples that have the same label on several ranks. Collective.
    ///
    /// Rows of gradients whose samples and other dimensions are equal are added as well, at all depths; others are rows of the
    /// result as they are. Types are those of sums over samples: floats are added in double precision, in the order of
    /// ranks, and rounded once. The result has the keys of all ranks; its rows are sorted by labels, and have the same bits on
    /// all ranks that have them.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::{Placement, run_local};
    ///
    /// // Both ranks have a part of system 1.
    /// run_local(2, |communicator| {
    ///     let systems = [[0, 1], [1, 2]][communicator.rank()];
    ///     let samples = Labels::new(["system"], systems.map(|system| [system]))?;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    ///     let energies = TensorMap::new(Labels::single(), vec![block])?;
    ///
    ///     let sums = communicator.sum_by_labels(&energies, Placement::Everywhere)?;
    ///     let sums = sums.block_by_id(0)?;
    ///     assert_eq!(sums.samples(), &Labels::range("system", 3)?);
    ///     assert_eq!(sums.to_ndarray::<f64>()?, ndarray::arr2(&[[1.0], [3.0], [2.0]]).into_dyn());
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotEqual`](metatensor_core::Error::NotEqual) if the maps do not fit together,
    /// [`Error::Unsupported`](metatensor_core::Error::Unsupported) if elements are not in main memory, or too many rows come to
    /// one rank.
    pub fn sum_by_labels(&self, tensor: &TensorMap, placement: Placement<'_>) -> Result<TensorMap> {
        let call = Call::new("sum_by_labels").option("placement", placement);
        self.collective(call, |session| {
            let sums = sum_in(session, || Ok(tensor.clone()))?;
            place(session, &sums, placement)
        })
    }
}

/// The sums of rows with equal labels of the maps that `make` gives on each rank: each is on one of the ranks.
pub(super) fn sum_in(
    session: &Session<'_>,
    make: impl FnOnce() -> Result<TensorMap>,
) -> Result<TensorMap, Agreed> {
    let (tagged, homes) = session.step(|| {
        let tensor = make()?;
        let rank = session.rank() as i32;
        let tags = |i: usize| Ok(vec![rank; tensor.blocks()[i].samples().count()]);
        Ok((
            with_tags(&tensor, &["rank"], tags)?,
            homes(&tensor, session)?,
        ))
    })?;
    let moved = redistribute_in(session, Some(&tagged), &homes, Order::Source)?;
    session.step(|| sum_over_samples(&moved, &tag_names(&moved, 1)))
}

/// A rank for each row, the same one for all rows with this label.
pub(super) fn homes(tensor: &TensorMap, session: &Session<'_>) -> Result<Vec<Vec<u32>>> {
    let blocks = tensor.blocks().iter();
    let homes = blocks.map(|block| {
        block.samples().check_readable("communication")?;
        let rows = block.samples().iter();
        Ok(rows.map(|row| home(row, session.size()) as u32).collect())
    });
    homes.collect()
}
