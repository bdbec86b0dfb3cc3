//! What a collective function does: steps that ranks agree on, and communication between them.

use std::cell::Cell;

use metatensor_core::{Error, Result};

use super::call::{Call, small};
use super::error_code::{MAX_MESSAGE, caught, decode, encode};
use super::memory::zeros;
use crate::transport::{Incoming, Messages, Outgoing, Pending, Transport};

/// An error that all ranks know, or that of a broken transport.
///
/// Bodies of collective functions return it. There is no conversion from [`Error`]: what may fail on one rank only has to
/// go through [`Session::step`], so that no rank leaves while others wait for it.
#[derive(Debug)]
pub(crate) struct Agreed(Error);

impl Agreed {
    pub(super) fn into_error(self) -> Error {
        self.0
    }
}

/// A collective function on this rank.
///
/// The first thing is a step: it finds out whether all ranks called the same function.
/// What is communicated between two steps may only depend on what all ranks know: arguments that are in the [`Call`],
/// and what was communicated before.
pub(crate) struct Session<'a> {
    transport: &'a dyn Transport,
    call: Call,
    /// Which call of the communicator this is.
    number: u64,
    max_buffer: u64,
    steps: Cell<u64>,
    failed: Cell<bool>,
}

/// Bytes of a description that ranks exchange if their calls are different.
const DESCRIPTION: usize = 128;

