//! Blocks whose values can change, inside of maps and other blocks.

use super::TensorBlock;
use crate::{Element, Result, TypedViewMut};

/// A block inside of a map, or a gradient inside of a block. Its values can change, its structure can
/// not.
#[derive(Debug)]
pub struct BlockMut<'a>(&'a mut TensorBlock);

impl<'a> BlockMut<'a> {
    pub(crate) fn new(block: &'a mut TensorBlock) -> Self {
        BlockMut(block)
    }

    /// The elements, as an array of `ndarray`, to change them: see [`TensorBlock::values_as_mut`].
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::values_as_mut`].
    pub fn values_as_mut<T: Element>(&mut self) -> Result<TypedViewMut<'_, T>> {
        self.0.values_as_mut()
    }

    /// The gradient with respect to `parameter`, to change its values.
    ///
    /// ```
    /// # use metatensor_core::{Labels, Result, TensorBlock};
    /// # use ndarray::{arr2, arr3};
    /// # let samples = Labels::range("atom", 2)?;
    /// # let mut block = TensorBlock::new(arr2(&[[1.0], [3.0]]), samples, [], Labels::single())?;
    /// # let rows = Labels::new(["sample"], [[1]])?;
    /// # let gradient = TensorBlock::new(arr2(&[[0.5]]), rows, [], Labels::single())?;
    /// # block.add_gradient("t", gradient)?;
    /// # let mut map = metatensor_core::TensorMap::new(Labels::single(), vec![block])?;
    /// let mut block = map.block_by_id_mut(0)?;
    /// block.gradient_mut("t")?.values_as_mut::<f64>()?.fill(2.0);
    /// assert_eq!(block.gradient("t")?.values_as::<f64>()?.sum(), 2.0);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is no such gradient.
    pub fn gradient_mut(&mut self, parameter: &str) -> Result<BlockMut<'_>> {
        self.0.gradient_mut(parameter)
    }
}

impl<'a> From<&'a mut TensorBlock> for BlockMut<'a> {
    fn from(block: &'a mut TensorBlock) -> Self {
        BlockMut(block)
    }
}

impl std::ops::Deref for BlockMut<'_> {
    type Target = TensorBlock;

    fn deref(&self) -> &TensorBlock {
        self.0
    }
}
