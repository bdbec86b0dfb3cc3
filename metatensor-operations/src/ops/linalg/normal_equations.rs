//! Normal equations.

use metatensor_core::{DenseArray, Error, Limit, Result, TensorBlock};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis};

use super::field::{Field, conjugate, with_field};
use super::lstsq::same_rows;
use super::system::{Rows, solution_type};
use crate::engine::{Operand, check_no_second_derivatives};

/// The matrices `xᴴ x` and `xᴴ y` of the equations `x wᵀ = y`: sums over all rows of values and gradients, and all
/// combinations of components.
///
/// [`solve`](crate::solve) gives the weights. Something can be added to them before, such as a number on the diagonal of the
/// first one for a ridge regression, or the matrices of more equations. Where nothing is, [`lstsq`](crate::lstsq) is
/// better: the rounding errors of normal equations grow with the square of the condition number.
///
/// Blocks of the results have the properties of `x` as samples, those of `x` and of `y` as properties, and elements in double
/// precision.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use metatensor_operations::{normal_equations, solve};
/// # use ndarray::arr2;
/// let samples = Labels::range("system", 3)?;
/// let x = arr2(&[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]);
/// let x = TensorBlock::new(x, &samples, &[], &Labels::range("power", 2)?)?;
/// let y = arr2(&[[1.0], [3.0], [5.0]]);
/// let y = TensorBlock::new(y, &samples, &[], &Labels::new(["energy"], &[[0]])?)?;
///
/// let (xtx, xty) = normal_equations(&x, &y)?;
/// assert_eq!(xtx.to_ndarray::<f64>()?, arr2(&[[3.0, 3.0], [3.0, 5.0]]).into_dyn());
/// assert_eq!(xty.to_ndarray::<f64>()?, arr2(&[[9.0], [13.0]]).into_dyn());
/// let weights = solve(&xtx, &xty)?.to_ndarray::<f64>()?;
/// assert!((weights - arr2(&[[1.0, 2.0]])).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`] if keys, samples, components or gradients are different; [`Error::Unsupported`] if there are gradients
/// of gradients, if there is no arithmetic for the type of elements, or if they are not on the CPU.
pub fn normal_equations<T: Operand>(x: &T, y: &T) -> Result<(T, T)> {
    let make = || {
        let parts = x.parts();
        let (mut squares, mut right) = (Vec::new(), Vec::new());
        for (i, (a, b)) in parts.pairs(y.parts())?.into_iter().enumerate() {
            same_rows(a, b).map_err(|different| parts.for_key(i, different))?;
            let made = products(a, b).map_err(|error| parts.in_block(i, error))?;
            squares.push(made.0);
            right.push(made.1);
        }
        Ok((x.with_results(squares)?, x.with_results(right)?))
    };
    make().map_err(|error: Error| error.context("normal_equations"))
}

fn products(x: &TensorBlock, y: &TensorBlock) -> Result<(TensorBlock, TensorBlock)> {
    check_no_second_derivatives(x)?;
    let dtype = solution_type(x, y)?;
    let (inputs, outputs) = (x.properties(), y.properties());
    let (columns, width) = (inputs.count(), inputs.count() + outputs.count());
    let bytes = (columns as u64).saturating_mul(width as u64 * 16);
    Limit::check_result(bytes, || {
        format!("products of {columns} by {width} columns")
    })?;
    let (square, right) = with_field!(dtype, T => {
        let [square, right] = products_as::<T>(x, y)?;
        (DenseArray::from(square), DenseArray::from(right))
    });
    let square = x.with_new_values(square, inputs, &[], inputs)?;
    let right = x.with_new_values(right, inputs, &[], outputs)?;
    Ok((square, right))
}

/// Rows that are read at once.
const ROWS: usize = 512;

fn products_as<T: Field>(x: &TensorBlock, y: &TensorBlock) -> Result<[Array2<T>; 2]> {
    let (columns, outputs) = (x.properties().count(), y.properties().count());
    let mut square = Array2::zeros((columns, columns));
    let mut right = Array2::zeros((columns, outputs));
    let mut views = vec![(x.view()?, y.view()?)];
    for (parameter, gradient) in x.gradients() {
        views.push((gradient.view()?, y.gradient(parameter)?.view()?));
    }
    let (mut a, mut b) = (
        Array2::zeros((ROWS, columns)),
        Array2::zeros((ROWS, outputs)),
    );
    for (x, y) in &views {
        let (x, y) = (Rows::<T>::new(x)?, Rows::<T>::new(y)?);
        for start in (0..x.count()).step_by(ROWS) {
            let count = ROWS.min(x.count() - start);
            let (mut a, _) = a.view_mut().split_at(Axis(0), count);
            let (mut b, _) = b.view_mut().split_at(Axis(0), count);
            x.read(start..start + count, a.view_mut());
            y.read(start..start + count, b.view_mut());
            let a = a.view();
            let adjoint = conjugate(&a);
            general_mat_mul(T::one(), &adjoint.t(), &a, T::one(), &mut square);
            general_mat_mul(T::one(), &adjoint.t(), &b, T::one(), &mut right);
        }
    }
    Ok([square, right])
}
