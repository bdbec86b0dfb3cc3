//! Copies with another order of axes.

use ndarray::{ArrayViewD, IxDyn};

use super::movement::with_item_size;
use super::{Array, DenseArray, Output};
use crate::Result;

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
            let array = DenseArray::write_as(view.dtype(), shape, |output| {
                write_in_order(output, &items);
                Ok(())
            })?;
            Ok(Box::new(array))
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

/// Writes all items, the last axis varying fastest.
pub(super) fn write_in_order<T: Copy>(output: &mut Output<'_, T>, items: &ArrayViewD<'_, T>) {
    if let Some(items) = items.as_slice() {
        return output.copy(items);
    }
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
