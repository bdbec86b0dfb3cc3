//! Powers.

use metatensor_core::{BlockMut, DType, DenseArray, Result, TensorBlock};

use crate::engine::{
    Operand, add_gradients, change_all, change_gradients, change_values,
    check_no_second_derivatives, in_place, map_blocks, with_fractions, with_results,
};
use crate::kernels::{self, GradientRows};
use crate::numbers::{Continuous, continuous, in_precision, read, with_continuous};

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
    let change = |block: &mut BlockMut<'_>| with_continuous!(block.dtype()?, T => raise::<T>(block, exponent));
    in_place("pow", tensor, &change, |tensor| pow(tensor, exponent))
}

fn power(block: &TensorBlock, exponent: f64) -> Result<TensorBlock> {
    if exponent == 1.0 {
        return with_fractions(block);
    }
    check_no_second_derivatives(block)?;
    let dtype = continuous(block.dtype()?)?;
    let exponent = in_precision(dtype, exponent)?;
    with_continuous!(dtype, T => power_as::<T>(block, exponent, dtype))
}

fn power_as<T: Continuous>(
    block: &TensorBlock,
    exponent: f64,
    dtype: DType,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let x = read::<T>(&view)?;
    let values = with_power!(exponent, T, power => kernels::map(view.shape(), &x, power))?;
    let mut result = with_results(block, values, dtype)?;
    if block.gradients_list().is_empty() {
        return Ok(result);
    }
    let factors = derivatives(&x, exponent)?;
    let factors = factors.view();
    let factors = read::<T>(&factors)?;
    add_gradients(&mut result, block, |parameter, gradient| {
        let rows = GradientRows::new(block, parameter)?;
        let values = if exponent == 0.0 {
            DenseArray::zeros(T::DTYPE, rows.shape())?
        } else {
            let view = gradient.view()?;
            let dx = read::<T>(&view)?;
            kernels::gather_map(&rows, &factors, &dx, |w, dx| dx.times(w))?
        };
        with_results(gradient, values, dtype)
    })?;
    Ok(result)
}

/// [`power_as`] in place.
fn raise<T: Continuous>(block: &mut BlockMut<'_>, exponent: f64) -> Result<()> {
    if exponent == 1.0 {
        return Ok(());
    }
    check_no_second_derivatives(block)?;
    if exponent == 0.0 {
        change_all(block, |_: T| T::default())?;
    } else if !block.gradients_list().is_empty() {
        let factors = derivatives::<T>(&read(&block.view()?)?, exponent)?;
        change_gradients(block, &read(&factors.view())?, |w, dx: T| dx.times(w))?;
    }
    with_power!(exponent, T, power => change_values(block, power))
}

/// `p x^(p-1)` for all elements, which needs no power for the exponents that come most often.
fn derivatives<T: Continuous>(x: &[T], p: f64) -> Result<DenseArray> {
    let (shape, real) = ([x.len()], T::from_real);
    match p {
        // The square of an inverse is more often a normal number than the inverse of a square.
        -1.0 => kernels::map(&shape, x, |x: T| {
            let inverse = real(1.0).over(x);
            real(-1.0).times(inverse.times(inverse))
        }),
        // They are not used: the results are 0 even where this is infinite.
        0.0 => DenseArray::zeros(T::DTYPE, &[0]),
        0.5 => kernels::map(&shape, x, |x: T| real(0.5).over(x.root())),
        1.5 => kernels::map(&shape, x, |x: T| x.root().times_real(1.5)),
        2.0 => kernels::map(&shape, x, |x: T| x.plus(x)),
        3.0 => kernels::map(&shape, x, |x: T| x.times(x).times_real(3.0)),
        p => kernels::map(&shape, x, |x: T| x.power(p - 1.0).times_real(p)),
    }
}
