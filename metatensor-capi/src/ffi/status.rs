//! What functions return, and the way from an `Error` or a panic to it.

use std::any::{Any, type_name};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null;

use metatensor_core::{Error, Result};

use super::last_error::{self, Generation};
use super::parameters::with_function;

/// What a function tells about its success.
///
/// Functions that give a pointer instead of a status return NULL where another one would return
/// something else than `MTS_SUCCESS`. In both cases, `mts_last_error` has a message, which starts with the kind of
/// the error: `invalid parameter: `, `io error: ` for `MTS_IO_ERROR`, `serialization format error: ` for
/// `MTS_SERIALIZATION_ERROR`, ...; except for errors of callbacks, whose messages are their own.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum mts_status_t {
    /// The function did what it says.
    MTS_SUCCESS = 0,
    /// A parameter, or the combination of several, can not be used.
    MTS_INVALID_PARAMETER_ERROR = 1,
    /// The operating system refused to read or write a file.
    MTS_IO_ERROR = 2,
    /// The content of a file or buffer is not what it should be.
    MTS_SERIALIZATION_ERROR = 3,
    /// A buffer given by the caller does not have the right size.
    MTS_BUFFER_SIZE_ERROR = 4,
    /// Two objects that an operation needs to be alike are not. (Not in metatensor 0.2)
    MTS_NOT_EQUAL_ERROR = 16,
    /// A valid request that this library can not fulfil. (Not in metatensor 0.2)
    MTS_UNSUPPORTED_ERROR = 17,
    /// A linear system without a usable solution. (Not in metatensor 0.2)
    MTS_LINALG_ERROR = 18,
    /// Processes can not reach each other any more. (Not in metatensor 0.2)
    MTS_COMMUNICATION_ERROR = 19,
    /// A function given by the caller failed, for example one of those in an `mts_array_t`. The
    /// message and the data that it gave to `mts_set_last_error` are those of the last error.
    MTS_CALLBACK_ERROR = 254,
    /// There is a bug in this library.
    MTS_INTERNAL_ERROR = 255,
}

impl mts_status_t {
    fn of(error: &Error) -> mts_status_t {
        match error {
            Error::InvalidParameter(_) => mts_status_t::MTS_INVALID_PARAMETER_ERROR,
            Error::Io { .. } => mts_status_t::MTS_IO_ERROR,
            Error::Serialization(_) | Error::WrongContents(_) => {
                mts_status_t::MTS_SERIALIZATION_ERROR
            }
            Error::BufferSize(_) => mts_status_t::MTS_BUFFER_SIZE_ERROR,
            Error::NotEqual(_) => mts_status_t::MTS_NOT_EQUAL_ERROR,
            Error::Unsupported(_) => mts_status_t::MTS_UNSUPPORTED_ERROR,
            Error::LinearAlgebra(_) => mts_status_t::MTS_LINALG_ERROR,
            Error::Communication(_) => mts_status_t::MTS_COMMUNICATION_ERROR,
            Error::Callback(_) => mts_status_t::MTS_CALLBACK_ERROR,
            _ => mts_status_t::MTS_INTERNAL_ERROR,
        }
    }
}

/// What a callback returns. Callbacks are free to return numbers that no status has, so this is not
/// an enumeration here; it is `mts_status_t` in the headers.
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackStatus(pub i32);

impl CallbackStatus {
    pub(crate) const SUCCESS: CallbackStatus = CallbackStatus(0);
}

/// Runs a callback, called `name` in messages.
#[inline]
pub(crate) fn call(name: &str, callback: impl FnOnce() -> CallbackStatus) -> Result<()> {
    let before = Generation::now();
    let status = callback();
    if status == CallbackStatus::SUCCESS {
        return Ok(());
    }
    Err(failed(name, status, before))
}

#[cold]
fn failed(name: &str, status: CallbackStatus, before: Generation) -> Error {
    Error::Callback(said(name, status, before))
}

/// What a callback that failed has said, which is kept; or that it has failed.
fn said(name: &str, status: CallbackStatus, before: Generation) -> String {
    last_error::keep_if_newer(before)
        .unwrap_or_else(|| format!("{name} failed with status {}", status.0))
}

/// Runs a function of the transport `name`: whatever it says is an error of communication.
pub(crate) fn communicate(name: &str, function: &mut dyn FnMut() -> i32) -> Result<()> {
    let before = Generation::now();
    let status = CallbackStatus(function());
    if status == CallbackStatus::SUCCESS {
        return Ok(());
    }
    let said = said(&format!("mts_transport_t.{name}"), status, before);
    let message = said.strip_prefix("communication error: ").unwrap_or(&said);
    Err(Error::Communication(message.to_owned()))
}

/// Runs the body of a function that returns a status.
pub(crate) fn status(body: impl FnOnce() -> Result<()>) -> mts_status_t {
    match guard(body) {
        Ok(()) => mts_status_t::MTS_SUCCESS,
        Err(status) => status,
    }
}

