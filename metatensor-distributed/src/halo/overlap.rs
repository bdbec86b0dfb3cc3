//! Work while ghosts are on their way.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use metatensor_core::{Element, Error, Result, View, ViewMut};

use super::Halo;
use super::agreement::{Agreement, HEADER, Step};
use super::buffers::Buffers;
use super::forward::{bytes_mut, check_rows};
use super::plan::Plan;
use crate::communicator::{Call, Held, caught};
use crate::transport::{Message, Messages, Pending};

/// A step that has begun.
pub(super) struct OnTheirWay {
    pending: Box<dyn Pending>,
    /// Keeps other collective functions away.
    held: Held,
    size: usize,
    /// Of a step that only neighbors agree on.
    fingerprint: Option<i64>,
}

impl Halo {
    /// [`Halo::forward`], with `work` done while rows are on their way. Collective.
    ///
    /// All ranks agree before they start to work. If work fails, its error is that of this function on this rank only, and
    /// ghosts have arrived nevertheless. Collective functions of the same communicator can not be called in `work`.
    ///
    /// ```
    /// use metatensor_distributed::{Halo, run_local};
    ///
    /// let results = run_local(2, |communicator| {
    ///     let (owned, ghosts) = [([0], [1]), ([1], [0])][communicator.rank()];
    ///     let mut halo = Halo::new(&communicator, 1, &owned, &ghosts)?;
    ///     let mut of_ghost = [0.0];
    ///     let mine = [f64::from(owned[0]) + 1.0];
    ///     let square = halo.forward_while(1, &mine, &mut of_ghost, || Ok(mine[0] * mine[0]))?;
    ///     Ok::<_, metatensor_core::Error>((square, of_ghost[0]))
    /// });
    /// let results: Result<Vec<_>, _> = results.into_iter().collect();
    /// assert_eq!(results?, [(1.0, 2.0), (4.0, 1.0)]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::forward`], and those of `work`.
    pub fn forward_while<T: Element, R>(
        &mut self,
        row_length: usize,
        owned: &[T],
        ghosts: &mut [T],
        work: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let call = self
            .call("halo_forward_while")
            .option("dtype", T::DTYPE)
            .option("row_length", row_length);
        let size = row_length.checked_mul(size_of::<T>());
        let owned = View::from(owned);
        let mut ghosts = ViewMut::of_slice(ghosts);
        let mut ghosts = bytes_mut(&mut ghosts);
        let expected = match &mut ghosts {
            Ok(ghosts) => Ok(Some(ghosts.len())),
            Err(error) => Err(std::mem::replace(error, Error::Internal(String::new()))),
        };
        let owned = owned.as_bytes().unwrap_or_default();
        self.begin(call, size, owned, expected)?;
        let worked = catch_unwind(AssertUnwindSafe(work));
        let ended = ghosts.and_then(|ghosts| self.forward_end(ghosts));
        // A panic goes on when messages have arrived.
        let worked = worked.unwrap_or_else(|panic| resume_unwind(panic));
        ended.and(worked)
    }

    /// Starts [`Halo::forward_bytes`], which ends with [`forward_end`](Halo::forward_end). Collective.
    ///
    /// Rows are copied: `owned` can be changed at once. No other collective function of the communicator can be called before the
    /// step ends, on any of its halos. Dropping the halo ends the step as well.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7, 8], &[8])?;
    /// halo.forward_begin(3, b"abcdef")?;
    /// let mut ghosts = [0; 3];
    /// halo.forward_end(&mut ghosts)?;
    /// assert_eq!(&ghosts, b"def");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Halo::forward_bytes`], and if such a step runs already. Nothing is on its way then.
    pub fn forward_begin(&mut self, row_size: usize, owned: &[u8]) -> Result<()> {
        let call = self.call("halo_forward_begin").option("row_size", row_size);
        self.begin(call, Some(row_size), owned, Ok(None))
    }

    /// Waits for what [`forward_begin`](Halo::forward_begin) has started, and copies it to `ghosts`.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, Halo};
    ///
    /// let mut halo = Halo::new(&Communicator::single(), 1, &[7], &[7, 7])?;
    /// halo.forward_begin(1, b"a")?;
    /// let mut ghosts = [0; 2];
    /// halo.forward_end(&mut ghosts)?;
    /// assert_eq!(&ghosts, b"aa");
    /// assert!(halo.forward_end(&mut ghosts).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// On this rank only: if nothing was started; if there are more or fewer bytes than rows of ghosts have, in which case the step has
    /// ended nevertheless; or if the transport fails.
    pub fn forward_end(&mut self, ghosts: &mut [u8]) -> Result<()> {
        let Some(OnTheirWay {
            pending,
            held,
            size,
            fingerprint,
        }) = self.on_their_way.take()
        else {
            return Err(Error::invalid(
                "there is no step of this halo that could end",
            ));
        };
        let messages = held.release(pending.finish())?;
        self.give_back(messages);
        let theirs = match fingerprint {
            None => Ok(()),
            Some(step) => self
                .plan
                .failure_in(|neighbor| &neighbor.receive, step, &self.receive),
        };
        self.ended(Ok(()), theirs)?;
        check_rows("ghosts", self.plan.ghosts, size, ghosts.len())?;
        let start = fingerprint.map_or(0, |_| HEADER);
        self.plan.scatter_after(start, size, &self.receive, ghosts);
        if let Some((i, own)) = self.plan.own() {
            own.receive.scatter(size, &self.receive.0[i], ghosts);
        }
        Ok(())
    }

