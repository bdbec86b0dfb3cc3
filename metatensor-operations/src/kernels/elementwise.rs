//! One result for each element.

use metatensor_core::{DenseArray, Element, Result};

/// `f(x)` for all elements of an array with this shape.
pub(crate) fn map<S: Copy, T: Element>(
    shape: &[usize],
    x: &[S],
    f: impl Fn(S) -> T,
) -> Result<DenseArray> {
    DenseArray::write(shape, |output| {
        output.extend(x.len(), x.iter().map(|&x| f(x)));
        Ok(())
    })
}

/// `f(x, y)` for all elements of two arrays with this shape.
pub(crate) fn zip<S: Copy, T: Element>(
    shape: &[usize],
    x: &[S],
    y: &[S],
    f: impl Fn(S, S) -> T,
) -> Result<DenseArray> {
    DenseArray::write(shape, |output| {
        output.extend(x.len(), x.iter().zip(y).map(|(&x, &y)| f(x, y)));
        Ok(())
    })
}
