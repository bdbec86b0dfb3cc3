//! Files and buffers.

use std::ffi::{c_char, c_void};
use std::io::{self, Write};
use std::mem::MaybeUninit;

use metatensor_core::internal::will_be_written;
use metatensor_core::{Array, DType, Labels, Result, TensorBlock, TensorMap};

use crate::array::{create_array, mts_create_array_callback_t};
use crate::block::mts_block_t;
use crate::handles::{
    block, block_handle, labels, labels_handle, null, reference, reference_mut, slice, tensor, text,
};
use crate::labels::mts_labels_t;
use crate::status::{mts_status_t, pointer, status};
use crate::tensor::{mts_tensormap_t, tensor_handle};

/// Function making a buffer larger: `realloc`, with `user_data` before its parameters.
///
/// `ptr` is the buffer, or NULL for a new one, and `new_size` its new size in bytes. The function returns the
/// buffer, which may have moved; or NULL if there is no memory.
pub type mts_realloc_buffer_t =
    Option<unsafe extern "C" fn(user_data: *mut c_void, ptr: *mut u8, new_size: usize) -> *mut u8>;

/// A buffer of the caller that grows as it is written to.
struct GrowingBuffer {
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

impl Write for GrowingBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let end = self.written + bytes.len();
        if end > self.capacity {
            self.resize(end.max(self.capacity + self.capacity / 2).max(4096))?;
        }
        // SAFETY: the buffer has at least `end` bytes now, and is not the memory of `bytes`.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.data.add(self.written), bytes.len());
        }
        self.written = end;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Saves to a buffer of the caller, which is left with the size of what was written.
///
/// # Safety
///
/// Pointers are NULL or valid, and `realloc` can make the buffer larger.
unsafe fn save_to_buffer(
    buffer: *mut *mut u8,
    buffer_count: *mut usize,
    user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    size: usize,
    save: impl FnOnce(&mut GrowingBuffer) -> Result<()>,
) -> Result<()> {
    // SAFETY: guaranteed by the caller.
    let (buffer, count) = unsafe {
        (
            reference_mut(buffer, "buffer")?,
            reference_mut(buffer_count, "buffer_count")?,
        )
    };
    let realloc = realloc.ok_or_else(|| null("realloc"))?;
    let mut sink = GrowingBuffer {
        data: *buffer,
        capacity: if buffer.is_null() { 0 } else { *count },
        written: 0,
        realloc,
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

/// # Safety
///
/// As for [`slice`].
unsafe fn content<'a>(buffer: *const u8, count: usize) -> Result<&'a [u8]> {
    // SAFETY: guaranteed by the caller.
    unsafe {
        reference(buffer, "buffer")?;
        slice(buffer, count, "buffer")
    }
}

type ArrayMaker = Box<dyn FnMut(&[usize], DType) -> Result<Box<dyn Array>>>;

/// A function making arrays with a callback, which is not NULL.
fn array_maker(create: mts_create_array_callback_t) -> Result<ArrayMaker> {
    if create.is_none() {
        return Err(null("create_array"));
    }
    Ok(Box::new(move |shape, dtype| {
        create_array(create, shape, dtype)
    }))
}

/// Load labels from a file.
///
/// @param path path of the file, in UTF-8
///
/// @returns labels *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
///          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_load(path: *const c_char) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let path = unsafe { text(path, "path") }?;
        Ok(labels_handle(Labels::load(path)?).cast_mut())
    })
}

/// Load labels from memory.
///
/// @param buffer content of a file
/// @param buffer_count size of this content in bytes
///
/// @returns labels *owned* by the caller; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let content = unsafe { content(buffer, buffer_count) }?;
        Ok(labels_handle(Labels::load_buffer(content)?).cast_mut())
    })
}

/// Save labels to a file.
///
/// The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
/// new one, see `mts_tensormap_save`. The same data always gives the same file.
///
/// @param path path of the file, in UTF-8, written as it is given
/// @param labels what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_save(
    path: *const c_char,
    labels: *const mts_labels_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (path, labels) = unsafe { (text(path, "path")?, self::labels(labels, "labels")?) };
        labels.save(path)
    })
}

/// Save labels to memory.
///
/// @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
///        moved. The buffer is *owned* by the caller, also if this function fails.
/// @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
/// @param realloc_user_data given to `realloc`
/// @param realloc function to make the buffer larger
/// @param labels what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_labels_save_buffer(
    buffer: *mut *mut u8,
    buffer_count: *mut usize,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    labels: *const mts_labels_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let labels = self::labels(labels, "labels")?;
            let (data, size, user_data) = (buffer, buffer_count, realloc_user_data);
            save_to_buffer(data, size, user_data, realloc, 0, |sink| {
                labels.save_to(sink)
            })
        }
    })
}

/// Load a block, with its gradients from a file.
///
/// @param path path of the file, in UTF-8
/// @param create_array function making the array for each of the values, for example `mts_create_array`
///
/// @returns a block *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
///          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_load(
    path: *const c_char,
    create_array: mts_create_array_callback_t,
) -> *mut mts_block_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let path = unsafe { text(path, "path") }?;
        let create = array_maker(create_array)?;
        Ok(block_handle(TensorBlock::load_with(path, create)?))
    })
}

