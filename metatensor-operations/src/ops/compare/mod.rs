//! Whether two maps or blocks are the same.
//!
//! There are two functions for each kind of comparison: `equal` says if two maps or blocks are equal, `check_equal` also
//! says why not.

#[cfg(test)]
mod tests;
mod values;
mod worst;

use metatensor_core::{Error, Result};

pub use values::AllcloseOptions;
use values::Criterion;
use worst::{worse, worst_in_block};

use crate::engine::{Blocks, EqualMetadataOptions, NotEqual, Operand, same_metadata};

/// Whether two maps have equal blocks for equal keys.
///
/// Keys must have the same names in the same order, but the order of blocks does not matter. Blocks
/// must have equal values, the same labels in the same order, and equal gradients, at all depths.
/// Values are compared as numbers: NaN is not equal to itself, and `1_i32` is equal to `1.0_f64`. The
/// order of gradient parameters and the info of maps are ignored.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{add_scalar, check_equal, equal};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// # let a = TensorMap::new(Labels::single(), vec![block])?;
/// let b = add_scalar(&a, 1.0)?;
/// assert!(equal(&a, &a)?);
/// assert!(!equal(&a, &b)?);
///
/// let different = check_equal(&a, &b).unwrap_err();
/// assert_eq!(
///     different.to_string(),
///     "blocks for key (_=0) are different: values are not equal: 1 of 1 elements differ, most of all \
///      at samples (s=0), properties (p=0): 1.0 and 2.0"
/// );
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If values are not on the CPU, or have a data type this library does not know. They are only looked
/// at if all labels are the same.
pub fn equal<T: Operand>(a: &T, b: &T) -> Result<bool> {
    to_bool("equal", same(a.parts(), b.parts(), Criterion::Equal))
}

/// [`equal`], but saying what is different: keys or labels, the first that are; or else where values are most
/// different, in all blocks and gradients.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{add_scalar, check_equal};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let different = check_equal(&block, &add_scalar(&block, 1.0)?).unwrap_err();
/// assert!(different.to_string().contains("at samples (s=0), properties (p=0): 1.0 and 2.0"));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If maps are different or can not be compared.
pub fn check_equal<T: Operand>(a: &T, b: &T) -> Result<(), NotEqual> {
    check_values(a.parts(), b.parts(), Criterion::Equal)
}

/// Whether two maps have blocks with almost the same values for equal keys.
///
/// This is [`equal`], except that two elements `x` of `a` and `y` of `b` are also taken to be the same
/// if `|x - y| <= atol + rtol * |y|`. Infinities are only close to themselves. Elements of gradients
/// are compared with the same tolerances.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{AllcloseOptions, add_scalar, allclose};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// # let a = TensorMap::new(Labels::single(), vec![block])?;
/// let b = add_scalar(&a, 1e-5)?;
/// assert!(!allclose(&a, &b, AllcloseOptions::default())?);
/// assert!(allclose(&a, &b, AllcloseOptions { atol: 1e-4, ..Default::default() })?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`equal`].
pub fn allclose<T: Operand>(a: &T, b: &T, options: AllcloseOptions) -> Result<bool> {
    to_bool(
        "allclose",
        same(a.parts(), b.parts(), Criterion::Close(options)),
    )
}

/// [`allclose`], but saying what is different: as [`check_equal`], where the worst difference is the largest in
/// units of what is allowed.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{AllcloseOptions, add_scalar, check_allclose};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let different = check_allclose(&block, &add_scalar(&block, 1.0)?, AllcloseOptions::default()).unwrap_err();
/// assert!(different.to_string().contains("at samples (s=0), properties (p=0): 1.0 and 2.0"));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If maps are different or can not be compared.
pub fn check_allclose<T: Operand>(a: &T, b: &T, options: AllcloseOptions) -> Result<(), NotEqual> {
    check_values(a.parts(), b.parts(), Criterion::Close(options))
}

/// Whether two maps have the same keys, and the same labels in the blocks for equal keys.
///
/// Values are not looked at. Keys and gradient parameters can be in another order, all other labels can
/// not.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{EqualMetadataOptions, add_scalar, equal_metadata};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// # let a = TensorMap::new(Labels::single(), vec![block])?;
/// let b = add_scalar(&a, 1.0)?;
/// assert!(equal_metadata(&a, &b, EqualMetadataOptions::default()));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub fn equal_metadata<T: Operand>(a: &T, b: &T, options: EqualMetadataOptions) -> bool {
    check_equal_metadata(a, b, options).is_ok()
}

/// [`equal_metadata`], but saying what is different.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{Axis, EqualMetadataOptions, check_equal_metadata, rename_dimension};
/// # use ndarray::arr2;
/// # let samples = Labels::range("s", 1)?;
/// # let block = TensorBlock::new(arr2(&[[1.0]]), &samples, &[], &Labels::range("p", 1)?)?;
/// let other = rename_dimension(&block, Axis::Samples, "s", "t")?;
/// let different = check_equal_metadata(&block, &other, EqualMetadataOptions::default());
/// assert_eq!(different.unwrap_err().axis, Some(Axis::Samples));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If labels are different.
pub fn check_equal_metadata<T: Operand>(
    a: &T,
    b: &T,
    options: EqualMetadataOptions,
) -> Result<(), NotEqual> {
    check_labels(a.parts(), b.parts(), options)
}

/// Fails if something about the labels is different, or values can not be compared. Then: whether the values are
/// the same.
fn same(a: Blocks<'_>, b: Blocks<'_>, criterion: Criterion) -> Result<bool, NotEqual> {
    let pairs = a.pairs(b)?;
    for (i, (x, y)) in pairs.iter().enumerate() {
        values::same_axes(x, y).map_err(|different| a.for_key(i, different))?;
    }
    for (i, (x, y)) in pairs.iter().enumerate() {
        let same = values::same_values(x, y, criterion);
        if !same.map_err(|failed| a.for_key(i, failed))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn check_values(a: Blocks<'_>, b: Blocks<'_>, criterion: Criterion) -> Result<(), NotEqual> {
    if same(a, b, criterion)? {
        return Ok(());
    }
    let mut found = None;
    for (i, (x, y)) in a.pairs(b)?.into_iter().enumerate() {
        let worst = worst_in_block(x, y, criterion).map_err(|error| a.for_key(i, error.into()))?;
        let worst = worst.map(|(badness, place)| (badness, a.for_key(i, place)));
        found = worse(found, worst);
    }
    // If there is none, elements have changed since they were different.
    Err(found.map_or_else(
        || NotEqual::new("values are not the same"),
        |(_, worst)| worst,
    ))
}

fn check_labels(
    a: Blocks<'_>,
    b: Blocks<'_>,
    options: EqualMetadataOptions,
) -> Result<(), NotEqual> {
    for (i, (x, y)) in a.pairs(b)?.into_iter().enumerate() {
        same_metadata(x, y, options).map_err(|different| a.for_key(i, different))?;
    }
    Ok(())
}

/// Different labels are not an error here.
fn to_bool(function: &str, result: Result<bool, NotEqual>) -> Result<bool> {
    match result.map_err(Error::from) {
        Err(Error::NotEqual(_)) => Ok(false),
        result => result.map_err(|error| error.context(function)),
    }
}
