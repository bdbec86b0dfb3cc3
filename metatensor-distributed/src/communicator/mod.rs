//! The communicator, and how its ranks agree.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt;
use std::rc::Rc;

use metatensor_core::{Error, Result};

use crate::transport::{Single, Transport};

mod call;
mod error_code;
mod hash;
mod memory;
mod session;
mod threads;

pub(crate) use call::Call;
pub(crate) use error_code::{caught, code, decode};
pub(crate) use hash::Hasher;
pub(crate) use memory::{reserve, reserved, zeros};
pub(crate) use session::{Agreed, Session};
pub use threads::run_local;

/// A group of ranks, of which this process is one.
///
/// Clones are the same communicator. Functions of the communicator are *collective*: all ranks have to call them, in the same
/// order and with the same options. Who has no data calls them as well.
///
/// A communicator belongs to the thread that made it. Dropping the last clone drops the transport, which may be
/// collective: that of MPI is.
///
/// ```
/// use metatensor_distributed::{Communicator, run_local};
/// use metatensor_core::Error;
///
/// let communicator = Communicator::single();
/// assert_eq!((communicator.rank(), communicator.size()), (0, 1));
///
/// // Some work that fails on one rank fails on all of them.
/// let results = run_local(2, |communicator| {
///     let mine = if communicator.rank() == 0 { Ok(()) } else { Err(Error::invalid("no atoms")) };
///     communicator.agree(mine).unwrap_err().to_string()
/// });
/// assert_eq!(results, ["invalid parameter: rank 1: no atoms", "invalid parameter: rank 1: no atoms"]);
/// ```
#[derive(Clone)]
pub struct Communicator {
    inner: Rc<Inner>,
}

struct Inner {
    transport: Box<dyn Transport>,
    /// How many collective functions were called.
    calls: Cell<u64>,
    /// Whether one of them runs.
    busy: Cell<bool>,
    /// Why nothing can be sent any more.
    broken: Cell<Option<&'static str>>,
    /// Bytes of messages that this rank sends or receives at once.
    max_buffer: Cell<u64>,
}

/// Bytes of messages that a rank sends or receives at once, if nobody says anything else.
const MAX_BUFFER: u64 = 1 << 30;

