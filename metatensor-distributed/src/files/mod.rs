//! Files that all ranks read or write together.

mod load;
mod save;
#[cfg(test)]
mod testing;

pub use save::SaveOptions;
