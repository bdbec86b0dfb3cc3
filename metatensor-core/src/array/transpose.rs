//! Copies of arrays that are contiguous along another axis than the last one, line by line of the cache.

#![expect(
    unsafe_code,
    reason = "copies between strides, into uninitialised memory"
)]

use std::mem::MaybeUninit;

use ndarray::{ArrayViewD, Axis};

use super::Output;

/// Bytes of a line of the cache.
pub(super) const LINE: usize = 64;

/// Rows of the result that are written before the next ones: for as many pages of memory, the processor remembers where
/// they are.
const BAND: usize = 1024;

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
    let side = (LINE / N).max(16);
    // SAFETY: these are positions in the matrix.
    let source = |i: usize, j: usize| unsafe {
        first.offset(i as isize * from.row + j as isize * from.column)
    };
    // SAFETY: as above.
    let place = |i: usize, j: usize| unsafe { target.add(i * row + j) };
    // items that are moved as parts of words
    let word = if from.row == 1 && N < 8 { 8 / N } else { 1 };
    let squares = (0..rows).step_by(BAND).flat_map(|start| {
        let lefts = (0..columns).step_by(side);
        let tops = move || (start..rows.min(start + BAND)).step_by(side);
        lefts.flat_map(move |left| tops().map(move |top| (top, left)))
    });
    for (top, left) in squares {
        let (bottom, right) = (rows.min(top + side), columns.min(left + side));
        let mut i = top;
        while i + word <= bottom && word > 1 {
            let mut j = left;
            while j + word <= right {
                // SAFETY: a square of items that are next to each other in columns, and in rows of the result.
                unsafe {
                    match N {
                        1 => square::<8>(source(i, j).cast(), from.column, place(i, j).cast(), row),
                        2 => square::<4>(
                            source(i, j).cast(),
                            2 * from.column,
                            place(i, j).cast(),
                            2 * row,
                        ),
                        _ => square::<2>(
                            source(i, j).cast(),
                            4 * from.column,
                            place(i, j).cast(),
                            4 * row,
                        ),
                    }
                }
                j += word;
            }
            for j in j..right {
                for i in i..i + word {
                    // SAFETY: positions in the matrix.
                    unsafe { *place(i, j) = *source(i, j) }
                }
            }
            i += word;
        }
        for i in i..bottom {
            for j in left..right {
                // SAFETY: positions in the matrix.
                unsafe { *place(i, j) = *source(i, j) }
            }
        }
    }
}

/// Transposes `COUNT` words of as many items each, which are `from` and `to` bytes from each other.
///
/// # Safety
///
/// All of these words must be there, with any alignment.
#[inline(always)]
unsafe fn square<const COUNT: usize>(source: *const u8, from: isize, target: *mut u8, to: usize) {
    let mut words = [0; COUNT];
    for (i, word) in words.iter_mut().enumerate() {
        // SAFETY: promised by the caller.
        *word = u64::from_le(unsafe {
            source
                .offset(i as isize * from)
                .cast::<u64>()
                .read_unaligned()
        });
    }
    if COUNT > 4 {
        exchange::<COUNT, 4>(&mut words);
    }
    if COUNT > 2 {
        exchange::<COUNT, 2>(&mut words);
    }
    exchange::<COUNT, 1>(&mut words);
    for (i, word) in words.iter().enumerate() {
        // SAFETY: promised by the caller.
        unsafe {
            target
                .add(i * to)
                .cast::<u64>()
                .write_unaligned(word.to_le())
        };
    }
}

/// Exchanges the upper `HALF` items of each `2 * HALF` with the lower ones of the word that is `HALF` words further. All
/// numbers are known to the compiler.
#[inline(always)]
fn exchange<const COUNT: usize, const HALF: usize>(words: &mut [u64; COUNT]) {
    let shift = HALF * (64 / COUNT);
    let mask = u64::MAX / ((1 << shift) + 1);
    for i in 0..COUNT {
        if i & HALF == 0 {
            let exchanged = (words[i] >> shift ^ words[i + HALF]) & mask;
            words[i + HALF] ^= exchanged;
            words[i] ^= exchanged << shift;
        }
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
