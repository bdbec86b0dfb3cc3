//! The last part of a file that is being appended to, as it was before.
//!
//! Keys, info, directory and end are the last bytes of a file that grows: its tail. New members go where the tail was, and a
//! new tail after them. Until that is complete, the old tail is in a journal beside the file:
//!
//! 1. the journal is written, synced and gets its name;
//! 2. the file is cut off where the tail starts: it has no end any more;
//! 3. new members, keys, info and directory are written and synced;
//! 4. the end is written and synced, and with it the file is valid;
//! 5. the journal is removed.
//!
//! A file that is valid by itself is thus either what it was before (until 2) or what it should be (from 4 on), and needs no
//! journal. In between, the file up to the start of the tail and then the tail of the journal are what was there before.
//! Nothing of that changes, so that readers can go on with it as long as they like.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crc32fast::Hasher;

use super::file::{self, JOURNAL_MAGIC as MAGIC, JOURNAL_SUFFIX as SUFFIX, Opened, resolved};
use crate::{Error, Limits, Result};

/// The start of the tail and its size; the checksums of the first bytes of the file, and of those before the tail; the checksum
/// of all of these and the tail.
const HEADER: usize = MAGIC.len() + 8 + 8 + 4 + 4 + 4;
/// How much of the file is compared.
const COMPARED: u64 = 4 << 10;

/// The tail of a file, and what tells which file that is.
#[derive(Debug)]
pub(super) struct Journal {
    /// Where the tail starts.
    pub(super) start: u64,
    pub(super) tail: Vec<u8>,
    compared: [u32; 2],
}

impl Journal {
    /// The journal of `file`, of which the tail starts at `start` and has `size` bytes.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(super) fn new(file: &File, start: u64, size: u64) -> io::Result<Journal> {
        let mut tail = vec![0; size as usize];
        file::read_exact_at(file, &mut tail, start)?;
        Ok(Journal {
            start,
            tail,
            compared: compared(file, start)?,
        })
    }

    /// The content of the journal.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.tail.len());
        bytes.extend(MAGIC);
        bytes.extend(self.start.to_le_bytes());
        bytes.extend((self.tail.len() as u64).to_le_bytes());
        bytes.extend(self.compared.map(u32::to_le_bytes).as_flattened());
        bytes.extend(checksum(&bytes, &self.tail).to_le_bytes());
        bytes.extend(&self.tail);
        bytes
    }

    /// The journal with this content, or why it is none.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Journal, &'static str> {
        if !bytes.starts_with(MAGIC) {
            return Err("it is something else");
        }
        let Some((header, tail)) = bytes.split_at_checked(HEADER) else {
            return Err("it is too short");
        };
        let (numbers, sums) = header[MAGIC.len()..].split_at(16);
        let [start, size] = [0, 8].map(|at| {
            let bytes = numbers[at..].first_chunk().copied().unwrap_or_default();
            u64::from_le_bytes(bytes)
        });
        let [first, last, sum] = [0, 4, 8].map(|at| {
            let bytes = sums[at..].first_chunk().copied().unwrap_or_default();
            u32::from_le_bytes(bytes)
        });
        if size != tail.len() as u64 {
            return Err("it does not have the size that it should have");
        }
        if start.checked_add(size).is_none() || checksum(&header[..HEADER - 4], tail) != sum {
            return Err("its checksum is wrong");
        }
        Ok(Journal {
            start,
            tail: tail.to_vec(),
            compared: [first, last],
        })
    }

    /// Whether this is the journal of `file`: it has the bytes before the tail.
    pub(super) fn belongs_to(&self, file: &File) -> bool {
        let is_long_enough = file.metadata().is_ok_and(|m| m.len() >= self.start);
        is_long_enough && compared(file, self.start).is_ok_and(|found| found == self.compared)
    }
}

/// The file at `path` and its journal, which says how it was before somebody started to append to it. `None` if it has none
/// that can be used.
///
/// # Errors
/// If the file can not be read.
pub(super) fn open(path: &Path, limits: &Limits) -> Result<Option<(File, Journal)>> {
    let Ok(beside) = beside(path) else {
        return Ok(None);
    };
    let journal = match file::open(&beside, limits) {
        Ok(Opened::Regular(file, size)) => read(&file, size),
        _ => return Ok(None),
    };
    let journal = journal.map_err(|error| Error::io("read", &beside, error))?;
    let Ok(journal) = Journal::from_bytes(&journal) else {
        return Ok(None);
    };
    let Opened::Regular(file, _) = file::open(path, limits)? else {
        return Ok(None);
    };
    Ok(journal.belongs_to(&file).then_some((file, journal)))
}

/// Whether this can be the content of a journal, or of one that was not written to its end.
pub(super) fn is_start(content: &[u8]) -> bool {
    content.starts_with(MAGIC) || MAGIC.starts_with(content)
}

/// Fills `bytes` with those that start at `offset` in `file`, where `tail` takes the place of those from `start` on.
///
/// # Errors
/// If the file can not be read, or there are not so many.
pub(super) fn read_exact_at(
    file: &File,
    start: u64,
    tail: &[u8],
    bytes: &mut [u8],
    offset: u64,
) -> io::Result<()> {
    let in_file = start.saturating_sub(offset).min(bytes.len() as u64) as usize;
    let (in_file, rest) = bytes.split_at_mut(in_file);
    file::read_exact_at(file, in_file, offset)?;
    if rest.is_empty() {
        return Ok(());
    }
    let offset = offset + in_file.len() as u64;
    let first = tail.len().min((offset - start) as usize);
    let tail = &tail[first..];
    let (in_tail, after) = rest.split_at_mut(tail.len().min(rest.len()));
    in_tail.copy_from_slice(&tail[..in_tail.len()]);
    if after.is_empty() {
        return Ok(());
    }
    file::read_exact_at(file, after, offset + in_tail.len() as u64)
}

/// Where the journal of the file at `path` is, if it has one.
///
/// # Errors
/// If the links at the end of the path do not end.
pub(super) fn beside(path: &Path) -> io::Result<PathBuf> {
    let path = resolved(path)?;
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(SUFFIX);
    Ok(path.with_file_name(name))
}

/// The content of a file of this size that may be a journal, or of its first bytes if it is none.
pub(super) fn read(file: &File, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size.min(MAGIC.len() as u64) as usize];
    file::read_exact_at(file, &mut bytes, 0)?;
    if bytes == MAGIC {
        let missing = (size as usize).saturating_sub(bytes.len());
        bytes
            .try_reserve_exact(missing)
            .map_err(|error| io::Error::new(io::ErrorKind::OutOfMemory, error))?;
        bytes.resize(size as usize, 0);
        file::read_exact_at(file, &mut bytes, 0)?;
    }
    Ok(bytes)
}

/// The checksums of the first bytes of `file`, and of those before `start`.
fn compared(file: &File, start: u64) -> io::Result<[u32; 2]> {
    let length = start.min(COMPARED);
    let mut bytes = vec![0; length as usize];
    let mut sum = |offset| -> io::Result<u32> {
        file::read_exact_at(file, &mut bytes, offset)?;
        Ok(crc32fast::hash(&bytes))
    };
    Ok([sum(0)?, sum(start - length)?])
}

fn checksum(header: &[u8], tail: &[u8]) -> u32 {
    let mut sum = Hasher::new();
    sum.update(header);
    sum.update(tail);
    sum.finalize()
}

#[cfg(test)]
mod tests;
