//! The bytes of one member of an archive.

use std::fmt::Display;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use crc32fast::Hasher;
use smallvec::{SmallVec, smallvec};

use super::Source;
use super::error::damaged;
use super::inflate::Inflater;
use crate::io::npy;
use crate::threads::change_rows;
use crate::{Error, Limits, Result};

/// From this size on, members are read in parts.
pub(super) const LARGE: usize = 1 << 20;
/// The checksum is updated after each piece of this size, while the piece is still in the cache.
pub(super) const PIECE: usize = 256 << 10;

/// Check the checksum of all bytes of the member `name`.
///
/// # Errors
/// If it is not what the directory says.
pub(super) fn check_checksum(name: &str, actual: u32, expected: u32) -> Result<()> {
    if actual == expected {
        return Ok(());
    }
    let reason = format!("its checksum is {actual:08x}, expected {expected:08x}");
    Err(damaged(name, reason))
}

#[cold]
fn bad(name: &str, reason: impl Display) -> Error {
    Error::serialization(format!("'{name}': {reason}"))
}

/// The data of one member, read from start to end.
///
/// The read that reaches the end also compares the checksum: whoever reads everything, and ignores
/// no error, has the data that was written.
#[derive(Debug)]
pub(crate) struct Member<'a, 's> {
    name: &'a str,
    source: &'a mut Source<'s>,
    data: Data<'a>,
    position: u64,
    size: u64,
    check: Option<Check>,
}

#[derive(Debug)]
pub(super) enum Data<'a> {
    /// The bytes of the source from here on.
    InSource { start: u64 },
    /// What comes out of a decoder.
    Compressed(&'a mut Inflater),
}

#[derive(Debug)]
pub(super) struct Check {
    expected: u32,
    hasher: Hasher,
    /// Where the bytes start that the hasher has seen: after what was left out before them.
    start: u64,
}

/// The checksum of a part of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSum {
    /// Which bytes of the member these are.
    pub range: Range<u64>,
    /// Their checksum.
    pub sum: u32,
}

impl Check {
    pub(super) fn new(expected: u32) -> Check {
        Check {
            expected,
            hasher: Hasher::new(),
            start: 0,
        }
    }

    /// What is left of this if bytes are left out before `position`: the checksum of what follows, unless there was one such
    /// gap before.
    fn after_gap(self, position: u64) -> Option<Check> {
        (self.start == 0).then(|| Check {
            expected: self.expected,
            hasher: Hasher::new(),
            start: position,
        })
    }
}

impl<'a, 's> Member<'a, 's> {
    /// The member `name` of this size.
    ///
    /// # Errors
    /// If a member without any bytes is damaged.
    pub(super) fn new(
        name: &'a str,
        source: &'a mut Source<'s>,
        data: Data<'a>,
        size: u64,
        check: Check,
    ) -> Result<Self> {
        let mut member = Member {
            name,
            source,
            data,
            position: 0,
            size,
            check: Some(check),
        };
        member.check_at_end()?;
        Ok(member)
    }

    /// These bytes of `source`, as the member `name`.
    pub(crate) fn in_source(name: &'a str, source: &'a mut Source<'s>, range: Range<u64>) -> Self {
        Member {
            name,
            source,
            data: Data::InSource { start: range.start },
            position: 0,
            size: range.end - range.start,
            check: None,
        }
    }

