//! The sum of the maps of all ranks.

use metatensor_core::{Array, DType, DenseArray, Result, TensorMap};

use super::arithmetic::add;
use super::flat;
use super::parts::{Part, exchange_parts, share_parts};
use super::same_labels::check_same_labels;
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::movement::{bytes, for_message};
use crate::schema;

/// Maps with fewer bytes are sent to everybody as a whole: one exchange takes less time than two then.
const SMALL: usize = 64 << 10;

impl Communicator {
    /// The sum of the maps of all ranks, on all ranks. Collective.
    ///
    /// All maps have the same keys and labels, those of gradients included: each element is the sum of the elements in this
    /// place, as if the maps were given to [`add`](metatensor_operations::add) one after the other, in the order of ranks.
    /// It has the same bits on all ranks, and with any transport. [`sum_by_labels`](Communicator::sum_by_labels) is for maps
    /// with different samples.
    ///
    /// For a map of S bytes in elements, each of n ranks sends 2 (n - 1) / n S bytes, which is the least possible.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::run_local;
    ///
    /// run_local(3, |communicator| {
    ///     let value = communicator.rank() as f64;
    ///     let block = TensorBlock::new(ndarray::arr2(&[[value, 1.0]]), Labels::single(), [], Labels::range("n", 2)?)?;
    ///     let map = TensorMap::new(Labels::single(), vec![block])?;
    ///
    ///     let sum = communicator.all_reduce(&map)?;
    ///     assert_eq!(sum.block_by_id(0)?.to_ndarray::<f64>()?, ndarray::arr2(&[[3.0, 3.0]]).into_dyn());
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotEqual`](metatensor_core::Error::NotEqual) if labels are not the same on all ranks: it names the first ones that are different;
    /// [`Error::Unsupported`](metatensor_core::Error::Unsupported) if elements are not in main memory.
    pub fn all_reduce(&self, tensor: &TensorMap) -> Result<TensorMap> {
        self.collective(Call::new("all_reduce"), |session| {
            all_reduce_in(session, tensor)
        })
    }
}

/// [`Communicator::all_reduce`] inside of a collective function.
pub(super) fn all_reduce_in(
    session: &Session<'_>,
    tensor: &TensorMap,
) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, Some(tensor))?;
    check_same_labels(session, &schema, tensor)?;
    let mut arrays = session.step(|| flat::copies(&schema, tensor))?;
    if let Some(dtype) = schema.dtype
        && session.size() > 1
    {
        sum(session, dtype, &mut arrays)?;
    }
    session.step(|| flat::with_arrays(&schema, tensor, arrays))
}

fn sum(session: &Session<'_>, dtype: DType, arrays: &mut [DenseArray]) -> Result<(), Agreed> {
    let mut all = Part::equal(arrays, dtype, 1);
    match all.pop() {
        Some(all) if all.size < SMALL => {
            add_parts(session, dtype, arrays, &vec![&all; session.size()])
        }
        _ => {
            let parts = Part::equal(arrays, dtype, session.size());
            add_parts(session, dtype, arrays, &parts.iter().collect::<Vec<_>>())?;
            let own = &parts[session.rank()];
            let (packed, mut memory) = session.step(|| {
                let memory =
                    parts
                        .iter()
                        .enumerate()
                        .map(|(rank, part)| match rank == session.rank() {
                            true => Ok(None),
                            false => part.memory(),
                        });
                Ok((own.pack(arrays)?, memory.collect::<Result<Vec<_>>>()?))
            })?;
            share_parts(session, arrays, &parts, packed.as_ref(), &mut memory)
        }
    }
}

/// Sends each part to its rank, and adds what comes for the own part, in the order of ranks.
fn add_parts(
    session: &Session<'_>,
    dtype: DType,
    arrays: &mut [DenseArray],
    parts: &[&Part],
) -> Result<(), Agreed> {
    let rank = session.rank();
    let own = parts[rank];
    let (packed, mut received) = session.step(|| {
        let mut packed = Vec::with_capacity(parts.len());
        let mut received = Vec::with_capacity(parts.len());
        for (peer, part) in parts.iter().enumerate() {
            let is_own = peer == rank;
            packed.push(if is_own { None } else { part.pack(arrays)? });
            received.push(if is_own {
                None
            } else {
                for_message(own.size as u64)?
            });
        }
        Ok((packed, received))
    })?;
    exchange_parts(session, arrays, parts, &packed, &mut received)?;
    drop(packed);
    session.step(|| {
        let received: Vec<_> = received.iter().flatten().map(DenseArray::view).collect();
        let mut start = 0;
        for piece in &own.pieces {
            let end = start + piece.bytes.len();
            let others: Vec<_> = received
                .iter()
                .map(|part| &bytes(part)[start..end])
                .collect();
            let mut view = arrays[piece.array].view_mut()?;
            add(dtype, &mut view, piece.bytes.clone(), others.split_at(rank))?;
            start = end;
        }
        Ok(())
    })
}
