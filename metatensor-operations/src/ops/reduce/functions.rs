//! The functions for all reductions, over samples and over properties.

use metatensor_core::Result;

use super::{Reduction, merge};
use crate::engine::{Axis, Operand, Repeated, map_blocks};

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
/// elements, or they are not on the CPU; or if a gradient is missing that
/// [gradients of gradients](crate#gradients-of-gradients) of variances and standard deviations need.
pub fn reduce_over_samples<T: Operand>(
    tensor: &T,
    reduction: Reduction,
    names: &[&str],
) -> Result<T> {
    let merges = Repeated::new();
    map_blocks(&reduction.function(Axis::Samples), tensor, &|block| {
        merge::reduce(block, Axis::Samples, reduction, names, &merges)
    })
}

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
/// elements, or they are not on the CPU; or if a gradient is missing that
/// [gradients of gradients](crate#gradients-of-gradients) of variances and standard deviations need.
pub fn reduce_over_properties<T: Operand>(
    tensor: &T,
    reduction: Reduction,
    names: &[&str],
) -> Result<T> {
    let merges = Repeated::new();
    map_blocks(&reduction.function(Axis::Properties), tensor, &|block| {
        merge::reduce(block, Axis::Properties, reduction, names, &merges)
    })
}

/// A function for each reduction of an axis, with the sum, mean, ... of 1 and 6 and its derivative as an example.
macro_rules! reductions {
    (
        $reduce:ident, $axis:literal, $name:literal, $example:literal;
        $($(#[$doc:meta])* $function:ident: $reduction:ident, $value:literal, $derivative:literal;)*
    ) => {$(
        $(#[$doc])*
        ///
        /// ```
        #[doc = $example]
        ///
        #[doc = concat!("let result = metatensor_operations::", stringify!($function), "(&tensor, &[\"", $name, "\"])?;")]
        /// let result = result.block_by_id(0)?;
        #[doc = concat!("assert_eq!(*result.", $axis, "(), Labels::single());")]
        #[doc = concat!("assert_eq!(result.to_ndarray::<f64>()?, arr2(&[[", $value, "]]).into_dyn());")]
        /// let gradient = result.gradient("t")?.to_ndarray::<f64>()?;
        #[doc = concat!("assert_eq!(gradient, arr2(&[[", $derivative, "]]).into_dyn());")]
        /// # Ok::<(), metatensor_core::Error>(())
        /// ```
        ///
        /// # Errors
        ///
        #[doc = concat!("As for [`", stringify!($reduce), "`].")]
        pub fn $function<T: Operand>(tensor: &T, names: &[&str]) -> Result<T> {
            $reduce(tensor, Reduction::$reduction, names)
        }
    )*};
}

reductions! {
    reduce_over_samples, "samples", "atom", r##"# use metatensor_core::{Labels, TensorBlock, TensorMap};
# use ndarray::arr2;
let samples = Labels::range("atom", 2)?;
let properties = Labels::range("n", 1)?;
let mut block = TensorBlock::new(arr2(&[[1.0], [6.0]]), &samples, &[], &properties)?;
// The second sample does not depend on t.
let rows = Labels::new(["sample"], &[[0]])?;
block.add_gradient("t", TensorBlock::new(arr2(&[[1.0]]), &rows, &[], &properties)?)?;
let tensor = TensorMap::new(Labels::single(), vec![block])?;"##;

    /// Sums of all samples that only differ in the dimensions `names`.
    ///
    /// - values: `Σ x`
    /// - gradients, at all depths: `Σ ∇x`, sorted by their samples
    sum_over_samples: Sum, "7.0", "1.0";

    /// Means of all samples that only differ in the dimensions `names`.
    ///
    /// - values: `μ = Σ x / n`
    /// - gradients, at all depths: `Σ ∇x / n`, sorted by their samples. `n` is the number of samples in the
    ///   group, not that of the gradient rows they have.
    mean_over_samples: Mean, "3.5", "0.5";

    /// Variances of all samples that only differ in the dimensions `names`.
    ///
    /// - values: `Σ |x - μ|² / n`, where `μ` is the mean of the `n` samples in the group
    /// - gradients: `2 / n Σ (x - μ) ∇x`, sorted by their samples; for complex numbers
    ///   `2 / n Σ Re((x - μ)* ∇x)`
    /// - [gradients of gradients](crate#gradients-of-gradients), at all depths:
    ///   `2 / n Σ (∇p x ∇q x + (x - μ) ∇q∇p x) - 2 ∇p μ ∇q μ`, in rows for all pairs of rows of a group
    var_over_samples: Var, "6.25", "-2.5";

    /// Standard deviations of all samples that only differ in the dimensions `names`.
    ///
    /// - values: `σ = √(Σ |x - μ|² / n)`, where `μ` is the mean of the `n` samples in the group
    /// - gradients: `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is 0, sorted by their samples; for complex
    ///   numbers `Σ Re((x - μ)* ∇x) / (n σ)`
    /// - [gradients of gradients](crate#gradients-of-gradients), at all depths: `(∇q∇p v / 2 - ∇p σ ∇q σ) / σ`, where `v` is the
    ///   variance, but 0 where `σ` is 0
    std_over_samples: Std, "2.5", "-0.5";
}

reductions! {
    reduce_over_properties, "properties", "n", r##"# use metatensor_core::{Labels, TensorBlock, TensorMap};
# use ndarray::arr2;
let samples = Labels::range("atom", 1)?;
let properties = Labels::range("n", 2)?;
let mut block = TensorBlock::new(arr2(&[[1.0, 6.0]]), &samples, &[], &properties)?;
let rows = Labels::new(["sample"], &[[0]])?;
block.add_gradient("t", TensorBlock::new(arr2(&[[1.0, 2.0]]), &rows, &[], &properties)?)?;
let tensor = TensorMap::new(Labels::single(), vec![block])?;"##;

    /// Sums of all properties that only differ in the dimensions `names`.
    ///
    /// - values: `Σ x`
    /// - gradients, at all depths: `Σ ∇x`
    sum_over_properties: Sum, "7.0", "3.0";

    /// Means of all properties that only differ in the dimensions `names`.
    ///
    /// - values: `μ = Σ x / n`, where `n` is the number of properties in the group
    /// - gradients, at all depths: `Σ ∇x / n`
    mean_over_properties: Mean, "3.5", "1.5";

    /// Variances of all properties that only differ in the dimensions `names`.
    ///
    /// - values: `Σ |x - μ|² / n`, where `μ` is the mean of the `n` properties in the group
    /// - gradients: `2 / n Σ (x - μ) ∇x`; for complex numbers `2 / n Σ Re((x - μ)* ∇x)`
    /// - [gradients of gradients](crate#gradients-of-gradients), at all depths:
    ///   `2 / n Σ (∇p x ∇q x + (x - μ) ∇q∇p x) - 2 ∇p μ ∇q μ`
    var_over_properties: Var, "6.25", "2.5";

    /// Standard deviations of all properties that only differ in the dimensions `names`.
    ///
    /// - values: `σ = √(Σ |x - μ|² / n)`, where `μ` is the mean of the `n` properties in the group
    /// - gradients: `Σ (x - μ) ∇x / (n σ)`, but 0 where `σ` is 0; for complex numbers
    ///   `Σ Re((x - μ)* ∇x) / (n σ)`
    /// - [gradients of gradients](crate#gradients-of-gradients), at all depths: `(∇q∇p v / 2 - ∇p σ ∇q σ) / σ`, where `v` is the
    ///   variance, but 0 where `σ` is 0
    std_over_properties: Std, "2.5", "0.5";
}
