//! Dimensions in another order.

use metatensor_core::{Error, Labels, Result};

use super::edit;
use crate::engine::{Axis, Operand};

/// Map with the dimensions of the keys, the samples, or the properties in another order: first the
/// one with number `indexes[0]`, and so on.
///
/// The samples of gradients stay what they are. The info stays as well.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, permute_dimensions};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b", "c"])?, Vec::new())?;
/// let other = permute_dimensions(&tensor, Axis::Keys, &[2, 0, 1])?;
/// assert_eq!(*other.keys().names(), ["c", "a", "b"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is components, or `indexes` does not have the number of each dimension once.
pub fn permute_dimensions<T: Operand>(tensor: &T, axis: Axis, indexes: &[usize]) -> Result<T> {
    into_permute_dimensions(tensor.clone(), axis, indexes)
}

/// [`permute_dimensions`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, into_permute_dimensions};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let result = into_permute_dimensions(tensor, Axis::Keys, &[1, 0])?;
/// assert_eq!(*result.keys().names(), ["b", "a"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`permute_dimensions`].
pub fn into_permute_dimensions<T: Operand>(tensor: T, axis: Axis, indexes: &[usize]) -> Result<T> {
    edit(tensor, axis, &|labels| permute(labels, indexes))
        .map_err(|error| error.context("permute_dimensions"))
}

fn permute(labels: &Labels, indexes: &[usize]) -> Result<Labels> {
    let names = labels.names();
    if indexes.len() != names.len() {
        return Err(Error::invalid(format!(
            "got {} indexes for the {} dimensions {names}",
            indexes.len(),
            names.len()
        )));
    }
    let mut seen = vec![false; names.len()];
    for index in indexes {
        if *index >= names.len() {
            return Err(Error::invalid(format!(
                "index {index} is out of range for the {} dimensions {names}",
                names.len()
            )));
        }
        if std::mem::replace(&mut seen[*index], true) {
            return Err(Error::invalid(format!(
                "index {index} comes more than once in {indexes:?}, for the dimensions {names}"
            )));
        }
    }
    labels.check_readable("another order of dimensions")?;
    let permuted: Vec<&str> = indexes.iter().map(|&index| &names[index]).collect();
    let values = labels.rows().columns(indexes);
    Labels::assume_unique(&permuted, values)?.stored_like(labels)
}
