//! Reading archives that may come from anywhere.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use zip::read::{ArchiveOffset, Config, ZipArchiveMetadata};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive, ZipReadOptions};

use super::Source;
use super::member::{Check, Data, Member, damaged};
use crate::{Error, Result};

/// The most that DEFLATE can make of one byte.
const MAX_INFLATION: u64 = 1032;
/// Size of the smallest header that can come before a member.
const LOCAL_HEADER: u64 = 30;

/// An archive of which the directory was read and checked.
#[derive(Debug)]
pub(crate) struct Archive<'s> {
    source: Source<'s>,
    directory: Arc<ZipArchiveMetadata>,
    /// In the order of the directory.
    entries: Vec<Entry>,
    by_name: HashMap<Arc<str>, usize>,
    /// The member after the last one that was opened, which often is the next one to be opened.
    next: usize,
}

/// What the directory says of a member.
#[derive(Debug)]
struct Entry {
    name: Arc<str>,
    /// The bytes of the name in the archive, if they are not those of `name`.
    stored_name: Option<Box<[u8]>>,
    header_start: u64,
    /// Where the next member starts: this one has to end before.
    limit: u64,
    stored_size: u64,
    size: u64,
    crc: u32,
    method: Method,
    opened: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    Stored,
    Deflate,
}

impl<'s> Archive<'s> {
    /// Read the directory of the archive in `source`.
    ///
    /// # Errors
    /// If the source can not be read or is not a valid archive.
    pub(crate) fn new(mut source: Source<'s>) -> Result<Self> {
        let config = Config {
            archive_offset: ArchiveOffset::Known(0),
        };
        let (directory, directory_start) = ZipArchive::with_config(config, source.reader())
            .map(|archive| (archive.metadata(), archive.central_directory_start()))
            .map_err(|error| match error {
                ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => Error::Io {
                    context: format!("could not read {}", source.name()),
                    source: error,
                },
                other => Error::serialization(format!(
                    "{} is not a valid archive: {other}",
                    source.name()
                )),
            })?;
        if directory.has_duplicate_names() {
            let name = repeated_name(&mut source, directory_start)?;
            return Err(duplicate(&name));
        }

        let mut entries = Vec::with_capacity(directory.len());
        let mut by_name = HashMap::with_capacity(directory.len());
        for index in 0..directory.len() {
            let entry = Entry::new(&directory, index)?;
            if by_name.insert(entry.name.clone(), index).is_some() {
                return Err(duplicate(&entry.name));
            }
            entries.push(entry);
        }

        let mut by_position: Vec<usize> = (0..entries.len()).collect();
        by_position.sort_unstable_by_key(|&index| entries[index].header_start);
        let mut limit = directory_start;
        for index in by_position.into_iter().rev() {
            let entry = &mut entries[index];
            entry.limit = limit;
            entry.check_end(entry.header_start.checked_add(LOCAL_HEADER))?;
            limit = entry.header_start;
        }
        Ok(Archive {
            source,
            directory,
            entries,
            by_name,
            next: 0,
        })
    }

    /// Names of all members, in the order of the directory.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Whether there is a member of this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
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
        self.entries[index].opened = true;
        let entry = &self.entries[index];
        let start = data_start(&mut self.source, entry)?;

