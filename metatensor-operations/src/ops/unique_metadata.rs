//! What occurs in the labels of a map.

use metatensor_core::internal::rows::{Direction, Rows, argsort, first_occurrences};
use metatensor_core::{Error, Labels, Names, Result, TensorBlock};

use crate::engine::{Axis, Operand, samples_or_properties};

/// All different combinations of values that some dimensions of the samples or properties have in any
/// of the blocks, sorted.
///
/// With the parameter of a gradient, or several separated by `/` for gradients of gradients, these are
/// the samples or properties of this gradient. The dimensions of the result are `names`, in this order.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, unique_metadata};
/// # use ndarray::arr2;
/// let samples = Labels::new(["system", "atom"], &[[4, 0], [4, 1], [2, 0]])?;
/// let values = arr2(&[[1.0], [2.0], [3.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 1)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
/// let systems = unique_metadata(&tensor, Axis::Samples, &["system"], None)?;
/// assert_eq!(systems, Labels::new(["system"], &[[2], [4]])?);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is neither samples nor properties; if `names` is empty, or a name is repeated or not one
/// of the dimensions; if there is no such gradient; or if labels can not be read.
pub fn unique_metadata<T: Operand>(
    tensor: &T,
    axis: Axis,
    names: &[&str],
    gradient: Option<&str>,
) -> Result<Labels> {
    unique(tensor.parts().list, axis, names, gradient)
        .map_err(|error| error.context("unique_metadata"))
}

fn unique(
    blocks: &[TensorBlock],
    axis: Axis,
    names: &[&str],
    gradient: Option<&str>,
) -> Result<Labels> {
    samples_or_properties(axis, "an axis to look for metadata")?;
    if names.is_empty() {
        return Err(Error::invalid("expected at least one name of a dimension"));
    }
    // Checks the names, also if there is no block to have them.
    Labels::empty(names)?;
    let mut values = Vec::new();
    for mut block in blocks {
        for parameter in gradient.into_iter().flat_map(|path| path.split('/')) {
            block = block.gradient(parameter)?;
        }
        let labels = axis.labels(block);
        let columns = names.iter().map(|name| {
            Names::position(labels.names(), name).ok_or_else(|| {
                Error::invalid(format!(
                    "'{name}' is not one of the dimensions of {axis}, {}",
                    labels.names()
                ))
            })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        labels.check_readable("metadata")?;
        values.extend(labels.rows().columns(&columns));
    }
    let rows = Rows::try_new(&values, values.len() / names.len(), names.len())?;
    let distinct = rows.gather(&first_occurrences(rows).0);
    let distinct = Rows::try_new(&distinct, distinct.len() / names.len(), names.len())?;
    Labels::assume_unique(
        names,
        distinct.gather(&argsort(distinct, Direction::Ascending)),
    )
}

#[cfg(test)]
mod tests;
