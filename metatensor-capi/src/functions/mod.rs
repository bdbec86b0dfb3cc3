//! The exported functions, by what they are about. They convert parameters and results, and call the library.

mod arrays;
mod blocks;
mod errors;
mod files;
mod gradient_maps;
mod gradient_rows;
mod growing_buffer;
mod kept_memory;
mod label_sets;
mod labels;
mod library;
mod memory;
mod operations;
mod resource_limits;
mod temporaries;
mod tensor_maps;
mod threads;

pub use self::arrays::*;
pub use self::blocks::*;
pub use self::errors::*;
pub use self::files::*;
pub use self::gradient_maps::*;
pub use self::gradient_rows::*;
pub use self::growing_buffer::mts_realloc_buffer_t;
pub use self::kept_memory::*;
pub use self::label_sets::*;
pub use self::labels::*;
pub use self::library::*;
pub use self::memory::*;
pub use self::operations::*;
pub use self::resource_limits::*;
pub use self::temporaries::*;
pub use self::tensor_maps::*;
pub use self::threads::*;
