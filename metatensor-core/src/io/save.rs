//! Saving maps and blocks.

use std::fmt::{self, Write as _};
use std::io::Write;
use std::path::Path;

use crc32fast::Hasher;
use indexmap::IndexMap;

use super::archive::{Alignment, ArchiveWriter, Outline, Sink, Target, checksum};
use super::{array, file, info, labels};
use crate::limits::MAX_DEPTH;
use crate::memory::{GrowingMemory, vector_for};
use crate::{Error, Labels, Result, TensorBlock, TensorMap, View};

impl TensorMap {
    /// Saves this map to the file at `path`, which is replaced when everything is written. Saving the
    /// same data again gives the same bytes.
    ///
    /// Until then, the data is in a temporary file in the same folder, which only the owner can read. Where the system
    /// can, it has no name; else, or if the process is killed at the wrong moment, a file whose name starts with
    /// `.metatensor-` may stay, which the next save to the same path removes, or [`remove_temporaries`].
    /// Replaced files keep owner, group and mode as far as the system allows, symbolic links stay, and other hard
    /// links of the file keep the old content.
    ///
    /// A file that can be written to but not replaced (something is mounted there, or the folder is read-only) is
    /// overwritten with a complete copy, once there is space for it. This is not atomic: a process that is killed
    /// in the middle of it leaves a file that can not be loaded, and its copy in the folder for temporary files, or in the
    /// same one.
    ///
    /// Pipes and devices are written to directly, and so is what this process has open if `path` says so
    /// (`/dev/stdout`, `/dev/fd/3`): at its position. A named pipe without a reader waits for one for a few
    /// seconds.
    ///
    /// [`remove_temporaries`]: crate::remove_temporaries
    ///
    /// ```no_run
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// map.save("map.mts")?;
    /// assert_eq!(TensorMap::load("map.mts")?.len(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written, or the map can not be in a file: arrays that are not in main
    /// memory, types of data that files do not have, booleans other than 0 and 1. Whatever was there
    /// before still is, unless the error says that overwriting failed, and where the new content is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(path.as_ref(), |destination| self.write(destination.into()))
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
        let mut buffer = vector_for(self.saved_size())?;
        self.write(Sink::Memory(&mut buffer))?;
        Ok(buffer)
    }

    /// Saves this map to memory of another kind.
    ///
    /// # Errors
    ///
    /// As for `save_buffer`.
    #[doc(hidden)]
    pub fn save_to_memory(&self, memory: &mut dyn GrowingMemory) -> Result<()> {
        self.write(Sink::Memory(memory))
    }

    /// How much space to prepare for saving this map to memory: a bit more than what it takes, as a rule. 0 if
    /// it has no blocks.
    pub fn saved_size(&self) -> usize {
        let Some(dtype) = self.dtype() else {
            return 0;
        };
        let element = dtype.size();
        let blocks = self.blocks().iter();
        blocks.fold(labels_size(self.keys()), |size, block| {
            size.saturating_add(block_size(block, element))
        })
    }

    /// Saves this map to anything that takes bytes, in large pieces.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// # let map = TensorMap::new(Labels::single(), vec![block])?;
    /// let mut bytes = Vec::new();
    /// map.save_to(&mut bytes)?;
    /// assert_eq!(TensorMap::load_buffer(&bytes)?.len(), 1);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `sink`, or if the map can not be in a file, see [`TensorMap::save`].
    pub fn save_to(&self, mut sink: impl Write) -> Result<()> {
        self.write(Sink::Stream(&mut sink))
    }

    fn write(&self, sink: Sink<'_>) -> Result<()> {
        let mut archive = ArchiveWriter::new(sink);
        let mut saver = Saver::new(&mut archive);
        saver.keys(self.keys())?;
        for (i, block) in self.blocks().iter().enumerate() {
            saver.block_of_map(i, block)?;
        }
        saver.info(self.info())?;
        archive.finish()?;
        Ok(())
    }
}

