//! The file that is written, until it replaces the old one.

use std::path::{Path, PathBuf};

use metatensor_core::internal::files::{FilePart, SharedFile};
use metatensor_core::{Error, Result};

use super::regions::Regions;
use crate::communicator::{Agreed, Session};

/// A new file, which rank 0 has made. It goes away with this value if it is not committed.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    size: u64,
    /// On rank 0.
    file: Option<SharedFile>,
    /// How other ranks find it, if they can.
    name: String,
}

impl Output {
    /// A new file of this size.
    pub(super) fn new(session: &Session<'_>, path: &Path, size: u64) -> Result<Output, Agreed> {
        let file = session.step(|| match session.rank() {
            0 => SharedFile::new(path, size).map(Some),
            _ => Ok(None),
        })?;
        let name = file.as_ref().and_then(SharedFile::name).unwrap_or_default();
        let name = session.broadcast(0, name.as_bytes().to_vec())?;
        let name = session.step(|| {
            String::from_utf8(name)
                .map_err(|_| Error::Communication("the name of a file is damaged".to_owned()))
        })?;
        Ok(Output {
            path: path.to_owned(),
            size,
            file,
            name,
        })
    }

    /// Whether other ranks than rank 0 can write to it.
    pub(super) fn can_be_shared(&self) -> bool {
        !self.name.is_empty()
    }

    /// What this rank writes to, if it writes.
    pub(super) fn part(&self, regions: &Regions, rank: usize) -> Result<Option<FilePart>> {
        match &self.file {
            _ if !regions.has(rank) => Ok(None),
            Some(file) => file.part().map(Some),
            None => FilePart::open(&self.path, &self.name, self.size).map(Some),
        }
    }

    /// Puts the file in the place of the old one.
    pub(super) fn commit(self) -> Result<()> {
        self.file.map_or(Ok(()), SharedFile::commit)
    }
}
