#![doc = include_str!("guide.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(inline)]
pub use metatensor_core::{
    Array, ArrayRef, BlockMut, BlockParts, DType, DataMovement, DenseArray, Device, Dlpack,
    Element, Error, FillValue, GradientMap, Labels, MapIntoIter, MapIter, MapIterMut, Mapped,
    Names, Origin, Result, SampleOrder, TensorBlock, TensorMap, TypedValues, TypedValuesMut,
    TypedView, TypedViewMut, View, ViewMut, num_threads, set_num_threads,
};
#[doc(inline)]
pub use metatensor_operations as operations;
/// The arrays that values come from and go to, in the version that this crate was built with.
pub use ndarray;

/// The program in the README is the first example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
