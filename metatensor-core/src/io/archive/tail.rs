//! Files that several processes read: one of them reads their last part, with the directory, for all.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::source::{Bytes, Source};
use crate::io::file::{self, Opened};
use crate::{Error, Limits, Result};

impl Source<'static> {
    /// The file at `path`, of which somebody else has read the last part, from `start` on.
    ///
    /// # Errors
    /// If it can not be opened, or does not have what comes before this part.
    pub(crate) fn open_with_tail(path: &Path, start: u64, tail: Vec<u8>) -> Result<Self> {
        let limits = Limits::default();
        let refused = |reason: &str| {
            let cause = io::Error::new(io::ErrorKind::InvalidData, reason);
            Error::io("open", path, cause)
        };
        let file = match file::open(path, &limits)? {
            Opened::Regular(file, size) if size >= start => file,
            Opened::Regular(..) => {
                return Err(refused("it is not the file that another process has read"));
            }
            Opened::Read(_) => return Err(refused("several processes can not read a pipe")),
        };
        let name = Cow::Owned(format!("'{}'", path.display()));
        let size = start + tail.len() as u64;
        let source = Self::new(name, false, size, Bytes::File(file), limits);
        let _ = source.place.tail.set((start, tail));
        Ok(source)
    }

    /// The bytes from `start` on, if this is a file, which others can then read up to there.
    ///
    /// # Errors
    /// If it is something else, or can not be read.
    pub(crate) fn tail_from(&self, start: u64) -> Result<Vec<u8>> {
        if !matches!(self.place.bytes, Bytes::File(_)) {
            return Err(Error::invalid(format!(
                "{} is no regular file, and can not be read by several processes",
                self.name()
            )));
        }
        Ok(self.bytes(start, self.size() - start)?.into_owned())
    }
}
