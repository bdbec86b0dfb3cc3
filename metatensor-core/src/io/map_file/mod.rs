//! Maps in files that stay open: parts of them are read when they are asked for.

use std::fmt;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::archive::Reading;
use super::array::Arrays;
use super::loader::{Loader, Selected};
use super::member_names::block_prefix;
use super::placement::MemberCounts;
use crate::memory::{Mapping, Region};
use crate::{Array, DType, Error, Labels, Result, TensorBlock, TensorMap};

mod content;
mod header;
mod open;
mod parts;

pub use header::BlockHeader;
pub use parts::{MapParts, PartReader, Tail};

use content::Content;

/// A map in a file, of which the keys are in memory, and all else is read when it is asked for.
///
/// Any number of threads can read from it at once, on their own: each call opens the members that it needs, reads
/// contiguous data at once, and straight to where it stays. What is read is checked as when the whole file is loaded, but
/// for two things that only [`MapFile::load`], [`TensorMap::load`] and [`validate`](crate::validate) can tell: whether
/// members that were not read are damaged, and whether the file has some that belong to no block. The checksum of a member is
/// compared when all of its bytes were read, in whatever order and number of pieces; it can not be when only a part of the
/// values was, and it is not for values that are mapped.
///
/// The file should not be changed while it is open; replacing it by [`TensorMap::save`] is no change, the file that was
/// opened goes on to exist. What is [appended](crate::MapWriter::append) to it is not seen.
///
/// ```
/// # use metatensor_core::{Labels, MapFile, MapSelection, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// let samples = Labels::range("atom", 2)?;
/// let block = TensorBlock::new(arr2(&[[1.0], [2.0]]), &samples, &[], Labels::single())?;
/// TensorMap::new(Labels::range("species", 1)?, vec![block])?.save(&path)?;
///
/// let file = MapFile::open(&path)?;
/// assert_eq!(file.keys(), &Labels::range("species", 1)?);
/// assert_eq!(file.block_header(0)?.shape(), [2, 1]);
/// assert_eq!(file.block(0)?.values_as::<f64>()?.sum(), 3.0);
///
/// let selection = MapSelection {
///     samples: Some(Labels::new(["atom"], [[1]])?),
///     ..MapSelection::default()
/// };
/// let part = file.load_selected(&selection)?;
/// assert_eq!(part.block_by_id(0)?.values_as::<f64>()?.sum(), 2.0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct MapFile {
    content: Arc<Content>,
    keys: Labels,
    /// The bytes of the file, to be read, since somebody asked for them.
    region: OnceLock<Option<Region>>,
}

/// Which part of a map is loaded: what is not selected on is loaded as a whole.
///
/// The result is what loading the whole map, selecting blocks, and slicing them would give: a selection has some or all of
/// the dimensions of what it selects from, and what matches one of its entries is loaded. Keys and samples are in the order of
/// a selection that has all of their dimensions in the same order, and else in the order of the file; properties always are.
/// Gradients have the rows of the selected samples, with their new numbers. Blocks stay if nothing of them is selected.
#[derive(Clone, Debug, Default)]
pub struct MapSelection {
    /// Which blocks are loaded, as for [`TensorMap::blocks_matching`].
    pub keys: Option<Labels>,
    /// Which samples of them.
    pub samples: Option<Labels>,
    /// Which properties of them.
    pub properties: Option<Labels>,
}

impl MapFile {
    /// The keys, one for each block.
    pub fn keys(&self) -> &Labels {
        &self.keys
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.keys.count()
    }

    /// Whether there are no blocks.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many members of the file are compressed.
    #[doc(hidden)]
    pub fn member_counts(&self) -> MemberCounts {
        self.content.member_counts()
    }

    /// Free text that goes with the map, by name. It is read now.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, Result, TensorMap};
    /// let mut map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// map.info_mut().insert("source".into(), "test".into());
    /// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
    /// assert_eq!(file.info()?["source"], "test");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If it can not be read.
    pub fn info(&self) -> Result<IndexMap<String, String>> {
        self.content.parts(Arrays::Native).load(Loader::info)
    }

    /// What is known of a block without reading its values: shapes, data types, labels, and the same for gradients.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, MapSelection, Mapping, Result, TensorBlock, TensorMap};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    /// # let bytes = TensorMap::new(Labels::single(), vec![block])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// assert_eq!(file.block_header(0)?.shape(), [2, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such block, or if it can not be read.
    pub fn block_header(&self, block: usize) -> Result<BlockHeader> {
        BlockHeader::of_block(&self.content, self.prefix(block)?)
    }

