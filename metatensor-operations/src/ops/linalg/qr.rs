//! QR decomposition of a matrix with many rows, some of them at a time.
//!
//! Below the triangle `R` of all rows so far come new rows `A`, and reflections turn both into a new
//! triangle, and zeros: `Qᴴ [R; A] = [R'; 0]`. Each reflection changes one row of `R` only, and all of `A`, so
//! that together they are `Q = 1 - [1; Y] T [1; Y]ᴴ` with an upper triangular `T` (R. Schreiber and C. Van
//! Loan, SIAM J. Sci. Stat. Comput. 10, 53, 1989). `Y` is stored where `A` was.
//!
//! `A` and `Y` are stored by columns: here they are the rows of an array.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView1, ArrayViewMut2, Axis};

use super::field::{Field, conjugate};
use super::matrix::part;

/// Columns that are reduced one by one.
const NARROW: usize = 8;
/// Columns that are reduced before the reflections are applied to the others.
const PANEL: usize = 64;

/// Columns are scaled so that their largest number is far larger than this.
const NOTHING: f64 = 1e-290;

/// Rows reduced at once. More than columns, so that most of the time is spent in products; not a power of 2,
/// where neighbors in a row would compete for the same places in the cache.
pub(super) fn rows_at_once(columns: usize) -> usize {
    columns.max(512) + 8
}

/// Replaces `[triangle; rows]` by `Qᴴ [triangle; rows]`, with a unitary `Q` that makes the first columns upper
/// triangular: as many as `triangle` has rows. `rows` is given by columns, and has no meaning afterwards.
pub(super) fn absorb<T: Field>(triangle: &mut Array2<T>, rows: ArrayViewMut2<'_, T>) {
    let mut rows = rows;
    for start in (0..triangle.nrows()).step_by(PANEL) {
        let end = (start + PANEL).min(triangle.nrows());
        let (panel, others) = rows.split_at(Axis(0), end - start);
        let (mut panel, mut others) = (panel, others);
        let top = part(triangle.view_mut(), start..end, start..);
        let (square, beside) = top.split_at(Axis(1), end - start);
        let t = reduce(square, panel.view_mut());
        apply(&t, &panel, beside, others.view_mut());
        rows = others;
    }
}

/// Reduces `[top; rows]` to a triangle. Leaves `Y` in `rows`, and returns `T`.
fn reduce<T: Field>(top: ArrayViewMut2<'_, T>, rows: ArrayViewMut2<'_, T>) -> Array2<T> {
    let columns = top.ncols();
    if columns <= NARROW {
        return reduce_narrow(top, rows);
    }
    let half = columns / 2;
    let (upper, lower) = top.split_at(Axis(0), half);
    let (first, beside) = upper.split_at(Axis(1), half);
    let (_, second) = lower.split_at(Axis(1), half);
    let (mut left, mut right) = rows.split_at(Axis(0), half);

    let t1 = reduce(first, left.view_mut());
    apply(&t1, &left, beside, right.view_mut());
    let t2 = reduce(second, right.view_mut());

    let mut t = Array2::zeros((columns, columns));
    let corner = t1.dot(&conjugate(&left.view()).dot(&right.t())).dot(&t2);
    part(t.view_mut(), ..half, ..half).assign(&t1);
    part(t.view_mut(), half.., half..).assign(&t2);
    part(t.view_mut(), ..half, half..).assign(&corner.mapv(|x| -x));
    t
}

/// `Qᴴ [top; rows]`, where `Q` is given by `t` and `y`.
fn apply<T: Field>(
    t: &Array2<T>,
    y: &ArrayViewMut2<'_, T>,
    mut top: ArrayViewMut2<'_, T>,
    mut rows: ArrayViewMut2<'_, T>,
) {
    if rows.nrows() == 0 {
        return;
    }
    let mut products = top.to_owned();
    general_mat_mul(
        T::one(),
        &conjugate(&y.view()),
        &rows.t(),
        T::one(),
        &mut products,
    );
    let products = conjugate(&t.t()).dot(&products);
    top.scaled_add(-T::one(), &products);
    general_mat_mul(-T::one(), &products.t(), y, T::one(), &mut rows);
}

/// [`reduce`] with one reflection after the other.
fn reduce_narrow<T: Field>(
    mut top: ArrayViewMut2<'_, T>,
    mut rows: ArrayViewMut2<'_, T>,
) -> Array2<T> {
    let columns = top.ncols();
    let mut t = Array2::zeros((columns, columns));
    for j in 0..columns {
        let (mut done, mut others) = rows.view_mut().split_at(Axis(0), j + 1);
        let Some(reflection) = Reflection::of(top[[j, j]], &done.row(j)) else {
            done.row_mut(j).fill(T::zero());
            continue;
        };
        top[[j, j]] = reflection.image;
        done.row_mut(j).mapv_inplace(|x| x * reflection.scale);

        let y = done.row(j);
        let conjugated = conjugate(&y);
        for (k, mut column) in (j + 1..columns).zip(others.rows_mut()) {
            let product = (top[[j, k]] + conjugated.dot(&column)) * reflection.tau.conj();
            top[[j, k]] = top[[j, k]] - product;
            column.scaled_add(-product, &y);
        }

        t[[j, j]] = reflection.tau;
        if j > 0 {
            let overlaps = part(done.view(), ..j, ..)
                .dot(&conjugated)
                .mapv(|x| x.conj());
            let column = part(t.view(), ..j, ..j).dot(&overlaps);
            for (i, x) in column.indexed_iter() {
                t[[i, j]] = -reflection.tau * *x;
            }
        }
    }
    t
}

/// `1 - tau [1; y] [1; y]ᴴ`, the adjoint of which takes `[alpha; x]` to `[image; 0]`, with `y = scale x`.
struct Reflection<T> {
    tau: T,
    scale: T,
    image: T,
}

impl<T: Field> Reflection<T> {
    /// `None` if `x` is zero already, or as good as zero.
    fn of(alpha: T, x: &ArrayView1<'_, T>) -> Option<Reflection<T>> {
        let square = alpha.abs().powi(2) + conjugate(x).dot(x).re();
        let norm = if (1e-280..1e280).contains(&square) {
            if x.iter().all(|x| x.is_zero()) {
                return None;
            }
            square.sqrt()
        } else {
            // The squares overflow or vanish: use those of smaller or larger numbers.
            let largest = x.iter().fold(0.0, |largest, x| f64::max(largest, x.abs()));
            if largest == 0.0 {
                return None;
            }
            let largest = largest.max(alpha.abs());
            let relative = |x: T| (x.abs() / largest).powi(2);
            let square = x.iter().fold(relative(alpha), |sum, &x| sum + relative(x));
            largest * square.sqrt()
        };
        // Next to the other numbers of this column nothing is left, and its inverse could be infinite.
        if norm < NOTHING {
            return None;
        }
        let image = T::from_real(-norm.copysign(alpha.re()));
        Some(Reflection {
            tau: (image - alpha).over(image),
            scale: T::one().over(alpha - image),
            image,
        })
    }
}
