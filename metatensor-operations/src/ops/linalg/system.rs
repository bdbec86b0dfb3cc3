//! Systems of equations made from blocks, and blocks made from their solutions.

use std::ops::Range;

use metatensor_core::{DType, DenseArray, Error, Labels, Limit, Result, TensorBlock, View};
use ndarray::{Array2, ArrayViewMut2, Zip};
use num_complex::Complex;

use super::field::Field;
use super::matrix::{matrix, matrix_shape, part};
use crate::numbers::{Number, continuous, converted, promote, stored, with_continuous};

/// Type of the solutions of systems of equations between these blocks.
pub(super) fn solution_type(x: &TensorBlock, y: &TensorBlock) -> Result<DType> {
    continuous(promote(x.dtype(), y.dtype())?)
}

/// The rows of an array, to be read some at a time, in double precision.
pub(super) struct Rows<'v, T> {
    count: usize,
    read: Box<ReadRows<'v, T>>,
}

type ReadRows<'v, T> = dyn Fn(Range<usize>, ArrayViewMut2<'_, T>) + Sync + 'v;

impl<'v, T: Field> Rows<'v, T> {
    pub(super) fn new(view: &'v View<'_>) -> Result<Rows<'v, T>> {
        let (count, _) = matrix_shape(view.shape());
        let read = with_continuous!(continuous(view.dtype())?, S => read_elements::<S, T>(view))?;
        Ok(Rows { count, read })
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Writes the rows in `range` to `output`.
    pub(super) fn read(&self, range: Range<usize>, output: ArrayViewMut2<'_, T>) {
        (self.read)(range, output);
    }
}

fn read_elements<'v, S: Number<Sum: Into<Complex<f64>>>, T: Field>(
    view: &'v View<'_>,
) -> Result<Box<ReadRows<'v, T>>> {
    let elements = matrix::<S>(view)?;
    Ok(Box::new(move |range, output| {
        let rows = part(elements.view(), range, ..);
        let read = |output: &mut T, x: &S| *output = T::from_complex(x.widen().into());
        Zip::from(output).and(rows).for_each(read);
    }))
}

#[cold]
pub(super) fn not_finite() -> Error {
    Error::LinearAlgebra("all numbers must be finite, got an infinity or NaN".into())
}

/// Fails if a solution with these rows and columns is larger than results may be.
pub(super) fn check_solution_size(rows: &Labels, columns: &Labels, dtype: DType) -> Result<()> {
    let (rows, columns) = (rows.count(), columns.count());
    let bytes = (rows as u64).saturating_mul(columns.saturating_mul(dtype.size()) as u64);
    Limit::check_result(bytes, || format!("a solution of {rows} by {columns}"))
}

/// Block with the transpose of a solution, one row per output and one column per property of `x`, as
/// elements of type `dtype`. Fails if one of them does not fit in this type.
pub(super) fn solution_block<T: Field>(
    x: &TensorBlock,
    outputs: &Labels,
    dtype: DType,
    solution: &Array2<T>,
) -> Result<TensorBlock> {
    let shape = [solution.nrows(), solution.ncols()];
    let values = with_continuous!(dtype, S => DenseArray::write(&shape, |output| {
        let elements = solution.iter().map(|&w| S::from_complex(w.into()));
        output.extend(solution.len(), elements);
        Ok(())
    }))?;
    let values = stored(values, dtype)?;
    let fits = |w: Complex<f64>| w.re.is_finite() && w.im.is_finite();
    let weights = converted(&values.view())?;
    if let Some((((i, j), w), _)) = solution
        .indexed_iter()
        .zip(weights)
        .find(|(_, w)| !fits(*w))
    {
        return Err(Error::LinearAlgebra(format!(
            "the solution does not fit in {dtype}: the weight of {} for {} is {w}",
            x.properties().describe(j),
            outputs.describe(i),
        )));
    }
    x.with_new_values(values, outputs, &[], x.properties())
}
