//! Maps with the structure of others.

use std::collections::HashSet;

use metatensor_core::internal::with_element;
use metatensor_core::{DenseArray, Element, Error, Result, TensorBlock};

use crate::engine::{Operand, add_gradients, map_structure, with_values};

/// Which gradients a new map or block has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientSelection<'a> {
    /// All that the given one has.
    All,
    /// None.
    None,
    /// Those with respect to these parameters, in this order.
    Only(&'a [&'a str]),
}

/// Map with the labels, the data type and the info of `tensor`, and 0 for all elements.
///
/// Gradients that are kept keep their own gradients.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{GradientSelection, ones_like, zeros_like};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0, 8.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let zeros = zeros_like(&block, GradientSelection::All)?;
/// assert_eq!(zeros.to_ndarray::<f64>()?, arr2(&[[0.0, 0.0]]).into_dyn());
/// let ones = ones_like(&block, GradientSelection::All)?;
/// assert_eq!(ones.to_ndarray::<f64>()?, arr2(&[[1.0, 1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If a selected gradient does not exist or is selected twice; or those of the arrays.
pub fn zeros_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("zeros_like", tensor, gradients, 0.0)
}

/// Like [`zeros_like`], with 1 for all elements, also those of gradients: these are not derivatives of
/// anything.
///
/// ```
/// # use metatensor_operations::{GradientSelection, ones_like};
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0, 8.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let ones = ones_like(&block, GradientSelection::All)?;
/// assert_eq!(ones.to_ndarray::<f64>()?, arr2(&[[1.0, 1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`zeros_like`].
pub fn ones_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("ones_like", tensor, gradients, 1.0)
}

/// Like [`zeros_like`], for callers who will write all elements: do not rely on what they are.
///
/// ```
/// # use metatensor_operations::{GradientSelection, empty_like};
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0, 8.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let empty = empty_like(&block, GradientSelection::None)?;
/// assert_eq!(empty.shape()[..], [1, 2]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`zeros_like`].
pub fn empty_like<T: Operand>(tensor: &T, gradients: GradientSelection<'_>) -> Result<T> {
    filled_like("empty_like", tensor, gradients, 0.0)
}

fn filled_like<T: Operand>(
    function: &str,
    tensor: &T,
    gradients: GradientSelection<'_>,
    number: f64,
) -> Result<T> {
    map_structure(tensor, &|_, block| {
        filled(function, block, gradients, number)
    })
}

fn filled(
    function: &str,
    block: &TensorBlock,
    gradients: GradientSelection<'_>,
    number: f64,
) -> Result<TensorBlock> {
    let value = with_element!(block.dtype(), T => {
        Ok(DenseArray::scalar(T::from_number(number).unwrap_or_default()))
    })?;
    let mut result = filled_values(block, &value)?;
    for (parameter, gradient) in selected(function, block, gradients)? {
        result.add_gradient(parameter, filled_all(gradient, &value)?)?;
    }
    Ok(result)
}

/// The selected gradients of a block and their parameters, in the order of the selection.
pub(crate) fn selected<'a>(
    function: &str,
    block: &'a TensorBlock,
    gradients: GradientSelection<'a>,
) -> Result<Vec<(&'a str, &'a TensorBlock)>> {
    let parameters = match gradients {
        GradientSelection::All => return Ok(block.gradients().collect()),
        GradientSelection::None => return Ok(Vec::new()),
        GradientSelection::Only(parameters) => parameters,
    };
    let mut distinct = HashSet::new();
    for parameter in parameters {
        if !block.has_gradient(parameter) {
            return Err(Error::invalid(format!(
                "requested gradient '{parameter}' in '{function}' is not defined in this tensor, \
                 which has {}",
                block.gradients_list()
            )));
        }
        if !distinct.insert(*parameter) {
            return Err(Error::invalid(format!(
                "requested gradient '{parameter}' twice in '{function}'"
            )));
        }
    }
    let selected = parameters.iter();
    selected
        .map(|&parameter| Ok((parameter, block.gradient(parameter)?)))
        .collect()
}

fn filled_all(block: &TensorBlock, value: &DenseArray) -> Result<TensorBlock> {
    let mut result = filled_values(block, value)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        filled_all(gradient, value)
    })?;
    Ok(result)
}

fn filled_values(block: &TensorBlock, value: &DenseArray) -> Result<TensorBlock> {
    let shape = block.shape();
    if block.device().is_cpu() {
        return with_values(block, value.filled_like(&shape, value)?);
    }
    let values = block.values().create(&shape, value)?;
    block.with_array_alike(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )
}

#[cfg(test)]
mod tests;
