//! Least squares.

use std::ops::Range;

use metatensor_core::internal::{change_rows, with_element};
use metatensor_core::{Limit, Result, TensorBlock};
use ndarray::{Array2, Axis};
use num_complex::ComplexFloat;

use super::field::{Field, with_field};
use super::matrix::part;
use super::system::{Rows, not_finite, solution_block, solution_type};
use super::{minimum_norm, qr, scale};
use crate::engine::{
    EqualMetadataOptions, Operand, check_no_second_derivatives, same_metadata, zip_blocks,
};
use crate::numbers::Kind;

/// How to solve least squares problems, see [`lstsq`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LstsqOptions {
    /// Singular values that are not larger than `rcond` times the largest one count as zero.
    ///
    /// `None` stands for the precision of the data type times the larger number of rows and columns, which
    /// is all that rounding errors allow. For data with noise of a relative size of 1e-12, say, use 1e-12. A
    /// negative number stands for the precision of the data type.
    pub rcond: Option<f64>,
}

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
/// for integers and booleans are `f64`.
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

fn same_rows(x: &TensorBlock, y: &TensorBlock) -> Result<(), crate::NotEqual> {
    let rows = EqualMetadataOptions {
        properties: false,
        ..Default::default()
    };
    same_metadata(x, y, rows)
}

fn least_squares(x: &TensorBlock, y: &TensorBlock, options: LstsqOptions) -> Result<TensorBlock> {
    check_no_second_derivatives(x)?;
    let dtype = solution_type(x, y)?;
    let (rows, columns) = (y.properties().count(), x.properties().count());
    let bytes = (rows as u64).saturating_mul(columns.saturating_mul(dtype.size()) as u64);
    Limit::check_result(bytes, || format!("a solution of {rows} by {columns}"))?;
    let epsilon = with_element!(dtype, S => Ok(<S as Kind>::EPSILON))?;
    with_field!(dtype, T => {
        let solution = least_squares_as::<T>(x, y, options, epsilon)?;
        solution_block(x, y, dtype, &solution)
    })
}

fn least_squares_as<T: Field>(
    x: &TensorBlock,
    y: &TensorBlock,
    options: LstsqOptions,
    epsilon: f64,
) -> Result<Array2<T>> {
    let mut views = vec![("values".to_owned(), x.view()?, y.view()?)];
    for (parameter, gradient) in x.gradients() {
        let name = format!("gradient '{parameter}'");
        views.push((name, gradient.view()?, y.gradient(parameter)?.view()?));
    }
    let mut equations = Vec::with_capacity(views.len());
    for (name, x, y) in &views {
        equations.push(Equations {
            name,
            x: Rows::new(x)?,
            y: Rows::new(y)?,
        });
    }
    let rows = equations.iter().map(|equations| equations.x.count()).sum();
    let columns = x.properties().count();
    let width = columns + y.properties().count();
    let Reduced {
        equations,
        exponents,
    } = reduce(&equations, rows, columns, width)?;
    let rcond = match options.rcond {
        Some(rcond) if rcond < 0.0 => epsilon,
        Some(rcond) if !rcond.is_nan() => rcond,
        _ => epsilon * rows.max(columns) as f64,
    };
    let exponents: Vec<i32> = exponents.iter().map(|e| e.unwrap_or(0)).collect();
    Ok(minimum_norm::solve(equations, columns, &exponents, rcond))
}

/// Equations `A x = B` of the values, or of one gradient.
struct Equations<'v, T> {
    name: &'v str,
    x: Rows<'v, T>,
    y: Rows<'v, T>,
}

/// Each part of the equations has this many times as many of them as there are unknowns, so that reducing what is
/// left of all parts takes less time than the parts do.
const ROWS_PER_COLUMN: usize = 16;
const MAX_PARTS: usize = 8;

/// Equations `[A, B]` in which some columns are scaled.
#[derive(Clone, Default)]
struct Reduced<T> {
    equations: Array2<T>,
    /// For each column, the power of 2 that its numbers are to be multiplied with. `None` if all of them are 0.
    exponents: Vec<Option<i32>>,
}

impl<T: Field> Reduced<T> {
    /// Gives some columns another scale: numbers get smaller.
    fn rescale(&mut self, exponents: &[Option<i32>]) {
        let columns = self.equations.columns_mut().into_iter();
        for ((column, old), &new) in columns.zip(&mut self.exponents).zip(exponents) {
            if let (Some(old), Some(new)) = (*old, new) {
                scale::multiply(column, old - new);
            }
            *old = new;
        }
    }
}

