//! Opening collections.

use std::io::ErrorKind;
use std::path::Path;

use super::super::archive::{End, Index, IndexKey, Name, Reading, Source};
use super::super::contents::Found;
use super::super::file;
use super::super::opened::open_growing;
use super::super::other;
use super::super::read_at::ReadAt;
use super::Collection;
use crate::error::Contents;
use crate::{Error, Limits, Result};

impl Collection {
    /// Opens the archive at `path`, and reads its directory.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Result};
    /// let collection = Collection::open("dataset.zip")?;
    /// println!("{} maps", collection.len());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read, is no valid archive, or is a map or block itself.
    pub fn open(path: impl AsRef<Path>) -> Result<Collection> {
        Self::open_with(path, Limits::default())
    }

    /// The same with limits for this archive, and for each of the maps in it.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Limit, Limits, Result};
    /// let few = Limits::default().with(Limit::Members, 1_000_000);
    /// let collection = Collection::open_with("dataset.zip", few)?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Collection::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Collection> {
        open_growing(path.as_ref(), &limits, |source| {
            Self::in_source(source.reader(Reading::Whole))
        })
    }

    /// The same with an index that is kept in the file at `index`, so that collections of a million maps open in a fraction of the
    /// time.
    ///
    /// If there is none, or if it is not that of this archive as it is now, the directory is read, and the index replaced as a
    /// whole. Size and time of the archive tell, and the checksum of its directory; what the index says is checked like
    /// a directory. It can be removed at any time. If it can not be written, the collection is open all the same, and
    /// [`index_problem`](Collection::index_problem) says why. A file that is something else is never replaced.
    ///
    /// ```
    /// # use metatensor_core::{Collection, CollectionForm, CollectionWriter, Limits, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("dataset.zip");
    /// # let index = directory.path().join("dataset.index");
    /// # CollectionWriter::create(&path, CollectionForm::Bare)?.finish()?;
    /// let collection = Collection::open_indexed(&path, &index, Limits::default())?;
    /// assert!(index.exists() && collection.index_problem().is_none());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Collection::open`].
    pub fn open_indexed(
        path: impl AsRef<Path>,
        index: impl AsRef<Path>,
        limits: Limits,
    ) -> Result<Collection> {
        let index = index.as_ref();
        open_growing(path.as_ref(), &limits, |source| {
            Self::in_source_with(source.reader(Reading::Whole), index)
        })
    }

    fn in_source_with(mut source: Source<'static>, path: &Path) -> Result<Collection> {
        let found = Found::in_source(&mut source)?;
        let Found::Archive(end) = &found else {
            return Self::in_found(source, found);
        };
        let Some(key) = IndexKey::new(&source, end)? else {
            return Self::in_found(source, found);
        };
        let mut problem = None;
        match kept_index(path, &key, &source, end) {
            Ok(Some(index)) => return Ok(Collection::new(source, index)),
            Ok(None) => {}
            Err(error) => problem = Some(error),
        }
        let mut collection = Self::in_found(source, found)?;
        if problem.is_none() {
            let index = &collection.index;
            let written = file::save(path, |file| {
                let written = index.write_kept(&key, file.writer());
                written.map_err(|cause| Error::Io {
                    context: "could not write the index".to_owned(),
                    cause,
                })
            });
            problem = written.err();
        }
        collection.index_problem = problem;
        Ok(collection)
    }

    /// Uses an archive in memory, which is kept as long as this. `bytes` can be a `Vec<u8>`, an `Arc<[u8]>`, or what somebody
    /// mapped.
    ///
    /// ```
    /// # use metatensor_core::{Collection, Limits, Result};
    /// let nothing = *b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    /// assert!(Collection::from_bytes(nothing, Limits::default())?.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is no valid archive, or is a map or block itself.
    pub fn from_bytes<T>(bytes: T, limits: Limits) -> Result<Collection>
    where
        T: AsRef<[u8]> + Send + Sync + 'static,
    {
        Self::in_source(Source::from_owner(bytes, limits))
    }

    /// Reads through functions of the caller, wherever the archive is. `name` is what errors call it. Each call of this
    /// collection reads on the thread of its caller, so that [`Collection::load_all`] uses no others.
    ///
    /// ```no_run
    /// # use metatensor_core::{Collection, Limits, ReadAt, Result};
    /// # fn open(store: impl ReadAt + 'static) -> Result<()> {
    /// let collection = Collection::from_reader("store:dataset", store, Limits::default())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `reader`, or if what it reads is no valid archive, or is a map or block itself.
    pub fn from_reader(
        name: &str,
        reader: impl ReadAt + 'static,
        limits: Limits,
    ) -> Result<Collection> {
        Self::in_source(Source::from_reader(name, Box::new(reader), limits))
    }

    /// The collection in `source`.
    ///
    /// # Errors
    /// If it can not be read, or is none.
    pub(super) fn in_source(mut source: Source<'static>) -> Result<Collection> {
        let found = Found::in_source(&mut source)?;
        Self::in_found(source, found)
    }

    /// The same if this was found there.
    fn in_found(mut source: Source<'static>, found: Found) -> Result<Collection> {
        let found = match found {
            Found::Archive(end) => {
                let index = Index::read(&source, &end)?;
                let collection = Collection::new(source, index);
                match collection.other_contents() {
                    None => return Ok(collection),
                    Some(found) => {
                        source = collection.source;
                        format!("holds {found}")
                    }
                }
            }
            Found::Labels(_) => format!("holds {}", Contents::Labels),
            Found::Nothing => other::describe(&mut source)?,
        };
        Err(Error::serialization(format!(
            "expected a collection of maps in {}, which {found}",
            source.name()
        )))
    }

    /// What the archive holds instead of maps with numbers, if this is one of ours.
    fn other_contents(&self) -> Option<Contents> {
        let holds = |member| self.index.find(Name::new(member)).is_some();
        if !self.is_empty() {
            None
        } else if holds("keys.npy") {
            Some(Contents::Map)
        } else {
            holds("values.npy").then_some(Contents::Block)
        }
    }
}

/// The index of the archive in `source` that is in the file at `path`. `None` if it is none of this archive.
///
/// # Errors
/// If there is something else, or it can not be read.
fn kept_index(
    path: &Path,
    key: &IndexKey,
    source: &Source<'static>,
    end: &End,
) -> Result<Option<Index>> {
    let kept = match Source::open_with(path, *source.limits()) {
        Ok(kept) => kept,
        Err(Error::Io { cause, .. }) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !Index::is_kept(&kept)? {
        return Err(Error::serialization(format!(
            "{} is where the index of {} would be, but it is something else",
            kept.name(),
            source.name()
        )));
    }
    Index::read_kept(&kept, key, source, end)
}
