//! Reading archives that may come from anywhere.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};
use zip::read::{ArchiveOffset, Config, ZipArchiveMetadata};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive, ZipReadOptions};

use super::Source;
use crate::io::npy;
use crate::{Error, Result};

/// The most that DEFLATE can make of one byte.
const MAX_INFLATION: u64 = 1032;
/// Size of the smallest header that can come before a member.
const LOCAL_HEADER: u64 = 30;
/// The checksum is updated after each piece of this size, while the piece is still in the cache.
const PIECE: usize = 1 << 20;

/// An archive of which the directory was read and checked.
#[derive(Debug)]
pub(crate) struct Archive<'s> {
    source: Source<'s>,
    directory: Arc<ZipArchiveMetadata>,
    /// In the order of the directory.
    entries: Vec<Entry>,
    by_name: HashMap<Arc<str>, usize>,
}

/// What the directory says of a member.
#[derive(Debug)]
struct Entry {
    name: Arc<str>,
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
        let mut member = self.open_member(name)?;
        if let Data::Owned(bytes) = member.data {
            return Ok(bytes);
        }
        // no more than what the file really holds, see `Archive::new`
        let mut bytes = vec![0; member.remaining() as usize];
        member.read_exact_into(&mut bytes)?;
        Ok(bytes)
    }

    /// Start to read the member `name`.
    ///
    /// # Errors
    /// If there is no such member, or if what is known of it before its data is read is wrong.
    pub(crate) fn open_member(&mut self, name: &str) -> Result<Member<'_, 's>> {
        let Some(&index) = self.by_name.get(name) else {
            return Err(Error::serialization(format!(
                "there is no '{name}' in {}",
                self.source.name()
            )));
        };
        self.entries[index].opened = true;
        let entry = &self.entries[index];
        let in_directory = self
            .directory
            .entry(index)
            .map_err(|error| entry.damaged(error))?;
        let start = data_start(&mut self.source, entry, in_directory.name_raw())?;

        let data = match entry.method {
            Method::Stored => Data::InSource { start },
            Method::Deflate => {
                let mut reader = self.source.reader();
                let mut bytes = Vec::new();
                in_directory
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
            Method::Stored => Some(Check {
                expected: entry.crc,
                hasher: crc32fast::Hasher::new(),
            }),
            // checked by the decoder
            Method::Deflate => None,
        };
        let mut member = Member {
            name: entry.name.clone(),
            source: &mut self.source,
            data,
            position: 0,
            size: entry.size,
            check,
        };
        // an empty member is at its end from the start
        member.read_exact_into(&mut [])?;
        Ok(member)
    }

    /// Check the names of the members that were not opened: one of them may have been looked for under the
    /// name that it had before the directory was damaged.
    ///
    /// # Errors
    /// If a member has two different names.
    pub(crate) fn check_names_of_others(&mut self) -> Result<()> {
        for (index, entry) in self.entries.iter().enumerate() {
            if !entry.opened {
                let in_directory = self
                    .directory
                    .entry(index)
                    .map_err(|error| entry.damaged(error))?;
                data_start(&mut self.source, entry, in_directory.name_raw())?;
            }
        }
        Ok(())
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
        Ok(Entry {
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
fn data_start(source: &mut Source<'_>, entry: &Entry, name: &[u8]) -> Result<u64> {
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
fn damaged(name: &str, reason: impl std::fmt::Display) -> Error {
    Error::serialization(format!("'{name}' is damaged: {reason}"))
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

/// The data of one member, read from start to end.
///
/// The read that reaches the end also compares the checksum: whoever reads everything, and ignores
/// no error, has the data that was written.
#[derive(Debug)]
pub(crate) struct Member<'a, 's> {
    name: Arc<str>,
    source: &'a mut Source<'s>,
    data: Data,
    position: u64,
    size: u64,
    check: Option<Check>,
}

#[derive(Debug)]
enum Data {
    /// The bytes of the source from here on.
    InSource { start: u64 },
    /// What was decompressed.
    Owned(Vec<u8>),
}

#[derive(Debug)]
struct Check {
    expected: u32,
    hasher: crc32fast::Hasher,
}

impl<'a, 's> Member<'a, 's> {
    /// A source that is no archive as if it was the only member of one.
    pub(crate) fn whole(source: &'a mut Source<'s>) -> Self {
        let name = source.name().trim_matches('\'').into();
        Self::in_source(name, source)
    }

    /// All of `source`, as the member `name`.
    pub(crate) fn in_source(name: Arc<str>, source: &'a mut Source<'s>) -> Self {
        Member {
            name,
            data: Data::InSource { start: 0 },
            position: 0,
            size: source.size(),
            check: None,
            source,
        }
    }

    /// Name of the member, for errors.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The error that this member can not be used for this reason.
    #[cold]
    pub(crate) fn bad(&self, reason: impl std::fmt::Display) -> Error {
        Error::serialization(format!("'{}': {reason}", self.name))
    }

    /// Number of bytes that were not read yet. So many do exist: this much memory may be asked for.
    pub(crate) fn remaining(&self) -> u64 {
        self.size - self.position
    }

    /// Fill `out` with the next bytes.
    ///
    /// # Errors
    /// If there are not so many, if the file can not be read, or if this reaches the end and the
    /// checksum is wrong.
    pub(crate) fn read_exact_into(&mut self, out: &mut [u8]) -> Result<()> {
        if out.len() as u64 > self.remaining() {
            return Err(damaged(
                &self.name,
                format!(
                    "expected at least {} more bytes, got {}",
                    out.len(),
                    self.remaining()
                ),
            ));
        }
        for piece in out.chunks_mut(PIECE) {
            match &self.data {
                Data::InSource { start } => {
                    self.source.read_exact_at(start + self.position, piece)?
                }
                Data::Owned(bytes) => {
                    piece.copy_from_slice(&bytes[self.position as usize..][..piece.len()]);
                }
            }
            if let Some(check) = &mut self.check {
                check.hasher.update(piece);
            }
            self.position += piece.len() as u64;
        }
        if self.remaining() == 0
            && let Some(check) = self.check.take()
        {
            let actual = check.hasher.finalize();
            if actual != check.expected {
                return Err(damaged(
                    &self.name,
                    format!(
                        "its checksum is {actual:08x}, expected {:08x}",
                        check.expected
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Read the header of the array that this member is. What remains is the array's data, and
    /// nothing else.
    ///
    /// # Errors
    /// If there is no valid header, or the size of the data is not the one it announces.
    pub(crate) fn read_npy_header(&mut self) -> Result<npy::Header> {
        self.try_read_npy_header()
            .map_err(|error| error.context(format!("'{}'", self.name)))
    }

    fn try_read_npy_header(&mut self) -> Result<npy::Header> {
        let mut bytes: SmallVec<[u8; 256]> =
            smallvec![0; self.remaining().min(npy::PRELUDE as u64) as usize];
        self.read_exact_into(&mut bytes)?;
        let read = bytes.len();
        let size = npy::size(&bytes)?.max(read);
        if size as u64 > read as u64 + self.remaining() {
            return Err(Error::serialization(format!(
                "the npy header claims to be {size} bytes long, only {} are there",
                read as u64 + self.remaining()
            )));
        }
        bytes.resize(size, 0);
        self.read_exact_into(&mut bytes[read..])?;
        let (header, _) = npy::parse(&bytes)?;
        let expected = header.data_size()?;
        if expected as u64 != self.remaining() {
            return Err(Error::serialization(format!(
                "an array of shape {:?} needs {expected} bytes, got {}",
                header.shape,
                self.remaining()
            )));
        }
        Ok(header)
    }

    #[cfg_attr(not(test), expect(dead_code, reason = "for mapped files"))]
    /// The bytes that were not read yet, where they lie in the memory that the archive was made
    /// from. Their checksum is not compared. `None` for files and compressed members.
    pub(crate) fn in_memory(&self) -> Option<&'s [u8]> {
        match self.data {
            Data::InSource { start } => self.source.slice(start + self.position, start + self.size),
            Data::Owned(_) => None,
        }
    }
}
