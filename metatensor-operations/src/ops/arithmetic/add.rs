//! Sums and differences.

use metatensor_core::{BlockMut, DType, Result, TensorBlock};

use crate::engine::{
    Child, MissingGradients, Operand, add_gradients, alike, change_values, combined_gradients,
    in_place, map_blocks, with_fractions, with_gradients, with_results, zip_blocks,
};
use crate::kernels;
use crate::numbers::{
    Continuous, Number, continuous, difference, in_precision, promote, read, with_continuous,
    with_number,
};

/// Sum of two maps. Those of integers wrap around, and those of booleans are *or*.
///
/// - values: `x + y`
/// - gradients, at all depths: `∇x + ∇y`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 2)?);
/// let a = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &properties)?;
/// let b = TensorBlock::new(arr2(&[[0.5, -2.0]]), &samples, &[], &properties)?;
/// let sum = metatensor_operations::add(&a, &b)?;
/// assert_eq!(sum.to_ndarray::<f64>()?, arr2(&[[1.5, 0.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`](crate::Error::NotEqual) if keys or labels are different;
/// [`Error::Unsupported`](crate::Error::Unsupported) if there is no arithmetic for the type of
/// elements, or they are not on the CPU.
pub fn add<T: Operand>(a: &T, b: &T) -> Result<T> {
    add_with(a, b, MissingGradients::Error)
}

/// [`add`] for maps of which only some have a gradient, or a row of it.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{MissingGradients, add_with};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let rows = Labels::new(["sample"], &[[0]])?;
/// let mut a = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// a.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let constant = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
/// let result = add_with(&a, &constant, MissingGradients::Zeros)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[3.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`add`].
pub fn add_with<T: Operand>(a: &T, b: &T, missing_gradients: MissingGradients) -> Result<T> {
    zip_blocks("add", a, b, &alike(missing_gradients), &|a, b| {
        let dtype = promote(a.dtype(), b.dtype())?;
        with_number!(dtype, T => combine(a, b, dtype, T::plus))
    })
}

/// Sum of all elements with `scalar`.
///
/// - values: `x + scalar`
/// - gradients, at all depths: `∇x`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let sum = metatensor_operations::add_scalar(&block, 2.5)?;
/// assert_eq!(sum.to_ndarray::<f64>()?, arr2(&[[3.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there is no arithmetic for the type of elements, or they are not on the CPU.
pub fn add_scalar<T: Operand>(tensor: &T, scalar: f64) -> Result<T> {
    map_blocks("add", tensor, &|block| shift(block, scalar))
}

/// [`add_scalar`], in the memory of `tensor` if it has native arrays that nothing else uses.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0, 2.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let result = metatensor_operations::into_add_scalar(block, 2.5)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[3.5, 4.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`add_scalar`].
pub fn into_add_scalar<T: Operand>(tensor: T, scalar: f64) -> Result<T> {
    let change = |block: &mut BlockMut<'_>| {
        with_continuous!(block.dtype(), T => {
            change_values(block, |x: T| x.plus_real(scalar))
        })
    };
    in_place("add", tensor, &change, |tensor| add_scalar(tensor, scalar))
}

/// Difference of two maps. Integers stay integers, and wrap around; only differences of booleans are `f64`.
///
/// - values: `x - y`
/// - gradients, at all depths: `∇x - ∇y`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 2)?);
/// let a = TensorBlock::new(arr2(&[[1, 2]]), &samples, &[], &properties)?;
/// let b = TensorBlock::new(arr2(&[[5, -2]]), &samples, &[], &properties)?;
/// let difference = metatensor_operations::subtract(&a, &b)?;
/// assert_eq!(difference.to_ndarray::<i32>()?, arr2(&[[-4, 4]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`add`].
pub fn subtract<T: Operand>(a: &T, b: &T) -> Result<T> {
    subtract_with(a, b, MissingGradients::Error)
}

/// [`subtract`] for maps of which only some have a gradient, or a row of it.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{MissingGradients, subtract_with};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// # let rows = Labels::new(["sample"], &[[0]])?;
/// let mut a = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &properties)?;
/// a.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let constant = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
/// let result = subtract_with(&a, &constant, MissingGradients::Zeros)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[-1.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`subtract`].
pub fn subtract_with<T: Operand>(a: &T, b: &T, missing_gradients: MissingGradients) -> Result<T> {
    zip_blocks("subtract", a, b, &alike(missing_gradients), &|a, b| {
        let dtype = difference(promote(a.dtype(), b.dtype())?);
        with_number!(dtype, T => combine(a, b, dtype, T::minus))
    })
}

/// Difference of all elements with `scalar`.
///
/// - values: `x - scalar`
/// - gradients, at all depths: `∇x`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let difference = metatensor_operations::subtract_scalar(&block, 2.5)?;
/// assert_eq!(difference.to_ndarray::<f64>()?, arr2(&[[-1.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`add_scalar`].
pub fn subtract_scalar<T: Operand>(tensor: &T, scalar: f64) -> Result<T> {
    map_blocks("subtract", tensor, &|block| shift(block, -scalar))
}

fn combine<T: Number>(
    a: &TensorBlock,
    b: &TensorBlock,
    dtype: DType,
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<TensorBlock> {
    let (view, other) = (a.view()?, b.view()?);
    let values = kernels::zip(view.shape(), &read(&view)?, &read(&other)?, f)?;
    let parents = [Child::same_rows(a), Child::same_rows(b)];
    let gradients = gradients_of(&parents, a, dtype, f)?;
    with_gradients(with_results(a, values, dtype)?, gradients)
}

/// The gradients, at all depths, of the block that is made of `parents`, in arrays like that of `values`.
fn gradients_of<'a, T: Number>(
    parents: &[Child<'a>],
    values: &TensorBlock,
    dtype: DType,
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Vec<(&'a str, TensorBlock)>> {
    combined_gradients(parents, &mut |_, pair| {
        let views = pair.views()?;
        let [dx, dy] = pair.elements(&views)?;
        let results = kernels::zip_rows(&pair.shape(), &dx, &dy, f)?;
        let gradients = gradients_of(&pair.children, values, dtype, f)?;
        with_gradients(pair.block(values, results, dtype)?, gradients)
    })
}

fn shift(block: &TensorBlock, scalar: f64) -> Result<TensorBlock> {
    let dtype = continuous(block.dtype())?;
    let scalar = in_precision(dtype, scalar)?;
    let view = block.view()?;
    let values = with_continuous!(dtype, T => {
        kernels::map(view.shape(), &read::<T>(&view)?, |x| x.plus_real(scalar))
    })?;
    let mut result = with_results(block, values, dtype)?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        with_fractions(gradient)
    })?;
    Ok(result)
}
