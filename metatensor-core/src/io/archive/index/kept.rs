//! Indices that are kept in files, so that they need not be made again. Nothing in them is believed: they are used for the
//! archive that they were made of, and what they say of it has to be possible.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use crc32fast::Hasher;

use super::texts::Texts;
use super::{Index, NO_NUMBER, Stored};
use crate::io::archive::directory::Method;
use crate::io::archive::end::End;
use crate::io::archive::format::*;
use crate::io::archive::{Source, prefix};
use crate::{Limit, Result};

/// The first bytes of every index: something that is no text, a name, and a version.
const MAGIC: &[u8; 12] = b"\x89mtsindices\x01";
/// These, the key, and the numbers of members, of texts, and of bytes of these.
const HEADER: usize = MAGIC.len() + KEY + 3 * 8;
/// Bytes of a key.
const KEY: usize = 8 + 16 + 3 * 8 + 4;
/// Bytes of a member, and of its place in the order of names.
const MEMBER: usize = 40;
const PLACE: usize = 4;
const CHECKSUM: usize = 4;

/// As many bytes are read or written at once: whole members, places and ends of texts.
const PIECE: usize = (8 * 40) << 10;

/// Which archive an index was made of.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IndexKey([u8; KEY]);

impl IndexKey {
    /// The key of the archive with this end in the file `source`: size and time of the file, and place and checksum of the
    /// directory. `None` if this is no file, or one that somebody is writing to.
    ///
    /// # Errors
    /// If the source can not be read.
    pub(crate) fn new(source: &Source<'_>, end: &End) -> Result<Option<IndexKey>> {
        let Some((size, Some(time))) = source.stamp() else {
            return Ok(None);
        };
        if source.holds_tail() || size != source.size() {
            return Ok(None);
        }
        let mut directory = Hasher::new();
        let mut buffer = vec![0; PIECE.min((end.end - end.start) as usize)];
        let mut position = end.start;
        while position < end.end {
            let length = (end.end - position).min(PIECE as u64) as usize;
            source.read_large_at(position, &mut buffer[..length])?;
            directory.update(&buffer[..length]);
            position += length as u64;
        }
        let mut key = Vec::with_capacity(KEY);
        key.extend(size.to_le_bytes());
        key.extend(nanoseconds(time).to_le_bytes());
        key.extend(
            [end.archive_start, end.start, end.end]
                .map(u64::to_le_bytes)
                .as_flattened(),
        );
        key.extend(directory.finalize().to_le_bytes());
        Ok(key.try_into().ok().map(IndexKey))
    }
}

/// Time since 1970, or before.
fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}

impl Index {
    /// Whether the file `kept` is an index, of whatever archive, or empty.
    ///
    /// # Errors
    /// If it can not be read.
    pub(crate) fn is_kept(kept: &Source<'_>) -> Result<bool> {
        let start = kept.bytes(0, kept.size().min(MAGIC.len() as u64))?;
        Ok(start.is_empty() || *start == *MAGIC)
    }

    /// The index in the file `kept`, of the archive with this key and end in `source`. `None` if it is one of another archive,
    /// or damaged, or can not be right.
    ///
    /// # Errors
    /// If one of the files can not be read, or there are more members than there may be.
    pub(crate) fn read_kept(
        kept: &Source<'_>,
        key: &IndexKey,
        source: &Source<'_>,
        end: &End,
    ) -> Result<Option<Index>> {
        let mut reader = Reader {
            kept,
            position: 0,
            checksum: Hasher::new(),
            buffer: Vec::new(),
        };
        if kept.size() < (HEADER + CHECKSUM) as u64 {
            return Ok(None);
        }
        let mut numbers = [0; 3];
        let mut is_it = false;
        reader.records(1, |header: &[u8; HEADER]| {
            is_it = header
                .strip_prefix(MAGIC)
                .is_some_and(|rest| rest.starts_with(&key.0));
            numbers = [0, 8, 16].map(|at| get64(header, MAGIC.len() + KEY + at));
        })?;
        let [count, texts, text_bytes] = numbers;
        let size = |count: u64, each: usize| u128::from(count) * each as u128;
        let expected = size(count, MEMBER + PLACE) + size(texts, 8) + size(text_bytes, 1);
        let expected = expected + (HEADER + CHECKSUM) as u128;
        // from here on, all sizes are backed by bytes of the file
        if !is_it || expected != u128::from(kept.size()) || count > u64::from(u32::MAX) {
            return Ok(None);
        }
        source
            .limits()
            .check(Limit::Members, count, source.name())?;

        let mut ends = Vec::with_capacity(texts as usize);
        reader.records(texts, |end| ends.push(u64::from_le_bytes(*end) as usize))?;
        let mut bytes = Vec::with_capacity(text_bytes as usize);
        reader.records(text_bytes, |&[byte]| bytes.push(byte))?;
        let texts = String::from_utf8(bytes).ok();
        let texts = texts.and_then(|all| Texts::of(&all, &ends));
        let mut members = Vec::with_capacity(count as usize);
        let mut is_possible = true;
        reader.records(count, |record| match member(record) {
            Some(member) => members.push(member),
            None => is_possible = false,
        })?;
        let mut order = Vec::with_capacity(count as usize);
        reader.records(count, |place| order.push(u32::from_le_bytes(*place)))?;
        let expected = reader.checksum.finalize().to_le_bytes();
        let is_whole = *kept.bytes(reader.position, CHECKSUM as u64)? == expected;
        let (true, Some(texts)) = (is_whole && is_possible, texts) else {
            return Ok(None);
        };
        if !is_order(&members, &order, texts.len()) {
            return Ok(None);
        }
        let first = members
            .first()
            .map_or(end.start, |first| first.header_start);
        let index = Index::new(members, end, order, texts);
        if index.check().is_err() || first < end.archive_start {
            return Ok(None);
        }
        prefix::check(source, first)?;
        Ok(Some(index))
    }

