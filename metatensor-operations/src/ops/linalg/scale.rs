//! Powers of two, by which columns and rows of a matrix are multiplied where squares or quotients of its elements would
//! overflow or vanish. They change no digit.

use ndarray::{Array2, ArrayView2, ArrayViewMut1};

use super::field::Field;

/// Columns whose largest element is less than 2 to this power away from 1 are left alone: products and sums of squares
/// of many such numbers are far from the ends of double precision.
const SAFE: i32 = 200;

/// `x` times 2 to the power of `exponent`, rounded once.
pub(super) fn times_power<T: Field>(mut x: T, mut exponent: i32) -> T {
    const MAX: i32 = 1023;
    const MIN: i32 = -1022;
    // What becomes subnormal in a step down is less than half of the smallest number in the end.
    const DOWN: i32 = MIN + 53;
    while exponent > MAX {
        x = x.times_real(power(MAX));
        exponent -= MAX;
    }
    while exponent < MIN {
        x = x.times_real(power(DOWN));
        exponent -= DOWN;
    }
    x.times_real(power(exponent))
}

/// 2 to the power of `exponent`, which is one of normal numbers.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The `e` for which the absolute value of `x`, neither 0 nor infinite, is at least 2 to the power of `e`, and less than
/// twice that.
pub(super) fn exponent(x: f64) -> i32 {
    let biased = |x: f64| (x.to_bits() >> 52 & 0x7ff) as i32;
    match biased(x) {
        0 => biased(x * power(64)) - 1023 - 64,
        biased => biased - 1023,
    }
}

/// The scale of a column whose largest element has this size, or `None` if it has nothing but zeros.
pub(super) fn column_exponent(largest: f64) -> Option<i32> {
    if largest == 0.0 {
        return None;
    }
    let exponent = exponent(largest);
    Some(if exponent.abs() <= SAFE { 0 } else { exponent })
}

/// Multiplies all elements by 2 to the power of `exponent`.
pub(super) fn multiply<T: Field>(mut elements: ArrayViewMut1<'_, T>, exponent: i32) {
    if exponent != 0 {
        elements.mapv_inplace(|x| times_power(x, exponent));
    }
}

/// Scales of the rows and columns of a square matrix, with which the largest element of each row and of each column is
/// close to 1. All are 0 if this is not needed.
pub(super) fn balance<T: Field>(matrix: &ArrayView2<'_, T>) -> (Vec<i32>, Vec<i32>) {
    let exponents = matrix.mapv(|x| {
        let size = x.size();
        (size != 0.0).then(|| exponent(size))
    });
    let largest = |exponents: &mut dyn Iterator<Item = i32>| exponents.max().unwrap_or(0);
    let rows = exponents.rows().into_iter();
    let rows: Vec<i32> = rows
        .map(|row| largest(&mut row.iter().copied().flatten()))
        .collect();
    let columns = exponents.columns().into_iter().map(|column| {
        let relative = column.iter().zip(&rows);
        largest(&mut relative.filter_map(|(exponent, row)| Some((*exponent)? - row)))
    });
    let columns: Vec<i32> = columns.collect();
    if rows
        .iter()
        .chain(&columns)
        .all(|exponent| exponent.abs() <= SAFE)
    {
        return (vec![0; rows.len()], vec![0; columns.len()]);
    }
    (rows, columns)
}

/// Multiplies each element by 2 to the power of the sum of the exponents for its row and its column.
pub(super) fn rescale<T: Field>(
    matrix: &mut Array2<T>,
    rows: impl Fn(usize) -> i32,
    columns: impl Fn(usize) -> i32,
) {
    for ((i, j), x) in matrix.indexed_iter_mut() {
        *x = times_power(*x, rows(i) + columns(j));
    }
}

#[cfg(test)]
mod tests {
    use num_complex::Complex;

    use super::*;

    #[test]
    fn powers_of_two_are_exact_as_far_as_numbers_go() {
        for x in [1.0, -1.5, 3e-300, 5e-324, 1.7e308] {
            assert_eq!(times_power(x, 0), x);
            let e = exponent(x);
            let fraction = times_power(x, -e).abs();
            assert!((1.0..2.0).contains(&fraction), "{x}: {fraction} and {e}");
            assert_eq!(times_power(times_power(x, -e), e), x);
        }
        assert_eq!(times_power(5e-324, 2097), 2_f64.powi(1023));
        assert_eq!(times_power(2_f64.powi(1023), -2097), 5e-324);
        assert_eq!(times_power(1.0, 1024), f64::INFINITY);
        assert_eq!(times_power(1e300, -5000), 0.0);
        assert_eq!(
            times_power(Complex::new(1e308, 0.0), 5000),
            Complex::new(f64::INFINITY, 0.0 * 2.0)
        );
    }

    #[test]
    fn what_becomes_subnormal_is_rounded_once() {
        // Half of the last bit, and a little more: rounded twice, this would be a tie.
        let x = 1.0 + 2_f64.powi(-1) + 2_f64.powi(-52);
        assert_eq!(times_power(x, -1074), 2.0 * 5e-324);
        assert_eq!(times_power(1.0 + f64::EPSILON, -1075), 5e-324);
        assert_eq!(times_power(1.0, -1075), 0.0);
    }

    #[test]
    fn matrices_far_from_1_are_balanced() {
        let matrix = ndarray::arr2(&[[1e-200, 1.0], [0.0, 1e-300]]);
        let (rows, columns) = balance(&matrix.view());
        let mut balanced = matrix.clone();
        rescale(&mut balanced, |i| -rows[i], |j| -columns[j]);
        for i in 0..2 {
            let largest =
                |x: ndarray::ArrayView1<'_, f64>| x.fold(0.0, |m, x| f64::max(m, x.abs()));
            assert!((1.0..2.0).contains(&largest(balanced.row(i))), "{balanced}");
            assert!(
                (1.0..2.0).contains(&largest(balanced.column(i))),
                "{balanced}"
            );
        }
        let usual = ndarray::arr2(&[[1e-300, 1e10], [3.0, 0.0]]);
        assert_eq!(balance(&usual.view()), (vec![0; 2], vec![0; 2]));
    }
}
