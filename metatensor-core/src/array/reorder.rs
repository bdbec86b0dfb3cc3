//! Copies with another order of axes.

use ndarray::{ArrayViewD, Axis, IxDyn, Slice};

use super::transpose::{LINE, write_transposed};
use super::{Array, DType, DenseArray, Output};
use crate::threads::rows_per_piece;
use crate::{Result, with_item_size};

/// Matrices with fewer elements than this are copied in order.
const SMALL: usize = 16;

/// Copy of `array` with its axes in this order, which then gets another shape.
///
/// Arrays that are not native do this themselves.
pub(crate) fn reordered(
    array: &dyn Array,
    order: &[usize],
    shape: &[usize],
) -> Result<Box<dyn Array>> {
    if let Some(array) = array.downcast_ref::<DenseArray>() {
        let view = array.view();
        return with_item_size!(view.dtype().size(), N => {
            let items = view.items::<N>().permuted_axes(IxDyn(order));
            Ok(Box::new(copy_in_order(view.dtype(), shape, &items)?))
        });
    }
    let mut copy = array.copy(array.device()?)?;
    let mut order = order.to_vec();
    for axis in 0..order.len() {
        let from = order[axis];
        if from == axis {
            continue;
        }
        copy.swap_axes(axis, from)?;
        // What was at `axis` is at `from` now.
        for later in &mut order[axis + 1..] {
            if *later == axis {
                *later = from;
            }
        }
    }
    copy.reshape(shape)?;
    Ok(copy)
}

/// Array of this shape with all `items`, the last axis varying fastest.
pub(super) fn copy_in_order<const N: usize>(
    dtype: DType,
    shape: &[usize],
    items: &ArrayViewD<'_, [u8; N]>,
) -> Result<DenseArray> {
    let work = 2 * N * items.len();
    if let Some(items) = items.as_slice() {
        return DenseArray::write_rows_as(dtype, shape, 1, work, |range, output| {
            output.copy(&items[range]);
            Ok(())
        });
    }
    // Without any item, or without axes, they would have been a slice.
    let mut rows = items.len_of(Axis(0));
    let near = nearest_axis(items);
    if near == Some(0) && rows_per_piece(rows, work) < LINE / N {
        // pieces would all need the same lines of the cache
        rows = 1;
    }
    DenseArray::write_rows_as(dtype, shape, items.len() / rows, work, |range, output| {
        let range = if rows == 1 {
            Slice::from(..)
        } else {
            Slice::from(range)
        };
        let items = items.slice_axis(Axis(0), range);
        match near {
            Some(axis) => write_transposed(output, &items, axis),
            None => write_in_order(output, &items),
        }
        Ok(())
    })
}

/// The axis along which neighbors are nearest in memory, if it is not the last one, and if it is worth to copy line by
/// line of the cache.
fn nearest_axis<const N: usize>(items: &ArrayViewD<'_, [u8; N]>) -> Option<usize> {
    let last = items.ndim() - 1;
    let distance = |axis: usize| items.strides()[axis].unsigned_abs();
    let axes = (0..=last)
        .rev()
        .filter(|&axis| items.len_of(Axis(axis)) > 1);
    let nearest = axes.min_by_key(|&axis| distance(axis))?;
    let size = items.len_of(Axis(nearest)) * items.len_of(Axis(last));
    (nearest != last && distance(nearest) * N < LINE && size >= SMALL).then_some(nearest)
}

fn write_in_order<T: Copy>(output: &mut Output<'_, T>, items: &ArrayViewD<'_, T>) {
    if items.strides().last() != Some(&1) {
        return output.extend(items.len(), items.iter().copied());
    }
    for row in items.rows() {
        match row.to_slice() {
            Some(row) => output.copy(row),
            None => output.extend(row.len(), row.iter().copied()),
        }
    }
}
