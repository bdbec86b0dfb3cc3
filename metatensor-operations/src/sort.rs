//! Sorted maps and blocks.

use metatensor_core::internal::rows::Direction;
use metatensor_core::{Error, Result, TensorBlock, TensorMap};

use crate::Axis;
use crate::structure::{invalid_axis, map_structure, with_blocks, with_rows};
use crate::take::{PropertyPart, SamplePart, Sorting, sorted, take};

/// Map with the entries of `axes` sorted, the first dimension of labels being the most significant.
///
/// Each axis is sorted on its own: keys together with blocks, samples, all components, properties.
/// Sorting samples also sorts the rows of gradients, which refer to samples by their new number. The
/// components that only gradients have are sorted with those of the values. The info stays.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_core::internal::rows::Direction;
/// # use metatensor_operations::{Axis, sort};
/// # use ndarray::arr2;
/// let samples = Labels::new(["s"], &[[1], [0]])?;
/// let values = arr2(&[[1.0, 2.0], [3.0, 4.0]]);
/// let block = TensorBlock::new(values, &samples, &[], &Labels::range("p", 2)?)?;
/// let tensor = TensorMap::new(Labels::single(), vec![block])?;
///
/// let sorted = sort(&tensor, &Axis::ALL, Direction::Ascending)?;
/// let expected = arr2(&[[3.0, 4.0], [1.0, 2.0]]).into_dyn();
/// assert_eq!(sorted.block_by_id(0)?.to_ndarray::<f64>()?, expected);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// Those of the arrays.
pub fn sort(tensor: &TensorMap, axes: &[Axis], direction: Direction) -> Result<TensorMap> {
    let sort = || {
        let result = map_structure(tensor, |_, block| sort_axes(block, axes, direction))?;
        if !axes.contains(&Axis::Keys) {
            return Ok(result);
        }
        let order = sorted(tensor.keys(), direction)?;
        let keys = with_rows(tensor.keys(), tensor.keys().rows().gather(&order))?;
        let blocks = order.iter().map(|&i| result.blocks()[i as usize].clone());
        with_blocks(tensor, keys, blocks.collect())
    };
    sort().map_err(|error: Error| error.context("sort"))
}

/// [`sort`] for a block, which has no keys.
///
/// # Errors
///
/// If keys are to be sorted; or those of the arrays.
pub fn sort_block(block: &TensorBlock, axes: &[Axis], direction: Direction) -> Result<TensorBlock> {
    let result = if axes.contains(&Axis::Keys) {
        Err(invalid_axis(
            Axis::Keys,
            "an axis of blocks",
            &Axis::OF_BLOCKS,
        ))
    } else {
        sort_axes(block, axes, direction)
    };
    result.map_err(|error| error.context("sort"))
}

fn sort_axes(block: &TensorBlock, axes: &[Axis], direction: Direction) -> Result<TensorBlock> {
    let direction_of = |axis| axes.contains(&axis).then_some(direction);
    let samples = match direction_of(Axis::Samples) {
        None => SamplePart::all(block.samples()),
        Some(direction) => SamplePart::new(block.samples(), sorted(block.samples(), direction)?)?,
    };
    let properties = block.properties();
    let properties = match direction_of(Axis::Properties) {
        None => PropertyPart::all(properties),
        Some(direction) => PropertyPart::new(properties, sorted(properties, direction)?)?,
    };
    let sorting = Sorting {
        gradient_rows: direction_of(Axis::Samples),
        components: direction_of(Axis::Components),
    };
    let mut results = take(block, &[samples], &[&properties], sorting)?;
    results
        .pop()
        .ok_or_else(|| Error::Internal("a sorted block is missing".into()))
}

#[cfg(test)]
mod tests;
