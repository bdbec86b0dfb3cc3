//! Block-sparse, labelled tensors with explicit forward gradients.

mod array;
mod error;
pub mod rows;

pub use array::{DType, Element};
pub use error::{Error, Result};
