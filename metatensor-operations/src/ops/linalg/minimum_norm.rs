//! Least squares solutions of minimum norm.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis};
use num_complex::ComplexFloat;

use super::field::{Field, conjugate};
use super::triangular::solve_upper;
use super::{jacobi, qr, scale};

/// The `xᵀ` for which `‖A x - B‖` is minimal, and among these `‖x‖`, given `[A, B]` with `columns` columns in
/// `A`. Singular values of `A` that are not larger than `rcond` times the largest one count as zero.
///
/// Column `j` of `[A, B]` is that of `system`, times 2 to the power of `exponents[j]`. `A` must not have more rows than
/// columns, and be upper triangular if it is square.
///
/// What can not be computed, or does not fit in double precision, is not finite.
pub(super) fn solve<T: Field>(
    mut system: Array2<T>,
    columns: usize,
    exponents: &[i32],
    rcond: f64,
) -> Array2<T> {
    let (unknowns, outputs) = exponents.split_at(columns);
    // The largest number of `A` is to be close to 1.
    let largest = system.columns().into_iter().zip(unknowns);
    let largest = largest.filter_map(|(column, exponent)| {
        let largest = column.fold(0.0, |largest, x| f64::max(largest, x.size()));
        (largest > 0.0).then(|| scale::exponent(largest) + exponent)
    });
    let largest = largest.max().unwrap_or(0);
    let relative: Vec<i32> = unknowns.iter().map(|e| e - largest).collect();
    if let Some(mut solution) = solve_full_rank(&system, &relative, rcond) {
        scale::rescale(&mut solution, |i| outputs[i], |j| -unknowns[j]);
        return solution;
    }
    for (column, &exponent) in system.columns_mut().into_iter().zip(&relative) {
        scale::multiply(column, exponent);
    }
    let mut solution = solve_full_row_rank(&system, columns, rcond)
        .unwrap_or_else(|| solve_any_rank(system, columns, rcond));
    scale::rescale(&mut solution, |i| outputs[i], |_| -largest);
    solution
}

/// `None` unless it is certain that all singular values count. Columns of `A` are those of the system times 2 to the
/// power of their exponents, but the solution is that of the system.
fn solve_full_rank<T: Field>(
    system: &Array2<T>,
    exponents: &[i32],
    rcond: f64,
) -> Option<Array2<T>> {
    let columns = exponents.len();
    if system.nrows() != columns {
        return None;
    }
    // The sum of the squares of all singular values is that of all elements, and the singular values of
    // the inverse are the inverses.
    let (triangle, right) = system.view().split_at(Axis(1), columns);
    let mut inverse = Array2::eye(columns);
    solve_upper(&triangle, inverse.view_mut());
    if rcond == 0.0 && inverse.iter().all(|x| ComplexFloat::is_finite(*x)) {
        // Scales do not matter, however large the bound below would be.
        return Some(back_substitution(&triangle, right));
    }
    let elements = triangle.indexed_iter();
    let elements = elements.map(|((_, j), &x)| scale::times_power(x, exponents[j]).abs());
    let inverse = inverse.indexed_iter();
    let inverse = inverse.map(|((i, _), &x)| scale::times_power(x, -exponents[i]).abs());
    let bound = norm(elements) * norm(inverse) * rcond;
    // It is NaN if there are zeros on the diagonal.
    if bound.is_nan() || bound >= 1.0 {
        return None;
    }
    Some(back_substitution(&triangle, right))
}

/// `None` unless there are fewer equations than unknowns, and all singular values count and are far from zero. With
/// `Aᴴ = Q R`, the solution is `Aᴴ R⁻¹ R⁻ᴴ B`, which is as accurate as with `Q` itself (C. C. Paige, Mathematics of
/// Computation 27, 355, 1973), but solves the equations less well: it is corrected once by what is left of these.
fn solve_full_row_rank<T: Field>(
    system: &Array2<T>,
    columns: usize,
    rcond: f64,
) -> Option<Array2<T>> {
    let (a, b) = system.view().split_at(Axis(1), columns);
    let rows = a.nrows();
    if rows == 0 || rows >= columns || rcond == 0.0 {
        return None;
    }
    let adjoint = conjugate(&a);
    let mut triangle = Array2::zeros((rows, rows));
    // this is the adjoint by columns
    let mut reflections = adjoint.as_standard_layout().into_owned();
    qr::absorb(&mut triangle, reflections.view_mut());
    let mut inverse = Array2::eye(rows);
    solve_upper(&triangle.view(), inverse.view_mut());
    let sizes = |matrix: &Array2<T>| norm(matrix.iter().map(|x| x.abs()));
    let condition = sizes(&triangle) * sizes(&inverse);
    // It is NaN if there are zeros on the diagonal.
    if condition.is_nan() || condition * rcond.max(f64::EPSILON.sqrt()) >= 1.0 {
        return None;
    }
    let solution = |b: &ArrayView2<'_, T>| {
        let factors = inverse.dot(&conjugate(&inverse.t()).dot(b));
        factors.t().dot(&adjoint)
    };
    let first = solution(&b);
    let rest = &b - &a.dot(&first.t());
    Some(first + solution(&rest.view()))
}

/// The transpose of the solution of a system with a triangular matrix.
fn back_substitution<T: Field>(
    triangle: &ArrayView2<'_, T>,
    right: ArrayView2<'_, T>,
) -> Array2<T> {
    let mut solution = right.to_owned();
    solve_upper(triangle, solution.view_mut());
    solution.reversed_axes()
}

/// Square root of the sum of all squares, which do not overflow. NaN if one of the numbers is infinite.
fn norm(elements: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = elements.clone().fold(0.0, f64::max);
    if largest == 0.0 {
        return elements.sum(); // 0 or NaN
    }
    let squares = elements.map(|x| (x / largest).powi(2));
    largest * squares.sum::<f64>().sqrt()
}

/// By the singular value decomposition of `A`: its right singular vectors, times the singular values, are what is left of
/// `A` when the rows of `[A, B]` are rotated until these of `A` are orthogonal to each other.
fn solve_any_rank<T: Field>(mut system: Array2<T>, columns: usize, rcond: f64) -> Array2<T> {
    let mut rows: Vec<_> = system.rows().into_iter().map(|row| row.to_vec()).collect();
    let values = jacobi::orthogonalize(&mut rows, columns);
    let largest = values.iter().copied().fold(0.0, f64::max);
    for ((mut row, rotated), value) in system.rows_mut().into_iter().zip(rows).zip(values) {
        if value <= rcond * largest || value == 0.0 {
            row.fill(T::zero());
        } else {
            row.zip_mut_with(&ArrayView1::from(&rotated), |x, y| *x = y.over_real(value));
        }
    }
    let (vectors, right) = system.view().split_at(Axis(1), columns);
    right.t().dot(&conjugate(&vectors))
}
