//! From ghosts to owners.

use metatensor_core::{DType, Element, Result, View, ViewMut};

use super::agreement::Agreement;
use super::buffers::Buffers;
use super::combine::Kernel;
use super::forward::bytes_mut;
use super::plan::{Neighbor, Plan};
use super::{Combine, Halo};
use crate::communicator::{Agreed, Session};

impl Halo {
    /// Combines what ghosts have with what their owners have: with [`Combine::Add`], each owned row becomes the sum of itself
    /// and of all of its ghosts. Rows have `row_length` elements. Collective.
    ///
    /// Elements are integers or floats of 32 or 64 bits, or complex numbers made of these floats. Owned rows are combined with
    /// ghosts in the order of ranks, and in that of ghosts on each rank: results have the same bits in each run.
    ///
    /// ```
    /// use metatensor_distributed::{Combine, Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7, 8], &[8, 8])?;
    /// let mut owned = [1.0, 2.0];
    /// halo.reverse(Combine::Add, 1, &[10.0, 100.0], &mut owned)?;
    /// assert_eq!(owned, [1.0, 112.0]);
    /// halo.reverse(Combine::Min, 1, &[-1.0, 3.0], &mut owned)?;
    /// assert_eq!(owned, [1.0, -1.0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are more or fewer elements than rows have, or elements of a type that can not be combined; or if ranks call this
    /// differently.
    pub fn reverse<T: Element>(
        &mut self,
        op: Combine,
        row_length: usize,
        ghosts: &[T],
        owned: &mut [T],
    ) -> Result<()> {
        let ghosts = View::from(ghosts);
        let mut owned = ViewMut::of_slice(owned);
        // Types that are refused here can not be combined, which is found out later.
        let owned = bytes_mut(&mut owned).unwrap_or_default();
        let ghosts = ghosts.as_bytes().unwrap_or_default();
        self.reverse_bytes(op, T::DTYPE, row_length, ghosts, owned)
    }

    /// [`Halo::reverse`] for elements of this type in memory, at any address. Collective.
    ///
    /// ```
    /// use metatensor_core::DType;
    /// use metatensor_distributed::{Combine, Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7], &[7])?;
    /// let mut owned = 40_i32.to_ne_bytes();
    /// halo.reverse_bytes(Combine::Add, DType::I32, 1, &2_i32.to_ne_bytes(), &mut owned)?;
    /// assert_eq!(i32::from_ne_bytes(owned), 42);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::reverse`].
    pub fn reverse_bytes(
        &mut self,
        op: Combine,
        dtype: DType,
        row_length: usize,
        ghosts: &[u8],
        owned: &mut [u8],
    ) -> Result<()> {
        let call = self
            .call("halo_reverse")
            .option("op", op)
            .option("dtype", dtype)
            .option("row_length", row_length);
        let kernel = op.kernel(dtype);
        let size = row_length.checked_mul(dtype.size());
        if self.agreement == Agreement::Neighbors {
            return self.reverse_unagreed(call, kernel, size, ghosts, owned);
        }
        let communicator = self.communicator.clone();
        communicator.collective(call, |session| {
            let (kernel, size) = session.step(|| {
                let kernel = kernel?;
                let size = self.check_step(size, owned.len(), ghosts.len())?;
                self.prepare_reverse(size, ghosts)?;
                Ok((kernel, size))
            })?;
            self.exchange_reverse(session, kernel, size, ghosts, owned)
        })
    }

    /// Makes messages of ghosts, and memory for those of neighbors.
    pub(super) fn prepare_reverse(&mut self, size: usize, ghosts: &[u8]) -> Result<()> {
        let plan = &self.plan;
        plan.pack(
            |neighbor| &neighbor.receive,
            size,
            ghosts,
            &mut self.receive,
        )?;
        plan.grow_for_owners(size, &mut self.send)
    }

    /// Sends what was prepared, and combines what comes with owned rows.
    pub(super) fn exchange_reverse(
        &mut self,
        session: &Session<'_>,
        kernel: Kernel,
        size: usize,
        ghosts: &[u8],
        owned: &mut [u8],
    ) -> Result<(), Agreed> {
        let plan = &self.plan;
        let sends = plan.outgoing(|neighbor| &neighbor.receive, size, ghosts, &self.receive);
        let bytes = |_, neighbor: &Neighbor| neighbor.send.len() * size;
        let receives = plan.incoming_buffers(&mut self.send, bytes);
        session.transfer(sends, receives)?;
        plan.combine(kernel, size, 0, &self.send, ghosts, owned);
        Ok(())
    }
}

impl Plan {
    fn grow_for_owners(&self, size: usize, buffers: &mut Buffers) -> Result<()> {
        for (i, neighbor) in self.others() {
            buffers.grow(i, neighbor.send.len() * size)?;
        }
        Ok(())
    }

    /// Combines what came from neighbors with owned rows, in the order of ranks, with the own one in its place. Messages have
    /// `start` bytes before the rows.
    pub(super) fn combine(
        &self,
        kernel: Kernel,
        size: usize,
        start: usize,
        messages: &Buffers,
        ghosts: &[u8],
        owned: &mut [u8],
    ) {
        for (neighbor, message) in self.neighbors.iter().zip(&messages.0) {
            let targets = neighbor.send.rows();
            if neighbor.rank == self.rank {
                kernel(size, targets, Some(neighbor.receive.rows()), ghosts, owned);
            } else if !targets.is_empty() {
                kernel(size, targets, None, &message[start..], owned);
            }
        }
    }
}
