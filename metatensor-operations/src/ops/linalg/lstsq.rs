//! Least squares.

use metatensor_core::internal::with_element;
use metatensor_core::{Result, TensorBlock};

use super::field::with_field;
use super::fit::Fit;
use super::lstsq_options::LstsqOptions;
use super::system::{check_solution_size, solution_block, solution_type};
use crate::engine::{EqualMetadataOptions, NotEqual, Operand, same_metadata, zip_blocks};
use crate::numbers::Kind;

/// Weights `w` for which `x wᵀ` is as close as possible to `y`: those with the least sum of squares of all
/// errors, in values and in gradients.
///
/// For each block this solves one linear system. The values give one equation per sample and combination of
/// components, and gradients as many per row: all of them have the same weight. If several solutions are as
/// good, the result is the one with the smallest norm.
///
/// Blocks of the result have the properties of `y` as samples, and the properties of `x` as properties. They
/// have neither components nor gradients. [`dot`](crate::dot)`(x, w)` gives predictions for `y`, and their
/// gradients.
///
/// The equations are read once, a few at a time, and reduced by orthogonal transformations: this needs little
/// memory besides that for the square of the number of properties, and loses no precision as the normal
/// equations would. Computations are in double precision, and solutions
/// for integers and booleans are `f64`. [`LeastSquares`](crate::LeastSquares) does the same for data that comes in batches.
///
/// ```
/// # use metatensor_core::{Labels, TensorBlock, TensorMap};
/// # use metatensor_operations::{LstsqOptions, lstsq};
/// # use ndarray::arr2;
/// let samples = Labels::range("system", 3)?;
/// let x = arr2(&[[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]);
/// let x = TensorBlock::new(x, &samples, &[], &Labels::range("power", 2)?)?;
/// let y = arr2(&[[1.0], [3.0], [5.0]]);
/// let y = TensorBlock::new(y, &samples, &[], &Labels::new(["energy"], &[[0]])?)?;
///
/// let weights = lstsq(&x, &y, LstsqOptions::default())?;
/// let weights = weights.to_ndarray::<f64>()?;
/// assert!((weights - arr2(&[[1.0, 2.0]])).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::NotEqual`](crate::Error::NotEqual) if keys, samples, components or gradients are different;
/// [`Error::LinearAlgebra`](crate::Error::LinearAlgebra) if a number is not finite, or if the solution does not fit in the
/// type of elements; [`Error::Unsupported`](crate::Error::Unsupported) if there are gradients of gradients, if there is no
/// arithmetic for the type of elements, or if they are not on the CPU.
pub fn lstsq<T: Operand>(x: &T, y: &T, options: LstsqOptions) -> Result<T> {
    zip_blocks("lstsq", x, y, &same_rows, &|x, y| {
        least_squares(x, y, options)
    })
}

/// Fails unless each row of two blocks makes one equation.
pub(super) fn same_rows(x: &TensorBlock, y: &TensorBlock) -> Result<(), NotEqual> {
    let rows = EqualMetadataOptions {
        properties: false,
        ..Default::default()
    };
    same_metadata(x, y, rows)
}

fn least_squares(x: &TensorBlock, y: &TensorBlock, options: LstsqOptions) -> Result<TensorBlock> {
    let dtype = solution_type(x, y)?;
    check_solution_size(y.properties(), x.properties(), dtype)?;
    let epsilon = with_element!(dtype, S => Ok(<S as Kind>::EPSILON))?;
    with_field!(dtype, T => {
        let solution = Fit::<T>::of(x, y)?.solve(options, epsilon);
        solution_block(x, y.properties(), dtype, &solution)
    })
}
