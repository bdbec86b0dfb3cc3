//! Sums of products of rows, some of which can be missing.

use metatensor_core::Result;
use metatensor_core::internal::change_rows;

use super::ZEROS;
use crate::numbers::Number;

/// Rows of one of two factors.
pub(crate) struct PickedRows<'v, T> {
    pub(crate) elements: &'v [T],
    /// For each row of the result, the row of `elements`, or [`ZEROS`].
    pub(crate) rows: &'v [u32],
    /// Number of combinations of components in each row that are not components of the values.
    pub(crate) repeats: usize,
}

/// The products of rows of two factors.
pub(crate) struct RowProducts<'v, T> {
    pub(crate) x: PickedRows<'v, T>,
    pub(crate) y: PickedRows<'v, T>,
    /// For each combination of components that the result has and values have not, those of both factors.
    pub(crate) entries: Vec<[u32; 2]>,
}

impl<T> PickedRows<'_, T> {
    /// A row, which has `repeats` rows of this length.
    #[inline]
    fn row(&self, row: usize, length: usize) -> Option<&[T]> {
        let length = self.repeats * length;
        let row = self.rows[row];
        (row != ZEROS).then(|| &self.elements[row as usize * length..][..length])
    }
}

/// Adds all products `f(x, y)` to the rows of `output`. Rows of values have this length.
pub(crate) fn add_products<T: Number>(
    output: &mut [T],
    length: usize,
    products: &[RowProducts<'_, T>],
    f: impl Fn(T, T) -> T + Sync,
) -> Result<()> {
    let Some(first) = products.first() else {
        return Ok(());
    };
    let work = 3 * size_of_val(output) * products.len();
    change_rows(
        output,
        first.entries.len() * length,
        work,
        |range, output| {
            let rows = output.chunks_exact_mut(first.entries.len() * length);
            for (row, output) in range.zip(rows) {
                for product in products {
                    let (Some(x), Some(y)) =
                        (product.x.row(row, length), product.y.row(row, length))
                    else {
                        continue;
                    };
                    let entries = product.entries.iter();
                    for (sums, &[i, j]) in output.chunks_exact_mut(length).zip(entries) {
                        let x = &x[i as usize * length..][..length];
                        let y = &y[j as usize * length..][..length];
                        for ((sum, &x), &y) in sums.iter_mut().zip(x).zip(y) {
                            *sum = sum.plus(f(x, y));
                        }
                    }
                }
            }
            Ok(())
        },
    )
}

/// Rows of this length with these numbers, and zeros for [`ZEROS`].
pub(crate) fn gathered_rows<T: Number>(
    elements: &[T],
    rows: &[u32],
    length: usize,
) -> Result<Vec<T>> {
    let mut output = vec![T::default(); rows.len() * length];
    let work = 2 * size_of_val(&output[..]);
    change_rows(&mut output, length, work, |range, output| {
        for (&row, output) in rows[range].iter().zip(output.chunks_exact_mut(length)) {
            if row != ZEROS {
                output.copy_from_slice(&elements[row as usize * length..][..length]);
            }
        }
        Ok(())
    })?;
    Ok(output)
}
