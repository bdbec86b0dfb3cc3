//! Memory of any size from the system: what is large consists of huge pages where there are such.

mod allocation;
mod growing;
mod huge_pages;
mod machine;
mod vectors;

pub(crate) use allocation::Allocation;
pub use growing::GrowingMemory;
pub(crate) use growing::no_memory;
pub use huge_pages::will_be_written;
pub(crate) use machine::physical_memory;
pub(crate) use vectors::{vector_for, vector_with_capacity, zeros};
