//! Members that are read as a whole: header and data at once, by any number of threads.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use crc32fast::Hasher;

use super::checksum;
use super::directory::{Entry, Method};
use super::format::*;
use super::index::Index;
use super::inflate::Inflater;
use super::local::data_start;
use super::member::{Check, Data, Member, check_checksum};
use super::{Reading, Source};
use crate::memory::no_memory;
use crate::{Limit, Result};

/// As many bytes of extra fields are read with the header: padding, and sizes of 64 bits. Archives with more need another read.
const EXTRA: u64 = 128;
/// Memory for what comes out of a decoder is asked for in steps, as it does come out: at first this much.
const STEP: usize = 64 << 10;

/// The bytes of a member.
pub(crate) struct Whole<'s> {
    bytes: Cow<'s, [u8]>,
    range: Range<usize>,
}

impl Whole<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }

    pub(crate) fn into_vec(self) -> Vec<u8> {
        let mut bytes = self.bytes.into_owned();
        bytes.truncate(self.range.end);
        bytes.drain(..self.range.start);
        bytes
    }
}

impl Index {
    /// Where the bytes of a member are in the archive in `source`, or `None` if they are compressed.
    ///
    /// # Errors
    /// If its header can not be read, or is not what the directory says.
    pub(crate) fn stored_range(
        &self,
        at: usize,
        name: &str,
        source: &Source<'_>,
    ) -> Result<Option<Range<u64>>> {
        let entry = self.entry(at);
        if entry.method != Method::Stored {
            return Ok(None);
        }
        let start = data_start(&mut source.reader(Reading::Parts), name, &entry)?;
        Ok(Some(start..start + entry.stored_size))
    }

    /// All bytes of a member, the one of this name, in the archive in `source`.
    ///
    /// # Errors
    /// If they can not be read, or are not what header and directory say. The error does not say which archive this is.
    pub(crate) fn read_whole<'s>(
        &self,
        at: usize,
        name: &str,
        source: &'s Source<'_>,
    ) -> Result<Whole<'s>> {
        let entry = self.entry(at);
        let bytes = header_and_data(source, &entry, name)?;
        // the same, with positions in these bytes
        let entry = Entry {
            header_start: 0,
            limit: entry.limit - entry.header_start,
            ..entry
        };
        let mut local = Source::from_bytes(&bytes);
        let start = data_start(&mut local, name, &entry)?;
        match entry.method {
            Method::Stored => {
                drop(local);
                let range = start as usize..(start + entry.stored_size) as usize;
                let actual = checksum(Hasher::new(), &[&bytes[range.clone()]])?;
                check_checksum(name, actual, entry.crc)?;
                Ok(Whole { bytes, range })
            }
            Method::Deflate => {
                let limits = source.limits();
                limits.check(Limit::InflatedBytes, entry.size, format_args!("'{name}'"))?;
                let mut inflater = Inflater::new();
                inflater.start(start, entry.stored_size);
                let data = Data::Compressed(&mut inflater);
                let check = Check::new(entry.crc);
                let mut member = Member::new(name, &mut local, data, entry.size, check)?;
                let mut inflated = Vec::new();
                while member.remaining() > 0 {
                    let known = inflated.len();
                    let step = member.remaining().min(known.max(STEP) as u64);
                    extend(&mut inflated, step)?;
                    member.read_exact_into(&mut inflated[known..])?;
                }
                Ok(Whole {
                    range: 0..inflated.len(),
                    bytes: Cow::Owned(inflated),
                })
            }
        }
    }
}

/// The bytes of a member from the start of its header to the end of its data, or as many as there are before the next member.
fn header_and_data<'s>(source: &'s Source<'_>, entry: &Entry, name: &str) -> Result<Cow<'s, [u8]>> {
    let start = entry.header_start;
    let most = entry.limit - start;
    let header = (LOCAL_HEADER + name.len()) as u64;
    // the directory was checked: this is not beyond the end of the file
    let bytes = read(
        source,
        start,
        most.min(entry.stored_size.saturating_add(header + EXTRA)),
    )?;
    let extra = bytes
        .first_chunk()
        .map_or(0, |fixed: &[u8; LOCAL_HEADER]| get16(fixed, 28));
    let needed = entry.stored_size.saturating_add(header + u64::from(extra));
    if needed > bytes.len() as u64 && needed <= most {
        return read(source, start, needed);
    }
    Ok(bytes)
}

fn read<'s>(source: &'s Source<'_>, start: u64, length: u64) -> Result<Cow<'s, [u8]>> {
    if let Some(bytes) = source.slice(start, length as usize) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut bytes = Vec::new();
    extend(&mut bytes, length)?;
    source.read_large_at(start, &mut bytes)?;
    Ok(Cow::Owned(bytes))
}

/// Make space for this many more bytes.
fn extend(bytes: &mut Vec<u8>, more: u64) -> Result<()> {
    let refused = |error| no_memory(io::Error::new(io::ErrorKind::OutOfMemory, error));
    bytes.try_reserve_exact(more as usize).map_err(refused)?;
    bytes.resize(bytes.len() + more as usize, 0);
    Ok(())
}
