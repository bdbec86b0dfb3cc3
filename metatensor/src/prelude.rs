//! What most programs need: `use metatensor::prelude::*;`
//!
//! These are the three types that hold data, what goes into the parameters of their functions, the module
//! [`operations`], and these operations as methods. [`Result`](crate::Result) and [`Error`](crate::Error) are left out, as programs have their own.

#[doc(no_inline)]
pub use crate::operations::{self, Axis, Direction, Operations, Selection};
#[doc(no_inline)]
pub use crate::{DType, Labels, SampleOrder, TensorBlock, TensorMap};
