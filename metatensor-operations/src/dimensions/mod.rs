//! Changing the dimensions of labels. Arrays stay what they are.

mod add;
mod permute;
mod remove;
mod rename;
#[cfg(test)]
mod tests;

use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};

use crate::Axis;
use crate::structure::{invalid_axis, map_structure, with_blocks};

pub use add::{
    DimensionValues, append_dimension, append_dimension_block, insert_dimension,
    insert_dimension_block,
};
pub use permute::{permute_dimensions, permute_dimensions_block};
pub use remove::{remove_dimension, remove_dimension_block};
pub use rename::{rename_dimension, rename_dimension_block};

/// Map with the labels of one axis changed by `edit`, which also gets the number of the block.
fn edit_map(
    tensor: &TensorMap,
    axis: Axis,
    edit: impl Fn(&Labels, usize) -> Result<Labels>,
) -> Result<TensorMap> {
    if axis == Axis::Keys {
        let keys = edit(tensor.keys(), 0).map_err(|error| error.context(axis))?;
        return with_blocks(tensor, keys, tensor.blocks().to_vec());
    }
    check_axis(axis, &[Axis::Keys, Axis::Samples, Axis::Properties])?;
    map_structure(tensor, |i, block| {
        edit_block(block, axis, |labels| edit(labels, i))
    })
}

/// Block with its samples or properties changed by `edit`.
fn edit_block(
    block: &TensorBlock,
    axis: Axis,
    edit: impl Fn(&Labels) -> Result<Labels>,
) -> Result<TensorBlock> {
    check_axis(axis, &[Axis::Samples, Axis::Properties])?;
    let edit = |labels| edit(labels).map_err(|error| error.context(axis));
    if axis == Axis::Properties {
        return with_properties(block, &edit(block.properties())?);
    }
    let samples = edit(block.samples())?;
    let values = block.values().clone();
    let mut result = TensorBlock::new(values, &samples, block.components(), block.properties())?;
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, gradient.clone())?;
    }
    Ok(result)
}

fn with_properties(block: &TensorBlock, properties: &Labels) -> Result<TensorBlock> {
    let values = block.values().clone();
    let mut result = TensorBlock::new(values, block.samples(), block.components(), properties)?;
    for (parameter, gradient) in block.gradients() {
        result.add_gradient(parameter, with_properties(gradient, properties)?)?;
    }
    Ok(result)
}

fn check_axis(axis: Axis, valid: &[Axis]) -> Result<()> {
    if valid.contains(&axis) {
        return Ok(());
    }
    Err(invalid_axis(axis, "a valid axis", valid))
}

/// The column of a dimension.
fn position(labels: &Labels, name: &str) -> Result<usize> {
    labels.names().position(name).ok_or_else(|| {
        Error::invalid(format!(
            "'{name}' is not one of the dimensions {}",
            labels.names()
        ))
    })
}
