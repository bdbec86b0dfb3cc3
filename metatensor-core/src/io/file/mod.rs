//! Files by their paths: opening them, and saving to them.

use std::fs::File;
use std::io::Write;

#[cfg(unix)]
mod access;
#[cfg(unix)]
mod descriptor;
#[cfg(unix)]
mod in_place;
#[cfg(unix)]
mod leftovers;
#[cfg(unix)]
mod open;
#[cfg(unix)]
mod overwrite;
#[cfg(unix)]
mod place;
#[cfg(not(unix))]
mod portable;
mod positioned;
#[cfg(unix)]
mod registry;
#[cfg(unix)]
mod replace;
#[cfg(unix)]
mod stream;
#[cfg(unix)]
mod temporary;

#[cfg(unix)]
pub(super) use descriptor::resolved;
#[cfg(unix)]
pub(super) use in_place::InPlace;
#[cfg(unix)]
pub(super) use open::open;
#[cfg(not(unix))]
pub use portable::remove_temporaries;
#[cfg(not(unix))]
pub(super) use portable::{InPlace, Replacement, open, resolved, save};
pub(super) use positioned::{read_exact_at, write_all_at};
#[cfg(unix)]
pub use registry::remove_temporaries;
#[cfg(unix)]
pub(super) use replace::{Replacement, save};

/// What the name of a journal has after that of the file.
pub(super) const JOURNAL_SUFFIX: &str = ".journal";
/// The first bytes of every journal: something that is no text, a name, and a version.
pub(super) const JOURNAL_MAGIC: &[u8; 12] = b"\x89mtsjournal\x01";

/// What a path to load from stands for.
#[derive(Debug)]
pub(super) enum Opened {
    /// A regular file, and its size.
    Regular(File, u64),
    /// All that came out of a pipe or socket.
    #[cfg_attr(not(unix), expect(dead_code, reason = "pipes are not opened there"))]
    Read(Vec<u8>),
}

/// What a path to save to stands for.
pub(super) enum Destination<'a> {
    /// A file that is written to by nobody else, and at the end.
    File(&'a mut File),
    /// A pipe, or anything else where nobody can go back.
    #[cfg_attr(not(unix), expect(dead_code, reason = "pipes are not opened there"))]
    Stream(&'a mut dyn Write),
}

impl<'a> Destination<'a> {
    /// What takes bytes, one after the other.
    pub(super) fn writer(self) -> &'a mut dyn Write {
        match self {
            Destination::File(file) => file,
            Destination::Stream(stream) => stream,
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests;
