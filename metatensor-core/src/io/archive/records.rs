//! The records of a directory, one after the other: a piece of it is in memory at a time.

use super::Source;
use super::end::{End, no_archive};
use super::format::*;
use crate::Result;

/// How much of a directory is read at once.
const PIECE: u64 = 1 << 20;

/// What a directory says of one member.
#[derive(Clone, Copy)]
pub(super) struct Record<'b> {
    pub(super) fixed: &'b [u8; RECORD],
    pub(super) name: &'b [u8],
    pub(super) extra: &'b [u8],
}

impl<'b> Record<'b> {
    /// The first record of these bytes, and what comes after it. `None` if it is not complete.
    fn split(bytes: &'b [u8]) -> Option<(Record<'b>, &'b [u8])> {
        let (fixed, rest) = bytes.split_first_chunk::<RECORD>()?;
        let length = |at| usize::from(get16(fixed, at));
        let (name, rest) = rest.split_at_checked(length(28))?;
        let (extra, rest) = rest.split_at_checked(length(30))?;
        let (_comment, rest) = rest.split_at_checked(length(32))?;
        Some((Record { fixed, name, extra }, rest))
    }

    fn is_valid(&self) -> bool {
        get32(self.fixed, 0) == RECORD_SIGNATURE
    }
}

/// Let `visit` see all records of the directory with this end, with their positions in the source.
///
/// # Errors
/// Those of `visit`, if the source can not be read, or if there is something else between records.
pub(super) fn for_each(
    source: &Source<'_>,
    end: &End,
    mut visit: impl FnMut(u64, Record<'_>) -> Result<()>,
) -> Result<()> {
    let mut visit_all = |mut position: u64, mut bytes: &[u8]| {
        while let Some((record, rest)) = Record::split(bytes) {
            if !record.is_valid() {
                break;
            }
            visit(position, record)?;
            position += (bytes.len() - rest.len()) as u64;
            bytes = rest;
        }
        Ok(bytes.len())
    };
    let size = end.end - end.start;
    let left = if let Some(bytes) = source.slice(end.start, size as usize) {
        visit_all(end.start, bytes)?
    } else {
        let mut buffer = Vec::new();
        let mut next = end.start;
        while next < end.end {
            let left = buffer.len();
            let length = PIECE.min(end.end - next);
            buffer.resize(left + length as usize, 0);
            source.read_large_at(next, &mut buffer[left..])?;
            let rest = visit_all(next - left as u64, &buffer)?;
            next += length;
            if rest > LONGEST {
                break;
            }
            buffer.drain(..buffer.len() - rest);
        }
        buffer.len()
    };
    if left > 0 {
        let reason = "its directory has a record that is incomplete, or of another kind";
        return Err(no_archive(source, reason));
    }
    Ok(())
}

/// The most bytes that a record can have.
const LONGEST: usize = RECORD + 3 * MAX16 as usize;
