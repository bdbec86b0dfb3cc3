//! What is left of equations that were reduced.

use ndarray::Array2;
use num_complex::Complex;

use super::field::Field;
use super::matrix::part;
use super::{qr, scale};

/// Equations `[A, B]` in which some columns are scaled: the upper triangle of as many as there are columns in `A`, or fewer
/// of any form.
#[derive(Clone, Debug, Default)]
pub(super) struct Reduced<T> {
    pub(super) equations: Array2<T>,
    /// For each column, the power of 2 that its numbers are to be multiplied with. `None` if all of them are 0.
    pub(super) exponents: Vec<Option<i32>>,
}

impl<T: Field> Reduced<T> {
    /// Gives some columns another scale: numbers get smaller.
    pub(super) fn rescale(&mut self, exponents: &[Option<i32>]) {
        let columns = self.equations.columns_mut().into_iter();
        for ((column, old), &new) in columns.zip(&mut self.exponents).zip(exponents) {
            if let (Some(old), Some(new)) = (*old, new) {
                scale::multiply(column, old - new);
            }
            *old = new;
        }
    }

    /// Adds the equations of `others`, which have the same scales, to this triangle: all of them at once.
    pub(super) fn absorb(&mut self, others: &[Reduced<T>]) {
        let rows = others.iter().map(|other| other.equations.nrows()).sum();
        let mut columns = Array2::zeros((self.equations.ncols(), rows));
        let mut start = 0;
        for Reduced { equations, .. } in others {
            let end = start + equations.nrows();
            part(columns.view_mut(), .., start..end).assign(&equations.t());
            start = end;
        }
        qr::absorb(&mut self.equations, columns.view_mut());
    }
}

impl Reduced<f64> {
    pub(super) fn into_complex(self) -> Reduced<Complex<f64>> {
        Reduced {
            equations: self.equations.mapv(Complex::from),
            exponents: self.exponents,
        }
    }
}

/// Gives each of `width` columns the same scale in all `parts`.
pub(super) fn common_scale<T: Field>(parts: &mut [Reduced<T>], width: usize) {
    let exponents = (0..width).map(|j| parts.iter().filter_map(|part| part.exponents[j]).max());
    let exponents: Vec<_> = exponents.collect();
    parts.iter_mut().for_each(|part| part.rescale(&exponents));
}

/// Equations `[A, B]` with the same solutions as those of all `parts`, with `columns` columns in `A` and `width` in both.
pub(super) fn merge<T: Field>(
    mut parts: Vec<Reduced<T>>,
    columns: usize,
    width: usize,
) -> Reduced<T> {
    if parts.len() > 1 {
        common_scale(&mut parts, width);
    }
    let rows = parts.iter().map(|part| part.equations.nrows()).sum();
    let is_triangle = |part: &Reduced<T>| part.equations.nrows() == columns;
    let triangle = parts.iter().position(is_triangle);
    let exponents = match parts.first() {
        Some(part) => part.exponents.clone(),
        None => vec![None; width],
    };
    if rows < columns {
        let mut equations = Array2::zeros((rows, width));
        let all = parts.iter().flat_map(|part| part.equations.rows());
        for (mut row, equation) in equations.rows_mut().into_iter().zip(all) {
            row.assign(&equation);
        }
        return Reduced {
            equations,
            exponents,
        };
    }
    let mut triangle = match triangle {
        Some(position) => parts.remove(position),
        None => Reduced {
            equations: Array2::zeros((columns, width)),
            exponents,
        },
    };
    if !parts.is_empty() {
        triangle.absorb(&parts);
    }
    triangle
}
