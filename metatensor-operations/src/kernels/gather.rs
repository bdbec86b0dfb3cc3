//! Combining the rows of gradients with those of the values they belong to.

use std::ops::Range;
use std::sync::Arc;

use metatensor_core::internal::change_rows;
use metatensor_core::{DenseArray, Element, GradientMap, Result, TensorBlock};

use super::Sparse;

/// How the rows of one gradient relate to those of the values.
///
/// Each gradient row holds `repeats` rows as long as those of the values: one for each combination
/// of the components that only the gradient has.
pub(crate) struct GradientRows {
    pub(super) shape: Vec<usize>,
    pub(super) map: Arc<GradientMap>,
    pub(super) repeats: usize,
    row: usize,
}

impl GradientRows {
    pub(crate) fn new(block: &TensorBlock, parameter: &str) -> Result<GradientRows> {
        let gradient = block.gradient(parameter)?;
        let shape = gradient.shape();
        let extra = gradient.components().len() - block.components().len();
        let map = Arc::clone(block.gradient_map(parameter)?);
        Ok(Self::with_map(shape, extra, map))
    }

    /// For a gradient of this shape, with `extra` components that the values do not have.
    pub(crate) fn with_map(shape: Vec<usize>, extra: usize, map: Arc<GradientMap>) -> GradientRows {
        GradientRows {
            repeats: shape[1..=extra].iter().product(),
            row: shape[1 + extra..].iter().product(),
            shape,
            map,
        }
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Elements in each row of the gradient.
    fn length(&self) -> usize {
        self.repeats * self.row
    }

    /// Bytes that are read and written to make new elements from those of so many arrays.
    fn work<T>(&self, arrays: usize) -> usize {
        self.shape.iter().product::<usize>() * size_of::<T>() * (arrays + 1)
    }

    /// The parents of these rows of the gradient.
    fn parents(&self, gradient: Range<usize>) -> impl Iterator<Item = usize> {
        self.map.parents()[gradient]
            .iter()
            .map(|&parent| parent as usize)
    }
}

/// `f(w, a)` for all elements `a` of a gradient, where `w` is what `weights` has for the element of
/// the values that `a` is a derivative of.
pub(crate) fn gather_map<T: Element>(
    rows: &GradientRows,
    weights: &[T],
    a: &[T],
    f: impl Fn(T, T) -> T + Sync,
) -> Result<DenseArray> {
    let (length, work) = (rows.length(), rows.work::<T>(1));
    DenseArray::write_rows(&rows.shape, length, work, |range, output| {
        let a = a[range.start * length..].chunks_exact(length.max(1));
        for (parent, a) in rows.parents(range).zip(a) {
            if rows.row == 1 {
                // Loops over all derivatives of an element are longer than those over rows.
                let w = weights[parent];
                output.each(a, |&a| f(w, a));
                continue;
            }
            let w = &weights[parent * rows.row..][..rows.row];
            for a in a.chunks_exact(rows.row) {
                output.each((w, a), |(&w, &a)| f(w, a));
            }
        }
        Ok(())
    })
}

/// [`gather_map`] with the result in place of `a`.
pub(crate) fn gather_in_place<T: Element>(
    rows: &GradientRows,
    weights: &[T],
    a: &mut [T],
    f: impl Fn(T, T) -> T + Sync,
) -> Result<()> {
    let (length, work) = (rows.length(), rows.work::<T>(1));
    change_rows(a, length, work, |range, a| {
        for (parent, a) in rows.parents(range).zip(a.chunks_exact_mut(length)) {
            if rows.row == 1 {
                let w = weights[parent];
                a.iter_mut().for_each(|a| *a = f(w, *a));
                continue;
            }
            let weights = &weights[parent * rows.row..(parent + 1) * rows.row];
            for a in a.chunks_exact_mut(rows.row) {
                for (&w, a) in weights.iter().zip(a) {
                    *a = f(w, *a);
                }
            }
        }
        Ok(())
    })
}

/// `f((v, w), (a, b))` for all elements `a` and `b` of two gradients with the same samples, where `v`
/// and `w` belong to the element of the values that `a` and `b` are derivatives of.
pub(crate) fn gather_zip<T: Element>(
    rows: &GradientRows,
    (v, w): (&[T], &[T]),
    (a, b): (&Sparse<'_, T>, &Sparse<'_, T>),
    f: impl Fn((T, T), (T, T)) -> T + Sync,
) -> Result<DenseArray> {
    let (length, work) = (rows.length(), rows.work::<T>(2));
    let zeros = match (&a.rows, &b.rows) {
        (None, None) => Vec::new(), // no row is missing
        _ => vec![T::default(); length],
    };
    DenseArray::write_rows(&rows.shape, length, work, |range, output| {
        for (row, parent) in range.clone().zip(rows.parents(range)) {
            let (a, b) = (a.row(row, length, &zeros), b.row(row, length, &zeros));
            if rows.row == 1 {
                let weights = (v[parent], w[parent]);
                output.each((a, b), |(&a, &b)| f(weights, (a, b)));
                continue;
            }
            let values = parent * rows.row;
            let (v, w) = (&v[values..][..rows.row], &w[values..][..rows.row]);
            for (a, b) in a.chunks_exact(rows.row).zip(b.chunks_exact(rows.row)) {
                output.each(((v, w), (a, b)), |((&v, &w), (&a, &b))| f((v, w), (a, b)));
            }
        }
        Ok(())
    })
}
