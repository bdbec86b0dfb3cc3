//! Handles and structures of C, and what they stand for in Rust.

mod array;
mod block;
mod collection;
mod distributed;
mod gradient_map;
mod labels;
mod map_file;
mod map_writer;
mod operations;
mod problems;
mod products;
mod reader;
mod tensor_map;

use metatensor_core::Result;

pub use self::array::*;
pub use self::block::*;
pub use self::collection::*;
pub use self::distributed::*;
pub use self::gradient_map::*;
pub use self::labels::*;
pub use self::map_file::*;
pub use self::map_writer::*;
pub use self::operations::*;
pub use self::problems::*;
pub use self::products::*;
pub use self::reader::*;
pub use self::tensor_map::*;

/// A handle of something that operations make.
pub(crate) trait Handle: Sized {
    /// What the handle stands for.
    type Value;

    /// A handle that owns `value`.
    fn boxed(value: Self::Value) -> Box<Self>;

    /// The same for the result of an operation. In C, elements of any array can be written to: results do not share any
    /// with inputs.
    fn unshared(value: Self::Value) -> Result<Box<Self>>;
}
