//! Reductions over properties.

use metatensor_core::Result;

use super::{Reduction, over_properties};
use crate::engine::{Axis, Operand, map_blocks};

/// Reduces the properties of each block, whose dimensions `names` are removed.
///
/// This is [`sum_over_properties`], [`mean_over_properties`], [`var_over_properties`] or
/// [`std_over_properties`].
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Reduction, reduce_over_properties};
/// # use ndarray::arr2;
/// let properties = Labels::new(["l", "n"], &[[1, 0], [0, 0], [0, 1]])?;
/// let samples = Labels::range("system", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0, 1.0, 3.0]]), &samples, &[], &properties)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// for (reduction, expected) in [
///     (Reduction::Sum, [4.0, 7.0]),
///     (Reduction::Mean, [2.0, 7.0]),
///     (Reduction::Var, [1.0, 0.0]),
///     (Reduction::Std, [1.0, 0.0]),
/// ] {
///     let result = reduce_over_properties(&tensor, reduction, &["n"])?;
///     let result = result.block_by_id(0)?;
///     assert_eq!(*result.properties(), Labels::range("l", 2)?);
///     assert!(result.to_ndarray::<f64>()?.iter().eq(&expected));
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If one of the names is not a dimension of the properties; if there is no arithmetic for the type of
/// elements, or they are not on the CPU; or if there are gradients of gradients, for variances and
/// standard deviations.
pub fn reduce_over_properties<T: Operand>(
    tensor: &T,
    reduction: Reduction,
    names: &[&str],
) -> Result<T> {
    map_blocks(&reduction.function(Axis::Properties), tensor, &|block| {
        over_properties::reduce(block, reduction, names)
    })
}

/// Sums of all properties that only differ in the dimensions `names`.
///
/// - values: `Σ x`
/// - gradients, at all depths: `Σ ∇x`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 1)?;
/// let properties = Labels::range("n", 2)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0, 6.0]]), &samples, &[], &properties)?;
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0, 2.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::sum_over_properties(&tensor, &["n"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.properties(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[7.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[3.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_properties`].
pub fn sum_over_properties<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_properties(tensor, Reduction::Sum, names)
}

/// Means of all properties that only differ in the dimensions `names`.
///
/// - values: `μ = Σ x / n`, where `n` is the number of properties in the group
/// - gradients, at all depths: `Σ ∇x / n`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 1)?;
/// let properties = Labels::range("n", 2)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0, 6.0]]), &samples, &[], &properties)?;
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0, 2.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::mean_over_properties(&tensor, &["n"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.properties(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[3.5]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[1.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_properties`].
pub fn mean_over_properties<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_properties(tensor, Reduction::Mean, names)
}

/// Variances of all properties that only differ in the dimensions `names`.
///
/// - values: `Σ |x - μ|² / n`, where `μ` is the mean of the `n` properties in the group
/// - gradients: `2 / n Σ (x - μ) ∇x`; for complex numbers `2 / n Σ Re((x - μ)* ∇x)`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 1)?;
/// let properties = Labels::range("n", 2)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0, 6.0]]), &samples, &[], &properties)?;
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0, 2.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::var_over_properties(&tensor, &["n"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.properties(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[6.25]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[2.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_properties`].
pub fn var_over_properties<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_properties(tensor, Reduction::Var, names)
}

/// Standard deviations of all properties that only differ in the dimensions `names`.
///
/// - values: `σ = √(Σ |x - μ|² / n)`, where `μ` is the mean of the `n` properties in the group
/// - gradients: `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is 0; for complex numbers
///   `Σ Re((x - μ)* ∇x) / (n σ)`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 1)?;
/// let properties = Labels::range("n", 2)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0, 6.0]]), &samples, &[], &properties)?;
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0, 2.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::std_over_properties(&tensor, &["n"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.properties(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.5]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[0.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_properties`].
pub fn std_over_properties<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_properties(tensor, Reduction::Std, names)
}
