//! Operations that consume their argument, and write results in the place of it.

use std::sync::Arc;

use metatensor_core::{
    BlockMut, DenseArray, Element, Error, GradientMap, Result, TensorBlock, TypedViewMut,
};

use super::{Operand, samples_of};
use crate::kernels::{self, GradientRows};
use crate::numbers::{continuous, with_continuous};

/// Changes the blocks of `tensor` if nothing else uses its arrays, and they are native ones with a type that
/// has fractions and carries itself. Else gives what `otherwise` makes.
pub(crate) fn in_place<T: Operand>(
    function: &str,
    mut tensor: T,
    change: &dyn Fn(&mut BlockMut<'_>) -> Result<()>,
    otherwise: impl FnOnce(&T) -> Result<T>,
) -> Result<T> {
    if !can_change(tensor.parts().list)? {
        return otherwise(&tensor);
    }
    let changed = tensor.update(change);
    changed.map_err(|error| error.context(function))?;
    Ok(tensor)
}

fn can_change(blocks: &[TensorBlock]) -> Result<bool> {
    let Some(first) = blocks.first() else {
        return Ok(true);
    };
    let dtype = first.dtype();
    let keeps_type = with_continuous!(continuous(dtype)?, T => Ok(T::DTYPE))? == dtype;
    Ok(keeps_type && blocks.iter().all(owns_arrays))
}

fn owns_arrays(block: &TensorBlock) -> bool {
    let values = block.values();
    values.downcast_ref::<DenseArray>().is_some()
        && !values.is_shared()
        && block.gradients().all(|(_, gradient)| owns_arrays(gradient))
}

/// Changes all elements of the values.
pub(crate) fn change_values<T: Element>(
    block: &mut BlockMut<'_>,
    f: impl Fn(T) -> T + Sync,
) -> Result<()> {
    kernels::map_in_place(slice(&mut block.values_as_mut()?)?, f)
}

/// Changes all elements of the values and of gradients, at all depths.
pub(crate) fn change_all<T: Element>(
    block: &mut BlockMut<'_>,
    f: impl Fn(T) -> T + Copy + Sync,
) -> Result<()> {
    change_values(block, f)?;
    for parameter in parameters(block) {
        change_all(&mut block.gradient_mut(&parameter)?, f)?;
    }
    Ok(())
}

/// Changes elements `dx` of gradients, at all depths, to `f(w, dx)`, where `w` is the weight of the element of the values that
/// `dx` is a derivative of.
pub(crate) fn change_gradients<T: Element>(
    block: &mut BlockMut<'_>,
    weights: &[T],
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<()> {
    let components = block.components().len();
    change_gradients_of(block, None, components, weights, f)
}

/// The same for the gradients of a gradient whose rows belong to these `samples`.
fn change_gradients_of<T: Element>(
    block: &mut BlockMut<'_>,
    samples: Option<&GradientMap>,
    components: usize,
    weights: &[T],
    f: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<()> {
    for parameter in parameters(block) {
        let map = samples_of(block, &parameter, samples)?;
        let mut gradient = block.gradient_mut(&parameter)?;
        let own = gradient.components().len() - components;
        let rows = GradientRows::with_map(gradient.shape(), own, Arc::clone(&map));
        let mut dx = gradient.values_as_mut()?;
        kernels::gather_in_place(&rows, weights, slice(&mut dx)?, f)?;
        drop(dx);
        change_gradients_of(&mut gradient, Some(&map), components, weights, f)?;
    }
    Ok(())
}

fn parameters(block: &TensorBlock) -> Vec<String> {
    block.gradients_list().iter().map(str::to_owned).collect()
}

fn slice<'a, T>(values: &'a mut TypedViewMut<'_, T>) -> Result<&'a mut [T]> {
    let slice = values.as_slice_mut();
    slice.ok_or_else(|| Error::Internal("a native array is changed with strides".into()))
}
