//! For tests only: random maps, and what they hold without anything of this crate.

#![expect(clippy::unwrap_used, reason = "a test that can not be prepared fails")]

mod contents;
mod random;

pub(crate) use contents::{Contents, contents, contents_of_map};
pub(crate) use random::{Form, Random};
