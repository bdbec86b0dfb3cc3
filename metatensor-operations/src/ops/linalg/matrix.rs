//! Blocks as matrices.

use std::borrow::Cow;

use metatensor_core::internal::{change_rows, run_kernel};
use metatensor_core::{Array, DenseArray, Error, Result, View};
use ndarray::linalg::general_mat_mul;
use ndarray::{
    Array2, ArrayBase, ArrayView2, ArrayViewMut2, Axis, CowArray, Ix2, RawData, ShapeError, Slice,
    Zip,
};
use num_complex::Complex;
use num_traits::{One, Zero};

use super::narrow;
use crate::numbers::Number;
use crate::numbers::read;

/// Columns of a product that take about as long as reading the elements that they are made of.
const COLUMNS: usize = 8;

/// The shape of `elements` as a matrix with one column per property: rows, and columns.
pub(super) fn matrix_shape(shape: &[usize]) -> (usize, usize) {
    let (columns, others) = shape.split_last().unwrap_or((&0, &[]));
    (others.iter().product(), *columns)
}

/// The elements of an array as a matrix with one column per property, copied only if they have another type,
/// or if no strides describe them as a matrix.
pub(super) fn matrix<'v, T: Number>(view: &'v View<'_>) -> Result<CowArray<'v, T, Ix2>> {
    if view.dtype() == T::DTYPE && view.shape().len() == 2 {
        let elements = view.typed::<T>()?.into_dimensionality::<Ix2>();
        return Ok(elements.map_err(not_a_matrix)?.into());
    }
    let shape = matrix_shape(view.shape());
    Ok(match read::<T>(view)? {
        Cow::Borrowed(elements) => matrix_of(shape.0, shape.1, elements)?.into(),
        Cow::Owned(elements) => Array2::from_shape_vec(shape, elements)
            .map_err(not_a_matrix)?
            .into(),
    })
}

/// A matrix with so many rows and columns.
pub(super) fn matrix_of<T>(
    rows: usize,
    columns: usize,
    elements: &[T],
) -> Result<ArrayView2<'_, T>> {
    ArrayView2::from_shape((rows, columns), elements).map_err(not_a_matrix)
}

/// The elements of a view in some rows and columns. (The macro `s!` of ndarray contains unsafe code.)
pub(super) fn part<S: RawData>(
    mut view: ArrayBase<S, Ix2>,
    rows: impl Into<Slice>,
    columns: impl Into<Slice>,
) -> ArrayBase<S, Ix2> {
    view.slice_axis_inplace(Axis(0), rows.into());
    view.slice_axis_inplace(Axis(1), columns.into());
    view
}

#[cold]
fn not_a_matrix(error: ShapeError) -> Error {
    Error::Internal(format!("an array is not a matrix: {error}"))
}

