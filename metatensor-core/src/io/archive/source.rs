//! Where the bytes of an archive come from: a file, memory, or what the caller has.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::reading::Reading;
use super::window::Window;
use crate::io::file::{self, Opened};
use crate::io::journal;
use crate::io::read_at::ReadAt;
use crate::memory::{Mapping, Region};
use crate::{Error, Limits, Result};

/// How much is looked at once in search of something.
const PIECE: usize = 256 << 10;

/// Random access to bytes, which several sources can be of at once: each of them reads ahead on its own.
#[derive(Debug)]
pub(crate) struct Source<'s> {
    pub(super) place: Arc<Place<'s>>,
    window: Window,
}

/// The bytes that sources share.
#[derive(Debug)]
pub(super) struct Place<'s> {
    /// How errors call it.
    name: Cow<'static, str>,
    /// Whether the caller knows it as a buffer, and not as a file.
    is_buffer: bool,
    size: u64,
    pub(super) bytes: Bytes<'s>,
    /// A part of a file and where it starts, in memory, which somebody may be writing to.
    pub(super) tail: OnceLock<(u64, Vec<u8>)>,
    limits: Limits,
}

pub(super) enum Bytes<'s> {
    Borrowed(&'s [u8]),
    Owned(Region),
    File(File),
    /// It is only called on the thread of whoever asks.
    Reader(Box<dyn ReadAt>),
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bytes::Borrowed(_) | Bytes::Owned(_) => "memory",
            Bytes::File(_) => "file",
            Bytes::Reader(_) => "reader",
        })
    }
}

impl Source<'static> {
    /// Open the file at `path`. What comes out of a pipe is read to its end.
    ///
    /// # Errors
    /// If it can not be opened, or is something that has no end.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// The same with limits of its own.
    ///
    /// # Errors
    /// As for [`Source::open`].
    pub(crate) fn open_with(path: &Path, limits: Limits) -> Result<Self> {
        let (size, bytes) = match file::open(path, &limits)? {
            Opened::Regular(file, size) => (size, Bytes::File(file)),
            Opened::Read(bytes) => (bytes.len() as u64, Bytes::Owned(Region::new(bytes))),
        };
        let name = Cow::Owned(format!("'{}'", path.display()));
        Ok(Self::new(name, false, size, bytes, limits))
    }

    /// The file at `path` as it was before somebody started to append to it. `None` if it has no journal that can be used.
    ///
    /// # Errors
    /// If it can not be read.
    pub(crate) fn open_journaled(path: &Path, limits: Limits) -> Result<Option<Self>> {
        let Some((file, journal)) = journal::open(path, &limits)? else {
            return Ok(None);
        };
        let name = Cow::Owned(format!("'{}'", path.display()));
        let size = journal.start + journal.tail.len() as u64;
        let source = Self::new(name, false, size, Bytes::File(file), limits);
        let _ = source.place.tail.set((journal.start, journal.tail));
        Ok(Some(source))
    }

    /// The file that somebody else has opened at `path`.
    ///
    /// # Errors
    /// If the process has too many files.
    pub(crate) fn of_file(file: &File, path: &Path) -> Result<Self> {
        let refused = |error| Error::io("open", path, error);
        let size = file.metadata().map_err(refused)?.len();
        let bytes = Bytes::File(file.try_clone().map_err(refused)?);
        let name = Cow::Owned(format!("'{}'", path.display()));
        Ok(Self::new(name, false, size, bytes, Limits::default()))
    }

    /// Use bytes in memory as if they were a file, and keep them as long as arrays on top of them.
    pub(crate) fn from_owner<T: AsRef<[u8]> + Send + Sync + 'static>(
        owner: T,
        limits: Limits,
    ) -> Self {
        let region = Region::new(owner);
        let size = region.bytes().len() as u64;
        Self::new(BUFFER, true, size, Bytes::Owned(region), limits)
    }

    /// Use what the caller reads as if it was a file, and call it `name`.
    pub(crate) fn from_reader(name: &str, reader: Box<dyn ReadAt>, limits: Limits) -> Self {
        let name = Cow::Owned(format!("'{name}'"));
        Self::new(name, false, reader.size(), Bytes::Reader(reader), limits)
    }

    /// All of the bytes in memory, in a mapping made now if this is a file. `None` if they are only in the memory of
    /// somebody else, or if there are none.
    ///
    /// # Errors
    /// If the file can not be mapped.
    pub(crate) fn region(&self, mapping: Mapping) -> Result<Option<Region>> {
        match &self.place.bytes {
            Bytes::File(_) if self.size() == 0 => Ok(None),
            Bytes::File(file) => match Region::map(file, mapping) {
                Ok(region) => Ok(Some(region)),
                Err(cause) => Err(Error::Io {
                    context: format!("could not map {}", self.name()),
                    cause,
                }),
            },
            // what others have is not for everybody to change
            Bytes::Owned(region) if mapping == Mapping::ReadOnly => Ok(Some(region.clone())),
            Bytes::Borrowed(_) | Bytes::Owned(_) | Bytes::Reader(_) => Ok(None),
        }
    }
}

