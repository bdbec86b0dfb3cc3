//! Transports of other languages: a table of C functions.

#![expect(unsafe_code, reason = "calls functions of other languages")]

use std::ffi::c_void;
use std::fmt;
use std::ptr::null_mut;
use std::rc::Rc;

use metatensor_core::{Error, Result};

use super::{Incoming, Message, Messages, Outgoing, Pending, Transport};

/// A message to or from another rank; `mts_message_t` in C.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct MessageTable {
    /// The other rank.
    pub peer: i32,
    /// `size` bytes, which are only read if the message is sent.
    pub data: *mut u8,
    /// How many bytes, at least one.
    pub size: u64,
}

/// Functions that are a transport; `mts_transport_t` in C, where they are documented. They return 0, or anything else
/// for failures.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "documented in C")]
pub struct TransportTable {
    pub version: u32,
    pub rank: i32,
    pub size: i32,
    pub ptr: *mut c_void,
    pub destroy: Option<unsafe extern "C" fn(ptr: *mut c_void)>,
    pub max: Option<unsafe extern "C" fn(ptr: *mut c_void, values: *mut i64, count: usize) -> i32>,
    pub all_to_all: Option<
        unsafe extern "C" fn(
            ptr: *mut c_void,
            send: *const u8,
            receive: *mut u8,
            size_each: usize,
        ) -> i32,
    >,
    pub broadcast:
        Option<unsafe extern "C" fn(ptr: *mut c_void, root: i32, data: *mut u8, size: u64) -> i32>,
    pub begin: Option<
        unsafe extern "C" fn(
            ptr: *mut c_void,
            sends: *const MessageTable,
            sends_count: usize,
            receives: *const MessageTable,
            receives_count: usize,
            request: *mut *mut c_void,
        ) -> i32,
    >,
    pub finish: Option<unsafe extern "C" fn(ptr: *mut c_void, request: *mut c_void) -> i32>,
    pub abort: Option<unsafe extern "C" fn(ptr: *mut c_void, code: i32)>,
    pub reserved: [*mut c_void; 6],
}

impl TransportTable {
    /// The version of the table that this library knows.
    pub const VERSION: u32 = 1;
}

/// Calls a function of the table, named in the first argument, and turns what it returns into an error. Who has messages
/// of failed functions adds them.
pub type Caller = fn(name: &str, call: &mut dyn FnMut() -> i32) -> Result<()>;

/// A transport made of functions of another language.
pub struct ForeignTransport {
    table: Rc<Owned>,
}

impl fmt::Debug for ForeignTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        f.debug_struct("ForeignTransport")
            .field("rank", &table.rank)
            .field("size", &table.size)
            .finish_non_exhaustive()
    }
}

/// The functions, which are all there, and their pointer, which is destroyed at the end.
struct Owned {
    rank: usize,
    size: usize,
    ptr: *mut c_void,
    destroy: Option<unsafe extern "C" fn(*mut c_void)>,
    max: unsafe extern "C" fn(*mut c_void, *mut i64, usize) -> i32,
    all_to_all: unsafe extern "C" fn(*mut c_void, *const u8, *mut u8, usize) -> i32,
    broadcast: unsafe extern "C" fn(*mut c_void, i32, *mut u8, u64) -> i32,
    begin: unsafe extern "C" fn(
        *mut c_void,
        *const MessageTable,
        usize,
        *const MessageTable,
        usize,
        *mut *mut c_void,
    ) -> i32,
    finish: unsafe extern "C" fn(*mut c_void, *mut c_void) -> i32,
    abort: Option<unsafe extern "C" fn(*mut c_void, i32)>,
    caller: Caller,
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: what `ForeignTransport::new` asks for; nobody else has the pointer any more.
            unsafe { destroy(self.ptr) };
        }
    }
}

impl Owned {
    fn begin(&self, sends: &[MessageTable], receives: &[MessageTable]) -> Result<*mut c_void> {
        let mut request = null_mut();
        (self.caller)("begin", &mut || {
            // SAFETY: what `ForeignTransport::new` asks for. The messages stay where they are until `finish`.
            unsafe {
                (self.begin)(
                    self.ptr,
                    sends.as_ptr(),
                    sends.len(),
                    receives.as_ptr(),
                    receives.len(),
                    &raw mut request,
                )
            }
        })?;
        Ok(request)
    }

