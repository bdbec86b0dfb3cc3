//! Maps and blocks whose arrays are in a file itself.

use std::path::Path;

use super::archive::{Reading, Source};
use super::array::Arrays;
use super::loader::Loader;
use super::map_file::MapFile;
use crate::error::Contents;
use crate::memory::Mapping;
use crate::{DenseArray, Limits, Result, TensorBlock, TensorMap};

impl TensorMap {
    /// Loads a map whose arrays are in the file itself: see [`MapFile::block_mapped`] for what this means, and what it
    /// asks of whoever else uses the file.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Mapping, Result, TensorBlock, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let labels = Labels::range("i", 100)?;
    /// let block = TensorBlock::new(ndarray::Array2::from_elem((100, 100), 2.0), &labels, [], &labels)?;
    /// TensorMap::new(Labels::single(), vec![block])?.save(&path)?;
    ///
    /// let map = TensorMap::load_mapped(&path, Mapping::ReadOnly)?;
    /// assert!(map.block_by_id(0)?.is_mapped());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read or mapped, or does not hold a valid map.
    pub fn load_mapped(path: impl AsRef<Path>, mapping: Mapping) -> Result<TensorMap> {
        MapFile::open(path)?.load_mapped(mapping)
    }

    /// Loads a map whose arrays are in `bytes`, the content of a file, which are kept as long as the last of these arrays, and
    /// dropped by the thread that drops it. Arrays are read-only.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # let map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// let map = TensorMap::load_buffer_mapped(map.save_buffer()?)?;
    /// assert!(map.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is not a valid map.
    pub fn load_buffer_mapped<T>(bytes: T) -> Result<TensorMap>
    where
        T: AsRef<[u8]> + Send + Sync + 'static,
    {
        MapFile::from_bytes(bytes, Limits::default())?.load_mapped(Mapping::ReadOnly)
    }
}

impl TensorBlock {
    /// Loads a block whose arrays are in the file itself, as [`MapFile::block_mapped`] does for those of a map.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Mapping, Result, TensorBlock};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("block.mts");
    /// let labels = Labels::range("i", 100)?;
    /// let block = TensorBlock::new(ndarray::Array2::from_elem((100, 100), 2.0), &labels, [], &labels)?;
    /// block.save(&path)?;
    /// assert!(TensorBlock::load_mapped(&path, Mapping::Private)?.is_mapped());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read or mapped, or does not hold a valid block.
    pub fn load_mapped(path: impl AsRef<Path>, mapping: Mapping) -> Result<TensorBlock> {
        mapped_block(Source::open(path.as_ref())?, mapping)
    }

    /// Loads a block whose arrays are in `bytes`, as [`TensorMap::load_buffer_mapped`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// let block = TensorBlock::load_buffer_mapped(block.save_buffer()?)?;
    /// assert_eq!(block.shape(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is not a valid block.
    pub fn load_buffer_mapped<T>(bytes: T) -> Result<TensorBlock>
    where
        T: AsRef<[u8]> + Send + Sync + 'static,
    {
        let source = Source::from_owner(bytes, Limits::default());
        mapped_block(source, Mapping::ReadOnly)
    }

    /// Whether the values, without those of gradients, are in a file or in memory that was given instead of one: see
    /// [`MapFile::block_mapped`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// let block = TensorBlock::new(ndarray::arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// assert!(!block.is_mapped());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn is_mapped(&self) -> bool {
        let array = self.values().downcast_ref::<DenseArray>();
        array.is_some_and(DenseArray::is_mapped)
    }
}

fn mapped_block(source: Source<'static>, mapping: Mapping) -> Result<TensorBlock> {
    let region = source.region(mapping)?;
    let arrays = region.map_or(Arrays::Native, Arrays::Mapped);
    let source = source.reader(Reading::Parts);
    Loader::new(source, Contents::Block, arrays)?.load(Loader::only_block)
}
