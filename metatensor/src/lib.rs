#![doc = include_str!("guide.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(inline)]
pub use metatensor_core::{
    Array, ArrayRef, BlockMut, BlockParts, DType, DataMovement, DenseArray, Device, Dlpack,
    Element, Error, FillValue, GradientMap, Labels, MapIntoIter, MapIter, MapIterMut, Mapped,
    MemoryUse, Names, Origin, Result, SampleOrder, TensorBlock, TensorMap, TypedValues,
    TypedValuesMut, TypedView, TypedViewMut, View, ViewMut, kept_memory_bound, memory_use,
    num_threads, set_kept_memory_bound, set_num_threads, trim_memory,
};
#[doc(inline)]
pub use metatensor_operations as operations;
/// The arrays that values come from and go to, in the version that this crate was built with.
pub use ndarray;

/// The program in the README is the first example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
