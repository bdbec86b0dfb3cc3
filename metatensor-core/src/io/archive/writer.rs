//! Writing archives, byte for byte as the metatensor 0.2 library writes them.

use std::io::{self, Write};

use crc32fast::Hasher;
use smallvec::SmallVec;

use super::format::*;
use super::names::NameHashes;
use super::{Target, checksum};
use crate::{Error, Result, View};

/// Where the data of a member starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alignment {
    /// Right after the header of the member, wherever that ends.
    Packed,
    /// At a multiple of 64 bytes from the start of the file, so that a mapped file can be used as
    /// it is.
    Bytes64,
}

/// Parts of at least this many bytes go to the sink straight from the memory of the caller.
const LARGE: usize = 16 << 10;
/// Smaller parts are collected until there are about this many bytes.
const BUFFER: usize = 256 << 10;

/// Versions of the format needed for a plain file, and for 64-bit fields.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// The writer understands version 4.6, and gives the permissions of Unix.
const MADE_BY: u16 = 3 << 8 | 46;
/// Where checksums are in the header of a member, and in its entry of the directory.
pub(super) const LOCAL_CRC: usize = 14;
pub(super) const RECORD_CRC: usize = 16;
/// Midnight of 2000-01-01: the same data gives the same file whenever it is saved.
const TIME: u16 = 0;
const DATE: u16 = (2000 - 1980) << 9 | 1 << 5 | 1;
/// A regular file with mode 644.
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// What headers and directories say of the content of a member.
#[derive(Clone, Copy, Debug)]
pub(super) struct Content {
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Size in the archive, compressed or not.
    pub(super) stored_size: u64,
    pub(super) size: u64,
}

impl Content {
    /// What readers have to understand, if the header starts at `start`.
    pub(super) fn version(&self, start: u64) -> u16 {
        if self.size.max(self.stored_size) >= MAX32 || start >= MAX32 {
            VERSION_64
        } else {
            VERSION
        }
    }
}

fn flags(name: &str) -> u16 {
    if name.is_ascii() { 0 } else { UTF8 }
}

/// Writes an archive of uncompressed members from the first byte to the last, without ever going
/// back but for the checksums of [`ArchiveWriter::add_elements`].
#[derive(Debug)]
pub(crate) struct ArchiveWriter<W: Write> {
    pub(super) sink: W,
    /// Bytes that are not in the sink yet.
    pub(super) buffer: Vec<u8>,
    /// Number of bytes written so far, those in the buffer included.
    pub(super) offset: u64,
    /// The directory for the end of the file.
    pub(super) directory: Vec<u8>,
    pub(super) count: u64,
    pub(super) names: NameHashes,
}

impl<W: Write> ArchiveWriter<W> {
    /// Start an archive at the current position of `sink`, which needs no buffer of its own.
    pub(crate) fn new(sink: W) -> Self {
        ArchiveWriter {
            sink,
            buffer: Vec::with_capacity(BUFFER + 2 * LARGE),
            offset: 0,
            directory: Vec::new(),
            count: 0,
            names: NameHashes::new(),
        }
    }

    /// Number of members so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Check that there can be a member of this name.
    ///
    /// # Errors
    /// If there is one already, or if the name is too long for the format.
    pub(crate) fn check_name(&self, name: &str) -> Result<()> {
        if name.len() as u64 > MAX16 {
            let start: String = name.chars().take(64).collect();
            return Err(Error::invalid(format!(
                "the name of the archive member '{start}...' has {} bytes, more than {MAX16}",
                name.len()
            )));
        }
        let is_it = |record: Record<'_>| record.name == name.as_bytes();
        if self.names.contains(name.as_bytes()) && records(&self.directory).any(is_it) {
            return Err(Error::invalid(format!(
                "two archive members would have the name '{name}'"
            )));
        }
        Ok(())
    }

    /// Append the member `name`, made of `parts` one after the other.
    ///
    /// # Errors
    /// If there is such a member already, if the name is too long for the format, or if the sink
    /// fails, after which the archive can not be finished in any meaningful way.
    pub(crate) fn add(&mut self, name: &str, parts: &[&[u8]], alignment: Alignment) -> Result<()> {
        self.add_checked(name, parts, alignment, checksum(Hasher::new(), parts)?)
    }

