//! Products with matrices, and systems of linear equations.
//!
//! For these functions a block is a matrix: each column is a property, and each row is one combination of a
//! sample and components. Rows of gradients are rows like any other.

mod at_depth;
mod dot;
mod field;
mod fit;
mod jacobi;
mod least_squares;
mod lstsq;
mod lstsq_options;
mod lu;
mod matrix;
mod minimum_norm;
mod narrow;
mod normal_equations;
mod product_rule;
mod qr;
mod reduce;
mod reduced;
mod scale;
mod solve;
mod system;
#[cfg(test)]
mod tests;
mod triangular;

pub use dot::{dot, dot_with};
pub use least_squares::LeastSquares;
pub use lstsq::lstsq;
pub use lstsq_options::LstsqOptions;
pub use normal_equations::normal_equations;
pub use solve::solve;