    /// Name of the member, for errors.
    pub(crate) fn name(&self) -> &'a str {
        self.name
    }

    /// The error that this member can not be used for this reason.
    #[cold]
    pub(crate) fn bad(&self, reason: impl Display) -> Error {
        bad(self.name, reason)
    }

    /// Whether the bytes have to be decompressed, one after the other.
    pub(crate) fn is_compressed(&self) -> bool {
        matches!(self.data, Data::Compressed(_))
    }

    /// Whether threads of ours may read the bytes, in any pieces.
    pub(crate) fn can_be_shared(&self) -> bool {
        !self.is_compressed() && self.source.is_ours()
    }

    /// What may be read from the file.
    pub(crate) fn limits(&self) -> &Limits {
        self.source.limits()
    }

    /// Number of bytes that were not read yet. So many do exist, or come out of so many compressed bytes as
    /// there are: this much memory may be asked for.
    pub(crate) fn remaining(&self) -> u64 {
        self.size - self.position
    }

    /// Fill `out` with the next bytes.
    ///
    /// # Errors
    /// If there are not so many, if the file can not be read, or if this reaches the end and the
    /// checksum is wrong.
    pub(crate) fn read_exact_into(&mut self, out: &mut [u8]) -> Result<()> {
        if self.is_compressed() {
            // the checksum is computed while the bytes are in the cache
            return out
                .chunks_mut(PIECE)
                .try_for_each(|piece| self.read_piece(piece));
        }
        if out.len() >= LARGE && self.source.is_ours() {
            let length = out.len();
            return self.read_in_parts(length, |parts| {
                change_rows(out, 1, 2 * length, |range, out| {
                    let mut part = parts.from(range.start);
                    for piece in out.chunks_mut(PIECE) {
                        part.read_exact_into(piece)?;
                    }
                    part.finish();
                    Ok(())
                })
            });
        }
        self.read_piece(out)
    }

    fn read_piece(&mut self, out: &mut [u8]) -> Result<()> {
        self.check_remaining(out.len() as u64)?;
        match &mut self.data {
            Data::InSource { start } => self.source.read_exact_at(*start + self.position, out)?,
            Data::Compressed(inflater) => inflater.read_exact_into(self.name, self.source, out)?,
        }
        if let Some(check) = &mut self.check {
            check.hasher.update(out);
        }
        self.position += out.len() as u64;
        self.check_at_end()
    }

    /// Leave out the next `length` bytes. If they are not compressed they are not read, and nobody can compare the
    /// checksum.
    ///
    /// # Errors
    /// If there are not so many, or as for [`Member::read_exact_into`].
    pub(crate) fn skip(&mut self, length: u64, scratch: &mut Vec<u8>) -> Result<()> {
        if length == 0 {
            return Ok(());
        }
        if !self.is_compressed() {
            self.check_remaining(length)?;
            self.position += length;
            let check = self.check.take();
            self.check = check.and_then(|check| check.after_gap(self.position));
            return Ok(());
        }
        let mut left = length;
        while left > 0 {
            scratch.resize(left.min(PIECE as u64) as usize, 0);
            self.read_piece(scratch)?;
            left -= scratch.len() as u64;
        }
        Ok(())
    }

    /// Let `read` read the next `length` bytes, which are not compressed, in parts, in any order and from any
    /// thread. It has to read all of them.
    ///
    /// # Errors
    /// Those of `read`, or as for [`Member::read_exact_into`].
    pub(crate) fn read_in_parts<R>(
        &mut self,
        length: usize,
        read: impl FnOnce(&Parts<'_>) -> Result<R>,
    ) -> Result<R> {
        self.check_remaining(length as u64)?;
        let Data::InSource { start: data_start } = self.data else {
            return Err(Error::Internal(format!("'{}' is compressed", self.name)));
        };
        let parts = Parts {
            name: self.name,
            source: self.source,
            data_start,
            start: self.position,
            is_checked: self.check.is_some(),
            finished: Mutex::new(Vec::new()),
        };
        let result = read(&parts)?;

        let mut finished = parts
            .finished
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        finished.sort_unstable_by_key(|part| part.0);
        for (start, end, hasher) in finished {
            if start != self.position {
                return Err(Error::Internal(format!(
                    "'{}' was not read in order",
                    self.name
                )));
            }
            self.position = end;
            if let Some(check) = &mut self.check {
                check.hasher.combine(&hasher);
            }
        }
        self.check_at_end()?;
        Ok(result)
    }

    /// The checksum of all that was read of the member after its header, or after the only gap in it. `None` if there were
    /// several gaps, or none: then the checksum was compared.
    pub(crate) fn part_sum(self) -> Option<PartSum> {
        let check = self.check?;
        Some(PartSum {
            range: check.start..self.position,
            sum: check.hasher.finalize(),
        })
    }

    fn check_remaining(&self, length: u64) -> Result<()> {
        if length <= self.remaining() {
            return Ok(());
        }
        Err(damaged(
            self.name,
            format!(
                "expected at least {length} more bytes, got {}",
                self.remaining()
            ),
        ))
    }

    fn check_at_end(&mut self) -> Result<()> {
        if self.remaining() == 0
            && let Some(check) = self.check.take_if(|check| check.start == 0)
        {
            if let Data::Compressed(inflater) = &mut self.data {
                inflater.finish(self.name, self.source)?;
            }
            check_checksum(self.name, check.hasher.finalize(), check.expected)?;
        }
        Ok(())
    }

    /// Read the header of the array that this member is. What remains is the array's data, and
    /// nothing else.
    ///
    /// # Errors
    /// If there is no valid header, or the size of the data is not the one it announces.
    pub(crate) fn read_npy_header(&mut self, known: &mut npy::Headers) -> Result<Arc<npy::Header>> {
        let name = self.name;
        let named = |error: Error| error.context(format!("'{name}'"));
        let mut bytes: SmallVec<[u8; 256]> =
            smallvec![0; self.remaining().min(npy::PRELUDE as u64) as usize];
        self.read_exact_into(&mut bytes)?;
        let read = bytes.len();
        let size = npy::size(&bytes).map_err(named)?.max(read);
        if size as u64 > read as u64 + self.remaining() {
            return Err(self.bad(format!(
                "the npy header claims to be {size} bytes long, only {} are there",
                read as u64 + self.remaining()
            )));
        }
        bytes.resize(size, 0);
        self.read_exact_into(&mut bytes[read..])?;
        let header = known.parse(&bytes).map_err(named)?;
        let expected = header.data_size().map_err(named)?;
        if expected as u64 != self.remaining() {
            return Err(self.bad(format!(
                "an array of shape {:?} needs {expected} bytes, got {}",
                header.shape,
                self.remaining()
            )));
        }
        Ok(header)
    }

    /// Where the bytes that were not read yet are in the source. `None` if they are compressed.
    pub(crate) fn place(&self) -> Option<Range<u64>> {
        match self.data {
            Data::InSource { start } => Some(start + self.position..start + self.size),
            Data::Compressed(_) => None,
        }
    }
}

