//! Where the bytes of an archive come from: a file, or memory.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::io::file::{self, Opened};
use crate::{Error, Result};

/// How much is read at once where things are small and many.
const WINDOW: usize = 256 << 10;
/// Requests of at least this many bytes go to the file directly.
const LARGE: usize = 64 << 10;

/// Random access to the bytes of a file or of a buffer.
#[derive(Debug)]
pub(crate) struct Source<'s> {
    /// How errors call it.
    name: String,
    size: u64,
    bytes: Bytes<'s>,
}

#[derive(Debug)]
enum Bytes<'s> {
    Memory(&'s [u8]),
    /// What came out of a pipe.
    Read(Vec<u8>),
    File {
        file: File,
        window: Window,
    },
}

/// A piece of a file that was read ahead.
#[derive(Debug)]
struct Window {
    start: u64,
    bytes: Vec<u8>,
}

impl Source<'static> {
    /// Open the file at `path`. What comes out of a pipe is read to its end.
    ///
    /// # Errors
    /// If it can not be opened, or is something that has no end.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let (size, bytes) = match file::open(path)? {
            Opened::Regular(file, size) => {
                let window = Window {
                    start: 0,
                    bytes: Vec::new(),
                };
                (size, Bytes::File { file, window })
            }
            Opened::Read(bytes) => (bytes.len() as u64, Bytes::Read(bytes)),
        };
        Ok(Source {
            name: format!("'{}'", path.display()),
            size,
            bytes,
        })
    }
}

impl<'s> Source<'s> {
    /// Use bytes in memory as if they were a file.
    pub(crate) fn from_bytes(bytes: &'s [u8]) -> Self {
        Source {
            name: "the buffer".to_owned(),
            size: bytes.len() as u64,
            bytes: Bytes::Memory(bytes),
        }
    }

    /// The file in quotes, or "the buffer".
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether this is a buffer, and not a file.
    pub(crate) fn is_in_memory(&self) -> bool {
        matches!(self.bytes, Bytes::Memory(_))
    }

    /// Number of bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Where the whitespace and zeros start that go on to the end.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(crate) fn content_end(&self) -> Result<u64> {
        let mut end = self.size;
        // there are only a few, as a rule
        let mut length = 64;
        while end > 0 {
            let start = end.saturating_sub(length);
            let bytes = self.bytes(start, end - start)?;
            if let Some(last) = bytes.iter().rposition(is_content) {
                return Ok(start + last as u64 + 1);
            }
            end = start;
            length = WINDOW as u64;
        }
        Ok(0)
    }

    /// Where the whitespace and zeros end that start at `start`.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(crate) fn content_start(&self, mut start: u64) -> Result<u64> {
        while start < self.size {
            let bytes = self.bytes(start, (self.size - start).min(WINDOW as u64))?;
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
        self.try_read_exact_at(offset, out)
            .map_err(|error| self.unreadable(offset, error))
    }

    /// The same for many bytes, and for several threads.
    ///
    /// # Errors
    /// As for [`Source::read_exact_at`].
    pub(super) fn read_large_at(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.check_range(offset, out.len())
            .and_then(|()| match &self.bytes {
                Bytes::Memory(bytes) => {
                    out.copy_from_slice(&bytes[offset as usize..][..out.len()]);
                    Ok(())
                }
                Bytes::Read(bytes) => {
                    out.copy_from_slice(&bytes[offset as usize..][..out.len()]);
                    Ok(())
                }
                Bytes::File { file, .. } => file::read_exact_at(file, out, offset),
            })
            .map_err(|error| self.unreadable(offset, error))
    }

    /// These bytes, which are not copied if they are in memory.
    ///
    /// # Errors
    /// If there are not so many, or the file can not be read.
    pub(super) fn bytes(&self, start: u64, length: u64) -> Result<Cow<'s, [u8]>> {
        self.check_range(start, length as usize)
            .map_err(|error| self.unreadable(start, error))?;
        if let Some(bytes) = self.slice(start, start + length) {
            return Ok(Cow::Borrowed(bytes));
        }
        let mut bytes = vec![0; length as usize];
        self.read_large_at(start, &mut bytes)?;
        Ok(Cow::Owned(bytes))
    }

    #[cold]
    fn unreadable(&self, offset: u64, cause: io::Error) -> Error {
        Error::Io {
            context: format!("could not read {} at byte {offset}", self.name),
            cause,
        }
    }

    fn check_range(&self, offset: u64, length: usize) -> io::Result<()> {
        match offset.checked_add(length as u64) {
            Some(end) if end <= self.size => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn try_read_exact_at(&mut self, offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        self.check_range(offset, out.len())?;
        match &mut self.bytes {
            Bytes::Memory(bytes) => {
                out.copy_from_slice(&bytes[offset as usize..][..out.len()]);
            }
            Bytes::Read(bytes) => {
                out.copy_from_slice(&bytes[offset as usize..][..out.len()]);
            }
            Bytes::File { file, window } => {
                let known = window.after(offset);
                let length = known.len().min(out.len());
                out[..length].copy_from_slice(&known[..length]);
                out = &mut out[length..];
                let offset = offset + length as u64;
                if out.len() >= LARGE {
                    file::read_exact_at(file, out, offset)?;
                } else if !out.is_empty() {
                    window.fill(file, offset, self.size)?;
                    out.copy_from_slice(&window.bytes[..out.len()]);
                }
            }
        }
        Ok(())
    }

    /// The bytes from `start` to `end`, if they are in memory.
    pub(super) fn slice(&self, start: u64, end: u64) -> Option<&'s [u8]> {
        match self.bytes {
            Bytes::Memory(bytes) => bytes.get(start as usize..end as usize),
            Bytes::Read(_) | Bytes::File { .. } => None,
        }
    }
}

/// Whether this is more than something that files are filled up with.
fn is_content(byte: &u8) -> bool {
    !matches!(byte, 0 | b'\t'..=b'\r' | b' ')
}

impl Window {
    /// What the window holds from `offset` on.
    fn after(&self, offset: u64) -> &[u8] {
        let start = offset
            .checked_sub(self.start)
            .and_then(|start| usize::try_from(start).ok());
        start
            .and_then(|start| self.bytes.get(start..))
            .unwrap_or(&[])
    }

    /// Move the window to `offset`.
    fn fill(&mut self, file: &File, offset: u64, size: u64) -> io::Result<()> {
        let length = (size - offset).min(WINDOW as u64) as usize;
        self.start = offset;
        self.bytes.resize(length, 0);
        let result = file::read_exact_at(file, &mut self.bytes, offset);
        if result.is_err() {
            self.bytes.clear();
        }
        result
    }
}
