//! Values and gradients of functions of each element.

use std::sync::Arc;

use metatensor_core::{BlockMut, DType, DenseArray, GradientMap, Result, TensorBlock};

use crate::engine::{
    Child, add_gradients, change_all, change_gradients, combined_gradients, samples_of,
    with_gradients, with_results,
};
use crate::kernels::{self, GradientRows};
use crate::numbers::{Number, read};

/// What the derivatives of elements are multiplied with, for all of them. `None` if all results are zero, even where a
/// derivative is not finite.
pub(super) type Weights = Option<DenseArray>;

/// Block with the values `f(shape, x)`, and gradients `chain(∇x, w)` with the `weights` of the elements of `x`: at all depths,
/// as if these were constant.
pub(super) fn map_with_gradients<T: Number>(
    block: &TensorBlock,
    dtype: DType,
    f: impl Fn(&[usize], &[T]) -> Result<DenseArray>,
    weights: impl Fn(&[T]) -> Result<Weights>,
    chain: impl Fn(T, T) -> T + Sync,
) -> Result<TensorBlock> {
    let view = block.view()?;
    let x = read::<T>(&view)?;
    let mut result = with_results(block, f(view.shape(), &x)?, dtype)?;
    if block.gradients_list().is_empty() {
        return Ok(result);
    }
    let weights = weights(&x)?;
    let weights = weights.as_ref().map(DenseArray::view);
    let weights = weights.as_ref().map(read::<T>).transpose()?;
    let components = block.components().len();
    add_all_gradients(&mut result, block, None, &|gradient, map| {
        let own = gradient.components().len() - components;
        let rows = GradientRows::with_map(gradient.shape(), own, map);
        let values = match &weights {
            None => DenseArray::zeros(T::DTYPE, rows.shape())?,
            Some(weights) => {
                let view = gradient.view()?;
                kernels::gather_map(&rows, weights, &read(&view)?, |w, dx| chain(dx, w))?
            }
        };
        with_results(gradient, values, dtype)
    })?;
    Ok(result)
}

/// Makes something of a gradient and the samples of the values that its rows belong to.
type OfGradient<'a> = dyn Fn(&TensorBlock, Arc<GradientMap>) -> Result<TensorBlock> + 'a;

/// Adds what `f` makes of all gradients of `block`, which is the values, or a gradient whose rows belong to these `samples`.
fn add_all_gradients(
    result: &mut TensorBlock,
    block: &TensorBlock,
    samples: Option<&GradientMap>,
    f: &OfGradient<'_>,
) -> Result<()> {
    add_gradients(result, block, &mut |parameter, gradient| {
        let map = samples_of(block, parameter, samples)?;
        let mut made = f(gradient, Arc::clone(&map))?;
        add_all_gradients(&mut made, gradient, Some(&map), f)?;
        Ok(made)
    })
}

/// The gradients of [`map_with_gradients`], at all depths, in place, for values which are still those of `x`.
pub(super) fn change_by_weights<T: Number>(
    block: &mut BlockMut<'_>,
    weights: impl Fn(&[T]) -> Result<Weights>,
    chain: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<()> {
    if block.gradients_list().is_empty() {
        return Ok(());
    }
    match weights(&read(&block.view()?)?)? {
        None => change_all(block, |_: T| T::default()),
        Some(weights) => change_gradients(block, &read(&weights.view())?, |w, dx| chain(dx, w)),
    }
}

/// What the first of two weights in a formula for gradients is; the second one is `y`.
pub(super) enum First {
    X,
    Result,
}

/// Block with the values `f(x, y)`, and gradients `derivative((v, y), (∇x, ∇y))`, where `v` is the `first` weight.
pub(super) fn zip_with_gradients<T: Number>(
    a: &TensorBlock,
    b: &TensorBlock,
    dtype: DType,
    f: impl Fn(T, T) -> T + Sync,
    first: First,
    derivative: impl Fn((T, T), (T, T)) -> T + Sync,
) -> Result<TensorBlock> {
    let (view, other) = (a.view()?, b.view()?);
    let (x, y) = (read::<T>(&view)?, read::<T>(&other)?);
    let values = kernels::zip(view.shape(), &x, &y, f)?;
    let parents = [Child::same_rows(a), Child::same_rows(b)];
    let gradients = combined_gradients(&parents, &mut |parameter, pair| {
        let (rows, views, results) = (pair.rows(a, parameter)?, pair.views()?, values.view());
        let [dx, dy] = pair.elements(&views)?;
        let v = match first {
            First::X => &x,
            First::Result => &read(&results)?,
        };
        let values = kernels::gather_zip(&rows, (v, &y), (&dx, &dy), &derivative)?;
        pair.block(a, values, dtype)
    })?;
    with_gradients(with_results(a, values, dtype)?, gradients)
}
