//! How least squares problems are solved.

/// How to solve least squares problems, see [`lstsq`](crate::lstsq).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LstsqOptions {
    /// Singular values that are not larger than `rcond` times the largest one count as zero.
    ///
    /// `None` stands for the precision of the data type times the larger number of rows and columns, which
    /// is all that rounding errors allow. For data with noise of a relative size of 1e-12, say, use 1e-12. A
    /// negative number stands for the precision of the data type.
    pub rcond: Option<f64>,
}
