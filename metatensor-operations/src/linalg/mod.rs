//! Products with matrices, and systems of linear equations.
//!
//! For these functions a block is a matrix: each column is a property, and each row is one combination of a
//! sample and components. Rows of gradients are rows like any other.

mod dot;
mod matrix;
#[cfg(test)]
mod tests;

pub use dot::{dot, dot_block};
