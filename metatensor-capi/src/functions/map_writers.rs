//! Maps that are written block by block, and files made of several ones.

use std::ffi::c_char;
use std::mem::MaybeUninit;

use metatensor_core::DType as DLDataType;
use metatensor_core::{FileAlignment, Labels, MapWriter, Result, merge_files, recover_file};

use super::map_files::give;
use crate::ffi::{Parameter, Text, entries, mts_status_t, slice, status, texts};
use crate::types::{mts_array_t, mts_block_t, mts_labels_t, mts_map_writer_t};

/// Start to write a map to a file, block by block.
///
/// The file is there once `mts_map_writer_finish` is done, and as a whole: until then, what was there before still is. It
/// is as one that `mts_tensormap_save` writes, but its keys and info are at its end, so that it can be appended to.
///
/// @param path path of the file, in UTF-8, which has to be that of a regular one
/// @param key_names names of the dimensions of the keys
/// @param key_names_count number of these
/// @param writer is set to the writer, *owned* by the caller, to be given to `mts_map_writer_finish` or
///        `mts_map_writer_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`key_names` is NULL or has `key_names_count` entries."
)]
pub unsafe extern "C" fn mts_map_writer_create(
    path: Text<'_>,
    key_names: *const *const c_char,
    key_names_count: usize,
    writer: Option<&mut MaybeUninit<*mut mts_map_writer_t>>,
) -> mts_status_t {
    give(writer, "writer", || {
        let path = path.checked("path")?;
        // SAFETY: there are `key_names_count` strings at `key_names`, or NULL.
        let names = unsafe { texts(key_names, key_names_count, "key_names") }?;
        Ok(mts_map_writer_t::boxed(MapWriter::create(path, &names)?))
    })
}

/// Start to add blocks to the map in a file. This takes as long as writing them, and about twice the keys and the directory of
/// the file, however large the data in it is.
///
/// Files of `mts_map_writer_create` and `mts_merge_files` grow at their end. Files of others, those of `mts_tensormap_save`
/// among them, are written once more as a whole the first time, and so are files with other hard links, which keep the old content.
///
/// Until `mts_map_writer_finish` is done, the file is what it was before for all readers of this library. So it is if the
/// process dies: a journal beside the file, with the same name and `.journal` after it, says how it was. Other libraries
/// can not read the file until then; the next writer, or `mts_map_file_recover`, puts it back. Readers that have opened the
/// file go on with what it was then. A copy of the file needs the journal as well, if there is one.
///
/// There is one writer at a time: the file is locked (with `flock`) as long as it has one, and it is an error to start
/// another one. Where files can not be locked, nothing can be appended.
///
/// @param path path of the file, in UTF-8
/// @param writer is set to the writer, *owned* by the caller, to be given to `mts_map_writer_finish` or
///        `mts_map_writer_free`; or to NULL on error
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there is no such file, it is no map, or another writer has it
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_append(
    path: Text<'_>,
    writer: Option<&mut MaybeUninit<*mut mts_map_writer_t>>,
) -> mts_status_t {
    give(writer, "writer", || {
        let path = path.checked("path")?;
        Ok(mts_map_writer_t::boxed(MapWriter::append(path)?))
    })
}

/// Get how many blocks the map has so far, with those that were in the file before.
///
/// @param writer the writer
/// @param count is set to the number of blocks
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_count(
    writer: Option<&mts_map_writer_t>,
    count: Option<&mut MaybeUninit<usize>>,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        count.checked("count")?.write(writer.len());
        Ok(())
    })
}

/// Set an entry of the info that the map will have.
///
/// @param writer the writer
/// @param key name of the entry
/// @param value text of the entry, or NULL to remove it
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_set_info(
    writer: Option<&mut mts_map_writer_t>,
    key: Text<'_>,
    value: Text<'_>,
) -> mts_status_t {
    status(|| {
        let (writer, key) = (writer.checked("writer")?, key.checked("key")?);
        match value.optional("value")? {
            Some(value) => writer.info_mut().insert(key.to_owned(), value.to_owned()),
            None => writer.info_mut().shift_remove(key),
        };
        Ok(())
    })
}