        let data = match entry.method {
            Method::Stored => Data::InSource { start },
            Method::Deflate => {
                let mut reader = self.source.reader();
                let mut bytes = Vec::new();
                self.directory
                    .entry(index)
                    .map_err(|error| entry.damaged(error))?
                    .with_reader(&mut reader, ZipReadOptions::new())
                    .map_err(|error| entry.damaged(error))?
                    // grows with what really comes out, not with what was claimed
                    .read_to_end(&mut bytes)
                    .map_err(|error| entry.damaged(error))?;
                if bytes.len() as u64 != entry.size {
                    return Err(entry.damaged(format!(
                        "expected {} bytes, got {}",
                        entry.size,
                        bytes.len()
                    )));
                }
                Data::Owned(bytes)
            }
        };
        let check = match entry.method {
            Method::Stored => Some(Check::new(entry.crc)),
            // checked by the decoder
            Method::Deflate => None,
        };
        Member::new(
            entry.name.clone(),
            &mut self.source,
            data,
            entry.size,
            check,
        )
    }

    /// Check the names of the members that were not opened: one of them may have been looked for under the
    /// name that it had before the directory was damaged.
    ///
    /// # Errors
    /// If a member has two different names.
    pub(crate) fn check_names_of_others(&mut self) -> Result<()> {
        for entry in self.entries.iter().filter(|entry| !entry.opened) {
            data_start(&mut self.source, entry)?;
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<usize> {
        match self.entries.get(self.next) {
            Some(next) if *next.name == *name => Some(self.next),
            _ => self.by_name.get(name).copied(),
        }
    }
}

impl Entry {
    fn new(directory: &ZipArchiveMetadata, index: usize) -> Result<Entry> {
        let unreadable = |error| {
            Error::serialization(format!(
                "the directory of the archive has a bad entry: {error}"
            ))
        };
        let entry = directory.entry(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?;
        let refuse = |reason: String| Err(Error::serialization(format!("'{name}': {reason}")));
        if entry.encrypted() {
            return refuse("the member is encrypted, which is not supported".to_owned());
        }
        let (stored_size, size) = (entry.compressed_size(), entry.size());
        let method = match entry.compression() {
            CompressionMethod::Stored if stored_size != size => {
                return refuse(format!(
                    "the sizes of an uncompressed member differ: {stored_size} and {size}"
                ));
            }
            CompressionMethod::Stored => Method::Stored,
            CompressionMethod::Deflated if size / MAX_INFLATION > stored_size => {
                return refuse(format!(
                    "{stored_size} compressed bytes can not give {size} bytes"
                ));
            }
            CompressionMethod::Deflated => Method::Deflate,
            other => {
                return refuse(format!(
                    "compression method {other} is not supported, expected Stored or Deflated"
                ));
            }
        };
        let stored_name = entry.name_raw();
        Ok(Entry {
            stored_name: (stored_name != name.as_bytes()).then(|| stored_name.into()),
            name: name.as_ref().into(),
            header_start: entry.header_start(),
            limit: 0,
            stored_size,
            size,
            crc: entry.crc32(),
            method,
            opened: false,
        })
    }

    /// Check that the member ends before the next one begins, if its data starts at `start`.
    fn check_end(&self, start: Option<u64>) -> Result<()> {
        let end = start.and_then(|start| start.checked_add(self.stored_size));
        if end.is_none_or(|end| end > self.limit) {
            return Err(self.damaged(format!(
                "its {} bytes reach into the next member or past the end of the archive",
                self.stored_size
            )));
        }
        Ok(())
    }

    #[cold]
    fn damaged(&self, reason: impl std::fmt::Display) -> Error {
        damaged(&self.name, reason)
    }
}

/// Where the data of a member starts, after a header that repeats the entry in the directory.
///
/// No checksum protects the names: that there are two of them does.
fn data_start(source: &mut Source<'_>, entry: &Entry) -> Result<u64> {
    let name = entry.stored_name.as_deref();
    let name = name.unwrap_or(entry.name.as_bytes());
    let mut header = [0; LOCAL_HEADER as usize];
    source.read_exact_at(entry.header_start, &mut header)?;
    let length = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let (name_length, extra_length) = (length(26), length(28));
    if !header.starts_with(b"PK\x03\x04") || usize::from(name_length) != name.len() {
        return Err(entry.damaged("its header is not the one in the directory"));
    }
    // both can not overflow: the start was found to lie in the file
    let name_start = entry.header_start + LOCAL_HEADER;
    let start = name_start + u64::from(name_length) + u64::from(extra_length);
    entry.check_end(Some(start))?;
    let mut local_name: SmallVec<[u8; 128]> = smallvec![0; name.len()];
    source.read_exact_at(name_start, &mut local_name)?;
    if local_name[..] != *name {
        return Err(entry.damaged(format!(
            "its own header calls it '{}'",
            local_name.escape_ascii()
        )));
    }
    Ok(start)
}

#[cold]
fn duplicate(name: &str) -> Error {
    Error::serialization(format!("the archive has two members named '{name}'"))
}

/// The first name that the directory has twice.
#[cold]
fn repeated_name(source: &mut Source<'_>, mut offset: u64) -> Result<String> {
    let mut names = std::collections::HashSet::new();
    loop {
        let mut record = [0; 46];
        source.read_exact_at(offset, &mut record)?;
        let length = |at: usize| u16::from_le_bytes([record[at], record[at + 1]]);
        let (name, extra, comment) = (length(28), length(30), length(32));
        let mut bytes = vec![0; usize::from(name)];
        source.read_exact_at(offset + 46, &mut bytes)?;
        let name_now = String::from_utf8_lossy(&bytes).into_owned();
        if !names.insert(bytes) {
            return Ok(name_now);
        }
        offset += 46 + u64::from(name) + u64::from(extra) + u64::from(comment);
    }
}
