//! Products with matrices of few rows.
//!
//! Algorithms for large matrices start with rearranging both of them, which takes as long as all the rest if one
//! of them is narrow. Here both are read where they are, and the large one once.

use std::array;

use metatensor_core::internal::Kernel;
use num_traits::Float;

use crate::kernels::add_product;

/// Rows of `b` up to which [`Product`] is faster than algorithms for large matrices.
pub(super) const MAX_ROWS: usize = 32;

/// Rows of `a` and of `b` that are multiplied with each other at once: there are registers for as many vectors
/// of sums.
const ROWS_A: usize = 3;
const ROWS_B: usize = 4;

/// Length of rows up to which making a total of several sums would take most of the time. They are added to all
/// elements of a row of the result in turn.
const SHORT: usize = 16;

/// Sets `output` to `a bᵀ`, all of them row-major, for rows of `a` and `b` with `length` elements.
///
/// Each element is computed in the same way, wherever it is: unless rows are short, terms are added to `LANES`
/// sums in turn, and these to each other.
pub(super) struct Product<'a, T, const LANES: usize> {
    pub(super) length: usize,
    pub(super) a: &'a [T],
    pub(super) b: &'a [T],
    pub(super) output: &'a mut [T],
}

impl<T: Float, const LANES: usize> Kernel for Product<'_, T, LANES> {
    type Output = ();

    #[inline(always)]
    fn fused(self) {
        self.multiply::<true>();
    }

    fn plain(self) {
        self.multiply::<false>();
    }
}

impl<T: Float, const LANES: usize> Product<'_, T, LANES> {
    #[inline(always)]
    fn multiply<const FUSED: bool>(self) {
        let Product {
            length,
            a,
            b,
            output,
        } = self;
        if length <= SHORT {
            short_rows::<T, FUSED>(length, a, b, output);
            return;
        }
        let rows_b = b.len() / length;
        let several = ROWS_A * length;
        let outputs = output.chunks_mut(ROWS_A * rows_b);
        for (a, output) in a.chunks(several).zip(outputs) {
            if a.len() == several {
                rows::<T, FUSED, ROWS_A, LANES>(a, b, length, output);
            } else {
                let outputs = output.chunks_exact_mut(rows_b);
                for (a, output) in a.chunks_exact(length).zip(outputs) {
                    rows::<T, FUSED, 1, LANES>(a, b, length, output);
                }
            }
        }
    }
}

/// The product for rows of a few elements.
#[inline(always)]
fn short_rows<T: Float, const FUSED: bool>(length: usize, a: &[T], b: &[T], output: &mut [T]) {
    let rows_b = b.len() / length;
    let mut columns = Vec::with_capacity(b.len());
    for i in 0..length {
        columns.extend(b.chunks_exact(length).map(|row| row[i]));
    }
    for (a, output) in a.chunks_exact(length).zip(output.chunks_exact_mut(rows_b)) {
        // Four terms at a time: sums are loaded and stored less often.
        let (fours, others) = a.as_chunks();
        let mut columns = columns.as_slice();
        for (i, &[x0, x1, x2, x3]) in fours.iter().enumerate() {
            let (four, rest) = columns.split_at(4 * rows_b);
            columns = rest;
            let (y01, y23) = four.split_at(2 * rows_b);
            let ((y0, y1), (y2, y3)) = (y01.split_at(rows_b), y23.split_at(rows_b));
            let y = y0.iter().zip(y1).zip(y2.iter().zip(y3));
            for (sum, ((&y0, &y1), (&y2, &y3))) in output.iter_mut().zip(y) {
                let start = if i == 0 {
                    x0 * y0
                } else {
                    add_product::<T, FUSED>(*sum, x0, y0)
                };
                let start = add_product::<T, FUSED>(start, x1, y1);
                *sum = add_product::<T, FUSED>(add_product::<T, FUSED>(start, x2, y2), x3, y3);
            }
        }
        if fours.is_empty() {
            output.fill(T::zero());
        }
        for (&x, y) in others.iter().zip(columns.chunks_exact(rows_b)) {
            for (sum, &y) in output.iter_mut().zip(y) {
                *sum = add_product::<T, FUSED>(*sum, x, y);
            }
        }
    }
}

/// The product for `R` rows of `a`.
#[inline(always)]
fn rows<T: Float, const FUSED: bool, const R: usize, const LANES: usize>(
    a: &[T],
    b: &[T],
    length: usize,
    output: &mut [T],
) {
    let rows_b = b.len() / length;
    let a: [&[T]; R] = array::from_fn(|r| &a[r * length..][..length]);
    let mut column = 0;
    while column + ROWS_B <= rows_b {
        let b = array::from_fn(|c| &b[(column + c) * length..][..length]);
        let sums: [[T; ROWS_B]; R] = sums::<T, FUSED, R, ROWS_B, LANES>(a, b);
        for (r, sums) in sums.iter().enumerate() {
            output[r * rows_b + column..][..ROWS_B].copy_from_slice(sums);
        }
        column += ROWS_B;
    }
    for column in column..rows_b {
        let sums = sums::<T, FUSED, R, 1, LANES>(a, [&b[column * length..][..length]]);
        for (r, [sum]) in sums.into_iter().enumerate() {
            output[r * rows_b + column] = sum;
        }
    }
}

/// The products of `R` rows with `C` others.
#[inline(always)]
fn sums<'v, T: Float, const FUSED: bool, const R: usize, const C: usize, const LANES: usize>(
    a: [&'v [T]; R],
    b: [&'v [T]; C],
) -> [[T; C]; R] {
    let length = a[0].len();
    let count = length / LANES;
    let vectors = |row: &'v [T]| -> &'v [[T; LANES]] { &row.as_chunks().0[..count] };
    let (x, y) = (a.map(vectors), b.map(vectors));
    let mut sums = [[[T::zero(); LANES]; C]; R];
    for i in 0..count {
        // Whole vectors, so that the compiler sees that these are vectors.
        let x = x.map(|row| row[i]);
        for c in 0..C {
            let y = y[c][i];
            for r in 0..R {
                let sum = sums[r][c];
                sums[r][c] =
                    array::from_fn(|lane| add_product::<T, FUSED>(sum[lane], x[r][lane], y[lane]));
            }
        }
    }
    for (lane, i) in (count * LANES..length).enumerate() {
        for c in 0..C {
            for r in 0..R {
                let sum = &mut sums[r][c][lane];
                *sum = add_product::<T, FUSED>(*sum, a[r][i], b[c][i]);
            }
        }
    }
    totals(&sums)
}

/// Not inlined: with this in view, the compiler makes vectors of what belongs to different sums.
#[inline(never)]
fn totals<T: Float, const R: usize, const C: usize, const LANES: usize>(
    sums: &[[[T; LANES]; C]; R],
) -> [[T; C]; R] {
    sums.map(|sums| {
        sums.map(|lanes| {
            let (pairs, _) = lanes.as_chunks();
            pairs.iter().fold(T::zero(), |sum, &[x, y]| sum + (x + y))
        })
    })
}