    /// What is known of several blocks, in the order that is given, and of their gradients: as [`block_header`](Self::block_header),
    /// but whoever reads goes through the file from one to the next, and reads ahead where blocks are small. Several threads do if
    /// there are many blocks.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, Result, TensorBlock, TensorMap};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    /// # let bytes = TensorMap::new(Labels::single(), vec![block])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// let headers = file.block_headers(0..file.len())?;
    /// assert_eq!(headers[0].shape(), [2, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such block, or if one can not be read.
    pub fn block_headers(
        &self,
        blocks: impl IntoIterator<Item = usize>,
    ) -> Result<Vec<BlockHeader>> {
        let blocks: Vec<usize> = blocks.into_iter().collect();
        let pieces = self.fold_block_headers(&blocks, |headers: &mut Vec<_>, _, header| {
            headers.push(header);
            Ok(())
        })?;
        Ok(pieces.into_iter().flatten().collect())
    }

    /// Lets `add` add each of these blocks, and what is known of it, to something that is empty at first: several threads do
    /// that as for [`block_headers`](Self::block_headers), each with a piece of the list, and what they have is returned in its order.
    ///
    /// # Errors
    ///
    /// Those of `add`, or as for [`MapFile::block_headers`].
    #[doc(hidden)]
    pub fn fold_block_headers<T: Default + Send>(
        &self,
        blocks: &[usize],
        add: impl Fn(&mut T, usize, BlockHeader) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        for &block in blocks {
            self.check_block(block)?;
        }
        BlockHeader::of_blocks(&self.content, blocks, add)
    }

    /// Loads a block, with its gradients.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, MapSelection, Mapping, Result, TensorBlock, TensorMap};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    /// # let bytes = TensorMap::new(Labels::single(), vec![block])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// assert_eq!(file.block(0)?.values_as::<f64>()?.sum(), 3.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such block, or if it is not valid.
    pub fn block(&self, block: usize) -> Result<TensorBlock> {
        self.block_into(block, Arrays::Native)
    }

