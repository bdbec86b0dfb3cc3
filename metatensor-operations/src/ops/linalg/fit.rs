//! The least squares problem of one block, of which equations are added in parts.

use metatensor_core::{Result, TensorBlock};
use ndarray::Array2;
use num_complex::Complex;

use super::field::Field;
use super::lstsq_options::LstsqOptions;
use super::reduce::{Equations, reduce};
use super::reduced::{Reduced, merge};
use super::system::Rows;
use super::{minimum_norm, qr};
use crate::engine::check_no_second_derivatives;

/// Equations `A x = B`.
#[derive(Clone, Debug)]
pub(super) struct Fit<T> {
    /// Columns of `A`.
    pub(super) columns: usize,
    /// Columns of `A` and `B`.
    pub(super) width: usize,
    /// How many equations were added.
    pub(super) rows: u64,
    /// What is left of these. Many small parts are reduced together, which takes less time than one after the other.
    parts: Vec<Reduced<T>>,
}

impl<T: Field> Fit<T> {
    /// The equations of two blocks with the same rows, in values and gradients.
    pub(super) fn of(x: &TensorBlock, y: &TensorBlock) -> Result<Fit<T>> {
        check_no_second_derivatives(x)?;
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
        let reduced = reduce(&equations, rows, columns, width)?;
        Ok(Fit::new(columns, rows as u64, reduced))
    }

    pub(super) fn new(columns: usize, rows: u64, reduced: Reduced<T>) -> Fit<T> {
        let mut fit = Fit {
            columns,
            width: reduced.exponents.len(),
            rows,
            parts: Vec::new(),
        };
        fit.extend(vec![reduced]);
        fit
    }

    /// Adds all equations of another problem with the same unknowns.
    pub(super) fn absorb(&mut self, other: Fit<T>) {
        self.rows = self.rows.saturating_add(other.rows);
        self.extend(other.parts);
    }

    fn extend(&mut self, parts: Vec<Reduced<T>>) {
        if self.columns == 0 {
            // Nothing has to be known of equations without unknowns.
            return;
        }
        let parts = parts.into_iter();
        self.parts
            .extend(parts.filter(|part| part.equations.nrows() > 0));
        let waiting = self.parts.iter().skip(1);
        let waiting: usize = waiting.map(|part| part.equations.nrows()).sum();
        if waiting > qr::rows_at_once(self.columns) {
            let parts = std::mem::take(&mut self.parts);
            self.parts = vec![merge(parts, self.columns, self.width)];
        }
    }

    /// What is left of all equations.
    pub(super) fn into_reduced(self) -> Reduced<T> {
        merge(self.parts, self.columns, self.width)
    }

    /// The transpose of the solution. `epsilon` is the precision of the type that it will have.
    pub(super) fn solve(self, options: LstsqOptions, epsilon: f64) -> Array2<T> {
        let rcond = match options.rcond {
            Some(rcond) if rcond < 0.0 => epsilon,
            Some(rcond) if !rcond.is_nan() => rcond,
            _ => epsilon * self.rows.max(self.columns as u64) as f64,
        };
        let columns = self.columns;
        let Reduced {
            equations,
            exponents,
        } = self.into_reduced();
        let exponents: Vec<i32> = exponents.iter().map(|e| e.unwrap_or(0)).collect();
        minimum_norm::solve(equations, columns, &exponents, rcond)
    }
}

impl Fit<f64> {
    pub(super) fn into_complex(self) -> Fit<Complex<f64>> {
        let parts = self.parts.into_iter().map(Reduced::into_complex);
        Fit {
            columns: self.columns,
            width: self.width,
            rows: self.rows,
            parts: parts.collect(),
        }
    }
}
