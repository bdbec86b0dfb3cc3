//! Products of maps by labels.

mod blocks;
mod components;
mod dimensions;
mod keys;
mod options;
mod properties;
mod samples;
#[cfg(test)]
mod tests;

use metatensor_core::{Labels, Result, TensorBlock};

use super::size::check_bytes;
use crate::engine::{Blocks, Operand, Repeated};
use blocks::BlockProduct;
use keys::KeyPairs;
pub use options::{ContractOptions, SamplePairs};
pub(super) use samples::PairedSamples;

/// Product of two maps by labels, with the product rule for all gradients: blocks, samples, components and properties with the
/// same labels are multiplied with each other, or everything with everything, and some of it is added up.
///
/// ```text
/// C[k, k₁, k₂][i, m, m₁, m₂, p, p₁, p₂] = Σ_c A[k, k₁][i, m, m₁, c, p, p₁] B[k, k₂][i, m, m₂, c, p, p₂]
/// ```
///
/// Here k, m and p are dimensions of keys, components and properties that are matched, c those that are contracted, and those
/// with numbers are outer, of the first and the second map; see [`ContractOptions`], which also says what is the default. For
/// all axes, the result has what is matched first, then what is outer in the first map, then what is outer in the second.
/// Components are in the order of the first map, and what only the second one has comes last.
///
/// - Keys: blocks that have no match are left out.
/// - Samples `i` are the same if they have the same values in all dimensions that both blocks have. One of the blocks
///   must have all dimensions of the other, which is broadcast if it has fewer. The single row that labels with only
///   the dimension `_` have is broadcast to all samples. The result has the samples of the block with more dimensions, in
///   its order; those of the smaller one without a match are left out. See [`SamplePairs`] for others.
/// - Components that are matched or contracted must be the same.
/// - Properties of both blocks must have the same values in dimensions that are matched or contracted, in any order: what has
///   no match is an error. If nothing is left, the property is `_ = 0`.
///
/// Nothing is conjugated. Sums are made in the precision of the result, which has the type that numpy gives to products.
///
/// A block without any gradients is constant. If both blocks have gradients, these must be with respect to the same parameters
/// at all depths; rows that only one has are zeros in the other. The gradient `p/q` of a product is the sum of the products of
/// `p/q`, `p` with `q`, `q` with `p`, and `p/q` of the other one, so that blocks that have it must have a gradient with
/// respect to `q`. Components that only gradients have come first, those of the last parameter in front.
///
/// [`dot`](crate::dot) and [`multiply`](crate::multiply) are special cases of this, and faster.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{ContractOptions, contract};
/// # use ndarray::Array3;
/// // A vector for each of two atoms.
/// let atoms = Labels::range("atom", 2)?;
/// let xyz = Labels::range("xyz", 3)?;
/// let values = Array3::from_shape_fn((2, 3, 2), |(i, x, n)| (i + x + n) as f64);
/// let vectors = TensorBlock::new(values, &atoms, &[xyz], &Labels::range("n", 2)?)?;
///
/// // All scalar products of the vectors of an atom.
/// let options = ContractOptions {
///     contracted_components: &["xyz"],
///     matched_properties: Some(&[]),
///     ..ContractOptions::default()
/// };
/// let products = contract(&vectors, &vectors, options)?;
/// assert_eq!(products.shape(), [2, 4]);
/// assert_eq!(products.properties().names().to_vec(), ["n_1", "n_2"]);
/// // (0, 1, 2) · (1, 2, 3)
/// assert_eq!(products.to_ndarray::<f64>()?[[0, 1]], 8.0);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::InvalidParameter`](crate::Error::InvalidParameter) if a name in the options is not that of a dimension of both
/// maps, if names of the result would not be different, or if each of two blocks has a dimension of samples that the other has
/// not; [`Error::NotEqual`](crate::Error::NotEqual) if components, properties or gradients do not go together;
/// [`Error::Unsupported`](crate::Error::Unsupported) if the result is larger than it may be, if there is a gradient `p/q`
/// but none with respect to `q`, if there is no arithmetic for the type of elements, or if they are not on the CPU.
pub fn contract<T: Operand>(a: &T, b: &T, options: ContractOptions<'_>) -> Result<T> {
    let (keys, blocks) = products(a.parts(), b.parts(), &options, true)
        .map_err(|error| error.context("contract"))?;
    T::made_of(keys, blocks)
}

/// What the result of [`contract`] will be: its labels, and the types of its elements, of which there are none.
///
/// Whatever asks for elements of this map or block gets an error. [`estimate_bytes`](crate::estimate_bytes) tells how much
/// memory the result will take.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{ContractOptions, contract_metadata, estimate_bytes};
/// # use ndarray::Array2;
/// let atoms = Labels::range("atom", 1000)?;
/// let x = TensorBlock::new(Array2::<f64>::zeros((1000, 500)), &atoms, &[], &Labels::range("n", 500)?)?;
/// let options = ContractOptions {
///     matched_properties: Some(&[]),
///     ..ContractOptions::default()
/// };
/// let products = contract_metadata(&x, &x, options)?;
/// assert_eq!(products.shape(), [1000, 250_000]);
/// assert!(estimate_bytes(&products) > 2_000_000_000);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`contract`], but for what concerns elements.
pub fn contract_metadata<T: Operand>(a: &T, b: &T, options: ContractOptions<'_>) -> Result<T> {
    let (keys, blocks) = products(a.parts(), b.parts(), &options, false)
        .map_err(|error| error.context("contract_metadata"))?;
    T::made_of(keys, blocks)
}

fn products(
    a: Blocks<'_>,
    b: Blocks<'_>,
    options: &ContractOptions<'_>,
    compute: bool,
) -> Result<(Option<Labels>, Vec<TensorBlock>)> {
    let KeyPairs { keys, pairs } = KeyPairs::new(a, b, options)?;
    let result = Blocks {
        keys: keys.as_ref(),
        list: &[],
    };
    let properties = Repeated::new();
    let planned = pairs.iter().enumerate().map(|(i, &(first, second))| {
        let (x, y) = (&a.list[first], &b.list[second]);
        let planned = BlockProduct::new(x, y, &properties, options);
        planned.map_err(|error| result.in_block(i, error))
    });
    let planned: Vec<_> = planned.collect::<Result<_>>()?;
    let labels: Vec<_> = planned
        .iter()
        .map(BlockProduct::labels_only)
        .collect::<Result<_>>()?;
    if !compute {
        return Ok((keys, labels));
    }
    let made = Blocks {
        keys: keys.as_ref(),
        list: &labels,
    };
    check_bytes(made, options.max_bytes)?;
    let blocks = planned.iter().enumerate();
    let blocks = blocks.map(|(i, block)| block.compute().map_err(|e| result.in_block(i, e)));
    let blocks = blocks.collect::<Result<_>>()?;
    Ok((keys, blocks))
}
