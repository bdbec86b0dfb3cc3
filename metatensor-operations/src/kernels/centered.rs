//! Integers as differences to the mean of their group, rounded once.
//!
//! A `f64` does not hold all integers of 64 bits. Their differences to a mean are as good as the integers for variances, and
//! computed from exact sums.

use metatensor_core::Result;
use metatensor_core::internal::change_rows;
use metatensor_core::internal::rows::RowGroups;

/// `x - sum / count`.
#[inline]
fn deviation(x: i64, sum: i128, count: usize) -> f64 {
    (i128::from(x) * count as i128 - sum) as f64 / count as f64
}

/// For rows of `length` integers, in groups of rows.
pub(crate) fn centered_rows(x: &[i64], length: usize, groups: &RowGroups) -> Result<Vec<f64>> {
    let mut sums = vec![0_i128; groups.len() * length];
    let groups_of = groups.group_of();
    for (x, &group) in x.chunks_exact(length.max(1)).zip(groups_of) {
        let sums = &mut sums[group as usize * length..][..length];
        for (sum, &x) in sums.iter_mut().zip(x) {
            *sum += i128::from(x);
        }
    }
    let mut result = vec![0.0; x.len()];
    let work = 2 * size_of_val(x);
    change_rows(&mut result, length, work, |rows, result| {
        let first = rows.start * length;
        let x = x[first..].chunks_exact(length);
        for ((row, x), result) in rows.zip(x).zip(result.chunks_exact_mut(length)) {
            let group = groups_of[row] as usize;
            let count = groups.rows_of(group).len();
            let sums = &sums[group * length..][..length];
            for ((result, &x), &sum) in result.iter_mut().zip(x).zip(sums) {
                *result = deviation(x, sum, count);
            }
        }
        Ok(())
    })?;
    Ok(result)
}

/// For lines of `length` integers, in groups of elements of each line.
pub(crate) fn centered_columns(x: &[i64], length: usize, groups: &RowGroups) -> Result<Vec<f64>> {
    let mut result = vec![0.0; x.len()];
    let work = 3 * size_of_val(x);
    change_rows(&mut result, length, work, |lines, result| {
        let x = x[lines.start * length..].chunks_exact(length);
        for (x, result) in x.zip(result.chunks_exact_mut(length)) {
            for group in 0..groups.len() {
                let members = groups.rows_of(group);
                let sum: i128 = members.iter().map(|&i| i128::from(x[i as usize])).sum();
                for &i in members {
                    result[i as usize] = deviation(x[i as usize], sum, members.len());
                }
            }
        }
        Ok(())
    })?;
    Ok(result)
}