    fn finish(&self, request: *mut c_void, messages: Messages) -> Result<Messages> {
        Ok(kept(self.wait(request), messages)?.1)
    }

    fn wait(&self, request: *mut c_void) -> Result<()> {
        (self.caller)("finish", &mut || {
            // SAFETY: what `ForeignTransport::new` asks for. The request comes from `begin`, and is used once.
            unsafe { (self.finish)(self.ptr, request) }
        })
    }
}

impl ForeignTransport {
    /// A transport of these functions, which are called by `caller`. It owns what `ptr` points to, also if this function fails,
    /// and destroys it at the end.
    ///
    /// ```
    /// # use std::ffi::c_void;
    /// # use metatensor_core::Error;
    /// # use metatensor_distributed::transport::{ForeignTransport, Transport, TransportTable};
    /// # unsafe extern "C" fn max(_: *mut c_void, _: *mut i64, _: usize) -> i32 { 0 }
    /// let table = TransportTable {
    ///     version: TransportTable::VERSION,
    ///     rank: 0,
    ///     size: 1,
    ///     max: Some(max),
    ///     ptr: std::ptr::null_mut(),
    ///     destroy: None,
    ///     all_to_all: None,
    ///     broadcast: None,
    ///     begin: None,
    ///     finish: None,
    ///     abort: None,
    ///     reserved: [std::ptr::null_mut(); 6],
    /// };
    /// let caller = |name: &str, call: &mut dyn FnMut() -> i32| match call() {
    ///     0 => Ok(()),
    ///     status => Err(Error::Communication(format!("{name} failed with status {status}"))),
    /// };
    /// // SAFETY: the functions do what they should.
    /// let transport = unsafe { ForeignTransport::new(table, caller) };
    /// let error = transport.unwrap_err().to_string();
    /// assert_eq!(error, "invalid parameter: the transport has no function 'all_to_all'");
    /// ```
    ///
    /// # Errors
    ///
    /// If the version is another one, a function is not there, or the rank is not one of `size` ranks.
    ///
    /// # Safety
    ///
    /// The functions do what the documentation of `mts_transport_t` says, with `ptr` as their first argument, for as long as
    /// the transport lives. Nothing writes to messages after `finish`, or a `begin` that fails, and nothing reads them if `finish`
    /// succeeds. After a failure, bytes to send may still be read where another rank did not come for them: the memory of
    /// [`Messages`] is never released then, and what was lent to [`exchange`](Transport::exchange) has to stay.
    pub unsafe fn new(table: TransportTable, caller: Caller) -> Result<ForeignTransport> {
        match Owned::new(&table, caller) {
            Ok(owned) => Ok(ForeignTransport {
                table: Rc::new(owned),
            }),
            Err(error) => {
                // Later versions of the table may have another layout from here on.
                if let (TransportTable::VERSION, Some(destroy)) = (table.version, table.destroy) {
                    // SAFETY: the caller says so.
                    unsafe { destroy(table.ptr) };
                }
                Err(error)
            }
        }
    }
}

impl Owned {
    fn new(table: &TransportTable, caller: Caller) -> Result<Owned> {
        let &TransportTable {
            version,
            rank,
            size,
            ..
        } = table;
        if version != TransportTable::VERSION {
            return Err(Error::invalid(format!(
                "a transport of version {version} can not be used: this library knows version {}",
                TransportTable::VERSION
            )));
        }
        let (Ok(own), Ok(ranks)) = (usize::try_from(rank), usize::try_from(size)) else {
            return Err(Error::invalid(format!(
                "rank {rank} of {size} ranks is not possible"
            )));
        };
        if own >= ranks {
            return Err(Error::invalid(format!(
                "rank {rank} of {size} ranks is not possible"
            )));
        }
        let missing =
            |name: &str| Error::invalid(format!("the transport has no function '{name}'"));
        Ok(Owned {
            rank: own,
            size: ranks,
            ptr: table.ptr,
            destroy: table.destroy,
            max: table.max.ok_or_else(|| missing("max"))?,
            all_to_all: table.all_to_all.ok_or_else(|| missing("all_to_all"))?,
            broadcast: table.broadcast.ok_or_else(|| missing("broadcast"))?,
            begin: table.begin.ok_or_else(|| missing("begin"))?,
            finish: table.finish.ok_or_else(|| missing("finish"))?,
            abort: table.abort,
            caller,
        })
    }
}

