//! Steps that only neighbors agree on.

use metatensor_core::{Error, Result};

use super::Halo;
use super::buffers::{Buffers, List};
use super::combine::Kernel;
use super::plan::Plan;
use super::row_list::RowList;
use crate::communicator::{Agreed, Call, Session, caught, code, decode};

/// Which ranks get to know that a step of a [`Halo`] failed on one rank: see [`Halo::set_agreement`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Agreement {
    /// All ranks, before anything is sent: this takes one reduction of 40 bytes in each step.
    #[default]
    All,
    /// Those that receive something from this rank, with what they receive.
    Neighbors,
}

/// Why a halo can not be used any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    rank: usize,
    code: i32,
}

/// Bytes before the rows of each message: code of an error or 0, the rank that failed, and what tells this step from others.
pub(super) const HEADER: usize = 16;

impl Halo {
    /// Sets which ranks get to know that [`forward`](Halo::forward) or [`reverse`](Halo::reverse) failed on one rank. Collective.
    ///
    /// With [`Agreement::Neighbors`] there is no reduction. Then a failure is only known to the ranks that receive something from
    /// the failing one: it comes with the rows. The halo can not be used again by those who know, which say so in the next steps, so
    /// that others get to know it, at the latest in the next collective function of this halo that all agree on. The communicator can still
    /// be used. Ranks that call different functions, or with rows of different lengths, may wait for each other forever.
    ///
    /// Functions for blocks are agreed on by all ranks in any case.
    ///
    /// ```
    /// use metatensor_distributed::{Agreement, Halo, run_local};
    ///
    /// let errors = run_local(2, |communicator| {
    ///     let (owned, ghosts) = [([0], [1]), ([1], [0])][communicator.rank()];
    ///     let mut halo = Halo::new(&communicator, 1, &owned, &ghosts).unwrap();
    ///     halo.set_agreement(Agreement::Neighbors).unwrap();
    ///     let mut ghosts = [0.0];
    ///     halo.forward(1, &[1.0], &mut ghosts).unwrap();
    ///     halo.forward(1, &[1.0][communicator.rank()..], &mut ghosts).unwrap_err().to_string()
    /// });
    /// assert_eq!(errors[0], "buffer size error: rank 1: failed in a step that only neighbors agree on");
    /// assert_eq!(errors[1], "buffer size error: expected 1 rows of 8 bytes in 'owned', got 0 bytes");
    /// ```
    ///
    /// # Errors
    ///
    /// If ranks call this differently, or a step has failed before.
    pub fn set_agreement(&mut self, agreement: Agreement) -> Result<()> {
        let call = self
            .call("halo_set_agreement")
            .option("agreement", agreement);
        let communicator = self.communicator.clone();
        communicator.collective(call, |session| session.step(|| self.check_usable()))?;
        self.agreement = agreement;
        Ok(())
    }

    pub(super) fn forward_unagreed(
        &mut self,
        call: Call,
        size: Option<usize>,
        owned: &[u8],
        ghosts: Result<&mut [u8]>,
    ) -> Result<()> {
        let communicator = self.communicator.clone();
        communicator.collective(call, |session| {
            let mine = caught(|| {
                let ghosts = ghosts?;
                Ok((self.check_step(size, owned.len(), ghosts.len())?, ghosts))
            });
            let mut step = Step::of_forward(session, &self.plan, size);
            step.failure = self.failure_of(&mine);
            step.fill(owned, &mut self.send)?;
            let theirs = step.exchange(&self.send, &mut self.receive)?;
            Ok(self.ended(mine, theirs).map(|(size, ghosts)| {
                self.plan.copy_own(size, owned, ghosts);
                self.plan.scatter_after(HEADER, size, &self.receive, ghosts);
            }))
        })?
    }

    pub(super) fn reverse_unagreed(
        &mut self,
        call: Call,
        kernel: Result<Kernel>,
        size: Option<usize>,
        ghosts: &[u8],
        owned: &mut [u8],
    ) -> Result<()> {
        let communicator = self.communicator.clone();
        communicator.collective(call, |session| {
            let mine = caught(|| Ok((kernel?, self.check_step(size, owned.len(), ghosts.len())?)));
            let mut step = Step {
                from: |neighbor| &neighbor.receive,
                to: |neighbor| &neighbor.send,
                ..Step::of_forward(session, &self.plan, size)
            };
            step.failure = self.failure_of(&mine);
            step.fill(ghosts, &mut self.receive)?;
            let theirs = step.exchange(&self.receive, &mut self.send)?;
            Ok(self.ended(mine, theirs).map(|(kernel, size)| {
                self.plan
                    .combine(kernel, size, HEADER, &self.send, ghosts, owned);
            }))
        })?
    }

    /// What neighbors are told.
    pub(super) fn failure_of<T>(&self, mine: &Result<T>) -> Option<Failure> {
        let error = mine.as_ref().err()?;
        let rank = self.plan.rank;
        Some(self.failure.unwrap_or_else(|| Failure {
            rank,
            code: code(error),
        }))
    }