/// Equations `[A, B]` with the same solutions as all of `equations`, which are `rows` together, not more than there
/// are columns in `A`. Parts of the equations are reduced at the same time, and then what is left of them.
fn reduce<T: Field>(
    equations: &[Equations<'_, T>],
    rows: usize,
    columns: usize,
    width: usize,
) -> Result<Reduced<T>> {
    // Without unknowns there is nothing to reduce.
    let parts = rows.checked_div(ROWS_PER_COLUMN * columns);
    let parts = parts.unwrap_or(1).clamp(1, MAX_PARTS);
    let mut reduced = vec![Reduced::default(); parts];
    // As if each number was read once for some of the columns.
    let work = (rows * width * size_of::<T>()).saturating_mul(columns.div_ceil(8));
    change_rows(&mut reduced, 1, work, |range, reduced| {
        for (part, reduced) in range.zip(reduced) {
            let rows = rows * part / parts..rows * (part + 1) / parts;
            *reduced = reduce_part(equations, rows, columns, width)?;
        }
        Ok(())
    })?;
    let exponents = (0..width).map(|j| reduced.iter().filter_map(|part| part.exponents[j]).max());
    let exponents: Vec<_> = exponents.collect();
    reduced.iter_mut().for_each(|part| part.rescale(&exponents));
    let mut reduced = reduced.into_iter();
    let mut first = reduced.next().unwrap_or_default();
    for part in reduced {
        let columns = part.equations.reversed_axes();
        let mut columns = columns.as_standard_layout().into_owned();
        qr::absorb(&mut first.equations, columns.view_mut());
    }
    Ok(first)
}

/// [`reduce`] for some of the equations, one after the other.
fn reduce_part<T: Field>(
    equations: &[Equations<'_, T>],
    rows: Range<usize>,
    columns: usize,
    width: usize,
) -> Result<Reduced<T>> {
    let mut system = System::new(rows.len(), columns, width);
    let mut start = 0;
    for equations in equations {
        let end = start + equations.x.count();
        if rows.start < end && start < rows.end {
            let part = rows.start.max(start) - start..rows.end.min(end) - start;
            let added = system.add(equations, part);
            added.map_err(|error| error.context(equations.name))?;
        }
        start = end;
    }
    Ok(system.reduce())
}

/// Equations `A x = B`, reduced to as many as there are columns in `A` whenever they fill some memory.
struct System<T> {
    /// Upper triangle of the equations reduced so far, `[A, B]`; without rows if nothing has to be reduced.
    triangle: Reduced<T>,
    /// Columns of the other equations.
    pending: Array2<T>,
    /// Number of these.
    filled: usize,
    /// The size of the largest number in each of these columns.
    largest: Vec<f64>,
    columns: usize,
}

impl<T: Field> System<T> {
    fn new(rows: usize, columns: usize, width: usize) -> System<T> {
        let (reduced, pending) = if rows < columns {
            (0, rows)
        } else {
            (columns, qr::rows_at_once(columns).min(rows))
        };
        System {
            triangle: Reduced {
                equations: Array2::zeros((reduced, width)),
                exponents: vec![None; width],
            },
            pending: Array2::zeros((width, pending)),
            filled: 0,
            largest: vec![0.0; width],
            columns,
        }
    }

    fn add(&mut self, equations: &Equations<'_, T>, rows: Range<usize>) -> Result<()> {
        let mut start = rows.start;
        while start < rows.end {
            if self.filled == self.pending.ncols() {
                self.absorb();
            }
            let count = (rows.end - start).min(self.pending.ncols() - self.filled);
            let free = self.filled..self.filled + count;
            let mut new = part(self.pending.view_mut(), .., free);
            let (a, b) = new.view_mut().split_at(Axis(0), self.columns);
            equations.x.read(start..start + count, a.reversed_axes());
            equations.y.read(start..start + count, b.reversed_axes());
            for (column, largest) in new.rows().into_iter().zip(&mut self.largest) {
                let is_finite = column.fold(true, |all, x| all & ComplexFloat::is_finite(*x));
                if !is_finite {
                    return Err(not_finite());
                }
                *largest = column.fold(*largest, |largest, x| f64::max(largest, x.size()));
            }
            self.filled += count;
            start += count;
        }
        Ok(())
    }

    fn absorb(&mut self) {
        self.scale_pending();
        let rows = part(self.pending.view_mut(), .., ..self.filled);
        qr::absorb(&mut self.triangle.equations, rows);
        self.filled = 0;
    }

    /// Gives the other equations the scale of those reduced so far, which changes if there are larger numbers now.
    fn scale_pending(&mut self) {
        let old = self.triangle.exponents.iter().zip(&mut self.largest);
        let exponents = old.map(|(old, largest)| {
            let exponent = scale::column_exponent(std::mem::take(largest));
            exponent.max(*old)
        });
        let exponents: Vec<_> = exponents.collect();
        self.triangle.rescale(&exponents);
        let mut rows = part(self.pending.view_mut(), .., ..self.filled);
        for (column, exponent) in rows.rows_mut().into_iter().zip(exponents) {
            scale::multiply(column, -exponent.unwrap_or(0));
        }
    }

    /// Equations `[A, B]` with the same solutions, not more than there are columns in `A`.
    fn reduce(mut self) -> Reduced<T> {
        if self.triangle.equations.nrows() == 0 {
            self.scale_pending();
            self.triangle.equations = self.pending.reversed_axes();
        } else {
            self.absorb();
        }
        self.triangle
    }
}
