//! Rows times numbers, in double precision.

use metatensor_core::internal::with_element;
use metatensor_core::{Complex, DType, DenseArray, Result, TensorBlock};

use super::arithmetic::Addend;

/// `block` in double precision, each row times a number; rows of gradients times that of their sample, at all depths.
pub(super) fn weighted(block: &TensorBlock, weights: &[f64]) -> Result<TensorBlock> {
    let copy = DenseArray::copy_of(&block.view()?)?;
    let values = with_element!(copy.dtype(), T => times::<T>(&copy, weights))?;
    let mut result = with_values(block, values)?;
    for (parameter, gradient) in block.gradients() {
        let samples = gradient.samples().iter();
        let weights: Vec<f64> = samples.map(|row| weights[row[0] as usize]).collect();
        let gradient = weighted(gradient, &weights);
        let gradient = gradient.map_err(|error| error.in_gradient(parameter))?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

/// `block` and its gradients, rounded to elements of another type.
pub(super) fn rounded(block: &TensorBlock, dtype: DType) -> Result<TensorBlock> {
    let copy = DenseArray::copy_of(&block.view()?)?;
    let values = match copy.dtype() {
        DType::C128 => with_element!(dtype, T => round::<Complex<f64>, T>(&copy)),
        _ => with_element!(dtype, T => round::<f64, T>(&copy)),
    };
    let mut result = with_values(block, values?)?;
    for (parameter, gradient) in block.gradients() {
        let gradient = rounded(gradient, dtype);
        let gradient = gradient.map_err(|error| error.in_gradient(parameter))?;
        result.add_gradient(parameter, gradient)?;
    }
    Ok(result)
}

fn with_values(block: &TensorBlock, values: DenseArray) -> Result<TensorBlock> {
    block.with_new_values(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )
}

fn times<T: Addend>(array: &DenseArray, weights: &[f64]) -> Result<DenseArray> {
    let view = array.view();
    let elements = view.as_slice::<T>()?.unwrap_or_default();
    let length = elements.len() / weights.len().max(1);
    let all = elements.iter().enumerate();
    let all = all.map(|(i, x)| x.widen() * weights[i / length]);
    let shape = array.shape();
    match T::DTYPE.is_complex() {
        true => DenseArray::write::<Complex<f64>>(shape, |output| {
            output.extend(elements.len(), all.clone());
            Ok(())
        }),
        false => DenseArray::write::<f64>(shape, |output| {
            output.extend(elements.len(), all.clone().map(|x| x.re));
            Ok(())
        }),
    }
}

fn round<S: Addend, T: Addend>(array: &DenseArray) -> Result<DenseArray> {
    let view = array.view();
    let elements = view.as_slice::<S>()?.unwrap_or_default();
    DenseArray::write::<T>(array.shape(), |output| {
        let rounded = elements.iter().map(|x| T::narrow(x.widen()));
        output.extend(elements.len(), rounded);
        Ok(())
    })
}
