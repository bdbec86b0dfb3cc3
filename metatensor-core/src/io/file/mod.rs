//! Files by their paths: opening them, and saving to them.

mod access;
mod descriptor;
mod leftovers;
mod open;
mod overwrite;
mod place;
mod registry;
mod replace;
mod stream;
mod temporary;

pub(super) use open::{Opened, open};
pub use registry::remove_temporaries;
pub(super) use replace::save;

#[cfg(test)]
mod tests;
