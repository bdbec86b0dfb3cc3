//! Row-major arrays.

use metatensor_core::{Result, TensorBlock};

use crate::engine::{
    Blocks, Operand, add_gradients, map_structure, with_values, without_gradients,
};
use crate::kernels;

/// Whether all arrays of a map, gradients included, have their elements one after the other in memory,
/// the last axis varying fastest.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// assert!(metatensor_operations::is_contiguous(&block)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the arrays are not in main memory.
pub fn is_contiguous<T: Operand>(tensor: &T) -> Result<bool> {
    are_contiguous(tensor.parts()).map_err(|error| error.context("is_contiguous"))
}

fn are_contiguous(blocks: Blocks<'_>) -> Result<bool> {
    let mut all = true;
    for (i, block) in blocks.list.iter().enumerate() {
        all = all && contiguous(block).map_err(|error| blocks.in_block(i, error))?;
    }
    Ok(all)
}

fn contiguous(block: &TensorBlock) -> Result<bool> {
    let mut all = block.view()?.is_contiguous();
    for (_, gradient) in block.gradients() {
        all = all && contiguous(gradient)?;
    }
    Ok(all)
}

/// The same map with arrays that are all contiguous: those that already are are shared, until they are
/// changed.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{equal, is_contiguous, make_contiguous};
/// # use ndarray::arr2;
/// let columns = arr2(&[[1.0, 2.0], [3.0, 4.0]]).reversed_axes();
/// let (samples, properties) = (Labels::range("s", 2)?, Labels::range("p", 2)?);
/// let block = TensorBlock::new(columns, &samples, &[], &properties)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
/// assert!(!is_contiguous(&tensor)?);
///
/// let rows = make_contiguous(&tensor)?;
/// assert!(is_contiguous(&rows)?);
/// assert!(equal(&tensor, &rows)?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the arrays are not in main memory, or those of the arrays.
pub fn make_contiguous<T: Operand>(tensor: &T) -> Result<T> {
    map_structure(tensor, &|_, block| made_contiguous(block))
        .map_err(|error| error.context("make_contiguous"))
}

fn made_contiguous(block: &TensorBlock) -> Result<TensorBlock> {
    let view = block.view()?;
    let mut result = if view.is_contiguous() {
        without_gradients(block)?
    } else {
        with_values(block, kernels::stack(&[view])?)?
    };
    add_gradients(&mut result, block, &mut |_, gradient| {
        made_contiguous(gradient)
    })?;
    Ok(result)
}

#[cfg(test)]
mod tests;
