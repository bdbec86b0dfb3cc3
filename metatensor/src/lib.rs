#![doc = include_str!("guide.md")]
#![forbid(unsafe_code)]

pub mod prelude;

#[doc(inline)]
pub use metatensor_core::{
    Array, ArrayRef, BlockHeader, BlockMut, BlockParts, Collection, CollectionForm,
    CollectionWriter, DType, DataMovement, DenseArray, Device, Dlpack, Element, Error,
    FileAlignment, FillValue, GradientMap, Labels, Limit, Limits, MapFile, MapIntoIter, MapIter,
    MapIterMut, MapSelection, MapWriter, Mapped, Mapping, MemoryUse, Names, Origin, Problem,
    ReadAt, Result, SampleOrder, TensorBlock, TensorMap, TypedValues, TypedValuesMut, TypedView,
    TypedViewMut, View, ViewMut, kept_memory_bound, memory_use, merge_files, num_threads,
    recover_file, remove_temporaries, set_kept_memory_bound, set_num_threads, trim_memory,
    validate, validate_buffer, validate_with,
};
#[doc(inline)]
pub use metatensor_distributed as distributed;
#[doc(inline)]
pub use metatensor_operations as operations;
/// The arrays that values come from and go to, in the version that this crate was built with.
pub use ndarray;

/// The program in the README is the first example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
