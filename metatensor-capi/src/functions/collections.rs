//! Archives of very many maps.

use std::ffi::{c_char, c_void};
use std::io::Write;
use std::mem::MaybeUninit;
use std::ptr::null;

use metatensor_core::{Collection, Error};
use metatensor_operations::{load_many, load_many_with};

use super::growing_buffer::{mts_realloc_buffer_t, save_to_buffer};
use super::map_files::{array_maker, give};
use crate::ffi::{Parameter, Text, first, given, mts_status_t, slice, status};
use crate::types::{
    Handle, LentBytes, Reader, mts_collection_t, mts_create_array_callback_t, mts_file_limits_t,
    mts_load_many_options_t, mts_reader_t, mts_tensormap_t,
};

/// Open an archive (ZIP) of many maps, each in a member `N/name.mts`, where `N` is a decimal number, and `name` says what it is.
///
/// This is the layout of datasets: `0/energy.mts`, `1/energy.mts`, ... Members are the bytes of a map's file, bare or wrapped by
/// `numpy.save`, uncompressed or with DEFLATE. All others can be read as bytes.
///
/// The directory is read, and kept in some tens of bytes for each member. It can also be kept in a file, so that the archive opens
/// in a fraction of the time: size and time of the archive tell whether this is its index, and the checksum of its directory.
/// If not, the index is made again, and its file replaced as a whole. It can be removed at any time. If it can not be
/// written, the collection is open all the same, and `mts_collection_index_problem` says why. A file that is something else is
/// never replaced.
///
/// The archive should not be written to while it is open, but by `mts_collection_writer_append`: what was opened stays what it
/// is. So it does if the file is replaced.
///
/// @param path path of the archive, in UTF-8
/// @param index_path path of the file that keeps the index, in UTF-8; or NULL for none
/// @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
/// @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, `MTS_IO_ERROR` if the file can not be read, or `MTS_SERIALIZATION_ERROR` if it is no collection
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_open(
    path: Text<'_>,
    index_path: Text<'_>,
    limits: Option<&mts_file_limits_t>,
    collection: Option<&mut MaybeUninit<*mut mts_collection_t>>,
) -> mts_status_t {
    give(collection, "collection", || {
        let (path, limits) = (path.checked("path")?, limits.checked("limits")?);
        Ok(mts_collection_t::boxed(
            match index_path.optional("index_path")? {
                Some(index) => Collection::open_indexed(path, index, limits)?,
                None => Collection::open_with(path, limits)?,
            },
        ))
    })
}

/// Open an archive of many maps in memory.
///
/// @param buffer content of the archive, which nobody changes
/// @param buffer_count size of this content in bytes
/// @param release function to call when the memory is not needed any more, which can be on another thread. It is called
///        exactly once, also if this function fails. NULL if the memory outlives the collection.
/// @param user_data given to `release`
/// @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
/// @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`buffer` is NULL or has `buffer_count` bytes until `release` is called, which can be done once."
)]
pub unsafe extern "C" fn mts_collection_open_buffer(
    buffer: *const u8,
    buffer_count: usize,
    release: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
    user_data: *mut c_void,
    limits: Option<&mts_file_limits_t>,
    collection: Option<&mut MaybeUninit<*mut mts_collection_t>>,
) -> mts_status_t {
    let bytes = LentBytes::new(buffer, buffer_count, release, user_data);
    give(collection, "collection", || {
        bytes.check()?;
        let limits = limits.checked("limits")?;
        Ok(mts_collection_t::boxed(Collection::from_bytes(
            bytes, limits,
        )?))
    })
}

/// Open an archive of many maps that functions of the caller read.
///
/// @param name what errors call the archive
/// @param reader the functions, which are *copied*, and released with the collection
/// @param limits what may be read from this archive, and from each of the maps in it; or NULL for the limits of the process
/// @param collection is set to the collection, *owned* by the caller, to be given to `mts_collection_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_open_reader(
    name: Text<'_>,
    reader: mts_reader_t,
    limits: Option<&mts_file_limits_t>,
    collection: Option<&mut MaybeUninit<*mut mts_collection_t>>,
) -> mts_status_t {
    // First of all, so that it is released whatever happens.
    let reader = Reader::new(reader);
    give(collection, "collection", || {
        let (name, limits) = (name.checked("name")?, limits.checked("limits")?);
        reader.check()?;
        let collection = Collection::from_reader(name, reader, limits)?;
        Ok(mts_collection_t::boxed(collection))
    })
}

/// Close a collection. What was loaded from it stays.
///
/// @param collection a collection owned by the caller, or NULL. It must not be used any more; nor can what was borrowed from it.
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_free(collection: Option<Box<mts_collection_t>>) -> mts_status_t {
    status(|| {
        drop(collection);
        Ok(())
    })
}

/// Get why the index could not be kept that `mts_collection_open` was asked for: opening will take as long the next time.
///
/// @param collection the collection
/// @param problem is set to what went wrong, or to NULL if nothing did. It is *borrowed*: valid until the collection is freed.
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_index_problem(
    collection: Option<&mts_collection_t>,
    problem: Option<&mut MaybeUninit<*const c_char>>,
) -> mts_status_t {
    status(|| {
        let problem = problem.checked("problem")?.write(null());
        *problem = given(collection, "collection")?.index_problem();
        Ok(())
    })
}

/// Get how many maps a collection has, of all names together.
///
/// @param collection the collection
/// @param count is set to the number of maps
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_count(
    collection: Option<&mts_collection_t>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let count = count.checked("count")?;
        count.write(collection.checked("collection")?.len());
        Ok(())
    })
}

