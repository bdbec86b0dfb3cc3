//! Block-sparse, labelled tensors with explicit forward gradients.

mod array;
mod block;
mod display;
mod error;
#[doc(hidden)]
pub mod internal;
mod io;
mod labels;
mod limits;
mod memory;
mod names;
mod rows;
mod simd;
mod tensor;
mod threads;

pub use array::{
    Array, ArrayRef, Complex, DType, DataMovement, DenseArray, Device, Dlpack, DlpackManagedTensor,
    DlpackTensor, DlpackVersion, Element, Origin, TypedView, TypedViewMut, View, ViewMut, bf16,
    f16,
};
pub use block::{BlockMut, BlockParts, GradientMap, TensorBlock};
pub use error::{Error, Result};
pub use io::{
    BlockHeader, Collection, CollectionForm, CollectionWriter, FileAlignment, MapFile,
    MapSelection, MapWriter, Problem, ReadAt, merge_files, recover_file, remove_temporaries,
    validate, validate_buffer, validate_with,
};
pub use labels::{Labels, Mapped};
pub use limits::{Limit, Limits};
pub use memory::{
    Mapping, MemoryUse, kept_memory_bound, memory_use, reset_peak_memory, set_kept_memory_bound,
    trim_memory,
};
pub use names::Names;
pub use rows::RowsIter;
pub use tensor::{
    FillValue, KeysToMove, MapIntoIter, MapIter, MapIterMut, SampleOrder, TensorMap, TypedValues,
    TypedValuesMut,
};
pub use threads::{num_threads, set_num_threads};