    /// Loads a block into arrays made by `create`, as [`TensorMap::load_with`] does.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Labels, Limits, MapFile, Result, TensorBlock, TensorMap};
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
    /// let block = file.block_with(0, |shape, dtype| Ok(Box::new(DenseArray::zeros(dtype, shape)?)))?;
    /// assert_eq!(block.shape(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `create`, or as for [`MapFile::block`].
    pub fn block_with(
        &self,
        block: usize,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorBlock> {
        self.block_into(block, Arrays::Made(&mut create))
    }

    /// Loads a block whose arrays are in the file itself, where they are: nothing of them is read until it is used.
    ///
    /// This is how arrays are loaded whose data is aligned in the file, for elements of their type, and in the byte order of
    /// this machine. All others are copied, as are compressed ones, booleans, and empty arrays:
    /// [`TensorBlock::is_mapped`] tells. The file stays mapped until the last of these arrays is dropped.
    ///
    /// The values are what is in the file, unchecked: their checksums are only compared by [`MapFile::load`] and
    /// [`validate`](crate::validate).
    /// If the file is truncated while it is mapped, the process ends with a `SIGBUS` when it
    /// uses what is gone; if it is written to, values change. Files that are replaced, as by [`TensorMap::save`], are safe.
    ///
    /// With [`Mapping::ReadOnly`], what changes values in place changes a copy, and DLPack tensors say that they are
    /// read-only: a library that ignores this, and writes, ends the process with a `SIGSEGV`. With [`Mapping::Private`] it
    /// can write: pages are copied when this happens, and the file stays as it is. What is not in a file, but in
    /// [memory](MapFile::from_bytes), is never private, and copied instead; what comes from a
    /// [reader](MapFile::from_reader) is always copied.
    ///
    /// ```
    /// # use metatensor_core::{Labels, MapFile, Mapping, Result, TensorBlock, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let labels = Labels::range("i", 100)?;
    /// let block = TensorBlock::new(ndarray::Array2::from_elem((100, 100), 2.0), &labels, [], &labels)?;
    /// TensorMap::new(Labels::single(), vec![block])?.save(&path)?;
    ///
    /// let mut block = MapFile::open(&path)?.block_mapped(0, Mapping::ReadOnly)?;
    /// assert!(block.is_mapped());
    /// assert_eq!(block.values_as::<f64>()?[[99, 99]], 2.0);
    /// block.values_as_mut::<f64>()?[[0, 0]] = 1.0;
    /// assert!(!block.is_mapped(), "this is a copy now");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be mapped, or as for [`MapFile::block`].
    pub fn block_mapped(&self, block: usize, mapping: Mapping) -> Result<TensorBlock> {
        let arrays = self.mapped(mapping)?;
        self.block_into(block, arrays)
    }

    /// Loads the whole map, and checks the whole file.
    ///
    /// # Errors
    ///
    /// If the file does not hold a valid map, and nothing else.
    pub fn load(&self) -> Result<TensorMap> {
        self.content
            .whole(Reading::Whole, Arrays::Native)
            .load(Loader::map)
    }

    /// Loads the whole map into arrays made by `create`, as [`TensorMap::load_with`] does.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Labels, Limits, MapFile, Result, TensorMap};
    /// # let map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
    /// let map = file.load_with(|shape, dtype| Ok(Box::new(DenseArray::zeros(dtype, shape)?)))?;
    /// assert!(map.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `create`, or as for [`MapFile::load`].
    pub fn load_with(
        &self,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        let arrays = Arrays::Made(&mut create);
        self.content.whole(Reading::Whole, arrays).load(Loader::map)
    }

    /// Loads the whole map with arrays that are in the file itself, as [`MapFile::block_mapped`] does.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, MapSelection, Mapping, Result, TensorBlock, TensorMap};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    /// # let bytes = TensorMap::new(Labels::single(), vec![block])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// assert_eq!(file.load_mapped(Mapping::ReadOnly)?.len(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be mapped, or as for [`MapFile::load`].
    pub fn load_mapped(&self, mapping: Mapping) -> Result<TensorMap> {
        let arrays = self.mapped(mapping)?;
        self.content.whole(Reading::Parts, arrays).load(Loader::map)
    }

    /// Loads a part of the map: see [`MapSelection`]. Only what is needed is read, and not much more: rows that follow each
    /// other are read at once, those that do not with what is between them if this is little.
    ///
    /// Labels are read and checked as a whole, and so are compressed members. The checksum of values is compared if all of
    /// their bytes are read.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Limits, MapFile, MapSelection, Mapping, Result, TensorBlock, TensorMap};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let block = TensorBlock::new(ndarray::arr2(&[[1.0], [2.0]]), samples, [], Labels::single())?;
    /// # let bytes = TensorMap::new(Labels::single(), vec![block])?.save_buffer()?;
    /// let file = MapFile::from_bytes(bytes, Limits::default())?;
    /// let selection = MapSelection {
    ///     samples: Some(Labels::new(["atom"], [[1]])?),
    ///     ..MapSelection::default()
    /// };
    /// let part = file.load_selected(&selection)?;
    /// assert_eq!(part.block_by_id(0)?.values_as::<f64>()?[[0, 0]], 2.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a selection has a dimension that what it selects from has not, or if what is read is not valid.
    pub fn load_selected(&self, selection: &MapSelection) -> Result<TensorMap> {
        self.selected(selection, Arrays::Native)
    }

    /// Loads a part of the map into arrays made by `create`, which gets their shape and data type.
    ///
    /// ```
    /// # use metatensor_core::{DenseArray, Labels, Limits, MapFile, MapSelection, Result, TensorMap};
    /// # let map = TensorMap::new(Labels::empty(&["k"])?, vec![])?;
    /// let file = MapFile::from_bytes(map.save_buffer()?, Limits::default())?;
    /// let part = file.load_selected_with(&MapSelection::default(), |shape, dtype| {
    ///     Ok(Box::new(DenseArray::zeros(dtype, shape)?))
    /// })?;
    /// assert!(part.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `create`, or as for [`MapFile::load_selected`].
    pub fn load_selected_with(
        &self,
        selection: &MapSelection,
        mut create: impl FnMut(&[usize], DType) -> Result<Box<dyn Array>>,
    ) -> Result<TensorMap> {
        self.selected(selection, Arrays::Made(&mut create))
    }

    fn selected<'a>(&self, selection: &'a MapSelection, arrays: Arrays<'a>) -> Result<TensorMap> {
        let (keys, numbers) = match &selection.keys {
            Some(selected) => {
                let numbers = self.keys.select(selected);
                let numbers = numbers.map_err(|error| error.context("keys"))?;
                let rows = self.keys.rows().gather(&numbers);
                (self.keys.with_rows(rows), numbers)
            }
            None => (self.keys.clone(), (0..self.len() as u32).collect()),
        };
        let loader = self.content.parts(arrays).select(Selected {
            samples: selection.samples.as_ref(),
            properties: selection.properties.as_ref(),
        });
        loader.load(|loader| loader.part_of_map(keys, &numbers))
    }

    fn block_into(&self, block: usize, arrays: Arrays<'_>) -> Result<TensorBlock> {
        let prefix = self.prefix(block)?;
        self.content
            .parts(arrays)
            .load(|loader| loader.block(prefix))
    }

    fn prefix(&self, block: usize) -> Result<String> {
        self.check_block(block)?;
        Ok(block_prefix(block))
    }

    fn check_block(&self, block: usize) -> Result<()> {
        if block < self.len() {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "there is no block {block} in {}, which has {} of them",
            self.content.name(),
            self.len()
        )))
    }

    /// Arrays in the file itself, if it can be mapped.
    fn mapped(&self, mapping: Mapping) -> Result<Arrays<'static>> {
        let source = self.content.archive.source();
        let region = match (mapping, self.region.get()) {
            (Mapping::ReadOnly, Some(known)) => known.clone(),
            (Mapping::ReadOnly, None) => {
                let region = source.region(mapping)?;
                self.region.get_or_init(|| region).clone()
            }
            // Nobody else sees what is written to this one.
            (Mapping::Private, _) => source.region(mapping)?,
        };
        Ok(region.map_or(Arrays::Native, Arrays::Mapped))
    }
}

impl fmt::Debug for MapFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapFile")
            .field("name", &self.content.name())
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
