//! Cartesian tensors from all blocks for their parts.

use metatensor_core::internal::rows::{Rows, first_occurrences};
use metatensor_core::{Error, Labels, Result, TensorBlock, TensorMap};

use super::basis::{self, Part};
use super::{all_blocks, replace_components};
use crate::engine::{MissingGradients, alike};
use crate::ops::add_with;

/// Tensors with a component `o3_mu` of real spherical harmonics, as vectors or matrices along x, y and z.
///
/// `components` are the names of the new components, one for vectors and two for matrices, which get the entries 0, 1 and 2 for
/// x, y and z, and are where `o3_mu` was. This undoes [`cartesian_to_spherical`](crate::cartesian_to_spherical): all blocks that
/// only differ in `o3_lambda` and `o3_sigma` are parts of one tensor. For matrices these are `o3_lambda` 0, 1 and 2, with `o3_sigma` 1, -1
/// and 1: a part that there is no block for is zero. They have to have the same samples, properties, other components and gradients, but a
/// gradient can have rows that the others have not.
///
/// Keys lose the dimensions `o3_lambda` and `o3_sigma`, and `l_1` and `l_2` as well, which featomic has for the `o3_lambda` of the
/// components, and which must be 1. Blocks are in the order of the first of their parts. Gradients go the same way, at all depths,
/// and the info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::spherical_to_cartesian;
/// # use ndarray::{Array3, arr2};
/// // -√3 times the unit matrix, divided by 3
/// let mu = Labels::range("o3_mu", 1)?;
/// let trace = Array3::<f64>::ones((1, 1, 1));
/// let block = TensorBlock::new(trace, &Labels::range("s", 1)?, &[mu], &Labels::single())?;
/// let spherical = TensorMap::new(Labels::new(["o3_lambda", "o3_sigma"], &[[0, 1]])?, vec![block])?;
///
/// let matrix = spherical_to_cartesian(&spherical, &["xyz_1", "xyz_2"])?.block_by_id(0)?.to_ndarray::<f64>()?;
/// let expected = ndarray::Array2::<f64>::eye(3) * (-1.0 / 3_f64.sqrt());
/// assert!((matrix.into_shape_with_order((3, 3)).unwrap() - expected).iter().all(|x| x.abs() < 1e-15));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`] if there are not one or two names; if the keys do not have `o3_lambda` and `o3_sigma`, or ones that
/// are no part of such a tensor; if values do not have the component `o3_mu`, with the entries from `-o3_lambda` to `o3_lambda`.
/// [`Error::NotEqual`] if parts of the same tensor do not have the same labels or gradients. [`Error::Unsupported`] if there is no
/// arithmetic for the type of elements, or they are not on the CPU.
pub fn spherical_to_cartesian(tensor: &TensorMap, components: &[&str]) -> Result<TensorMap> {
    let cartesian = to_cartesian(tensor, components);
    cartesian.map_err(|error| error.context("spherical_to_cartesian"))
}

fn to_cartesian(tensor: &TensorMap, components: &[&str]) -> Result<TensorMap> {
    let parts = basis::parts(components.len())?;
    let axes = components.iter().map(|name| Labels::range(name, 3));
    let axes = axes.collect::<Result<Vec<_>>>()?;
    let keys = tensor.keys();
    let groups = Groups::new(keys, components.len())?;

    let mut results: Vec<Option<TensorBlock>> = vec![None; groups.count];
    let (lambdas, sigmas) = (keys.column("o3_lambda")?, keys.column("o3_sigma")?);
    all_blocks(tensor).map(|i, block| {
        let part = parts
            .iter()
            .find(|part| (part.lambda, part.sigma) == (lambdas[i], sigmas[i]));
        let part = part.ok_or_else(|| not_a_part(&parts))?;
        let first = mu_axis(block, part)?;
        let terms = part.to_cartesian(components.len());
        let term = replace_components(block, &(first..first + 1), &axes, &terms)?;
        let result = &mut results[groups.group_of[i] as usize];
        *result = Some(match result.take() {
            None => term,
            Some(sum) => {
                alike(MissingGradients::ZeroRows)(&sum, &term)?;
                add_with(&sum, &term, MissingGradients::ZeroRows)?
            }
        });
        Ok(())
    })?;
    let blocks = results.into_iter().flatten().collect();
    let mut result = TensorMap::new(groups.keys()?.stored_like(keys)?, blocks)?;
    result.info_mut().clone_from(tensor.info());
    Ok(result)
}

/// Which keys are parts of the same tensor.
struct Groups<'a> {
    /// Dimensions that are left.
    names: Vec<&'a str>,
    /// For each key, the tensor that it is a part of.
    group_of: Vec<u32>,
    count: usize,
    /// What is left of the keys of each tensor.
    table: Vec<i32>,
}

impl<'a> Groups<'a> {
    fn new(keys: &'a Labels, rank: usize) -> Result<Groups<'a>> {
        keys.check_readable("a change of the basis")?;
        let of_components: Vec<_> = (1..=rank).map(|i| format!("l_{i}")).collect();
        let (mut columns, mut names) = (Vec::new(), Vec::new());
        for (column, name) in keys.names().iter().enumerate() {
            if of_components.iter().any(|other| other == name) {
                if let Some(i) = keys.column(name)?.iter().position(|&l| l != 1) {
                    return Err(Error::invalid(format!(
                        "block {}: '{name}' must be 1, the o3_lambda of a Cartesian component",
                        keys.describe(i)
                    )));
                }
            } else if !["o3_lambda", "o3_sigma"].contains(&name) {
                columns.push(column);
                names.push(name);
            }
        }
        if columns.is_empty() {
            return Ok(Groups {
                names,
                group_of: vec![0; keys.count()],
                count: keys.count().min(1),
                table: Vec::new(),
            });
        }
        let table = keys.rows().columns(&columns);
        let rows = Rows::try_new(&table, keys.count(), columns.len())?;
        let (firsts, group_of) = first_occurrences(rows);
        Ok(Groups {
            names,
            group_of,
            count: firsts.len(),
            table: rows.gather(&firsts),
        })
    }

    fn keys(self) -> Result<Labels> {
        match (self.names.len(), self.count) {
            (0, 0) => Labels::empty(&["_"]),
            (0, _) => Ok(Labels::single()),
            _ => Labels::assume_unique(&self.names, self.table),
        }
    }
}

#[cold]
fn not_a_part(parts: &[Part]) -> Error {
    let parts = parts
        .iter()
        .map(|part| format!("(o3_lambda={}, o3_sigma={})", part.lambda, part.sigma));
    let (what, parts) = match parts.collect::<Vec<_>>() {
        parts if parts.len() == 1 => ("vector is", parts),
        parts => ("matrix has the parts", parts),
    };
    Error::invalid(format!("a Cartesian {what} {}", parts.join(", ")))
}

/// The position of the component `o3_mu`.
fn mu_axis(block: &TensorBlock, part: &Part) -> Result<usize> {
    let components = block.components();
    let is_mu = |component: &Labels| component.names().iter().eq(["o3_mu"]);
    let Some(axis) = components.iter().position(is_mu) else {
        return Err(Error::invalid("the values have no component 'o3_mu'"));
    };
    let component = &components[axis];
    component.check_readable("a change of the basis")?;
    let lambda = part.lambda;
    if !component
        .rows()
        .values()
        .iter()
        .copied()
        .eq(-lambda..=lambda)
    {
        return Err(Error::invalid(format!(
            "the component 'o3_mu' must have the entries from {} to {lambda}",
            -lambda
        )));
    }
    Ok(axis)
}