/// How errors call bytes in memory.
const BUFFER: Cow<'static, str> = Cow::Borrowed("the buffer");

impl<'s> Source<'s> {
    pub(super) fn new(
        name: Cow<'static, str>,
        is_buffer: bool,
        size: u64,
        bytes: Bytes<'s>,
        limits: Limits,
    ) -> Self {
        let place = Place {
            name,
            is_buffer,
            size,
            bytes,
            tail: OnceLock::new(),
            limits,
        };
        Source {
            place: Arc::new(place),
            window: Window::new(Reading::Whole),
        }
    }

    /// Use bytes in memory as if they were a file.
    pub(crate) fn from_bytes(bytes: &'s [u8]) -> Self {
        let size = bytes.len() as u64;
        let bytes = Bytes::Borrowed(bytes);
        Self::new(BUFFER, true, size, bytes, Limits::default())
    }

    /// Use bytes that were read from somewhere else, the place of this name, which are known to the caller as bytes.
    pub(crate) fn from_bytes_of(name: String, bytes: &'s [u8], limits: Limits) -> Self {
        let size = bytes.len() as u64;
        Self::new(Cow::Owned(name), true, size, Bytes::Borrowed(bytes), limits)
    }

    /// The same bytes with limits of their own, if nobody else reads them.
    pub(crate) fn with_limits(mut self, limits: Limits) -> Self {
        if let Some(place) = Arc::get_mut(&mut self.place) {
            place.limits = limits;
        }
        self
    }

