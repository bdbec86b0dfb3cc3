//! Where the bytes of a file come from: functions and memory of the caller.

use std::ffi::c_void;
use std::slice;
use std::sync::atomic::{AtomicBool, Ordering};

use metatensor_core::{Error, Limit, Limits, ReadAt, Result};

use crate::ffi::{CallbackStatus, Parameter, call, given, null};

/// Functions that read a file, wherever it is.
///
/// They are only called on threads that call a function of this library, and never on those that it made.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_reader_t {
    /// given to the functions
    user_data: *mut c_void,
    /// number of bytes of the file
    size: u64,
    /// Puts the `count` bytes that start at `offset` into `bytes`. No more are asked for than there are. It should return
    /// `MTS_SUCCESS`; or, after giving a message to `mts_set_last_error`, `MTS_CALLBACK_ERROR`. It can not use the file
    /// that it reads.
    read_at: Option<
        unsafe extern "C" fn(
            user_data: *mut c_void,
            offset: u64,
            bytes: *mut u8,
            count: usize,
        ) -> CallbackStatus,
    >,
    /// Called once, when the file is not used any more, on the thread that does this: by `mts_map_file_free`, or when the
    /// last header of a block is freed; also if opening the file fails. Can be NULL.
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    /// Whether several threads can call `read_at` at the same time. If not, using the file on several threads at once is
    /// an error on all but one of them.
    concurrent: bool,
}

/// The functions of the caller, and whether one of them is called now.
pub(crate) struct Reader {
    functions: mts_reader_t,
    is_reading: AtomicBool,
}

// SAFETY: the functions are for any thread: `read_at` for one at a time, if it does not say more.
unsafe impl Send for Reader {}
// SAFETY: as above.
unsafe impl Sync for Reader {}

impl Reader {
    /// These functions, which are released with this value.
    pub(crate) fn new(functions: mts_reader_t) -> Reader {
        Reader {
            functions,
            is_reading: AtomicBool::new(false),
        }
    }

    /// Checks that there is a function to read with.
    pub(crate) fn check(&self) -> Result<()> {
        given(self.functions.read_at, "reader.read_at").map(|_| ())
    }
}

impl ReadAt for Reader {
    fn size(&self) -> u64 {
        self.functions.size
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let mts_reader_t {
            user_data,
            read_at,
            concurrent,
            ..
        } = self.functions;
        let read_at = given(read_at, "reader.read_at")?;
        if !concurrent && self.is_reading.swap(true, Ordering::Acquire) {
            return Err(Error::invalid(
                "another thread is reading this file, whose 'mts_reader_t' is not 'concurrent'",
            ));
        }
        let result = call("mts_reader_t.read_at", || {
            // SAFETY: the caller gave this function to be called this way.
            unsafe { read_at(user_data, offset, bytes.as_mut_ptr(), bytes.len()) }
        });
        self.is_reading.store(false, Ordering::Release);
        result
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(release) = self.functions.release {
            // SAFETY: the caller gave this function to be called once, with this pointer.
            unsafe { release(self.functions.user_data) }
        }
    }
}

/// Memory of the caller that is released with this value.
pub(crate) struct LentBytes {
    start: *const u8,
    count: usize,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
}

// SAFETY: the memory is only read, and can be released from any thread.
unsafe impl Send for LentBytes {}
// SAFETY: as above.
unsafe impl Sync for LentBytes {}

impl LentBytes {
    /// What a caller gave to a function. Made first of all there, so that the memory is released whatever happens.
    pub(crate) fn new(
        start: *const u8,
        count: usize,
        release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
        user_data: *mut c_void,
    ) -> LentBytes {
        LentBytes {
            start,
            count,
            release,
            user_data,
        }
    }

    /// Checks that this is memory.
    pub(crate) fn check(&self) -> Result<()> {
        if self.start.is_null() {
            return Err(null("buffer"));
        }
        match isize::try_from(self.count) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::invalid(format!(
                "'buffer' can not have {} bytes",
                self.count
            ))),
        }
    }
}

impl AsRef<[u8]> for LentBytes {
    fn as_ref(&self) -> &[u8] {
        if self.check().is_err() {
            return &[];
        }
        // SAFETY: there are so many bytes until they are released, says the caller.
        unsafe { slice::from_raw_parts(self.start, self.count) }
    }
}

impl Drop for LentBytes {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the caller gave this function to be called once, with this pointer.
            unsafe { release(self.user_data) }
        }
    }
}

/// What may be read from one file: numbers that are 0 stand for the limits of the process, see `mts_set_limit`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_file_limits_t {
    /// bytes that all compressed members give which one call reads, or that come out of a pipe
    inflated_bytes: u64,
    /// members of the archive
    members: u64,
    /// dimensions of labels, or gradients of a block
    names: u64,
    /// how deep gradients of gradients are nested: at most 64
    depth: u64,
}

impl Parameter for Option<&mts_file_limits_t> {
    type Value = Limits;

    fn checked(self, _name: &str) -> Result<Limits> {
        let mut limits = Limits::default();
        let Some(given) = self else {
            return Ok(limits);
        };
        for (limit, value) in [
            (Limit::InflatedBytes, given.inflated_bytes),
            (Limit::Members, given.members),
            (Limit::Names, given.names),
            (Limit::Depth, given.depth),
        ] {
            if value != 0 {
                limits = limits.with(limit, value);
            }
        }
        Ok(limits)
    }
}
