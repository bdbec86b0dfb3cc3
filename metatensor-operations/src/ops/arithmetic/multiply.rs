//! Products.

use metatensor_core::{BlockMut, DType, Result, TensorBlock};

use super::derivatives::{First, zip_with_gradients};
use crate::engine::{
    Derivatives, Elements, MissingGradients, Operand, Rule, alike, change_all, elements,
    has_second_derivatives, in_place, map_all, map_blocks, zip_blocks,
};
use crate::numbers::{
    Continuous, Number, continuous, in_precision, promote, with_continuous, with_number,
};

/// Product of two maps, element by element. Those of integers wrap around, and those of booleans are *and*.
///
/// - values: `x y`
/// - gradients: `x ∇y + y ∇x`; and of these, at all depths, by the same rule, see
///   [gradients of gradients](crate#gradients-of-gradients)
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 2)?);
/// let a = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &properties)?;
/// let b = TensorBlock::new(arr2(&[[0.5, -2.0]]), &samples, &[], &properties)?;
/// let product = metatensor_operations::multiply(&a, &b)?;
/// assert_eq!(product.to_ndarray::<f64>()?, arr2(&[[0.5, -4.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`](crate::Error::NotEqual) if keys or labels are different;
/// [`Error::Unsupported`](crate::Error::Unsupported) if a gradient is missing that others need, as
/// [gradients of gradients](crate#gradients-of-gradients) do, if there is no arithmetic for the type of elements, or they are
/// not on the CPU.
pub fn multiply<T: Operand>(a: &T, b: &T) -> Result<T> {
    multiply_with(a, b, MissingGradients::Error)
}

/// [`multiply`] for maps of which only some have a gradient, or a row of it, at any depth. The product with a map that has no
/// gradients at all has those of the other one, without any other gradient that these need.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{MissingGradients, multiply_with};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let rows = Labels::new(["sample"], &[[0]])?;
/// let mut a = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// a.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let constant = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
/// let result = multiply_with(&a, &constant, MissingGradients::Zeros)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[2.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`multiply`].
pub fn multiply_with<T: Operand>(a: &T, b: &T, missing_gradients: MissingGradients) -> Result<T> {
    zip_blocks("multiply", a, b, &alike(missing_gradients), &product)
}

/// Product of all elements with `scalar`.
///
/// - values: `scalar x`
/// - gradients, at all depths: `scalar ∇x`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let product = metatensor_operations::multiply_scalar(&block, 2.5)?;
/// assert_eq!(product.to_ndarray::<f64>()?, arr2(&[[2.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there is no arithmetic for the type of elements, or they are not on the CPU.
pub fn multiply_scalar<T: Operand>(tensor: &T, scalar: f64) -> Result<T> {
    map_blocks("multiply", tensor, &|block| scale(block, scalar))
}

/// [`multiply_scalar`], in the memory of `tensor` if it has native arrays that nothing else uses.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let result = metatensor_operations::into_multiply_scalar(block, 2.0)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.0, 4.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`multiply_scalar`].
pub fn into_multiply_scalar<T: Operand>(tensor: T, scalar: f64) -> Result<T> {
    let change = |block: &mut BlockMut<'_>| {
        with_continuous!(block.dtype(), T => {
            change_all(block, |x: T| x.times_real(scalar))
        })
    };
    in_place("multiply", tensor, &change, |tensor| {
        multiply_scalar(tensor, scalar)
    })
}

fn product(a: &TensorBlock, b: &TensorBlock) -> Result<TensorBlock> {
    let dtype = promote(a.dtype(), b.dtype())?;
    if has_second_derivatives(a) || has_second_derivatives(b) {
        return with_number!(dtype, T => product_at_depth::<T>(a, b, dtype));
    }
    with_number!(dtype, T => {
        let derivative = |(x, y): (T, T), (dx, dy): (T, T)| x.times(dy).plus(dx.times(y));
        zip_with_gradients(a, b, dtype, T::times, First::X, derivative)
    })
}

/// [`product`] with gradients of gradients: for each path, the sum of the products for all ways to give its parameters to
/// both.
fn product_at_depth<T: Number>(
    a: &TensorBlock,
    b: &TensorBlock,
    dtype: DType,
) -> Result<TensorBlock> {
    let derivatives = Derivatives::of_elements(&[a, b], Rule::of_product(a, b), dtype)?;
    let (views, others) = (derivatives.views(0)?, derivatives.views(1)?);
    let (x, y) = (elements::<T>(&views)?, elements::<T>(&others)?);
    let factors = (Elements::of(0, &x), Elements::of(1, &y));
    let products = (0..derivatives.nodes().len()).map(|node| {
        let mut sums = derivatives.zeros(node);
        derivatives.add_products(&mut sums, node, factors, |_| true, T::times)?;
        Ok(sums)
    });
    derivatives.block(products.collect::<Result<_>>()?, a, dtype)
}

fn scale(block: &TensorBlock, scalar: f64) -> Result<TensorBlock> {
    let dtype = continuous(block.dtype())?;
    let scalar = in_precision(dtype, scalar)?;
    with_continuous!(dtype, T => map_all(block, dtype, |x: T| x.times_real(scalar)))
}
