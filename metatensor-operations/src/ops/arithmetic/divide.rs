//! Quotients.

use metatensor_core::{DType, Result, TensorBlock};

use super::derivatives::{First, zip_with_gradients};
use crate::engine::{
    Derivatives, Elements, MissingGradients, Operand, Rule, alike, elements,
    has_second_derivatives, map_all, map_blocks, zip_blocks,
};
use crate::kernels;
use crate::numbers::{Continuous, Number, continuous, in_precision, promote, with_continuous};

/// Quotient of two maps, element by element. Quotients of integers and booleans are `f64`.
///
/// - values: `q = x / y`
/// - gradients: `(∇x - q ∇y) / y`, which unlike the textbook form does not contain `y²`, a number
///   that can overflow or vanish where the result does not; and of these, at all depths, what makes the product of `q` and
///   `y` have the gradients of `x`, see [gradients of gradients](crate#gradients-of-gradients)
///
/// Where `y` is 0, values and gradients are infinite or NaN.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 2)?);
/// let a = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &properties)?;
/// let b = TensorBlock::new(arr2(&[[0.5, -2.0]]), &samples, &[], &properties)?;
/// let quotient = metatensor_operations::divide(&a, &b)?;
/// assert_eq!(quotient.to_ndarray::<f64>()?, arr2(&[[2.0, -1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`](crate::Error::NotEqual) if keys or labels are different;
/// [`Error::Unsupported`](crate::Error::Unsupported) if a gradient is missing that others need, as
/// [gradients of gradients](crate#gradients-of-gradients) do, if there is no arithmetic for the type of elements, or they are
/// not on the CPU.
pub fn divide<T: Operand>(a: &T, b: &T) -> Result<T> {
    divide_with(a, b, MissingGradients::Error)
}

/// [`divide`] for maps of which only some have a gradient, or a row of it, at any depth. If `b` has no gradients at all, those of
/// `a` need no other ones.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{MissingGradients, divide_with};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let rows = Labels::new(["sample"], &[[0]])?;
/// let mut a = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// a.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let constant = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
/// let result = divide_with(&a, &constant, MissingGradients::Zeros)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[0.5]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[0.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`divide`].
pub fn divide_with<T: Operand>(a: &T, b: &T, missing_gradients: MissingGradients) -> Result<T> {
    zip_blocks("divide", a, b, &alike(missing_gradients), &quotient)
}

/// Quotient of all elements and `scalar`. Quotients of integers and booleans are `f64`.
///
/// - values: `x / scalar`
/// - gradients, at all depths: `∇x / scalar`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1_i64]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let quotient = metatensor_operations::divide_scalar(&block, 2.0)?;
/// assert_eq!(quotient.to_ndarray::<f64>()?, arr2(&[[0.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there is no arithmetic for the type of elements, or they are not on the CPU.
pub fn divide_scalar<T: Operand>(tensor: &T, scalar: f64) -> Result<T> {
    map_blocks("divide", tensor, &|block| scale(block, scalar))
}

fn quotient(a: &TensorBlock, b: &TensorBlock) -> Result<TensorBlock> {
    let dtype = continuous(promote(a.dtype(), b.dtype())?)?;
    if has_second_derivatives(a) || has_second_derivatives(b) {
        return with_continuous!(dtype, T => quotient_at_depth::<T>(a, b, dtype));
    }
    with_continuous!(dtype, T => {
        let derivative = |(q, y): (T, T), (dx, dy): (T, T)| dx.minus(q.times(dy)).over(y);
        zip_with_gradients(a, b, dtype, T::over, First::Result, derivative)
    })
}

/// [`quotient`] with gradients of gradients. The product of `q` and `y` is `x`: `q` times the gradient of `y` and so on are
/// taken from that of `x`, which leaves `y` times the gradient of `q`.
fn quotient_at_depth<T: Continuous>(
    a: &TensorBlock,
    b: &TensorBlock,
    dtype: DType,
) -> Result<TensorBlock> {
    let rule = match b.gradients_list().is_empty() {
        true => Rule::Linear,
        false => Rule::Product,
    };
    let derivatives = Derivatives::of_elements(&[a, b], rule, dtype)?.with_result();
    let (views, others) = (derivatives.views(0)?, derivatives.views(1)?);
    let (x, y) = (elements::<T>(&views)?, elements::<T>(&others)?);
    let (x, y) = (Elements::of(0, &x), Elements::of(1, &y));
    let values = x.list[0].iter().zip(&*y.list[0]);
    let mut quotients: Vec<Vec<T>> = vec![values.map(|(&x, &y)| x.over(y)).collect()];
    for node in 1..derivatives.nodes().len() {
        let is_part = |part| !derivatives.nodes()[node].is_whole(part);
        let mut rest = derivatives.gathered(node, x)?;
        let q = Elements::of(2, &quotients);
        let minus = |q: T, y: T| T::default().minus(q.times(y));
        derivatives.add_products(&mut rest, node, (q, y), is_part, minus)?;
        let rows = derivatives.rows(node)?;
        kernels::gather_in_place(&rows, &y.list[0], &mut rest, |y, rest: T| rest.over(y))?;
        quotients.push(rest);
    }
    derivatives.block(quotients, a, dtype)
}

fn scale(block: &TensorBlock, scalar: f64) -> Result<TensorBlock> {
    let dtype = continuous(block.dtype())?;
    let scalar = in_precision(dtype, scalar)?;
    with_continuous!(dtype, T => map_all(block, dtype, |x: T| x.over_real(scalar)))
}
