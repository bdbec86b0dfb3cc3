//! Copies of arrays that are contiguous along another axis than the last one, in blocks that stay in the cache.

#![expect(
    unsafe_code,
    reason = "copies between strides, into uninitialised memory"
)]

use std::mem::MaybeUninit;

use ndarray::{ArrayViewD, Axis};

use super::Output;
use crate::simd::{LINE, WORD, Word, interleave, will_read, will_write};

/// Rows and columns of a block of items that are copied together, while all lines with them are in the cache.
const SIDE: usize = 64;

/// Rows of the result that are written before the next ones: of those that are not aligned, lines with the end of one block
/// and the start of the next one are still in the cache.
const BAND: usize = 4 * SIDE;

/// Writes all `items`, the last axis varying fastest. Neighbors along the axis `near`, which is not the last one, are
/// near each other in memory.
pub(super) fn write_transposed<const N: usize>(
    output: &mut Output<'_, [u8; N]>,
    items: &ArrayViewD<'_, [u8; N]>,
    near: usize,
) {
    let last = items.ndim() - 1;
    let (rows, columns) = (items.len_of(Axis(near)), items.len_of(Axis(last)));
    // elements between neighbors of the row-major result along `near`
    let row = items.shape()[near + 1..].iter().product();
    let from = Strides {
        row: items.strides()[near],
        column: items.strides()[last],
    };
    // SAFETY: all of them are written, as matrices of the two axes, at all positions along the others.
    let target = unsafe { output.reserve(items.len()) };
    let mut others = items.raw_dim();
    (others[near], others[last]) = (1, 1);
    for index in ndarray::indices(others) {
        let axes = items.shape().iter().zip(items.strides()).enumerate();
        let (start, offset) = axes.fold((0, 0), |(start, offset), (axis, (length, stride))| {
            (
                start * length + index[axis],
                offset + index[axis] as isize * stride,
            )
        });
        let target = &mut target[start..=start + (rows - 1) * row + columns - 1];
        // SAFETY: here is the first item of a matrix of this shape and with these strides, and `target` goes from the
        // first element of its copy to the last one.
        unsafe {
            transpose(
                items.as_ptr().offset(offset),
                from,
                target,
                row,
                rows,
                columns,
            );
        }
    }
}

/// Elements between neighbors.
#[derive(Clone, Copy)]
struct Strides {
    row: isize,
    column: isize,
}

/// # Safety
///
/// All items of a matrix of this shape must be at these strides from `first`, and all elements of the result in `target`,
/// where a row starts `row` elements after the one before.
unsafe fn transpose<const N: usize>(
    first: *const [u8; N],
    from: Strides,
    target: &mut [MaybeUninit<[u8; N]>],
    row: usize,
    rows: usize,
    columns: usize,
) {
    let target = target.as_mut_ptr().cast::<[u8; N]>();
    // SAFETY: these are positions in the matrix.
    let source = |i: usize, j: usize| unsafe {
        first.offset(i as isize * from.row + j as isize * from.column)
    };
    // SAFETY: as above.
    let place = |i: usize, j: usize| unsafe { target.add(i * row + j) };
    let count = WORD / N;
    let in_words = from.row == 1 && count > 1 && rows.min(columns) >= count;
    let mut blocks = (0..rows)
        .step_by(BAND)
        .flat_map(|start| {
            let lefts = (0..columns).step_by(SIDE);
            let tops = move || (start..rows.min(start + BAND)).step_by(SIDE);
            lefts.flat_map(move |left| tops().map(move |top| (top, left)))
        })
        .peekable();
    let ends = |top: usize, left: usize| (rows.min(top + SIDE), columns.min(left + SIDE));
    while let Some((top, left)) = blocks.next() {
        let (bottom, right) = ends(top, left);
        if let Some(&(top, left)) = blocks.peek()
            && from.row == 1
        {
            // no processor guesses where so many rows and columns go on
            let (bottom, right) = ends(top, left);
            for j in left..right {
                lines(source(top, j), bottom - top, will_read);
            }
            for i in top..bottom {
                lines(place(i, left), right - left, will_write);
            }
        }
        if !in_words {
            for i in top..bottom {
                for j in left..right {
                    // SAFETY: positions in the matrix.
                    unsafe { *place(i, j) = *source(i, j) }
                }
            }
            continue;
        }
        for i in (top..bottom).step_by(count) {
            for j in (left..right).step_by(count) {
                // what is left over at an end is written once more with what is before it
                let (i, j) = (i.min(rows - count), j.min(columns - count));
                let (source, place) = (source(i, j).cast::<u8>(), place(i, j).cast::<u8>());
                let (from, to) = (from.column * N as isize, row * N);
                // SAFETY: a square of items that are next to each other in columns, and in rows of the result.
                unsafe {
                    match N {
                        1 => square::<1, 16>(source, from, place, to),
                        2 => square::<2, 8>(source, from, place, to),
                        4 => square::<4, 4>(source, from, place, to),
                        _ => square::<8, 2>(source, from, place, to),
                    }
                }
            }
        }
    }
}

