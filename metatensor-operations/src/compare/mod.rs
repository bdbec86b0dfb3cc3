//! Whether two maps or blocks are the same.
//!
//! There are two functions for each kind of comparison of maps, and as many for blocks: `equal` says
//! if two maps are equal, `check_equal` also says why not.

mod metadata;
mod not_equal;
#[cfg(test)]
mod tests;
mod values;
mod worst;

use metatensor_core::{Error, Result, TensorBlock, TensorMap};

pub use metadata::EqualMetadataOptions;
pub(crate) use metadata::{difference, same_labels, same_metadata, same_parameters};
pub use not_equal::NotEqual;
pub use values::AllcloseOptions;
use values::Criterion;
use worst::{Badness, worse, worst_in_block};

use crate::matching::pairs;

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
pub fn equal(a: &TensorMap, b: &TensorMap) -> Result<bool> {
    to_bool("equal", same_maps(a, b, Criterion::Equal))
}

/// [`equal`] for blocks.
///
/// # Errors
///
/// As for [`equal`].
pub fn equal_block(a: &TensorBlock, b: &TensorBlock) -> Result<bool> {
    to_bool("equal", same_blocks(a, b, Criterion::Equal))
}

/// [`equal`], but saying what is different: keys or labels, the first that are; or else where values are most
/// different, in all blocks and gradients.
///
/// # Errors
///
/// If maps are different or can not be compared.
pub fn check_equal(a: &TensorMap, b: &TensorMap) -> Result<(), NotEqual> {
    check_values_of_maps(a, b, Criterion::Equal)
}

/// [`check_equal`] for blocks.
///
/// # Errors
///
/// As for [`check_equal`].
pub fn check_equal_block(a: &TensorBlock, b: &TensorBlock) -> Result<(), NotEqual> {
    check_values_of_blocks(a, b, Criterion::Equal)
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
pub fn allclose(a: &TensorMap, b: &TensorMap, options: AllcloseOptions) -> Result<bool> {
    to_bool("allclose", same_maps(a, b, Criterion::Close(options)))
}

/// [`allclose`] for blocks.
///
/// # Errors
///
/// As for [`equal`].
pub fn allclose_block(a: &TensorBlock, b: &TensorBlock, options: AllcloseOptions) -> Result<bool> {
    to_bool("allclose", same_blocks(a, b, Criterion::Close(options)))
}

/// [`allclose`], but saying what is different: as [`check_equal`], where the worst difference is the largest in
/// units of what is allowed.
///
/// # Errors
///
/// If maps are different or can not be compared.
pub fn check_allclose(
    a: &TensorMap,
    b: &TensorMap,
    options: AllcloseOptions,
) -> Result<(), NotEqual> {
    check_values_of_maps(a, b, Criterion::Close(options))
}

/// [`check_allclose`] for blocks.
///
/// # Errors
///
/// As for [`check_allclose`].
pub fn check_allclose_block(
    a: &TensorBlock,
    b: &TensorBlock,
    options: AllcloseOptions,
) -> Result<(), NotEqual> {
    check_values_of_blocks(a, b, Criterion::Close(options))
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
pub fn equal_metadata(a: &TensorMap, b: &TensorMap, options: EqualMetadataOptions) -> bool {
    check_equal_metadata(a, b, options).is_ok()
}

/// [`equal_metadata`] for blocks.
pub fn equal_metadata_block(
    a: &TensorBlock,
    b: &TensorBlock,
    options: EqualMetadataOptions,
) -> bool {
    check_equal_metadata_block(a, b, options).is_ok()
}

/// [`equal_metadata`], but saying what is different.
///
/// # Errors
///
/// If labels are different.
pub fn check_equal_metadata(
    a: &TensorMap,
    b: &TensorMap,
    options: EqualMetadataOptions,
) -> Result<(), NotEqual> {
    check_maps(a, b, |a, b| same_metadata(a, b, options))
}

/// [`check_equal_metadata`] for blocks.
///
/// # Errors
///
/// As for [`check_equal_metadata`].
pub fn check_equal_metadata_block(
    a: &TensorBlock,
    b: &TensorBlock,
    options: EqualMetadataOptions,
) -> Result<(), NotEqual> {
    same_metadata(a, b, options)
}

/// Fails if something about the labels is different, or values can not be compared. Then: whether the values are
/// the same.
fn same_maps(a: &TensorMap, b: &TensorMap, criterion: Criterion) -> Result<bool, NotEqual> {
    let pairs = pairs(a, b)?;
    for (i, (x, y)) in pairs.iter().enumerate() {
        values::same_axes(x, y).map_err(|different| different.for_key(a.keys(), i))?;
    }
    for (i, (x, y)) in pairs.iter().enumerate() {
        let same = values::same_values(x, y, criterion);
        if !same.map_err(|failed| failed.for_key(a.keys(), i))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// [`same_maps`] for blocks.
fn same_blocks(a: &TensorBlock, b: &TensorBlock, criterion: Criterion) -> Result<bool, NotEqual> {
    values::same_axes(a, b)?;
    values::same_values(a, b, criterion)
}

fn check_values_of_maps(
    a: &TensorMap,
    b: &TensorMap,
    criterion: Criterion,
) -> Result<(), NotEqual> {
    if same_maps(a, b, criterion)? {
        return Ok(());
    }
    let mut found = None;
    for (i, (x, y)) in pairs(a, b)?.into_iter().enumerate() {
        let for_key = |place: NotEqual| place.for_key(a.keys(), i);
        let worst = worst_in_block(x, y, criterion).map_err(|error| for_key(error.into()))?;
        found = worse(
            found,
            worst.map(|(badness, place)| (badness, for_key(place))),
        );
    }
    differ(found)
}

fn check_values_of_blocks(
    a: &TensorBlock,
    b: &TensorBlock,
    criterion: Criterion,
) -> Result<(), NotEqual> {
    if same_blocks(a, b, criterion)? {
        return Ok(());
    }
    differ(worst_in_block(a, b, criterion)?)
}

/// Fails because of the worst difference that was found. If there is none, elements have changed since they were
/// different.
fn differ(found: Option<(Badness, NotEqual)>) -> Result<(), NotEqual> {
    Err(found.map_or_else(
        || NotEqual::new("values are not the same"),
        |(_, worst)| worst,
    ))
}

fn check_maps(
    a: &TensorMap,
    b: &TensorMap,
    check: impl Fn(&TensorBlock, &TensorBlock) -> Result<(), NotEqual>,
) -> Result<(), NotEqual> {
    for (i, (x, y)) in pairs(a, b)?.into_iter().enumerate() {
        check(x, y).map_err(|different| different.for_key(a.keys(), i))?;
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