impl TensorBlock {
    /// Saves this block to the file at `path`, which is replaced when everything is written, as by
    /// [`TensorMap::save`]. Saving the same data again gives the same bytes.
    ///
    /// ```no_run
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// block.save("block.mts")?;
    /// assert_eq!(TensorBlock::load("block.mts")?.shape(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file can not be written, or the block can not be in a file, see [`TensorMap::save`].
    /// Whatever was there before still is.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        file::save(path.as_ref(), |destination| self.write(destination.into()))
    }

    /// Saves this block to memory.
    ///
    /// # Errors
    ///
    /// If the block can not be in a file, see [`TensorMap::save`].
    pub fn save_buffer(&self) -> Result<Vec<u8>> {
        let mut buffer = vector_for(self.saved_size())?;
        self.write(Sink::Memory(&mut buffer))?;
        Ok(buffer)
    }

    /// Saves this block to memory of another kind.
    ///
    /// # Errors
    ///
    /// As for `save_buffer`.
    #[doc(hidden)]
    pub fn save_to_memory(&self, memory: &mut dyn GrowingMemory) -> Result<()> {
        self.write(Sink::Memory(memory))
    }

    /// How much space to prepare for saving this block to memory: a bit more than what it takes, as a rule.
    pub fn saved_size(&self) -> usize {
        block_size(self, self.dtype().size())
    }

    /// Saves this block to anything that takes bytes, in large pieces.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = TensorBlock::new(arr2(&[[1.0]]), Labels::single(), [], Labels::single())?;
    /// let mut bytes = Vec::new();
    /// block.save_to(&mut bytes)?;
    /// assert_eq!(TensorBlock::load_buffer(&bytes)?.shape(), [1, 1]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of `sink`, or if the block can not be in a file, see [`TensorMap::save`].
    pub fn save_to(&self, mut sink: impl Write) -> Result<()> {
        self.write(Sink::Stream(&mut sink))
    }

    fn write(&self, sink: Sink<'_>) -> Result<()> {
        let mut archive = ArchiveWriter::new(sink);
        Saver::new(&mut archive).block(self, 0)?;
        archive.finish()?;
        Ok(())
    }
}

/// Enough for the headers of a member and its entry in the directory, if names are short.
const MEMBER: usize = 384;

/// At least as many bytes as `labels` take in a file.
fn labels_size(labels: &Labels) -> usize {
    MEMBER + size_of_val(labels.rows().values())
}

/// About as many bytes as `block` takes in a file. Arrays are not asked for anything: they may not have the
/// functions for it.
fn block_size(block: &TensorBlock, element: usize) -> usize {
    let axes = [block.samples(), block.properties()].into_iter();
    let axes = axes.chain(block.components());
    let (mut values, mut size) = (element, MEMBER);
    for labels in axes {
        values = values.saturating_mul(labels.count());
        size = size.saturating_add(labels_size(labels));
    }
    let gradients = block.gradients();
    gradients.fold(size.saturating_add(values), |size, (_, gradient)| {
        size.saturating_add(block_size(gradient, element))
    })
}

/// Labels as they are in a file.
struct SavedLabels<'a> {
    labels: &'a Labels,
    header: Vec<u8>,
    crc: u32,
}

/// A block that can be saved to `W`: with its rows, or without them if they are elsewhere.
pub(super) trait Saved<'a, W: Write>: Copy {
    /// Writes the values, as the member that is next.
    fn save_values(self, saver: &mut Saver<'a, '_, W>) -> Result<()>;

    /// Writes the samples, as the member that is next.
    fn save_samples(self, saver: &mut Saver<'a, '_, W>, depth: usize) -> Result<()>;

    fn components(self) -> &'a [Labels];

    fn properties(self) -> &'a Labels;

    /// The gradients, by parameter.
    fn gradients(self) -> Vec<(&'a str, Self)>;
}

impl<'a, W: Target> Saved<'a, W> for &'a TensorBlock {
    fn save_values(self, saver: &mut Saver<'a, '_, W>) -> Result<()> {
        let view = self.view();
        let view = view.map_err(|error| error.context(format!("'{}'", saver.name)))?;
        array::write(saver.archive, &saver.name, &view)
    }

    fn save_samples(self, saver: &mut Saver<'a, '_, W>, depth: usize) -> Result<()> {
        saver.labels(depth, 0, self.samples())
    }

    fn components(self) -> &'a [Labels] {
        self.components()
    }

    fn properties(self) -> &'a Labels {
        self.properties()
    }

    fn gradients(self) -> Vec<(&'a str, Self)> {
        self.gradients().collect()
    }
}

/// Writes the members of an archive.
pub(super) struct Saver<'a, 'w, W: Write> {
    archive: &'w mut ArchiveWriter<W>,
    /// Name of the next member, or the start of it.
    name: String,
    /// The last labels of each axis, for blocks and for their gradients: many blocks have the same ones.
    saved: Vec<Vec<Option<SavedLabels<'a>>>>,
}

impl<'a, 'w, W: Write> Saver<'a, 'w, W> {
    pub(super) fn new(archive: &'w mut ArchiveWriter<W>) -> Self {
        Saver {
            archive,
            name: String::new(),
            saved: Vec::new(),
        }
    }

