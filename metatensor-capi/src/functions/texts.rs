//! Text for people.

use std::ffi::{CStr, CString, c_char};
use std::fmt::Display;
use std::io;

use metatensor_core::{Error, Labels, Result, TensorMap};

use crate::ffi::{
    FILE, Parameter, c_string, last_error, mts_status_t, pointer, status, write_text,
};
use crate::types::{mts_block_t, mts_labels_t, mts_tensormap_t};

/// Get the message of the last error of the current thread: `mts_last_error` without the rest.
///
/// @returns a NUL-terminated string, empty if there was no error yet. It is *borrowed*: valid until the next error on this
///          thread.
#[unsafe(no_mangle)]
pub extern "C" fn mts_last_error_message() -> *const c_char {
    last_error().0
}

/// Release a text that this library made.
///
/// @param text what `mts_labels_to_string` or another of these functions returned, or NULL. It must not be used any more.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`text` is NULL or a string that this library gave, as it was."
)]
pub unsafe extern "C" fn mts_string_free(text: *mut c_char) -> mts_status_t {
    status(|| {
        if !text.is_null() {
            // SAFETY: made by `owned_text`, used for the last time.
            drop(unsafe { CString::from_raw(text) });
        }
        Ok(())
    })
}

/// A text that the caller owns, or NULL.
fn owned_text(text: impl FnOnce() -> Result<String>) -> *mut c_char {
    let text = pointer(|| Ok(c_string(text()?).into_raw().cast_const()));
    text.cast_mut()
}

/// Writes a text to a stream of the caller, with a line break at its end.
///
/// # Safety
///
/// `stream` is a stream that is open.
unsafe fn print(stream: *mut FILE, text: String) -> Result<()> {
    let text: &CStr = &c_string(text + "\n");
    // SAFETY: says the caller.
    if unsafe { write_text(stream, text) } {
        return Ok(());
    }
    let cause = io::Error::last_os_error();
    Err(Error::Io {
        context: "could not write to 'stream'".into(),
        cause,
    })
}

/// `value` with at most `max_rows` rows of its table.
fn with_rows(value: &(impl Display + ?Sized), count: usize, max_rows: usize) -> String {
    // as many as there can be in a format
    match u16::try_from(max_rows) {
        Ok(max_rows) if usize::from(max_rows) < count => {
            format!("{value:.*}", usize::from(max_rows))
        }
        _ => format!("{value:#}"),
    }
}

fn labels_text(labels: &Labels, max_rows: usize) -> String {
    with_rows(labels, labels.count(), max_rows)
}

fn map_text(map: &TensorMap, max_rows: usize) -> String {
    with_rows(map, map.len(), max_rows)
}

/// Describe labels: the table of their rows, below the names of dimensions.
///
/// @param labels the labels
/// @param max_rows how many rows to show: if there are more, the ones in the middle are left out. More than 65535 stands for
///        all of them.
///
/// @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_labels_to_string(
    labels: Option<&mts_labels_t>,
    max_rows: usize,
) -> *mut c_char {
    owned_text(|| Ok(labels_text(&*labels.checked("labels")?, max_rows)))
}

/// Describe a block: how long its axes are, with the names of their labels, and the gradients that it has.
///
/// @param block the block
///
/// @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_to_string(block: Option<&mts_block_t>) -> *mut c_char {
    owned_text(|| Ok(block.checked("block")?.to_string()))
}

/// Describe a map: the table of its keys.
///
/// @param tensor the map
/// @param max_keys as `max_rows` of `mts_labels_to_string`
///
/// @returns a NUL-terminated string *owned* by the caller, to be given to `mts_string_free`; or NULL on error
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_to_string(
    tensor: Option<&mts_tensormap_t>,
    max_keys: usize,
) -> *mut c_char {
    owned_text(|| Ok(map_text(tensor.checked("tensor")?, max_keys)))
}

/// Print labels: what `mts_labels_to_string` gives, and a line break.
///
/// @param labels the labels
/// @param max_rows as for `mts_labels_to_string`
/// @param stream where to print, `stdout` for example. It must be of the C library that the program and this library share.
///
/// @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`stream` is NULL or a stream that is open."
)]
pub unsafe extern "C" fn mts_labels_print(
    labels: Option<&mts_labels_t>,
    max_rows: usize,
    stream: *mut FILE,
) -> mts_status_t {
    status(|| {
        let labels = labels.checked("labels")?;
        // SAFETY: says the caller.
        unsafe { print(stream.checked("stream")?, labels_text(&labels, max_rows)) }
    })
}

/// Print a block: what `mts_block_to_string` gives, and a line break.
///
/// @param block the block
/// @param stream as for `mts_labels_print`
///
/// @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`stream` is NULL or a stream that is open."
)]
pub unsafe extern "C" fn mts_block_print(
    block: Option<&mts_block_t>,
    stream: *mut FILE,
) -> mts_status_t {
    status(|| {
        let block = block.checked("block")?;
        // SAFETY: says the caller.
        unsafe { print(stream.checked("stream")?, block.to_string()) }
    })
}

/// Print a map: what `mts_tensormap_to_string` gives, and a line break.
///
/// @param tensor the map
/// @param max_keys as `max_rows` of `mts_labels_to_string`
/// @param stream as for `mts_labels_print`
///
/// @returns `MTS_SUCCESS`, or `MTS_IO_ERROR` if the system refused to write
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`stream` is NULL or a stream that is open."
)]
pub unsafe extern "C" fn mts_tensormap_print(
    tensor: Option<&mts_tensormap_t>,
    max_keys: usize,
    stream: *mut FILE,
) -> mts_status_t {
    status(|| {
        let tensor = tensor.checked("tensor")?;
        // SAFETY: says the caller.
        unsafe { print(stream.checked("stream")?, map_text(tensor, max_keys)) }
    })
}
