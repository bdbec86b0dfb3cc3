//! Products of values and gradient rows, in memory of the caller: what product and chain rules are made of.

use std::ops::{Add, Mul};

use metatensor_core::internal::change_rows;
use metatensor_core::{Error, GradientMap, Result};

use crate::ops::rows::check_length;

/// Number of partial sums: they do not wait for each other.
const LANES: usize = 8;

/// Multiplies each row of a gradient with the row of the values that it belongs to: one term of the
/// product rule, or the chain rule for a function of each element, if the values are its derivatives.
///
/// With N samples, rows of M elements (all components and properties of the values), a gradient of G rows
/// with E combinations of components that the values do not have, and the parents π of its rows:
///
/// ```text
/// output[r, e, m] = values[π(r), m] · gradient[r, e, m]
/// ```
///
/// `values` are `[N, M]`, where M is `length`; `gradient` and `output` are `[G, E, M]`, where E is `extra`, 1
/// if there are no such components. All of them are in row-major order. Integers must be
/// [`Wrapping`](std::num::Wrapping) if their products can overflow.
///
/// ```
/// # use metatensor_core::{GradientMap, Labels};
/// // x², with x = 3, 5, has the derivative 2x dx.
/// let samples = Labels::new(["sample", "atom"], &[[1, 0], [0, 0], [1, 1]])?;
/// let map = GradientMap::from_samples(&samples, 2)?;
/// let mut output = [0.0; 3];
/// metatensor_operations::gather_multiply(&[6.0, 10.0], 1, &map, &[0.5, 1.0, 2.0], 1, &mut output)?;
/// assert_eq!(output, [5.0, 6.0, 20.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::BufferSize`](crate::Error::BufferSize) if a length does not fit, naming the one it should have.
pub fn gather_multiply<T>(
    values: &[T],
    length: usize,
    map: &GradientMap,
    gradient: &[T],
    extra: usize,
    output: &mut [T],
) -> Result<()>
where
    T: Copy + Send + Sync + Mul<Output = T>,
{
    let line = checked_line("values", values, length, map, gradient, extra)?;
    check_length("output", output.len(), map.gradient_rows(), line)?;
    let work = 3 * size_of_val(output);
    change_rows(output, line, work, |rows, output| {
        let gradient = gradient[rows.start * line..].chunks_exact(line);
        for ((row, output), gradient) in rows.zip(output.chunks_exact_mut(line)).zip(gradient) {
            let values = &values[map.parent(row) * length..][..length];
            let lines = gradient.chunks_exact(length);
            for (output, gradient) in output.chunks_exact_mut(length).zip(lines) {
                for ((product, &x), &dx) in output.iter_mut().zip(values).zip(gradient) {
                    *product = x * dx;
                }
            }
        }
        Ok(())
    })
}

/// Contracts each row of a gradient with the row of weights that it belongs to: the chain rule for a scalar of
/// each sample, if the weights are its derivatives with respect to the values.
///
/// With N samples, rows of M elements (all components and properties of the values), a gradient of G rows
/// with E combinations of components that the values do not have, and the parents π of its rows:
///
/// ```text
/// output[r, e] = Σ_m weights[π(r), m] · gradient[r, e, m]
/// ```
///
/// `weights` are `[N, M]`, where M is `length`; `gradient` is `[G, E, M]`, where E is `extra`, 1 if there are
/// no such components; `output` is `[G, E]`. All of them are in row-major order. Nothing is conjugated, and sums
/// are made in the precision of `T`, always in the same order. Integers must be
/// [`Wrapping`](std::num::Wrapping) if their sums can overflow.
///
/// With weights `dE/dV` of an energy E that is a function of the values V, and gradients of the values with
/// respect to positions, these are the contributions to minus the forces, one for each gradient row.
/// [`scatter_add_rows`](crate::scatter_add_rows) adds those of the same atom.
///
/// ```
/// # use metatensor_core::{GradientMap, Labels};
/// // The sum of all x² of a sample has the derivative Σ 2x dx.
/// let samples = Labels::new(["sample", "atom"], &[[1, 0], [0, 0]])?;
/// let map = GradientMap::from_samples(&samples, 2)?;
/// let (x, dx) = ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 0.5, 0.0]);
/// let weights = x.map(|x| 2.0 * x);
/// let mut output = [0.0; 2];
/// metatensor_operations::gradient_contract(&weights, 2, &map, &dx, 1, &mut output)?;
/// assert_eq!(output, [6.0 + 8.0, 1.0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::BufferSize`](crate::Error::BufferSize) if a length does not fit, naming the one it should have.
pub fn gradient_contract<T>(
    weights: &[T],
    length: usize,
    map: &GradientMap,
    gradient: &[T],
    extra: usize,
    output: &mut [T],
) -> Result<()>
where
    T: Copy + Default + Send + Sync + Add<Output = T> + Mul<Output = T>,
{
    let line = checked_line("weights", weights, length, map, gradient, extra)?;
    check_length("output", output.len(), map.gradient_rows(), extra)?;
    let work = size_of_val(gradient) + size_of_val(output);
    change_rows(output, extra, work, |rows, output| {
        for (row, output) in rows.zip(output.chunks_exact_mut(extra)) {
            let weights = &weights[map.parent(row) * length..][..length];
            let gradient = &gradient[row * line..][..line];
            for (e, sum) in output.iter_mut().enumerate() {
                *sum = inner(weights, &gradient[e * length..][..length]);
            }
        }
        Ok(())
    })
}

/// The sum of the products of the elements of two rows.
fn inner<T>(a: &[T], b: &[T]) -> T
where
    T: Copy + Default + Add<Output = T> + Mul<Output = T>,
{
    let mut lanes = [T::default(); LANES];
    let ((a, last), (b, other)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for ((sum, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *sum = *sum + a * b;
        }
    }
    for ((sum, &a), &b) in lanes.iter_mut().zip(last).zip(other) {
        *sum = *sum + a * b;
    }
    lanes.into_iter().fold(T::default(), T::add)
}

/// Number of elements in each row of the gradient, of which there must be as many as `map` has.
fn checked_line<T>(
    name: &str,
    values: &[T],
    length: usize,
    map: &GradientMap,
    gradient: &[T],
    extra: usize,
) -> Result<usize> {
    check_length(name, values.len(), map.parent_rows(), length)?;
    let line = extra.checked_mul(length).ok_or_else(|| {
        Error::invalid(format!(
            "{extra} times {length} elements in a row are too many"
        ))
    })?;
    check_length("gradient", gradient.len(), map.gradient_rows(), line)?;
    Ok(line)
}

#[cfg(test)]
mod tests;