    /// The same if the checksum is known.
    ///
    /// # Errors
    /// As for [`ArchiveWriter::add`].
    pub(crate) fn add_checked(
        &mut self,
        name: &str,
        parts: &[&[u8]],
        alignment: Alignment,
        crc: u32,
    ) -> Result<()> {
        let size = parts.iter().map(|part| part.len() as u64).sum();
        self.begin(name, size, alignment, crc)?;
        for part in parts {
            self.put(part)
                .map_err(|cause| could_not_write(name, cause))?;
        }
        Ok(())
    }

    /// Put the header of a member before its content, and its entry into the directory.
    pub(super) fn begin(
        &mut self,
        name: &str,
        size: u64,
        alignment: Alignment,
        crc: u32,
    ) -> Result<()> {
        let content = Content {
            method: STORED,
            crc,
            stored_size: size,
            size,
        };
        let start = self.offset;
        self.put_header(name, &content, alignment)?;
        self.put_record(name, &content, start);
        Ok(())
    }

    /// Put the header of a member before its content.
    ///
    /// # Errors
    /// If there is such a member already, or the name is too long for the format.
    pub(super) fn put_header(
        &mut self,
        name: &str,
        content: &Content,
        alignment: Alignment,
    ) -> Result<()> {
        self.check_name(name)?;
        self.names.insert(name.as_bytes());

        let start = self.offset;
        let mut extra_length = EXTRA_64_LENGTH;
        let mut zeros = 0;
        if alignment == Alignment::Bytes64 {
            let end =
                start + LOCAL_HEADER as u64 + name.len() as u64 + extra_length + PADDING_HEADER;
            zeros = end.next_multiple_of(64) - end;
            extra_length += PADDING_HEADER + zeros;
        }

        let header = &mut self.buffer;
        let before = header.len();
        put32(header, LOCAL_SIGNATURE);
        put16(header, content.version(start));
        put16(header, flags(name));
        put16(header, content.method);
        put16(header, TIME);
        put16(header, DATE);
        put32(header, content.crc);
        put32(header, u32::MAX);
        put32(header, u32::MAX);
        put16(header, name.len() as u16);
        put16(header, extra_length as u16);
        header.extend_from_slice(name.as_bytes());
        put_extra_64(header, &[content.size, content.stored_size]);
        if alignment == Alignment::Bytes64 {
            put_padding(header, zeros);
        }
        self.offset += (self.buffer.len() - before) as u64;
        Ok(())
    }

    /// Put the entry of the member that starts at `start` into the directory.
    pub(super) fn put_record(&mut self, name: &str, content: &Content, start: u64) {
        self.count += 1;
        let wide: SmallVec<[u64; 3]> = [content.size, content.stored_size, start]
            .into_iter()
            .filter(|&n| n >= MAX32)
            .collect();
        let record = &mut self.directory;
        put32(record, RECORD_SIGNATURE);
        put16(record, MADE_BY);
        put16(record, content.version(start));
        put16(record, flags(name));
        put16(record, content.method);
        put16(record, TIME);
        put16(record, DATE);
        put32(record, content.crc);
        put32(record, content.stored_size.min(MAX32) as u32);
        put32(record, content.size.min(MAX32) as u32);
        put16(record, name.len() as u16);
        put16(
            record,
            if wide.is_empty() {
                0
            } else {
                4 + 8 * wide.len() as u16
            },
        );
        put16(record, 0); // length of a comment
        put16(record, 0); // number of the disk
        put16(record, 0); // internal attributes
        put32(record, ATTRIBUTES);
        put32(record, start.min(MAX32) as u32);
        record.extend_from_slice(name.as_bytes());
        if !wide.is_empty() {
            put_extra_64(record, &wide);
        }
    }

    /// Write the directory, and give back the sink.
    ///
    /// # Errors
    /// If the sink fails.
    pub(crate) fn finish(mut self) -> Result<W> {
        let end = self.end();
        let mut directory = std::mem::take(&mut self.directory);
        directory.extend(end);
        self.put(&directory)
            .and_then(|()| self.flush_buffer())
            .and_then(|()| self.sink.flush())
            .map_err(could_not_finish)?;
        Ok(self.sink)
    }

