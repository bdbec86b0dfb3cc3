//! Opening collections.

use std::path::Path;

use super::super::archive::{Index, Name, Reading, Source};
use super::super::contents::Found;
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
        let found = match Found::in_source(&mut source)? {
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
