//! Files that all ranks read or write together.

mod load;
mod save;

pub use save::SaveOptions;
