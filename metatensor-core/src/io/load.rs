//! Loading maps and blocks.

use std::collections::HashMap;
use std::path::Path;

use indexmap::IndexMap;

use super::archive::{Archive, LoadError, Member, Source};
use super::array::Create;
use super::{Scratch, array, in_file, info, labels};
use crate::block::gradient_names;
use crate::error::Contents;
use crate::names::printable;
use crate::{Array, ArrayRef, DType, Error, Labels, Limit, Result, TensorBlock, TensorMap};

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
        load_map(Source::open(path.as_ref())?, None)
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
        load_map(Source::from_bytes(buffer), None)
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
    /// An [`Error::Callback`] of `create` as it is, or as for [`TensorMap::load`].
    pub fn load_with(
        path: impl AsRef<Path>,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        load_map(Source::open(path.as_ref())?, Some(&mut create))
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
    /// An [`Error::Callback`] of `create` as it is, or as for [`TensorMap::load_buffer`].
    pub fn load_buffer_with(
        buffer: &[u8],
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        load_map(Source::from_bytes(buffer), Some(&mut create))
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
    /// An [`Error::Callback`] of `create` as it is, or as for [`TensorBlock::load`].
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
    /// An [`Error::Callback`] of `create` as it is, or as for [`TensorBlock::load_buffer`].
    pub fn load_buffer_with(
        buffer: &[u8],
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorBlock> {
        load_block(Source::from_bytes(buffer), Some(&mut create))
    }
}

fn load_map<'c>(source: Source<'_>, create: Option<&'c mut Create<'c>>) -> Result<TensorMap> {
    Loader::new(source, Contents::Map, create)?.load(Loader::map)
}

fn load_block<'c>(source: Source<'_>, create: Option<&'c mut Create<'c>>) -> Result<TensorBlock> {
    Loader::new(source, Contents::Block, create)?.load(Loader::only_block)
}

/// Members of at most this many bytes are compared with those before.
const SHARED: u64 = 4 << 10;

/// Reads the members of an archive.
struct Loader<'s, 'c> {
    archive: Archive<'s>,
    create: Option<&'c mut Create<'c>>,
    /// Parameters of the gradients whose members start with each prefix.
    parameters: HashMap<String, Vec<String>>,
    /// Small labels by the bytes of their members.
    shared: HashMap<Vec<u8>, Labels>,
    scratch: Scratch,
}

impl<'s, 'c> Loader<'s, 'c> {
    fn new(
        source: Source<'s>,
        expected: Contents,
        create: Option<&'c mut Create<'c>>,
    ) -> Result<Self> {
        let archive = expected.open_archive(source)?;
        Ok(Loader {
            parameters: parameters(&archive),
            archive,
            create,
            shared: HashMap::new(),
            scratch: Scratch::default(),
        })
    }

    /// Let `load` load what is in the archive, and name the file in its errors.
    fn load<T>(mut self, load: impl FnOnce(&mut Self) -> Result<T, LoadError>) -> Result<T> {
        load(&mut self).map_err(|error| error.in_source(self.archive.source().name()))
    }

    fn only_block(&mut self) -> Result<TensorBlock, LoadError> {
        let block = self.block(String::new(), None, 0)?;
        self.archive.check_others(|name| {
            if name.starts_with("components/") || name.starts_with("gradients/") {
                return check_is_no_array(name);
            }
            Ok(())
        })?;
        Ok(block)
    }

    fn map(&mut self) -> Result<TensorMap, LoadError> {
        let keys = self.labels("keys.npy")?;
        let mut blocks = Vec::with_capacity(keys.count().min(self.archive.names().len()));
        for i in 0..keys.count() {
            blocks.push(self.block(format!("blocks/{i}/"), None, 0)?);
        }
        let info = self.info()?;
        self.archive.check_others(|name| {
            let Some(rest) = name.strip_prefix("blocks/") else {
                return Ok(());
            };
            check_is_no_array(name).map_err(|error| match block_number(rest) {
                Some(block) if block >= keys.count() => error.context(format!(
                    "there is no key for block {block}, only {} keys",
                    keys.count()
                )),
                _ => error,
            })
        })?;
        let mut map = TensorMap::new(keys, blocks).map_err(|error| in_file(error, ""))?;
        *map.info_mut() = info;
        Ok(map)
    }

    fn info(&mut self) -> Result<IndexMap<String, String>, LoadError> {
        if !self.archive.contains(info::NAME) {
            return Ok(IndexMap::new());
        }
        Ok(info::read(&mut self.archive.open_member(info::NAME)?)?)
    }

