//! Sums over rows of several arrays.

use metatensor_core::{DenseArray, Element, Result};

use crate::numbers::Number;

/// Which rows of several arrays the rows of a result are sums of.
pub(crate) struct RowSums {
    /// Where the members of each row start, and after the last one their number.
    offsets: Vec<usize>,
    /// An array and one of its rows, in this order.
    members: Vec<(u32, u32)>,
}

impl RowSums {
    /// For each array and each of its rows, the row of the result that it is added to, of which there are `count`.
    pub(crate) fn new<'a>(
        count: usize,
        targets: impl Iterator<Item = &'a [u32]> + Clone,
    ) -> RowSums {
        let mut offsets = vec![0; count + 1];
        for &target in targets.clone().flatten() {
            offsets[target as usize + 1] += 1;
        }
        for row in 0..count {
            offsets[row + 1] += offsets[row];
        }
        let mut ends = offsets.clone();
        let mut members = vec![(0, 0); offsets[count]];
        for (array, targets) in (0..).zip(targets) {
            for (row, &target) in (0..).zip(targets) {
                let end = &mut ends[target as usize];
                members[*end] = (array, row);
                *end += 1;
            }
        }
        RowSums { offsets, members }
    }

    fn of(&self, row: usize) -> &[(u32, u32)] {
        &self.members[self.offsets[row]..self.offsets[row + 1]]
    }
}

/// Elements of an array, the last axis of which has so many.
pub(crate) struct Elements<'a, T> {
    pub(crate) all: &'a [T],
    pub(crate) columns: usize,
}

/// `finish(sum)` for minus the sums of rows and their last axes, as an array of this shape: the last axis has one element.
pub(crate) fn negative_sums<T: Number, R: Element>(
    shape: &[usize],
    arrays: &[Elements<'_, T>],
    sums: &RowSums,
    finish: impl Fn(T::Sum) -> R + Sync,
) -> Result<DenseArray> {
    let length: usize = shape[1..].iter().product();
    let read: usize = arrays.iter().map(|array| size_of_val(array.all)).sum();
    let work = read + shape[0] * length * size_of::<R>();
    DenseArray::write_rows(shape, length, work, |rows, output| {
        let mut totals = vec![T::Sum::default(); length];
        for row in rows {
            totals.fill(T::Sum::default());
            for &(array, row) in sums.of(row) {
                let Elements { all, columns } = arrays[array as usize];
                // without properties there is nothing to add
                let elements = all.chunks_exact(columns.max(1));
                for (total, terms) in totals.iter_mut().zip(elements.skip(row as usize * length)) {
                    *total = terms.iter().fold(*total, |sum, x| sum.minus(x.widen()));
                }
            }
            output.extend(length, totals.iter().map(|&total| finish(total)));
        }
        Ok(())
    })
}
