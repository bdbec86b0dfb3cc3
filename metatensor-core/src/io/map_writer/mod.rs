//! Maps that are written block by block.

use std::fmt::Display;
use std::path::Path;

use indexmap::IndexMap;

use super::archive::Mark;
use super::archive_file::ArchiveFile;
use super::save::Saver;
use crate::tensor::check_same_form;
use crate::{Error, Result, TensorBlock};

mod append;
mod copy;
mod form;
mod keys;
mod open_block;
mod rows;

pub use append::recover_file;
pub use copy::FileAlignment;
use keys::Keys;
use open_block::OpenBlock;

/// Writes a map to a file block by block, and never holds more than one of them.
///
/// The file is there once [`MapWriter::finish`] is done, and as a whole: until then, what was there before still is. This
/// is as for [`TensorMap::save`](crate::TensorMap::save), but the keys and the info are the last members of the file.
///
/// ```
/// # use metatensor_core::{Labels, MapWriter, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// let mut writer = MapWriter::create(&path, &["center_type"])?;
/// for center_type in [1, 6, 8] {
///     let values = arr2(&[[0.5], [f64::from(center_type)]]);
///     let block = TensorBlock::new(values, Labels::range("atom", 2)?, [], Labels::single())?;
///     writer.add(&[center_type], &block)?;
/// }
/// writer.finish()?;
///
/// let map = TensorMap::load(&path)?;
/// assert_eq!(map.block(&[("center_type", 8)])?.values_as::<f64>()?[[1, 0]], 8.0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct MapWriter {
    keys: Keys,
    /// What all blocks have in common.
    form: Option<TensorBlock>,
    info: IndexMap<String, String>,
    file: ArchiveFile,
    /// A block that comes in pieces.
    open: Option<OpenBlock>,
    /// What a file that is appended to has: how many blocks, and which info.
    before: Option<(usize, IndexMap<String, String>)>,
}

impl MapWriter {
    /// A writer for a new file at `path`, which replaces the one that is there when it is finished. Its keys have these
    /// dimensions.
    ///
    /// ```
    /// # use metatensor_core::{MapWriter, Result, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// MapWriter::create(&path, &["center_type", "neighbor_type"])?.finish()?;
    /// assert_eq!(TensorMap::load(&path)?.keys().size(), 2);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written, or is not a regular one, or if the names are not valid.
    pub fn create<S: AsRef<str>>(path: impl AsRef<Path>, key_names: &[S]) -> Result<MapWriter> {
        let keys = Keys::new(key_names)?;
        Ok(Self::to_file(ArchiveFile::create(path.as_ref())?, keys))
    }

    /// A writer for a new file.
    fn to_file(file: ArchiveFile, keys: Keys) -> MapWriter {
        MapWriter {
            keys,
            form: None,
            info: IndexMap::new(),
            file,
            open: None,
            before: None,
        }
    }

    /// Number of blocks so far.
    pub fn len(&self) -> usize {
        self.keys.count()
    }

    /// Whether there are no blocks yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The info that the map will have.
    pub fn info(&self) -> &IndexMap<String, String> {
        &self.info
    }

    /// The info that the map will have, to be changed.
    ///
    /// ```
    /// # use metatensor_core::{MapWriter, Result, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let mut writer = MapWriter::create(&path, &["center_type"])?;
    /// writer.info_mut().insert("author".into(), "me".into());
    /// writer.finish()?;
    /// assert_eq!(TensorMap::load(&path)?.info()["author"], "me");
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    pub fn info_mut(&mut self) -> &mut IndexMap<String, String> {
        &mut self.info
    }

    /// Writes a block, which gets this key. What can not be added changes nothing: the next block can follow.
    ///
    /// # Errors
    ///
    /// If there is such a key already, if the block does not have the data type, the names and the gradients of those
    /// before, if it can not be in a file (see [`TensorMap::save`](crate::TensorMap::save)), or if the file can not be
    /// written.
    pub fn add(&mut self, key: &[i32], block: &TensorBlock) -> Result<()> {
        self.keys.check(key)?;
        let is_first = self.form.is_none();
        self.check_form(block)
            .map_err(|error| self.other_form(key, error))?;
        let position = self.keys.count();
        let written = self
            .change(|writer| Saver::new(&mut writer.file.archive).block_of_map(position, block));
        match written {
            Ok(()) => self.keys.push(key),
            Err(_) if is_first => self.form = None,
            Err(_) => {}
        }
        written
    }

    /// Writes what makes a map of the blocks, and puts the file in its place.
    ///
    /// ```
    /// # use metatensor_core::{MapWriter, Result};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let writer = MapWriter::create(&path, &["center_type"])?;
    /// assert!(!path.exists());
    /// writer.finish()?;
    /// assert!(path.exists());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written. What was there before still is.
    pub fn finish(mut self) -> Result<()> {
        self.check_closed()?;
        if let Some((count, info)) = &self.before
            && (*count, info) == (self.len(), &self.info)
        {
            return Ok(());
        }
        let keys = self.keys.labels();
        self.change(|writer| {
            let mut saver = Saver::new(&mut writer.file.archive);
            saver.keys(&keys)?;
            saver.info(&writer.info)
        })?;
        self.file.finish()
    }

    /// Checks that a block has the form of those before.
    fn check_form(&mut self, block: &TensorBlock) -> Result<()> {
        match &self.form {
            Some(form) => check_same_form(form, block),
            None => {
                self.form = Some(form::of_block(block)?);
                Ok(())
            }
        }
    }

    #[cold]
    fn other_form(&self, key: &[i32], error: Error) -> Error {
        other_form(self.keys.describe(key), error)
    }

    /// Lets `change` write, and takes back what it wrote if it fails.
    fn change<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let mark = self.start_change()?;
        change(self).map_err(|error| self.file.take_back(&mark, error))
    }

    /// Where to go back to if something goes wrong.
    fn start_change(&mut self) -> Result<Mark> {
        self.check_closed()?;
        self.file.start_change()
    }

    fn check_closed(&self) -> Result<()> {
        self.file.check_usable()?;
        match &self.open {
            Some(open) => Err(Error::invalid(format!(
                "the block {} was begun, and not ended",
                self.keys.describe(&open.key)
            ))),
            None => Ok(()),
        }
    }
}

/// That the block for `key` is not like those before.
#[cold]
fn other_form(key: impl Display, error: Error) -> Error {
    error.context(format!(
        "block {key} does not have the structure of the first block"
    ))
}