/// What came of messages, and these. After a failure, their memory is never released: it may still be read.
fn kept<T>(result: Result<T>, messages: Messages) -> Result<(T, Messages)> {
    match result {
        Ok(value) => Ok((value, messages)),
        Err(error) => {
            std::mem::forget(messages);
            Err(error)
        }
    }
}

struct OnTheirWay {
    table: Rc<Owned>,
    messages: Messages,
    request: Option<*mut c_void>,
}

impl Pending for OnTheirWay {
    fn finish(mut self: Box<Self>) -> Result<Messages> {
        match self.request.take() {
            Some(request) => self
                .table
                .finish(request, std::mem::take(&mut self.messages)),
            None => Ok(Messages::default()),
        }
    }
}

impl Drop for OnTheirWay {
    /// The memory of the messages is used until then.
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            // Whoever wants to know of failures calls `finish`.
            drop(
                self.table
                    .finish(request, std::mem::take(&mut self.messages)),
            );
        }
    }
}

/// Ranks are less than `size`, which is an `i32`.
fn outgoing(peer: usize, data: &[u8]) -> MessageTable {
    MessageTable {
        peer: peer as i32,
        data: data.as_ptr().cast_mut(),
        size: data.len() as u64,
    }
}

fn incoming(peer: usize, data: &mut [u8]) -> MessageTable {
    MessageTable {
        peer: peer as i32,
        data: data.as_mut_ptr(),
        size: data.len() as u64,
    }
}

impl Transport for ForeignTransport {
    fn rank(&self) -> usize {
        self.table.rank
    }

    fn size(&self) -> usize {
        self.table.size
    }

    fn max(&self, values: &mut [i64]) -> Result<()> {
        let table = &self.table;
        (table.caller)("max", &mut || {
            // SAFETY: what `ForeignTransport::new` asks for.
            unsafe { (table.max)(table.ptr, values.as_mut_ptr(), values.len()) }
        })
    }

    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        let table = &self.table;
        let each = send.len() / table.size;
        assert_eq!(
            (each * table.size, each * table.size),
            (send.len(), receive.len()),
            "pieces are equal"
        );
        (table.caller)("all_to_all", &mut || {
            // SAFETY: what `ForeignTransport::new` asks for; there is a piece for each rank.
            unsafe { (table.all_to_all)(table.ptr, send.as_ptr(), receive.as_mut_ptr(), each) }
        })
    }

    fn broadcast(&self, root: usize, data: &mut [u8]) -> Result<()> {
        let table = &self.table;
        (table.caller)("broadcast", &mut || {
            // SAFETY: what `ForeignTransport::new` asks for.
            unsafe {
                (table.broadcast)(table.ptr, root as i32, data.as_mut_ptr(), data.len() as u64)
            }
        })
    }

    fn exchange(&self, sends: &[Outgoing<'_>], receives: &mut [Incoming<'_>]) -> Result<()> {
        let sends: Vec<MessageTable> = sends
            .iter()
            .map(|send| outgoing(send.peer, send.data))
            .collect();
        let receives: Vec<MessageTable> = receives
            .iter_mut()
            .map(|receive| incoming(receive.peer, receive.data))
            .collect();
        let request = self.table.begin(&sends, &receives)?;
        self.table.wait(request)
    }

    fn begin(&self, mut messages: Messages) -> Result<Box<dyn Pending>> {
        let sends: Vec<MessageTable> = messages
            .sends
            .iter()
            .map(|Message { peer, data }| outgoing(*peer, data))
            .collect();
        let receives: Vec<MessageTable> = messages
            .receives
            .iter_mut()
            .map(|Message { peer, data }| incoming(*peer, data))
            .collect();
        let (request, messages) = kept(self.table.begin(&sends, &receives), messages)?;
        // Moving the messages does not move what is in them.
        Ok(Box::new(OnTheirWay {
            table: self.table.clone(),
            messages,
            request: Some(request),
        }))
    }

    fn abort(&self, code: i32) -> ! {
        if let Some(abort) = self.table.abort {
            // SAFETY: what `ForeignTransport::new` asks for.
            unsafe { abort(self.table.ptr, code) };
        }
        std::process::abort()
    }
}

#[cfg(test)]
mod tests;
