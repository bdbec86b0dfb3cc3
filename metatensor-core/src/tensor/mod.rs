//! Maps: blocks with keys.

use indexmap::IndexMap;

use crate::{BlockMut, DType, Device, Error, Labels, Origin, Result, TensorBlock};

mod components_to_properties;
mod fill_value;
mod iter;
mod keys_to_move;
mod keys_to_properties;
mod keys_to_samples;
mod merge;
mod merged_rows;
mod merged_size;
#[cfg(test)]
mod tests;
mod typed_values;

pub use fill_value::FillValue;
pub use iter::{MapIntoIter, MapIter, MapIterMut};
pub use keys_to_move::KeysToMove;
pub use merge::SampleOrder;
pub use typed_values::{TypedValues, TypedValuesMut};

/// A set of blocks, one for each entry of its keys.
///
/// All blocks have the same structure: the same names of samples, components and properties, the
/// same data type and device, and gradients with respect to the same parameters, of the same
/// structure again. Samples, properties and the lengths of axes differ from block to block: what is
/// always zero does not have to be stored.
///
/// ```
/// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let block = |atom, value| {
///     let samples = Labels::new(["atom"], &[[atom]])?;
///     TensorBlock::new(arr2(&[[value]]), &samples, &[], &Labels::range("n", 1)?)
/// };
/// let keys = Labels::new(["center_type"], &[[6], [8]])?;
/// let map = TensorMap::new(keys, vec![block(0, 0.5)?, block(1, 2.0)?])?;
///
/// let oxygen = map.block(&[("center_type", 8)])?;
/// assert_eq!(oxygen.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// for (key, block) in &map {
///     println!("{key:?}: {block}");
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TensorMap {
    keys: Labels,
    blocks: Vec<TensorBlock>,
    info: IndexMap<String, String>,
}

impl TensorMap {
    /// Map with one block per key, in the same order.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// let map = TensorMap::new(Labels::range("a", 2)?, vec![block(1.0)?, block(2.0)?])?;
    /// assert_eq!(map.len(), 2);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are not as many blocks as keys, the keys are on another device than the blocks, or the blocks do not
    /// have the same structure.
    pub fn new(keys: impl Into<Labels>, blocks: Vec<TensorBlock>) -> Result<TensorMap> {
        let keys = keys.into();
        check_blocks(&keys, &blocks)?;
        Ok(TensorMap {
            keys,
            blocks,
            info: IndexMap::new(),
        })
    }

    /// Keys of the blocks.
    pub fn keys(&self) -> &Labels {
        &self.keys
    }

    /// All blocks, in the order of their keys.
    pub fn blocks(&self) -> &[TensorBlock] {
        &self.blocks
    }

    /// Number of blocks.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there are no blocks.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The keys, the blocks and the info.
    pub fn into_parts(self) -> (Labels, Vec<TensorBlock>, IndexMap<String, String>) {
        (self.keys, self.blocks, self.info)
    }

    /// The block at this position.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0]])?;
    /// # let mut map = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
    /// assert_eq!(map.block_by_id(1)?.values_as::<f64>()?.sum(), 2.0);
    /// assert!(map.block_by_id(3).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are not that many blocks.
    pub fn block_by_id(&self, index: usize) -> Result<&TensorBlock> {
        self.blocks.get(index).ok_or_else(|| {
            Error::invalid(format!(
                "block index {index} is out of bounds for a map with {} blocks",
                self.blocks.len()
            ))
        })
    }

