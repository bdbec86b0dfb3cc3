//! Powers.

use std::borrow::Cow;

use metatensor_core::{BlockMut, DType, Result, TensorBlock};

use super::derivatives::{Weights, change_by_weights, map_with_gradients};
use crate::engine::{
    Derivatives, Elements, Operand, Rule, change_values, elements, has_second_derivatives,
    in_place, map_blocks, with_fractions,
};
use crate::kernels;
use crate::numbers::{Continuous, Number, continuous, in_precision, read, with_continuous};

/// Each element to the power `exponent`. Powers of integers and booleans are `f64`.
///
/// - values: `x^p`, which for real numbers is what `pow` of C gives, for all special cases: NaN if `x` is
///   negative and `p` not an integer, and 1 for any `x` if `p` is 0;
/// - gradients: `p x^(p-1) ∇x` with the same powers, which is 0 for any `x` if `p` is 0. The root of -0 has
///   an infinite derivative, as that of 0;
/// - [gradients of gradients](crate#gradients-of-gradients), at all depths: those of the product of `p x^(p-1)` and `∇x`. A
///   derivative that is 0 for all numbers, as the third one of `x²`, is 0 for any `x`.
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
/// If a gradient is missing that [gradients of gradients](crate#gradients-of-gradients) need, and `exponent` is neither 0 nor
/// 1; if there is no arithmetic for the type of elements, or if they are not on the CPU.
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
    let is_linear = [0.0, 1.0].contains(&exponent);
    if !is_linear && tensor.parts().list.iter().any(has_second_derivatives) {
        return pow(&tensor, exponent);
    }
    let change = |block: &mut BlockMut<'_>| with_continuous!(block.dtype(), T => raise::<T>(block, exponent));
    in_place("pow", tensor, &change, |tensor| pow(tensor, exponent))
}

fn power(block: &TensorBlock, exponent: f64) -> Result<TensorBlock> {
    if exponent == 1.0 {
        return with_fractions(block);
    }
    let dtype = continuous(block.dtype())?;
    let exponent = in_precision(dtype, exponent)?;
    if exponent != 0.0 && has_second_derivatives(block) {
        return with_continuous!(dtype, T => power_at_depth::<T>(block, exponent, dtype));
    }
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
    change_by_weights::<T>(block, |x| derivatives(x, exponent), T::times)?;
    with_power!(exponent, T, power => change_values(block, power))
}

/// `p x^(p-1)` for all elements.
fn derivatives<T: Continuous>(x: &[T], p: f64) -> Result<Weights> {
    multiples(x, p, p - 1.0)
}

/// `c x^p` for all elements, which needs no power for the exponents that come most often. `None` if `c` is 0: the results are
/// 0 even where the power is infinite.
fn multiples<T: Continuous>(x: &[T], c: f64, p: f64) -> Result<Weights> {
    let (shape, real) = ([x.len()], T::from_real);
    let results = match p {
        _ if c == 0.0 => return Ok(None),
        // The square of an inverse is more often a normal number than the inverse of a square.
        -2.0 => kernels::map(&shape, x, |x: T| {
            let inverse = real(1.0).over(x);
            inverse.times(inverse).times_real(c)
        }),
        -1.0 => kernels::map(&shape, x, |x: T| real(1.0).over(x).times_real(c)),
        -0.5 => kernels::map(&shape, x, |x: T| real(c).over(x.root())),
        0.0 => kernels::map(&shape, x, |_: T| real(c)),
        0.5 => kernels::map(&shape, x, |x: T| x.root().times_real(c)),
        1.0 => kernels::map(&shape, x, |x: T| x.times_real(c)),
        1.5 => kernels::map(&shape, x, |x: T| x.root_cubed().times_real(c)),
        2.0 => kernels::map(&shape, x, |x: T| x.times(x).times_real(c)),
        p => kernels::map(&shape, x, |x: T| x.power(p).times_real(c)),
    };
    results.map(Some)
}

/// [`power`] with gradients of gradients.
fn power_at_depth<T: Continuous>(
    block: &TensorBlock,
    exponent: f64,
    dtype: DType,
) -> Result<TensorBlock> {
    let derivatives = Derivatives::of_elements(&[block], Rule::Product, dtype)?.with_result();
    let views = derivatives.views(0)?;
    let x = elements::<T>(&views)?;
    let depth = derivatives.nodes().iter().map(|node| node.depth()).max();
    let power = powers(&derivatives, &x, 1.0, exponent, depth.unwrap_or(0))?;
    derivatives.block(power.unwrap_or_default(), block, dtype)
}

/// `c x^p` and its gradients, up to this depth: for each path, `w` times the gradient of `x`, with `w = c p x^(p-1)`, and
/// products of gradients of both of them for all ways to give the parameters after the first one to `w`. `None` for zeros.
fn powers<T: Continuous>(
    derivatives: &Derivatives<'_>,
    x: &[Cow<'_, [T]>],
    c: f64,
    p: f64,
    depth: usize,
) -> Result<Option<Vec<Vec<T>>>> {
    let Some(values) = multiples(&x[0], c, p)? else {
        return Ok(None);
    };
    let mut all = vec![read(&values.view())?.into_owned()];
    if depth == 0 {
        return Ok(Some(all));
    }
    let weights = powers(derivatives, x, c * p, p - 1.0, depth - 1)?;
    for (number, node) in derivatives.nodes().iter().enumerate().skip(1) {
        if node.depth() > depth {
            break;
        }
        let mut sums = derivatives.zeros(number);
        if let Some(weights) = &weights {
            let factors = (Elements::of(1, weights), Elements::of(0, x));
            let without_first = |part: usize| part & 1 == 0;
            derivatives.add_products(&mut sums, number, factors, without_first, T::times)?;
        }
        all.push(sums);
    }
    Ok(Some(all))
}
