//! From owners to ghosts.

use metatensor_core::{Element, Error, Result, View, ViewMut};

use super::Halo;
use super::agreement::Agreement;
use super::buffers::Buffers;
use super::plan::Plan;
use super::row_list::copy_rows;
use crate::communicator::{Agreed, Call, Session};

impl Halo {
    /// Copies owned rows to their ghosts: `ghosts` gets what the owners have. Rows have `row_length` elements, of any type but
    /// booleans. Collective.
    ///
    /// One message goes to each neighbor, and comes right from `owned` and to `ghosts` where rows follow each other.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7, 8], &[8, 8])?;
    /// let mut ghosts = [0.0; 4];
    /// halo.forward(2, &[1.0, 2.0, 3.0, 4.0], &mut ghosts)?;
    /// assert_eq!(ghosts, [3.0, 4.0, 3.0, 4.0]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are more or fewer elements than rows have, or ranks call this with different types or lengths of rows.
    pub fn forward<T: Element>(
        &mut self,
        row_length: usize,
        owned: &[T],
        ghosts: &mut [T],
    ) -> Result<()> {
        let call = self
            .call("halo_forward")
            .option("dtype", T::DTYPE)
            .option("row_length", row_length);
        let size = row_length.checked_mul(size_of::<T>());
        let owned = View::from(owned);
        let mut ghosts = ViewMut::of_slice(ghosts);
        let ghosts = bytes_mut(&mut ghosts);
        self.forward_rows(call, size, owned.as_bytes().unwrap_or_default(), ghosts)
    }

    /// [`Halo::forward`] for rows of `row_size` bytes each. Collective.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7, 8], &[8])?;
    /// let mut ghosts = [0; 3];
    /// halo.forward_bytes(3, b"abcdef", &mut ghosts)?;
    /// assert_eq!(&ghosts, b"def");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::forward`].
    pub fn forward_bytes(
        &mut self,
        row_size: usize,
        owned: &[u8],
        ghosts: &mut [u8],
    ) -> Result<()> {
        let call = self.call("halo_forward").option("row_size", row_size);
        self.forward_rows(call, Some(row_size), owned, Ok(ghosts))
    }

    fn forward_rows(
        &mut self,
        call: Call,
        size: Option<usize>,
        owned: &[u8],
        ghosts: Result<&mut [u8]>,
    ) -> Result<()> {
        if self.agreement == Agreement::Neighbors {
            return self.forward_unagreed(call, size, owned, ghosts);
        }
        let communicator = self.communicator.clone();
        communicator.collective(call, |session| {
            let (size, ghosts) = session.step(|| {
                let ghosts = ghosts?;
                let size = self.check_step(size, owned.len(), ghosts.len())?;
                self.plan
                    .pack(|neighbor| &neighbor.send, size, owned, &mut self.send)?;
                self.plan.grow_for_ghosts(size, &mut self.receive)?;
                Ok((size, ghosts))
            })?;
            exchange(
                session,
                &self.plan,
                size,
                owned,
                ghosts,
                &self.send,
                &mut self.receive,
            )
        })
    }

    pub(super) fn call(&self, function: &'static str) -> Call {
        Call::new(function).option("halo", self.number)
    }

    /// Checks what a step is called with, in bytes, and gives the size of rows.
    pub(super) fn check_step(
        &self,
        size: Option<usize>,
        owned: usize,
        ghosts: usize,
    ) -> Result<usize> {
        self.check_usable()?;
        let size = size.ok_or_else(|| Error::invalid("rows are too long"))?;
        check_rows("owned", self.plan.owned, size, owned)?;
        check_rows("ghosts", self.plan.ghosts, size, ghosts)?;
        Ok(size)
    }

    pub(super) fn check_usable(&self) -> Result<()> {
        if let Some(failure) = self.failure {
            return Err(Error::invalid(format!(
                "this halo can not be used any more: rank {} failed in a step that only neighbors agreed on",
                failure.rank()
            )));
        }
        match &self.on_their_way {
            None => Ok(()),
            Some(_) => Err(Error::invalid(
                "this halo waits for ghosts: end that step first",
            )),
        }
    }
}

/// Checks that there are so many rows of `size` bytes.
pub(super) fn check_rows(name: &str, rows: usize, size: usize, bytes: usize) -> Result<()> {
    if rows.checked_mul(size) == Some(bytes) {
        return Ok(());
    }
    Err(Error::BufferSize(format!(
        "expected {rows} rows of {size} bytes in '{name}', got {bytes} bytes"
    )))
}

/// The bytes of elements that can have any.
pub(super) fn bytes_mut<'a>(view: &'a mut Result<ViewMut<'_>>) -> Result<&'a mut [u8]> {
    match view {
        Ok(view) => Ok(view.as_bytes_mut().unwrap_or_default()),
        Err(_) => Err(Error::unsupported("rows of booleans: send them as bytes")),
    }
}

impl Plan {
    /// Makes memory for those messages that can not be received where they belong.
    fn grow_for_ghosts(&self, size: usize, buffers: &mut Buffers) -> Result<()> {
        for (i, neighbor) in self.others() {
            if neighbor.receive.range(size).is_none() {
                buffers.grow(i, neighbor.receive.len() * size)?;
            }
        }
        Ok(())
    }

    /// Copies rows to ghosts on the same rank.
    pub(super) fn copy_own(&self, size: usize, owned: &[u8], ghosts: &mut [u8]) {
        if let Some((_, own)) = self.own() {
            copy_rows(size, &own.send, owned, &own.receive, ghosts);
        }
    }
}

fn exchange(
    session: &Session<'_>,
    plan: &Plan,
    size: usize,
    owned: &[u8],
    ghosts: &mut [u8],
    send: &Buffers,
    receive: &mut Buffers,
) -> Result<(), Agreed> {
    plan.copy_own(size, owned, ghosts);
    let sends = plan.outgoing(|neighbor| &neighbor.send, size, owned, send);
    let receives = plan.incoming(size, ghosts, receive);
    session.transfer(sends, receives)?;
    for (i, neighbor) in plan.others() {
        if neighbor.receive.range(size).is_none() {
            neighbor.receive.scatter(size, &receive.0[i], ghosts);
        }
    }
    Ok(())
}