/// Products of matrices.
pub(super) trait Product: Number {
    /// Sets `output`, all zeros, to `a bᵀ`, where none of them is empty. Nothing is conjugated, sums of
    /// integers wrap around, and those of booleans are *or*.
    fn product(a: &ArrayView2<'_, Self>, b: &ArrayView2<'_, Self>, output: ArrayViewMut2<'_, Self>);
}

macro_rules! real_product {
    ($($type:ty, $lanes:expr);*) => {$(
        impl Product for $type {
            fn product(
                a: &ArrayView2<'_, Self>,
                b: &ArrayView2<'_, Self>,
                mut output: ArrayViewMut2<'_, Self>,
            ) {
                let length = a.ncols();
                if b.nrows() <= narrow::MAX_ROWS
                    && let (Some(a), Some(b)) = (a.as_slice(), b.as_slice())
                    && let Some(output) = output.as_slice_mut()
                {
                    run_kernel(narrow::Product::<_, $lanes> { length, a, b, output });
                    return;
                }
                general_mat_mul(Self::one(), a, &b.t(), Self::zero(), &mut output);
            }
        }
    )*};
}

real_product!(f32, 8; f64, 4);

macro_rules! complex_product {
    ($($real:ty),*) => {$(
        impl Product for Complex<$real> {
            fn product(
                a: &ArrayView2<'_, Self>,
                b: &ArrayView2<'_, Self>,
                mut output: ArrayViewMut2<'_, Self>,
            ) {
                if b.nrows() < SPLIT_ROWS {
                    general_mat_mul(Self::one(), a, &b.t(), Self::zero(), &mut output);
                    return;
                }
                // four real products take less time than a complex one
                let split = |x: &ArrayView2<'_, Self>| (x.mapv(|x| x.re), x.mapv(|x| x.im));
                let ((a_re, a_im), (b_re, b_im)) = (split(a), split(b));
                let add = |sign, a: &Array2<$real>, b: &Array2<$real>, sum: &mut Array2<$real>| {
                    general_mat_mul(sign, a, &b.t(), 1.0, sum);
                };
                let (mut re, mut im) = (Array2::zeros(output.dim()), Array2::zeros(output.dim()));
                add(1.0, &a_re, &b_re, &mut re);
                add(-1.0, &a_im, &b_im, &mut re);
                add(1.0, &a_re, &b_im, &mut im);
                add(1.0, &a_im, &b_re, &mut im);
                let parts = Zip::from(&mut output).and(&re).and(&im);
                parts.for_each(|z, &re, &im| *z = Complex::new(re, im));
            }
        }
    )*};
}

complex_product!(f32, f64);

/// Rows of `b` from which on copies of the real and imaginary parts of `a` cost less than they save.
const SPLIT_ROWS: usize = 16;

macro_rules! simple_product {
    ($($type:ty),*) => {$(
        impl Product for $type {
            fn product(
                a: &ArrayView2<'_, Self>,
                b: &ArrayView2<'_, Self>,
                mut output: ArrayViewMut2<'_, Self>,
            ) {
                for (row, mut sums) in a.rows().into_iter().zip(output.rows_mut()) {
                    for (other, sum) in b.rows().into_iter().zip(&mut sums) {
                        let terms = row.iter().zip(other);
                        *sum = terms.fold(<$type>::default(), |total, (&x, &y)| {
                            total.plus(Number::times(x, y))
                        });
                    }
                }
            }
        }
    )*};
}

simple_product!(bool, i32, i64);

/// Array of zeros, changed by `fill`.
pub(super) fn filled<T: Product>(
    shape: &[usize],
    fill: impl FnOnce(&mut [T]) -> Result<()>,
) -> Result<DenseArray> {
    let mut array = DenseArray::zeros(T::DTYPE, shape)?;
    let mut view = array.view_mut()?;
    let mut elements = view.typed_mut::<T>()?;
    let elements = elements.as_slice_mut();
    fill(elements.ok_or_else(|| Error::Internal("a new array has strides".into()))?)?;
    drop(view);
    Ok(array)
}

/// Sets `output`, all zeros, to `a weightsᵀ`.
pub(super) fn multiply_to<T: Product>(
    a: &ArrayView2<'_, T>,
    weights: &ArrayView2<'_, T>,
    output: &mut [T],
) -> Result<()> {
    let columns = weights.nrows();
    if columns * a.len() == 0 {
        return Ok(());
    }
    // The order of additions can depend on strides: make all of them the same.
    let (a, weights) = (a.as_standard_layout(), weights.as_standard_layout());
    // As if each element of `a` was read once for some of the columns.
    let work = a.len() * size_of::<T>() * columns.div_ceil(COLUMNS) + size_of_val(output);
    change_rows(output, columns, work, |rows, output| {
        let output = ArrayViewMut2::from_shape((rows.len(), columns), output);
        let output = output.map_err(|error| Error::Internal(error.to_string()))?;
        T::product(&part(a.view(), rows, ..), &weights.view(), output);
        Ok(())
    })
}
