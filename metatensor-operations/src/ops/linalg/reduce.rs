//! Equations, reduced to as many as there are unknowns.

use std::ops::Range;

use metatensor_core::Result;
use metatensor_core::internal::change_rows;
use ndarray::{Array2, Axis};
use num_complex::ComplexFloat;

use super::field::Field;
use super::matrix::part;
use super::reduced::{Reduced, common_scale};
use super::system::{Rows, not_finite};
use super::{qr, scale};

/// Equations `A x = B` of the values, or of one gradient.
pub(super) struct Equations<'v, T> {
    pub(super) name: &'v str,
    pub(super) x: Rows<'v, T>,
    pub(super) y: Rows<'v, T>,
}

/// Each part of the equations has this many times as many of them as there are unknowns, so that reducing what is
/// left of all parts takes less time than the parts do.
const ROWS_PER_COLUMN: usize = 16;
const MAX_PARTS: usize = 8;

/// Equations `[A, B]` with the same solutions as all of `equations`, which are `rows` together, not more than there
/// are columns in `A`. Parts of the equations are reduced at the same time, and then what is left of them.
pub(super) fn reduce<T: Field>(
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
    common_scale(&mut reduced, width);
    let mut reduced = reduced.into_iter();
    let mut first = reduced.next().unwrap_or_default();
    for part in reduced {
        first.absorb(&[part]);
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
