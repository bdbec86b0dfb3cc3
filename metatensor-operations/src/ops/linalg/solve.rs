//! Systems with as many equations as unknowns.

use metatensor_core::{Error, Result, TensorBlock};
use ndarray::Array2;
use num_complex::ComplexFloat;

use super::field::{Field, with_field};
use super::system::{Rows, not_finite, solution_block, solution_type};
use super::{lu, scale};
use crate::engine::{Axis, EqualMetadataOptions, NotEqual, Operand, same_metadata, zip_blocks};

/// Weights `w` for which `x wᵀ = y`, where blocks of `x` are square matrices.
///
/// Blocks of the result have the properties of `y` as samples, and the properties of `x` as properties, as
/// those of [`lstsq`](crate::lstsq). Computations are in double precision, and solutions
/// for integers and booleans are `f64`.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock};
/// # use ndarray::arr2;
/// let samples = Labels::range("s", 2)?;
/// let x = arr2(&[[2.0, 0.0], [1.0, 1.0]]);
/// let x = TensorBlock::new(x, &samples, &[], &Labels::range("p", 2)?)?;
/// let y = arr2(&[[2.0], [4.0]]);
/// let y = TensorBlock::new(y, &samples, &[], &Labels::range("q", 1)?)?;
///
/// let weights = metatensor_operations::solve(&x, &y)?;
/// assert_eq!(weights.to_ndarray::<f64>()?, arr2(&[[1.0, 3.0]]).into_dyn());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`] if keys or samples are different; [`Error::InvalidParameter`] if there are components,
/// or a block of `x` is not square; [`Error::LinearAlgebra`] if one of them is singular, if a number is not
/// finite, or if the solution does not fit in the type of elements;
/// [`Error::Unsupported`] if there are gradients (other than without any row): each row would be one equation
/// too many, and calls for [`lstsq`](crate::lstsq); or if there is no arithmetic for the type of elements, or
/// they are not on the CPU.
pub fn solve<T: Operand>(x: &T, y: &T) -> Result<T> {
    zip_blocks("solve", x, y, &same_samples, &solve_one)
}

fn same_samples(x: &TensorBlock, y: &TensorBlock) -> Result<(), NotEqual> {
    same_metadata(x, y, EqualMetadataOptions::only(&[Axis::Samples]))
}

fn solve_one(x: &TensorBlock, y: &TensorBlock) -> Result<TensorBlock> {
    for (which, block) in [("first", x), ("second", y)] {
        if !block.components().is_empty() {
            return Err(Error::invalid(format!(
                "the {which} block must be a 2D array, without components, got {} of them",
                block.components().len()
            )));
        }
        for (parameter, gradient) in block.gradients() {
            let rows = gradient.samples().count();
            if rows > 0 {
                return Err(Error::unsupported(format!(
                    "no gradients, each row of which is one equation too many, got {rows} rows of \
                     '{parameter}' in the {which} block"
                )));
            }
        }
    }
    let (equations, unknowns) = (x.samples().count(), x.properties().count());
    if equations != unknowns {
        return Err(Error::invalid(format!(
            "the first block must be a square 2D array, got {equations} samples and {unknowns} properties"
        )));
    }
    let dtype = solution_type(x, y)?;
    with_field!(dtype, T => solution_block(x, y.properties(), dtype, &solve_as::<T>(x, y)?))
}

fn solve_as<T: Field>(x: &TensorBlock, y: &TensorBlock) -> Result<Array2<T>> {
    let n = x.samples().count();
    let mut system = Array2::zeros((n, n + y.properties().count()));
    let (left, right) = system.view_mut().split_at(ndarray::Axis(1), n);
    Rows::<T>::new(&x.view()?)?.read(0..n, left);
    Rows::<T>::new(&y.view()?)?.read(0..n, right);
    if !system.iter().all(|x| ComplexFloat::is_finite(*x)) {
        return Err(not_finite().context("values"));
    }
    let (left, right) = system.view().split_at(ndarray::Axis(1), n);
    let (rows, mut columns) = scale::balance(&left);
    // Each right-hand side has a scale of its own.
    columns.extend(right.columns().into_iter().map(|column| {
        let exponents = column.iter().zip(&rows);
        let exponents = exponents.filter_map(|(&x, row)| {
            let size = x.size();
            (size != 0.0).then(|| scale::exponent(size) - row)
        });
        exponents.max().unwrap_or(0)
    }));
    scale::rescale(&mut system, |i| -rows[i], |j| -columns[j]);
    match lu::solve(system) {
        Ok(mut solution) => {
            let (unknowns, outputs) = columns.split_at(n);
            scale::rescale(&mut solution, |i| -unknowns[i], |j| outputs[j]);
            Ok(solution.reversed_axes())
        }
        Err(column) => Err(Error::LinearAlgebra(format!(
            "the matrix is singular: column {column} depends on those before it"
        ))),
    }
}
