//! Least squares solutions of minimum norm.

use ndarray::{Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis, Zip};

use super::field::{Field, conjugate};
use super::matrix::{part, part_mut};
use super::triangular::solve_upper;

/// Sweeps over all pairs of rows. Less than ten are enough for any matrix seen so far.
const MAX_SWEEPS: usize = 60;

/// The `xᵀ` for which `‖A x - B‖` is minimal, and among these `‖x‖`, given `[A, B]` with `columns` columns in
/// `A`. Singular values of `A` that are not larger than `rcond` times the largest one count as zero.
///
/// `A` must not have more rows than columns, and be upper triangular if it is square.
pub(super) fn solve<T: Field>(mut system: Array2<T>, columns: usize, rcond: f64) -> Array2<T> {
    // Squares of numbers close to 1 do not overflow. A power of 2 changes nothing else.
    let largest = part(&system, .., ..columns);
    let largest = largest
        .iter()
        .fold(0.0, |largest, x| f64::max(largest, x.abs()));
    let scale = if largest > 0.0 {
        largest.log2().floor().exp2()
    } else {
        1.0
    };
    part_mut(&mut system, .., ..columns).mapv_inplace(|x| x / T::from_real(scale));
    let solution = match solve_full_rank(&system, columns, rcond) {
        Some(solution) => solution,
        None => solve_any_rank(system, columns, rcond),
    };
    solution.mapv_into(|x| x / T::from_real(scale))
}

/// `None` unless it is certain that all singular values count.
fn solve_full_rank<T: Field>(system: &Array2<T>, columns: usize, rcond: f64) -> Option<Array2<T>> {
    if system.nrows() != columns {
        return None;
    }
    // The sum of the squares of all singular values is that of all elements, and the singular values of
    // the inverse are the inverses.
    let (triangle, right) = system.view().split_at(Axis(1), columns);
    let mut inverse = Array2::eye(columns);
    solve_upper(&triangle, inverse.view_mut());
    let norm = |matrix: &ArrayView2<'_, T>| {
        matrix
            .iter()
            .fold(0.0, |sum, x| sum + x.abs().powi(2))
            .sqrt()
    };
    let bound = norm(&triangle) * norm(&inverse.view()) * rcond;
    // It is NaN if there are zeros on the diagonal.
    if bound.is_nan() || bound >= 1.0 {
        return None;
    }
    let mut solution = right.to_owned();
    solve_upper(&triangle, solution.view_mut());
    Some(solution.reversed_axes())
}

/// Rotates the rows of `[A, B]`, two at a time, until those of `A` are orthogonal to each other. Then they are
/// the right singular vectors, times the singular values. (M. R. Hestenes, J. SIAM 6, 51, 1958.)
fn solve_any_rank<T: Field>(mut system: Array2<T>, columns: usize, rcond: f64) -> Array2<T> {
    let (mut vectors, mut right) = system.view_mut().split_at(Axis(1), columns);
    let tolerance = f64::EPSILON * (columns.max(1) as f64).sqrt();
    let square = |row: ArrayView1<'_, T>| inner(&row, &row).re();
    let mut squares: Vec<f64> = vectors.rows().into_iter().map(square).collect();
    for _ in 0..MAX_SWEEPS {
        let mut orthogonal = true;
        for q in 1..squares.len() {
            for p in 0..q {
                let overlap = inner(&vectors.row(p), &vectors.row(q));
                let size = overlap.abs();
                if size <= tolerance * (squares[p] * squares[q]).sqrt() {
                    continue;
                }
                orthogonal = false;
                let zeta = (squares[q] - squares[p]) / (2.0 * size);
                let root = zeta.abs() + zeta.hypot(1.0);
                // Of two possible angles, take the one after which the first row is the longer one: it
                // takes fewer sweeps if rows get sorted.
                let tangent = if zeta > 0.0 { -root } else { -1.0 / root };
                let phase = overlap / T::from_real(size);
                rotate(&mut vectors, (p, q), tangent, phase);
                rotate(&mut right, (p, q), tangent, phase);
                squares[p] = square(vectors.row(p));
                squares[q] = square(vectors.row(q));
            }
        }
        if orthogonal {
            break;
        }
    }
    let values: Vec<_> = squares.iter().map(|square| square.sqrt()).collect();
    let largest = values.iter().copied().fold(0.0, f64::max);
    for (mut row, value) in system.rows_mut().into_iter().zip(values) {
        if value <= rcond * largest || value == 0.0 {
            row.fill(T::zero());
        } else {
            row.mapv_inplace(|x| x / T::from_real(value));
        }
    }
    let (vectors, right) = system.view().split_at(Axis(1), columns);
    right.t().dot(&conjugate(&vectors))
}

/// `x yᴴ`
fn inner<T: Field>(x: &ArrayView1<'_, T>, y: &ArrayView1<'_, T>) -> T {
    conjugate(y).dot(x)
}

/// Rotates two rows, `x` and `phase y`.
fn rotate<T: Field>(
    matrix: &mut ArrayViewMut2<'_, T>,
    (x, y): (usize, usize),
    tangent: f64,
    phase: T,
) {
    let cosine = 1.0 / tangent.hypot(1.0);
    let (c, s) = (T::from_real(cosine), T::from_real(cosine * tangent));
    let (mut above, mut others) = matrix.view_mut().split_at(Axis(0), y);
    Zip::from(above.row_mut(x))
        .and(others.row_mut(0))
        .for_each(|x, y| {
            let z = phase * *y;
            (*x, *y) = (c * *x - s * z, s * *x + c * z);
        });
}
