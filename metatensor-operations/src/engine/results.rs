//! From computed arrays to blocks and maps.

use metatensor_core::{DType, DenseArray, Error, Result, TensorBlock};

use crate::kernels;
use crate::numbers::{Number, continuous, read, stored, with_continuous};

/// Block with the labels of `block`, but no gradients, and these values.
pub(crate) fn with_values(block: &TensorBlock, values: DenseArray) -> Result<TensorBlock> {
    block.with_new_values(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )
}

/// [`with_values`] for results of computations, stored as elements of type `dtype`.
pub(crate) fn with_results(
    block: &TensorBlock,
    results: DenseArray,
    dtype: DType,
) -> Result<TensorBlock> {
    with_values(block, stored(results, dtype)?)
}

/// `block` itself, without gradients.
pub(crate) fn without_gradients(block: &TensorBlock) -> Result<TensorBlock> {
    block.relabeled(block.samples(), block.components(), block.properties())
}

/// Adds what `f` makes of each gradient of `block` and its parameter to `result`. Errors name the gradient.
pub(crate) fn add_gradients<'a>(
    result: &mut TensorBlock,
    block: &'a TensorBlock,
    f: &mut dyn FnMut(&str, &'a TensorBlock) -> Result<TensorBlock>,
) -> Result<()> {
    for (parameter, gradient) in block.gradients() {
        let made = f(parameter, gradient).map_err(|error| error.in_gradient(parameter))?;
        result.add_gradient(parameter, made)?;
    }
    Ok(())
}

/// Block with elements of type `dtype`, made by `f` from those of `block` and its gradients, at all depths.
pub(crate) fn map_all<T: Number>(
    block: &TensorBlock,
    dtype: DType,
    f: impl Fn(T) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let results = kernels::map(view.shape(), &read(&view)?, f)?;
    let mut result = with_results(block, results, dtype)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        map_all(gradient, dtype, f)
    })?;
    Ok(result)
}

/// `block` itself if its elements can have fractions, else with those of the type that becomes of them.
pub(crate) fn with_fractions(block: &TensorBlock) -> Result<TensorBlock> {
    let dtype = continuous(block.dtype())?;
    if block.dtype() == dtype {
        return Ok(block.clone());
    }
    with_continuous!(dtype, T => map_all(block, dtype, |x: T| x))
}

/// Whether there are gradients of gradients.
pub(crate) fn has_second_derivatives(block: &TensorBlock) -> bool {
    let mut gradients = block.gradients();
    gradients.any(|(_, gradient)| !gradient.gradients_list().is_empty())
}

/// Fails if there are gradients of gradients, and names the first one with all that is below it.
pub(crate) fn check_no_second_derivatives(block: &TensorBlock) -> Result<()> {
    for (parameter, gradient) in block.gradients() {
        let mut path = parameter.to_owned();
        let mut below = gradient.gradients().next();
        if below.is_none() {
            continue;
        }
        while let Some((parameter, gradient)) = below {
            path = format!("{path}/{parameter}");
            below = gradient.gradients().next();
        }
        return Err(Error::unsupported(format!(
            "no formula for gradients of gradients, got '{path}'"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
