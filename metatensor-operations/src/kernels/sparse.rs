//! Rows of which some are missing.

use std::borrow::Cow;

use metatensor_core::{DenseArray, Element, Result};

use super::{ZEROS, zip};

/// Elements row by row, where rows can be missing: those are zero.
pub(crate) struct Sparse<'v, T: Clone> {
    pub(crate) elements: Cow<'v, [T]>,
    /// For each row of the result, the row of `elements`, or [`ZEROS`]. `None` if it is the row with the same number.
    pub(crate) rows: Option<Vec<u32>>,
}

impl<T: Clone> Sparse<'_, T> {
    /// One row of this length, which is `zeros` if it is missing.
    #[inline]
    pub(super) fn row<'s>(&'s self, row: usize, length: usize, zeros: &'s [T]) -> &'s [T] {
        let row = match &self.rows {
            None => row,
            Some(rows) if rows[row] == ZEROS => return zeros,
            Some(rows) => rows[row] as usize,
        };
        &self.elements[row * length..][..length]
    }
}

/// `f(x, y)` for all elements of an array with this shape.
pub(crate) fn zip_rows<T: Element>(
    shape: &[usize],
    x: &Sparse<'_, T>,
    y: &Sparse<'_, T>,
    f: impl Fn(T, T) -> T + Sync,
) -> Result<DenseArray> {
    if x.rows.is_none() && y.rows.is_none() {
        return zip(shape, &x.elements, &y.elements, f);
    }
    let length: usize = shape[1..].iter().product();
    let zeros = vec![T::default(); length];
    let work = 3 * shape[0] * length * size_of::<T>();
    DenseArray::write_rows(shape, length, work, |range, output| {
        for row in range {
            let (x, y) = (x.row(row, length, &zeros), y.row(row, length, &zeros));
            output.each((x, y), |(&x, &y)| f(x, y));
        }
        Ok(())
    })
}
