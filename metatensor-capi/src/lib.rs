//! The C interface of metatensor: handles, status codes, and a guard that no panic passes.
//!
//! Functions are documented in the headers, which are generated from this crate: `metatensor.h`
//! (compatible with metatensor 0.2), and those in `metatensor/` for what is new here. No algorithm
//! lives in this crate.

#![expect(unsafe_code, reason = "every function takes pointers")]
#![expect(
    non_camel_case_types,
    reason = "types have the names they have in the headers"
)]

mod allocator;
mod array;
mod block;
mod files;
mod gradient_map;
mod gradient_rows;
mod handles;
mod io;
mod labels;
mod last_error;
mod operations;
mod ready_made;
mod resource_limits;
mod status;
mod tensor;
mod threads;
mod utils;

pub use array::*;
pub use block::*;
pub use files::*;
pub use gradient_map::*;
pub use gradient_rows::*;
pub use io::*;
pub use labels::*;
pub use last_error::*;
pub use operations::*;
pub use ready_made::*;
pub use resource_limits::*;
pub use status::*;
pub use tensor::*;
pub use threads::*;
pub use utils::*;