/// Calls `hint` for all lines of the cache with some of these `count` items.
#[inline(always)]
fn lines<const N: usize>(first: *const [u8; N], count: usize, hint: impl Fn(*const u8)) {
    let first = first.cast::<u8>();
    for offset in (0..count * N).step_by(LINE) {
        hint(first.wrapping_add(offset));
    }
    hint(first.wrapping_add(count * N - 1));
}

/// Transposes `COUNT` words of as many items of `N` bytes each, which are `from` and `to` bytes from each other.
///
/// # Safety
///
/// All of these words must be there, with any alignment.
#[inline(always)]
unsafe fn square<const N: usize, const COUNT: usize>(
    source: *const u8,
    from: isize,
    target: *mut u8,
    to: usize,
) {
    let mut words: [Word; COUNT] = std::array::from_fn(|i| {
        // SAFETY: promised by the caller.
        unsafe {
            source
                .offset(i as isize * from)
                .cast::<Word>()
                .read_unaligned()
        }
    });
    // Each step moves the highest bit of the number of a word to the lowest one of the number of an item: after as many
    // steps as there are bits, the numbers are exchanged.
    for _ in 0..COUNT.ilog2() {
        let before = words;
        for i in 0..COUNT / 2 {
            [words[2 * i], words[2 * i + 1]] = interleave::<N>(before[i], before[i + COUNT / 2]);
        }
    }
    for (i, word) in words.into_iter().enumerate() {
        // SAFETY: promised by the caller.
        unsafe { target.add(i * to).cast::<Word>().write_unaligned(word) };
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayD, IxDyn, Slice};

    use super::*;
    use crate::{DType, DenseArray, with_item_size};

    /// All orders of these axes.
    fn orders(axes: usize) -> Vec<Vec<usize>> {
        let mut orders = vec![vec![]];
        for axis in 0..axes {
            orders = (0..=axis)
                .flat_map(|place| {
                    orders.iter().map(move |order| {
                        let mut order = order.clone();
                        order.insert(place, axis);
                        order
                    })
                })
                .collect();
        }
        orders
    }

    fn check<const N: usize>(dtype: DType, shape: &[usize]) {
        let mut number = 0_u128;
        let items = ArrayD::from_shape_simple_fn(shape, || {
            number = number.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) + 1;
            number
                .to_be_bytes()
                .first_chunk::<N>()
                .copied()
                .unwrap_or([0; N])
        });
        for order in orders(shape.len()) {
            for (axis, step) in [(0, 1), (0, -1), (shape.len() - 1, -1), (shape.len() - 1, 2)] {
                let mut view = items.view().permuted_axes(IxDyn(&order));
                view.slice_axis_inplace(Axis(axis), Slice::new(0, None, step));
                let expected: Vec<[u8; N]> = view.iter().copied().collect();
                let copy =
                    super::super::reorder::copy_in_order(dtype, view.shape(), &view).unwrap();
                let message = format!("{dtype}, {shape:?}, {order:?}, {step}");
                assert!(
                    copy.view().as_bytes() == Some(expected.as_flattened()),
                    "{message}"
                );
                for near in 0..view.ndim() - 1 {
                    let copy = DenseArray::write_items::<N>(dtype, view.shape(), |rows, output| {
                        let part = view.slice_axis(Axis(0), Slice::from(rows));
                        write_transposed(output, &part, near);
                        Ok(())
                    });
                    let copy = copy.unwrap();
                    assert!(
                        copy.view().as_bytes() == Some(expected.as_flattened()),
                        "{message}"
                    );
                }
            }
        }
    }

    #[test]
    fn copies_have_all_elements_in_order() {
        for dtype in [DType::U8, DType::I16, DType::F32, DType::F64, DType::C128] {
            with_item_size!(dtype.size(), N => {
                // smaller than squares and lines, and larger by all that can be left over
                for (rows, columns) in [(1, 20), (3, 7), (8, 8), (17, 9), (71, 130), (130, 67)] {
                    check::<N>(dtype, &[rows, columns]);
                }
                check::<N>(dtype, &[5, 19, 35]);
                check::<N>(dtype, &[33, 2, 18]);
                check::<N>(dtype, &[4, 3, 17, 5]);
                crate::Result::Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn large_copies_are_those_of_small_pieces() {
        // written by several threads, or by one if there are few rows
        check::<1>(DType::U8, &[600, 1001]);
        check::<8>(DType::F64, &[3, 30_001]);
        // more rows than a band
        check::<2>(DType::I16, &[17, 1030]);
    }
}
