//! Block-sparse, labelled tensors with explicit forward gradients.

mod array;
mod block;
mod display;
mod error;
mod io;
mod labels;
mod names;
pub mod rows;
mod tensor;

pub use array::*;
pub use block::{BlockMut, BlockParts, GradientMap, Renumbered, TensorBlock};
pub use error::{Error, Result};
pub use labels::{Labels, Mapped, RowCheck};
pub use names::Names;
pub use tensor::{FillValue, SampleOrder, TensorMap};
