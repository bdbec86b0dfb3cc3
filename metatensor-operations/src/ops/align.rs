//! Gradients with the same rows.

use std::collections::HashMap;

use metatensor_core::{Result, TensorBlock};

use crate::engine::{
    Axis, Blocks, Child, EqualMetadataOptions, Operand, same_metadata, union_of_rows,
    without_gradients,
};
use crate::kernels::{self, Columns};

/// Two maps that have the same gradient rows for the same keys, which is what operations on two maps
/// need.
///
/// Gradients of both get all rows that one of them has, those of `a` first. New rows are zero, as
/// derivatives without a row are. Everything else stays what it is, in each of the maps.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{align_gradients, multiply};
/// # use ndarray::arr2;
/// # let (samples, properties) = (Labels::range("s", 1)?, Labels::range("p", 1)?);
/// let map = |atom| {
///     let mut block = TensorBlock::new(arr2(&[[2.0]]), &samples, &[], &properties)?;
///     let rows = Labels::new(["sample", "atom"], &[[0, atom]])?;
///     block.add_gradient("x", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
///     TensorMap::new(Labels::single(), vec![block])
/// };
/// let (a, b) = align_gradients(&map(3)?, &map(5)?)?;
/// let product = multiply(&a, &b)?;
/// let gradient = product.block_by_id(0)?.gradient("x")?;
/// assert_eq!(*gradient.samples(), Labels::new(["sample", "atom"], &[[0, 3], [0, 5]])?);
/// assert_eq!(gradient.to_ndarray::<f64>()?, arr2(&[[2.0], [2.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the maps do not have the same keys, or blocks for the same key not the same samples, or not
/// gradients with respect to the same parameters, with the same dimensions of samples; or those of the
/// arrays.
pub fn align_gradients<T: Operand>(a: &T, b: &T) -> Result<(T, T)> {
    let aligned = align(a.parts(), b.parts())
        .and_then(|(first, second)| Ok((a.with_structure(first)?, b.with_structure(second)?)));
    aligned.map_err(|error| error.context("align_gradients"))
}

/// The blocks that become of those of both.
fn align(a: Blocks<'_>, b: Blocks<'_>) -> Result<(Vec<TensorBlock>, Vec<TensorBlock>)> {
    let mut first = Vec::with_capacity(a.list.len());
    let mut second = Vec::with_capacity(b.list.len());
    for (i, (x, y)) in a.pairs(b)?.into_iter().enumerate() {
        let (x, y) = aligned(x, y).map_err(|error| a.in_block(i, error))?;
        first.push(x);
        second.push(y);
    }
    if let (Some(keys), Some(others)) = (a.keys, b.keys) {
        // The blocks of the second map are in the order of the keys of the first one.
        let mut in_order = vec![None; second.len()];
        for (key, block) in keys.iter().zip(second) {
            if let Some(position) = others.position(key) {
                in_order[position] = Some(block);
            }
        }
        second = in_order.into_iter().flatten().collect();
    }
    Ok((first, second))
}

fn aligned(a: &TensorBlock, b: &TensorBlock) -> Result<(TensorBlock, TensorBlock)> {
    let only_parameters = EqualMetadataOptions {
        gradients: true,
        ..EqualMetadataOptions::only(&[])
    };
    same_metadata(a, b, EqualMetadataOptions::only(&[Axis::Samples]))?;
    same_metadata(a, b, only_parameters)?;
    let parents = [Child::same_rows(a), Child::same_rows(b)];
    let mut results = [without_gradients(a)?, without_gradients(b)?];
    add_gradients(&parents, &mut results)?;
    Ok(results.into())
}

/// Adds gradients with the same rows to the blocks that were made of `parents`, all of which have a block. Each block
/// keeps the order of its gradients.
fn add_gradients(parents: &[Child<'_>], results: &mut [TensorBlock]) -> Result<()> {
    let blocks: Vec<_> = parents.iter().filter_map(|child| child.block).collect();
    let mut aligned = vec![HashMap::new(); blocks.len()];
    for (parameter, model) in blocks[0].gradients() {
        let (samples, children) = union_of_rows(parents, parameter, model.samples())?;
        let gradients = children.iter().zip(&blocks).map(|(child, block)| {
            let gradient = block.gradient(parameter)?;
            let (components, properties) = (gradient.components(), gradient.properties());
            match child.sources(samples.count()) {
                None => gradient.relabeled(&samples, components, properties),
                rows => {
                    let view = gradient.view()?;
                    let mut shape = view.shape().to_vec();
                    shape[0] = samples.count();
                    let dtype = view.dtype();
                    let columns = Columns {
                        view: Some(view),
                        width: child.width,
                        rows,
                    };
                    let values = kernels::side_by_side(dtype, &shape, &[columns])?;
                    gradient.with_new_values(values, &samples, components, properties)
                }
            }
        });
        let mut gradients = gradients.collect::<Result<Vec<_>>>()?;
        add_gradients(&children, &mut gradients)?;
        for (aligned, gradient) in aligned.iter_mut().zip(gradients) {
            aligned.insert(parameter, gradient);
        }
    }
    for ((result, block), mut aligned) in results.iter_mut().zip(blocks).zip(aligned) {
        for parameter in block.gradients_list().iter() {
            if let Some(gradient) = aligned.remove(parameter) {
                result.add_gradient(parameter, gradient)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
