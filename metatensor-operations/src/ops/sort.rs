//! Sorted maps and blocks.

use metatensor_core::internal::rows::Direction;
use metatensor_core::{Error, Labels, Result, TensorBlock};

use crate::engine::{
    Axis, Operand, Part, Parts, Repeated, Sorting, invalid_axis, map_structure, only, sorted, take,
    with_rows,
};

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
pub fn sort<T: Operand>(tensor: &T, axes: &[Axis], direction: Direction) -> Result<T> {
    let sort = || {
        let with_keys = axes.contains(&Axis::Keys);
        if with_keys && !T::IS_MAP {
            let valid = &Axis::OF_BLOCKS;
            return Err(invalid_axis(Axis::Keys, "an axis of blocks", valid));
        }
        let known = Known {
            samples: Repeated::new(),
            properties: Repeated::new(),
        };
        let result = map_structure(tensor, &|_, block| {
            sort_axes(block, axes, direction, &known)
        })?;
        if !with_keys {
            return Ok(result);
        }
        result.change(|keys, blocks| sort_keys(keys, blocks, direction))
    };
    sort().map_err(|error: Error| error.context("sort"))
}

fn sort_keys(
    keys: &mut Option<Labels>,
    blocks: &mut Vec<TensorBlock>,
    direction: Direction,
) -> Result<()> {
    if let Some(keys) = keys {
        let order = sorted(keys, direction)?;
        *keys = with_rows(keys, keys.rows().gather(&order))?;
        let in_order = order.iter().map(|&i| blocks[i as usize].clone());
        *blocks = in_order.collect();
    }
    Ok(())
}

/// The sorted labels of other blocks.
struct Known {
    samples: Repeated<Parts>,
    properties: Repeated<Part>,
}

fn sort_axes(
    block: &TensorBlock,
    axes: &[Axis],
    direction: Direction,
    known: &Known,
) -> Result<TensorBlock> {
    let direction_of = |axis| axes.contains(&axis).then_some(direction);
    let part = |axis: Axis| Part::sorted(axis.labels(block), direction_of(axis));
    let samples = known.samples.get(block.samples(), || {
        Ok(Parts::new(vec![part(Axis::Samples)?]))
    })?;
    let properties = known
        .properties
        .get(block.properties(), || part(Axis::Properties))?;
    let sorting = Sorting {
        gradient_rows: direction_of(Axis::Samples),
        components: direction_of(Axis::Components),
    };
    only(take(block, &samples, &[&properties], sorting)?)
}

#[cfg(test)]
mod tests;
