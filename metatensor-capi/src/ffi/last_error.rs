//! The last error of each thread.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use metatensor_core::Error;
use metatensor_core::internal::Contents;

use super::text::c_string;

/// Where an error of this library comes from.
const ORIGIN: &CStr = c"metatensor";

/// What the last error of a thread is made of.
pub(crate) struct LastError {
    pub(crate) message: CString,
    pub(crate) origin: CString,
    pub(crate) data: *mut c_void,
    pub(crate) data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
}

impl Default for LastError {
    fn default() -> Self {
        LastError {
            message: CString::default(),
            origin: CString::default(),
            data: null_mut(),
            data_deleter: None,
        }
    }
}

impl LastError {
    /// Gives up the error of a callback, with its data.
    ///
    /// This is for errors that are replaced, and not in `Drop`: the last error of a thread is dropped when the
    /// thread ends, where the code that releases its data can be gone already, as Python is when its process
    /// exits.
    fn release(self) {
        if let Some(deleter) = self.data_deleter
            && !self.data.is_null()
        {
            // SAFETY: whoever set the error gave this function for this pointer, to call it once.
            unsafe { deleter(self.data) }
        }
    }
}

thread_local! {
    static LAST: RefCell<LastError> = RefCell::default();
    /// When the last error of this thread was set.
    static GENERATION: Cell<u64> = const { Cell::new(0) };
    /// The error to report as it is, when a callback that fails has set one.
    static KEPT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Number of errors set so far, on all threads: those of one thread have increasing numbers. Reading this is
/// faster than reading something of the thread, and it is done for each callback.
static ERRORS: AtomicU64 = AtomicU64::new(0);

/// A moment, to know whether an error was set after it on the same thread.
pub(super) struct Generation(u64);

impl Generation {
    #[inline]
    pub(super) fn now() -> Generation {
        Generation(ERRORS.load(Ordering::Relaxed))
    }
}

/// The message, the origin and the data of the last error of this thread, valid until the next one.
pub(crate) fn last_error() -> (*const c_char, *const c_char, *mut c_void) {
    let pointers = |last: &RefCell<LastError>| {
        let last = last.borrow();
        (last.message.as_ptr(), last.origin.as_ptr(), last.data)
    };
    let none = (c"".as_ptr(), c"".as_ptr(), null_mut());
    LAST.try_with(pointers).unwrap_or(none)
}

/// Puts `error` in the place of the last error of this thread, which is released.
pub(crate) fn set_last_error(mut error: LastError) {
    GENERATION.set(ERRORS.fetch_add(1, Ordering::Relaxed) + 1);
    // While a thread ends there may be no place for the error any more: then it is given up itself.
    let _ = LAST.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            std::mem::swap(&mut *last, &mut error);
        }
    });
    // A deleter may come back here: it is called after the borrow ended.
    error.release();
}

/// The message of the last error of this thread, which is the one of a callback that failed: its origin and data stay.
pub(crate) fn keep_last_error() -> String {
    KEPT.set(Some(GENERATION.get()));
    let message = |last: &RefCell<LastError>| last.borrow().message.to_string_lossy().into();
    LAST.try_with(message).unwrap_or_default()
}

/// After a callback failed: if it has set an error, this is the one to report, and its message is given.
pub(super) fn keep_if_newer(before: Generation) -> Option<String> {
    let last = GENERATION.get();
    KEPT.set(None);
    (last > before.0).then(keep_last_error)
}

/// Sets the last error to one that all ranks have. If it is about a callback of this one, its origin and data stay.
pub(super) fn set_agreed(error: &Error) {
    let kept = KEPT.take();
    match error {
        Error::Callback(_) if kept == Some(GENERATION.get()) => {
            let message = c_string(message(error));
            // While a thread ends there may be no error to change.
            let _ = LAST.try_with(|last| last.borrow_mut().message = message);
        }
        _ => set(error),
    }
}

/// Sets the last error, except if this is about a callback that has set its own.
pub(super) fn set(error: &Error) {
    let kept = KEPT.take();
    if matches!(error, Error::Callback(_)) && kept == Some(GENERATION.get()) {
        return;
    }
    set_last_error(LastError {
        message: c_string(message(error)),
        origin: ORIGIN.to_owned(),
        ..LastError::default()
    });
}

/// What `error` says to those who call functions by their names in C.
fn message(error: &Error) -> String {
    let Error::WrongContents(wrong) = error else {
        return error.to_string();
    };
    let load = match wrong.found {
        Contents::Map => "mts_tensormap_load",
        Contents::Block => "mts_block_load",
        Contents::Labels => "mts_labels_load",
    };
    let buffer = if wrong.in_memory { "_buffer" } else { "" };
    let message = wrong.message(&format!("{load}{buffer}"));
    Error::Serialization(message).to_string()
}
