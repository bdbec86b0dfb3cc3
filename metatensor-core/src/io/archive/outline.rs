//! Archives of which some data is written by others: all that is around it, and where it goes.

use std::io::{self, Write};

use crc32fast::Hasher;

use super::writer::{Alignment, ArchiveWriter, LOCAL_CRC, RECORD_CRC, could_not_write};
use crate::Result;

/// All bytes of an archive but for the data that is left out.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    bytes: Vec<u8>,
    /// Where pieces of these start, in the archive and in the bytes, but for the first one.
    starts: Vec<(u64, usize)>,
    /// Number of bytes of the archive so far.
    size: u64,
    left_out: Vec<LeftOut>,
}

/// Data of a member that is left out.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) name: String,
    /// Where it is in the archive.
    pub(crate) position: u64,
    pub(crate) size: u64,
    /// The checksum of what is before it in the member.
    before: Hasher,
    /// Where the checksum of the member is in the archive: in its header, and in the directory.
    checksums: [u64; 2],
}

impl Write for Outline {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Outline {
    /// Number of bytes of the archive, with all that is left out.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// What is left out, in the order of the archive.
    pub(crate) fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The bytes that are not left out, and where they are in the archive.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once((0, 0)).chain(self.starts.iter().copied());
        let ends = self.starts.iter().map(|&(_, start)| start);
        let ends = ends.chain([self.bytes.len()]);
        let pieces = starts.zip(ends);
        pieces.map(|((position, start), end)| (position, &self.bytes[start..end]))
    }

    /// Sets the checksum of a member whose left out data consists of parts with these checksums and sizes, one after the
    /// other.
    pub(crate) fn set_checksum(
        &mut self,
        left_out: usize,
        parts: impl IntoIterator<Item = (u32, u64)>,
    ) {
        let member = &self.left_out[left_out];
        let mut checksum = member.before.clone();
        for (part, size) in parts {
            checksum.combine(&Hasher::new_with_initial_len(part, size));
        }
        let checksum = checksum.finalize().to_le_bytes();
        for place in member.checksums {
            let before = self.starts.partition_point(|&(start, _)| start <= place);
            let (position, start) = match before {
                0 => (0, 0),
                _ => self.starts[before - 1],
            };
            let at = start + (place - position) as usize;
            self.bytes[at..][..checksum.len()].copy_from_slice(&checksum);
        }
    }

    fn skip(&mut self, size: u64) {
        self.size += size;
        self.starts.push((self.size, self.bytes.len()));
    }
}

impl ArchiveWriter<Outline> {
    /// Append the member `name`, made of `header` and so many bytes that others write. The checksum has to be set later.
    ///
    /// # Errors
    /// As for [`ArchiveWriter::add`].
    pub(crate) fn leave_out(
        &mut self,
        name: &str,
        header: &[u8],
        size: u64,
        alignment: Alignment,
    ) -> Result<()> {
        let failed = |cause| could_not_write(name, cause);
        let (start, record) = (self.offset, self.directory.len());
        self.begin(name, header.len() as u64 + size, alignment, 0)?;
        self.put(header).map_err(failed)?;
        self.flush_buffer().map_err(failed)?;
        let mut before = Hasher::new();
        before.update(header);
        self.sink.left_out.push(LeftOut {
            name: name.to_owned(),
            position: self.offset,
            size,
            before,
            // the second one counts from the start of the directory
            checksums: [start + LOCAL_CRC as u64, (record + RECORD_CRC) as u64],
        });
        self.sink.skip(size);
        self.offset += size;
        Ok(())
    }

    /// Add the directory.
    ///
    /// # Errors
    /// None, in fact.
    pub(crate) fn into_outline(self) -> Result<Outline> {
        let directory = self.offset;
        let mut outline = self.finish()?;
        for member in &mut outline.left_out {
            member.checksums[1] += directory;
        }
        Ok(outline)
    }
}
