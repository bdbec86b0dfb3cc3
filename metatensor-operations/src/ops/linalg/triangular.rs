//! Systems of equations with a triangular matrix.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis};

use super::field::Field;

/// Unknowns that are eliminated one by one.
const FEW: usize = 16;

/// Replaces `b` by the solution of `upper x = b`. Below the diagonal, nothing is looked at. Zeros on the
/// diagonal give results that are not finite.
pub(super) fn solve_upper<T: Field>(upper: &ArrayView2<'_, T>, mut b: ArrayViewMut2<'_, T>) {
    let n = upper.nrows();
    if n > FEW {
        let (top, bottom) = upper.split_at(Axis(0), n / 2);
        let (left, corner) = top.split_at(Axis(1), n / 2);
        let (_, right) = bottom.split_at(Axis(1), n / 2);
        let (mut first, mut second) = b.split_at(Axis(0), n / 2);
        solve_upper(&right, second.view_mut());
        general_mat_mul(-T::one(), &corner, &second, T::one(), &mut first);
        solve_upper(&left, first);
        return;
    }
    for i in (0..n).rev() {
        let (mut above, mut others) = b.view_mut().split_at(Axis(0), i);
        let mut row = others.row_mut(0);
        row.mapv_inplace(|x| x.over(upper[[i, i]]));
        for (j, mut other) in above.rows_mut().into_iter().enumerate() {
            other.scaled_add(-upper[[j, i]], &row);
        }
    }
}

/// Replaces `b` by the solution of `lower x = b`, where `lower` has ones on the diagonal. On and above it,
/// nothing is looked at.
pub(super) fn solve_unit_lower<T: Field>(lower: &ArrayView2<'_, T>, mut b: ArrayViewMut2<'_, T>) {
    for i in 0..lower.nrows() {
        let (mut before, mut others) = b.view_mut().split_at(Axis(0), i + 1);
        let row = before.row_mut(i);
        for (j, mut other) in (i + 1..).zip(others.rows_mut()) {
            other.scaled_add(-lower[[j, i]], &row);
        }
    }
}
