//! The sum of the maps of all ranks.

use metatensor_core::{DType, Result, TensorMap};

use super::arithmetic::sum;
use super::flat;
use super::same_labels::check_same_labels;
use crate::communicator::{Agreed, Call, Communicator, Session, zeros};
use crate::schema;
use crate::transport::{Incoming, Outgoing};

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
    let mut elements = session.step(|| {
        let size = flat::size(&schema, tensor)?;
        flat::pack(&schema, tensor, size)
    })?;
    if let Some(dtype) = schema.dtype
        && session.size() > 1
        && !elements.is_empty()
    {
        match elements.len() < SMALL {
            true => sum_small(session, dtype, &mut elements)?,
            false => sum_large(session, dtype, &mut elements)?,
        }
    }
    session.step(|| flat::unpack(&schema, tensor, &elements))
}

/// Sends all elements to everybody, who adds all of them.
fn sum_small(session: &Session<'_>, dtype: DType, elements: &mut [u8]) -> Result<(), Agreed> {
    let (rank, ranks) = (session.rank(), session.size());
    let mut received = session.step(|| of_others(elements.len(), ranks))?;
    exchange(session, |_| elements, &mut received, elements.len())?;
    session.step(|| {
        let sums = sum(dtype, &in_order(rank, elements, &received))?;
        elements.copy_from_slice(sums.view().as_bytes().unwrap_or_default());
        Ok(())
    })
}

/// Each rank adds one part of the elements of all, and sends the sums to all others.
fn sum_large(session: &Session<'_>, dtype: DType, elements: &mut [u8]) -> Result<(), Agreed> {
    let (rank, ranks) = (session.rank(), session.size());
    let count = elements.len() / dtype.size();
    let start =
        |part: usize| (count as u128 * part as u128 / ranks as u128) as usize * dtype.size();
    let part = |part: usize| start(part)..start(part + 1);
    let own = part(rank);
    let mut received = session.step(|| of_others(own.len(), ranks))?;
    let of_peer = |peer: usize| &elements[part(peer)];
    exchange(session, of_peer, &mut received, own.len())?;
    session.step(|| {
        let sums = sum(dtype, &in_order(rank, &elements[own.clone()], &received))?;
        elements[own.clone()].copy_from_slice(sums.view().as_bytes().unwrap_or_default());
        Ok(())
    })?;
    drop(received);

    let mut rest = elements;
    let mut parts = Vec::with_capacity(ranks);
    for peer in 0..ranks {
        let (part, others) = rest.split_at_mut(part(peer).len());
        parts.push(part);
        rest = others;
    }
    let mut own: &[u8] = &[];
    let mut receives = Vec::with_capacity(ranks);
    for (peer, data) in parts.into_iter().enumerate() {
        match peer == rank {
            true => own = data,
            false => receives.push(Incoming { peer, data }),
        }
    }
    let sends = others(session).map(|peer| Outgoing { peer, data: own });
    session.transfer(sends.collect(), receives)
}

/// Memory for so many bytes of each other rank.
fn of_others(size: usize, ranks: usize) -> Result<Vec<u8>> {
    zeros((size as u64).saturating_mul(ranks as u64 - 1))
}

/// All other ranks.
fn others(session: &Session<'_>) -> impl Iterator<Item = usize> {
    let own = session.rank();
    (0..session.size()).filter(move |&rank| rank != own)
}

/// Sends `data` of each other rank to it, and receives `size` bytes of each, in the order of ranks.
fn exchange<'a>(
    session: &Session<'_>,
    data: impl Fn(usize) -> &'a [u8],
    received: &mut [u8],
    size: usize,
) -> Result<(), Agreed> {
    let sends = others(session).map(|peer| Outgoing {
        peer,
        data: data(peer),
    });
    let receives = others(session).zip(received.chunks_mut(size.max(1)));
    let receives = receives.map(|(peer, data)| Incoming { peer, data });
    session.transfer(sends.collect(), receives.collect())
}

/// The parts of all ranks in their order, the own one included.
fn in_order<'a>(rank: usize, own: &'a [u8], received: &'a [u8]) -> Vec<&'a [u8]> {
    let mut parts: Vec<_> = received.chunks(own.len().max(1)).collect();
    parts.insert(rank.min(parts.len()), own);
    parts
}
