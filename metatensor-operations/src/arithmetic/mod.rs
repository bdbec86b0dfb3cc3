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
mod divide;
mod multiply;
mod pow;
#[cfg(test)]
mod tests;

pub use abs::{abs, abs_block, into_abs};
pub use add::{
    add, add_block, add_scalar, add_scalar_block, add_with, add_with_block, into_add_scalar,
    subtract, subtract_block, subtract_scalar, subtract_scalar_block, subtract_with,
    subtract_with_block,
};
pub use divide::{
    divide, divide_block, divide_scalar, divide_scalar_block, divide_with, divide_with_block,
};
pub use multiply::{
    into_multiply_scalar, multiply, multiply_block, multiply_scalar, multiply_scalar_block,
    multiply_with, multiply_with_block,
};
pub use pow::{into_pow, pow, pow_block};
