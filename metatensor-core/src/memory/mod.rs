//! Memory of any size: what is large is used again and again, and consists of huge pages where there are such.

mod allocation;
mod growing;
mod huge_pages;
mod kept;
mod machine;
mod pages;
mod publish;
pub(crate) mod recycled;
mod region;
mod size_class;
mod vectors;

pub(crate) use allocation::Allocation;
pub use growing::GrowingMemory;
pub(crate) use growing::no_memory;
pub use huge_pages::will_be_written;
pub(crate) use machine::physical_memory;
pub use publish::publish;
pub(crate) use recycled::is_kept;
pub use recycled::{
    MemoryUse, kept_memory_bound, memory_use, reset_peak_memory, set_kept_memory_bound, trim_memory,
};
pub use region::Mapping;
pub(crate) use region::Region;
pub(crate) use vectors::{vector_for, vector_with_capacity, zeros};
