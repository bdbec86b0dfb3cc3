//! Elements as what computations are made with, and results as elements.

use std::borrow::Cow;
use std::ops::Range;

use metatensor_core::internal::{with_element, written};
use metatensor_core::{DType, DenseArray, Element, Error, Result, View};
use num_complex::Complex;

use super::{Kind, Number};

/// Number of elements converted at once, which stay in the cache closest to the processor.
const CHUNK: usize = 256;

/// The elements of `view` in row-major order, without a copy if they are stored like this.
pub(crate) fn read<'v, T: Number>(view: &'v View<'_>) -> Result<Cow<'v, [T]>> {
    if view.dtype() == T::DTYPE
        && let Some(elements) = view.as_slice()?
    {
        return Ok(Cow::Borrowed(elements));
    }
    Ok(Cow::Owned(converted(view)?))
}

/// The elements of `view` in row-major order, if these are integers that `f64` does not hold: unsigned ones less half of
/// what they can be, as if zero was there.
pub(crate) fn large_integers(view: &View<'_>) -> Result<Option<Vec<i64>>> {
    let zero = match view.dtype() {
        DType::I64 => 0,
        DType::U64 => i64::MIN,
        _ => return Ok(None),
    };
    let elements = converted::<i64>(view)?;
    Ok(Some(elements.into_iter().map(|x| x ^ zero).collect()))
}

/// The elements of `view` in row-major order, promoted to `T`. The largest ones of `u64` wrap around if `T` is an integer.
///
/// Elements are loaded in one of three forms, and `T` made from these: there are as many loops as types, not as many as
/// pairs of types.
pub(crate) fn converted<T: Number>(view: &View<'_>) -> Result<Vec<T>> {
    if !view.is_contiguous() {
        return converted(&DenseArray::copy_of(view)?.view());
    }
    let count = view.shape().iter().product();
    if view.dtype().is_complex() {
        loaded(count, &*complex_numbers(view)?, T::from_complex)
    } else if T::DTYPE.is_float() || T::DTYPE.is_complex() {
        loaded(count, &*reals(view)?, T::from_real)
    } else {
        loaded(count, &*integers(view)?, T::from_integer)
    }
}

/// Writes the elements in a range to memory.
type Load<'v, M> = dyn Fn(Range<usize>, &mut [M]) + Sync + 'v;

/// The elements of an array without strides as integers. The largest ones of `u64` wrap around.
pub(crate) fn integers<'v>(view: &'v View<'_>) -> Result<Box<Load<'v, i64>>> {
    with_element!(view.dtype(), S => {
        let x = slice::<S>(view)?;
        Ok(Box::new(|range, output| S::integers(&x[range], output)))
    })
}

/// The elements of an array without strides as real numbers.
pub(crate) fn reals<'v>(view: &'v View<'_>) -> Result<Box<Load<'v, f64>>> {
    with_element!(view.dtype(), S => {
        let x = slice::<S>(view)?;
        Ok(Box::new(|range, output| S::reals(&x[range], output)))
    })
}

/// The elements of an array without strides as complex numbers.
pub(crate) fn complex_numbers<'v>(view: &'v View<'_>) -> Result<Box<Load<'v, Complex<f64>>>> {
    with_element!(view.dtype(), S => {
        let x = slice::<S>(view)?;
        Ok(Box::new(|range, output| S::complex(&x[range], output)))
    })
}

fn slice<'v, T: Element>(view: &'v View<'_>) -> Result<&'v [T]> {
    let elements = view.as_slice()?;
    elements.ok_or_else(|| Error::Internal("an array is read as if it had no strides".into()))
}

/// `count` elements, made from what `load` gives.
fn loaded<M: Copy + Default, T: Number>(
    count: usize,
    load: &Load<'_, M>,
    make: impl Fn(M) -> T + Sync,
) -> Result<Vec<T>> {
    written(count, 2 * count * size_of::<T>(), |range, output| {
        let mut buffer = [M::default(); CHUNK];
        for start in range.clone().step_by(CHUNK) {
            let chunk = start..range.end.min(start + CHUNK);
            let buffer = &mut buffer[..chunk.len()];
            load(chunk, buffer);
            output.extend(buffer.len(), buffer.iter().map(|&number| make(number)));
        }
        Ok(())
    })
}

/// Results of computations, whose type carries elements described by `dtype`, as such elements.
pub(crate) fn stored(results: DenseArray, dtype: DType) -> Result<DenseArray> {
    if results.dtype() == dtype {
        return Ok(results);
    }
    with_element!(dtype, S => stored_as::<S>(&results))
}

fn stored_as<S: Kind>(results: &DenseArray) -> Result<DenseArray> {
    let view = results.view();
    let x: &[S::Carrier] = slice(&view)?;
    let work = size_of_val(x) + x.len() * size_of::<S>();
    DenseArray::write_rows(results.shape(), 1, work, |range, output| {
        let mut buffer = [S::default(); CHUNK];
        for x in x[range].chunks(CHUNK) {
            let buffer = &mut buffer[..x.len()];
            S::store(x, buffer);
            output.copy(buffer);
        }
        Ok(())
    })
}
