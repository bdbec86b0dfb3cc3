//! Archives that are written to a regular file over some time: what fails is taken back, members grow until their size is
//! known, and are copied from other archives as they are.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;

use crc32fast::Hasher;

use super::end::End;
use super::format::*;
use super::reader::Stored;
use super::writer::{Content, LOCAL_CRC, could_not_finish, could_not_write, records};
use super::{Alignment, Archive, ArchiveWriter, Source, Target, checksum};
use crate::{Error, Result, View};

/// Members are copied through memory of this size.
const PIECE: u64 = 1 << 20;
/// Smaller pieces of arrays go through the buffer of the writer.
const SMALL: usize = 256 << 10;

/// Size of the end of an archive with 64-bit numbers.
const END_WIDE: usize = END_64 + LOCATOR + END;

/// Where sizes are in the header of a member with a name of no bytes, after the header of the extra field.
const LOCAL_SIZES: u64 = LOCAL_HEADER as u64 + 4;
const LOCAL_VERSION: u64 = 4;

/// A state of an archive to which it can go back.
#[derive(Debug)]
pub(crate) struct Mark {
    offset: u64,
    directory: usize,
    count: u64,
}

/// Where an archive can grow: it has some members after all others, and nothing else.
#[derive(Debug)]
pub(crate) struct GrowthPoint {
    /// Where the first of these members starts.
    pub(crate) offset: u64,
    /// The records of the members before, and how many there are.
    pub(crate) directory: Vec<u8>,
    pub(crate) count: u64,
    /// Size of the file.
    pub(crate) size: u64,
}

impl Archive<'_> {
    /// Where the members are whose names are `last`, if there are any, they come after all others, and there is not much
    /// more between them and the directory.
    pub(crate) fn range_of(&self, last: &[&str]) -> Option<Range<u64>> {
        let places = || last.iter().filter_map(|name| self.place(name));
        let start = places().map(|place| place.start).min()?;
        let end = places().map(|place| place.end).max()?;
        let size: u64 = places().map(|place| place.most).sum();
        let after = self.starts().filter(|&other| other >= start);
        let is_last = after.count() == places().count();
        (is_last && end - start <= size).then_some(start..end)
    }

    /// Where new members can go if those whose names are `last` come after them. `None` if these are not after all
    /// others, or the file has more than the archive.
    ///
    /// # Errors
    /// If the source can not be read.
    pub(crate) fn growth_point(&self, last: &[&str]) -> Result<Option<GrowthPoint>> {
        let (Some(range), Some(end)) = (self.range_of(last), End::find(self.source())?) else {
            return Ok(None);
        };
        end.growth_point(self.source(), range.start, last)
    }
}

impl End {
    /// Where new members can go: at `offset`, where those whose names are `last` start, or else the directory. `None` if the file
    /// has more than the archive, which is known to be valid.
    ///
    /// # Errors
    /// If the source can not be read.
    pub(crate) fn growth_point(
        &self,
        source: &Source<'_>,
        offset: u64,
        last: &[&str],
    ) -> Result<Option<GrowthPoint>> {
        let after = source.bytes(self.end, source.size() - self.end)?;
        let is_plain = match after.len() {
            END => true,
            END_WIDE => after.starts_with(&END_64_SIGNATURE.to_le_bytes()),
            _ => false,
        };
        if self.archive_start != 0 || !is_plain {
            return Ok(None);
        }
        let bytes = source.bytes(self.start, self.end - self.start)?;
        if last.is_empty() {
            return Ok(Some(GrowthPoint {
                offset,
                directory: bytes.into_owned(),
                count: self.count,
                size: source.size(),
            }));
        }
        let mut point = GrowthPoint {
            offset,
            directory: Vec::with_capacity(bytes.len()),
            count: 0,
            size: source.size(),
        };
        for record in records(&bytes) {
            if !std::str::from_utf8(record.name).is_ok_and(|name| last.contains(&name)) {
                point.directory.extend_from_slice(record.bytes);
                point.count += 1;
            }
        }
        Ok(Some(point))
    }
}

