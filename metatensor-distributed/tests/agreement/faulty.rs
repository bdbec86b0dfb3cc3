//! A transport that fails.

use std::cell::Cell;

use metatensor_core::{Error, Result};
use metatensor_distributed::transport::{Incoming, Local, Messages, Outgoing, Pending, Transport};

/// Threads as ranks, of which one fails at its call of this number.
pub(crate) struct Faulty {
    transport: Local,
    fails_at: Option<usize>,
    calls: Cell<usize>,
}

impl Faulty {
    pub(crate) fn new(transport: Local, fails_at: Option<usize>) -> Faulty {
        let calls = Cell::new(0);
        Faulty {
            transport,
            fails_at,
            calls,
        }
    }

    fn check(&self) -> Result<()> {
        let call = self.calls.replace(self.calls.get() + 1);
        if Some(call) == self.fails_at {
            return Err(Error::Communication(format!("call {call} failed")));
        }
        Ok(())
    }
}

impl Transport for Faulty {
    fn rank(&self) -> usize {
        self.transport.rank()
    }

    fn size(&self) -> usize {
        self.transport.size()
    }

    fn max(&self, values: &mut [i64]) -> Result<()> {
        self.check()?;
        self.transport.max(values)
    }

    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        self.check()?;
        self.transport.all_to_all(send, receive)
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) -> Result<()> {
        self.check()?;
        self.transport.broadcast(root, data)
    }

    fn exchange(&self, sends: &[Outgoing<'_>], receives: &mut [Incoming<'_>]) -> Result<()> {
        self.check()?;
        self.transport.exchange(sends, receives)
    }

    fn begin(&self, messages: Messages) -> Result<Box<dyn Pending>> {
        self.check()?;
        let pending = self.transport.begin(messages)?;
        let end = self.check();
        Ok(Box::new(OnTheirWay { pending, end }))
    }

    fn abort(&self, code: i32) -> ! {
        self.transport.abort(code)
    }
}

/// Messages that arrive, whatever is said of it at the end.
struct OnTheirWay {
    pending: Box<dyn Pending>,
    end: Result<()>,
}

impl Pending for OnTheirWay {
    fn finish(self: Box<Self>) -> Result<Messages> {
        let messages = self.pending.finish()?;
        self.end.map(|()| messages)
    }
}
