//! Errors.

use std::ffi::{CStr, CString, c_char, c_void};
use std::mem::MaybeUninit;

use crate::ffi::{LastError, Text, last_error, mts_status_t, set_last_error, status};

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
    doc = "\n# Safety\nAll pointers are NULL or places for a result."
)]
pub unsafe extern "C" fn mts_last_error(
    message: *mut *const c_char,
    origin: *mut *const c_char,
    data: Option<&mut MaybeUninit<*mut c_void>>,
) -> mts_status_t {
    let last = last_error();
    for (place, text) in [(message, last.0), (origin, last.1)] {
        if !place.is_null() {
            // SAFETY: a place for a result, says the caller. Both can be the same.
            unsafe { place.write(text) };
        }
    }
    data.map(|data| data.write(last.2));
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
    doc = "\n# Safety\nThe deleter can be called once with `data`, on this thread."
)]
pub unsafe extern "C" fn mts_set_last_error(
    message: Text<'_>,
    origin: Text<'_>,
    data: *mut c_void,
    data_deleter: Option<unsafe extern "C" fn(*mut c_void)>,
) -> mts_status_t {
    status(|| {
        let copied = |text: Text<'_>| text.bytes().map_or_else(CString::default, CStr::to_owned);
        set_last_error(LastError {
            message: copied(message),
            origin: copied(origin),
            data,
            data_deleter,
        });
        Ok(())
    })
}
