//! What comes before an archive in its file.

use memchr::memmem;

use super::Source;
use super::end::no_archive;
use super::format::*;
use crate::{Error, Result};

/// What comes before an archive is searched in pieces of this size,
const PIECE: u64 = 1 << 20;
/// which overlap, for the sake of headers that are where two of them meet.
const OVERLAP: u64 = LOCAL_HEADER as u64 + MAX16;

/// Check that the first `length` bytes of `source` are not part of an archive of which those after them are the
/// last part. Anything else may come before an archive.
///
/// # Errors
/// If they are, or if the source can not be read.
pub(super) fn check(source: &Source<'_>, length: u64) -> Result<()> {
    let member = search(source, 0, length, LOCAL_SIGNATURE, |at, bytes| {
        Some((at, member(bytes)?.escape_ascii().to_string()))
    })?;
    match member {
        Some((at, name)) => Err(part_of_another(source, length, at, &name)?),
        None => Ok(()),
    }
}

/// The first thing that `look` finds where the signature is, between `start` and `end`.
fn search<T>(
    source: &Source<'_>,
    mut start: u64,
    end: u64,
    signature: u32,
    mut look: impl FnMut(u64, &[u8]) -> Option<T>,
) -> Result<Option<T>> {
    let signature = signature.to_le_bytes();
    while start < end {
        let piece = source.bytes(start, (end - start).min(PIECE + OVERLAP))?;
        let mut positions = memmem::find_iter(&piece, &signature);
        let found = positions.find_map(|at| look(start + at as u64, &piece[at..]));
        if found.is_some() {
            return Ok(found);
        }
        start += PIECE;
    }
    Ok(None)
}

/// The name of the member whose header is at the start of `bytes`, if this looks like a header.
fn member(bytes: &[u8]) -> Option<&[u8]> {
    let (header, rest) = bytes.split_first_chunk::<LOCAL_HEADER>()?;
    let name = rest.get(..usize::from(get16(header, 26)))?;
    let (version, method) = (get16(header, 4) & 0xff, get16(header, 8));
    // there are fewer of both
    (version < 100 && method < 100 && !name.is_empty()).then_some(name)
}

#[cold]
fn part_of_another(source: &Source<'_>, start: u64, member: u64, name: &str) -> Result<Error> {
    let end = search(source, member, start, END_SIGNATURE, |at, _| Some(at))?;
    let reason = if end.is_some() {
        format!(
            "it starts at byte {start}, after another archive, which has '{name}' at byte {member}: were \
             several files written into this one?"
        )
    } else {
        format!(
            "it starts at byte {start}, but '{name}' before it, at byte {member}, is a member of a larger \
             archive: was the end of a collection of files cut off?"
        )
    };
    Ok(no_archive(source, &reason))
}
