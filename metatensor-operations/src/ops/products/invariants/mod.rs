//! The invariant part of products of spherical tensors.

mod groups;
mod neighbors;
mod options;
mod plan;
mod properties;
mod rows;
mod symmetry;
#[cfg(test)]
mod tests;

use metatensor_core::{Labels, Result, TensorBlock, TensorMap};

use super::size::check_bytes;
use crate::engine::Blocks;
use groups::Spherical;
pub use options::{InvariantsOptions, NeighborPairs, Normalisation};
use plan::Plan;

/// The invariants of all pairs of elements of spherical tensors, as a spherical expansion of the density of atoms: the power
/// spectrum.
///
/// Blocks of `x` are covariant of degree λ: keys have the dimensions `o3_lambda` and `o3_sigma`, which has to be 1, and blocks
/// have the component `o3_mu` with 2λ + 1 entries, as everywhere in the field. With the radial functions n, for the neighbors α
/// and β of the atom i (A. P. Bartók, R. Kondor and G. Csányi, Phys. Rev. B 87, 184115, 2013):
///
/// ```text
/// p[i, α, β][l, n₁, n₂] = (-1)^l / √(2l + 1) Σ_m x[i, α][l, m, n₁] x[i, β][l, m, n₂]
/// ∇p[i, α, β][l, n₁, n₂] = (-1)^l / √(2l + 1) Σ_m (∇x[i, α][l, m, n₁] x[i, β][l, m, n₂] + x[i, α][l, m, n₁] ∇x[i, β][l, m, n₂])
/// ```
///
/// The factor in front is that of Clebsch-Gordan products, see [`Normalisation`] for others. There are two forms of the result,
/// see [`NeighborPairs`]:
///
/// | | keys | properties |
/// |---|---|---|
/// | [`NeighborPairs::Unique`] | `center_type`, `neighbor_1_type`, `neighbor_2_type` | `l`, `n_1`, `n_2` |
/// | [`NeighborPairs::All`] | `center_type` | `l`, `neighbor_1_type`, `n_1`, `neighbor_2_type`, `n_2` |
///
/// Instead of `center_type`, there can be any dimensions of keys, which stay; and any dimensions of properties, each of which
/// becomes two that end with `_1` and `_2`. Keys may have no `neighbor_type`, which may have become a property: it then is
/// `neighbor_1_type` and `neighbor_2_type` as well, and both forms are the same.
///
/// Samples are those that both neighbors have, or with all pairs in the same block, those that have any of them; where one is
/// missing, invariants are zero. Samples, and those of gradients, are sorted. The gradients are those of `x`, at all depths, by
/// the rules of [`contract`](crate::contract): with respect to positions, cells, strain, or anything else. The result needs the
/// memory of its elements and labels; what is computed with is a few rows for each thread.
///
/// What this gives for a spherical expansion of featomic has the labels and the elements of its `SoapPowerSpectrum` (`Unique`),
/// and of its `PowerSpectrum` (`All`).
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{InvariantsOptions, invariants};
/// # use ndarray::Array3;
/// // Vectors (λ = 1) for two kinds of neighbors of an atom.
/// let keys = Labels::new(
///     ["o3_lambda", "o3_sigma", "center_type", "neighbor_type"],
///     &[[1, 1, 6, 1], [1, 1, 6, 8]],
/// )?;
/// let mu = Labels::new(["o3_mu"], &[[-1], [0], [1]])?;
/// let vector = |scale: f64| {
///     let values = Array3::from_shape_fn((1, 3, 1), |(_, m, _)| scale * m as f64);
///     TensorBlock::new(values, Labels::range("atom", 1)?, &[mu.clone()], Labels::range("n", 1)?)
/// };
/// let x = TensorMap::new(keys, vec![vector(1.0)?, vector(2.0)?])?;
///
/// let p = invariants(&x, InvariantsOptions::default())?;
/// assert_eq!(p.keys().names().to_vec(), ["center_type", "neighbor_1_type", "neighbor_2_type"]);
/// let carbon = p.block(&[("neighbor_1_type", 1), ("neighbor_2_type", 1)])?;
/// // minus the square of (0, 1, 2), over √3
/// assert!((carbon.to_ndarray::<f64>()?[[0, 0]] + 5.0 / 3.0_f64.sqrt()).abs() < 1e-12);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`](crate::Error::InvalidParameter) if `x` does not have keys and components as above, or blocks
/// of the same degree have different properties and are put together; [`Error::NotEqual`](crate::Error::NotEqual) if gradients
/// do not go together; [`Error::Unsupported`](crate::Error::Unsupported) if the result is larger than it may be, if there is a
/// gradient `p/q` but none with respect to `q`, if there is no arithmetic for the type of elements, or if they are not on the
/// CPU.
pub fn invariants(x: &TensorMap, options: InvariantsOptions) -> Result<TensorMap> {
    let (keys, blocks) = products(x, options, true).map_err(|error| error.context("invariants"))?;
    TensorMap::new(keys, blocks)
}

