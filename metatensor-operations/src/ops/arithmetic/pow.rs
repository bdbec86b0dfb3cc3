//! Powers.

use metatensor_core::{BlockMut, Result, TensorBlock};

use super::derivatives::{Weights, change_by_weights, map_with_gradients};
use crate::engine::{
    Operand, change_values, check_no_second_derivatives, in_place, map_blocks, with_fractions,
};
use crate::kernels;
use crate::numbers::{Continuous, Number, continuous, in_precision, with_continuous};

/// Each element to the power `exponent`. Powers of integers and booleans are `f64`.
///
/// - values: `x^p`, which for real numbers is what `pow` of C gives, for all special cases: NaN if `x` is
///   negative and `p` not an integer, and 1 for any `x` if `p` is 0;
/// - gradients: `p x^(p-1) ∇x` with the same powers, which is 0 for any `x` if `p` is 0. The root of -0 has
///   an infinite derivative, as that of 0.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[2.0, 3.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let cubes = metatensor_operations::pow(&block, 3.0)?;
/// assert_eq!(cubes.to_ndarray::<f64>()?, arr2(&[[8.0, 27.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If there are gradients of gradients and `exponent` is not 1, if there is no arithmetic for the type
/// of elements, or if they are not on the CPU.
pub fn pow<T: Operand>(tensor: &T, exponent: f64) -> Result<T> {
    map_blocks("pow", tensor, &|block| power(block, exponent))
}

/// Evaluates `$body` with `$power` set to the function that raises numbers of type `$T` to the power
/// `$p`. Each of the most common powers has a function of its own, for loops without a choice inside.
macro_rules! with_power {
    ($p:expr, $T:ident, $power:ident => $body:expr) => {{
        let one = $T::from_real(1.0);
        match $p {
            -1.0 => {
                let $power = |x: $T| one.over(x);
                $body
            }
            0.0 => {
                let $power = |_: $T| one;
                $body
            }
            0.5 => {
                let $power = |x: $T| x.root();
                $body
            }
            1.5 => {
                let $power = |x: $T| x.root_cubed();
                $body
            }
            2.0 => {
                let $power = |x: $T| x.times(x);
                $body
            }
            p => {
                let $power = |x: $T| x.power(p);
                $body
            }
        }
    }};
}

/// [`pow`], in the memory of `tensor` if it has native arrays that nothing else uses.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// let block = TensorBlock::new(arr2(&[[2.0, 3.0]]), &samples, &[], &Labels::range("p", 2)?)?;
/// let result = metatensor_operations::into_pow(block, 3.0)?;
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[8.0, 27.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`pow`].
pub fn into_pow<T: Operand>(tensor: T, exponent: f64) -> Result<T> {
    let change = |block: &mut BlockMut<'_>| with_continuous!(block.dtype(), T => raise::<T>(block, exponent));
    in_place("pow", tensor, &change, |tensor| pow(tensor, exponent))
}

fn power(block: &TensorBlock, exponent: f64) -> Result<TensorBlock> {
    if exponent == 1.0 {
        return with_fractions(block);
    }
    check_no_second_derivatives(block)?;
    let dtype = continuous(block.dtype())?;
    let exponent = in_precision(dtype, exponent)?;
    with_continuous!(dtype, T => {
        let power = |shape: &[usize], x: &[T]| {
            with_power!(exponent, T, power => kernels::map(shape, x, power))
        };
        map_with_gradients(block, dtype, power, |x| derivatives(x, exponent), T::times)
    })
}

/// [`power`] in place.
fn raise<T: Continuous>(block: &mut BlockMut<'_>, exponent: f64) -> Result<()> {
    if exponent == 1.0 {
        return Ok(());
    }
    check_no_second_derivatives(block)?;
    change_by_weights::<T>(block, |x| derivatives(x, exponent), T::times)?;
    with_power!(exponent, T, power => change_values(block, power))
}

/// `p x^(p-1)` for all elements, which needs no power for the exponents that come most often.
fn derivatives<T: Continuous>(x: &[T], p: f64) -> Result<Weights> {
    let (shape, real) = ([x.len()], T::from_real);
    let factors = match p {
        // The square of an inverse is more often a normal number than the inverse of a square.
        -1.0 => kernels::map(&shape, x, |x: T| {
            let inverse = real(1.0).over(x);
            real(-1.0).times(inverse.times(inverse))
        }),
        // The results are 0 even where this is infinite.
        0.0 => return Ok(None),
        0.5 => kernels::map(&shape, x, |x: T| real(0.5).over(x.root())),
        1.5 => kernels::map(&shape, x, |x: T| x.root().times_real(1.5)),
        2.0 => kernels::map(&shape, x, |x: T| x.plus(x)),
        3.0 => kernels::map(&shape, x, |x: T| x.times(x).times_real(3.0)),
        p => kernels::map(&shape, x, |x: T| x.power(p - 1.0).times_real(p)),
    };
    factors.map(Some)
}