    /// The same bytes, for another reader.
    pub(crate) fn reader(&self, reading: Reading) -> Source<'s> {
        Source {
            place: Arc::clone(&self.place),
            window: Window::new(reading),
        }
    }

    /// What tells whether this file was changed: its size, and when it was written to. `None` if it is no file.
    pub(crate) fn stamp(&self) -> Option<(u64, Option<SystemTime>)> {
        let Bytes::File(file) = &self.place.bytes else {
            return None;
        };
        let metadata = file.metadata().ok()?;
        Some((metadata.len(), metadata.modified().ok()))
    }

    /// Whether the last part is in memory, because somebody may be writing to the file.
    pub(crate) fn holds_tail(&self) -> bool {
        self.place.tail.get().is_some()
    }

    /// Reads these bytes once and for all if this is a file, which others may then change there.
    ///
    /// # Errors
    /// If they can not be read.
    pub(crate) fn hold(&self, range: Range<u64>) -> Result<()> {
        if matches!(self.place.bytes, Bytes::File(_)) && self.place.tail.get().is_none() {
            let bytes = self.bytes(range.start, range.end - range.start)?;
            let _ = self.place.tail.set((range.start, bytes.into_owned()));
        }
        Ok(())
    }

    /// The file in quotes, or "the buffer".
    pub(crate) fn name(&self) -> &str {
        &self.place.name
    }

    /// The same without quotes.
    pub(crate) fn plain_name(&self) -> &str {
        let name = self.name().strip_prefix('\'');
        let name = name.and_then(|name| name.strip_suffix('\''));
        name.unwrap_or(self.name())
    }

    /// What may be read from here.
    pub(crate) fn limits(&self) -> &Limits {
        &self.place.limits
    }

    /// Whether this is a buffer, and not a file.
    pub(crate) fn is_in_memory(&self) -> bool {
        self.place.is_buffer
    }

    /// Whether threads of ours may read, in any pieces: not what belongs to the caller.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self.place.bytes, Bytes::Reader(_))
    }

    /// Number of bytes.
    pub(crate) fn size(&self) -> u64 {
        self.place.size
    }

    /// Where the whitespace and zeros start that go on to the end.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(crate) fn content_end(&self) -> Result<u64> {
        let mut end = self.size();
        // there are only a few, as a rule
        let mut length = 64;
        while end > 0 {
            let start = end.saturating_sub(length);
            let bytes = self.bytes(start, end - start)?;
            if let Some(last) = bytes.iter().rposition(is_content) {
                return Ok(start + last as u64 + 1);
            }
            end = start;
            length = PIECE as u64;
        }
        Ok(0)
    }

    /// Where the whitespace and zeros end that start at `start`.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(crate) fn content_start(&self, mut start: u64) -> Result<u64> {
        while start < self.size() {
            let bytes = self.bytes(start, (self.size() - start).min(PIECE as u64))?;
            if let Some(first) = bytes.iter().position(is_content) {
                return Ok(start + first as u64);
            }
            start += bytes.len() as u64;
        }
        Ok(start)
    }

    /// Fill `out` with the bytes that start at `offset`.
    ///
    /// # Errors
    /// If there are not so many, or the file can not be read.
    pub(crate) fn read_exact_at(&mut self, offset: u64, out: &mut [u8]) -> Result<()> {
        if let Some(bytes) = self.slice(offset, out.len()) {
            out.copy_from_slice(bytes);
            return Ok(());
        }
        self.check_range(offset, out.len())?;
        let known = self.window.copy(offset, out);
        let (offset, out) = (offset + known as u64, &mut out[known..]);
        if self.window.is_large(out) {
            self.place.read_at(offset, out)
        } else if out.is_empty() {
            Ok(())
        } else {
            let Source { place, window } = self;
            let end = place.stable_end(offset).max(offset + out.len() as u64);
            let bytes = window.fill(offset, end, |offset, bytes| place.read_at(offset, bytes))?;
            out.copy_from_slice(&bytes[..out.len()]);
            Ok(())
        }
    }

    /// The same for many bytes, and for several threads if they [may](Source::is_ours).
    ///
    /// # Errors
    /// As for [`Source::read_exact_at`].
    pub(in crate::io) fn read_large_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check_range(offset, out.len())?;
        self.place.read_at(offset, out)
    }

    /// These bytes, which are not copied if they are in memory.
    ///
    /// # Errors
    /// If there are not so many, or the file can not be read.
    pub(super) fn bytes(&self, start: u64, length: u64) -> Result<Cow<'_, [u8]>> {
        self.check_range(start, length as usize)?;
        if let Some(bytes) = self.slice(start, length as usize) {
            return Ok(Cow::Borrowed(bytes));
        }
        // a file can have more bytes than a disk has space for
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length as usize).map_err(|_| {
            let reason = format!("can not get memory for {length} bytes");
            let cause = io::Error::new(io::ErrorKind::OutOfMemory, reason);
            self.place.unreadable(start, cause)
        })?;
        bytes.resize(length as usize, 0);
        self.read_large_at(start, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    fn check_range(&self, offset: u64, length: usize) -> Result<()> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.size() => Ok(()),
            _ => Err(self
                .place
                .unreadable(offset, io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// These bytes, if they are in memory.
    pub(super) fn slice(&self, start: u64, length: usize) -> Option<&[u8]> {
        let bytes = self.place.in_memory()?;
        let start = usize::try_from(start).ok()?;
        bytes.get(start..start.checked_add(length)?)
    }
}

impl Place<'_> {
    fn in_memory(&self) -> Option<&[u8]> {
        match &self.bytes {
            Bytes::Borrowed(bytes) => Some(bytes),
            Bytes::Owned(region) => Some(region.bytes()),
            Bytes::File(_) | Bytes::Reader(_) => None,
        }
    }

    /// Where the bytes end that can be read with those at `offset`: after what is held, others may write.
    fn stable_end(&self, offset: u64) -> u64 {
        let held = self.tail.get();
        let end = held.map(|(start, bytes)| start + bytes.len() as u64);
        end.filter(|&end| offset < end).unwrap_or(self.size)
    }

    /// Fill `out` with the bytes that start at `offset`, which do exist.
    fn read_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        match &self.bytes {
            Bytes::File(file) => match self.tail.get() {
                Some((start, tail)) => journal::read_exact_at(file, *start, tail, out, offset),
                None => file::read_exact_at(file, out, offset),
            }
            .map_err(|error| self.unreadable(offset, error)),
            Bytes::Reader(reader) => match reader.read_at(offset, out) {
                Err(Error::Io { context, cause }) => {
                    let context = format!("{context} (in {}, at byte {offset})", self.name);
                    Err(Error::Io { context, cause })
                }
                Err(error @ Error::Callback(_)) => Err(error),
                other => other.map_err(|error| error.context(format!("at byte {offset}"))),
            },
            Bytes::Borrowed(_) | Bytes::Owned(_) => {
                let bytes = self.in_memory().unwrap_or_default();
                out.copy_from_slice(&bytes[offset as usize..][..out.len()]);
                Ok(())
            }
        }
    }

    #[cold]
    fn unreadable(&self, offset: u64, cause: io::Error) -> Error {
        Error::Io {
            context: format!("could not read {} at byte {offset}", self.name),
            cause,
        }
    }
}

/// Whether this is more than something that files are filled up with.
fn is_content(byte: &u8) -> bool {
    !matches!(byte, 0 | b'\t'..=b'\r' | b' ')
}
