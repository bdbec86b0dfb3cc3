//! Combining the rows of gradients with those of the values they belong to.

use std::sync::Arc;

use metatensor_core::{DenseArray, Element, GradientMap, Result, TensorBlock};

/// How the rows of one gradient relate to those of the values.
///
/// Each gradient row holds `repeats` rows as long as those of the values: one for each combination
/// of the components that only the gradient has.
pub(crate) struct GradientRows<'a> {
    shape: &'a [usize],
    map: Arc<GradientMap>,
    repeats: usize,
    row: usize,
}

impl<'a> GradientRows<'a> {
    pub(crate) fn new(block: &'a TensorBlock, parameter: &str) -> Result<GradientRows<'a>> {
        let gradient = block.gradient(parameter)?;
        let shape = gradient.values().shape()?;
        let extra = gradient.components().len() - block.components().len();
        Ok(GradientRows {
            shape,
            map: Arc::clone(block.gradient_map(parameter)?),
            repeats: shape[1..=extra].iter().product(),
            row: shape[1 + extra..].iter().product(),
        })
    }

    pub(crate) fn shape(&self) -> &[usize] {
        self.shape
    }

    /// Calls `f` with the ranges of each row of the values and of the gradient that go together, in
    /// the order of the gradient.
    #[inline]
    fn for_each(&self, mut f: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>)) {
        let mut start = 0;
        for &parent in self.map.parents() {
            let values = parent as usize * self.row;
            for _ in 0..self.repeats {
                f(values..values + self.row, start..start + self.row);
                start += self.row;
            }
        }
    }
}

/// `f(w, a)` for all elements `a` of a gradient, where `w` is what `weights` has for the element of
/// the values that `a` is a derivative of.
pub(crate) fn gather_map<T: Element>(
    rows: &GradientRows<'_>,
    weights: &[T],
    a: &[T],
    f: impl Fn(T, T) -> T,
) -> Result<DenseArray> {
    DenseArray::write(rows.shape, |output| {
        rows.for_each(|values, gradient| {
            let elements = weights[values].iter().zip(&a[gradient]);
            output.extend(rows.row, elements.map(|(&w, &a)| f(w, a)));
        });
        Ok(())
    })
}

/// `f((v, w), (a, b))` for all elements `a` and `b` of two gradients with the same samples, where `v`
/// and `w` belong to the element of the values that `a` and `b` are derivatives of.
pub(crate) fn gather_zip<T: Element>(
    rows: &GradientRows<'_>,
    (v, w): (&[T], &[T]),
    (a, b): (&[T], &[T]),
    f: impl Fn((T, T), (T, T)) -> T,
) -> Result<DenseArray> {
    DenseArray::write(rows.shape, |output| {
        rows.for_each(|values, gradient| {
            let weights = v[values.clone()].iter().zip(&w[values]);
            let derivatives = a[gradient.clone()].iter().zip(&b[gradient]);
            let elements = weights.zip(derivatives);
            output.extend(
                rows.row,
                elements.map(|((&v, &w), (&a, &b))| f((v, w), (a, b))),
            );
        });
        Ok(())
    })
}
