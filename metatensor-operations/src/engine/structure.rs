//! What operations that only move things around have in common.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::{Axis, add_gradients};

/// Labels with the dimensions of `model` and these rows, which are distinct.
pub(crate) fn with_rows(model: &Labels, values: Vec<i32>) -> Result<Labels> {
    Labels::assume_unique(&model.names().to_vec(), values)?.stored_like(model)
}

/// `block` with these gradients as well.
pub(crate) fn with_gradients<P: AsRef<str>>(
    mut block: TensorBlock,
    gradients: Vec<(P, TensorBlock)>,
) -> Result<TensorBlock> {
    for (parameter, gradient) in gradients {
        block.add_gradient(parameter.as_ref(), gradient)?;
    }
    Ok(block)
}

/// `block` and its gradients, at all depths, with other properties.
pub(crate) fn with_properties(block: &TensorBlock, properties: &Labels) -> Result<TensorBlock> {
    let mut result = block.relabeled(block.samples(), block.components(), properties)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        with_properties(gradient, properties)
    })?;
    Ok(result)
}

/// Fails for all axes that are neither samples nor properties, and so not `what` is needed.
pub(crate) fn samples_or_properties(axis: Axis, what: &str) -> Result<()> {
    let valid = [Axis::Samples, Axis::Properties];
    match valid.contains(&axis) {
        true => Ok(()),
        false => Err(invalid_axis(axis, what, &valid)),
    }
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
