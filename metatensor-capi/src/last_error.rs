//! The last error of each thread.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use metatensor_core::Error;

use crate::handles::{optional_out, text_or_empty};
use crate::status::{mts_status_t, status};

/// Where an error of this library comes from.
const ORIGIN: &CStr = c"metatensor";

struct LastError {
    message: CString,
    origin: CString,
    data: *mut c_void,
    data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
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

impl Drop for LastError {
    fn drop(&mut self) {
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
pub(crate) struct Generation(u64);

impl Generation {
    #[inline]
    pub(crate) fn now() -> Generation {
        Generation(ERRORS.load(Ordering::Relaxed))
    }
}

fn replace(error: LastError) {
    GENERATION.set(ERRORS.fetch_add(1, Ordering::Relaxed) + 1);
    // A deleter may come back here: the old error is dropped after the borrow ended. While a thread
    // ends there may be no place for the error any more.
    let old =
        LAST.try_with(|last| Some(std::mem::replace(&mut *last.try_borrow_mut().ok()?, error)));
    drop(old);
}

/// After a callback failed: if it has set an error, this is the one to report.
pub(crate) fn keep_if_newer(before: Generation) {
    let last = GENERATION.get();
    KEPT.set((last > before.0).then_some(last));
}

/// Sets the last error, except if this is about a callback that has set its own.
pub(crate) fn set(error: &Error) {
    let kept = KEPT.take();
    if matches!(error, Error::Callback(_)) && kept == Some(GENERATION.get()) {
        return;
    }
    replace(LastError {
        message: c_string(error.to_string()),
        origin: ORIGIN.to_owned(),
        ..LastError::default()
    });
}

/// `text` for C: characters that would end it too early are replaced.
pub(crate) fn c_string(text: String) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(&error.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}

/// Get the last error of the current thread.
///
/// All three parameters can be NULL if they are not needed.
///
/// @param message is set to the message, a NUL-terminated string (empty if there was no error yet)
/// @param origin is set to where the error comes from, a NUL-terminated string: `metatensor`, or
///        what a callback gave to `mts_set_last_error`
/// @param data is set to the data that a callback gave to `mts_set_last_error`, or NULL
///
/// The three pointers are *borrowed*: they are valid until the next error on this thread.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nPointers are NULL or valid for writes."
)]
pub unsafe extern "C" fn mts_last_error(
    message: *mut *const c_char,
    origin: *mut *const c_char,
    data: *mut *mut c_void,
) -> mts_status_t {
    let pointers = |last: &RefCell<LastError>| {
        let last = last.borrow();
        (last.message.as_ptr(), last.origin.as_ptr(), last.data)
    };
    let none = (c"".as_ptr(), c"".as_ptr(), null_mut());
    let (m, o, d) = LAST.try_with(pointers).unwrap_or(none);
    // SAFETY: guaranteed by the caller.
    unsafe {
        optional_out(message, m);
        optional_out(origin, o);
        optional_out(data, d);
    }
    mts_status_t::MTS_SUCCESS
}

/// Set the last error of the current thread.
///
/// This is for callbacks: one that returns something else than `MTS_SUCCESS` should call this before,
/// so that the function that called it can fail with this very message, origin and data.
///
/// @param message the message, a NUL-terminated string in UTF-8. It is *copied*. NULL stands for an
///        empty one.
/// @param origin where the error comes from, the same way
/// @param data anything, for whoever gets the error, or NULL. The library *takes ownership*.
/// @param data_deleter function that releases `data`, called when the error is replaced or the
///        thread ends. It can be NULL.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR` if a string is not UTF-8 (`data` is
///          released in that case too)
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nStrings are NULL or NUL-terminated, and the deleter can be called with `data`."
)]
pub unsafe extern "C" fn mts_set_last_error(
    message: *const c_char,
    origin: *const c_char,
    data: *mut c_void,
    data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
) -> mts_status_t {
    let mut error = LastError::default();
    error.data = data;
    error.data_deleter = data_deleter;
    status(|| {
        // SAFETY: guaranteed by the caller.
        error.message = c_string(unsafe { text_or_empty(message, "message") }?.to_owned());
        // SAFETY: as above.
        error.origin = c_string(unsafe { text_or_empty(origin, "origin") }?.to_owned());
        replace(error);
        Ok(())
    })
}
