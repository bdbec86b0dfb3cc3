//! Writing collections, map by map.

use std::path::Path;

use super::super::archive::{Alignment, End, Index, Name, Reading, Source};
use super::super::archive_file::{ArchiveFile, lock_and_recover};
use super::super::npy;
use super::Collection;
use crate::names::printable;
use crate::{Error, Result, TensorMap};

/// How a [`CollectionWriter`] writes the bytes of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CollectionForm {
    /// As they are in the file of a map.
    Bare,
    /// In an array of bytes, as `numpy.save` writes one: for loaders in Python that do `numpy.load` on each member.
    NumpyWrapped,
}

/// Writes collections: archives of very many maps, with members `N/name.mts`, which are opened by [`Collection`].
///
/// Members are uncompressed, and their bytes start at a multiple of 64 in the file. One of them is in memory at a time, and the
/// directory, with some 150 bytes for each of those that are there. The file is there once [`CollectionWriter::finish`] is done,
/// and as a whole: until then, what was there before still is.
///
/// ```
/// # use metatensor_core::{Collection, CollectionForm, CollectionWriter, Labels, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("dataset.zip");
/// let mut writer = CollectionWriter::create(&path, CollectionForm::Bare)?;
/// for (number, energy) in [(0, -1.5), (1, 2.0)] {
///     let block = TensorBlock::new(arr2(&[[energy]]), Labels::single(), [], Labels::single())?;
///     writer.add(number, "energy", &TensorMap::new(Labels::single(), vec![block])?)?;
/// }
/// writer.add_bytes("README", b"energies in eV")?;
/// writer.finish()?;
///
/// let collection = Collection::open(&path)?;
/// assert_eq!(collection.numbers("energy"), [0, 1]);
/// assert_eq!(collection.load(1, "energy")?.block_by_id(0)?.values_as::<f64>()?[[0, 0]], 2.0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct CollectionWriter {
    file: ArchiveFile,
    form: CollectionForm,
    /// How many members a file has that is appended to.
    before: Option<usize>,
}

impl CollectionWriter {
    /// A writer for a new file at `path`, which replaces the one that is there when it is finished.
    ///
    /// ```
    /// # use metatensor_core::{Collection, CollectionForm, CollectionWriter, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// CollectionWriter::create(&path, CollectionForm::Bare)?.finish()?;
    /// assert!(Collection::open(&path)?.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written, or is not a regular one.
    pub fn create(path: impl AsRef<Path>, form: CollectionForm) -> Result<CollectionWriter> {
        Ok(CollectionWriter {
            file: ArchiveFile::create(path.as_ref())?,
            form,
            before: None,
        })
    }

    /// A writer that adds to the collection at `path`, which takes as long as writing what is added, and about twice the directory
    /// of the file, however large the data in it is.
    ///
    /// This is as for [`MapWriter::append`](crate::MapWriter::append): until [`finish`](CollectionWriter::finish) is done, the
    /// file is what it was before for all readers of this library, also if the process dies, with a journal beside it; for others,
    /// there is [`recover_file`](crate::recover_file). There is one writer at a time. Collections that were opened go on with
    /// what was there then.
    ///
    /// The archive can be one that others made. One that has a comment, or is only a part of its file, is written once more as a
    /// whole, without these, and so is one with other hard links, which keep the old content.
    ///
    /// ```
    /// # use metatensor_core::{Collection, CollectionForm, CollectionWriter, Labels, Result, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// # CollectionWriter::create(&path, CollectionForm::Bare)?.finish()?;
    /// # let map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// for number in 0..3 {
    ///     let mut writer = CollectionWriter::append(&path, CollectionForm::Bare)?;
    ///     writer.add(number, "energy", &map)?;
    ///     writer.finish()?;
    /// }
    /// assert_eq!(Collection::open(&path)?.len(), 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such file, it is no collection, another writer has it, or it can not be written to.
    pub fn append(path: impl AsRef<Path>, form: CollectionForm) -> Result<CollectionWriter> {
        let path = path.as_ref();
        let (place, _) = lock_and_recover(path)?;
        let Collection { source, index, .. } =
            Collection::in_source(Source::of_file(place.file(), path)?)?;
        let before = index.len();
        let point = match End::find(&source)? {
            Some(end) => end.growth_point(&source, end.directory_start(), &[])?,
            None => None,
        };
        let (mut file, grows) = ArchiveFile::append(path, place, point)?;
        if !grows {
            copy(&mut file, &index, &source)?;
        }
        Ok(CollectionWriter {
            file,
            form,
            before: Some(before),
        })
    }

