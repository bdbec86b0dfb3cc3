//! Copies with another order of axes.

use ndarray::{ArrayViewD, Axis, IxDyn, Slice};

use super::{Array, DType, DenseArray, Output};
use crate::{Result, with_item_size};

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
    let row_length = items.len() / items.len_of(Axis(0));
    DenseArray::write_rows_as(dtype, shape, row_length, work, |rows, output| {
        write_in_order(output, &items.slice_axis(Axis(0), Slice::from(rows)));
        Ok(())
    })
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
