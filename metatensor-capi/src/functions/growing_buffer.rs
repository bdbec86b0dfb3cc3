//! Memory of the caller that files are saved to.

use std::ffi::c_void;
use std::io::{self, Write};
use std::mem::MaybeUninit;

use metatensor_core::Result;
use metatensor_core::internal::{GrowingMemory, will_be_written};

use crate::ffi::{Parameter, given};

/// Function making a buffer larger: `realloc`, with `user_data` before its parameters.
///
/// `ptr` is the buffer, or NULL for a new one, and `new_size` its new size in bytes. The function returns the
/// buffer, which may have moved; or NULL if there is no memory.
pub type mts_realloc_buffer_t =
    Option<unsafe extern "C" fn(user_data: *mut c_void, ptr: *mut u8, new_size: usize) -> *mut u8>;

/// A buffer of the caller that grows as it is written to.
pub(crate) struct GrowingBuffer {
    data: *mut u8,
    capacity: usize,
    written: usize,
    realloc: unsafe extern "C" fn(*mut c_void, *mut u8, usize) -> *mut u8,
    user_data: *mut c_void,
}

impl GrowingBuffer {
    fn resize(&mut self, capacity: usize) -> io::Result<()> {
        // SAFETY: the caller gave this function to be called with this buffer.
        let data = unsafe { (self.realloc)(self.user_data, self.data, capacity) };
        if data.is_null() {
            return Err(io::Error::new(
                io::ErrorKind::OutOfMemory,
                format!("'realloc' could not give {capacity} bytes"),
            ));
        }
        self.data = data;
        self.capacity = capacity;
        // SAFETY: all of this is memory of the buffer, which nobody else uses.
        will_be_written(unsafe {
            std::slice::from_raw_parts_mut(
                data.cast::<MaybeUninit<u8>>().add(self.written),
                capacity - self.written,
            )
        });
        Ok(())
    }

    /// Makes space for `size` bytes, to be written to an empty buffer. This is only a guess: if there is not so
    /// much memory, what is written may still fit.
    fn reserve(&mut self, size: usize) {
        if size > self.capacity {
            let _ = self.resize(size);
        }
    }
}

impl GrowingMemory for GrowingBuffer {
    fn spare(&mut self, size: usize) -> io::Result<&mut [MaybeUninit<u8>]> {
        let end = self.written + size;
        if end > self.capacity {
            self.resize(end.max(self.capacity + self.capacity / 2).max(4096))?;
        }
        let count = self.capacity - self.written;
        if count == 0 {
            return Ok(&mut []);
        }
        // SAFETY: so many bytes of the buffer follow those that are written, and nobody else uses it.
        Ok(unsafe { std::slice::from_raw_parts_mut(self.data.add(self.written).cast(), count) })
    }

    unsafe fn grow(&mut self, size: usize) {
        self.written += size;
    }

    fn written(&mut self) -> &mut [u8] {
        if self.written == 0 {
            return &mut [];
        }
        // SAFETY: so many bytes have been written to the buffer, which nobody else uses.
        unsafe { std::slice::from_raw_parts_mut(self.data, self.written) }
    }
}

impl Write for GrowingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let spare = &mut self.spare(bytes.len())?[..bytes.len()];
        spare.write_copy_of_slice(bytes);
        // SAFETY: they have just been written.
        unsafe { self.grow(bytes.len()) };
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Saves about `size` bytes to a buffer of the caller, which is left with the size of what was written: `save` writes
/// them to memory that grows as it does.
///
/// # Safety
///
/// The buffer is NULL or has the size that it says, and `realloc` can make it larger.
pub(crate) unsafe fn save_to_buffer(
    buffer: Option<&mut *mut u8>,
    count: Option<&mut usize>,
    realloc: mts_realloc_buffer_t,
    user_data: *mut c_void,
    size: usize,
    save: impl FnOnce(&mut GrowingBuffer) -> Result<()>,
) -> Result<()> {
    let buffer = given(buffer, "buffer")?;
    let count = count.checked("buffer_count")?;
    let mut sink = GrowingBuffer {
        data: *buffer,
        capacity: if buffer.is_null() { 0 } else { *count },
        written: 0,
        realloc: given(realloc, "realloc")?,
        user_data,
    };
    sink.reserve(size);
    let result = save(&mut sink);
    // The buffer may have moved even if something failed later: the caller has to release it.
    *buffer = sink.data;
    *count = if result.is_ok() {
        sink.written
    } else {
        sink.capacity
    };
    result
}
