//! What operations that only move things around have in common.

use metatensor_core::{BlockParts, Error, Labels, Result, TensorBlock, TensorMap};

use crate::Axis;
use crate::results::block_error;

/// Labels with the dimensions of `model` and these rows, which are distinct.
pub(crate) fn with_rows(model: &Labels, values: Vec<i32>) -> Result<Labels> {
    Labels::assume_unique(&model.names().to_vec(), values)?.stored_like(model)
}

/// Map with these keys and blocks, and the info of `tensor`.
pub(crate) fn with_blocks(
    tensor: &TensorMap,
    keys: Labels,
    blocks: Vec<TensorBlock>,
) -> Result<TensorMap> {
    let mut result = TensorMap::new(keys, blocks)?;
    result.info_mut().clone_from(tensor.info());
    Ok(result)
}

/// Map with the keys and the info of `tensor`, and what `f` makes of each block. Errors name the
/// block.
pub(crate) fn map_structure(
    tensor: &TensorMap,
    mut f: impl FnMut(usize, &TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorMap> {
    let blocks = tensor.blocks().iter().enumerate();
    let blocks = blocks.map(|(i, block)| f(i, block).map_err(|e| block_error(e, tensor, i)));
    let blocks = blocks.collect::<Result<_>>()?;
    with_blocks(tensor, tensor.keys().clone(), blocks)
}

/// Map with the info of `tensor`, and what `change` makes of its keys and blocks.
pub(crate) fn change_parts(
    tensor: TensorMap,
    change: impl FnOnce(Labels, Vec<TensorBlock>) -> Result<(Labels, Vec<TensorBlock>)>,
) -> Result<TensorMap> {
    let (keys, blocks, info) = tensor.into_parts();
    let (keys, blocks) = change(keys, blocks)?;
    let mut result = TensorMap::new(keys, blocks)?;
    *result.info_mut() = info;
    Ok(result)
}

/// [`map_structure`] which consumes the map, so that blocks do not share their arrays with it.
pub(crate) fn change_structure(
    tensor: TensorMap,
    mut f: impl FnMut(usize, TensorBlock) -> Result<TensorBlock>,
) -> Result<TensorMap> {
    change_parts(tensor, |keys, blocks| {
        let blocks = blocks.into_iter().enumerate().map(|(i, block)| {
            f(i, block).map_err(|error| error.context(format!("block {}", keys.describe(i))))
        });
        let blocks = blocks.collect::<Result<_>>()?;
        Ok((keys, blocks))
    })
}

/// Block made of these parts.
pub(crate) fn from_parts(parts: BlockParts) -> Result<TensorBlock> {
    let mut block = TensorBlock::new(
        parts.values,
        &parts.samples,
        &parts.components,
        &parts.properties,
    )?;
    for (parameter, gradient) in parts.gradients {
        block.add_gradient(&parameter, gradient)?;
    }
    Ok(block)
}

/// The error for an axis that an operation has nothing to do with.
#[cold]
pub(crate) fn invalid_axis(axis: Axis, what: &str, valid: &[Axis]) -> Error {
    let valid: Vec<_> = valid.iter().map(|axis| format!("'{axis}'")).collect();
    Error::invalid(format!(
        "'{axis}' is not {what}, expected one of {}",
        valid.join(", ")
    ))
}

#[cfg(test)]
mod tests;
