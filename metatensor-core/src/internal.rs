//! What the other crates of this workspace use, and nobody else should: it can change in any release.
//!
//! None of this is in the documentation for users, nor are the methods marked `#[doc(hidden)]` of the types that they do
//! see. It is documented where it stands:
//!
//! - the algebra on tables of integers: [`rows`];
//! - the threads of the library: [`change_rows`] for results, [`all_rows`] for tests;
//! - code compiled for wide vectors: [`Kernel`] and [`run_kernel`], and hints for the caches: [`prefetch`];
//! - loops over elements of any type, [`with_element`], or over elements as so many bytes, [`with_item_size`];
//! - results: memory that is written once, [`Output`], from [`Slices`], as a vector, [`written`], or as the values of a block like the inputs,
//!   `TensorBlock::with_new_values`, after their size was checked, [`ResultBytes`];
//! - what the C interface makes arrays and labels with: [`SmallArray`], [`RowCheck`], [`will_be_written`], and saves to:
//!   [`GrowingMemory`];
//! - blocks that have labels and no elements, [`WithoutElements`];
//! - values that are made once and never freed: [`publish`];
//! - where allocators can take large pieces of memory from: [`recycled`];
//! - files of which several processes read or write a part, compressed ones and those in another byte order, how arrays are in them, and those that hold something else: [`files`];
//! - which kind of thing a file holds, for messages with the names of functions in other languages: [`Contents`] and
//!   [`WrongContents`].

pub use crate::array::{Output, Slices, SmallArray, WithoutElements, written};
pub use crate::block::Renumbered;
pub use crate::error::{Contents, WrongContents};
/// Files that several processes read or write, each of them a part; files in forms that this library only reads, and those of bytes that are no
/// map.
pub mod files {
    pub use crate::io::{
        BlockForm, ByteOrder, FilePart, Layout, MapParts, MemberCounts, PartReader, PartSum,
        Placement, SharedFile, Table, Tail, bytes_in_file, checksum_of, compress_file, npy_header,
        reorder_file, save_bytes, save_with,
    };
}
pub use crate::labels::RowCheck;
pub use crate::limits::ResultBytes;
pub use crate::memory::{GrowingMemory, publish, will_be_written};
/// Large pieces of memory that are used again and again, for allocators.
pub mod recycled {
    pub use crate::memory::recycled::{
        ALIGNMENT, allocate, allocate_zeroed, capacity, give_back_idle, is_large, release,
    };
}
/// Algebra on tables of integers.
pub mod rows {
    pub use crate::rows::*;
}
pub use crate::simd::{Kernel, prefetch, run_kernel};
pub use crate::threads::{all_rows, change_rows};
pub use crate::{with_element, with_item_size};
