//! Block-sparse, labelled tensors with explicit forward gradients.

mod array;
mod error;

pub use array::{DType, Element};
pub use error::{Error, Result};
