//! For tests only: random maps, and what they hold without anything of this crate.

mod contents;
pub(crate) mod files;
mod random;

pub(crate) use contents::{Contents, contents, contents_of_map};
pub(crate) use random::{Form, Random};
