//! Memory for messages, which a plan keeps from step to step.

use metatensor_core::Result;

use super::plan::{Neighbor, Plan};
use super::row_list::RowList;
use crate::communicator::reserve;
use crate::transport::{Incoming, Outgoing};

/// For each neighbor, memory for the rows of one of its lists. It only grows.
#[derive(Debug, Default)]
pub(super) struct Buffers(pub(super) Vec<Vec<u8>>);

impl Buffers {
    pub(super) fn new(plan: &Plan) -> Buffers {
        Buffers(vec![Vec::new(); plan.neighbors.len()])
    }

    /// Makes sure that there are `size` bytes for a neighbor.
    pub(super) fn grow(&mut self, neighbor: usize, size: usize) -> Result<()> {
        let buffer = &mut self.0[neighbor];
        let more = size.saturating_sub(buffer.len());
        reserve(buffer, more)?;
        buffer.resize(buffer.len() + more, 0);
        Ok(())
    }
}

/// One of the two lists of a neighbor.
pub(super) type List = fn(&Neighbor) -> &RowList;

impl Plan {
    /// Neighbors without the own rank, and their numbers.
    pub(super) fn others(&self) -> impl Iterator<Item = (usize, &Neighbor)> {
        let neighbors = self.neighbors.iter().enumerate();
        neighbors.filter(|(_, neighbor)| neighbor.rank != self.rank)
    }

    /// The rows that the own rank gives to itself, and its number as a neighbor.
    pub(super) fn own(&self) -> Option<(usize, &Neighbor)> {
        let mut neighbors = self.neighbors.iter().enumerate();
        neighbors.find(|(_, neighbor)| neighbor.rank == self.rank)
    }

    /// Copies rows that are not one piece of memory to buffers.
    pub(super) fn pack(
        &self,
        list: List,
        size: usize,
        memory: &[u8],
        buffers: &mut Buffers,
    ) -> Result<()> {
        for (i, neighbor) in self.others() {
            let list = list(neighbor);
            if list.range(size).is_none() {
                buffers.grow(i, list.len() * size)?;
                list.gather(size, memory, &mut buffers.0[i]);
            }
        }
        Ok(())
    }

    /// What is sent: pieces of memory, or of buffers that were filled by [`Plan::pack`].
    pub(super) fn outgoing<'a>(
        &self,
        list: List,
        size: usize,
        memory: &'a [u8],
        buffers: &'a Buffers,
    ) -> Vec<Outgoing<'a>> {
        self.outgoing_of(|i, neighbor| {
            let list = list(neighbor);
            match list.range(size) {
                Some(range) => &memory[range],
                None => &buffers.0[i][..list.len() * size],
            }
        })
    }

    /// What is sent to each neighbor.
    pub(super) fn outgoing_of<'a>(
        &self,
        data: impl Fn(usize, &Neighbor) -> &'a [u8],
    ) -> Vec<Outgoing<'a>> {
        let messages = self.others().map(|(i, neighbor)| Outgoing {
            peer: neighbor.rank,
            data: data(i, neighbor),
        });
        messages.collect()
    }

    /// Where ghosts are received: where they belong if that is one piece of memory, in buffers else.
    pub(super) fn incoming<'a>(
        &self,
        size: usize,
        ghosts: &'a mut [u8],
        buffers: &'a mut Buffers,
    ) -> Vec<Incoming<'a>> {
        let mut receives =
            self.incoming_buffers(buffers, |_, neighbor| match neighbor.receive.range(size) {
                Some(_) => 0,
                None => neighbor.receive.len() * size,
            });
        let (mut rest, mut start) = (ghosts, 0);
        for &i in &self.in_one_piece {
            let neighbor = &self.neighbors[i];
            let Some(range) = neighbor.receive.range(size) else {
                continue;
            };
            let (_, from_here) = rest.split_at_mut(range.start - start);
            let (data, after) = from_here.split_at_mut(range.len());
            (rest, start) = (after, range.end);
            let peer = neighbor.rank;
            receives.push(Incoming { peer, data });
        }
        receives
    }

    /// Where messages of neighbors are received in buffers, so many bytes of each.
    pub(super) fn incoming_buffers<'a>(
        &self,
        buffers: &'a mut Buffers,
        bytes: impl Fn(usize, &Neighbor) -> usize,
    ) -> Vec<Incoming<'a>> {
        let buffers = self.neighbors.iter().zip(&mut buffers.0).enumerate();
        let others = buffers.filter(|(_, (neighbor, _))| neighbor.rank != self.rank);
        let receives = others.map(|(i, (neighbor, buffer))| Incoming {
            peer: neighbor.rank,
            data: &mut buffer[..bytes(i, neighbor)],
        });
        receives.collect()
    }
}
