//! The last error of each thread.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use metatensor_core::Error;
use metatensor_core::internal::Contents;

use crate::handles::optional_out;
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
pub(crate) struct Generation(u64);

impl Generation {
    #[inline]
    pub(crate) fn now() -> Generation {
        Generation(ERRORS.load(Ordering::Relaxed))
    }
}

fn replace(mut error: LastError) {
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
/// @param message the message, a NUL-terminated string. It is *copied*, and comes back byte for byte, also if
///        it is not in UTF-8. NULL stands for an empty one.
/// @param origin where the error comes from, the same way
/// @param data anything, for whoever gets the error, or NULL. The library *takes ownership*.
/// @param data_deleter function that releases `data`, called once, when another error of this thread takes
///        the place of this one. It can be NULL. As in metatensor 0.2, data is *not* released when the thread or
///        the process ends, where the function may be gone, as those of Python are: a thread that wants it
///        released ends with `mts_set_last_error(NULL, NULL, NULL, NULL)`.
///
/// @returns `MTS_SUCCESS`
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
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (message, origin) = unsafe { (copied(message), copied(origin)) };
        replace(LastError {
            message,
            origin,
            data,
            data_deleter,
        });
        Ok(())
    })
}

/// # Safety
///
/// `string` must be NULL or a NUL-terminated string.
unsafe fn copied(string: *const c_char) -> CString {
    if string.is_null() {
        return CString::default();
    }
    // SAFETY: guaranteed by the caller.
    unsafe { CStr::from_ptr(string) }.to_owned()
}
