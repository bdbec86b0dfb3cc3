//! Reading archives that may come from anywhere.

use std::io::Read;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use zip::read::{ArchiveOffset, Config, ZipArchiveMetadata};
use zip::result::ZipResult;
use zip::{ZipArchive, ZipReadOptions};

use super::Source;
use super::directory::{Directory, Entry, Method};
use super::format::{LOCAL_HEADER, LOCAL_SIGNATURE, get16, get32};
use super::member::{Check, Data, Member, damaged};
use crate::{Error, Limit, Result};

/// An archive of which the directory was read and checked.
#[derive(Debug)]
pub(crate) struct Archive<'s> {
    source: Source<'s>,
    directory: Directory,
    /// Which members were opened.
    opened: Vec<bool>,
    /// The same directory, for the decoder of compressed members.
    compressed: Option<Arc<ZipArchiveMetadata>>,
    /// Bytes of the compressed members that were opened.
    inflated: u64,
    /// The member after the last one that was opened, which often is the next one to be opened.
    next: usize,
}

impl<'s> Archive<'s> {
    /// Read the directory of the archive in `source`.
    ///
    /// # Errors
    /// If the source can not be read or is not a valid archive.
    pub(crate) fn new(mut source: Source<'s>) -> Result<Self> {
        let directory = Directory::read(&mut source)?;
        Ok(Archive {
            source,
            opened: vec![false; directory.entries().len()],
            directory,
            compressed: None,
            inflated: 0,
            next: 0,
        })
    }

    /// Names of all members, in the order of the directory.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        let entries = self.directory.entries().iter();
        entries.map(|entry| self.directory.name(entry))
    }

    /// Whether there is a member of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.directory.find(name).is_some()
    }

    /// The whole content of the member `name`.
    ///
    /// # Errors
    /// If there is no such member, or it can not be read or is damaged.
    pub(crate) fn read(&mut self, name: &str) -> Result<Vec<u8>> {
        self.open_member(name)?.into_bytes()
    }

    /// Start to read the member `name`.
    ///
    /// # Errors
    /// If there is no such member, or if what is known of it before its data is read is wrong.
    pub(crate) fn open_member(&mut self, name: &str) -> Result<Member<'_, 's>> {
        let Some(index) = self.find(name) else {
            return Err(Error::serialization(format!(
                "there is no '{name}' in {}",
                self.source.name()
            )));
        };
        self.next = index + 1;
        self.opened[index] = true;
        let entry = &self.directory.entries()[index];
        let start = data_start(&mut self.source, &self.directory, entry)?;
        let name = self.directory.name(entry);
        let (data, check) = match entry.method {
            Method::Stored => (Data::InSource { start }, Some(Check::new(entry.crc))),
            // its checksum is compared by the decoder
            Method::Deflate => {
                self.inflated = self.inflated.saturating_add(entry.size);
                Limit::InflatedBytes.check_file(self.inflated, format_args!("'{name}'"))?;
                let bytes = inflate(&mut self.source, &mut self.compressed, index)
                    .map_err(|error| damaged(name, error))?;
                if bytes.len() as u64 != entry.size {
                    return Err(damaged(
                        name,
                        format!("expected {} bytes, got {}", entry.size, bytes.len()),
                    ));
                }
                (Data::Owned(bytes), None)
            }
        };
        Member::new(name, &mut self.source, data, entry.size, check)
    }

    /// Check the names of the members that were not opened: one of them may have been looked for under the
    /// name that it had before the directory was damaged.
    ///
    /// # Errors
    /// If a member has two different names.
    pub(crate) fn check_names_of_others(&mut self) -> Result<()> {
        for (entry, &opened) in self.directory.entries().iter().zip(&self.opened) {
            if !opened {
                data_start(&mut self.source, &self.directory, entry)?;
            }
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<usize> {
        match self.directory.entries().get(self.next) {
            Some(next) if self.directory.name(next) == name => Some(self.next),
            _ => self.directory.find(name),
        }
    }
}

/// Where the data of a member starts, after a header that repeats the entry in the directory.
///
/// No checksum protects the names: that there are two of them does.
fn data_start(source: &mut Source<'_>, directory: &Directory, entry: &Entry) -> Result<u64> {
    let name = directory.name(entry);
    let mut header = [0; LOCAL_HEADER];
    source.read_exact_at(entry.header_start, &mut header)?;
    let (name_length, extra_length) = (get16(&header, 26), get16(&header, 28));
    if get32(&header, 0) != LOCAL_SIGNATURE || usize::from(name_length) != name.len() {
        return Err(damaged(name, "its header is not the one in the directory"));
    }
    // both can not overflow: the start was found to lie in the file
    let name_start = entry.header_start + LOCAL_HEADER as u64;
    let start = name_start + u64::from(name_length) + u64::from(extra_length);
    directory.check_end(entry, Some(start))?;
    let mut local_name: SmallVec<[u8; 128]> = smallvec![0; name.len()];
    source.read_exact_at(name_start, &mut local_name)?;
    if local_name[..] != *name.as_bytes() {
        return Err(damaged(
            name,
            format!("its own header calls it '{}'", local_name.escape_ascii()),
        ));
    }
    Ok(start)
}

/// The bytes of the compressed member with this number. `directory` is read when it is first needed.
fn inflate(
    source: &mut Source<'_>,
    directory: &mut Option<Arc<ZipArchiveMetadata>>,
    index: usize,
) -> ZipResult<Vec<u8>> {
    let directory = match directory {
        Some(directory) => directory,
        None => {
            let config = Config {
                archive_offset: ArchiveOffset::Known(0),
            };
            let archive = ZipArchive::with_config(config, source.reader())?;
            directory.insert(archive.metadata())
        }
    };
    let mut reader = source.reader();
    let mut bytes = Vec::new();
    directory
        .entry(index)?
        .with_reader(&mut reader, ZipReadOptions::new())?
        // grows with what really comes out, not with what was claimed
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
