//! Fewer dimensions.

use metatensor_core::{Error, Labels, Result};

use super::{edit, position};
use crate::engine::{Axis, Operand};

/// Map without one of the dimensions of the keys, the samples, or the properties.
///
/// The samples of gradients stay what they are. The info stays as well.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, remove_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let smaller = remove_dimension(&tensor, Axis::Keys, "a")?;
/// assert_eq!(*smaller.keys().names(), ["b"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is components, or `name` is not one of its dimensions, or the only one; or if entries
/// are not different without it.
pub fn remove_dimension<T: Operand>(tensor: &T, axis: Axis, name: &str) -> Result<T> {
    into_remove_dimension(tensor.clone(), axis, name)
}

/// [`remove_dimension`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, into_remove_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let result = into_remove_dimension(tensor, Axis::Keys, "a")?;
/// assert_eq!(*result.keys().names(), ["b"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`remove_dimension`].
pub fn into_remove_dimension<T: Operand>(tensor: T, axis: Axis, name: &str) -> Result<T> {
    edit(tensor, axis, &|labels| remove(labels, name))
        .map_err(|error| error.context("remove_dimension"))
}

fn remove(labels: &Labels, name: &str) -> Result<Labels> {
    let removed = position(labels, name)?;
    if labels.size() == 1 {
        return Err(Error::invalid(format!(
            "'{name}' is the only dimension and can not be removed"
        )));
    }
    labels.check_readable("fewer dimensions")?;
    let kept: Vec<usize> = (0..labels.size()).filter(|&i| i != removed).collect();
    let names: Vec<&str> = kept.iter().map(|&i| &labels.names()[i]).collect();
    Labels::from_values(&names, labels.rows().columns(&kept))
        .map_err(|error| error.context(format!("without the dimension '{name}'")))?
        .stored_like(labels)
}
