//! Absolute values.

use metatensor_core::{BlockMut, Result, TensorBlock};

use super::derivatives::{Weights, change_by_weights, map_with_gradients};
use crate::engine::{Operand, change_values, check_no_second_derivatives, in_place, map_blocks};
use crate::kernels;
use crate::numbers::{Number, with_continuous, with_number};

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
        with_continuous!(block.dtype(), T => {
            change_by_weights(block, directions, T::along)?;
            change_values(block, T::modulus)
        })
    };
    in_place("abs", tensor, &change, abs)
}

fn absolute(block: &TensorBlock) -> Result<TensorBlock> {
    check_no_second_derivatives(block)?;
    let dtype = block.dtype();
    if dtype.is_unsigned() {
        return with_number!(dtype, T => {
            // The square of a sign, which is that of the carrier, is 1 for all numbers but 0.
            let sign = |x: T| x.direction().times(x.direction());
            let signs = |x: &[T]| Ok(Some(kernels::map(&[x.len()], x, sign)?));
            map_with_gradients(block, dtype, |shape, x| kernels::map(shape, x, |x| x), signs, T::along)
        });
    }
    with_number!(dtype, T => {
        let modulus = |shape: &[usize], x: &[T]| kernels::map(shape, x, T::modulus);
        map_with_gradients(block, dtype, modulus, directions, T::along)
    })
}

fn directions<T: Number>(x: &[T]) -> Result<Weights> {
    Ok(Some(kernels::map(&[x.len()], x, |x: T| x.direction())?))
}