/// A member whose data is being written.
#[derive(Debug)]
pub(crate) struct Growing {
    name: String,
    start: u64,
    /// Bytes before the data, which are known at the end.
    reserved: usize,
    data: Hasher,
    data_size: u64,
}

impl ArchiveWriter<File> {
    /// Go on with an archive of which `file` has the members up to `offset`, where the next one goes, and `directory` the
    /// `count` records.
    pub(crate) fn resume(file: File, offset: u64, directory: Vec<u8>, count: u64) -> Self {
        let mut writer = ArchiveWriter::new(file);
        for record in records(&directory) {
            writer.names.insert(record.name);
        }
        writer.offset = offset;
        writer.directory = directory;
        writer.count = count;
        writer
    }

    /// The present state. All that was written before is in the file.
    ///
    /// # Errors
    /// If the file can not be written.
    pub(crate) fn mark(&mut self) -> io::Result<Mark> {
        self.flush_buffer()?;
        Ok(Mark {
            offset: self.offset,
            directory: self.directory.len(),
            count: self.count,
        })
    }

    /// Forget everything since `mark`.
    ///
    /// # Errors
    /// If the file is of no use any more.
    pub(crate) fn go_back_to(&mut self, mark: &Mark) -> io::Result<()> {
        self.buffer.clear();
        self.directory.truncate(mark.directory);
        self.count = mark.count;
        self.offset = mark.offset;
        // what comes next may be shorter
        self.sink.set_len(mark.offset)?;
        self.sink.seek(SeekFrom::Start(mark.offset))?;
        Ok(())
    }

    /// Start the member `name`, which starts with as many bytes as `reserved` has.
    ///
    /// # Errors
    /// As for [`ArchiveWriter::add`].
    pub(crate) fn start_member(&mut self, name: &str, reserved: &[u8]) -> Result<Growing> {
        let start = self.offset;
        let nothing = Content {
            method: STORED,
            crc: 0,
            stored_size: 0,
            size: 0,
        };
        self.put_header(name, &nothing, Alignment::Bytes64)?;
        self.put(reserved)
            .map_err(|cause| could_not_write(name, cause))?;
        Ok(Growing {
            name: name.to_owned(),
            start,
            reserved: reserved.len(),
            data: Hasher::new(),
            data_size: 0,
        })
    }

    /// Append the elements of `view` to this member, the last axis varying fastest.
    ///
    /// # Errors
    /// If the file can not be written, or there is not enough memory.
    pub(crate) fn grow(&mut self, member: &mut Growing, view: &View<'_>) -> Result<()> {
        let failed = |cause| could_not_write(&member.name, cause);
        let size = view.shape().iter().product::<usize>() * view.dtype().size();
        let crc = if let Some(bytes) = view.as_bytes() {
            self.put(bytes).map_err(failed)?;
            checksum(Hasher::new(), &[bytes])?
        } else if size <= SMALL {
            let mut bytes = Vec::new();
            view.append_to(&mut bytes, failed)?;
            self.put(&bytes).map_err(failed)?;
            checksum(Hasher::new(), &[&bytes])?
        } else {
            self.flush_buffer().map_err(failed)?;
            let crc = self.sink.append(view, Hasher::new(), failed)?;
            self.offset += size as u64;
            crc
        };
        member
            .data
            .combine(&Hasher::new_with_initial_len(crc, size as u64));
        member.data_size += size as u64;
        Ok(())
    }

    /// Finish this member, of which `reserved` are the first bytes.
    ///
    /// # Errors
    /// If the file can not be written.
    pub(crate) fn finish_member(&mut self, member: Growing, reserved: &[u8]) -> Result<()> {
        let failed = |cause| could_not_write(&member.name, cause);
        if reserved.len() != member.reserved {
            return Err(Error::Internal(format!(
                "there is no space for the header of '{}'",
                member.name
            )));
        }
        let mut sum = Hasher::new();
        sum.update(reserved);
        sum.combine(&member.data);
        let size = reserved.len() as u64 + member.data_size;
        let content = Content {
            method: STORED,
            crc: sum.finalize(),
            stored_size: size,
            size,
        };
        self.flush_buffer().map_err(failed)?;
        self.sink.replace(size, reserved).map_err(failed)?;
        self.finish_written(&member.name, &content, member.start)
    }

