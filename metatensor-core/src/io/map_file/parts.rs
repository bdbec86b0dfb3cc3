//! Maps in files that several processes read, each of them a part.

use std::path::Path;

use indexmap::IndexMap;

use super::super::archive::{LoadError, PartSum, Reading, Source};
use super::super::array::{Arrays, Create};
use super::super::loader::Loader;
use super::super::member_names::{KEYS, block_number, block_prefix};
use super::super::opened::{LAST, open_growing, open_source};
use super::Content;
use crate::error::Contents;
use crate::{ArrayRef, Labels, Limits, Result, TensorBlock};

/// The last bytes of a file, with the directory, which one process reads for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Where they start.
    pub start: u64,
    /// All bytes from there on.
    pub bytes: Vec<u8>,
}

/// The end of an archive is searched in so many bytes, which only one process has to read.
const SEARCHED: u64 = 66 << 10;

/// A map in a file, for a process that reads a part of it. Errors are those of [`TensorMap::load`](crate::TensorMap::load).
///
/// ```
/// use metatensor_core::internal::files::MapParts;
/// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// # let block = TensorBlock::new(arr2(&[[1.0], [2.0]]), Labels::range("i", 2)?, [], Labels::single())?;
/// # TensorMap::new(Labels::single(), vec![block])?.save(&path)?;
/// let (file, tail) = MapParts::open(&path)?;
/// assert_eq!(file.keys()?.count(), 1);
/// // another process, which was told about the tail
/// let file = MapParts::open_with_tail(&path, tail)?;
/// let mut reader = file.reader();
/// let (labels, is_whole) = reader.labels(0)?;
/// assert_eq!(labels.shape(), [2, 1]);
/// assert!(!is_whole);
/// let (array, sum) = reader.rows("blocks/0/values.npy", vec![1], None)?;
/// assert_eq!(array.view()?.typed::<f64>()?[[0, 0]], 2.0);
/// // two such parts that are all of the array
/// let (_, other) = reader.rows("blocks/0/values.npy", vec![0], None)?;
/// file.check_sums("blocks/0/values.npy", &mut [sum.unwrap(), other.unwrap()])?;
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub struct MapParts {
    content: Content,
}

impl MapParts {
    /// Opens the file at `path`, and reads its directory.
    ///
    /// # Errors
    ///
    /// If it can not be read, does not hold a map, or is no regular file.
    pub fn open(path: &Path) -> Result<(MapParts, Tail)> {
        let (archive, tail) = open_growing(path, &Limits::default(), |source| {
            let archive = open_source(source)?;
            let last = archive.range_of(&LAST).map(|range| range.start);
            let directory = archive.directory_start();
            let end = source.size().saturating_sub(SEARCHED);
            let start = last.map_or(directory, |last| last.min(directory)).min(end);
            let bytes = source.tail_from(start)?;
            Ok((archive, Tail { start, bytes }))
        })?;
        let inflated = archive.check_inflated().map_err(LoadError::from);
        inflated.map_err(|error| error.in_source(archive.source().name()))?;
        let content = Content::new(archive);
        Ok((MapParts { content }, tail))
    }

    /// Opens the file at `path`, of which another process has read the tail.
    ///
    /// # Errors
    ///
    /// If it can not be read, or is not the same file.
    pub fn open_with_tail(path: &Path, tail: Tail) -> Result<MapParts> {
        let source = Source::open_with_tail(path, tail.start, tail.bytes)?;
        let archive = Contents::Map.open_archive(source.reader(Reading::Parts))?;
        Ok(MapParts {
            content: Content::new(archive),
        })
    }

    /// The keys of the map.
    ///
    /// # Errors
    ///
    /// If they can not be read.
    pub fn keys(&self) -> Result<Labels> {
        let loader = self.content.parts(Arrays::Native);
        loader.load(|loader| loader.labels(KEYS))
    }

    /// The info of the map.
    ///
    /// # Errors
    ///
    /// If it can not be read.
    pub fn info(&self) -> Result<IndexMap<String, String>> {
        self.content.parts(Arrays::Native).load(Loader::info)
    }

    /// About how many bytes have to be read of each of so many blocks to know everything but their values, if arrays of less
    /// than `small` bytes are read as well.
    pub fn work(&self, blocks: usize, small: u64) -> Vec<u64> {
        let mut work = vec![0; blocks];
        for (name, size, is_compressed) in self.content.archive.members() {
            let block = name.strip_prefix("blocks/").and_then(block_number);
            if let Some(block) = block.and_then(|block| work.get_mut(block)) {
                let is_read = size < small || is_compressed || !name.ends_with("/values.npy");
                *block += if is_read { size } else { 0 };
            }
        }
        work
    }

    /// What reads from the file.
    pub fn reader(&self) -> PartReader {
        PartReader {
            name: self.content.name().to_owned(),
            loader: self.content.whole(Reading::Parts, Arrays::Native),
        }
    }

    /// Compares the checksum of a member that was read in parts with these checksums. There is nothing to compare if they are
    /// not all of it.
    ///
    /// # Errors
    ///
    /// If the checksum is wrong.
    pub fn check_sums(&self, member: &str, parts: &mut [PartSum]) -> Result<()> {
        let archive = &self.content.archive;
        let checked = archive.check_parts(member, parts).map_err(LoadError::from);
        checked.map_err(|error| error.in_source(self.content.name()))
    }
}

impl std::fmt::Debug for MapParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapParts")
            .field("name", &self.content.name())
            .finish_non_exhaustive()
    }
}

/// Reads parts of a map, one after the other.
pub struct PartReader {
    name: String,
    loader: Loader<'static, 'static>,
}

impl std::fmt::Debug for PartReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartReader")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl PartReader {
    /// A block whose arrays have no elements, and whether it has to be read as a whole: rows of arrays that are compressed, or
    /// whose first index varies fastest, are not in one place.
    ///
    /// # Errors
    ///
    /// If the block is not valid.
    pub fn labels(&mut self, block: usize) -> Result<(TensorBlock, bool)> {
        self.read(|loader| loader.block_without_values(block_prefix(block)))
    }

    /// A block, with its gradients.
    ///
    /// # Errors
    ///
    /// If the block is not valid.
    pub fn block(&mut self, block: usize) -> Result<TensorBlock> {
        self.read(|loader| loader.block(block_prefix(block)))
    }

    /// These rows of an array, in an array made by `create` if there is one, and the checksum of what was read, if that is in one
    /// piece and not all of the array: then its checksum was compared.
    ///
    /// # Errors
    ///
    /// If the array is not valid, or has less rows, or those of `create`.
    pub fn rows(
        &mut self,
        member: &str,
        rows: Vec<u32>,
        create: Option<&mut Create<'_>>,
    ) -> Result<(ArrayRef, Option<PartSum>)> {
        self.read(|loader| loader.rows(member, rows, create))
    }

    /// Checks the members that were not read of the blocks that are for this reader, in a map with so many keys, and with
    /// `None` those that are in no block: whether they should have been.
    ///
    /// # Errors
    ///
    /// If there are arrays that belong to no block, or if the header of a member says something else than the directory.
    pub fn check_others(
        &mut self,
        keys: usize,
        is_mine: impl Fn(Option<usize>) -> bool,
    ) -> Result<()> {
        self.read(|loader| loader.check_others_of_map(keys, is_mine))
    }

    fn read<T>(
        &mut self,
        read: impl FnOnce(&mut Loader<'static, 'static>) -> Result<T, LoadError>,
    ) -> Result<T> {
        read(&mut self.loader).map_err(|error| error.in_source(&self.name))
    }
}
