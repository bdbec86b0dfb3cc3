//! Changing the dimensions of labels. Arrays stay what they are.

mod add;
mod permute;
mod remove;
mod rename;
#[cfg(test)]
mod tests;

use metatensor_core::{BlockParts, Error, Labels, Result, TensorBlock, TensorMap};

use crate::Axis;
use crate::structure::{change_parts, change_structure, from_parts, invalid_axis};

pub use add::{
    DimensionValues, append_dimension, append_dimension_block, insert_dimension,
    insert_dimension_block, into_append_dimension, into_insert_dimension,
};
pub use permute::{into_permute_dimensions, permute_dimensions, permute_dimensions_block};
pub use remove::{into_remove_dimension, remove_dimension, remove_dimension_block};
pub use rename::{into_rename_dimension, rename_dimension, rename_dimension_block};

/// Map with the labels of one axis changed by `edit`, which also gets the number of the block.
fn edit_map(
    tensor: TensorMap,
    axis: Axis,
    edit: impl Fn(&Labels, usize) -> Result<Labels>,
) -> Result<TensorMap> {
    check_axis(axis, &[Axis::Keys, Axis::Samples, Axis::Properties])?;
    if axis == Axis::Keys {
        return edit_keys(tensor, |keys| edit(keys, 0));
    }
    change_structure(tensor, |i, block| {
        edit_block(block, axis, |labels| edit(labels, i))
    })
}

fn edit_keys(tensor: TensorMap, edit: impl Fn(&Labels) -> Result<Labels>) -> Result<TensorMap> {
    change_parts(tensor, |keys, blocks| {
        let keys = edit(&keys).map_err(|error| error.context(Axis::Keys))?;
        Ok((keys, blocks))
    })
}

/// Block with its samples or properties changed by `edit`.
fn edit_block(
    block: TensorBlock,
    axis: Axis,
    edit: impl Fn(&Labels) -> Result<Labels>,
) -> Result<TensorBlock> {
    check_axis(axis, &[Axis::Samples, Axis::Properties])?;
    let edit = |labels| edit(labels).map_err(|error| error.context(axis));
    if axis == Axis::Properties {
        let properties = edit(block.properties())?;
        return with_properties(block, &properties);
    }
    let samples = edit(block.samples())?;
    from_parts(BlockParts {
        samples,
        ..block.into_parts()
    })
}

fn with_properties(block: TensorBlock, properties: &Labels) -> Result<TensorBlock> {
    let mut parts = block.into_parts();
    parts.properties = properties.clone();
    change_gradients(&mut parts, |gradient| with_properties(gradient, properties))?;
    from_parts(parts)
}

/// Replaces all gradients by what `change` makes of them. Errors name the gradient.
fn change_gradients(
    parts: &mut BlockParts,
    change: impl Fn(TensorBlock) -> Result<TensorBlock>,
) -> Result<()> {
    let gradients = std::mem::take(&mut parts.gradients).into_iter();
    let gradients = gradients.map(|(parameter, gradient)| match change(gradient) {
        Ok(gradient) => Ok((parameter, gradient)),
        Err(error) => Err(error.in_gradient(&parameter)),
    });
    parts.gradients = gradients.collect::<Result<_>>()?;
    Ok(())
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