    /// Finish the member that starts at `start`, whose data was written before it was known what there is of it: the header
    /// says so now.
    ///
    /// # Errors
    /// If the file can not be written.
    pub(super) fn finish_written(
        &mut self,
        name: &str,
        content: &Content,
        start: u64,
    ) -> Result<()> {
        let failed = |cause| could_not_write(name, cause);
        let sizes = [content.size, content.stored_size].map(u64::to_le_bytes);
        for (at, bytes) in [
            (LOCAL_VERSION, &content.version(start).to_le_bytes()[..]),
            (LOCAL_CRC as u64, &content.crc.to_le_bytes()),
            (LOCAL_SIZES + name.len() as u64, sizes.as_flattened()),
        ] {
            let back = self.offset - (start + at);
            self.sink.replace(back, bytes).map_err(failed)?;
        }
        self.put_record(name, content, start);
        Ok(())
    }

    /// Append the member `name`, made of `header` and `size` bytes more, which `fill` gives piece by piece. Pieces are multiples of 64 bytes,
    /// but for the last one.
    ///
    /// # Errors
    /// Those of `fill`, or as for [`ArchiveWriter::add`].
    pub(crate) fn add_in_pieces(
        &mut self,
        name: &str,
        header: &[u8],
        size: u64,
        alignment: Alignment,
        mut fill: impl FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let failed = |cause| could_not_write(name, cause);
        let start = self.offset;
        let all = header.len() as u64 + size;
        let mut content = Content {
            method: STORED,
            crc: 0,
            stored_size: all,
            size: all,
        };
        self.put_header(name, &content, alignment)?;
        self.put(header).map_err(failed)?;
        let mut sum = Hasher::new();
        sum.update(header);
        let mut left = size;
        let mut piece = vec![0; size.min(PIECE) as usize];
        while left > 0 {
            let piece = &mut piece[..left.min(PIECE) as usize];
            fill(piece)?;
            sum.update(piece);
            self.put(piece).map_err(failed)?;
            left -= piece.len() as u64;
        }
        content.crc = sum.finalize();
        self.flush_buffer().map_err(failed)?;
        self.finish_written(name, &content, start)
    }

    /// Append a member of the archive in `source` as it is, under the name `name`. What is wrong with its data stays wrong.
    ///
    /// # Errors
    /// If it can not be read or written, or there is such a member already.
    pub(crate) fn copy(
        &mut self,
        name: &str,
        source: &Source<'_>,
        member: &Stored,
        alignment: Alignment,
    ) -> Result<()> {
        let failed = |cause| could_not_write(name, cause);
        let content = Content {
            method: member.method,
            crc: member.crc,
            stored_size: member.stored_size,
            size: member.size,
        };
        let start = self.offset;
        self.put_header(name, &content, alignment)?;
        let mut position = 0;
        let mut piece = vec![0; member.stored_size.min(PIECE) as usize];
        while position < member.stored_size {
            let length = (member.stored_size - position).min(PIECE) as usize;
            let piece = &mut piece[..length];
            source.read_large_at(member.data_start + position, piece)?;
            self.put(piece).map_err(failed)?;
            position += length as u64;
        }
        self.put_record(name, &content, start);
        Ok(())
    }

    /// Write the directory, and what comes after it once `before_end` says that all else is where it has to be.
    ///
    /// # Errors
    /// Those of `before_end`, or if the file can not be written.
    pub(crate) fn finish_after(
        mut self,
        before_end: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<File> {
        let end = self.end();
        let directory = std::mem::take(&mut self.directory);
        self.put(&directory)
            .and_then(|()| self.flush_buffer())
            .and_then(|()| before_end(&mut self.sink))
            .and_then(|()| self.sink.write_all(&end))
            .map_err(could_not_finish)?;
        Ok(self.sink)
    }
}