/// Write a block. What can not be added changes nothing: the next block can follow.
///
/// @param writer the writer
/// @param key key of the block: a value for each of the dimensions
/// @param key_count number of these values
/// @param block the block, which still belongs to the caller, and is not needed any more after this
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: there is a block with this key already, this one does not have
///          the data type, the names and the gradients of those before, or the file can not be written
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`key` is NULL or has `key_count` values."
)]
pub unsafe extern "C" fn mts_map_writer_add(
    writer: Option<&mut mts_map_writer_t>,
    key: *const i32,
    key_count: usize,
    block: Option<&mts_block_t>,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        // SAFETY: there are `key_count` values at `key`, or NULL.
        let key = unsafe { slice(key, key_count, "key") }?;
        writer.add(key, block.checked("block")?)
    })
}

/// Start a block whose values come in pieces of rows: for blocks that are larger than memory, or that have as many samples as
/// there will be.
///
/// After this come `mts_map_writer_push_rows` as often as needed, and `mts_map_writer_end_rows` with the samples; then the same
/// for each gradient, after `mts_map_writer_begin_gradient`; and then `mts_map_writer_end_block`, without which there is no
/// such block. What does not fit is refused, and changes nothing; if the file can not be written, the whole block is taken
/// back.
///
/// @param writer the writer
/// @param key key of the block: a value for each of the dimensions
/// @param key_count number of these values
/// @param dtype type of the values
/// @param components labels of the components, which can be NULL if there are none. These and the properties still belong
///        to the caller.
/// @param components_count number of components
/// @param properties labels of the properties
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`key` and `components` are NULL or have `key_count` and `components_count` entries."
)]
pub unsafe extern "C" fn mts_map_writer_begin_block(
    writer: Option<&mut mts_map_writer_t>,
    key: *const i32,
    key_count: usize,
    dtype: DLDataType,
    components: *const Option<&mts_labels_t>,
    components_count: usize,
    properties: Option<&mts_labels_t>,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        // SAFETY: there are `key_count` values at `key`, or NULL.
        let key = unsafe { slice(key, key_count, "key") }?;
        // SAFETY: there are `components_count` handles at `components`, or NULL.
        let components = unsafe { labels(components, components_count) }?;
        let properties = properties.checked("properties")?;
        writer.begin_block(key, dtype, &components, &properties)
    })
}

/// Write the next rows of the values, or of the gradient that was begun.
///
/// @param writer the writer
/// @param rows array with any number of rows, and as many components and properties as there are. This function *takes
///        ownership* of it, even if it fails, and releases it.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_push_rows(
    writer: Option<&mut mts_map_writer_t>,
    rows: mts_array_t,
) -> mts_status_t {
    status(|| {
        // First of all, so that the array is released whatever happens.
        let rows = rows.take();
        writer.checked("writer")?.push_rows(rows)
    })
}

/// End the rows of the values, or of the gradient that was begun.
///
/// @param writer the writer
/// @param samples labels of these rows, which still belong to the caller
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_end_rows(
    writer: Option<&mut mts_map_writer_t>,
    samples: Option<&mts_labels_t>,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        let samples = samples.checked("samples")?;
        writer.end_rows(&samples)
    })
}

/// Start a gradient of the block that was begun, whose rows come next.
///
/// @param writer the writer
/// @param parameters parameter of a gradient of the values; for a gradient of a gradient, this comes after the parameters of
///        what it is a gradient of
/// @param parameters_count number of parameters: 1 for a gradient of the values
/// @param components labels of the components, which can be NULL if there are none. The last of them are the components of the
///        values.
/// @param components_count number of components
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`parameters` and `components` are NULL or have as many entries as their counts say."
)]
pub unsafe extern "C" fn mts_map_writer_begin_gradient(
    writer: Option<&mut mts_map_writer_t>,
    parameters: *const *const c_char,
    parameters_count: usize,
    components: *const Option<&mts_labels_t>,
    components_count: usize,
) -> mts_status_t {
    status(|| {
        let writer = writer.checked("writer")?;
        // SAFETY: there are `parameters_count` strings at `parameters`, or NULL.
        let parameters = unsafe { texts(parameters, parameters_count, "parameters") }?;
        // SAFETY: there are `components_count` handles at `components`, or NULL.
        let components = unsafe { labels(components, components_count) }?;
        writer.begin_gradient(&parameters, &components)
    })
}