/// Runs the body of a collective function: its errors are those of all ranks.
pub(crate) fn collective_status(body: impl FnOnce() -> Result<()>) -> mts_status_t {
    match caught(body) {
        Ok(()) => mts_status_t::MTS_SUCCESS,
        Err(error) => {
            last_error::set_agreed(&error);
            mts_status_t::of(&error)
        }
    }
}

/// What a part of a function gives, or its error, with its name if it needs that. So does a panic.
pub(crate) fn caught<T, F: FnOnce() -> Result<T>>(part: F) -> Result<T> {
    // As in `guard`.
    match catch_unwind(AssertUnwindSafe(part)) {
        Ok(result) => {
            result.map_err(|error| with_function(error, || function_around(type_name::<F>())))
        }
        Err(panic) => Err(Error::Internal(panic_message(&*panic))),
    }
}

/// Runs the body of a function that returns something owned by its caller, or NULL.
pub(crate) fn owned<T>(body: impl FnOnce() -> Result<Box<T>>) -> Option<Box<T>> {
    guard(body).ok()
}

/// Runs the body of a function that returns a pointer, or NULL.
pub(crate) fn pointer<T>(body: impl FnOnce() -> Result<*const T>) -> *const T {
    guard(body).unwrap_or(null())
}

/// Runs the body of a function that is a callback itself.
pub(crate) fn callback(body: impl FnOnce() -> Result<()>) -> CallbackStatus {
    CallbackStatus(status(body) as i32)
}

#[inline]
fn guard<T, F: FnOnce() -> Result<T>>(body: F) -> Result<T, mts_status_t> {
    // After a panic, nobody looks at what the body was changing except through handles, whose
    // types are all valid between any two statements.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(fail(error, type_name::<F>())),
        Err(panic) => Err(fail(Error::Internal(panic_message(&*panic)), "")),
    }
}

#[cold]
#[inline(never)]
fn fail(error: Error, closure: &str) -> mts_status_t {
    let error = with_function(error, || function_around(closure));
    last_error::set(&error);
    mts_status_t::of(&error)
}

/// Name in C of the function that a closure is in.
///
/// The name of the type of a closure is the path to it, through modules and functions, with types where these are
/// generic. What it looks like is not guaranteed, but the tests in `c_misuse.rs` make every function fail and look
/// for its name.
fn function_around(closure: &str) -> String {
    let mut names = closure.split(|c: char| !c.is_alphanumeric() && c != '_');
    let name = names.find_map(|name| match name.strip_prefix("native_") {
        Some(member) => Some(format!("mts_array_t.{member}")),
        None => (name.starts_with("mts_") && !name.ends_with("_t")).then(|| name.to_owned()),
    });
    name.unwrap_or_else(|| closure.to_owned())
}

#[cold]
#[inline(never)]
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied();
    let message = message.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", message.unwrap_or("unknown reason"))
}

#[cfg(test)]
mod tests {
    use std::ffi::{CStr, c_void};
    use std::ptr::null_mut;

    use super::super::last_error::{LastError, last_error, set_last_error};
    use super::*;

    fn last_message() -> String {
        let (message, ..) = last_error();
        // SAFETY: valid until the next error, and copied before.
        unsafe { CStr::from_ptr(message) }
            .to_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn panics_come_back_as_internal_errors() {
        let result = status(|| panic!("number {}", 3));
        assert_eq!(result, mts_status_t::MTS_INTERNAL_ERROR);
        assert_eq!(last_message(), "internal error: panic: number 3");

        assert!(pointer::<u8>(|| panic!("plain text")).is_null());
        assert_eq!(last_message(), "internal error: panic: plain text");

        assert!(owned::<u8>(|| panic!("more text")).is_none());
        assert_eq!(last_message(), "internal error: panic: more text");

        let result = callback(|| std::panic::panic_any(3));
        assert_eq!(result, CallbackStatus(255));
        assert_eq!(last_message(), "internal error: panic: unknown reason");
    }

    #[test]
    fn messages_with_a_nul_are_complete() {
        status(|| Err(Error::invalid("before\0after")));
        assert_eq!(last_message(), "invalid parameter: before\u{fffd}after");
    }

    unsafe extern "C" fn panic_in_deleter(_: *mut c_void) {
        // a deleter can fail through this library: this ends here
        status(|| panic!("from a deleter"));
    }

    #[test]
    fn deleters_may_set_errors() {
        let mut data = 0;
        set_last_error(LastError {
            message: c"first".into(),
            origin: c"first".into(),
            data: (&raw mut data).cast(),
            data_deleter: Some(panic_in_deleter),
        });
        assert_ne!(last_error().2, null_mut());
        status(|| Err(Error::invalid("second")));
        assert_eq!(last_message(), "internal error: panic: from a deleter");
    }
}
