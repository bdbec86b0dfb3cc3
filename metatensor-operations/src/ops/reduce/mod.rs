//! Sums, means, variances and standard deviations over samples or properties.
//!
//! The dimensions given by name are removed from the labels of one axis. All entries of this axis that
//! only differ in these dimensions make up one group, and become one entry of the result. Groups are
//! sorted by the dimensions that are left. Without any of them there is one group, with the entry
//! `"_" = 0`; or none, with the same dimension, if there is nothing to reduce.
//!
//! In the formulas `x` are the `n` values of a group, `∇x` their gradients, and `μ` their mean.
//! Gradients are those of the formula for the values. A row that the gradient of some sample does not
//! have is zero, but its sample still counts: the mean over 10 samples has as gradient the sum of all
//! rows there are, divided by 10.
//!
//! Real and complex numbers are accumulated in double precision, pairwise: the sum of many numbers is that of
//! the sums of both halves, so that rounding errors stay as small as those of a few numbers. Sums of integers
//! are integers, and wrap around, and those of booleans are *or*; means, variances and standard deviations of
//! both are `f64`.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{Error, Labels, Result};

use crate::engine::Axis;
use crate::kernels::Variance;

mod functions;
mod over_properties;
mod over_samples;
#[cfg(test)]
mod tests;

pub use functions::*;

/// What becomes of the values of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Their sum, `Σ x`.
    Sum,
    /// Their mean, `μ = Σ x / n`.
    Mean,
    /// Their variance, `Σ |x - μ|² / n`.
    Var,
    /// Their standard deviation, the square root of the variance.
    Std,
}

impl Reduction {
    /// Name of the function for this reduction.
    fn function(self, axis: Axis) -> String {
        let name = match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Var => "var",
            Reduction::Std => "std",
        };
        format!("{name}_over_{axis}")
    }
}

/// How far values are from their mean, in two measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spread {
    Variance,
    Deviation,
}

impl Spread {
    fn value(self, Variance { scaled, scale }: Variance) -> f64 {
        match self {
            Spread::Variance => scaled * scale * scale,
            Spread::Deviation => scaled.sqrt() * scale,
        }
    }

    /// The derivative, where `sum` is that of all `(x - μ) ∇x`, divided by the scale of the variance: the derivative of
    /// `μ` would be multiplied by the sum of all `x - μ`, which is 0.
    fn derivative(self, count: f64, Variance { scaled, scale }: Variance, sum: f64) -> f64 {
        match self {
            Spread::Variance => 2.0 * sum / count * scale,
            Spread::Deviation if scaled == 0.0 => 0.0,
            Spread::Deviation => sum / (count * scaled.sqrt()),
        }
    }
}

/// The dimensions of an axis that stay after these have been removed.
struct Kept<'a> {
    names: Vec<&'a str>,
    columns: Vec<usize>,
}

impl<'a> Kept<'a> {
    fn new(axis: Axis, labels: &'a Labels, removed: &[&str]) -> Result<Self> {
        let mut is_removed = vec![false; labels.size()];
        for name in removed {
            let Some(column) = labels.names().position(name) else {
                return Err(Error::invalid(format!(
                    "'{name}' is not a dimension of the {axis}, which have the dimensions {}",
                    labels.names()
                )));
            };
            is_removed[column] = true;
        }
        let names = labels.names().iter().enumerate();
        let kept = names.filter(|(column, _)| !is_removed[*column]);
        let (columns, names) = kept.unzip();
        Ok(Kept { names, columns })
    }

    /// Groups of equal entries, and labels with one entry for each group, of the kind of `labels`.
    fn groups(&self, labels: &Labels) -> Result<(RowGroups, Labels)> {
        labels.check_readable("a reduction")?;
        let rows = labels.rows();
        let table = rows.columns(&self.columns);
        let groups = RowGroups::new(Rows::try_new(&table, rows.count(), self.columns.len())?);
        let result = match groups.len() {
            _ if !self.names.is_empty() => {
                Labels::assume_unique(&self.names, groups.unique().values().to_vec())?
            }
            0 => Labels::empty(&["_"])?,
            _ => Labels::single(),
        };
        Ok((groups, result.stored_like(labels)?))
    }
}