/// End the block that was begun. Now it is one of the map.
///
/// @param writer the writer
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: if the block does not have the names and gradients of those
///          before, all of it is taken back
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_end_block(writer: Option<&mut mts_map_writer_t>) -> mts_status_t {
    status(|| writer.checked("writer")?.end_block())
}

/// Forget the block that was begun, if there is one.
///
/// @param writer the writer
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_abandon_block(
    writer: Option<&mut mts_map_writer_t>,
) -> mts_status_t {
    status(|| writer.checked("writer")?.abandon_block())
}

/// Write what makes a map of the blocks, and put the file in its place.
///
/// @param writer the writer. This function *takes ownership* of it, and releases it, even if it fails.
///
/// @returns `MTS_SUCCESS`, or the status of what went wrong: then the file is what it was before
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_finish(writer: Option<Box<mts_map_writer_t>>) -> mts_status_t {
    status(|| writer.checked("writer")?.finish())
}

/// Release a writer that was not finished. The file is what it was before.
///
/// @param writer the writer, or NULL
///
/// @returns `MTS_SUCCESS`
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_writer_free(writer: Option<Box<mts_map_writer_t>>) -> mts_status_t {
    status(|| {
        drop(writer);
        Ok(())
    })
}

/// Put a file back to what it was before somebody who appended to it died, for readers of other libraries. Readers and writers
/// of this one do not need it.
///
/// @param path path of the file, in UTF-8
/// @param recovered is set to whether there was a journal
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: the file can not be written to, a writer has it, or neither
///          the file nor its journal are valid
#[unsafe(no_mangle)]
pub extern "C" fn mts_map_file_recover(
    path: Text<'_>,
    recovered: Option<&mut MaybeUninit<bool>>,
) -> mts_status_t {
    status(|| {
        let (path, recovered) = (path.checked("path")?, recovered.checked("recovered")?);
        recovered.write(recover_file(path)?);
        Ok(())
    })
}

/// Make one file of the maps in several ones, with all of their blocks, in this order.
///
/// Their data is copied as it is, and not looked at: what is damaged stays damaged, and whoever loads it will be told. The
/// file is written beside `output` and then renamed, as by `mts_tensormap_save`; it can be one of those that are merged. A
/// single file is copied, which aligns the arrays of one that another library wrote. The info is that of all files.
///
/// @param paths paths of the files, in UTF-8
/// @param paths_count number of files
/// @param output path of the file that is made, in UTF-8
/// @param aligned whether the values of blocks and gradients start at multiples of 64 bytes, so that they can be used where they
///        are in a mapped file, as saving does for larger ones; else members follow each other without gaps
///
/// @returns `MTS_SUCCESS`; or the status of what went wrong: a file can not be read or is no map, the same key is in two of
///          them, blocks do not have the same data type, names and gradients, an entry of the info has two values, or
///          the output can not be written
#[unsafe(no_mangle)]
#[cfg_attr(
    not(cbindgen),
    doc = "\n# Safety\n`paths` is NULL or has `paths_count` entries."
)]
pub unsafe extern "C" fn mts_merge_files(
    paths: *const *const c_char,
    paths_count: usize,
    output: Text<'_>,
    aligned: bool,
) -> mts_status_t {
    status(|| {
        // SAFETY: there are `paths_count` strings at `paths`, or NULL.
        let paths = unsafe { texts(paths, paths_count, "paths") }?;
        let alignment = match aligned {
            true => FileAlignment::Aligned,
            false => FileAlignment::Packed,
        };
        merge_files(&paths, output.checked("output")?, alignment)
    })
}

/// The labels of components.
///
/// # Safety
///
/// As for [`slice`].
unsafe fn labels(
    components: *const Option<&mts_labels_t>,
    components_count: usize,
) -> Result<Vec<Labels>> {
    // SAFETY: the same is asked for here.
    let components = unsafe { slice(components, components_count, "components") }?;
    let components = entries(components, "components").map(|labels| Ok(labels?.clone()));
    components.collect()
}
