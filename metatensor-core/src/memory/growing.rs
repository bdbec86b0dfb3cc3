//! Memory that grows while it is written to.

#![expect(unsafe_code, reason = "memory that is not written yet")]

use std::io::{self, Write};
use std::mem::MaybeUninit;

use crate::Error;

/// Bytes in memory that are written from the first to the last, as in a vector.
pub trait GrowingMemory: Write {
    /// Memory for at least `size` more bytes, after those that have been written.
    ///
    /// # Errors
    ///
    /// If there is not so much.
    fn spare(&mut self, size: usize) -> io::Result<&mut [MaybeUninit<u8>]>;

    /// Counts `size` more bytes as written.
    ///
    /// # Safety
    ///
    /// They have been written to what [`GrowingMemory::spare`] gave, and nothing else happened since.
    unsafe fn grow(&mut self, size: usize);

    /// All that has been written.
    fn written(&mut self) -> &mut [u8];
}

/// The error for memory of our own that can not grow.
pub(crate) fn no_memory(cause: io::Error) -> Error {
    Error::Io {
        context: "can not get memory".to_owned(),
        cause,
    }
}

impl GrowingMemory for Vec<u8> {
    fn spare(&mut self, size: usize) -> io::Result<&mut [MaybeUninit<u8>]> {
        self.try_reserve(size)
            .map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))?;
        Ok(self.spare_capacity_mut())
    }

    unsafe fn grow(&mut self, size: usize) {
        // SAFETY: this is what the caller promises.
        unsafe { self.set_len(self.len() + size) };
    }

    fn written(&mut self) -> &mut [u8] {
        self
    }
}
