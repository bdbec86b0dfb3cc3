//! Products of maps, as matrices.

use metatensor_core::internal::ResultBytes;
use metatensor_core::{DType, Error, Result, TensorBlock};
use ndarray::ArrayView2;

use super::at_depth;
use super::matrix::{Product, filled, matrix, multiply_to};
use super::product_rule::{self, check_gradients};
use crate::engine::{
    Blocks, MissingGradients, Operand, add_gradients, difference, has_second_derivatives,
};
use crate::numbers::{promote, stored, with_number};

/// Product of two maps as matrices, `A Bᵀ`: a sum over properties.
///
/// - values: `W[i, .., j] = Σₚ A[i, .., p] B[j, p]`, with the samples and components of `A`, and the samples
///   of `B` as properties;
/// - gradients: `∇W[i, .., j] = Σₚ ∇A[i, .., p] B[j, p] + Σₚ A[i, .., p] ∇B[j, p]`, and of these, at all depths, by the same
///   rule, see [gradients of gradients](crate#gradients-of-gradients); just `∇A Bᵀ` if `B` has no gradients.
///
/// Complex numbers are not conjugated, sums of integers wrap around, and those of booleans are *or*. Blocks of `B` have the
/// same properties as those of `A`, in the same order, and no components.
///
/// A block without any gradients is constant: `B` can be a matrix of weights. If both have gradients, these must be with
/// respect to the same parameters: components that only gradients have must be the same, and their samples must have the
/// same dimensions. What follows `sample` in the samples, `t`, says what is varied: the row `(j, t)` of `∇B` is the derivative
/// of row `j` of `B`, and part of the rows `(i, t)` of `∇W`, at its property `j`, for all samples `i` of `A`. The result has
/// the rows of `∇A`, and then those for all samples of `A` with everything that is varied in `∇B`, sorted by sample.
/// Each `t` must come in both gradients, if [`dot_with`] is not told that gradients can be missing.
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
/// let product = metatensor_operations::dot(&a, &b)?;
/// assert_eq!(product.to_ndarray::<f64>()?, arr2(&[[1.0, 2.0, 3.0]]).into_dyn());
/// assert_eq!(*product.properties(), outputs);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`] if the keys are different, or gradients of both do not go together;
/// [`Error::InvalidParameter`] if properties are different, or blocks of `b` have components;
/// [`Error::Unsupported`] if both have gradients, and one is missing that
/// [gradients of gradients](crate#gradients-of-gradients) need, if there is no arithmetic for the type of elements, or if they
/// are not on the CPU.
pub fn dot<T: Operand>(a: &T, b: &T) -> Result<T> {
    dot_with(a, b, MissingGradients::Error)
}

/// [`dot`] for maps of which only some have a gradient, or a derivative with respect to something.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{MissingGradients, dot_with};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let rows = Labels::new(["sample"], &[[0]])?;
/// let mut a = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// a.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let constant = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
/// let result = dot_with(&a, &constant, MissingGradients::Zeros)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`dot`].
pub fn dot_with<T: Operand>(a: &T, b: &T, missing_gradients: MissingGradients) -> Result<T> {
    let products = products(a.parts(), b.parts(), missing_gradients);
    a.with_results(products.map_err(|error| error.context("dot"))?)
}

fn products(
    a: Blocks<'_>,
    b: Blocks<'_>,
    missing_gradients: MissingGradients,
) -> Result<Vec<TensorBlock>> {
    let pairs = a.pairs(b)?;
    let mut total = ResultBytes::default();
    for (i, (x, y)) in pairs.iter().enumerate() {
        check_gradients(x, y, missing_gradients).map_err(|e| a.for_key(i, e))?;
        let describe = || {
            a.keys
                .map_or("the product".to_owned(), |keys| keys.describe(i))
        };
        total.add(product_bytes(x, y)?, describe);
    }
    total.check()?;
    let blocks = pairs.into_iter().enumerate();
    let blocks = blocks.map(|(i, (x, y))| product(x, y).map_err(|error| a.in_block(i, error)));
    blocks.collect()
}

/// Bytes of the arrays of a product.
fn product_bytes(a: &TensorBlock, b: &TensorBlock) -> Result<u64> {
    fn rows(block: &TensorBlock) -> u64 {
        let components = block.components().iter().map(|c| c.count() as u64);
        let own = components.fold(block.samples().count() as u64, u64::saturating_mul);
        let gradients = block.gradients().map(|(_, gradient)| rows(gradient));
        gradients.fold(own, u64::saturating_add)
    }
    let element = a.dtype().size().max(b.dtype().size());
    let row = (b.samples().count() as u64).saturating_mul(element as u64);
    let rows = rows(a).saturating_add(product_rule::additional_rows(a, b)?);
    Ok(rows.saturating_mul(row))
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
    let dtype = promote(a.dtype(), b.dtype())?;
    with_number!(dtype, T => {
        let view = b.view()?;
        let weights = matrix::<T>(&view)?;
        let mut result = product_as(a, b, &weights.view(), dtype)?;
        if b.gradients_list().is_empty() {
            return Ok(result);
        }
        if has_second_derivatives(a) || has_second_derivatives(b) {
            at_depth::add_gradients::<T>(a, b, dtype, &mut result)?;
        } else {
            product_rule::add_gradients(a, b, &weights.view(), dtype, &mut result)?;
        }
        Ok(result)
    })
}

/// The product with `b`, whose values are `weights`. It has those of all gradients, at all depths, if `b` has none.
fn product_as<T: Product>(
    a: &TensorBlock,
    b: &TensorBlock,
    weights: &ArrayView2<'_, T>,
    dtype: DType,
) -> Result<TensorBlock> {
    let view = a.view()?;
    let shape = [&view.shape()[..view.shape().len() - 1], &[weights.nrows()]].concat();
    let values = filled(&shape, |output| {
        multiply_to(&matrix(&view)?.view(), weights, output)
    })?;
    let mut result = a.with_new_values(
        stored(values, dtype)?,
        a.samples(),
        a.components(),
        b.samples(),
    )?;
    if b.gradients_list().is_empty() {
        add_gradients(&mut result, a, &mut |_, gradient| {
            product_as(gradient, b, weights, dtype)
        })?;
    }
    Ok(result)
}
