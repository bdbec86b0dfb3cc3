//! New dimensions.

use metatensor_core::{Error, Labels, Result};

use super::{edit, edit_each};
use crate::engine::{Axis, Blocks, Operand};

/// Values of a new dimension.
#[derive(Clone, Copy, Debug)]
pub enum DimensionValues<'a> {
    /// The same for all entries.
    Scalar(i32),
    /// One for each entry. All blocks must have as many entries.
    Array(&'a [i32]),
    /// For each block, one for each entry.
    PerBlock(&'a [&'a [i32]]),
}

/// Map with a new last dimension of the keys, the samples, or the properties.
///
/// The samples of gradients stay what they are. The info stays as well.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{Axis, DimensionValues, append_dimension};
/// # use ndarray::arr2;
/// let samples = Labels::new(["s"], &[[1], [0]])?;
/// let values = arr2(&[[1.0], [3.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 1)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let values = DimensionValues::Array(&[8, 9]);
/// let longer = append_dimension(&tensor, Axis::Samples, "t", values)?;
/// let expected = Labels::new(["s", "t"], &[[1, 8], [0, 9]])?;
/// assert_eq!(*longer.block_by_id(0)?.samples(), expected);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If `axis` is components; if `name` is the name of another dimension, or can not be a name; or if
/// there is not one value for each entry.
pub fn append_dimension<T: Operand>(
    tensor: &T,
    axis: Axis,
    name: &str,
    values: DimensionValues<'_>,
) -> Result<T> {
    into_append_dimension(tensor.clone(), axis, name, values)
}

/// [`append_dimension`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, DimensionValues, into_append_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let result = into_append_dimension(tensor, Axis::Keys, "c", DimensionValues::Scalar(0))?;
/// assert_eq!(*result.keys().names(), ["a", "b", "c"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`append_dimension`].
pub fn into_append_dimension<T: Operand>(
    tensor: T,
    axis: Axis,
    name: &str,
    values: DimensionValues<'_>,
) -> Result<T> {
    insert_into(tensor, axis, None, name, values).map_err(|error| error.context("append_dimension"))
}

/// Map with a new dimension of the keys, the samples, or the properties, before the one with number
/// `index`, or after all of them.
///
/// The samples of gradients stay what they are. The info stays as well.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, DimensionValues, insert_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let longer = insert_dimension(&tensor, Axis::Keys, 1, "c", DimensionValues::Scalar(0))?;
/// assert_eq!(*longer.keys().names(), ["a", "c", "b"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`append_dimension`], and if there are fewer than `index` dimensions.
pub fn insert_dimension<T: Operand>(
    tensor: &T,
    axis: Axis,
    index: usize,
    name: &str,
    values: DimensionValues<'_>,
) -> Result<T> {
    into_insert_dimension(tensor.clone(), axis, index, name, values)
}

/// [`insert_dimension`] of a map that is not needed any more: the result has its arrays for itself.
///
/// ```
/// # use metatensor_core::{Labels, TensorMap};
/// # use metatensor_operations::{Axis, DimensionValues, into_insert_dimension};
/// let tensor = TensorMap::new(Labels::empty(&["a", "b"])?, Vec::new())?;
/// let result = into_insert_dimension(tensor, Axis::Keys, 1, "c", DimensionValues::Scalar(0))?;
/// assert_eq!(*result.keys().names(), ["a", "c", "b"]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`insert_dimension`].
pub fn into_insert_dimension<T: Operand>(
    tensor: T,
    axis: Axis,
    index: usize,
    name: &str,
    values: DimensionValues<'_>,
) -> Result<T> {
    insert_into(tensor, axis, Some(index), name, values)
        .map_err(|error| error.context("insert_dimension"))
}

/// Before the dimension with this index, or after all of them.
fn insert_into<T: Operand>(
    tensor: T,
    axis: Axis,
    index: Option<usize>,
    name: &str,
    values: DimensionValues<'_>,
) -> Result<T> {
    let blocks = match values {
        DimensionValues::Scalar(value) => {
            return edit(tensor, axis, &|labels| {
                insert(labels, index, name, &vec![value; labels.count()])
            });
        }
        DimensionValues::Array(values) => {
            return edit(tensor, axis, &|labels| insert(labels, index, name, values));
        }
        DimensionValues::PerBlock(blocks) => blocks,
    };
    check_blocks(tensor.parts(), axis, blocks.len())?;
    edit_each(tensor, axis, &|labels, block| {
        insert(labels, index, name, blocks[block])
    })
}

/// Fails if there are not values for each of the blocks.
fn check_blocks(blocks: Blocks<'_>, axis: Axis, values: usize) -> Result<()> {
    if blocks.keys.is_some() && axis == Axis::Keys {
        return Err(Error::invalid(
            "the keys do not belong to one block: expected values for all of them",
        ));
    }
    let what = match blocks.keys {
        Some(_) => "blocks",
        None => "block",
    };
    let expected = blocks.list.len();
    if values == expected {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "got values for {values} blocks, but there are {expected} {what}"
    )))
}

fn insert(labels: &Labels, index: Option<usize>, name: &str, values: &[i32]) -> Result<Labels> {
    labels.check_readable("an additional dimension")?;
    let size = labels.size();
    let index = index.unwrap_or(size);
    if index > size {
        return Err(Error::invalid(format!(
            "index {index} is out of range for a new dimension of labels with {size} dimensions"
        )));
    }
    if values.len() != labels.count() {
        return Err(Error::invalid(format!(
            "got {} values for the dimension '{name}', but there are {} entries",
            values.len(),
            labels.count()
        )));
    }
    let mut names = labels.names().to_vec();
    names.insert(index, name);
    let mut table = Vec::with_capacity(values.len() * names.len());
    for (row, &value) in labels.iter().zip(values) {
        table.extend_from_slice(&row[..index]);
        table.push(value);
        table.extend_from_slice(&row[index..]);
    }
    Labels::assume_unique(&names, table)?.stored_like(labels)
}