/// Load a block, with its gradients from memory.
///
/// @param buffer content of a file
/// @param buffer_count size of this content in bytes
/// @param create_array function making the array for each of the values, for example `mts_create_array`
///
/// @returns a block *owned* by the caller; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
    create_array: mts_create_array_callback_t,
) -> *mut mts_block_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let content = unsafe { content(buffer, buffer_count) }?;
        let create = array_maker(create_array)?;
        Ok(block_handle(TensorBlock::load_buffer_with(
            content, create,
        )?))
    })
}

/// Save a block, with its gradients to a file.
///
/// The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
/// new one, see `mts_tensormap_save`. The same data always gives the same file.
///
/// @param path path of the file, in UTF-8, written as it is given
/// @param block what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_save(
    path: *const c_char,
    block: *const mts_block_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (path, block) = unsafe { (text(path, "path")?, self::block(block, "block")?) };
        block.save(path)
    })
}

/// Save a block, with its gradients to memory.
///
/// @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
///        moved. The buffer is *owned* by the caller, also if this function fails.
/// @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
/// @param realloc_user_data given to `realloc`
/// @param realloc function to make the buffer larger
/// @param block what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_block_save_buffer(
    buffer: *mut *mut u8,
    buffer_count: *mut usize,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    block: *const mts_block_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let block = self::block(block, "block")?;
            let (data, count, user_data) = (buffer, buffer_count, realloc_user_data);
            let size = block.saved_size();
            save_to_buffer(data, count, user_data, realloc, size, |sink| {
                block.save_to(sink)
            })
        }
    })
}

/// Load a map, with its blocks and info from a file.
///
/// The archive may be a part of the file, as for all functions that load: an array of bytes that numpy saved, or after
/// any other prefix that is no part of an archive, and before whitespace or zeros.
///
/// @param path path of the file, in UTF-8
/// @param create_array function making the array for each of the values, for example `mts_create_array`
///
/// @returns a map *owned* by the caller; or NULL on error: a file that can not be read (`MTS_IO_ERROR`), or
///          that is not what it should be (`MTS_SERIALIZATION_ERROR`)
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_load(
    path: *const c_char,
    create_array: mts_create_array_callback_t,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let path = unsafe { text(path, "path") }?;
        let create = array_maker(create_array)?;
        Ok(tensor_handle(TensorMap::load_with(path, create)?))
    })
}

/// Load a map, with its blocks and info from memory.
///
/// @param buffer content of a file
/// @param buffer_count size of this content in bytes
/// @param create_array function making the array for each of the values, for example `mts_create_array`
///
/// @returns a map *owned* by the caller; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
    create_array: mts_create_array_callback_t,
) -> *mut mts_tensormap_t {
    pointer(|| {
        // SAFETY: guaranteed by the caller.
        let content = unsafe { content(buffer, buffer_count) }?;
        let create = array_maker(create_array)?;
        Ok(tensor_handle(TensorMap::load_buffer_with(content, create)?))
    })
}

/// Save a map, with its blocks and info to a file.
///
/// The file is written beside `path` and then renamed: whatever happens, there is either the old file or the
/// new one. The same data always gives the same file. Owner, group and mode of the old file are kept as far as the
/// system allows; symbolic links stay; other hard links keep the old content.
///
/// A file that can be written to but not replaced (something is mounted there, or the folder is read-only) is
/// overwritten once a complete copy is elsewhere and there is space for it. This is not atomic; if it fails, the error
/// says where the copy is. Pipes and devices are written to directly, and so is what this process has open, at its
/// position, if `path` says so (`/dev/stdout`, `/dev/fd/3`). For what is left over if the process is killed, see
/// `mts_remove_temporaries` in `metatensor/files.h`.
///
/// @param path path of the file, in UTF-8, written as it is given
/// @param tensor what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_save(
    path: *const c_char,
    tensor: *const mts_tensormap_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        let (path, tensor) = unsafe { (text(path, "path")?, self::tensor(tensor, "tensor")?) };
        tensor.map.save(path)
    })
}

/// Save a map, with its blocks and info to memory.
///
/// @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
///        moved. The buffer is *owned* by the caller, also if this function fails.
/// @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
/// @param realloc_user_data given to `realloc`
/// @param realloc function to make the buffer larger
/// @param tensor what to save
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(not(cbindgen), doc = "\n# Safety\nPointers are NULL or valid.")]
pub unsafe extern "C" fn mts_tensormap_save_buffer(
    buffer: *mut *mut u8,
    buffer_count: *mut usize,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    tensor: *const mts_tensormap_t,
) -> mts_status_t {
    status(|| {
        // SAFETY: guaranteed by the caller.
        unsafe {
            let map = &self::tensor(tensor, "tensor")?.map;
            let (data, count, user_data) = (buffer, buffer_count, realloc_user_data);
            let size = map.saved_size();
            save_to_buffer(data, count, user_data, realloc, size, |sink| {
                map.save_to(sink)
            })
        }
    })
}