/// What the result of [`invariants`] will be: its labels, and the type of its elements, of which there are none.
///
/// Whatever asks for elements of this map gets an error. [`estimate_bytes`](crate::estimate_bytes) tells how much memory the
/// result will take.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{InvariantsOptions, invariants_metadata};
/// # let keys = Labels::new(["o3_lambda", "o3_sigma"], &[[0, 1]])?;
/// # let mu = Labels::new(["o3_mu"], &[[0]])?;
/// # let values = ndarray::Array3::<f64>::zeros((1, 1, 10));
/// # let block = TensorBlock::new(values, Labels::range("atom", 1)?, &[mu], Labels::range("n", 10)?)?;
/// # let x = TensorMap::new(keys, vec![block])?;
/// let result = invariants_metadata(&x, InvariantsOptions::default())?;
/// assert_eq!(result.block_by_id(0)?.properties().names().to_vec(), ["l", "n_1", "n_2"]);
/// assert_eq!(result.block_by_id(0)?.properties().count(), 100);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`invariants`], but for what concerns elements.
pub fn invariants_metadata(x: &TensorMap, options: InvariantsOptions) -> Result<TensorMap> {
    let (keys, blocks) =
        products(x, options, false).map_err(|error| error.context("invariants_metadata"))?;
    TensorMap::new(keys, blocks)
}

fn products(
    x: &TensorMap,
    options: InvariantsOptions,
    compute: bool,
) -> Result<(Labels, Vec<TensorBlock>)> {
    let groups = Spherical::new(x)?.groups(options)?;
    let mut properties = None;
    let (mut keys, mut planned) = (Vec::new(), Vec::new());
    let names = groups.key_names();
    for group in &groups.list {
        let in_block = |error: metatensor_core::Error| {
            error.context(format!("product {}", describe(&names, &group.key)))
        };
        let plan = Plan::new(group, &groups, &mut properties, options).map_err(in_block)?;
        if let Some(plan) = plan {
            keys.extend_from_slice(&group.key);
            planned.push(plan);
        }
    }
    let keys = match (names.is_empty(), planned.is_empty()) {
        (true, true) => Labels::empty(&["_"])?,
        (true, false) => Labels::single(),
        _ => Labels::assume_unique(&names, keys)?,
    };
    let labels: Vec<_> = planned
        .iter()
        .map(Plan::labels_only)
        .collect::<Result<_>>()?;
    if !compute {
        return Ok((keys, labels));
    }
    let made = Blocks {
        keys: Some(&keys),
        list: &labels,
    };
    check_bytes(made, options.max_bytes)?;
    let blocks = planned.iter().enumerate();
    let blocks = blocks.map(|(i, plan)| plan.compute().map_err(|error| made.in_block(i, error)));
    let blocks = blocks.collect::<Result<_>>()?;
    Ok((keys, blocks))
}

fn describe(names: &[&str], key: &[i32]) -> String {
    let values = names.iter().zip(key);
    let values: Vec<_> = values
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("({})", values.join(", "))
}