    /// The block at this position, to change its values.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0]])?;
    /// # let mut map = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
    /// map.block_by_id_mut(1)?.values_as_mut::<f64>()?.fill(7.0);
    /// assert_eq!(map.block_by_id(1)?.values_as::<f64>()?.sum(), 7.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are not that many blocks.
    pub fn block_by_id_mut(&mut self, index: usize) -> Result<BlockMut<'_>> {
        self.block_by_id(index)?;
        Ok(BlockMut::new(&mut self.blocks[index]))
    }

    /// The only block whose key has these values in these dimensions. Without any dimensions, the
    /// only block of the map.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0]])?;
    /// # let mut map = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
    /// let block = map.block(&[("a", 0), ("b", 1)])?;
    /// assert_eq!(block.values_as::<f64>()?.sum(), 2.0);
    /// assert!(map.block(&[("a", 0)]).is_err()); // there are two of them
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the keys do not have these dimensions, or there are no or several such blocks.
    pub fn block(&self, selection: &[(&str, i32)]) -> Result<&TensorBlock> {
        let (names, values): (Vec<_>, Vec<_>) = selection.iter().copied().unzip();
        self.block_matching(&Labels::assume_unique(&names, values)?)
    }

    /// The only block whose key matches an entry of `selection`.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0]])?;
    /// # let mut map = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
    /// let block = map.block_matching(&Labels::new(["b"], [[1]])?)?;
    /// assert_eq!(block.values_as::<f64>()?.sum(), 2.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the keys do not have the dimensions of `selection`, or there are no or several such blocks.
    pub fn block_matching(&self, selection: &Labels) -> Result<&TensorBlock> {
        let matching = self.blocks_matching(selection)?;
        if let [index] = matching[..] {
            return Ok(&self.blocks[index as usize]);
        }
        let what = match selection.count() {
            0 => "an empty selection".to_owned(),
            1 => selection.describe(0),
            n => format!("a selection of {n} entries for {}", selection.names()),
        };
        Err(Error::invalid(match matching.len() {
            0 => format!("no block matches {what}"),
            n => format!("{n} blocks match {what}, expected only one"),
        }))
    }

    /// Positions of the blocks whose keys match an entry of `selection`, see [`Labels::select`].
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock, TensorMap};
    /// # use ndarray::arr2;
    /// # let block = |value| TensorBlock::new(arr2(&[[value]]), Labels::single(), [], Labels::single());
    /// # let keys = Labels::new(["a", "b"], [[0, 0], [0, 1], [1, 0]])?;
    /// # let mut map = TensorMap::new(keys, vec![block(1.0)?, block(2.0)?, block(3.0)?])?;
    /// assert_eq!(map.blocks_matching(&Labels::new(["b"], [[0]])?)?, [0, 2]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the keys do not have the dimensions of `selection`.
    pub fn blocks_matching(&self, selection: &Labels) -> Result<Vec<u32>> {
        self.keys.select(selection)
    }

    /// Free text that goes with the map, by name, in the order in which names were added.
    pub fn info(&self) -> &IndexMap<String, String> {
        &self.info
    }

    /// Free text that goes with the map, by name, to change it.
    pub fn info_mut(&mut self) -> &mut IndexMap<String, String> {
        &mut self.info
    }

    /// Data type of all arrays, or `None` if there are no blocks.
    pub fn dtype(&self) -> Option<DType> {
        self.blocks.first().map(TensorBlock::dtype)
    }

    /// Device of all arrays, or `None` if there are no blocks.
    pub fn device(&self) -> Option<Device> {
        self.blocks.first().map(TensorBlock::device)
    }

    /// Checks that the arrays of a block still have the shapes of their labels.
    fn check_arrays(&self, block: usize) -> Result<()> {
        let checked = self.blocks[block].check_arrays();
        checked.map_err(|error| in_block(error, &self.keys, block))
    }

    /// Copy of this map that shares no array with it.
    ///
    /// # Errors
    ///
    /// If an array can not be copied.
    pub fn deep_copy(&self) -> Result<TensorMap> {
        let blocks = self.blocks.iter().enumerate().map(|(i, block)| {
            let copy = block.deep_copy();
            copy.map_err(|error| in_block(error, &self.keys, i))
        });
        Ok(TensorMap {
            keys: self.keys.clone(),
            blocks: blocks.collect::<Result<_>>()?,
            info: self.info.clone(),
        })
    }

    /// Copies the arrays that other maps or blocks use as well.
    ///
    /// # Errors
    ///
    /// If an array can not be copied.
    #[doc(hidden)]
    pub fn unshare_arrays(&mut self) -> Result<()> {
        for (i, block) in self.blocks.iter_mut().enumerate() {
            let unshared = block.unshare_arrays();
            unshared.map_err(|error| in_block(error, &self.keys, i))?;
        }
        Ok(())
    }
}

/// What all arrays of a map have in common.
#[derive(PartialEq)]
struct ArrayKind {
    dtype: DType,
    device: Device,
    origin: Origin,
}

impl ArrayKind {
    fn of(block: &TensorBlock) -> Result<ArrayKind> {
        Ok(ArrayKind {
            dtype: block.dtype(),
            device: block.device(),
            origin: block.origin()?,
        })
    }
}