    /// What comes after the directory.
    pub(super) fn end(&self) -> Vec<u8> {
        let count = self.count;
        let start = self.offset;
        let size = self.directory.len() as u64;
        let mut bytes = Vec::with_capacity(END_64 + LOCATOR + END);
        let end = &mut bytes;
        if count >= MAX16 || start >= MAX32 || size >= MAX32 {
            put32(end, END_64_SIGNATURE);
            put64(end, END_64 as u64 - 12); // size of what follows
            put16(end, MADE_BY);
            put16(end, VERSION_64);
            put32(end, 0); // number of this disk
            put32(end, 0); // number of the disk with the directory
            put64(end, count);
            put64(end, count);
            put64(end, size);
            put64(end, start);

            put32(end, LOCATOR_SIGNATURE);
            put32(end, 0); // number of the disk with the above
            put64(end, start + size);
            put32(end, 1); // number of disks
        }
        put32(end, END_SIGNATURE);
        put16(end, 0); // number of this disk
        put16(end, 0); // number of the disk with the directory
        put16(end, count.min(MAX16) as u16);
        put16(end, count.min(MAX16) as u16);
        put32(end, size.min(MAX32) as u32);
        put32(end, start.min(MAX32) as u32);
        put16(end, 0); // length of a comment
        bytes
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.offset += bytes.len() as u64;
        if bytes.len() >= LARGE {
            self.flush_buffer()?;
            return self.sink.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER {
            self.flush_buffer()?;
        }
        Ok(())
    }

    pub(super) fn flush_buffer(&mut self) -> io::Result<()> {
        self.sink.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

#[cold]
pub(super) fn could_not_finish(cause: io::Error) -> Error {
    Error::Io {
        context: "could not write the directory of the archive".to_owned(),
        cause,
    }
}

#[cold]
pub(super) fn could_not_write(name: &str, cause: io::Error) -> Error {
    Error::Io {
        context: format!("could not write '{name}'"),
        cause,
    }
}

impl<W: Target> ArchiveWriter<W> {
    /// Append the member `name`, made of `header` and the elements of `view`, the last axis varying fastest. The sink must
    /// not be a stream: elements are copied to where they stay, and the checksum follows.
    ///
    /// # Errors
    /// As for [`ArchiveWriter::add`].
    pub(crate) fn add_elements(
        &mut self,
        name: &str,
        header: &[u8],
        view: &View<'_>,
        alignment: Alignment,
    ) -> Result<()> {
        let failed = |cause| could_not_write(name, cause);
        let (start, record) = (self.offset, self.directory.len());
        let size = view.shape().iter().product::<usize>() * view.dtype().size();
        self.begin(name, (header.len() + size) as u64, alignment, 0)?;
        self.put(header).map_err(failed)?;
        self.flush_buffer().map_err(failed)?;
        let mut checked = Hasher::new();
        checked.update(header);
        let crc = self.sink.append(view, checked, failed)?.to_le_bytes();
        self.offset += size as u64;
        let back = self.offset - start - LOCAL_CRC as u64;
        self.sink.replace(back, &crc).map_err(failed)?;
        self.directory[record + RECORD_CRC..][..crc.len()].copy_from_slice(&crc);
        Ok(())
    }

    /// Whether the sink only takes bytes one after the other.
    pub(crate) fn is_stream(&self) -> bool {
        self.sink.is_stream()
    }
}

/// Size of the extra field with the two sizes of a member.
const EXTRA_64_LENGTH: u64 = 4 + 2 * 8;
/// Size of the extra field that aligns the data, without the zeros at its end: identifier, size, and the
/// alignment itself.
const PADDING_HEADER: u64 = 6;

/// A record of a directory, as it is in a file that is known to be valid.
pub(super) struct Record<'d> {
    pub(super) name: &'d [u8],
    pub(super) bytes: &'d [u8],
}

/// The records of a valid directory.
pub(super) fn records(mut directory: &[u8]) -> impl Iterator<Item = Record<'_>> {
    std::iter::from_fn(move || {
        let (record, after) = directory.split_first_chunk::<RECORD>()?;
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(get16(record, at)));
        let (bytes, rest) = directory.split_at_checked(RECORD + name + extra + comment)?;
        directory = rest;
        Some(Record {
            name: &after[..name],
            bytes,
        })
    })
}

fn put_extra_64(out: &mut Vec<u8>, numbers: &[u64]) {
    put16(out, EXTRA_64);
    put16(out, 8 * numbers.len() as u16);
    for &number in numbers {
        put64(out, number);
    }
}

fn put_padding(out: &mut Vec<u8>, zeros: u64) {
    put16(out, EXTRA_ALIGNMENT);
    put16(out, 2 + zeros as u16);
    put16(out, 64);
    out.resize(out.len() + zeros as usize, 0);
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put64(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}
