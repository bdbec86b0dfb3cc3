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

    /// Calls `f` with the ranges of each row of the values and of the gradient that go together, in
    /// the order of the gradient, for these rows of it.
    #[inline]
    fn for_each(&self, gradient: Range<usize>, mut f: impl FnMut(Range<usize>, Range<usize>)) {
        let mut start = gradient.start * self.length();
        for &parent in &self.map.parents()[gradient] {
            let values = parent as usize * self.row;
            for _ in 0..self.repeats {
                f(values..values + self.row, start..start + self.row);
                start += self.row;
            }
        }
    }

    /// For values with a single element per row: calls `f` with the position of this element and the
    /// range of its derivatives. Loops over these are longer than loops over rows.
    #[inline]
    fn for_each_single(&self, gradient: Range<usize>, mut f: impl FnMut(usize, Range<usize>)) {
        for row in gradient {
            let parent = self.map.parents()[row];
            let start = row * self.repeats;
            f(parent as usize, start..start + self.repeats);
        }
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
        if rows.row == 1 {
            rows.for_each_single(range, |value, gradient| {
                let w = weights[value];
                let a = &a[gradient];
                output.each(a.len(), |i| f(w, a[i]));
            });
            return Ok(());
        }
        rows.for_each(range, |values, gradient| {
            let a = &a[gradient];
            let w = &weights[values][..a.len()];
            output.each(a.len(), |i| f(w[i], a[i]));
        });
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
        let parents = &rows.map.parents()[range];
        for (&parent, a) in parents.iter().zip(a.chunks_exact_mut(length)) {
            let parent = parent as usize;
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
    if a.rows.is_some() || b.rows.is_some() {
        let zeros = vec![T::default(); length];
        return DenseArray::write_rows(&rows.shape, length, work, |range, output| {
            for row in range {
                let values = rows.map.parent(row) * rows.row;
                let (v, w) = (&v[values..][..rows.row], &w[values..][..rows.row]);
                let line = rows.row.max(1);
                let lines = a.row(row, &zeros).chunks_exact(line);
                for (a, b) in lines.zip(b.row(row, &zeros).chunks_exact(line)) {
                    let (v, w, a, b) = (&v[..line], &w[..line], &a[..line], &b[..line]);
                    output.each(line, |i| f((v[i], w[i]), (a[i], b[i])));
                }
            }
            Ok(())
        });
    }
    let (a, b) = (&*a.elements, &*b.elements);
    DenseArray::write_rows(&rows.shape, length, work, |range, output| {
        if rows.row == 1 {
            rows.for_each_single(range, |value, gradient| {
                let weights = (v[value], w[value]);
                let a = &a[gradient.clone()];
                let b = &b[gradient][..a.len()];
                output.each(a.len(), |i| f(weights, (a[i], b[i])));
            });
            return Ok(());
        }
        rows.for_each(range, |values, gradient| {
            let a = &a[gradient.clone()];
            let b = &b[gradient][..a.len()];
            let (v, w) = (&v[values.clone()][..a.len()], &w[values][..a.len()]);
            output.each(a.len(), |i| f((v[i], w[i]), (a[i], b[i])));
        });
        Ok(())
    })
}
