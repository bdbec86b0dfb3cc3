//! Moving rows of numbers between samples and gradient rows, in memory of the caller.

use std::ops::AddAssign;

use metatensor_core::{Error, Result};

/// Copies rows: row `i` of `output` is row `index[i]` of `source`. With the parents of a
/// [`GradientMap`](metatensor_core::GradientMap) as the index, this gives each gradient row the row of
/// the values that it belongs to.
///
/// Rows have `length` elements.
///
/// ```
/// let mut output = [0.0; 6];
/// metatensor_operations::gather_rows(&[1.0, 2.0, 3.0, 4.0], 2, &[1, 0, 1], &mut output)?;
/// assert_eq!(output, [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If an entry of `index` is not a row of `source`, or if a length does not fit.
pub fn gather_rows<T: Copy>(
    source: &[T],
    length: usize,
    index: &[i64],
    output: &mut [T],
) -> Result<()> {
    check_length("output", output.len(), index.len(), length)?;
    check_index(index, source.len(), length)?;
    for (row, &from) in output.chunks_exact_mut(length.max(1)).zip(index) {
        let from = from as usize * length;
        row.copy_from_slice(&source[from..from + length]);
    }
    Ok(())
}

/// Adds rows: row `i` of `source` is added to row `index[i]` of `output`, in increasing order of `i`.
/// With the parents of a [`GradientMap`](metatensor_core::GradientMap) as the index, this sums the
/// gradient rows of each sample.
///
/// Rows have `length` elements.
///
/// ```
/// let mut output = [0.0; 4];
/// metatensor_operations::scatter_add_rows(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, &[1, 0, 1], &mut output)?;
/// assert_eq!(output, [3.0, 4.0, 6.0, 8.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If an entry of `index` is not a row of `output`, or if a length does not fit. Nothing is added
/// then.
pub fn scatter_add_rows<T: Copy + AddAssign>(
    source: &[T],
    length: usize,
    index: &[i64],
    output: &mut [T],
) -> Result<()> {
    check_length("source", source.len(), index.len(), length)?;
    check_index(index, output.len(), length)?;
    for (row, &to) in source.chunks_exact(length.max(1)).zip(index) {
        let to = to as usize * length;
        for (sum, &element) in output[to..to + length].iter_mut().zip(row) {
            *sum += element;
        }
    }
    Ok(())
}

/// Checks that a slice has this many rows of `length` elements.
pub(crate) fn check_length(name: &str, elements: usize, rows: usize, length: usize) -> Result<()> {
    if rows.checked_mul(length) == Some(elements) {
        return Ok(());
    }
    Err(Error::BufferSize(format!(
        "expected {rows} rows of {length} elements in '{name}', got {elements} elements"
    )))
}

/// Checks that all entries of `index` are rows of something with this many elements.
fn check_index(index: &[i64], elements: usize, length: usize) -> Result<()> {
    if length == 0 {
        return Ok(());
    }
    let rows = elements / length;
    let invalid = |&entry: &i64| usize::try_from(entry).map_or(true, |row| row >= rows);
    match index.iter().position(invalid) {
        None => Ok(()),
        Some(position) => Err(Error::invalid(format!(
            "entry {position} of the index is {}, but there are {rows} rows",
            index[position]
        ))),
    }
}

#[cfg(test)]
mod tests;
