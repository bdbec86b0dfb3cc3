//! ZIP archives: named members of bytes.

mod directory;
mod format;
mod inflate;
mod local;
mod member;
mod reader;
mod source;
mod writer;

pub(crate) use member::Member;
pub(crate) use reader::Archive;
pub(crate) use source::{Content, Source};
pub(crate) use writer::{Alignment, ArchiveWriter, checksum};

#[cfg(test)]
mod tests;