/// Checks that blocks can be those of a map with these keys.
///
/// # Errors
///
/// As for [`TensorMap::new`].
pub(crate) fn check_blocks(keys: &Labels, blocks: &[TensorBlock]) -> Result<()> {
    if keys.count() != blocks.len() {
        return Err(Error::invalid(format!(
            "expected one block for each key, got {} blocks and {} keys",
            blocks.len(),
            keys.count()
        )));
    }
    if let [first, others @ ..] = blocks {
        let (ours, device) = (keys.device()?, first.device());
        if ours != device {
            return Err(Error::invalid(format!(
                "the keys and all blocks of a map must be on the same device, but the keys are on {ours} and the \
                 blocks on {device}"
            )));
        }
        if !others.is_empty() {
            let model = ArrayKind::of(first)?;
            for (i, block) in others.iter().enumerate() {
                check_same_structure(first, block, &model)
                    .map_err(|error| structure_error(error, keys, i + 1))?;
            }
        }
    }
    Ok(())
}

fn check_same_structure(first: &TensorBlock, block: &TensorBlock, model: &ArrayKind) -> Result<()> {
    let kind = ArrayKind::of(block)?;
    if kind != *model {
        let (what, expected, got) = if kind.dtype != model.dtype {
            ("data type", model.dtype.to_string(), kind.dtype.to_string())
        } else if kind.device != model.device {
            ("device", model.device.to_string(), kind.device.to_string())
        } else {
            let name = |origin: Origin| origin.name().unwrap_or_else(|_| origin.id().to_string());
            ("data origin", name(model.origin), name(kind.origin))
        };
        return Err(different(what, &expected, &got));
    }
    if have_same_names(first, block) {
        return Ok(());
    }
    check_all_names(first, block)
}

/// Checks that a block can be in a file with another one, of which only the data type, the names and the gradients
/// count.
pub(crate) fn check_same_form(first: &TensorBlock, block: &TensorBlock) -> Result<()> {
    let (expected, got) = (first.dtype(), block.dtype());
    if expected != got {
        return Err(different("data type", &expected, &got));
    }
    check_all_names(first, block)
}

fn check_all_names(first: &TensorBlock, block: &TensorBlock) -> Result<()> {
    check_same_names(first, block)?;
    // Properties of gradients are those of the values.
    if !same_names(first.properties(), block.properties()) {
        return Err(different(
            "property names",
            first.properties().names(),
            block.properties().names(),
        ));
    }
    Ok(())
}

/// Whether it is easy to see that two blocks have the same structure.
#[inline]
fn have_same_names(first: &TensorBlock, block: &TensorBlock) -> bool {
    let (ours, theirs) = (first.components(), block.components());
    same_names(first.samples(), block.samples())
        && same_names(first.properties(), block.properties())
        && ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(a, b)| same_names(a, b))
        && !first.has_gradients()
        && !block.has_gradients()
}

/// Blocks of a map often have the very same labels.
#[inline]
fn same_names(a: &Labels, b: &Labels) -> bool {
    a.is_same(b) || a.names() == b.names()
}

/// Checks the names of samples, components and gradients, recursively.
fn check_same_names(first: &TensorBlock, block: &TensorBlock) -> Result<()> {
    if !same_names(first.samples(), block.samples()) {
        return Err(different(
            "sample names",
            first.samples().names(),
            block.samples().names(),
        ));
    }
    let names = |block: &TensorBlock| {
        let names = block.components().iter().flat_map(|c| c.names().iter());
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let same_components = first.components().len() == block.components().len()
        && first
            .components()
            .iter()
            .zip(block.components())
            .all(|(a, b)| same_names(a, b));
    if !same_components {
        return Err(different(
            "component names",
            &format!("{:?}", names(first)),
            &format!("{:?}", names(block)),
        ));
    }
    let (parameters, other) = (first.gradients_list(), block.gradients_list());
    if parameters.len() != other.len() || other.iter().any(|p| !parameters.contains(p)) {
        return Err(different("gradients", parameters, other));
    }
    for (parameter, gradient) in first.gradients() {
        check_same_names(gradient, block.gradient(parameter)?)
            .map_err(|error| error.in_gradient(parameter))?;
    }
    Ok(())
}

#[cold]
fn different(what: &str, expected: &dyn std::fmt::Display, got: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("expected the {what} {expected}, got {got}"))
}

#[cold]
fn in_block(error: Error, keys: &Labels, block: usize) -> Error {
    error.context(format!("block {}", keys.describe(block)))
}

#[cold]
fn structure_error(error: Error, keys: &Labels, block: usize) -> Error {
    error.context(format!(
        "block {} does not have the structure of the first block",
        keys.describe(block)
    ))
}