/// For parsers that take what they need.
impl Read for Member<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.remaining().min(out.len() as u64) as usize;
        self.read_exact_into(&mut out[..length])
            .map_err(io::Error::other)?;
        Ok(length)
    }
}

/// Bytes of a member, to be read in parts.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    name: &'a str,
    source: &'a Source<'a>,
    /// Where the member is in the source.
    data_start: u64,
    /// Where the first of these bytes is in the member.
    start: u64,
    is_checked: bool,
    /// Start, end and checksum of the parts that were read.
    finished: Mutex<Vec<(u64, u64, Hasher)>>,
}

impl<'a> Parts<'a> {
    /// The error that the member can not be used for this reason.
    #[cold]
    pub(crate) fn bad(&self, reason: impl Display) -> Error {
        bad(self.name, reason)
    }

    /// The part that starts at this one of the bytes.
    pub(crate) fn from(&'a self, offset: usize) -> Part<'a> {
        let start = self.start + offset as u64;
        Part {
            parts: self,
            start,
            position: start,
            hasher: Hasher::new(),
        }
    }
}

/// Part of a member, read from start to end.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    parts: &'a Parts<'a>,
    start: u64,
    position: u64,
    hasher: Hasher,
}

impl Part<'_> {
    /// Fill `out` with the next bytes, which should fit in a cache: their checksum is computed next.
    ///
    /// # Errors
    /// If the file can not be read.
    pub(crate) fn read_exact_into(&mut self, out: &mut [u8]) -> Result<()> {
        let offset = self.parts.data_start + self.position;
        self.parts.source.read_large_at(offset, out)?;
        if self.parts.is_checked {
            self.hasher.update(out);
        }
        self.position += out.len() as u64;
        Ok(())
    }

    /// All of this part was read.
    pub(crate) fn finish(self) {
        let mut finished = self
            .parts
            .finished
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        finished.push((self.start, self.position, self.hasher));
    }
}
