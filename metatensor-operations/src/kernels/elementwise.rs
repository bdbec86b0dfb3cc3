//! One result for each element.

use metatensor_core::internal::change_rows;
use metatensor_core::{DenseArray, Element, Result};

/// `f(x)` for all elements of an array with this shape.
pub(crate) fn map<S: Copy + Sync, T: Element>(
    shape: &[usize],
    x: &[S],
    f: impl Fn(S) -> T + Sync,
) -> Result<DenseArray> {
    let work = size_of_val(x) + x.len() * size_of::<T>();
    DenseArray::write_rows(shape, 1, work, |range, output| {
        output.each(&x[range], |&x| f(x));
        Ok(())
    })
}

/// [`map`] with the results in place of the elements.
pub(crate) fn map_in_place<T: Copy + Send>(x: &mut [T], f: impl Fn(T) -> T + Sync) -> Result<()> {
    change_rows(x, 1, 2 * size_of_val(x), |_, x| {
        x.iter_mut().for_each(|x| *x = f(*x));
        Ok(())
    })
}

/// `f(x, y)` for all elements of two arrays with this shape.
pub(crate) fn zip<S: Copy + Sync, T: Element>(
    shape: &[usize],
    x: &[S],
    y: &[S],
    f: impl Fn(S, S) -> T + Sync,
) -> Result<DenseArray> {
    let work = 2 * size_of_val(x) + x.len() * size_of::<T>();
    DenseArray::write_rows(shape, 1, work, |range, output| {
        output.each((&x[range.clone()], &y[range]), |(&x, &y)| f(x, y));
        Ok(())
    })
}
