//! Blocks that are added to a file that is there.

use std::path::Path;

use super::MapWriter;
use super::form::Forms;
use super::keys::Keys;
use crate::Result;
use crate::io::archive::Source;
use crate::io::archive_file::{ArchiveFile, lock_and_recover};
use crate::io::member_names::parameters;
use crate::io::npy::Headers;
use crate::io::opened::{LAST, Opened};

impl MapWriter {
    /// A writer that adds blocks to the map in the file at `path`, which takes as long as writing these, and about twice the
    /// keys and the directory of the file, however large the data in it is.
    ///
    /// Files of a [`MapWriter`] and of [`merge_files`](crate::merge_files) have keys, info and directory at their end, and
    /// grow there. Files of others, those of [`TensorMap::save`](crate::TensorMap::save) among them, are written once more
    /// as a whole when the first blocks are added, and so are files with other hard links, which keep the old content.
    ///
    /// Until [`finish`](MapWriter::finish) is done, the file is what it was before for all readers of this library. So it is
    /// if the process dies: a journal beside the file, with the same name and `.journal` after it, says how it was. Other
    /// libraries can not read the file until then; the next writer, or [`recover_file`], puts it back. Readers that have
    /// opened the file go on with what it was then. A copy of the file needs the journal as well, if there is one.
    ///
    /// There is one writer at a time: the file is locked as long as it has one (`flock`, which on Linux also holds between
    /// machines that share a file over NFS). Where files can not be locked, nothing can be appended.
    ///
    /// ```
    /// # use metatensor_core::{Labels, MapWriter, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// # MapWriter::create(&path, &["frame"])?.finish()?;
    /// for frame in 0..3 {
    ///     let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    ///     let mut writer = MapWriter::append(&path)?;
    ///     writer.add(&[frame], &block)?;
    ///     writer.finish()?;
    /// }
    /// assert_eq!(TensorMap::load(&path)?.len(), 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such file, it is no map, another writer has it, or it can not be written to.
    pub fn append(path: impl AsRef<Path>) -> Result<MapWriter> {
        let path = path.as_ref();
        let (place, _) = lock_and_recover(path)?;
        let mut opened = Opened::of_source(&Source::of_file(place.file(), path)?)?;
        let point = opened.archive.growth_point(&LAST)?;
        let (file, grows) = ArchiveFile::append(path, place, point)?;
        if !grows {
            let mut writer = MapWriter::to_file(file, Keys::new(&opened.key_names())?);
            writer.copy_all(opened, None)?;
            return Ok(writer);
        }
        let form = if opened.keys.is_empty() {
            None
        } else {
            let mut forms = Forms {
                parameters: parameters(&opened.archive),
                headers: Headers::default(),
            };
            let form = forms.read(&mut opened.archive, "blocks/0/", None, 0);
            Some(form.map_err(|error| error.in_source(opened.archive.source().name()))?)
        };
        Ok(MapWriter {
            keys: Keys::of(&opened.keys),
            form,
            before: Some((opened.keys.count(), opened.info.clone())),
            info: opened.info,
            file,
            open: None,
        })
    }
}

/// Puts a file back to what it was before somebody who appended to it died, for readers of other libraries. Readers and writers
/// of this one do not need it. Says whether there was a journal.
///
/// ```
/// # use metatensor_core::{Labels, MapWriter, Result, recover_file};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// # MapWriter::create(&path, &["frame"])?.finish()?;
/// assert!(!recover_file(&path)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the file can not be written to, a writer has it, or neither the file nor the journal beside it are valid.
pub fn recover_file(path: impl AsRef<Path>) -> Result<bool> {
    let (_, recovered) = lock_and_recover(path.as_ref())?;
    Ok(recovered)
}
