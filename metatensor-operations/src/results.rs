//! From computed arrays to blocks and maps.

use metatensor_core::{
    ArrayRef, DenseArray, Element, Error, Result, TensorBlock, TensorMap, stored_like,
};

use crate::elements::{Convert, read};
use crate::kernels;

/// Block with the labels of `block`, but no gradients, and these values.
pub(crate) fn with_values(block: &TensorBlock, values: DenseArray) -> Result<TensorBlock> {
    with_array(block, stored_like(&**block.values(), values)?)
}

/// The same with an array of the right kind already.
pub(crate) fn with_array(block: &TensorBlock, values: ArrayRef) -> Result<TensorBlock> {
    TensorBlock::new(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )
}

/// Block with `f` applied to all of its elements, and to those of its gradients, at all depths.
pub(crate) fn map_all<S: Element + Convert, T: Element>(
    block: &TensorBlock,
    f: impl Fn(S) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let mut result = with_values(block, kernels::map(view.shape(), &read(&view)?, f)?)?;
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, map_all(gradient, f)?)?;
    }
    Ok(result)
}

/// `block` with elements of type `T`.
pub(crate) fn cast<T: Element + Convert>(block: &TensorBlock) -> Result<TensorBlock> {
    if block.dtype()? == T::DTYPE {
        return Ok(block.clone());
    }
    map_all(block, |x: T| x)
}

/// Map with `f` applied to all blocks of `tensor`. Errors name `function` and the block.
pub(crate) fn map_blocks(
    function: &str,
    tensor: &TensorMap,
    f: impl Fn(&TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorMap> {
    let blocks = tensor.blocks().iter().enumerate().map(|(i, block)| {
        f(block).map_err(|error| block_error(error, tensor, i).context(function))
    });
    TensorMap::new(tensor.keys().clone(), blocks.collect::<Result<_>>()?)
}

#[cold]
pub(crate) fn block_error(error: Error, tensor: &TensorMap, block: usize) -> Error {
    error.context(format!("block {}", tensor.keys().describe(block)))
}

/// Fails if there are gradients of gradients.
pub(crate) fn check_no_second_derivatives(block: &TensorBlock) -> Result<()> {
    for (parameter, gradient) in block.gradients() {
        if let Some(second) = gradient.gradients_list().iter().next() {
            return Err(Error::unsupported(format!(
                "no formula for gradients of gradients, got '{parameter}/{second}'"
            )));
        }
    }
    Ok(())
}