impl<'a> Session<'a> {
    pub(super) fn new(
        transport: &'a dyn Transport,
        call: Call,
        number: u64,
        max_buffer: u64,
    ) -> Session<'a> {
        Session {
            transport,
            call,
            number,
            max_buffer,
            steps: Cell::new(0),
            failed: Cell::new(false),
        }
    }

    /// Whether the transport failed.
    pub(super) fn failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn rank(&self) -> usize {
        self.transport.rank()
    }

    pub(crate) fn size(&self) -> usize {
        self.transport.size()
    }

    /// Which call of the communicator this is, for messages that should be told from those of other calls.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Bytes of messages that may be sent, or received, at once.
    pub(crate) fn max_buffer(&self) -> u64 {
        self.max_buffer
    }

    /// Work that may fail on this rank. If it fails or panics on any rank, all get the error of the lowest one.
    pub(crate) fn step<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T, Agreed> {
        let (value, _) = self.step_alike(|| work().map(|value| (value, None)))?;
        Ok(value)
    }

    /// A step that also finds out whether the hashes that ranks give are all equal. Ranks that give none agree with all.
    pub(crate) fn step_alike<T>(
        &self,
        work: impl FnOnce() -> Result<(T, Option<u64>)>,
    ) -> Result<(T, bool), Agreed> {
        let step = self.steps.get();
        self.steps.set(step + 1);
        let [largest, smallest] = self.call.fingerprint(self.number, step);
        let mine = caught(work);

        // The largest status is that of the lowest rank that failed. A number and its opposite give the largest and the
        // smallest one of all ranks, by one reduction.
        let status = match &mine {
            Ok(_) => 0,
            Err(_) => (i64::from(i32::MAX) - self.rank() as i64) << 32,
        };
        let [hash, opposite] = match &mine {
            Ok((_, Some(hash))) => [small(*hash), -small(*hash)],
            _ => [i64::MIN; 2],
        };
        let mut values = [status, largest, smallest, hash, opposite];
        self.sent(self.transport.max(&mut values))?;
        let [status, largest, smallest, hash, opposite] = values;
        if largest != i64::MIN && largest != -smallest {
            return Err(self.different_calls());
        }
        if status != 0 {
            let rank = (i64::from(i32::MAX) - (status >> 32)) as usize;
            return Err(self.error_of(rank, mine.err()));
        }
        match mine {
            Ok((value, _)) => {
                let alike = hash == i64::MIN || hash == -opposite;
                Ok((value, alike))
            }
            // Its status would have been seen.
            Err(error) => Err(Agreed(error)),
        }
    }

    /// The error of this rank, on all of them.
    fn error_of(&self, rank: usize, mine: Option<Error>) -> Agreed {
        let mut bytes = [0; MAX_MESSAGE + 8];
        if let (true, Some(error)) = (rank == self.rank(), &mine) {
            let (code, message) = encode(error);
            bytes[..4].copy_from_slice(&code.to_ne_bytes());
            bytes[4..8].copy_from_slice(&(message.len() as u32).to_ne_bytes());
            bytes[8..][..message.len()].copy_from_slice(&message);
        }
        if let Err(broken) = self.sent(self.transport.broadcast(rank, &mut bytes)) {
            return broken;
        }
        let number = |at: usize| [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
        let length = u32::from_ne_bytes(number(4)) as usize;
        let message = &bytes[8..][..length.min(MAX_MESSAGE)];
        Agreed(decode(rank, i32::from_ne_bytes(number(0)), message))
    }

    /// The error of ranks that did not call the same function: it names the first two that differ.
    fn different_calls(&self) -> Agreed {
        let mut own = [0; DESCRIPTION];
        let text = self.call.describe();
        let text = &text[..text.floor_char_boundary(DESCRIPTION)];
        own[..text.len()].copy_from_slice(text.as_bytes());
        let mut all = vec![0; DESCRIPTION * self.size()];
        let sent = self
            .transport
            .all_to_all(&own.repeat(self.size()), &mut all);
        if let Err(broken) = self.sent(sent) {
            return broken;
        }
        let calls = all.chunks(DESCRIPTION).map(|call| {
            let text = String::from_utf8_lossy(call);
            text.trim_end_matches('\0').to_owned()
        });
        let mut calls = calls.enumerate().filter(|(_, call)| !call.is_empty());
        let (lowest, first) = calls.next().unwrap_or_default();
        let other = calls.find(|(_, call)| *call != first);
        let message = match other {
            Some((rank, other)) => format!(
                "collective {}: rank {lowest} called {first}, rank {rank} called {other}",
                self.number,
            ),
            None => format!(
                "collective {}: ranks called {first} with different options",
                self.number
            ),
        };
        Agreed(Error::invalid(message))
    }

    /// What came of communication. A failure breaks the communicator.
    pub(crate) fn sent<T>(&self, result: Result<T>) -> Result<T, Agreed> {
        debug_assert!(self.steps.get() > 0, "the first step compares calls");
        result.map_err(|error| {
            self.failed.set(true);
            Agreed(match error {
                Error::Communication(_) => error,
                other => Error::Communication(other.to_string()),
            })
        })
    }

    /// For functions of which only neighbors agree on what is done: there is no first step. What is returned tells this call from
    /// others.
    pub(crate) fn without_agreement(&self) -> i64 {
        self.steps.set(1);
        let [fingerprint, _] = self.call.fingerprint(self.number, 0);
        fingerprint
    }

    /// For communication that is not one of those below: its results go through [`Session::sent`].
    pub(crate) fn transport(&self) -> &dyn Transport {
        self.transport
    }

    /// Replaces each of at most 16 numbers by the largest of all ranks.
    pub(crate) fn max(&self, values: &mut [i64]) -> Result<(), Agreed> {
        self.sent(self.transport.max(values))
    }

    /// Number `i` goes to rank `i`; what is returned came from there.
    pub(crate) fn all_to_all_u64(&self, values: &[u64]) -> Result<Vec<u64>, Agreed> {
        let send: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let mut receive = vec![0; send.len()];
        self.sent(self.transport.all_to_all(&send, &mut receive))?;
        let numbers = receive.as_chunks().0.iter();
        Ok(numbers.map(|bytes| u64::from_ne_bytes(*bytes)).collect())
    }

    /// The numbers of all ranks.
    pub(crate) fn all_gather_u64(&self, value: u64) -> Result<Vec<u64>, Agreed> {
        self.all_to_all_u64(&vec![value; self.size()])
    }

    /// The bytes of the root, on all ranks. Those that others give do not count.
    pub(crate) fn broadcast(&self, root: usize, bytes: Vec<u8>) -> Result<Vec<u8>, Agreed> {
        let mut size = (bytes.len() as u64).to_ne_bytes();
        self.sent(self.transport.broadcast(root, &mut size))?;
        let size = u64::from_ne_bytes(size);
        let mut bytes = self.step(|| match self.rank() == root {
            true => Ok(bytes),
            false => zeros(size),
        })?;
        if size > 0 {
            self.sent(self.transport.broadcast(root, &mut bytes))?;
        }
        Ok(bytes)
    }

    /// The bytes of all ranks, on all ranks.
    pub(crate) fn all_gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, Agreed> {
        let sizes = self.all_gather_u64(bytes.len() as u64)?;
        let to_all: Vec<&[u8]> = vec![&bytes; self.size()];
        let mut received = self.exchange_with(&to_all, &sizes)?;
        received[self.rank()] = bytes;
        Ok(received)
    }

    /// Message `i` goes to rank `i`; what is returned came from there. Messages may be empty, and that of a rank to itself is
    /// not copied.
    pub(crate) fn exchange(&self, mut messages: Vec<Vec<u8>>) -> Result<Vec<Vec<u8>>, Agreed> {
        let sizes: Vec<u64> = messages
            .iter()
            .map(|message| message.len() as u64)
            .collect();
        let sizes = self.all_to_all_u64(&sizes)?;
        let own = std::mem::take(&mut messages[self.rank()]);
        let views: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let mut received = self.exchange_with(&views, &sizes)?;
        received[self.rank()] = own;
        Ok(received)
    }

    /// Messages whose sizes are known, without that of a rank to itself.
    fn exchange_with(&self, messages: &[&[u8]], sizes: &[u64]) -> Result<Vec<Vec<u8>>, Agreed> {
        let rank = self.rank();
        let mut received = self.step(|| {
            let sizes = sizes.iter().enumerate();
            sizes
                .map(|(peer, &size)| zeros(if peer == rank { 0 } else { size }))
                .collect::<Result<Vec<_>>>()
        })?;
        let sends = messages.iter().enumerate();
        let sends = sends.map(|(peer, data)| Outgoing { peer, data });
        let receives = received.iter_mut().enumerate();
        let receives = receives.map(|(peer, data)| Incoming { peer, data });
        self.transfer(
            sends.filter(|send| send.peer != rank).collect(),
            receives.collect(),
        )?;
        Ok(received)
    }

    /// Sends and receives messages to and from other ranks, but for empty ones. Who is next comes first, so that not all ranks
    /// send to the same one.
    pub(crate) fn transfer(
        &self,
        mut sends: Vec<Outgoing<'_>>,
        mut receives: Vec<Incoming<'_>>,
    ) -> Result<(), Agreed> {
        sends.retain(|send| !send.data.is_empty());
        receives.retain(|receive| !receive.data.is_empty());
        sends.sort_by_key(|send| self.distance(self.rank(), send.peer));
        receives.sort_by_key(|receive| self.distance(receive.peer, self.rank()));
        self.sent(self.transport.exchange(&sends, &mut receives))
    }

    /// The same for messages that own their memory, none of which is empty, and without waiting.
    pub(crate) fn begin(&self, mut messages: Messages) -> Result<Box<dyn Pending>, Agreed> {
        let Messages { sends, receives } = &mut messages;
        sends.sort_by_key(|send| self.distance(self.rank(), send.peer));
        receives.sort_by_key(|receive| self.distance(receive.peer, self.rank()));
        self.sent(self.transport.begin(messages))
    }

    /// How many ranks `to` is after `from`.
    fn distance(&self, from: usize, to: usize) -> usize {
        (to + self.size() - from) % self.size()
    }
}