    /// Starts a step. `ghosts` are the bytes that they will have, if that is known.
    fn begin(
        &mut self,
        call: Call,
        size: Option<usize>,
        owned: &[u8],
        ghosts: Result<Option<usize>>,
    ) -> Result<()> {
        let communicator = self.communicator.clone();
        let on_their_way = communicator.collective(call, |session| {
            let check = |halo: &mut Halo| {
                let ghosts = ghosts?
                    .map(Ok)
                    .unwrap_or_else(|| halo.bytes_of_ghosts(size))?;
                let size = halo.check_step(size, owned.len(), ghosts)?;
                if let Some((i, own)) = halo.plan.own() {
                    halo.receive.grow(i, own.send.len() * size)?;
                    own.send.gather(size, owned, &mut halo.receive.0[i]);
                }
                Ok(size)
            };
            let all = self.agreement == Agreement::All;
            let (size, step) = if all {
                let size = session.step(|| {
                    let size = check(self)?;
                    for (i, neighbor) in self.plan.others() {
                        self.send.grow(i, neighbor.send.len() * size)?;
                        neighbor.send.gather(size, owned, &mut self.send.0[i]);
                        self.receive.grow(i, neighbor.receive.len() * size)?;
                    }
                    Ok(size)
                })?;
                (size, None)
            } else {
                let mine = caught(|| check(self));
                let failure = self.failure_of(&mine);
                let plan = self.plan.clone();
                let mut step = Step::of_forward(session, &plan, size);
                step.failure = failure;
                step.fill(owned, &mut self.send)?;
                match mine {
                    Ok(size) => {
                        step.grow(&mut self.receive)?;
                        (size, Some(step.fingerprint()))
                    }
                    Err(error) => {
                        // Neighbors wait for the failure of this rank, which has nothing to wait for.
                        let theirs = step.exchange(&self.send, &mut self.receive)?;
                        return Ok(self.ended(Err(error), theirs));
                    }
                }
            };
            let header = step.map_or(0, |_| HEADER);
            let messages = self.take_messages(header, size);
            let pending = session.begin(messages)?;
            Ok(Ok((pending, size, step)))
        })?;
        let (pending, size, fingerprint) = on_their_way?;
        self.on_their_way = Some(OnTheirWay {
            pending,
            held: communicator.hold(),
            size,
            fingerprint,
        });
        Ok(())
    }

    fn bytes_of_ghosts(&self, size: Option<usize>) -> Result<usize> {
        let bytes = size.and_then(|size| self.plan.ghosts.checked_mul(size));
        bytes.ok_or_else(|| Error::invalid("rows are too long"))
    }

    /// Buffers as messages, each of which has `header` bytes before rows.
    fn take_messages(&mut self, header: usize, size: usize) -> Messages {
        let plan = &self.plan;
        let take = |buffers: &mut Buffers, i: usize, peer: usize, rows: usize| {
            let bytes = header + rows * size;
            let mut data = std::mem::take(&mut buffers.0[i]);
            if rows == 0 || bytes == 0 {
                buffers.0[i] = data;
                return None;
            }
            data.truncate(bytes);
            Some(Message { peer, data })
        };
        let mut messages = Messages::default();
        for (i, neighbor) in plan.others() {
            let (peer, rows) = (neighbor.rank, neighbor.send.len());
            messages.sends.extend(take(&mut self.send, i, peer, rows));
            let rows = neighbor.receive.len();
            messages
                .receives
                .extend(take(&mut self.receive, i, peer, rows));
        }
        messages
    }

    fn give_back(&mut self, messages: Messages) {
        let lists = [
            (messages.sends, &mut self.send),
            (messages.receives, &mut self.receive),
        ];
        for (messages, buffers) in lists {
            for Message { peer, data } in messages {
                if let Ok(i) = self.plan.neighbor_ranks.binary_search(&(peer as u32)) {
                    buffers.0[i] = data;
                }
            }
        }
    }
}

impl Drop for Halo {
    /// Ends a step that has begun: a failure of the transport breaks the communicator here as well.
    fn drop(&mut self) {
        if let Some(OnTheirWay { pending, held, .. }) = self.on_their_way.take() {
            // Whoever wants to know of it ends the step.
            drop(held.release(pending.finish()));
        }
    }
}

impl Plan {
    /// Copies rows that came after `start` other bytes of each message to ghosts.
    pub(super) fn scatter_after(
        &self,
        start: usize,
        size: usize,
        messages: &Buffers,
        ghosts: &mut [u8],
    ) {
        for (i, neighbor) in self
            .others()
            .filter(|(_, neighbor)| !neighbor.receive.is_empty())
        {
            neighbor
                .receive
                .scatter(size, &messages.0[i][start..], ghosts);
        }
    }
}