    /// What a step comes to: the error of this rank, or else of a neighbor, ends the use of this halo.
    pub(super) fn ended<T>(&mut self, mine: Result<T>, theirs: Result<(), Failure>) -> Result<T> {
        let failure = self.failure_of(&mine).or(theirs.err());
        self.failure = self.failure.or(failure);
        match (mine, failure) {
            (Ok(_), Some(Failure { rank, code })) => Err(decode(
                rank,
                code,
                b"failed in a step that only neighbors agree on",
            )),
            (mine, _) => mine,
        }
    }
}

impl Failure {
    pub(super) fn rank(self) -> usize {
        self.rank
    }
}

/// One step that only neighbors agree on.
pub(super) struct Step<'a> {
    session: &'a Session<'a>,
    plan: &'a Plan,
    size: usize,
    /// Tells this step from others.
    fingerprint: i64,
    pub(super) failure: Option<Failure>,
    /// The rows that are sent, and those that are received.
    from: List,
    to: List,
}

impl<'a> Step<'a> {
    pub(super) fn of_forward(
        session: &'a Session<'a>,
        plan: &'a Plan,
        size: Option<usize>,
    ) -> Step<'a> {
        Step {
            session,
            plan,
            size: size.unwrap_or(0),
            fingerprint: session.without_agreement(),
            failure: None,
            from: |neighbor| &neighbor.send,
            to: |neighbor| &neighbor.receive,
        }
    }

    pub(super) fn fingerprint(&self) -> i64 {
        self.fingerprint
    }

    /// Makes messages: rows of `memory`, if this rank has not failed. Neighbors wait for them in any case, so that a lack of memory
    /// breaks the communicator.
    pub(super) fn fill(&self, memory: &[u8], send: &mut Buffers) -> Result<(), Agreed> {
        let Failure { code, rank } = self.failure.unwrap_or(Failure { code: 0, rank: 0 });
        for (i, neighbor) in self.plan.others() {
            let list = (self.from)(neighbor);
            let bytes = self.bytes(list.len());
            self.session
                .sent(bytes.and_then(|bytes| send.grow(i, bytes)))?;
            if list.is_empty() {
                continue;
            }
            let (header, rows) = send.0[i].split_at_mut(HEADER);
            header[..4].copy_from_slice(&code.to_ne_bytes());
            header[4..8].copy_from_slice(&(rank as u32).to_ne_bytes());
            header[8..].copy_from_slice(&self.fingerprint.to_ne_bytes());
            if self.failure.is_none() {
                list.gather(self.size, memory, rows);
            }
        }
        Ok(())
    }

    /// Bytes of a message with so many rows. There is none without rows.
    pub(super) fn bytes(&self, rows: usize) -> Result<usize> {
        if rows == 0 {
            return Ok(0);
        }
        let bytes = rows.checked_mul(self.size);
        bytes
            .and_then(|bytes| bytes.checked_add(HEADER))
            .ok_or_else(|| Error::invalid("rows are too long for a message"))
    }

    /// Makes memory for what is received.
    pub(super) fn grow(&self, receive: &mut Buffers) -> Result<(), Agreed> {
        for (i, neighbor) in self.plan.others() {
            let bytes = self.bytes((self.to)(neighbor).len());
            self.session
                .sent(bytes.and_then(|bytes| receive.grow(i, bytes)))?;
        }
        Ok(())
    }

    /// Sends and receives, and gives the failure of the lowest neighbor.
    pub(super) fn exchange(
        &self,
        send: &Buffers,
        receive: &mut Buffers,
    ) -> Result<Result<(), Failure>, Agreed> {
        self.grow(receive)?;
        let bytes = |list: &RowList| self.bytes(list.len()).unwrap_or(0);
        let sends = self
            .plan
            .outgoing_of(|i, neighbor| &send.0[i][..bytes((self.from)(neighbor))]);
        let receives = self
            .plan
            .incoming_buffers(receive, |_, neighbor| bytes((self.to)(neighbor)));
        self.session.transfer(sends, receives)?;
        Ok(self.plan.failure_in(self.to, self.fingerprint, receive))
    }
}

impl Plan {
    /// The failure of the lowest neighbor whose message says that there was one, or belongs to another step.
    pub(super) fn failure_in(
        &self,
        list: List,
        fingerprint: i64,
        messages: &Buffers,
    ) -> Result<(), Failure> {
        for (i, neighbor) in self
            .others()
            .filter(|(_, neighbor)| !list(neighbor).is_empty())
        {
            let [a, b, c, d, e, f, g, h, step @ ..] =
                messages.0[i].first_chunk().copied().unwrap_or([0; HEADER]);
            let (code, rank) = (
                i32::from_ne_bytes([a, b, c, d]),
                u32::from_ne_bytes([e, f, g, h]) as usize,
            );
            if code != 0 {
                return Err(Failure { rank, code });
            }
            if i64::from_ne_bytes(step) != fingerprint {
                let code = code_of_other_step();
                let rank = neighbor.rank;
                return Err(Failure { rank, code });
            }
        }
        Ok(())
    }
}

#[cold]
fn code_of_other_step() -> i32 {
    code(&Error::invalid("another step"))
}
