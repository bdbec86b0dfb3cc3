//! Changing the dimensions of labels. Arrays stay what they are.

mod add;
mod permute;
mod remove;
mod rename;
#[cfg(test)]
mod tests;

use metatensor_core::{Error, Labels, Result, TensorBlock};

use crate::engine::{
    Axis, Operand, Repeated, add_gradients, change_structure, invalid_axis, with_properties,
};

pub use add::{
    DimensionValues, append_dimension, insert_dimension, into_append_dimension,
    into_insert_dimension,
};
pub use permute::{into_permute_dimensions, permute_dimensions};
pub use remove::{into_remove_dimension, remove_dimension};
pub use rename::{into_rename_dimension, rename_dimension};

/// Map or block with the labels of one axis changed by `edit`, the same way for all blocks.
fn edit<T: Operand>(tensor: T, axis: Axis, edit: &dyn Fn(&Labels) -> Result<Labels>) -> Result<T> {
    let edited = Edited::new();
    edit_each(tensor, axis, &|labels, _| edited.get(labels, edit))
}

/// Labels that were changed, for other blocks with the same ones.
struct Edited(Repeated<Labels>);

impl Edited {
    fn new() -> Edited {
        Edited(Repeated::new())
    }

    fn get(&self, labels: &Labels, edit: impl FnOnce(&Labels) -> Result<Labels>) -> Result<Labels> {
        let edited = self.0.get(labels, || edit(labels))?;
        Ok(Labels::clone(&edited))
    }
}

/// Map or block with the labels of one axis changed by `edit`, which also gets the number of the block.
fn edit_each<T: Operand>(
    tensor: T,
    axis: Axis,
    edit: &dyn Fn(&Labels, usize) -> Result<Labels>,
) -> Result<T> {
    match axis {
        Axis::Keys => edit_keys(tensor, &|keys| edit(keys, 0), &OF_BLOCKS),
        Axis::Components => Err(no_axis(axis, if T::IS_MAP { &OF_MAPS } else { &OF_BLOCKS })),
        Axis::Samples | Axis::Properties => change_structure(tensor, &|i, block| {
            edit_block(&block, axis, &|labels| edit(labels, i))
        }),
    }
}

const OF_MAPS: [Axis; 3] = [Axis::Keys, Axis::Samples, Axis::Properties];
const OF_BLOCKS: [Axis; 2] = [Axis::Samples, Axis::Properties];

#[cold]
fn no_axis(axis: Axis, valid: &[Axis]) -> Error {
    invalid_axis(axis, "a valid axis", valid)
}

/// Map with its keys changed by `edit`. Blocks have none, but those of `others`.
fn edit_keys<T: Operand>(
    tensor: T,
    edit: &dyn Fn(&Labels) -> Result<Labels>,
    others: &[Axis],
) -> Result<T> {
    tensor.change(|keys, _| {
        let Some(keys) = keys else {
            return Err(no_axis(Axis::Keys, others));
        };
        *keys = edit(keys).map_err(|error| error.context(Axis::Keys))?;
        Ok(())
    })
}

/// Block with its samples or properties changed by `edit`.
fn edit_block(
    block: &TensorBlock,
    axis: Axis,
    edit: &dyn Fn(&Labels) -> Result<Labels>,
) -> Result<TensorBlock> {
    let edit = |labels| edit(labels).map_err(|error| error.context(axis));
    if axis == Axis::Properties {
        let properties = edit(block.properties())?;
        return with_properties(block, &properties);
    }
    let samples = edit(block.samples())?;
    let mut result = block.relabeled(&samples, block.components(), block.properties())?;
    add_gradients(&mut result, block, &mut |_, gradient| Ok(gradient.clone()))?;
    Ok(result)
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
