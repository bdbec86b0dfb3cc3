//! Threads of this process as ranks.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use metatensor_core::{Error, Result};

use super::{Incoming, Message, Messages, Outgoing, Pending, Transport};

/// A transport for one of several threads of this process.
#[derive(Debug)]
pub struct Local {
    /// Shared with messages on their way.
    post: Arc<Post>,
}

/// What one rank has of what all share. Ranks that are gone are known to all others, so that nobody waits for them.
struct Post {
    rank: usize,
    shared: Arc<Shared>,
}

struct Shared {
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Messages from one rank to another, at `from * size + to`.
    queues: Vec<VecDeque<Vec<u8>>>,
    gone: Vec<bool>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("rank", &self.rank)
            .field("size", &self.shared.size)
            .finish_non_exhaustive()
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.shared.lock().gone[self.rank] = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    /// Nobody panics while the lock is held, and the state is valid at all times.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    fn send(&self, peer: usize, data: Vec<u8>) {
        let queue = self.rank * self.shared.size + peer;
        self.shared.lock().queues[queue].push_back(data);
        self.shared.changed.notify_all();
    }

    fn receive(&self, peer: usize) -> Result<Vec<u8>> {
        let queue = peer * self.shared.size + self.rank;
        let mut state = self.shared.lock();
        loop {
            if let Some(data) = state.queues[queue].pop_front() {
                return Ok(data);
            }
            if state.gone[peer] {
                return Err(Error::Communication(format!(
                    "rank {peer} has ended, and rank {} waits for it",
                    self.rank
                )));
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn receive_into(&self, peer: usize, data: &mut [u8]) -> Result<()> {
        let received = self.receive(peer)?;
        if received.len() != data.len() {
            return Err(Error::Communication(format!(
                "rank {peer} sent {} bytes, and rank {} expected {}",
                received.len(),
                self.rank,
                data.len()
            )));
        }
        data.copy_from_slice(&received);
        Ok(())
    }
}

/// The transports of `size` ranks, each of which is for a thread of its own.
///
/// ```
/// use metatensor_distributed::transport::{Transport, local_ranks};
///
/// let maxima: Vec<i64> = std::thread::scope(|scope| {
///     let threads: Vec<_> = local_ranks(2)
///         .into_iter()
///         .map(|transport| scope.spawn(move || {
///             let mut values = [transport.rank() as i64];
///             transport.max(&mut values).map(|()| values[0])
///         }))
///         .collect();
///     threads.into_iter().map(|thread| thread.join().unwrap().unwrap()).collect()
/// });
/// assert_eq!(maxima, [1, 1]);
/// ```
pub fn local_ranks(size: usize) -> Vec<Local> {
    let shared = Arc::new(Shared {
        size,
        state: Mutex::new(State {
            queues: vec![VecDeque::new(); size * size],
            gone: vec![false; size],
        }),
        changed: Condvar::new(),
    });
    (0..size)
        .map(|rank| {
            let shared = shared.clone();
            let post = Arc::new(Post { rank, shared });
            Local { post }
        })
        .collect()
}

struct OnTheirWay {
    post: Arc<Post>,
    messages: Messages,
}

impl Pending for OnTheirWay {
    fn finish(mut self: Box<Self>) -> Result<Messages> {
        let mut messages = std::mem::take(&mut self.messages);
        for Message { peer, data } in &mut messages.receives {
            self.post.receive_into(*peer, data)?;
        }
        Ok(messages)
    }
}

impl Drop for OnTheirWay {
    /// What was not received would be taken for the next message.
    fn drop(&mut self) {
        for Message { peer, .. } in &self.messages.receives {
            if self.post.receive(*peer).is_err() {
                return;
            }
        }
    }
}

impl Transport for Local {
    fn rank(&self) -> usize {
        self.post.rank
    }

    fn size(&self) -> usize {
        self.post.shared.size
    }

    fn max(&self, values: &mut [i64]) -> Result<()> {
        let others = || (0..self.size()).filter(|&rank| rank != self.rank());
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        for peer in others() {
            self.post.send(peer, bytes.clone());
        }
        let mut received = vec![0; bytes.len()];
        for peer in others() {
            self.post.receive_into(peer, &mut received)?;
            for (value, bytes) in values.iter_mut().zip(received.as_chunks().0) {
                *value = i64::from_ne_bytes(*bytes).max(*value);
            }
        }
        Ok(())
    }

    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        let length = send.len() / self.size();
        if length == 0 {
            return Ok(());
        }
        for (peer, piece) in send.chunks(length).enumerate() {
            if peer != self.rank() {
                self.post.send(peer, piece.to_vec());
            }
        }
        for (peer, piece) in receive.chunks_mut(length).enumerate() {
            if peer == self.rank() {
                piece.copy_from_slice(&send[peer * length..][..length]);
            } else {
                self.post.receive_into(peer, piece)?;
            }
        }
        Ok(())
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) -> Result<()> {
        if self.rank() != root {
            return self.post.receive_into(root, data);
        }
        for peer in (0..self.size()).filter(|&peer| peer != root) {
            self.post.send(peer, data.to_vec());
        }
        Ok(())
    }

    fn exchange(&self, sends: &[Outgoing<'_>], receives: &mut [Incoming<'_>]) -> Result<()> {
        for Outgoing { peer, data } in sends {
            self.post.send(*peer, data.to_vec());
        }
        for Incoming { peer, data } in receives {
            self.post.receive_into(*peer, data)?;
        }
        Ok(())
    }

    fn begin(&self, messages: Messages) -> Result<Box<dyn Pending>> {
        for Message { peer, data } in &messages.sends {
            self.post.send(*peer, data.clone());
        }
        let post = self.post.clone();
        Ok(Box::new(OnTheirWay { post, messages }))
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}
