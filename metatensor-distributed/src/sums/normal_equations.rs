//! Normal equations of the equations of all ranks.

use metatensor_core::{Result, TensorMap};
use metatensor_operations::normal_equations;

use super::all_reduce::all_reduce_in;
use super::lstsq::without_rows;
use crate::communicator::{Call, Communicator};
use crate::schema;

impl Communicator {
    /// The matrices `xᴴ x` and `xᴴ y` of the equations `x wᵀ = y` of all ranks, on all ranks. Collective.
    ///
    /// This is [`normal_equations`](metatensor_operations::normal_equations) of the maps that those of all ranks are
    /// together: for fits that add something to these matrices. [`lstsq`](Communicator::lstsq) sends about as much, and loses
    /// less precision.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::run_local;
    /// use ndarray::arr2;
    ///
    /// run_local(2, |communicator| {
    ///     let number = communicator.rank() as i32 + 1;
    ///     let map = |value| {
    ///         let samples = Labels::new(["s"], [[number]])?;
    ///         TensorMap::new(Labels::single(), vec![TensorBlock::new(arr2(&[[value]]), samples, [], Labels::single())?])
    ///     };
    ///     let number = f64::from(number);
    ///     let (xtx, xty) = communicator.normal_equations(&map(number)?, &map(2.0 * number)?)?;
    ///     assert_eq!(xtx.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[5.0]]).into_dyn());
    ///     assert_eq!(xty.block_by_id(0)?.to_ndarray::<f64>()?, arr2(&[[10.0]]).into_dyn());
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`normal_equations`](metatensor_operations::normal_equations), and
    /// [`Error::NotEqual`](metatensor_core::Error::NotEqual) if the maps of different ranks do not fit together.
    pub fn normal_equations(&self, x: &TensorMap, y: &TensorMap) -> Result<(TensorMap, TensorMap)> {
        self.collective(Call::new("normal_equations"), |session| {
            let of_x = schema::agree(session, Some(x))?;
            let of_y = schema::agree(session, Some(y))?;
            let (squares, right) = session.step(|| {
                // Zeros for blocks of other ranks.
                let (mut squares, mut right) =
                    normal_equations(&without_rows(&of_x)?, &without_rows(&of_y)?)?;
                let own = normal_equations(x, y)?;
                for (all, own) in [(&mut squares, own.0), (&mut right, own.1)] {
                    *all = with_blocks_of(all, &own)?;
                }
                Ok((squares, right))
            })?;
            Ok((
                all_reduce_in(session, &squares)?,
                all_reduce_in(session, &right)?,
            ))
        })
    }
}

/// `all` with the blocks of `some`, which has some of its keys.
fn with_blocks_of(all: &TensorMap, some: &TensorMap) -> Result<TensorMap> {
    let blocks = all.iter().map(|(key, block)| {
        let own = some.keys().position(key).and_then(|i| some.blocks().get(i));
        own.unwrap_or(block).clone()
    });
    TensorMap::new(all.keys(), blocks.collect())
}
