//! Other names for dimensions.

use metatensor_core::internal::RowCheck;
use metatensor_core::{Error, Labels, Names, Result, TensorBlock};

use super::{Edited, edit_keys, position, with_properties};
use crate::engine::{Axis, Operand, add_gradients, change_structure};

/// Map with another name for one of the dimensions of the keys, the samples, the components, or the
/// properties.
///
/// Dimensions of the samples and components of gradients which have the old name get the new one as
/// well. The exception is the first dimension of their samples: it is always `sample`. The info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, rename_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let renamed = rename_dimension(&tensor, Axis::Keys, "b", "c")?;
/// assert_eq!(*renamed.keys().names(), ["a", "c"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there is no dimension with the name `old`; or if `new` is the name of another one, or can not
/// be a name.
pub fn rename_dimension<T: Operand>(tensor: &T, axis: Axis, old: &str, new: &str) -> Result<T> {
    into_rename_dimension(tensor.clone(), axis, old, new)
}

/// [`rename_dimension`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, into_rename_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let result = into_rename_dimension(tensor, Axis::Keys, "b", "c")?;
/// assert_eq!(*result.keys().names(), ["a", "c"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`rename_dimension`].
pub fn into_rename_dimension<T: Operand>(tensor: T, axis: Axis, old: &str, new: &str) -> Result<T> {
    let renamed = if axis == Axis::Keys {
        edit_keys(
            tensor,
            &|keys| rename_known(keys, old, new),
            &Axis::OF_BLOCKS,
        )
    } else {
        let renames = Renames::new(old, new);
        change_structure(tensor, &|_, block| rename_in_block(&block, axis, &renames))
    };
    renamed.map_err(|error| error.context("rename_dimension"))
}

/// What is renamed, and the labels that were.
struct Renames<'a> {
    old: &'a str,
    new: &'a str,
    all: Edited,
    /// Samples of gradients, whose first dimension keeps its name.
    of_gradients: Edited,
}

impl<'a> Renames<'a> {
    fn new(old: &'a str, new: &'a str) -> Self {
        Renames {
            old,
            new,
            all: Edited::new(),
            of_gradients: Edited::new(),
        }
    }

    fn rename(&self, labels: &Labels) -> Result<Labels> {
        let rename = |labels: &Labels| rename(labels, 0, self.old, self.new);
        self.all.get(labels, rename)
    }

    fn rename_gradient_samples(&self, labels: &Labels) -> Result<Labels> {
        let rename = |labels: &Labels| rename(labels, 1, self.old, self.new);
        self.of_gradients.get(labels, rename)
    }
}

fn rename_in_block(block: &TensorBlock, axis: Axis, renames: &Renames<'_>) -> Result<TensorBlock> {
    let old = renames.old;
    let renamed = match axis {
        Axis::Samples => position(block.samples(), old)
            .and_then(|_| renames.rename(block.samples()))
            .and_then(|samples| rename_samples(block, &samples, renames)),
        Axis::Properties => position(block.properties(), old)
            .and_then(|_| renames.rename(block.properties()))
            .and_then(|properties| with_properties(block, &properties)),
        _ if has_component(block, old) => rename_components(block, renames),
        _ => Err(Error::invalid(format!(
            "'{old}' is not the name of a component"
        ))),
    };
    renamed.map_err(|error| error.context(axis))
}

fn has_component(block: &TensorBlock, name: &str) -> bool {
    let mut components = block.components().iter();
    let mut gradients = block.gradients();
    components.any(|labels| labels.names().contains(name))
        || gradients.any(|(_, gradient)| has_component(gradient, name))
}

/// Block with these samples, and gradients whose samples are renamed.
fn rename_samples(
    block: &TensorBlock,
    samples: &Labels,
    renames: &Renames<'_>,
) -> Result<TensorBlock> {
    let mut result = block.relabeled(samples, block.components(), block.properties())?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        let samples = renames.rename_gradient_samples(gradient.samples())?;
        rename_samples(gradient, &samples, renames)
    })?;
    Ok(result)
}

fn rename_components(block: &TensorBlock, renames: &Renames<'_>) -> Result<TensorBlock> {
    let components = block.components().iter();
    let components = components.map(|component| renames.rename(component));
    let components = components.collect::<Result<Vec<_>>>()?;
    let mut result = block.relabeled(block.samples(), &components, block.properties())?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        rename_components(gradient, renames)
    })?;
    Ok(result)
}

fn rename_known(labels: &Labels, old: &str, new: &str) -> Result<Labels> {
    position(labels, old)?;
    rename(labels, 0, old, new)
}

/// Renames one of the dimensions after the first `fixed`, if it has this name.
fn rename(labels: &Labels, fixed: usize, old: &str, new: &str) -> Result<Labels> {
    match Names::position(labels.names(), old) {
        Some(position) if position >= fixed && old != new => {
            let mut names = labels.names().to_vec();
            names[position] = new;
            Labels::from_storage(&names, labels.array().clone(), RowCheck::AssumeUnique)
        }
        _ => Ok(labels.clone()),
    }
}
