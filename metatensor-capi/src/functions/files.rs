//! Files and buffers.

use std::ffi::c_void;

use metatensor_core::{Array, DType, Labels, Result, TensorBlock, TensorMap};

use super::growing_buffer::{mts_realloc_buffer_t, save_to_buffer};
use crate::ffi::{Parameter, Text, mts_status_t, null, owned, pointer, slice, status};
use crate::types::{
    Handle, create_array, mts_block_t, mts_create_array_callback_t, mts_labels_t, mts_tensormap_t,
};

/// The content of a file, which has some.
///
/// # Safety
///
/// As for [`slice`].
unsafe fn content<'a>(buffer: *const u8, count: usize) -> Result<&'a [u8]> {
    if buffer.is_null() {
        return Err(null("buffer"));
    }
    // SAFETY: the same is asked for here.
    unsafe { slice(buffer, count, "buffer") }
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
pub extern "C" fn mts_labels_load(path: Text<'_>) -> *const mts_labels_t {
    pointer(|| Ok(mts_labels_t::new(Labels::load(path.checked("path")?)?)))
}

/// Load labels from memory.
///
/// @param buffer content of a file
/// @param buffer_count size of this content in bytes
///
/// @returns labels *owned* by the caller; or NULL on error
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes."
)]
pub unsafe extern "C" fn mts_labels_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
) -> *const mts_labels_t {
    pointer(|| {
        // SAFETY: there are `buffer_count` bytes at `buffer`, or NULL.
        let content = unsafe { content(buffer, buffer_count) }?;
        Ok(mts_labels_t::new(Labels::load_buffer(content)?))
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
pub extern "C" fn mts_labels_save(path: Text<'_>, labels: Option<&mts_labels_t>) -> mts_status_t {
    status(|| {
        let (path, labels) = (path.checked("path")?, labels.checked("labels")?);
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nThe buffer is NULL or has the size that it says, and `realloc` can make it larger."
)]
pub unsafe extern "C" fn mts_labels_save_buffer(
    buffer: Option<&mut *mut u8>,
    buffer_count: Option<&mut usize>,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    labels: Option<&mts_labels_t>,
) -> mts_status_t {
    status(|| {
        let labels = labels.checked("labels")?;
        // SAFETY: says the caller.
        unsafe {
            save_to_buffer(
                buffer,
                buffer_count,
                realloc,
                realloc_user_data,
                0,
                |sink| labels.save_to(sink),
            )
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
pub extern "C" fn mts_block_load(
    path: Text<'_>,
    create_array: mts_create_array_callback_t,
) -> Option<Box<mts_block_t>> {
    owned(|| {
        let (path, create) = (path.checked("path")?, array_maker(create_array)?);
        Ok(mts_block_t::boxed(TensorBlock::load_with(path, create)?))
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes."
)]
pub unsafe extern "C" fn mts_block_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
    create_array: mts_create_array_callback_t,
) -> Option<Box<mts_block_t>> {
    owned(|| {
        // SAFETY: there are `buffer_count` bytes at `buffer`, or NULL.
        let content = unsafe { content(buffer, buffer_count) }?;
        let create = array_maker(create_array)?;
        Ok(mts_block_t::boxed(TensorBlock::load_buffer_with(
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
pub extern "C" fn mts_block_save(path: Text<'_>, block: Option<&mts_block_t>) -> mts_status_t {
    status(|| {
        let (path, block) = (path.checked("path")?, block.checked("block")?);
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nThe buffer is NULL or has the size that it says, and `realloc` can make it larger."
)]
pub unsafe extern "C" fn mts_block_save_buffer(
    buffer: Option<&mut *mut u8>,
    buffer_count: Option<&mut usize>,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    block: Option<&mts_block_t>,
) -> mts_status_t {
    status(|| {
        let block = block.checked("block")?;
        // SAFETY: says the caller.
        unsafe {
            let size = block.saved_size();
            save_to_buffer(
                buffer,
                buffer_count,
                realloc,
                realloc_user_data,
                size,
                |sink| block.save_to_memory(sink),
            )
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
pub extern "C" fn mts_tensormap_load(
    path: Text<'_>,
    create_array: mts_create_array_callback_t,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        let (path, create) = (path.checked("path")?, array_maker(create_array)?);
        Ok(mts_tensormap_t::boxed(TensorMap::load_with(path, create)?))
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes."
)]
pub unsafe extern "C" fn mts_tensormap_load_buffer(
    buffer: *const u8,
    buffer_count: usize,
    create_array: mts_create_array_callback_t,
) -> Option<Box<mts_tensormap_t>> {
    owned(|| {
        // SAFETY: there are `buffer_count` bytes at `buffer`, or NULL.
        let content = unsafe { content(buffer, buffer_count) }?;
        let create = array_maker(create_array)?;
        Ok(mts_tensormap_t::boxed(TensorMap::load_buffer_with(
            content, create,
        )?))
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
pub extern "C" fn mts_tensormap_save(
    path: Text<'_>,
    tensor: Option<&mts_tensormap_t>,
) -> mts_status_t {
    status(|| {
        let (path, tensor) = (path.checked("path")?, tensor.checked("tensor")?);
        tensor.save(path)
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
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nThe buffer is NULL or has the size that it says, and `realloc` can make it larger."
)]
pub unsafe extern "C" fn mts_tensormap_save_buffer(
    buffer: Option<&mut *mut u8>,
    buffer_count: Option<&mut usize>,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
    tensor: Option<&mts_tensormap_t>,
) -> mts_status_t {
    status(|| {
        let tensor = tensor.checked("tensor")?;
        // SAFETY: says the caller.
        unsafe {
            let size = tensor.saved_size();
            save_to_buffer(
                buffer,
                buffer_count,
                realloc,
                realloc_user_data,
                size,
                |sink| tensor.save_to_memory(sink),
            )
        }
    })
}
