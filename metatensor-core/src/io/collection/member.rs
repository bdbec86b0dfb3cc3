//! Maps that stay in their archive.

use std::ops::Range;

use super::super::archive::Source;
use super::super::read_at::ReadAt;
use super::Collection;
use crate::{Error, MapFile, Result};

impl Collection {
    /// The map with this number and name as a file of which only what is asked for is read, and how many bytes it has. Members
    /// that are compressed are read as a whole. What is read of others is checked as that of any [`MapFile`], without the
    /// checksum of the member.
    ///
    /// # Errors
    /// If there is none, if it can not be read, or is no map.
    #[doc(hidden)]
    pub fn into_map_file(self, number: i32, name: &str) -> Result<(MapFile, u64)> {
        let at = self.find(number, name)?;
        let member = format!("{number}/{name}.mts");
        let limits = *self.source.limits();
        let range = self.index.stored_range(at, &member, &self.source);
        let range = range.map_err(|error| self.in_member(&member, error))?;
        if let Some(range) = range {
            let source = self.source;
            let part = Part { source, range };
            let size = part.size();
            return Ok((MapFile::from_reader(&member, part, limits)?, size));
        }
        let whole = self.index.read_whole(at, &member, &self.source);
        let whole = whole.map_err(|error| self.in_member(&member, error))?;
        let whole = Inflated(whole.into_vec());
        let size = whole.size();
        Ok((MapFile::from_reader(&member, whole, limits)?, size))
    }
}

/// The bytes of a member, in the archive.
struct Part {
    source: Source<'static>,
    range: Range<u64>,
}

impl ReadAt for Part {
    fn size(&self) -> u64 {
        self.range.end - self.range.start
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        self.source.read_large_at(self.range.start + offset, bytes)
    }
}

/// The bytes of a member that was compressed.
struct Inflated(Vec<u8>);

impl ReadAt for Inflated {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> Result<()> {
        let rest = self.0.get(offset as usize..).unwrap_or_default();
        let part = rest.get(..bytes.len());
        let part = part.ok_or_else(|| Error::serialization("it ends before".to_owned()))?;
        bytes.copy_from_slice(part);
        Ok(())
    }
}
