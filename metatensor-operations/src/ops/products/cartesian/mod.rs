//! Vectors and matrices in space, as components along x, y and z, or along real spherical harmonics.

mod basis;
mod groups;
#[cfg(test)]
mod tests;

use metatensor_core::{Array as _, Error, Labels, Result, TensorBlock, TensorMap};

use crate::engine::{Blocks, add_gradients};
use crate::kernels::{Terms, mix_components};
use crate::numbers::{continuous, read, stored, with_continuous};

pub use groups::spherical_to_cartesian;

/// Tensors with one or two components along x, y and z, as ones with a component `o3_mu` of real spherical harmonics.
///
/// `components` are the names of the component, or of two that follow each other, with the entries 0, 1 and 2 for x, y and z.
/// A vector becomes one block with `o3_lambda = 1`, and the entries y, z, x for `o3_mu` = -1, 0, 1. A matrix becomes three:
/// its trace (`o3_lambda = 0`, divided by -√3), the antisymmetric part (`o3_lambda = 1`, with `o3_sigma = -1`), and the symmetric one
/// without trace (`o3_lambda = 2`), combined by Clebsch-Gordan coefficients; they are all zeros for some kinds of matrices, but
/// always there, so that nothing depends on the numbers. The map is orthogonal: it keeps sums of squares.
///
/// Keys get the dimensions `o3_lambda` and `o3_sigma`, before all others. `o3_mu` is where the components were. Gradients go the
/// same way, at all depths, and the info stays. Results are those of featomic's `cartesian_to_spherical`, with all blocks kept and
/// no `l_1` and `l_2` in the keys.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{cartesian_to_spherical, spherical_to_cartesian};
/// # use ndarray::arr3;
/// let xyz = Labels::range("xyz", 3)?;
/// let vector = arr3(&[[[1.0], [2.0], [3.0]]]);
/// let block = TensorBlock::new(vector, &Labels::range("s", 1)?, &[xyz], &Labels::single())?;
/// let cartesian = TensorMap::new(Labels::single(), vec![block])?;
///
/// let spherical = cartesian_to_spherical(&cartesian, &["xyz"])?;
/// let block = spherical.block(&[("o3_lambda", 1), ("o3_sigma", 1)])?;
/// assert_eq!(block.to_ndarray::<f64>()?, arr3(&[[[2.0], [3.0], [1.0]]]).into_dyn());
/// assert_eq!(spherical_to_cartesian(&spherical, &["xyz"])?.block_by_id(0)?.components(), cartesian.block_by_id(0)?.components());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`] if there are not one or two names, or the values do not have these components one after the other;
/// if their entries are not 0, 1 and 2; or if the keys have a dimension `o3_lambda` or `o3_sigma`.
/// [`Error::Unsupported`] if there is no arithmetic for the type of elements, or they are not on the CPU.
pub fn cartesian_to_spherical(tensor: &TensorMap, components: &[&str]) -> Result<TensorMap> {
    let spherical = to_spherical(tensor, components);
    spherical.map_err(|error| error.context("cartesian_to_spherical"))
}

fn to_spherical(tensor: &TensorMap, components: &[&str]) -> Result<TensorMap> {
    let parts = basis::parts(components.len())?;
    let keys = tensor.keys();
    for name in ["o3_lambda", "o3_sigma"] {
        if keys.names().contains(name) {
            return Err(Error::invalid(format!(
                "the keys have a dimension '{name}': is this a spherical tensor?"
            )));
        }
    }
    let mut names = vec!["o3_lambda", "o3_sigma"];
    names.extend(keys.names().iter());
    let mut table = Vec::with_capacity(keys.count() * parts.len() * names.len());
    let mut blocks = Vec::with_capacity(keys.count() * parts.len());
    let all = all_blocks(tensor).map(|i, block| {
        let first = first_axis(block, components)?;
        let of_block = parts.iter().map(|part| {
            table.extend([part.lambda, part.sigma]);
            table.extend(&keys[i]);
            let component = [part.mu()?];
            let replaced = first..first + components.len();
            replace_components(block, &replaced, &component, &part.from_cartesian)
        });
        of_block.collect::<Result<Vec<_>>>()
    })?;
    all.into_iter().for_each(|of_block| blocks.extend(of_block));
    let new_keys = Labels::assume_unique(&names, table)?.stored_like(keys)?;
    let mut result = TensorMap::new(new_keys, blocks)?;
    result.info_mut().clone_from(tensor.info());
    Ok(result)
}

fn all_blocks(tensor: &TensorMap) -> Blocks<'_> {
    Blocks {
        keys: Some(tensor.keys()),
        list: tensor.blocks(),
    }
}

/// The position of the first of these components, which follow each other.
fn first_axis(block: &TensorBlock, names: &[&str]) -> Result<usize> {
    let components = block.components();
    let name_of = |component: &Labels| component.names().iter().next().map(str::to_owned);
    let all: Vec<_> = components.iter().filter_map(name_of).collect();
    let first = all.iter().position(|name| name == names[0]);
    let Some(first) = first.filter(|&first| all[first..].iter().take(names.len()).eq(names)) else {
        return Err(Error::invalid(format!(
            "expected the components {names:?}, one after the other, got {all:?}"
        )));
    };
    for component in &components[first..first + names.len()] {
        component.check_readable("a change of the basis")?;
        if component.rows().values() != [0, 1, 2] {
            return Err(Error::invalid(format!(
                "the component {} must have the entries 0, 1 and 2",
                component.names()
            )));
        }
    }
    Ok(first)
}

/// `block` with other components in place of some of them, whose entries are made of those by `terms`; with gradients, at all
/// depths. `terms` know both as one axis, in row-major order.
fn replace_components(
    block: &TensorBlock,
    replaced: &std::ops::Range<usize>,
    by: &[Labels],
    terms: &Terms,
) -> Result<TensorBlock> {
    let old = block.components();
    let mut components = old[..replaced.start].to_vec();
    for component in by {
        components.push(component.clone().stored_like(block.samples())?);
    }
    components.extend_from_slice(&old[replaced.end..]);

    let dtype = continuous(block.dtype())?;
    let view = block.view()?;
    let mut mixed = with_continuous!(dtype, T => {
        // the first axis is that of the samples
        let axes = replaced.start + 1..replaced.end + 1;
        mix_components::<T>(view.shape(), axes, &read(&view)?, terms)
    })?;
    let mut shape = vec![block.samples().count()];
    shape.extend(components.iter().map(Labels::count));
    shape.push(block.properties().count());
    mixed.reshape(&shape)?;
    let mut result = block.with_new_values(
        stored(mixed, dtype)?,
        block.samples(),
        &components,
        block.properties(),
    )?;
    add_gradients(&mut result, block, &mut |_, gradient| {
        // components of gradients only come first
        let own = gradient.components().len() - old.len();
        let replaced = replaced.start + own..replaced.end + own;
        replace_components(gradient, &replaced, by, terms)
    })?;
    Ok(result)
}
