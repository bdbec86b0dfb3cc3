//! Opening maps in files.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::super::archive::{Archive, Reading, Source};
use super::super::array::Arrays;
use super::super::member_names::KEYS;
use super::super::opened::open_map;
use super::super::read_at::ReadAt;
use super::MapFile;
use super::content::Content;
use crate::error::Contents;
use crate::{Limits, Result};

impl MapFile {
    /// Opens the file at `path`, and reads the directory and the keys. What comes out of a pipe is read to its end.
    ///
    /// ```no_run
    /// # use metatensor_core::{MapFile, Result};
    /// let file = MapFile::open("map.mts")?;
    /// println!("{} blocks with the keys {}", file.len(), file.keys());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read, or does not hold a map.
    pub fn open(path: impl AsRef<Path>) -> Result<MapFile> {
        Self::open_with(path, Limits::default())
    }

    /// The same with limits for this file.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limit, Limits, MapFile, Result, TensorBlock, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// # TensorMap::new(Labels::empty(&["k"])?, vec![])?.save(&path)?;
    /// let few = Limits::default().with(Limit::Members, 1000);
    /// let file = MapFile::open_with(&path, few)?;
    /// # assert!(file.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`MapFile::open`].
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<MapFile> {
        Self::in_archive(open_map(path.as_ref(), &limits)?)
    }

    /// Uses the content of a file in memory. It is kept as long as this, and as arrays that are
    /// [mapped](MapFile::block_mapped) from it: `bytes` can be a `Vec<u8>`, an `Arc<[u8]>`, or what somebody else mapped.
    /// It is dropped by the thread that drops the last of these.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, Result, TensorBlock, TensorMap};
    /// # let bytes = TensorMap::new(Labels::empty(&["k"])?, vec![])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// assert_eq!(file.len(), 0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is not a valid map.
    pub fn from_bytes<T>(bytes: T, limits: Limits) -> Result<MapFile>
    where
        T: AsRef<[u8]> + Send + Sync + 'static,
    {
        Self::in_source(Source::from_owner(bytes, limits))
    }

    /// Reads through functions of the caller, wherever the file is. `name` is what errors call it.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, ReadAt, Result, TensorMap};
    /// # struct Bytes(Vec<u8>);
    /// # impl ReadAt for Bytes {
    /// #     fn size(&self) -> u64 {
    /// #         self.0.len() as u64
    /// #     }
    /// #     fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
    /// #         bytes.copy_from_slice(&self.0[offset as usize..][..bytes.len()]);
    /// #         Ok(())
    /// #     }
    /// # }
    /// # let bytes = TensorMap::new(Labels::empty(&["k"])?, vec![])?.save_buffer()?;
    /// let file = MapFile::from_reader("store:map", Bytes(bytes), Limits::default())?;
    /// assert!(file.load()?.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `reader`, or if it does not read a valid map.
    pub fn from_reader(
        name: &str,
        reader: impl ReadAt + 'static,
        limits: Limits,
    ) -> Result<MapFile> {
        Self::in_source(Source::from_reader(name, Box::new(reader), limits))
    }

    fn in_source(source: Source<'static>) -> Result<MapFile> {
        Self::in_archive(Contents::Map.open_archive(source.reader(Reading::Parts))?)
    }

    fn in_archive(archive: Archive<'static>) -> Result<MapFile> {
        let content = Content::new(archive);
        let loader = content.parts(Arrays::Native);
        let keys = loader.load(|loader| loader.labels(KEYS))?;
        Ok(MapFile {
            content: Arc::new(content),
            keys,
            region: OnceLock::new(),
        })
    }
}
