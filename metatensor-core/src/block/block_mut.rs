//! Blocks whose values can change, inside of maps and other blocks.

use super::TensorBlock;
use crate::{Element, Result};

/// A block inside of a map, or a gradient inside of a block. Its values can change, its structure can
/// not.
#[derive(Debug)]
pub struct BlockMut<'a>(&'a mut TensorBlock);

impl<'a> BlockMut<'a> {
    pub(crate) fn new(block: &'a mut TensorBlock) -> Self {
        BlockMut(block)
    }

    /// Changes the elements of the array, see [`TensorBlock::update_values`].
    ///
    /// # Errors
    ///
    /// As for [`TensorBlock::update_values`].
    pub fn update_values<T: Element>(
        &mut self,
        change: impl FnOnce(ndarray::ArrayViewMutD<'_, T>) -> Result<()>,
    ) -> Result<()> {
        self.0.update_values(change)
    }

    /// The gradient with respect to `parameter`, to change its values.
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
