//! ZIP archives: named members of bytes.

mod reader;
mod source;
mod writer;

pub(crate) use reader::{Archive, Member};
pub(crate) use source::{Content, Source};
pub(crate) use writer::{Alignment, ArchiveWriter};

#[cfg(test)]
mod tests;
