//! LU decomposition.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayViewMut2, Axis};

use super::field::Field;
use super::matrix::part;
use super::triangular::{solve_unit_lower, solve_upper};

/// Columns that are eliminated before the others are looked at.
const PANEL: usize = 32;

/// The `x` for which `A x = B`, given `[A, B]`; or, if `A` is singular, the column that depends on those
/// before it.
pub(super) fn solve<T: Field>(mut system: Array2<T>) -> Result<Array2<T>, usize> {
    let n = system.nrows();
    for start in (0..n).step_by(PANEL) {
        let end = (start + PANEL).min(n);
        for column in start..end {
            let pivot = pivot(&system, column);
            if system[[pivot, column]].is_zero() {
                return Err(column);
            }
            if pivot != column {
                let (mut above, mut others) = system.view_mut().split_at(Axis(0), pivot);
                ndarray::Zip::from(above.row_mut(column))
                    .and(others.row_mut(0))
                    .for_each(std::mem::swap);
            }
            eliminate(part(system.view_mut(), column.., column..end));
        }
        let (done, below) = system.view_mut().split_at(Axis(0), end);
        let (left, mut right) = done.split_at(Axis(1), end);
        let lower = part(left.view(), start.., start..);
        let mut beside = part(right.view_mut(), start.., ..);
        solve_unit_lower(&lower, beside.view_mut());
        let (factors, mut rest) = below.split_at(Axis(1), end);
        let factors = part(factors.view(), .., start..);
        general_mat_mul(-T::one(), &factors, &beside, T::one(), &mut rest);
    }
    let (upper, right) = system.view().split_at(Axis(1), n);
    let mut solution = right.to_owned();
    solve_upper(&upper, solution.view_mut());
    Ok(solution)
}

/// The row with the largest element on or below the diagonal. NaN is larger than anything.
fn pivot<T: Field>(system: &Array2<T>, column: usize) -> usize {
    let (mut row, mut largest) = (column, 0.0);
    for (i, x) in system.column(column).indexed_iter().skip(column) {
        let size = x.abs();
        if size > largest || size.is_nan() {
            (row, largest) = (i, size);
        }
    }
    row
}

/// Eliminates the first column from all rows but the first one, leaving the factors in its place.
fn eliminate<T: Field>(panel: ArrayViewMut2<'_, T>) {
    let (first, others) = panel.split_at(Axis(0), 1);
    let (pivot, beside) = first.split_at(Axis(1), 1);
    let (mut factors, mut others) = others.split_at(Axis(1), 1);
    for (factor, mut row) in factors.iter_mut().zip(others.rows_mut()) {
        *factor = factor.over(pivot[[0, 0]]);
        row.scaled_add(-*factor, &beside.row(0));
    }
}
