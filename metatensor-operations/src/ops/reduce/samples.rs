//! Reductions over samples.

use metatensor_core::Result;

use super::{Reduction, over_samples};
use crate::engine::{Axis, Operand, map_blocks};

/// Reduces the samples of each block, whose dimensions `names` are removed.
///
/// This is [`sum_over_samples`], [`mean_over_samples`], [`var_over_samples`] or [`std_over_samples`].
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Reduction, reduce_over_samples};
/// # use ndarray::arr2;
/// let samples = Labels::new(["system", "atom"], &[[1, 0], [0, 0], [0, 1]])?;
/// let properties = Labels::range("n", 1)?;
/// let block = TensorBlock::new(arr2(&[[7.0], [1.0], [3.0]]), &samples, &[], &properties)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// for (reduction, expected) in [
///     (Reduction::Sum, [4.0, 7.0]),
///     (Reduction::Mean, [2.0, 7.0]),
///     (Reduction::Var, [1.0, 0.0]),
///     (Reduction::Std, [1.0, 0.0]),
/// ] {
///     let result = reduce_over_samples(&tensor, reduction, &["atom"])?;
///     let result = result.block_by_id(0)?;
///     assert_eq!(*result.samples(), Labels::range("system", 2)?);
///     assert!(result.to_ndarray::<f64>()?.iter().eq(&expected));
/// }
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If one of the names is not a dimension of the samples; if there is no arithmetic for the type of
/// elements, or they are not on the CPU; or if there are gradients of gradients, for variances and
/// standard deviations.
pub fn reduce_over_samples<T: Operand>(
    tensor: &T,
    reduction: Reduction,
    names: &[&str],
) -> Result<T> {
    map_blocks(&reduction.function(Axis::Samples), tensor, &|block| {
        over_samples::reduce(block, reduction, names)
    })
}

/// Sums of all samples that only differ in the dimensions `names`.
///
/// - values: `Σ x`
/// - gradients, at all depths: `Σ ∇x`, sorted by their samples
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 2)?;
/// let properties = Labels::range("n", 1)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0], [6.0]]), &samples, &[], &properties)?;
/// // The second sample does not depend on t.
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::sum_over_samples(&tensor, &["atom"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.samples(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[7.0]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[1.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_samples`].
pub fn sum_over_samples<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_samples(tensor, Reduction::Sum, names)
}

/// Means of all samples that only differ in the dimensions `names`.
///
/// - values: `μ = Σ x / n`
/// - gradients, at all depths: `Σ ∇x / n`, sorted by their samples. `n` is the number of samples in the
///   group, not that of the gradient rows they have.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 2)?;
/// let properties = Labels::range("n", 1)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0], [6.0]]), &samples, &[], &properties)?;
/// // The second sample does not depend on t.
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::mean_over_samples(&tensor, &["atom"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.samples(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[3.5]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[0.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_samples`].
pub fn mean_over_samples<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_samples(tensor, Reduction::Mean, names)
}

/// Variances of all samples that only differ in the dimensions `names`.
///
/// - values: `Σ |x - μ|² / n`, where `μ` is the mean of the `n` samples in the group
/// - gradients: `2 / n Σ (x - μ) ∇x`, sorted by their samples; for complex numbers
///   `2 / n Σ Re((x - μ)* ∇x)`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 2)?;
/// let properties = Labels::range("n", 1)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0], [6.0]]), &samples, &[], &properties)?;
/// // The second sample does not depend on t.
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::var_over_samples(&tensor, &["atom"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.samples(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[6.25]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[-2.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_samples`].
pub fn var_over_samples<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_samples(tensor, Reduction::Var, names)
}

/// Standard deviations of all samples that only differ in the dimensions `names`.
///
/// - values: `σ = √(Σ |x - μ|² / n)`, where `μ` is the mean of the `n` samples in the group
/// - gradients: `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is 0, sorted by their samples; for complex
///   numbers `Σ Re((x - μ)* ∇x) / (n σ)`
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use ndarray::arr2;
/// let samples = Labels::range("atom", 2)?;
/// let properties = Labels::range("n", 1)?;
/// let mut block = TensorBlock::new(arr2(&[[1.0], [6.0]]), &samples, &[], &properties)?;
/// // The second sample does not depend on t.
/// let rows = Labels::new(["sample"], &[[0]])?;
/// block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let result = metatensor_operations::std_over_samples(&tensor, &["atom"])?;
/// let result = result.block_by_id(0)?;
/// assert_eq!(*result.samples(), Labels::single());
/// assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[2.5]]).into_dyn());
/// assert_eq!(result.gradient("t")?.to_ndarray::<f64>()?, arr2(&[[-0.5]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`reduce_over_samples`].
pub fn std_over_samples<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
    reduce_over_samples(tensor, Reduction::Std, names)
}
