//! ZIP archives: named members of bytes.

mod checksum;
mod compress;
mod directory;
mod end;
mod error;
mod format;
mod growing;
mod index;
mod inflate;
mod local;
mod member;
mod names;
mod outline;
mod prefix;
mod reader;
mod reading;
mod records;
mod rest;
mod sink;
mod source;
mod tail;
mod whole;
mod window;
mod writer;

pub(crate) use checksum::checksum;
pub(crate) use end::End;
pub(crate) use error::LoadError;
pub(crate) use format::END;
pub(crate) use growing::{Growing, GrowthPoint, Mark};
pub(crate) use index::{Index, IndexKey, Name};
pub(crate) use member::Member;
pub use member::PartSum;
pub(crate) use outline::Outline;
pub(crate) use reader::Archive;
pub(crate) use reading::Reading;
pub(crate) use sink::{Sink, Target};
pub(crate) use source::Source;
pub(crate) use writer::{Alignment, ArchiveWriter};

#[cfg(test)]
mod tests;
