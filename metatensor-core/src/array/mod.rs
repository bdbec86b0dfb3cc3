//! Arrays: the trait, data types and devices, dense native arrays, DLPack.

mod dtype;

pub use dtype::{DType, Element};
