//! Arrays that are in a file, or in memory that was given instead of one.

use std::ffi::c_void;
use std::mem::MaybeUninit;

use metatensor_core::{TensorBlock, TensorMap};

use super::map_files::give;
use crate::ffi::{Parameter, Text, mts_status_t, status};
use crate::types::{
    Handle, LentBytes, mts_block_t, mts_map_file_t, mts_mapping_t, mts_tensormap_t,
};

/// Load a map whose arrays are in the file itself, where they are: nothing of them is read until it is used.
///
/// Arrays are of this library. Those whose data is aligned in the file, for elements of their type, and in the byte order of
/// this machine, are mapped. All others are copied, as are compressed ones, booleans, and empty arrays: `mts_block_is_mapped`
/// tells. The file stays mapped until the last of these arrays is freed.
///
/// The values are what is in the file, unchecked: only functions that load all of a file, and `mts_validate`, compare their
/// checksums. If the file is truncated while it is mapped, the process ends with a `SIGBUS` when it uses what is
/// gone; if it is written to, values change. Files that are replaced, as by `mts_tensormap_save`, are safe.
///
/// With `MTS_MAPPING_READ_ONLY`, functions that change an array (`reshape` of what is not contiguous, `move_data`) change a
/// copy, and `as_dlpack` gives a tensor with `DLPACK_FLAG_BITMASK_READ_ONLY`: who ignores this, and writes, ends the process
/// with a `SIGSEGV`. With `MTS_MAPPING_PRIVATE` tensors can be written to, and the file stays as it is.
///
/// @param path path of the file, in UTF-8
/// @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_tensormap_load_mapped(
    path: Text<'_>,
    mapping: mts_mapping_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let (path, mapping) = (path.checked("path")?, mapping.checked("mapping")?);
        let map = TensorMap::load_mapped(path, mapping)?;
        Ok(mts_tensormap_t::boxed(map))
    })
}

/// Load a map whose arrays are in memory of the caller, the content of a file: they are read-only.
///
/// @param buffer content of the file, which nobody changes
/// @param buffer_count size of this content in bytes
/// @param release function to call when the last of the arrays is freed, on the thread that does this, or when this
///        function fails: exactly once. NULL if the memory outlives the arrays.
/// @param user_data given to `release`
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes until `release` is called, which can be done once."
)]
pub unsafe extern "C" fn mts_tensormap_load_mapped_buffer(
    buffer: *const u8,
    buffer_count: usize,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    let bytes = LentBytes::new(buffer, buffer_count, release, user_data);
    give(tensor, "tensor", || {
        bytes.check()?;
        let map = TensorMap::load_buffer_mapped(bytes)?;
        Ok(mts_tensormap_t::boxed(map))
    })
}

/// Load a block whose arrays are in the file itself: see `mts_tensormap_load_mapped`.
///
/// @param path path of the file, in UTF-8
/// @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
/// @param block is set to a block *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_load_mapped(
    path: Text<'_>,
    mapping: mts_mapping_t,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    give(block, "block", || {
        let (path, mapping) = (path.checked("path")?, mapping.checked("mapping")?);
        Ok(mts_block_t::boxed(TensorBlock::load_mapped(path, mapping)?))
    })
}

/// Load a block whose arrays are in memory of the caller: see `mts_tensormap_load_mapped_buffer`.
///
/// @param buffer content of the file, which nobody changes
/// @param buffer_count size of this content in bytes
/// @param release function to call when the last of the arrays is freed, on the thread that does this, or when this
///        function fails: exactly once. NULL if the memory outlives the arrays.
/// @param user_data given to `release`
/// @param block is set to a block *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes until `release` is called, which can be done once."
)]
pub unsafe extern "C" fn mts_block_load_mapped_buffer(
    buffer: *const u8,
    buffer_count: usize,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    let bytes = LentBytes::new(buffer, buffer_count, release, user_data);
    give(block, "block", || {
        bytes.check()?;
        Ok(mts_block_t::boxed(TensorBlock::load_buffer_mapped(bytes)?))
    })
}

/// Load all of a map in a file, with arrays in the file itself: see `mts_tensormap_load_mapped`.
///
/// Arrays of a file in memory are in this memory with `MTS_MAPPING_READ_ONLY`, and copied with `MTS_MAPPING_PRIVATE`. Those of
/// a file that functions of the caller read are always copied.
///
/// @param file the file
/// @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_load_mapped(
    file: Option<&mts_map_file_t>,
    mapping: mts_mapping_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let (file, mapping) = (file.checked("file")?, mapping.checked("mapping")?);
        let map = file.file().load_mapped(mapping)?;
        Ok(mts_tensormap_t::boxed(map))
    })
}

/// Load one block of a map in a file, with arrays in the file itself: see `mts_map_file_load_mapped`.
///
/// @param file the file
/// @param index number of the block: that of its key
/// @param mapping `MTS_MAPPING_READ_ONLY` or `MTS_MAPPING_PRIVATE`
/// @param block is set to a block *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_block_mapped(
    file: Option<&mts_map_file_t>,
    index: usize,
    mapping: mts_mapping_t,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    give(block, "block", || {
        let (file, mapping) = (file.checked("file")?, mapping.checked("mapping")?);
        let block = file.file().block_mapped(index, mapping)?;
        Ok(mts_block_t::boxed(block))
    })
}

/// Get whether the values of a block, without those of its gradients, are in a file, or in memory that was given instead of
/// one.
///
/// @param block the block
/// @param is_mapped is set to whether they are
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_block_is_mapped(
    block: Option<&mts_block_t>,
    is_mapped: Option<&mut MaybeUninit<bool>>,
) -> mts_status_t {
    status(|| {
        let is_mapped = is_mapped.checked("is_mapped")?;
        is_mapped.write(block.checked("block")?.is_mapped());
        Ok(())
    })
}
