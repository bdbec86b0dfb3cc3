//! Maps in files that stay open.

use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use metatensor_core::{Array, DType, MapFile, Result};

use crate::ffi::{Parameter, Text, first, mts_status_t, status};
use crate::types::{
    Handle, LentBytes, Reader, create_array, mts_block_t, mts_create_array_callback_t,
    mts_file_limits_t, mts_labels_t, mts_map_file_t, mts_map_selection_t, mts_reader_t,
    mts_tensormap_t,
};

/// Sets the result `name` to what `make` gives, or to NULL.
pub(super) fn give<T>(
    place: Option<&mut MaybeUninit<*mut T>>,
    name: &str,
    make: impl FnOnce() -> Result<Box<T>>,
) -> mts_status_t {
    status(|| {
        let place = place.checked(name)?;
        place.write(null_mut());
        place.write(Box::into_raw(make()?));
        Ok(())
    })
}

pub(super) type ArrayMaker = Box<dyn FnMut(&[usize], DType) -> Result<Box<dyn Array>>>;

/// A function that makes arrays with a callback, unless it is NULL.
pub(super) fn array_maker(create: mts_create_array_callback_t) -> Option<ArrayMaker> {
    create?;
    Some(Box::new(move |shape, dtype| {
        create_array(create, shape, dtype)
    }))
}

/// Open a map in a file: the directory of the archive and the keys are read, and nothing else.
///
/// What is read later is checked as when the whole file is loaded, but for what only `mts_map_file_load` and `mts_validate`
/// can tell: whether members that were not read are damaged, and whether there are some that belong to no block. The
/// file should not be written to while it is open. Replacing it, as saving does, is fine: what was opened goes on to exist.
///
/// @param path path of the file, in UTF-8. What comes out of a pipe is read to its end.
/// @param limits what may be read from this file, or NULL for the limits of the process
/// @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_IO_ERROR` if the file can not be read, or `MTS_SERIALIZATION_ERROR` if it holds no map
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_open(
    path: Text<'_>,
    limits: Option<&mts_file_limits_t>,
    file: Option<&mut MaybeUninit<*mut mts_map_file_t>>,
) -> mts_status_t {
    give(file, "file", || {
        let (path, limits) = (path.checked("path")?, limits.checked("limits")?);
        Ok(mts_map_file_t::boxed(MapFile::open_with(path, limits)?))
    })
}

/// Open a map in memory, the content of a file.
///
/// Arrays that are mapped from it are in this memory, which is released when the file and the last of them are.
///
/// @param buffer content of the file, which nobody changes
/// @param buffer_count size of this content in bytes
/// @param release function to call when the memory is not needed any more, which can be on another thread. It is called
///        exactly once, also if this function fails. NULL if the memory outlives everything that is made with the file.
/// @param user_data given to `release`
/// @param limits what may be read from this file, or NULL for the limits of the process
/// @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes until `release` is called, which can be done once."
)]
pub unsafe extern "C" fn mts_map_file_open_buffer(
    buffer: *const u8,
    buffer_count: usize,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
    limits: Option<&mts_file_limits_t>,
    file: Option<&mut MaybeUninit<*mut mts_map_file_t>>,
) -> mts_status_t {
    let bytes = LentBytes::new(buffer, buffer_count, release, user_data);
    give(file, "file", || {
        bytes.check()?;
        let limits = limits.checked("limits")?;
        Ok(mts_map_file_t::boxed(MapFile::from_bytes(bytes, limits)?))
    })
}

/// Open a map that functions of the caller read.
///
/// @param name what errors call the file
/// @param reader the functions, which are *copied*
/// @param limits what may be read from this file, or NULL for the limits of the process
/// @param file is set to the file, *owned* by the caller, to be given to `mts_map_file_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_open_reader(
    name: Text<'_>,
    reader: mts_reader_t,
    limits: Option<&mts_file_limits_t>,
    file: Option<&mut MaybeUninit<*mut mts_map_file_t>>,
) -> mts_status_t {
    // First of all, so that it is released whatever happens.
    let reader = Reader::new(reader);
    give(file, "file", || {
        let (name, limits) = (name.checked("name")?, limits.checked("limits")?);
        reader.check()?;
        let file = MapFile::from_reader(name, reader, limits)?;
        Ok(mts_map_file_t::boxed(file))
    })
}

