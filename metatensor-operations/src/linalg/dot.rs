//! Products of maps, as matrices.

use metatensor_core::{
    Array, DType, DenseArray, Error, Result, ResultBytes, TensorBlock, TensorMap, change_rows,
    stored_like,
};
use ndarray::{ArrayView2, ArrayViewMut2};

use super::matrix::{Product, matrix, part};
use crate::compare::difference;
use crate::matching::pairs;
use crate::numbers::{promote, stored, with_number};
use crate::results::block_error;

/// Columns of a product that take about as long as reading the elements that they are made of.
const COLUMNS: usize = 8;

/// Product of two maps as matrices, `A Bᵀ`: a sum over properties.
///
/// - values: `W[i, .., j] = Σₚ A[i, .., p] B[j, p]`, with the samples and components of `A`, and the samples
///   of `B` as properties;
/// - gradients, at all depths: `∇A Bᵀ`.
///
/// Complex numbers are not conjugated, sums of integers wrap around, and those of booleans are *or*. `B` is a matrix of weights: blocks
/// of it have the same properties as those of `A`, in the same order, no components and no gradients.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let properties = Labels::range("n", 2)?;
/// let a = TensorBlock::new(arr2(&[[1.0, 2.0]]), &Labels::range("atom", 1)?, &[], &properties)?;
/// let outputs = Labels::range("output", 3)?;
/// let weights = arr2(&[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
/// let b = TensorBlock::new(weights, &outputs, &[], &properties)?;
///
/// let product = metatensor_operations::dot_block(&a, &b)?;
/// assert_eq!(product.to_ndarray::<f64>()?, arr2(&[[1.0, 2.0, 3.0]]).into_dyn());
/// assert_eq!(*product.properties(), outputs);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`] if the keys are different; [`Error::InvalidParameter`] if properties are different,
/// or blocks of `b` have components or gradients; [`Error::Unsupported`] if there is no arithmetic for the
/// type of elements, or they are not on the CPU.
pub fn dot(a: &TensorMap, b: &TensorMap) -> Result<TensorMap> {
    let multiply = || {
        let pairs = pairs(a, b)?;
        let mut total = ResultBytes::default();
        for (i, (x, y)) in pairs.iter().enumerate() {
            total.add(product_bytes(x, y)?, || a.keys().describe(i));
        }
        total.check()?;
        let blocks = pairs.into_iter().enumerate();
        let blocks = blocks.map(|(i, (x, y))| product(x, y).map_err(|e| block_error(e, a, i)));
        TensorMap::new(a.keys().clone(), blocks.collect::<Result<_>>()?)
    };
    multiply().map_err(|error: Error| error.context("dot"))
}

/// [`dot`] for blocks.
///
/// # Errors
///
/// As for [`dot`].
pub fn dot_block(a: &TensorBlock, b: &TensorBlock) -> Result<TensorBlock> {
    let multiply = || {
        let mut total = ResultBytes::default();
        total.add(product_bytes(a, b)?, || "the product".to_owned());
        total.check()?;
        product(a, b)
    };
    multiply().map_err(|error: Error| error.context("dot"))
}

/// Bytes of the arrays of a product.
fn product_bytes(a: &TensorBlock, b: &TensorBlock) -> Result<u64> {
    fn rows(block: &TensorBlock) -> u64 {
        let components = block.components().iter().map(|c| c.count() as u64);
        let own = components.fold(block.samples().count() as u64, u64::saturating_mul);
        let gradients = block.gradients().map(|(_, gradient)| rows(gradient));
        gradients.fold(own, u64::saturating_add)
    }
    let element = a.dtype()?.size().max(b.dtype()?.size());
    let row = (b.samples().count() as u64).saturating_mul(element as u64);
    Ok(rows(a).saturating_mul(row))
}

fn product(a: &TensorBlock, b: &TensorBlock) -> Result<TensorBlock> {
    if let Some(difference) = difference(a.properties(), b.properties()) {
        return Err(Error::invalid(format!(
            "both blocks must have the same properties in the same order: {difference}"
        )));
    }
    if !b.components().is_empty() {
        return Err(Error::invalid(format!(
            "the second block must not have components, got {}",
            b.components().len()
        )));
    }
    if !b.gradients_list().is_empty() {
        return Err(Error::invalid(format!(
            "the second block must not have gradients, got {}",
            b.gradients_list()
        )));
    }
    let dtype = promote(a.dtype()?, b.dtype()?)?;
    with_number!(dtype, T => {
        let view = b.view()?;
        product_as::<T>(a, b, &matrix(&view)?.view(), dtype)
    })
}

fn product_as<T: Product>(
    a: &TensorBlock,
    b: &TensorBlock,
    weights: &ArrayView2<'_, T>,
    dtype: DType,
) -> Result<TensorBlock> {
    let view = a.view()?;
    let values = multiply(&matrix(&view)?.view(), weights, view.shape())?;
    let mut result = TensorBlock::new(
        stored_like(&**a.values(), stored(values, dtype)?)?,
        a.samples(),
        a.components(),
        b.samples(),
    )?;
    for (parameter, gradient) in a.gradients() {
        result.add_gradient(parameter, product_as(gradient, b, weights, dtype)?)?;
    }
    Ok(result)
}

/// `a weightsᵀ`, as an array whose shape is `shape` except for the last axis.
fn multiply<T: Product>(
    a: &ArrayView2<'_, T>,
    weights: &ArrayView2<'_, T>,
    shape: &[usize],
) -> Result<DenseArray> {
    let columns = weights.nrows();
    let mut shape = shape.to_vec();
    if let Some(last) = shape.last_mut() {
        *last = columns;
    }
    let mut values = DenseArray::zeros(T::DTYPE, &shape)?;
    if columns * a.len() == 0 {
        return Ok(values);
    }
    // The order of additions can depend on strides: make all of them the same.
    let (a, weights) = (a.as_standard_layout(), weights.as_standard_layout());
    let mut view = values.view_mut()?;
    let mut output = view.typed_mut::<T>()?;
    let output = output
        .as_slice_mut()
        .ok_or_else(|| Error::Internal("a new array has strides".into()))?;
    // As if each element of `a` was read once for some of the columns.
    let work = a.len() * size_of::<T>() * columns.div_ceil(COLUMNS) + size_of_val(output);
    change_rows(output, columns, work, |rows, output| {
        let output = ArrayViewMut2::from_shape((rows.len(), columns), output);
        let output = output.map_err(|error| Error::Internal(error.to_string()))?;
        T::product(&part(&a, rows, ..), &weights.view(), output);
        Ok(())
    })?;
    drop(view);
    Ok(values)
}
