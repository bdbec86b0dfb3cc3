//! How many bytes and messages another transport moves.

use std::cell::Cell;
use std::rc::Rc;

use metatensor_core::Result;

use super::{Incoming, Message, Messages, Outgoing, Pending, Transport};

/// What a rank has sent since its transport was made. What a rank gives to itself is not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Calls of [`Transport::max`].
    pub reductions: u64,
    /// Calls of [`Transport::all_to_all`].
    pub all_to_alls: u64,
    /// Bytes that these sent to others.
    pub all_to_all_bytes: u64,
    /// Calls of [`Transport::broadcast`].
    pub broadcasts: u64,
    /// Bytes of those of which this rank was the root, once for each of the other ranks.
    pub broadcast_bytes: u64,
    /// Messages sent.
    pub messages: u64,
    /// Bytes of these.
    pub message_bytes: u64,
}

impl Traffic {
    /// All bytes sent, without those of reductions.
    pub fn bytes(&self) -> u64 {
        self.all_to_all_bytes + self.broadcast_bytes + self.message_bytes
    }
}

/// Counts what goes through another transport.
///
/// ```
/// use metatensor_distributed::Communicator;
/// use metatensor_distributed::transport::{Counting, Single};
///
/// let (transport, traffic) = Counting::new(Single);
/// let communicator = Communicator::new(transport);
/// communicator.agree(Ok(()))?;
/// assert_eq!(traffic.get().reductions, 1);
/// assert_eq!(traffic.get().bytes(), 0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Counting<T> {
    transport: T,
    traffic: Rc<Cell<Traffic>>,
}

impl<T: Transport> Counting<T> {
    /// A transport that does what `transport` does, and where to read what it has counted.
    ///
    /// ```
    /// use metatensor_distributed::transport::{Counting, Single, Traffic};
    /// let (_transport, traffic) = Counting::new(Single);
    /// assert_eq!(traffic.get(), Traffic::default());
    /// ```
    pub fn new(transport: T) -> (Counting<T>, Rc<Cell<Traffic>>) {
        let traffic = Rc::<Cell<Traffic>>::default();
        let counting = Counting {
            transport,
            traffic: traffic.clone(),
        };
        (counting, traffic)
    }

    fn count(&self, change: impl FnOnce(&mut Traffic)) {
        let mut traffic = self.traffic.get();
        change(&mut traffic);
        self.traffic.set(traffic);
    }
}

impl<T: Transport> Transport for Counting<T> {
    fn rank(&self) -> usize {
        self.transport.rank()
    }

    fn size(&self) -> usize {
        self.transport.size()
    }

    fn max(&self, values: &mut [i64]) -> Result<()> {
        self.count(|traffic| traffic.reductions += 1);
        self.transport.max(values)
    }

    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        self.count(|traffic| {
            traffic.all_to_alls += 1;
            traffic.all_to_all_bytes += (send.len() - send.len() / self.size()) as u64;
        });
        self.transport.all_to_all(send, receive)
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) -> Result<()> {
        self.count(|traffic| {
            traffic.broadcasts += 1;
            if root == self.rank() {
                traffic.broadcast_bytes += (data.len() * (self.size() - 1)) as u64;
            }
        });
        self.transport.broadcast(root, data)
    }

    fn exchange(&self, sends: &[Outgoing<'_>], receives: &mut [Incoming<'_>]) -> Result<()> {
        self.count(|traffic| {
            traffic.messages += sends.len() as u64;
            traffic.message_bytes += sends.iter().map(|send| send.data.len() as u64).sum::<u64>();
        });
        self.transport.exchange(sends, receives)
    }

    fn begin(&self, messages: Messages) -> Result<Box<dyn Pending>> {
        self.count(|traffic| {
            traffic.messages += messages.sends.len() as u64;
            let bytes = messages
                .sends
                .iter()
                .map(|Message { data, .. }| data.len() as u64);
            traffic.message_bytes += bytes.sum::<u64>();
        });
        self.transport.begin(messages)
    }

    fn abort(&self, code: i32) -> ! {
        self.transport.abort(code)
    }
}
