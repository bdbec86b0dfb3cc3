//! Strings of the caller.

use std::ffi::{CStr, CString, c_char};
use std::marker::PhantomData;

use metatensor_core::Result;
use smallvec::SmallVec;

use super::parameters::{Parameter, bad_parameter, list, null};

/// A string that is lent by the caller: NULL, or NUL-terminated and valid for `'a`. It is `const char *` in the headers.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pointer: *const c_char,
    lent: PhantomData<&'a CStr>,
}

impl<'a> Text<'a> {
    /// The bytes before the NUL, or `None` if this is NULL.
    pub(crate) fn bytes(self) -> Option<&'a CStr> {
        if self.pointer.is_null() {
            return None;
        }
        // SAFETY: not NULL, and else what this type stands for. Only C makes values of it.
        Some(unsafe { CStr::from_ptr(self.pointer) })
    }

    /// The same, or `None` if this is NULL.
    pub(crate) fn optional(self, name: &str) -> Result<Option<&'a str>> {
        let Some(bytes) = self.bytes() else {
            return Ok(None);
        };
        let text = bytes.to_str().map_err(|_| {
            bad_parameter(format_args!(
                "'{name}' must be text in UTF-8, got '{}'",
                bytes.to_string_lossy()
            ))
        })?;
        Ok(Some(text))
    }
}

impl<'a> Parameter for Text<'a> {
    type Value = &'a str;

    /// The text, which has to be UTF-8.
    fn checked(self, name: &str) -> Result<&'a str> {
        self.optional(name)?.ok_or_else(|| null(name))
    }
}

/// A list of names: all that functions of the library ask for, without memory of its own if there are few.
pub(crate) type Names<'a> = SmallVec<[&'a str; 8]>;

/// The `count` strings at `pointer`.
///
/// # Safety
///
/// `pointer` must be NULL or valid for this many pointers for `'a`, each NULL or a NUL-terminated string that is valid as
/// long.
pub(crate) unsafe fn texts<'a>(
    pointer: *const *const c_char,
    count: usize,
    name: &str,
) -> Result<Names<'a>> {
    // SAFETY: a `Text` is a pointer to such a string.
    unsafe { list(pointer.cast::<Text<'a>>(), count, name) }
}

/// `text` for C: characters that would end it too early are replaced.
pub(crate) fn c_string(text: String) -> CString {
    CString::new(text).unwrap_or_else(|error| {
        let text = String::from_utf8_lossy(&error.into_vec()).replace('\0', "\u{fffd}");
        CString::new(text).unwrap_or_default()
    })
}
