//! Copies with another order of axes.

use std::mem::MaybeUninit;

use ndarray::{ArrayViewD, Axis, IxDyn, Slice};

use super::output::write_rows;
use super::transpose::write_transposed;
use super::{Array, DType, DenseArray, Device, Output};
use crate::simd::LINE;
use crate::threads::{for_each, rows_per_piece};
use crate::{Result, with_item_size};

/// Matrices with fewer elements than this are copied in order.
const SMALL: usize = 16;

/// Copy of `array`, which is on `device`, with its axes in this order, which then gets another shape.
///
/// Arrays that are not native do this themselves.
pub(crate) fn reordered(
    array: &dyn Array,
    device: Device,
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
    let mut copy = array.copy(device)?;
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
    DenseArray::fill_as(dtype, shape, |memory| fill_in_order(memory, items))
}

/// Writes all `items` to `memory`, which has space for them, the last axis varying fastest.
pub(super) fn fill_in_order<const N: usize>(
    memory: &mut [MaybeUninit<[u8; N]>],
    items: &ArrayViewD<'_, [u8; N]>,
) -> Result<()> {
    let work = 2 * N * items.len();
    if let Some(items) = items.as_slice() {
        return write_rows(memory, 1, work, &|range, output: &mut Output<'_, _>| {
            output.copy(&items[range]);
            Ok(())
        });
    }
    // Without any item, or without axes, they would have been a slice.
    let rows = items.len_of(Axis(0));
    let mut per_piece = rows_per_piece(rows, work);
    if nearest_axis(items) == Some(0) {
        // pieces of fewer rows would need the same lines of the cache
        per_piece = per_piece.max(LINE / N);
    }
    let pieces = memory.chunks_mut(per_piece * (items.len() / rows));
    for_each(work, pieces.enumerate(), |(i, memory)| {
        let start = i * per_piece;
        let range = Slice::from(start..rows.min(start + per_piece));
        write_all(memory, &items.slice_axis(Axis(0), range))
    })
}

/// Writes all `items`, on this thread.
pub(super) fn write_all<const N: usize>(
    memory: &mut [MaybeUninit<[u8; N]>],
    items: &ArrayViewD<'_, [u8; N]>,
) -> Result<()> {
    let mut output = Output::new(memory);
    match nearest_axis(items) {
        Some(axis) => write_transposed(&mut output, items, axis),
        None => write_in_order(&mut output, items),
    }
    output.check_complete()
}

/// The axis along which neighbors are nearest in memory, if it is not the last one, and if it is worth to copy line by
/// line of the cache.
pub(super) fn nearest_axis<const N: usize>(items: &ArrayViewD<'_, [u8; N]>) -> Option<usize> {
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