impl fmt::Debug for Communicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Communicator")
            .field("rank", &self.rank())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl Communicator {
    /// A communicator on top of this transport.
    ///
    /// ```
    /// use metatensor_distributed::{Communicator, transport::Single};
    /// assert_eq!(Communicator::new(Single).size(), 1);
    /// ```
    pub fn new(transport: impl Transport + 'static) -> Communicator {
        let inner = Inner {
            transport: Box::new(transport),
            calls: Cell::new(0),
            busy: Cell::new(false),
            broken: Cell::new(None),
            max_buffer: Cell::new(MAX_BUFFER),
        };
        Communicator {
            inner: Rc::new(inner),
        }
    }

    /// The communicator of a process that is alone. All functions do what those for one process do.
    ///
    /// ```
    /// use metatensor_distributed::Communicator;
    /// assert_eq!(Communicator::single().rank(), 0);
    /// ```
    pub fn single() -> Communicator {
        Communicator::new(Single)
    }

    /// The rank of this process, less than [`size`](Communicator::size).
    ///
    /// ```
    /// use metatensor_distributed::run_local;
    /// assert_eq!(run_local(2, |communicator| communicator.rank()), [0, 1]);
    /// ```
    pub fn rank(&self) -> usize {
        self.inner.transport.rank()
    }

    /// The number of ranks.
    ///
    /// ```
    /// use metatensor_distributed::run_local;
    /// assert_eq!(run_local(2, |communicator| communicator.size()), [2, 2]);
    /// ```
    pub fn size(&self) -> usize {
        self.inner.transport.size()
    }

    /// How many bytes functions that move maps send or receive at once on this rank: 1 GiB if nobody says anything else.
    ///
    /// Larger maps move in rounds of whole blocks, so that messages take no more memory than this. It can be another number on
    /// other ranks. A block that is larger than this moves alone.
    ///
    /// ```
    /// use metatensor_distributed::Communicator;
    /// Communicator::single().set_max_buffer(64 << 20);
    /// ```
    pub fn set_max_buffer(&self, bytes: u64) {
        self.inner.max_buffer.set(bytes);
    }

    /// Makes a failure of one rank one of all. Collective.
    ///
    /// This is for work of the caller between collective functions, such as a model that may fail on one rank. Where it
    /// succeeded on all, each rank gets its own value back.
    ///
    /// ```
    /// use metatensor_distributed::run_local;
    /// let values = run_local(2, |communicator| communicator.agree(Ok(communicator.rank())).unwrap());
    /// assert_eq!(values, [0, 1]);
    /// ```
    ///
    /// # Errors
    ///
    /// That of the lowest rank that failed, with the rank before its message, on all ranks.
    pub fn agree<T>(&self, mine: Result<T>) -> Result<T> {
        self.collective(Call::new("agree"), |session| session.step(|| mine))
    }

    /// Takes part in the function that the other ranks call, whatever it is, with an error: that of a rank which can not call it,
    /// since its arguments make no sense. Collective.
    ///
    /// Gives the error that all ranks get: that of the lowest rank that failed, or one about a broken communicator.
    ///
    /// ```
    /// use metatensor_distributed::run_local;
    /// use metatensor_core::Error;
    ///
    /// let results = run_local(2, |communicator| match communicator.rank() {
    ///     0 => communicator.agree(Ok(())).unwrap_err().to_string(),
    ///     _ => communicator.fail(Error::invalid("no file name")).to_string(),
    /// });
    /// assert_eq!(results, ["invalid parameter: rank 1: no file name", "invalid parameter: rank 1: no file name"]);
    /// ```
    pub fn fail(&self, error: Error) -> Error {
        let failed = self.collective(Call::any(), |session| {
            session.step(|| Err::<Infallible, _>(error))
        });
        match failed {
            Ok(nothing) => match nothing {},
            Err(error) => error,
        }
    }

    /// Ends all ranks, for programs that can not go on and do not want others to wait for them.
    ///
    /// With threads as ranks, this ends the process.
    ///
    /// ```no_run
    /// use metatensor_distributed::Communicator;
    /// Communicator::single().abort(1);
    /// ```
    pub fn abort(&self, code: i32) -> ! {
        self.inner.transport.abort(code)
    }

    /// Runs a collective function. What it does is a sequence of steps, after each of which all ranks agree, and of
    /// communication in between: see [`Session`].
    ///
    /// # Errors
    ///
    /// Those of the body; on this rank only if the communicator is broken, or another collective function runs.
    pub(crate) fn collective<T>(
        &self,
        call: Call,
        body: impl FnOnce(&Session<'_>) -> Result<T, Agreed>,
    ) -> Result<T> {
        let inner = &*self.inner;
        if inner.busy.get() {
            return Err(Error::invalid(format!(
                "{}: another collective function of this communicator is running",
                call.describe()
            )));
        }
        if let Some(reason) = inner.broken.get() {
            return Err(Error::Communication(format!(
                "{}: the communicator can not be used any more: {reason}",
                call.describe()
            )));
        }
        inner.busy.set(true);
        let number = inner.calls.get();
        inner.calls.set(number + 1);
        // Whoever panics outside of a step leaves the others waiting, or at another step.
        let running = Running(inner);
        let session = Session::new(&*inner.transport, call, number, inner.max_buffer.get());
        let result = body(&session);
        running.ended(session.failed());
        result.map_err(Agreed::into_error)
    }
}

impl Communicator {
    /// Keeps other collective functions away while messages of one that has ended are on their way.
    pub(crate) fn hold(&self) -> Held {
        self.inner.busy.set(true);
        Held(self.inner.clone())
    }
}

/// See [`Communicator::hold`].
pub(crate) struct Held(Rc<Inner>);

impl Held {
    /// What came of the messages. A failure breaks the communicator.
    pub(crate) fn release<T>(self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.0.broken.set(Some("its transport has failed"));
        }
        result
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.busy.set(false);
    }
}

/// A collective function that runs.
struct Running<'a>(&'a Inner);

impl Running<'_> {
    fn ended(self, transport_failed: bool) {
        if transport_failed {
            self.0.broken.set(Some("its transport has failed"));
        }
        self.0.busy.set(false);
        std::mem::forget(self);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0
            .broken
            .set(Some("a collective function has panicked"));
        self.0.busy.set(false);
    }
}

#[cfg(test)]
mod tests;
