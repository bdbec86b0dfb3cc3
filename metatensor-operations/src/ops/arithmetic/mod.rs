//! Sums, products, quotients and powers of elements.
//!
//! In the formulas, `x` and `y` are values, and `∇x` and `∇y` their gradients, each row of which goes
//! with the row of the values that its `"sample"` dimension points to.
//!
//! Operations on two maps match blocks by key, and give a map with the keys of the first one, in its
//! order. Blocks for the same key must have the same labels, in the same order, in values and gradients:
//! there is no broadcasting. Functions whose names end with `_with` accept gradients that only some of the
//! maps have, see [`MissingGradients`](crate::MissingGradients). Types of elements are promoted to the smallest
//! type that holds all elements of both. Operations with a scalar keep the precision of the map, but give `f64`
//! for integers and booleans.

mod abs;
mod add;
mod derivatives;
mod divide;
mod multiply;
mod pow;
#[cfg(test)]
mod tests;

pub use abs::{abs, into_abs};
pub use add::{
    add, add_scalar, add_with, into_add_scalar, subtract, subtract_scalar, subtract_with,
};
pub use divide::{divide, divide_scalar, divide_with};
pub use multiply::{into_multiply_scalar, multiply, multiply_scalar, multiply_with};
pub use pow::{into_pow, pow};
