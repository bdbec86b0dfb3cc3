//! Absolute values.

use metatensor_core::{BlockMut, DType, Result, TensorBlock};

use super::derivatives::{Weights, change_by_weights, map_with_gradients};
use crate::engine::{
    Derivatives, Elements, Operand, Rule, change_values, elements, has_second_derivatives,
    in_place, map_blocks,
};
use crate::kernels;
use crate::numbers::{Continuous, Number, Wide, with_continuous, with_number};

/// Absolute value of each element, without changing its type.
///
/// - values: `|x|`. Of a complex number it has no imaginary part, and the smallest integer stays what
///   it is;
/// - gradients, at all depths: `sign(x) ∇x`, where the sign of 0 is 0. For complex numbers `Re(x* ∇x) / |x|`, and then what
///   makes `|x|²` have the gradients of `x* x`, see [gradients of gradients](crate#gradients-of-gradients); 0 where `x` is.
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
/// If a gradient is missing that [gradients of gradients](crate#gradients-of-gradients) of complex numbers need, if there is no
/// arithmetic for the type of the elements, or if they are not on the CPU.
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
    if tensor.parts().list.iter().any(bends) {
        return abs(&tensor);
    }
    let change = |block: &mut BlockMut<'_>| {
        with_continuous!(block.dtype(), T => {
            change_by_weights(block, directions, T::along)?;
            change_values(block, T::modulus)
        })
    };
    in_place("abs", tensor, &change, abs)
}

fn absolute(block: &TensorBlock) -> Result<TensorBlock> {
    let dtype = block.dtype();
    if bends(block) {
        return with_continuous!(dtype, T => modulus_at_depth::<T>(block, dtype));
    }
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

/// Whether there are gradients of gradients, and these are not just those of the block times its signs.
fn bends(block: &TensorBlock) -> bool {
    block.dtype().is_complex() && has_second_derivatives(block)
}

/// [`absolute`] for complex numbers with gradients of gradients. The square of the result `z` is `x* x`: half of the gradient
/// of this for some path is the sum of all `Re((∇x)* ∇x)`, and of all `∇z ∇z`, in which the first parameter of the path is
/// given to the first one.
fn modulus_at_depth<T: Continuous>(block: &TensorBlock, dtype: DType) -> Result<TensorBlock> {
    let derivatives = Derivatives::of_elements(&[block], Rule::Product, dtype)?.with_result();
    let views = derivatives.views(0)?;
    let all = elements::<T>(&views)?;
    let of_values = |f: fn(T) -> T| all[0].iter().map(|&x| f(x)).collect::<Vec<_>>();
    let directions = [of_values(T::direction)];
    let mut moduli = vec![of_values(T::modulus)];
    let x = Elements::of(0, &all);
    let direction = Elements::of(0, &directions);
    for node in 1..derivatives.nodes().len() {
        let with_first = |part| derivatives.nodes()[node].is_first_of_two(part);
        let mut sums = derivatives.zeros(node);
        let inner = |x: T, y: T| T::from_real(x.widen().inner(y.widen()));
        derivatives.add_products(&mut sums, node, (x, x), with_first, inner)?;
        let z = Elements::of(1, &moduli);
        let minus = |x: T, y: T| T::default().minus(x.times(y));
        derivatives.add_products(&mut sums, node, (z, z), with_first, minus)?;
        let over = |z: T, sum: T| match z.widen().size() {
            0.0 => T::default(),
            _ => sum.over(z),
        };
        kernels::gather_in_place(&derivatives.rows(node)?, &moduli[0], &mut sums, over)?;
        let along = |direction: T, x: T| x.along(direction);
        let nothing = |part: usize| part == 0;
        derivatives.add_products(&mut sums, node, (direction, x), nothing, along)?;
        moduli.push(sums);
    }
    derivatives.block(moduli, block, dtype)
}

fn directions<T: Number>(x: &[T]) -> Result<Weights> {
    Ok(Some(kernels::map(&[x.len()], x, |x: T| x.direction())?))
}
