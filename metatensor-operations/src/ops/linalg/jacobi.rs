//! Singular values and vectors of a matrix, by rotations of its rows.
//!
//! Other algorithms take less time for large matrices, but only this one finds small singular values to the last digits if
//! rows have different sizes (J. Demmel and K. Veselić, SIAM J. Matrix Anal. Appl. 13, 1204, 1992).

use std::array;

use metatensor_core::internal::{Kernel, run_kernel};

use super::field::Field;

/// Sweeps over all pairs of rows. About ten are enough for any matrix seen so far.
const MAX_SWEEPS: usize = 60;

/// Overlaps that count as zero, where the largest element is close to 1: angles are made of their inverses.
const NOTHING: f64 = 1e-290;

/// A square that becomes this much smaller by a subtraction is computed again.
const CANCELLED: f64 = 0.1;

/// Sums that terms are added to in turn.
const LANES: usize = 16;

/// Rotates rows, two at a time, until their first `columns` elements are orthogonal to those of all others: then they are
/// the right singular vectors of the matrix of these elements, times the singular values, which are returned. (M. R.
/// Hestenes, J. SIAM 6, 51, 1958.)
pub(super) fn orthogonalize<T: Field>(rows: &mut [Vec<T>], columns: usize) -> Vec<f64> {
    let mut squares = vec![0.0; rows.len()];
    for _ in 0..MAX_SWEEPS {
        let squares = &mut squares;
        if run_kernel(Sweep {
            rows,
            columns,
            squares,
        }) {
            break;
        }
    }
    squares.into_iter().map(f64::sqrt).collect()
}

/// Rotates each pair of rows that are not orthogonal, and tells if there was none.
struct Sweep<'a, T> {
    rows: &'a mut [Vec<T>],
    columns: usize,
    /// Sums of the squares of the first elements of each row.
    squares: &'a mut [f64],
}

impl<T: Field> Kernel for Sweep<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn fused(self) -> bool {
        let (rows, squares, columns) = (self.rows, self.squares, self.columns);
        let tolerance = f64::EPSILON * (columns.max(1) as f64).sqrt();
        let mut orthogonal = true;
        for (sum, row) in squares.iter_mut().zip(&*rows) {
            *sum = square(&row[..columns]);
        }
        for q in 1..rows.len() {
            let (above, others) = rows.split_at_mut(q);
            let y = &mut others[0];
            for (p, x) in above.iter_mut().enumerate() {
                let overlap = inner(&x[..columns], &y[..columns]);
                let size = overlap.abs();
                if size <= tolerance * squares[p].sqrt() * squares[q].sqrt() || size < NOTHING {
                    continue;
                }
                orthogonal = false;
                let zeta = (squares[q] - squares[p]) / (2.0 * size);
                let root = zeta.abs() + hypotenuse(zeta);
                // Of two possible angles, take the one after which the first row is the longer one: it
                // takes fewer sweeps if rows get sorted.
                let tangent = if zeta > 0.0 { -root } else { -1.0 / root };
                let cosine = 1.0 / hypotenuse(tangent);
                let sine = overlap.over_real(size).times_real(cosine * tangent);
                rotate(x, y, cosine, sine);
                let moved = tangent * size;
                for (i, row, sum) in [(p, &*x, squares[p] - moved), (q, &*y, squares[q] + moved)] {
                    let is_exact = sum >= CANCELLED * squares[i];
                    squares[i] = if is_exact {
                        sum
                    } else {
                        square(&row[..columns])
                    };
                }
            }
        }
        orthogonal
    }
}

/// Square root of `1 + x²`.
#[inline(always)]
fn hypotenuse(x: f64) -> f64 {
    // Beyond this, the 1 is far less than what is rounded, and the square could be infinite.
    if x.abs() < 1e100 {
        (1.0 + x * x).sqrt()
    } else {
        x.abs()
    }
}

/// `x xᴴ`
#[inline(always)]
fn square<T: Field>(x: &[T]) -> f64 {
    inner(x, x).re()
}

/// `x yᴴ`
#[inline(always)]
fn inner<T: Field>(x: &[T], y: &[T]) -> T {
    let ((several_x, x), (several_y, y)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    let mut sums = [T::zero(); LANES];
    for (x, y) in several_x.iter().zip(several_y) {
        sums = array::from_fn(|lane| sums[lane] + x[lane] * y[lane].conj());
    }
    let rest = x.iter().zip(y).map(|(&x, y)| x * y.conj());
    rest.chain(sums).fold(T::zero(), |total, x| total + x)
}

/// Replaces `x` by `cosine x - sine y`, and `y` by `sine* x + cosine y`.
#[inline(always)]
fn rotate<T: Field>(x: &mut [T], y: &mut [T], cosine: f64, sine: T) {
    for (x, y) in x.iter_mut().zip(y) {
        let (above, below) = (*x, *y);
        *x = above.times_real(cosine) - sine * below;
        *y = sine.conj() * above + below.times_real(cosine);
    }
}
