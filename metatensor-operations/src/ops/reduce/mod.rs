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

use crate::engine::Axis;

mod at_depth;
mod functions;
mod merge;
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