/// Get the names of maps: those of `0/energy.mts` and `0/forces.mts` are `energy` and `forces`.
///
/// @param collection the collection
/// @param names is set to `names_count` names, in the order in which they come in the directory. They are *borrowed*: valid until
///        the collection is freed. On error, NULL.
/// @param names_count is set to the number of names
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_names(
    collection: Option<&mts_collection_t>,
    names: Option<&mut MaybeUninit<*const *const c_char>>,
    names_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let (names, count) = (names.checked("names")?, names_count.checked("names_count")?);
        names.write(null());
        count.write(0);
        let list = given(collection, "collection")?.names();
        names.write(first(list));
        count.write(list.len());
        Ok(())
    })
}

/// Get the numbers of the maps of one name.
///
/// @param collection the collection
/// @param name name of maps, in UTF-8
/// @param numbers is set to `numbers_count` numbers, sorted. They are *borrowed*: valid until the collection is freed. NULL if
///        there are none, and on error.
/// @param numbers_count is set to how many these are: 0 if there is no such name
///
/// @returns `MTS_SUCCESS`, or `MTS_INVALID_PARAMETER_ERROR`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_numbers(
    collection: Option<&mts_collection_t>,
    name: Text<'_>,
    numbers: Option<&mut MaybeUninit<*const i32>>,
    numbers_count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let numbers = numbers.checked("numbers")?;
        let count = numbers_count.checked("numbers_count")?;
        numbers.write(null());
        count.write(0);
        let collection = collection.checked("collection")?;
        let list = collection.numbers(name.checked("name")?);
        numbers.write(first(list));
        count.write(list.len());
        Ok(())
    })
}

/// Load one map of a collection, with one read of the archive.
///
/// @param collection the collection
/// @param number number of the map
/// @param name name of the map, in UTF-8
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: `MTS_INVALID_PARAMETER_ERROR` if there is no such map
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_load(
    collection: Option<&mts_collection_t>,
    number: i32,
    name: Text<'_>,
    create_array: mts_create_array_callback_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let (collection, name) = (collection.checked("collection")?, name.checked("name")?);
        Ok(mts_tensormap_t::boxed(match array_maker(create_array) {
            Some(create) => collection.load_with(number, name, create)?,
            None => collection.load(number, name)?,
        }))
    })
}

/// Load several maps of a collection, joined along samples in the order of the list: a batch, as each step of a training loop needs
/// one.
///
/// The result is that of loading each map and giving all of them to `mts_join_with`. Samples get the number of their map as a last
/// dimension. A number that is in the list more than once is as often in the result: its samples would then be the same
/// ones, which labels can not be, so that this is an error unless a dimension for positions is asked for.
///
/// Maps are loaded by all threads of the library, but with arrays of the caller, which are made on this thread, as is all else
/// then.
///
/// @param collection the collection
/// @param name name of the maps, in UTF-8
/// @param numbers numbers of the maps
/// @param numbers_count how many these are
/// @param options how to join them, or NULL
/// @param create_array function making the array for each of the values, or NULL for arrays of this library
/// @param tensor is set to a map *owned* by the caller; or to NULL on error
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there are no numbers, a map is not there, or maps can not be joined
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`numbers` is NULL or has `numbers_count` entries."
)]
pub unsafe extern "C" fn mts_collection_load_many(
    collection: Option<&mts_collection_t>,
    name: Text<'_>,
    numbers: *const i32,
    numbers_count: usize,
    options: Option<&mts_load_many_options_t<'_>>,
    create_array: mts_create_array_callback_t,
    tensor: Option<&mut MaybeUninit<*mut mts_tensormap_t>>,
) -> mts_status_t {
    give(tensor, "tensor", || {
        let (collection, name) = (collection.checked("collection")?, name.checked("name")?);
        // SAFETY: there are `numbers_count` of them at `numbers`, or NULL.
        let numbers = unsafe { slice(numbers, numbers_count, "numbers") }?;
        let options = options.checked("options")?;
        Ok(mts_tensormap_t::boxed(match array_maker(create_array) {
            Some(create) => load_many_with(collection, name, numbers, options, create)?,
            None => load_many(collection, name, numbers, options)?,
        }))
    })
}

/// Read the bytes of any member of a collection. Those of maps are as they are in the archive: with the header of an array if
/// numpy wrapped them.
///
/// @param collection the collection
/// @param member whole name of the member, in UTF-8
/// @param buffer pointer to the buffer: what it points to can be NULL, or a buffer to write to, which may be
///        moved. The buffer is *owned* by the caller, also if this function fails.
/// @param buffer_count pointer to the size of the buffer in bytes, which is set to the size of what was written
/// @param realloc_user_data given to `realloc`
/// @param realloc function to make the buffer larger
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: `MTS_INVALID_PARAMETER_ERROR` if there is no such member
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\nThe buffer is NULL or has the size that it says, and `realloc` can make it larger."
)]
pub unsafe extern "C" fn mts_collection_bytes(
    collection: Option<&mts_collection_t>,
    member: Text<'_>,
    buffer: Option<&mut *mut u8>,
    buffer_count: Option<&mut usize>,
    realloc_user_data: *mut c_void,
    realloc: mts_realloc_buffer_t,
) -> mts_status_t {
    status(|| {
        let (collection, member) = (collection.checked("collection")?, member.checked("member")?);
        let user_data = realloc_user_data;
        // SAFETY: says the caller.
        unsafe {
            // what is wrong with the buffer comes first
            save_to_buffer(buffer, buffer_count, realloc, user_data, 0, |sink| {
                let bytes = collection.bytes(member)?;
                sink.write_all(&bytes).map_err(|cause| Error::Io {
                    context: format!("could not write '{member}' to the buffer"),
                    cause,
                })
            })
        }
    })
}
