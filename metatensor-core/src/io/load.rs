//! Loading maps and blocks.

use std::path::Path;
use std::sync::Arc;

use super::archive::{Archive, Reading, Source};
use super::array::{Arrays, Create};
use super::loader::{Known, Loader};
use super::member_names::parameters;
use super::opened::open_map;
use crate::error::Contents;
use crate::{Array, DType, Limits, Result, TensorBlock, TensorMap};

impl TensorMap {
    /// Loads a map from the file at `path`. The archive may be a part of the file: an array of bytes that numpy saved,
    /// or after any other prefix that is no part of an archive, and before whitespace or zeros.
    ///
    /// Pipes and sockets (`/dev/stdin`, a named pipe) are read to their end first, but not beyond
    /// [`Limit::InflatedBytes`](crate::Limit::InflatedBytes). If nobody writes to a named pipe within a few seconds, this
    /// is an error.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let labels = Labels::range("i", 2)?;
    /// let block = TensorBlock::new(arr2(&[[1.0, 2.0], [3.0, 4.0]]), &labels, &[], &labels)?;
    /// let map = TensorMap::new(Labels::single(), vec![block])?;
    /// map.save(&path)?;
    ///
    /// let loaded = TensorMap::load(&path)?;
    /// assert_eq!(loaded.keys(), map.keys());
    /// assert_eq!(loaded.block(&[])?.to_ndarray::<f64>()?[[1, 0]], 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read, or does not hold a valid map.
    pub fn load(path: impl AsRef<Path>) -> Result<TensorMap> {
        load_map(open_map(path.as_ref(), &Limits::default())?, None)
    }

    /// Loads a map from the content of a file.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// let bytes = map.save_buffer()?;
    /// assert_eq!(TensorMap::load_buffer(&bytes)?.len(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is not a valid map.
    pub fn load_buffer(buffer: &[u8]) -> Result<TensorMap> {
        load_map(in_buffer(buffer)?, None)
    }

    /// Loads a map from the file at `path` into arrays made by `create`, which gets their shape and
    /// data type. These must be in main memory.
    ///
    /// ```no_run
    /// # use metatensor_core::{DenseArray, Result, TensorMap};
    /// let map = TensorMap::load_with("map.mts", |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Callback`](crate::Error::Callback) of `create` as it is, or as for [`TensorMap::load`].
    pub fn load_with(
        path: impl AsRef<Path>,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        load_map(
            open_map(path.as_ref(), &Limits::default())?,
            Some(&mut create),
        )
    }

    /// Loads a map from the content of a file into arrays made by `create`, as
    /// [`TensorMap::load_with`] does.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// # use metatensor_core::DenseArray;
    /// let bytes = map.save_buffer()?;
    /// // arrays can be of any kind: they are filled after they were made
    /// let loaded = TensorMap::load_buffer_with(&bytes, |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// assert_eq!(loaded.block_by_id(0)?.values_as::<f64>()?.sum(), 1.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Callback`](crate::Error::Callback) of `create` as it is, or as for [`TensorMap::load_buffer`].
    pub fn load_buffer_with(
        buffer: &[u8],
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        load_map(in_buffer(buffer)?, Some(&mut create))
    }
}

impl TensorBlock {
    /// Loads a block from the file at `path`, or from a pipe, as [`TensorMap::load`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::arr2;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("block.mts");
    /// let labels = Labels::range("i", 2)?;
    /// let block = TensorBlock::new(arr2(&[[1, 2], [3, 4]]), &labels, &[], &labels)?;
    /// block.save(&path)?;
    /// assert_eq!(TensorBlock::load(&path)?.to_ndarray::<i32>()?[[1, 0]], 3);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be read, or does not hold a valid block.
    pub fn load(path: impl AsRef<Path>) -> Result<TensorBlock> {
        load_block(Source::open(path.as_ref())?, None)
    }

    /// Loads a block from the content of a file.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// let bytes = block.save_buffer()?;
    /// assert_eq!(TensorBlock::load_buffer(&bytes)?.shape(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If this is not a valid block.
    pub fn load_buffer(buffer: &[u8]) -> Result<TensorBlock> {
        load_block(Source::from_bytes(buffer), None)
    }

    /// Loads a block from the file at `path` into arrays made by `create`, which gets their shape
    /// and data type. These must be in main memory.
    ///
    /// ```no_run
    /// # use metatensor_core::{DenseArray, Result, TensorBlock};
    /// let block = TensorBlock::load_with("block.mts", |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Callback`](crate::Error::Callback) of `create` as it is, or as for [`TensorBlock::load`].
    pub fn load_with(
        path: impl AsRef<Path>,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorBlock> {
        load_block(Source::open(path.as_ref())?, Some(&mut create))
    }

    /// Loads a block from the content of a file into arrays made by `create`, as
    /// [`TensorBlock::load_with`] does.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # use metatensor_core::DenseArray;
    /// let bytes = block.save_buffer()?;
    /// let loaded = TensorBlock::load_buffer_with(&bytes, |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// assert_eq!(loaded.values_as::<f64>()?.sum(), 1.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// An [`Error::Callback`](crate::Error::Callback) of `create` as it is, or as for [`TensorBlock::load_buffer`].
    pub fn load_buffer_with(
        buffer: &[u8],
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorBlock> {
        load_block(Source::from_bytes(buffer), Some(&mut create))
    }
}

/// Loads the map in `source`, with what is `known` from others.
///
/// # Errors
/// If this is not a valid map.
pub(super) fn load_knowing<'c>(
    source: Source<'_>,
    create: Option<&'c mut Create<'c>>,
    known: &mut Known,
) -> Result<TensorMap> {
    let archive = Contents::Map.open_archive(source)?.with_all_members();
    let parameters = Arc::new(parameters(&archive));
    let loader = Loader::for_archive(archive, parameters, Arrays::made_by(create));
    loader.load(|loader| loader.knowing(known, Loader::map))
}

fn in_buffer(buffer: &[u8]) -> Result<Archive<'_>> {
    Contents::Map.open_archive(Source::from_bytes(buffer))
}

fn load_map<'c>(archive: Archive<'_>, create: Option<&'c mut Create<'c>>) -> Result<TensorMap> {
    let archive = archive.reader(Reading::Whole).with_all_members();
    let parameters = Arc::new(parameters(&archive));
    Loader::for_archive(archive, parameters, Arrays::made_by(create)).load(Loader::map)
}

fn load_block<'c>(source: Source<'_>, create: Option<&'c mut Create<'c>>) -> Result<TensorBlock> {
    Loader::new(source, Contents::Block, Arrays::made_by(create))?.load(Loader::only_block)
}
