//! Linear maps of a component.

use metatensor_core::{DenseArray, Result};

use crate::numbers::{Continuous, Number};

/// The few terms that each of the new entries of a component is a sum of: old entries, and what they are multiplied by.
pub(crate) type Terms = [Vec<(usize, f64)>];

/// Sums of entries along `axes`, which become one axis, as an array of the same shape but for this axis.
///
/// Sums are in double precision, and rounded once.
pub(crate) fn mix_components<T: Continuous>(
    shape: &[usize],
    axes: std::ops::Range<usize>,
    x: &[T],
    terms: &Terms,
) -> Result<DenseArray> {
    let inner: usize = shape[axes.end..].iter().product();
    let old = shape[axes.clone()].iter().product::<usize>() * inner;
    let new = terms.len() * inner;
    let outer: usize = shape[..axes.start].iter().product();
    let work = size_of_val(x) + outer * new * size_of::<T>();
    DenseArray::write_rows(&[outer, terms.len(), inner], new, work, |rows, output| {
        for row in rows {
            let x: &[T] = &x[row * old..][..old];
            for terms in terms {
                let sum = |k: usize| {
                    let products = terms.iter().map(|&(i, c)| T::widen(x[i * inner + k]) * c);
                    products.fold(T::Sum::default(), Number::plus)
                };
                output.extend(inner, (0..inner).map(|k| T::narrow(sum(k))));
            }
        }
        Ok(())
    })
}
