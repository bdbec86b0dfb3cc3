//! What most programs need: `use metatensor::prelude::*;`
//!
//! These are the three types that hold data, what goes into the parameters of their functions, and the module
//! [`operations`]. [`Result`](crate::Result) and [`Error`](crate::Error) are left out, as programs have their own.

#[doc(no_inline)]
pub use crate::operations::{self, Axis, Direction, Selection};
#[doc(no_inline)]
pub use crate::{DType, Labels, SampleOrder, TensorBlock, TensorMap};