    /// The block with members that start with `prefix`. Gradients get the properties of the values.
    fn block(
        &mut self,
        prefix: String,
        properties: Option<&Labels>,
        depth: usize,
    ) -> Result<TensorBlock, LoadError> {
        Limit::Depth.check_file(depth as u64, format_args!("'{prefix}'"))?;
        let values = self.values(&[&prefix, "values.npy"].concat())?;
        let samples = self.labels(&[&prefix, "samples.npy"].concat())?;
        let components = values.shape()?.len().saturating_sub(2);
        let components = (0..components)
            .map(|i| self.repeated_labels(&format!("{prefix}components/{i}.npy")))
            .collect::<Result<Vec<_>, LoadError>>()?;
        let properties = match properties {
            Some(properties) => properties.clone(),
            None => self.repeated_labels(&[&prefix, "properties.npy"].concat())?,
        };
        let mut block = TensorBlock::new(values, &samples, &components, &properties)
            .map_err(|error| in_file(error, &prefix))?;
        let parameters = self.parameters.remove(&prefix).unwrap_or_default();
        Limit::Names.check_file(parameters.len() as u64, format_args!("'{prefix}'"))?;
        for parameter in parameters {
            let gradient = format!("{prefix}gradients/{parameter}/");
            gradient_names::check(&parameter)
                .map_err(|error| in_file(error, &printable(&[&gradient, "values.npy"].concat())))?;
            let gradient = self.block(gradient, Some(&properties), depth + 1)?;
            block
                .add_gradient(&parameter, gradient)
                .map_err(|error| in_file(error, &prefix))?;
        }
        Ok(block)
    }

    fn values(&mut self, name: &str) -> Result<ArrayRef, LoadError> {
        let mut member = self.archive.open_member(name)?;
        let create = self.create.as_deref_mut();
        Ok(array::read(&mut member, create, &mut self.scratch)?)
    }

    fn labels(&mut self, name: &str) -> Result<Labels, LoadError> {
        let mut member = self.archive.open_member(name)?;
        Ok(labels::read(&mut member, &mut self.scratch)?)
    }

    /// Labels that other blocks may have as well. Shared labels are read once, are searched with one index,
    /// and are equal at first sight.
    fn repeated_labels(&mut self, name: &str) -> Result<Labels, LoadError> {
        let mut member = self.archive.open_member(name)?;
        if member.remaining() > SHARED {
            return Ok(labels::read(&mut member, &mut self.scratch)?);
        }
        let bytes = &mut self.scratch.bytes;
        bytes.resize(member.remaining() as usize, 0);
        member.read_exact_into(bytes)?;
        if let Some(labels) = self.shared.get(bytes) {
            return Ok(labels.clone());
        }
        let bytes = bytes.clone();
        let mut source = Source::from_bytes(&bytes);
        let range = 0..source.size();
        let mut member = Member::in_source(member.name(), &mut source, range);
        let labels = labels::read(&mut member, &mut self.scratch)?;
        self.shared.insert(bytes, labels.clone());
        Ok(labels)
    }
}

/// The parameters of all gradients by the prefix of the block they belong to, sorted.
pub(super) fn parameters(archive: &Archive<'_>) -> HashMap<String, Vec<String>> {
    let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
    for name in archive.names() {
        // if one of the two is missing, reading the gradient says so
        let Some(directory) = ["/values.npy", "/samples.npy"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
        else {
            continue;
        };
        let Some((parent, parameter)) = directory.rsplit_once('/') else {
            continue;
        };
        let Some(prefix) = parent.strip_suffix("gradients") else {
            continue;
        };
        if prefix.is_empty() || prefix.ends_with('/') {
            match parameters.get_mut(prefix) {
                Some(others) => others.push(parameter.to_owned()),
                None => {
                    parameters.insert(prefix.to_owned(), vec![parameter.to_owned()]);
                }
            }
        }
    }
    for list in parameters.values_mut() {
        list.sort_unstable();
        list.dedup();
    }
    parameters
}

/// Checks that the member `name`, which is in a folder that was loaded, is not one of the arrays that are loaded.
/// Nothing else would tell that data was lost.
fn check_is_no_array(name: &str) -> Result<()> {
    if name.ends_with(".npy") {
        return Err(Error::serialization(format!(
            "'{}' does not belong to any block or gradient",
            printable(name)
        )));
    }
    Ok(())
}

/// The block that a member belongs to whose name is this after `blocks/`.
pub(super) fn block_number(name: &str) -> Option<usize> {
    let (number, _) = name.split_once('/')?;
    let block = number.parse::<usize>().ok()?;
    (block.to_string() == number).then_some(block)
}
