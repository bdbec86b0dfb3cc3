//! Several files as one.

use std::path::Path;

use super::map_writer::{FileAlignment, MapWriter};
use super::opened::Opened;
use crate::{Error, Result};

/// Makes one file of the maps in several ones, with all of their blocks, in this order. Their data is copied as it is, and
/// not looked at: what is damaged stays damaged, and whoever loads it will be told.
///
/// The file at `output` is replaced when everything is written, as by [`TensorMap::save`](crate::TensorMap::save); it can
/// be one of those that are merged. A single file is copied, which aligns the arrays of one that another library wrote.
/// The info is that of all files.
///
/// ```
/// # use metatensor_core::{FileAlignment, Labels, Result, TensorBlock, TensorMap, merge_files};
/// # use ndarray::arr2;
/// # let directory = tempfile::tempdir().unwrap();
/// # let paths = [0, 1].map(|i| directory.path().join(format!("{i}.mts")));
/// # let output = directory.path().join("all.mts");
/// for (i, path) in (0..).zip(&paths) {
///     let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
///     TensorMap::new(Labels::new(["system"], [[i]])?, vec![block])?.save(path)?;
/// }
/// merge_files(&paths, &output, FileAlignment::Aligned)?;
/// assert_eq!(TensorMap::load(&output)?.len(), 2);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there are no files, one of them can not be read, or is no map; if the same key is in two of them, or their blocks do
/// not have the same data type, names and gradients, or an entry of the info has two values; or if the file can not be
/// written. What was there before still is.
pub fn merge_files<P: AsRef<Path>>(
    files: &[P],
    output: impl AsRef<Path>,
    alignment: FileAlignment,
) -> Result<()> {
    let mut writer = None;
    for path in files {
        let file = Opened::open(path.as_ref())?;
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(MapWriter::create(&output, &file.key_names())?),
        };
        writer.copy_all(file, Some(alignment))?;
    }
    match writer {
        Some(writer) => writer.finish(),
        None => Err(Error::invalid("there are no files to merge")),
    }
}
