//! What moves bytes between ranks: the trait, and those that need no other library.

use metatensor_core::Result;

mod counting;
mod foreign;
mod local;
mod single;

pub use counting::{Counting, Traffic};
pub use foreign::{Caller, ForeignTransport, MessageTable, TransportTable};
pub use local::{Local, local_ranks};
pub use single::Single;

/// Bytes for another rank.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The rank they go to, which is not the own one.
    pub peer: usize,
    /// At least one byte.
    pub data: &'a [u8],
}

/// Where bytes of another rank go.
#[derive(Debug)]
pub struct Incoming<'a> {
    /// The rank they come from, which is not the own one.
    pub peer: usize,
    /// As many bytes as the other rank sends, and at least one.
    pub data: &'a mut [u8],
}

/// A message with memory of its own: see [`Transport::begin`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// The other rank, which is not the own one.
    pub peer: usize,
    /// The bytes to send, or as many bytes as will be received. At least one.
    pub data: Vec<u8>,
}

/// All that a rank sends and receives at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// To other ranks.
    pub sends: Vec<Message>,
    /// From other ranks.
    pub receives: Vec<Message>,
}

/// Messages that are on their way.
///
/// Dropping it without [`finish`](Pending::finish) waits for them as well.
pub trait Pending {
    /// Waits until all have arrived, and gives the memory back.
    ///
    /// # Errors
    ///
    /// If the transport fails.
    fn finish(self: Box<Self>) -> Result<Messages>;
}

/// Moves bytes between ranks `0..size`, each of which has a transport of its own.
///
/// Functions are called on the thread that made the transport, and one at a time. Whatever fails breaks the communicator:
/// implementations report an [`Error::Communication`](metatensor_core::Error::Communication) and need no way to go on. Messages between
/// two ranks arrive in the order in which they were sent.
pub trait Transport {
    /// The own rank.
    fn rank(&self) -> usize;

    /// The number of ranks.
    fn size(&self) -> usize;

    /// Replaces each of at most 16 numbers by the largest of all ranks. Collective.
    ///
    /// # Errors
    ///
    /// If the transport fails, here and in all functions below.
    fn max(&self, values: &mut [i64]) -> Result<()>;

    /// Sends piece `i` of `send` to rank `i`, and receives that of rank `i` as piece `i` of `receive`: both have one piece
    /// for each rank, own included, all with the same length on all ranks. Collective.
    ///
    /// # Errors
    ///
    /// If the transport fails.
    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()>;

    /// Copies `data` of rank `root` to all others, which know its length. Collective.
    ///
    /// # Errors
    ///
    /// If the transport fails.
    fn broadcast(&self, root: usize, data: &mut [u8]) -> Result<()>;

    /// Sends and receives messages, and waits for all of them. Each has its counterpart on the other rank; who has none does
    /// not need to call this.
    ///
    /// # Errors
    ///
    /// If the transport fails. One of another language may then still read what it could not take back, see
    /// [`ForeignTransport::new`].
    fn exchange(&self, sends: &[Outgoing<'_>], receives: &mut [Incoming<'_>]) -> Result<()>;

    /// The same with messages that own their memory, and without waiting.
    ///
    /// # Errors
    ///
    /// If the transport fails. Where it can not take back what it has begun to send, the memory of messages is never released.
    fn begin(&self, messages: Messages) -> Result<Box<dyn Pending>>;

    /// Ends all ranks at once, as far as the transport can do that.
    fn abort(&self, code: i32) -> !;
}
