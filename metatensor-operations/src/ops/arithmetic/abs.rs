//! Absolute values.

use metatensor_core::{BlockMut, DType, DenseArray, Result, TensorBlock};

use crate::engine::{
    Operand, add_gradients, change_gradients, change_values, check_no_second_derivatives, in_place,
    map_blocks, with_results,
};
use crate::kernels::{self, GradientRows};
use crate::numbers::{Number, read, with_continuous, with_number};

/// Absolute value of each element, without changing its type.
///
/// - values: `|x|`. Of a complex number it has no imaginary part, and the smallest integer stays what
///   it is;
/// - gradients: `sign(x) ∇x`, where the sign of 0 is 0; for complex numbers `Re(x* ∇x) / |x|`.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let values = arr2(&[[-2.0, 3.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 2)?)?;
/// let absolute = metatensor_operations::abs(&block)?;
/// assert_eq!(absolute.to_ndarray::<f64>()?, arr2(&[[2.0, 3.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there are gradients of gradients, if there is no arithmetic for the type of the elements, or if
/// they are not on the CPU.
pub fn abs<T: Operand>(tensor: &T) -> Result<T> {
    map_blocks("abs", tensor, &absolute)
}

/// [`abs`], in the memory of `tensor` if it has native arrays that nothing else uses.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[-2.0, 3.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let result = metatensor_operations::into_abs(block)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.0, 3.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`abs`].
pub fn into_abs<T: Operand>(tensor: T) -> Result<T> {
    let change = |block: &mut BlockMut<'_>| {
        check_no_second_derivatives(block)?;
        with_continuous!(block.dtype()?, T => make_absolute::<T>(block))
    };
    in_place("abs", tensor, &change, abs)
}

fn absolute(block: &TensorBlock) -> Result<TensorBlock> {
    check_no_second_derivatives(block)?;
    let dtype = block.dtype()?;
    with_number!(dtype, T => absolute_as::<T>(block, dtype))
}

fn absolute_as<T: Number>(block: &TensorBlock, dtype: DType) -> Result<TensorBlock> {
    let view = block.view()?;
    let x = read::<T>(&view)?;
    let results = if dtype.is_unsigned() {
        kernels::map(view.shape(), &x, |x: T| x)?
    } else {
        kernels::map(view.shape(), &x, T::modulus)?
    };
    let mut result = with_results(block, results, dtype)?;
    if block.gradients_list().is_empty() {
        return Ok(result);
    }
    let directions = if dtype.is_unsigned() {
        // The square of a sign, which is that of the carrier, is 1 for all numbers but 0.
        kernels::map(&[x.len()], &x, |x: T| x.direction().times(x.direction()))?
    } else {
        directions(&x)?
    };
    let directions = directions.view();
    let directions = read::<T>(&directions)?;
    add_gradients(&mut result, block, |parameter, gradient| {
        let rows = GradientRows::new(block, parameter)?;
        let view = gradient.view()?;
        let dx = read::<T>(&view)?;
        let values = kernels::gather_map(&rows, &directions, &dx, |w, dx| dx.along(w))?;
        with_results(gradient, values, dtype)
    })?;
    Ok(result)
}

fn make_absolute<T: Number>(block: &mut BlockMut<'_>) -> Result<()> {
    if !block.gradients_list().is_empty() {
        let directions = directions::<T>(&read(&block.view()?)?)?;
        change_gradients(block, &read(&directions.view())?, |w, dx: T| dx.along(w))?;
    }
    change_values(block, T::modulus)
}

fn directions<T: Number>(x: &[T]) -> Result<DenseArray> {
    kernels::map(&[x.len()], x, |x: T| x.direction())
}