    /// Number of members so far, with those that were in the file before: maps, and others.
    pub fn len(&self) -> usize {
        self.file.archive.count() as usize
    }

    /// Whether there are no members yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes a map, as the member `number/name.mts`. What can not be added changes nothing: others can follow.
    ///
    /// ```
    /// # use metatensor_core::{CollectionForm, CollectionWriter, Labels, Result, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// # let map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// let mut writer = CollectionWriter::create(&path, CollectionForm::NumpyWrapped)?;
    /// writer.add(3, "energy", &map)?;
    /// assert!(writer.add(3, "energy", &map).is_err());
    /// assert_eq!(writer.len(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is such a member already; if the number is negative, or the name is empty or has a `/` in it; if the map can not be
    /// in a file (see [`TensorMap::save`]); or if the file can not be written.
    pub fn add(&mut self, number: i32, name: &str, map: &TensorMap) -> Result<()> {
        let Some(member) = Name::numbered(number, name) else {
            return Err(Error::invalid(format!(
                "there can not be a map '{}' with the number {number}: numbers are at least 0, and names are not empty, and have no '/'",
                printable(name)
            )));
        };
        let member = member.to_string();
        self.check(&member)?;
        let bytes = map.save_buffer();
        let bytes = bytes.map_err(|error| error.context(format!("'{member}'")))?;
        match self.form {
            CollectionForm::Bare => self.write(&member, &[&bytes]),
            CollectionForm::NumpyWrapped => {
                self.write(&member, &[&npy::header_of_bytes(bytes.len()), &bytes])
            }
        }
    }

    /// Writes something else, as it is: a member with any name. Maps can be among these, if they have the bytes of their file.
    ///
    /// ```
    /// # use metatensor_core::{Collection, CollectionForm, CollectionWriter, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// let mut writer = CollectionWriter::create(&path, CollectionForm::Bare)?;
    /// writer.add_bytes("0/positions.bin", &[1, 2, 3])?;
    /// writer.finish()?;
    /// assert_eq!(Collection::open(&path)?.bytes("0/positions.bin")?, [1, 2, 3]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is such a member already; if the name is empty, is one of a folder, has a NUL in it or more than 65535 bytes; or
    /// if the file can not be written.
    pub fn add_bytes(&mut self, member: &str, bytes: &[u8]) -> Result<()> {
        if member.is_empty() || member.ends_with('/') {
            return Err(Error::invalid(format!(
                "expected the name of a member, got '{}'",
                printable(member)
            )));
        }
        self.check(member)?;
        self.write(member, &[bytes])
    }

    /// Writes the directory, and puts the file in its place.
    ///
    /// ```
    /// # use metatensor_core::{CollectionForm, CollectionWriter, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// let writer = CollectionWriter::create(&path, CollectionForm::Bare)?;
    /// assert!(!path.exists());
    /// writer.finish()?;
    /// assert!(path.exists());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written. What was there before still is.
    pub fn finish(self) -> Result<()> {
        self.file.check_usable()?;
        if self.before == Some(self.len()) {
            return Ok(());
        }
        self.file.finish()
    }

    /// Checks that there can be this member, before anything is written.
    fn check(&self, member: &str) -> Result<()> {
        self.file.check_usable()?;
        if member.contains('\0') {
            return Err(Error::invalid(format!(
                "the name '{}' contains a NUL character",
                printable(member)
            )));
        }
        self.file.archive.check_name(member)
    }

    fn write(&mut self, member: &str, parts: &[&[u8]]) -> Result<()> {
        self.file
            .change(|archive| archive.add(member, parts, Alignment::Bytes64))
    }
}

/// Writes all members of the archive in `source`, as they are.
fn copy(file: &mut ArchiveFile, index: &Index, source: &Source<'static>) -> Result<()> {
    let mut headers = source.reader(Reading::Parts);
    file.change(|archive| {
        (0..index.len()).try_for_each(|at| {
            let name = index.name(at).to_string();
            let stored = index.stored(at, &name, &mut headers);
            let stored = stored.map_err(|error| error.context(source.name()))?;
            archive.copy(&name, source, &stored, Alignment::Bytes64)
        })
    })
}