/// Close a file.
///
/// What was loaded from it stays, and so do headers of blocks.
///
/// @param file a file owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_free(file: Option<Box<mts_map_file_t>>) -> mts_status_t {
    status(|| {
        drop(file);
        Ok(())
    })
}

/// Get the keys of a map in a file, one for each block.
///
/// @param file the file
/// @param keys is set to labels *owned* by the caller, to be given to `mts_labels_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_keys(
    file: Option<&mts_map_file_t>,
    keys: Option<&mut MaybeUninit<*const mts_labels_t>>,
) -> mts_status_t {
    status(|| {
        let keys = keys.checked("keys")?;
        keys.write(null());
        let file = file.checked("file")?.file();
        keys.write(mts_labels_t::new(file.keys().clone()));
        Ok(())
    })
}

/// Get the names of all entries in the info of a map in a file, which is read by the first call.
///
/// @param file the file
/// @param keys is set to `keys_count` names. They are *borrowed*: valid until the file is freed. On error, NULL.
/// @param keys_count is set to the number of entries
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_info_keys(
    file: Option<&mts_map_file_t>,
    keys: Option<&mut MaybeUninit<*const *const c_char>>,
    keys_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (keys, count) = (keys.checked("keys")?, keys_count.checked("keys_count")?);
        keys.write(null());
        count.write(0);
        let names = file.checked("file")?.info()?.keys();
        keys.write(first(names));
        count.write(names.len());
        Ok(())
    })
}

/// Get an entry of the info of a map in a file, which is read by the first call.
///
/// @param file the file
/// @param key name of the entry, in UTF-8
/// @param value is set to the text, or to NULL if there is no such entry. It is *borrowed*: valid until the file is freed.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_get_info(
    file: Option<&mts_map_file_t>,
    key: Text<'_>,
    value: Option<&mut MaybeUninit<*const c_char>>,
) -> mts_status_t {
    status(|| {
        let value = value.checked("value")?;
        value.write(null());
        let (file, key) = (file.checked("file")?, key.checked("key")?);
        value.write(file.info()?.value(key));
        Ok(())
    })
}

/// Load one block of a map in a file, with its gradients.
///
/// @param file the file
/// @param index number of the block: that of its key
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param block is set to a block *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_block(
    file: Option<&mts_map_file_t>,
    index: usize,
    create_array: mts_create_array_callback_t,
    block: Option<&mut MaybeUninit<*mut mts_block_t>>,
) -> mts_status_t {
    give(block, "block", || {
        let file = file.checked("file")?.file();
        Ok(mts_block_t::boxed(match array_maker(create_array) {
            Some(create) => file.block_with(index, create)?,
            None => file.block(index)?,
        }))
    })
}

/// Load all of a map in a file, and check the whole file.
///
/// @param file the file
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_load(
    file: Option<&mts_map_file_t>,
    create_array: mts_create_array_callback_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let file = file.checked("file")?.file();
        Ok(mts_tensormap_t::boxed(match array_maker(create_array) {
            Some(create) => file.load_with(create)?,
            None => file.load()?,
        }))
    })
}

/// Load a part of a map in a file.
///
/// Only what is needed is read, and not much more: rows that follow each other are read at once, those that do not with what
/// is between them if this is little. Labels are read and checked as a whole, and so are compressed members. The checksum of
/// values is compared if all of their bytes are read.
///
/// @param file the file
/// @param selection which part to load
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param tensor is set to a map *owned* by the caller, with the info of the file; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_load_selected(
    file: Option<&mts_map_file_t>,
    selection: Option<&mts_map_selection_t<'_>>,
    create_array: mts_create_array_callback_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let file = file.checked("file")?.file();
        let selection = selection.checked("selection")?;
        Ok(mts_tensormap_t::boxed(match array_maker(create_array) {
            Some(create) => file.load_selected_with(&selection, create)?,
            None => file.load_selected(&selection)?,
        }))
    })
}
