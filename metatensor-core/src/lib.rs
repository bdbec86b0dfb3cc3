//! Block-sparse, labelled tensors with explicit forward gradients.

mod array;
mod block;
mod contents;
mod display;
mod error;
mod io;
mod labels;
mod limits;
mod names;
pub mod rows;
mod tensor;
mod threads;
mod vectors;

pub use array::*;
pub use block::{BlockMut, BlockParts, GradientMap, Renumbered, TensorBlock};
pub use contents::{Contents, WrongContents};
pub use error::{Error, Result};
pub use io::remove_temporaries;
pub use labels::{Labels, Mapped, RowCheck};
pub use limits::{Limit, ResultBytes};
pub use names::Names;
pub use tensor::{FillValue, SampleOrder, TensorMap};
pub use threads::{all_rows, change_rows, num_threads, set_num_threads};
pub use vectors::{Kernel, run_kernel};