    /// Write this index, of the archive with this key, to a file.
    ///
    /// # Errors
    /// If it can not be written.
    pub(crate) fn write_kept(&self, key: &IndexKey, file: &mut dyn Write) -> io::Result<()> {
        let mut writer = Writer {
            file,
            checksum: Hasher::new(),
            buffer: Vec::with_capacity(PIECE + MEMBER),
        };
        writer.put(MAGIC)?;
        writer.put(&key.0)?;
        let (texts, ends) = self.texts.all();
        for number in [self.members.len(), ends.len(), texts.len()] {
            writer.put(&(number as u64).to_le_bytes())?;
        }
        for &end in ends {
            writer.put(&(end as u64).to_le_bytes())?;
        }
        writer.put(texts.as_bytes())?;
        for member in &self.members {
            writer.put(&record(member))?;
        }
        for place in &self.order {
            writer.put(&place.to_le_bytes())?;
        }
        writer.flush()?;
        let checksum = writer.checksum.finalize();
        writer.file.write_all(&checksum.to_le_bytes())
    }
}

/// Whether members are in the order of their places, and `order` is one by names that are all different.
fn is_order(members: &[Stored], order: &[u32], texts: usize) -> bool {
    let by_place = members.is_sorted_by_key(|member| member.header_start);
    let are_known = order
        .iter()
        .all(|&member| (member as usize) < members.len());
    by_place
        && are_known
        && members.iter().all(|member| (member.text as usize) < texts)
        && order
            .is_sorted_by(|&one, &next| members[one as usize].key() < members[next as usize].key())
}

fn record(member: &Stored) -> [u8; MEMBER] {
    let mut record = [0; MEMBER];
    record[..8].copy_from_slice(&member.header_start.to_le_bytes());
    record[8..16].copy_from_slice(&member.stored_size.to_le_bytes());
    record[16..24].copy_from_slice(&member.size.to_le_bytes());
    record[24..28].copy_from_slice(&member.crc.to_le_bytes());
    record[28..32].copy_from_slice(&member.text.to_le_bytes());
    record[32..36].copy_from_slice(&member.number.to_le_bytes());
    record[36..38].copy_from_slice(&member.method.code().to_le_bytes());
    record
}

/// The member with this record, if it can be one.
fn member(record: &[u8; MEMBER]) -> Option<Stored> {
    let method = match get32(record, 36) as u16 {
        STORED => Method::Stored,
        DEFLATED => Method::Deflate,
        _ => return None,
    };
    let member = Stored {
        header_start: get64(record, 0),
        stored_size: get64(record, 8),
        size: get64(record, 16),
        crc: get32(record, 24),
        text: get32(record, 28),
        number: get32(record, 32).cast_signed(),
        method,
    };
    let same_size = method != Method::Stored || member.size == member.stored_size;
    (same_size && member.number >= NO_NUMBER).then_some(member)
}

/// Reads a file from start to end, in pieces.
struct Reader<'r, 's> {
    kept: &'r Source<'s>,
    position: u64,
    checksum: Hasher,
    buffer: Vec<u8>,
}

impl Reader<'_, '_> {
    /// Let `visit` see so many records, which come next.
    fn records<const N: usize>(
        &mut self,
        count: u64,
        mut visit: impl FnMut(&[u8; N]),
    ) -> Result<()> {
        let mut left = count * N as u64;
        while left > 0 {
            let length = left.min((PIECE / N * N) as u64);
            self.buffer.resize(length as usize, 0);
            self.kept.read_large_at(self.position, &mut self.buffer)?;
            self.checksum.update(&self.buffer);
            self.buffer.as_chunks().0.iter().for_each(&mut visit);
            self.position += length;
            left -= length;
        }
        Ok(())
    }
}

/// Writes a file in pieces.
struct Writer<'w> {
    file: &'w mut dyn Write,
    checksum: Hasher,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.checksum.update(&self.buffer);
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}
