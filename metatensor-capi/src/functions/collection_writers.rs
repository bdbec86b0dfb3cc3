//! Archives of very many maps that are written one by one.

use std::mem::MaybeUninit;

use metatensor_core::CollectionWriter;

use super::map_files::give;
use crate::ffi::{Parameter, Text, mts_status_t, slice, status};
use crate::types::{mts_collection_form_t, mts_collection_writer_t, mts_tensormap_t};

/// Start to write an archive of many maps.
///
/// The file is there once `mts_collection_writer_finish` is done, and as a whole: until then, what was there before still is.
/// Members are uncompressed, and start at multiples of 64 bytes.
///
/// @param path path of the file, in UTF-8, which has to be that of a regular one
/// @param form how maps are written: a `MTS_COLLECTION_` value
/// @param writer is set to the writer, *owned* by the caller, to be given to `mts_collection_writer_finish` or
///        `mts_collection_writer_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_create(
    path: Text<'_>,
    form: mts_collection_form_t,
    writer: Option<&mut MaybeUninit<*mut mts_collection_writer_t>>,
) -> mts_status_t {
    give(writer, "writer", || {
        let (path, form) = (path.checked("path")?, form.checked("form")?);
        let writer = CollectionWriter::create(path, form)?;
        Ok(mts_collection_writer_t::boxed(writer))
    })
}

/// Start to add to an archive of many maps, whoever made it. This takes as long as writing what is added, and about twice the
/// directory of the file, however large the data in it is.
///
/// This is as for `mts_map_writer_append`: until `mts_collection_writer_finish` is done, the file is what it was before for all
/// readers of this library, also if the process dies, with a journal beside it; for others, there is
/// `mts_map_file_recover`. There is one writer at a time. Collections that are open go on with what was there then.
///
/// An archive that has a comment, or is only a part of its file, is written once more as a whole, without these, and so is one
/// with other hard links, which keep the old content.
///
/// @param path path of the file, in UTF-8
/// @param form how maps are written: a `MTS_COLLECTION_` value
/// @param writer is set to the writer, *owned* by the caller, to be given to `mts_collection_writer_finish` or
///        `mts_collection_writer_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there is no such file, it is no collection, or another writer has
///          it
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_append(
    path: Text<'_>,
    form: mts_collection_form_t,
    writer: Option<&mut MaybeUninit<*mut mts_collection_writer_t>>,
) -> mts_status_t {
    give(writer, "writer", || {
        let (path, form) = (path.checked("path")?, form.checked("form")?);
        let writer = CollectionWriter::append(path, form)?;
        Ok(mts_collection_writer_t::boxed(writer))
    })
}

/// Get how many members the archive has so far, with those that were in the file before: maps, and others.
///
/// @param writer the writer
/// @param count is set to the number of members
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_count(
    writer: Option<&mts_collection_writer_t>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        count.checked("count")?.write(writer.len());
        Ok(())
    })
}

/// Write a map, as the member `number/name.mts`. What can not be added changes nothing: others can follow.
///
/// @param writer the writer
/// @param number number of the map, which is not negative
/// @param name name of the map, in UTF-8, which is not empty and has no `/`
/// @param tensor the map, which still belongs to the caller, and is not needed any more after this
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there is such a member already, or the file can not be written
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_add(
    writer: Option<&mut mts_collection_writer_t>,
    number: i32,
    name: Text<'_>,
    tensor: Option<&mts_tensormap_t>,
) -> mts_status_t {
    status(|| {
        let (writer, name) = (writer.checked("writer")?, name.checked("name")?);
        writer.add(number, name, tensor.checked("tensor")?)
    })
}

/// Write something else, as it is: a member with any name.
///
/// @param writer the writer
/// @param member whole name of the member, in UTF-8
/// @param bytes what it holds
/// @param bytes_count number of bytes
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there is such a member already, or the file can not be written
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`bytes` is NULL or has `bytes_count` bytes."
)]
pub unsafe extern "C" fn mts_collection_writer_add_bytes(
    writer: Option<&mut mts_collection_writer_t>,
    member: Text<'_>,
    bytes: *const u8,
    bytes_count: usize,
) -> mts_status_t {
    status(|| {
        let (writer, member) = (writer.checked("writer")?, member.checked("member")?);
        // SAFETY: there are `bytes_count` bytes at `bytes`, or NULL.
        let bytes = unsafe { slice(bytes, bytes_count, "bytes") }?;
        writer.add_bytes(member, bytes)
    })
}

/// Write the directory, and put the file in its place.
///
/// @param writer the writer. This function *takes ownership* of it, and releases it, even if it fails.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: then the file is what it was before
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_finish(
    writer: Option<Box<mts_collection_writer_t>>,
) -> mts_status_t {
    status(|| writer.checked("writer")?.finish())
}

/// Release a writer that was not finished. The file is what it was before.
///
/// @param writer the writer, or NULL
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_collection_writer_free(
    writer: Option<Box<mts_collection_writer_t>>,
) -> mts_status_t {
    status(|| {
        drop(writer);
        Ok(())
    })
}
