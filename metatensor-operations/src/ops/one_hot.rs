//! One-hot encoding.

use metatensor_core::{Error, Labels, Limit, Result};
use ndarray::Array2;

/// For each entry of `labels`, a row with a single 1, in the column of its value of one dimension: the
/// position of this value in `dimension`.
///
/// ```
/// # use metatensor_core::Labels;
/// # use metatensor_operations::one_hot;
/// # use ndarray::arr2;
/// let atoms = Labels::new(["atom", "type"], &[[0, 8], [1, 1], [2, 1]])?;
/// let types = Labels::new(["type"], &[[1], [6], [8]])?;
/// assert_eq!(one_hot(&atoms, &types)?, arr2(&[[0, 0, 1], [1, 0, 0], [1, 0, 0]]));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `dimension` does not have exactly one dimension, which `labels` has as well; or if a value in
/// `labels` is not one of `dimension`.
pub fn one_hot(labels: &Labels, dimension: &Labels) -> Result<Array2<i32>> {
    let [name] = dimension.names().to_vec()[..] else {
        return Err(Error::invalid(format!(
            "one_hot: expected labels with a single dimension, got {}: {}",
            dimension.size(),
            dimension.names()
        )));
    };
    dimension.check_readable("one_hot")?;
    let values = labels
        .column(name)
        .map_err(|error| error.context("one_hot"))?;
    let shape = (labels.count(), dimension.count());
    let bytes = [shape.1, size_of::<i32>()]
        .iter()
        .fold(shape.0 as u64, |bytes, &n| bytes.saturating_mul(n as u64));
    Limit::check_result(bytes, || {
        format!("one_hot: {} rows and {} columns", shape.0, shape.1)
    })?;
    let mut elements = Vec::new();
    let count = shape.0.checked_mul(shape.1);
    if count.is_none_or(|count| elements.try_reserve_exact(count).is_err()) {
        return Err(Error::invalid(format!(
            "one_hot: there is no memory for {} rows and {} columns",
            shape.0, shape.1
        )));
    }
    elements.resize(shape.0 * shape.1, 0);
    let mut result = Array2::from_shape_vec(shape, elements)
        .map_err(|error| Error::Internal(format!("one_hot: {error}")))?;
    for (mut row, value) in result.rows_mut().into_iter().zip(values) {
        let Some(column) = dimension.position(&[value]) else {
            return Err(Error::invalid(format!(
                "one_hot: {name}={value} is present in the labels, but was not found in the \
                 dimension"
            )));
        };
        row[column] = 1;
    }
    Ok(result)
}

#[cfg(test)]
mod tests;
