//! Streams of the C library.

use std::ffi::{CStr, c_char, c_int};

use metatensor_core::Result;

use super::parameters::{Parameter, null};

/// A stream of the C library, `stdout` for example.
#[repr(C)]
#[derive(Debug)]
pub struct FILE {
    _private: [u8; 0],
}

impl Parameter for *mut FILE {
    type Value = *mut FILE;

    fn checked(self, name: &str) -> Result<*mut FILE> {
        if self.is_null() {
            return Err(null(name));
        }
        Ok(self)
    }
}

unsafe extern "C" {
    fn fputs(text: *const c_char, stream: *mut FILE) -> c_int;
}

/// Writes `text`, and tells whether that worked.
///
/// # Safety
///
/// `stream` is a stream that is open.
pub(crate) unsafe fn write_text(stream: *mut FILE, text: &CStr) -> bool {
    // SAFETY: a string that ends, and a stream that is open.
    unsafe { fputs(text.as_ptr(), stream) >= 0 }
}