    /// Writes the keys of a map.
    pub(super) fn keys(&mut self, keys: &'a Labels) -> Result<()> {
        self.inside(format_args!("keys.npy"), |saver| saver.labels(0, 0, keys))
    }

    /// Writes the info of a map, if it has some.
    pub(super) fn info(&mut self, info: &IndexMap<String, String>) -> Result<()> {
        if info.is_empty() {
            return Ok(());
        }
        let text = info::write(info)?;
        self.archive.add(info::NAME, &[&text], Alignment::Packed)
    }

    /// Writes the block of a map at this position.
    pub(super) fn block_of_map(&mut self, position: usize, block: impl Saved<'a, W>) -> Result<()> {
        self.inside(format_args!("blocks/{position}/"), |saver| {
            saver.block(block, 0)
        })
    }

    /// Let `write` write what has names that start with `start`, after what they start with anyway.
    pub(super) fn inside(
        &mut self,
        start: fmt::Arguments<'_>,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        let length = self.name.len();
        // writing to a string can not fail
        let _ = self.name.write_fmt(start);
        write(self)?;
        self.name.truncate(length);
        Ok(())
    }

    fn labels(&mut self, depth: usize, axis: usize, labels: &'a Labels) -> Result<()> {
        let values = View::from(labels.rows().values());
        let values = values.as_bytes().unwrap_or_default();
        let known = known_labels(&mut self.saved, depth, axis);
        let SavedLabels { header, crc, .. } = match known {
            Some(known) if known.labels.is_same(labels) => known,
            _ => {
                let header = labels::header(labels)
                    .map_err(|error| error.context(format!("'{}'", self.name)))?;
                let crc = checksum(Hasher::new(), &[&header, values])?;
                known.insert(SavedLabels {
                    labels,
                    header,
                    crc,
                })
            }
        };
        let alignment = array::alignment(values.len());
        self.archive
            .add_checked(&self.name, &[header, values], alignment, *crc)
    }

    /// Writes the labels of a block.
    pub(super) fn axes(
        &mut self,
        depth: usize,
        samples: &'a Labels,
        components: &'a [Labels],
        properties: Option<&'a Labels>,
    ) -> Result<()> {
        self.inside(format_args!("samples.npy"), |saver| {
            saver.labels(depth, 0, samples)
        })?;
        self.other_axes(depth, components, properties)
    }

    /// Writes the labels of a block but for those of the samples.
    fn other_axes(
        &mut self,
        depth: usize,
        components: &'a [Labels],
        properties: Option<&'a Labels>,
    ) -> Result<()> {
        for (i, component) in components.iter().enumerate() {
            self.inside(format_args!("components/{i}.npy"), |saver| {
                saver.labels(depth, i + 1, component)
            })?;
        }
        match properties {
            Some(properties) => self.inside(format_args!("properties.npy"), |saver| {
                saver.labels(depth, components.len() + 1, properties)
            }),
            None => Ok(()),
        }
    }

    fn block(&mut self, block: impl Saved<'a, W>, depth: usize) -> Result<()> {
        if depth as u64 > MAX_DEPTH {
            return Err(Error::invalid(format!(
                "gradients are nested more than {MAX_DEPTH} times"
            )));
        }
        self.inside(format_args!("values.npy"), |saver| block.save_values(saver))?;
        self.inside(format_args!("samples.npy"), |saver| {
            block.save_samples(saver, depth)
        })?;
        // gradients have the properties of the values
        let properties = (depth == 0).then_some(block.properties());
        self.other_axes(depth, block.components(), properties)?;
        let mut gradients = block.gradients();
        gradients.sort_unstable_by_key(|&(parameter, _)| parameter);
        for (parameter, gradient) in gradients {
            self.inside(format_args!("gradients/{parameter}/"), |saver| {
                saver.block(gradient, depth + 1)
            })?;
        }
        Ok(())
    }
}

impl Saver<'_, '_, Outline> {
    /// Name of the member that is next.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Leaves space for so many bytes of data, after what comes before them in the member.
    pub(super) fn leave_out(&mut self, header: &[u8], size: usize) -> Result<()> {
        let alignment = array::alignment(size);
        self.archive
            .leave_out(&self.name, header, size as u64, alignment)
    }
}

/// The last labels of this axis.
fn known_labels<'s, 'a>(
    saved: &'s mut Vec<Vec<Option<SavedLabels<'a>>>>,
    depth: usize,
    axis: usize,
) -> &'s mut Option<SavedLabels<'a>> {
    if saved.len() <= depth {
        saved.resize_with(depth + 1, Vec::new);
    }
    let axes = &mut saved[depth];
    if axes.len() <= axis {
        axes.resize_with(axis + 1, || None);
    }
    &mut axes[axis]
}
