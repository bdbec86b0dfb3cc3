//! Rows go where they should be.

use std::ops::Range;

use metatensor_core::{DenseArray, Limit, Result, TensorMap, View};

use super::assembly::Assembly;
use super::buffers::{bytes, bytes_mut, for_message, writable};
use super::plan::{Plan, To};
use super::rounds::Rounds;
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;
use crate::transport::{Incoming, Outgoing};
use crate::wire::{Order, own_elements, write};

/// What is made of the rows that come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) order: Order,
    /// Arrays are of the kind of this map.
    pub(super) model: Option<&'a TensorMap>,
    /// Whether a map is made of them on this rank.
    pub(super) wanted: bool,
}

/// Sends all rows where they go, and makes a map of those that come here, if that is wanted.
///
/// If this does not take more memory for messages than allowed on any rank, all is sent at once. Otherwise, numbers of rows
/// are sent first, and then some blocks at a time.
pub(super) fn exchange(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    to: To<'_>,
    target: Target<'_>,
) -> Result<Option<TensorMap>, Agreed> {
    let (rank, ranks) = (session.rank(), session.size());
    let (plan, sizes) = session.step(|| {
        let plan = Plan::new(schema, tensor, to, ranks)?;
        let all = plan.sets.of_blocks(0..schema.blocks.len());
        let sizes = (0..ranks).map(|peer| match peer == rank {
            true => Ok(0),
            false => plan.size(all.clone(), peer),
        });
        let sizes = sizes.collect::<Result<Vec<_>>>()?;
        Ok((plan, sizes))
    })?;
    let incoming = session.all_to_all_u64(&sizes)?;
    let outgoing_bytes = match plan.to_all {
        true => sizes.into_iter().max().unwrap_or(0),
        false => sizes.into_iter().fold(0, u64::saturating_add),
    };
    let incoming_bytes = incoming.iter().copied().fold(0, u64::saturating_add);
    let fits = outgoing_bytes.max(incoming_bytes) <= session.max_buffer();
    let mut assembly = Assembly {
        session,
        schema,
        plan: &plan,
        model: target.model,
        order: target.order,
        with_own: true,
        blocks: Vec::new(),
    };
    let all = 0..schema.blocks.len();
    let (packed, alike) = session.step_alike(|| {
        Limit::check_result(incoming_bytes, || "what other ranks send")?;
        let packed = fits.then(|| Packed::new(session, &plan, all.clone(), &incoming));
        Ok((packed.transpose()?, Some(u64::from(fits))))
    })?;
    match packed {
        Some(packed) if alike => {
            let received = packed.send(session, &plan)?;
            return session.step(|| match target.wanted {
                true => {
                    assembly.add(all, &received.elements, &received.messages)?;
                    assembly.finish().map(Some)
                }
                false => Ok(None),
            });
        }
        _ => drop(packed),
    }
    let mut rounds = Rounds::new(session, schema, &plan)?;
    while let Some(blocks) = rounds.next()? {
        let packed = session.step(|| {
            let incoming = rounds.incoming(blocks.clone())?;
            Packed::new(session, &plan, blocks.clone(), &incoming)
        })?;
        let received = packed.send(session, &plan)?;
        session.step(|| match target.wanted {
            true => assembly.add(blocks, &received.elements, &received.messages),
            false => Ok(()),
        })?;
    }
    session.step(|| target.wanted.then(|| assembly.finish()).transpose())
}

/// Messages that are ready to be sent, and memory for those that will be received.
struct Packed<'a> {
    /// For each receiver of the plan.
    sends: Vec<Option<DenseArray>>,
    received: Arrived<'a>,
}

/// What is needed to make blocks.
struct Arrived<'a> {
    /// Of the local blocks.
    elements: Vec<Option<View<'a>>>,
    /// From each rank.
    messages: Vec<Option<DenseArray>>,
}

impl<'a> Packed<'a> {
    fn new(
        session: &Session<'_>,
        plan: &Plan<'a>,
        blocks: Range<usize>,
        incoming: &[u64],
    ) -> Result<Packed<'a>> {
        let range = plan.sets.of_blocks(blocks);
        let elements = own_elements(&plan.routes, range.clone())?;
        let receivers = if plan.to_all { 1 } else { session.size() };
        let sends = (0..receivers).map(|receiver| {
            let is_own = !plan.to_all && receiver == session.rank();
            if is_own || session.size() == 1 {
                return Ok(None);
            }
            let rows = (&plan.routes, &elements[..]);
            write(&plan.sets, range.clone(), rows, receiver, session.number())
        });
        Ok(Packed {
            sends: sends.collect::<Result<_>>()?,
            received: Arrived {
                messages: incoming
                    .iter()
                    .map(|&size| for_message(size))
                    .collect::<Result<_>>()?,
                elements,
            },
        })
    }

    /// Sends and receives.
    fn send(self, session: &Session<'_>, plan: &Plan<'_>) -> Result<Arrived<'a>, Agreed> {
        let Packed {
            sends,
            mut received,
        } = self;
        let (rank, ranks) = (session.rank(), session.size());
        let views: Vec<_> = sends
            .iter()
            .map(|message| message.as_ref().map(DenseArray::view))
            .collect();
        let peers = (0..ranks).filter(|&peer| peer != rank);
        let sends = peers.filter_map(|peer| {
            let data = bytes(views[plan.receiver(peer)].as_ref()?);
            Some(Outgoing { peer, data })
        });
        let writable = received
            .messages
            .iter_mut()
            .enumerate()
            .filter_map(|(peer, message)| {
                let writable = writable(message.as_mut()?);
                Some(writable.map(|view| (peer, view)))
            });
        // These are arrays of our own, of which nobody else knows.
        let mut writable = session.sent(writable.collect::<Result<Vec<_>>>())?;
        let receives = writable.iter_mut().map(|(peer, view)| Incoming {
            peer: *peer,
            data: bytes_mut(view),
        });
        session.transfer(sends.collect(), receives.collect())?;
        drop(writable);
        Ok(received)
    }
}
