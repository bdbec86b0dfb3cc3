//! Removing gradients.

use std::collections::HashSet;

use metatensor_core::{Result, TensorBlock};

use crate::engine::{Operand, change_structure, map_structure, without_gradients};

/// Map without some of its gradients, or without any (`None`).
///
/// Gradients that are kept keep their own gradients, arrays are shared until they are changed, and the
/// info stays. Parameters without a gradient are ignored.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::remove_gradients;
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let mut block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// # for parameter in ["positions", "cell"] {
/// #     let rows = Labels::new(["sample"], &[[0]])?;
/// #     let gradient = TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?;
/// #     block.add_gradient(parameter, gradient)?;
/// # }
/// # let tensor = TensorMap::new(Labels::single(), vec![block])?;
/// // A map with gradients with respect to positions and cell.
/// let smaller = remove_gradients(&tensor, Some(&["cell"]))?;
/// assert_eq!(*smaller.block_by_id(0)?.gradients_list(), ["positions"]);
/// assert!(remove_gradients(&tensor, None)?.block_by_id(0)?.gradients_list().is_empty());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of the arrays.
pub fn remove_gradients<T: Operand>(tensor: &T, remove: Option<&[&str]>) -> Result<T> {
    let remove = set(remove);
    map_structure(tensor, &|_, block| removed(block, remove.as_ref()))
        .map_err(|error| error.context("remove_gradients"))
}

/// [`remove_gradients`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let constant = metatensor_operations::into_without_gradients(block, None)?;
/// assert!(constant.gradients_list().is_empty());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`remove_gradients`].
pub fn into_without_gradients<T: Operand>(tensor: T, remove: Option<&[&str]>) -> Result<T> {
    let remove = set(remove);
    change_structure(tensor, &|_, block| removed(&block, remove.as_ref()))
        .map_err(|error| error.context("remove_gradients"))
}

fn set<'a>(names: Option<&[&'a str]>) -> Option<HashSet<&'a str>> {
    names.map(|names| names.iter().copied().collect())
}

fn removed(block: &TensorBlock, remove: Option<&HashSet<&str>>) -> Result<TensorBlock> {
    let mut result = without_gradients(block)?;
    if let Some(remove) = remove {
        for (parameter, gradient) in block.gradients() {
            if !remove.contains(parameter) {
                result.add_gradient(parameter, gradient.clone())?;
            }
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests;
