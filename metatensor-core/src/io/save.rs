//! Saving maps and blocks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::archive::{Alignment, ArchiveWriter};
use super::atomic::write_atomically;
use super::load::check_info;
use super::{MAX_DEPTH, array, labels};
use crate::array::vector_for;
use crate::{Error, Labels, Result, TensorBlock, TensorMap};

impl TensorMap {
    /// Saves this map to the file at `path`, which is replaced when everything is written. Saving the
    /// same data again gives the same bytes.
    ///
    /// # Errors
    ///
    /// If the file can not be written, or the map can not be in a file: arrays that are not in main
    /// memory, types of data that files do not have, booleans other than 0 and 1. Whatever was there
    /// before still is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file: &mut File| self.save_to(file))
    }

    /// Saves this map to memory.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorMap};
    /// let mut map = TensorMap::new(Labels::empty(&["system"])?, vec![])?;
    /// map.info_mut().insert("author".into(), "me".into());
    /// let buffer = map.save_buffer()?;
    /// assert_eq!(TensorMap::load_buffer(&buffer)?.info(), map.info());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the map can not be in a file, see [`TensorMap::save`].
    pub fn save_buffer(&self) -> Result<Vec<u8>> {
        let mut size = labels_size(self.keys());
        for block in self.blocks() {
            size = size.saturating_add(block_size(block)?);
        }
        let mut buffer = vector_for(size)?;
        self.save_to(&mut buffer)?;
        Ok(buffer)
    }

    /// Saves this map to anything that takes bytes, in large pieces.
    ///
    /// # Errors
    ///
    /// Those of `sink`, or if the map can not be in a file, see [`TensorMap::save`].
    pub fn save_to(&self, sink: impl Write) -> Result<()> {
        let mut archive = ArchiveWriter::new(sink);
        labels::write(&mut archive, "keys.npy", self.keys())?;
        for (i, block) in self.blocks().iter().enumerate() {
            write_block(&mut archive, &format!("blocks/{i}/"), block, 0)?;
        }
        if !self.info().is_empty() {
            check_info(self.info()).map_err(|error| error.context("info"))?;
            let sorted: BTreeMap<_, _> = self.info().iter().collect();
            let text = serde_json::to_vec_pretty(&sorted)
                .map_err(|error| Error::Internal(format!("can not write info: {error}")))?;
            archive.add("info.json", &[&text], Alignment::Packed)?;
        }
        archive.finish()?;
        Ok(())
    }
}

impl TensorBlock {
    /// Saves this block to the file at `path`, which is replaced when everything is written. Saving
    /// the same data again gives the same bytes.
    ///
    /// # Errors
    ///
    /// If the file can not be written, or the block can not be in a file, see [`TensorMap::save`].
    /// Whatever was there before still is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_atomically(path.as_ref(), |file: &mut File| self.save_to(file))
    }

    /// Saves this block to memory.
    ///
    /// # Errors
    ///
    /// If the block can not be in a file, see [`TensorMap::save`].
    pub fn save_buffer(&self) -> Result<Vec<u8>> {
        let mut buffer = vector_for(block_size(self)?)?;
        self.save_to(&mut buffer)?;
        Ok(buffer)
    }

    /// Saves this block to anything that takes bytes, in large pieces.
    ///
    /// # Errors
    ///
    /// Those of `sink`, or if the block can not be in a file, see [`TensorMap::save`].
    pub fn save_to(&self, sink: impl Write) -> Result<()> {
        let mut archive = ArchiveWriter::new(sink);
        write_block(&mut archive, "", self, 0)?;
        archive.finish()?;
        Ok(())
    }
}

/// Enough for the headers of a member and its entry in the directory, if names are short.
const MEMBER: usize = 512;

/// At least as many bytes as `labels` take in a file.
fn labels_size(labels: &Labels) -> usize {
    MEMBER + size_of_val(labels.rows().values())
}

/// At least as many bytes as `block` takes in a file.
fn block_size(block: &TensorBlock) -> Result<usize> {
    let shape = block.values().shape()?;
    let element = block.dtype()?.size();
    let values = shape
        .iter()
        .fold(element, |size, &n| size.saturating_mul(n));
    let mut size = values.saturating_add(MEMBER);
    for axis in 0..shape.len() {
        size = size.saturating_add(labels_size(block.labels(axis)?));
    }
    for (_, gradient) in block.gradients() {
        size = size.saturating_add(block_size(gradient)?);
    }
    Ok(size)
}

/// Append the members of `block`, whose names start with `prefix`.
fn write_block<W: Write>(
    archive: &mut ArchiveWriter<W>,
    prefix: &str,
    block: &TensorBlock,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid(format!(
            "gradients are nested more than {MAX_DEPTH} times"
        )));
    }
    array::write(archive, &format!("{prefix}values.npy"), &block.view()?)?;
    labels::write(archive, &format!("{prefix}samples.npy"), block.samples())?;
    for (i, component) in block.components().iter().enumerate() {
        labels::write(archive, &format!("{prefix}components/{i}.npy"), component)?;
    }
    // gradients have the properties of the values
    if depth == 0 {
        labels::write(
            archive,
            &format!("{prefix}properties.npy"),
            block.properties(),
        )?;
    }
    let mut gradients: Vec<_> = block.gradients().collect();
    gradients.sort_unstable_by_key(|&(parameter, _)| parameter);
    for (parameter, gradient) in gradients {
        let prefix = format!("{prefix}gradients/{parameter}/");
        write_block(archive, &prefix, gradient, depth + 1)?;
    }
    Ok(())
}
