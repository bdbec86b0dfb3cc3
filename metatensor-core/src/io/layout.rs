//! Where everything is in the file of a map, before anybody has all rows of it.

use std::borrow::Cow;

use crc32fast::Hasher;
use indexmap::IndexMap;

use super::archive::{ArchiveWriter, Outline, checksum};
use super::save::{Saved, Saver};
use super::{array, npy};
use crate::memory::no_memory;
use crate::{DType, Error, Labels, Result, View};

/// A block whose rows are in several places: what is known of it everywhere.
#[derive(Clone, Debug)]
pub struct BlockForm<'a> {
    /// Type of the values.
    pub dtype: DType,
    /// Number of samples, wherever they are.
    pub count: usize,
    /// Names of the dimensions of samples.
    pub samples: Vec<&'a str>,
    /// Labels of the components.
    pub components: &'a [Labels],
    /// Labels of the properties.
    pub properties: &'a Labels,
    /// The gradients, by parameter, in any order.
    pub gradients: Vec<(&'a str, BlockForm<'a>)>,
}

impl<'a> Saved<'a, Outline> for &BlockForm<'a> {
    fn save_values(self, saver: &mut Saver<'a, '_, Outline>) -> Result<()> {
        let mut shape = vec![self.count];
        shape.extend(self.components.iter().map(Labels::count));
        shape.push(self.properties.count());
        let header = array::npy_header(self.dtype, &shape)
            .map_err(|error| error.context(format!("'{}'", saver.name())))?;
        saver.leave_out(&header, size_of_rows(&shape, self.dtype.size())?)
    }

    fn save_samples(self, saver: &mut Saver<'a, '_, Outline>, _depth: usize) -> Result<()> {
        let header = npy::write_records(self.samples.iter().copied(), self.count)
            .map_err(|error| error.context(format!("'{}'", saver.name())))?;
        let shape = [self.count, self.samples.len()];
        saver.leave_out(&header, size_of_rows(&shape, size_of::<i32>())?)
    }

    fn components(self) -> &'a [Labels] {
        self.components
    }

    fn properties(self) -> &'a Labels {
        self.properties
    }

    fn gradients(self) -> Vec<(&'a str, Self)> {
        let gradients = self.gradients.iter();
        gradients
            .map(|(parameter, gradient)| (*parameter, gradient))
            .collect()
    }
}

fn size_of_rows(shape: &[usize], item_size: usize) -> Result<usize> {
    let mut lengths = shape.iter().filter(|&&n| n != 0);
    let size = lengths.try_fold(item_size, |size, &n| size.checked_mul(n));
    match size.filter(|&size| isize::try_from(size).is_ok()) {
        Some(_) if shape.contains(&0) => Ok(0),
        Some(size) => Ok(size),
        None => Err(Error::invalid(format!(
            "an array of shape {shape:?} is larger than any file"
        ))),
    }
}

/// The file that [`TensorMap::save`](crate::TensorMap::save) would write, but for the rows of the blocks: those who have them
/// write them to where they belong.
///
/// ```
/// use metatensor_core::internal::files::{BlockForm, Layout, checksum_of};
/// # use metatensor_core::{DType, Labels, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// # let properties = Labels::range("n", 2)?;
/// # let samples = Labels::range("i", 2)?;
/// # let block = TensorBlock::new(arr2(&[[1, 2], [3, 4]]), samples, [], &properties)?;
/// # let map = TensorMap::new(Labels::single(), vec![block])?;
/// let form = BlockForm {
///     dtype: DType::I32,
///     count: 2,
///     samples: vec!["i"],
///     components: &[],
///     properties: &properties,
///     gradients: vec![],
/// };
/// let mut layout = Layout::new(map.keys(), &[form], map.info())?;
/// let rows = [[1i32, 2, 3, 4].map(i32::to_le_bytes).concat(), [0i32, 1].map(i32::to_le_bytes).concat()];
///
/// let mut file = vec![0; layout.size() as usize];
/// for (table, rows) in rows.iter().enumerate() {
///     layout.set_checksum(table, [(checksum_of(rows)?, rows.len() as u64)]);
///     file[layout.table(table).position as usize..][..rows.len()].copy_from_slice(rows);
/// }
/// for (position, bytes) in layout.pieces() {
///     file[position as usize..][..bytes.len()].copy_from_slice(bytes);
/// }
/// assert_eq!(file, map.save_buffer()?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Layout {
    outline: Outline,
}

/// The rows of an array, or of the samples of a block, in a file.
#[derive(Clone, Copy, Debug)]
pub struct Table<'l> {
    /// Name of the member.
    pub name: &'l str,
    /// Where the rows start.
    pub position: u64,
    /// Bytes of all rows.
    pub size: u64,
}

impl Layout {
    /// The file of the map with these keys and info, and blocks of these forms.
    ///
    /// # Errors
    ///
    /// If the map can not be in a file, as for [`TensorMap::save`](crate::TensorMap::save).
    pub fn new(
        keys: &Labels,
        blocks: &[BlockForm<'_>],
        info: &IndexMap<String, String>,
    ) -> Result<Layout> {
        let mut archive = ArchiveWriter::new(Outline::default());
        let mut saver = Saver::new(&mut archive);
        saver.keys(keys)?;
        for (i, block) in blocks.iter().enumerate() {
            saver.block_of_map(i, block)?;
        }
        saver.info(info)?;
        let outline = archive.into_outline()?;
        Ok(Layout { outline })
    }

    /// Bytes of the whole file.
    pub fn size(&self) -> u64 {
        self.outline.size()
    }

    /// How many tables there are. Each block has one with its values, one with its samples, and then those of its gradients,
    /// which are sorted by parameter.
    pub fn count(&self) -> usize {
        self.outline.left_out().len()
    }

    /// Where a table is.
    pub fn table(&self, table: usize) -> Table<'_> {
        let member = &self.outline.left_out()[table];
        Table {
            name: &member.name,
            position: member.position,
            size: member.size,
        }
    }

    /// Sets the checksum of a table that consists of parts with these checksums and numbers of bytes, one after the other.
    /// Every table needs one.
    pub fn set_checksum(&mut self, table: usize, parts: impl IntoIterator<Item = (u32, u64)>) {
        self.outline.set_checksum(table, parts);
    }

    /// All bytes of the file that are in no table, and where they are.
    pub fn pieces(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.outline.pieces()
    }
}

/// The checksum of these bytes, which several threads compute if there are many.
///
/// # Errors
///
/// None, in fact.
pub fn checksum_of(bytes: &[u8]) -> Result<u32> {
    checksum(Hasher::new(), &[bytes])
}

/// The elements of `view` as they are in a file, copied if they are not contiguous.
///
/// # Errors
///
/// If there are booleans other than 0 and 1, or if there is not enough memory.
pub fn bytes_in_file<'v>(view: &'v View<'_>) -> Result<Cow<'v, [u8]>> {
    array::check_elements(view)?;
    if let Some(bytes) = view.as_bytes() {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut bytes = Vec::new();
    view.append_to(&mut bytes, no_memory)?;
    Ok(Cow::Owned(bytes))
}
