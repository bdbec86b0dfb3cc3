//! The map of one rank, on all ranks.

use std::ops::Range;

use metatensor_core::{DenseArray, Error, Limit, Result, TensorMap};

use super::assembly::Assembly;
use super::buffers::{bytes_mut, for_message, writable};
use super::gather::check_root;
use super::plan::{Plan, To};
use super::rounds::{length, size_of};
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::schema::{self, Reader, Schema};
use crate::wire::{Order, own_elements, write};

impl Communicator {
    /// Gives all ranks the map of rank `root`, with its info. Blocks that share labels there share them in the results as
    /// well. Collective.
    ///
    /// Other ranks need no map: if they have one, arrays of the result are of the kind that it has, and nothing else of it
    /// counts.
    ///
    /// ```
    /// use metatensor_core::{Labels, TensorBlock, TensorMap};
    /// use metatensor_distributed::run_local;
    ///
    /// run_local(2, |communicator| {
    ///     let map = if communicator.rank() == 1 {
    ///         let samples = Labels::range("atom", 2)?;
    ///         let block = TensorBlock::new(ndarray::arr2(&[[0.5], [1.5]]), samples, [], Labels::single())?;
    ///         Some(TensorMap::new(Labels::single(), vec![block])?)
    ///     } else {
    ///         None
    ///     };
    ///     let map = communicator.broadcast(1, map.as_ref())?;
    ///     assert_eq!(map.block_by_id(0)?.values_as::<f64>()?.sum(), 2.0);
    ///     Ok(())
    /// })
    /// .into_iter()
    /// .collect::<metatensor_core::Result<()>>()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On all ranks, if the root has no map, or arrays that are not in main memory.
    pub fn broadcast(&self, root: usize, tensor: Option<&TensorMap>) -> Result<TensorMap> {
        let call = Call::new("broadcast").option("root", root);
        self.collective(call, |session| {
            check_root(session, root)?;
            broadcast_in(session, root, tensor)
        })
    }
}

fn broadcast_in(
    session: &Session<'_>,
    root: usize,
    tensor: Option<&TensorMap>,
) -> Result<TensorMap, Agreed> {
    let is_root = session.rank() == root;
    let of_root = tensor.filter(|_| is_root);
    let schema = schema::agree(session, of_root)?;
    let (plan, rounds) = session.step(|| {
        let plan = Plan::new(&schema, of_root, To::All, session.size())?;
        let rounds = match is_root {
            true => encode(&rounds(session, &schema, &plan)?),
            false => Vec::new(),
        };
        Ok((plan, rounds))
    })?;
    let rounds = session.broadcast(root, rounds)?;
    let rounds = session.step(|| {
        let rounds = decode(&rounds, schema.blocks.len())?;
        let sizes = rounds.iter().map(|&(_, size)| size);
        Limit::check_result(sizes.fold(0, u64::saturating_add), || "what the root sends")?;
        Ok(rounds)
    })?;
    let mut assembly = Assembly {
        session,
        schema: &schema,
        plan: &plan,
        model: tensor,
        order: Order::Source,
        with_own: false,
        blocks: Vec::new(),
    };
    for (blocks, size) in rounds {
        let mut message = session.step(|| match is_root {
            true => packed(session, &plan, blocks.clone()),
            false => for_message(size),
        })?;
        if let Some(message) = &mut message {
            // This is an array of our own, of which nobody else knows.
            let mut message = session.sent(writable(message))?;
            session.sent(session.transport().broadcast(root, bytes_mut(&mut message)))?;
        }
        session.step(|| {
            if is_root {
                return Ok(());
            }
            let mut messages = vec![None; session.size()];
            messages[root] = message;
            let elements: Vec<_> = plan.sets.of_blocks(blocks.clone()).map(|_| None).collect();
            assembly.add(blocks, &elements, &messages)
        })?;
    }
    session.step(|| match of_root {
        Some(tensor) => Ok(tensor.clone()),
        None => assembly.finish(),
    })
}

fn packed(
    session: &Session<'_>,
    plan: &Plan<'_>,
    blocks: Range<usize>,
) -> Result<Option<DenseArray>> {
    let range = plan.sets.of_blocks(blocks);
    let elements = own_elements(&plan.routes, range.clone())?;
    if session.size() == 1 {
        return Ok(None);
    }
    let rows = (&plan.routes, &elements[..]);
    write(&plan.sets, range, rows, 0, session.number())
}

/// Blocks that are sent together, and the size of their message.
type Round = (Range<usize>, u64);

fn rounds(session: &Session<'_>, schema: &Schema, plan: &Plan<'_>) -> Result<Vec<Round>> {
    let blocks = 0..schema.blocks.len();
    let bytes: Vec<_> = blocks
        .clone()
        .map(|block| {
            let sets = plan.sets.of_blocks(block..block + 1);
            [
                size_of(&plan.sets, sets.clone(), &plan.routes.counts(sets, 0)),
                0,
            ]
        })
        .collect();
    let mut rounds = Vec::new();
    let mut start = 0;
    while start < blocks.end {
        let end = start + length(&bytes[start..], session.max_buffer());
        let size = plan.size(plan.sets.of_blocks(start..end), 0)?;
        rounds.push((start..end, size));
        start = end;
    }
    Ok(rounds)
}

fn encode(rounds: &[Round]) -> Vec<u8> {
    let numbers = rounds
        .iter()
        .flat_map(|(blocks, size)| [blocks.end as u64, *size]);
    numbers.flat_map(u64::to_ne_bytes).collect()
}

fn decode(bytes: &[u8], blocks: usize) -> Result<Vec<Round>> {
    let mut reader = Reader::new(bytes);
    let mut rounds = Vec::new();
    let mut start = 0;
    while start < blocks {
        let (end, size) = (
            reader.u64("the blocks of a round")?,
            reader.u64("the size of a round")?,
        );
        let end = usize::try_from(end)
            .ok()
            .filter(|end| (start + 1..=blocks).contains(end));
        let Some(end) = end else {
            return Err(Error::serialization("a message has a round without blocks"));
        };
        rounds.push((start..end, size));
        start = end;
    }
    reader.finish()?;
    Ok(rounds)
}
