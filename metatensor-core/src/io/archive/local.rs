//! The headers before members, which repeat what the directory says.

use smallvec::{SmallVec, smallvec};

use super::Source;
use super::directory::Entry;
use super::error::damaged;
use super::format::*;
use crate::Result;

/// Bytes of the extra field that has sizes of 64 bits, which many programs always write.
const EXTRA: usize = 20;

/// Where the data of the member `name` starts, after a header that says the same as the entry in the directory: other
/// programs may believe the header.
///
/// No checksum protects the names: that there are two of them does.
pub(super) fn data_start(source: &mut Source<'_>, name: &str, entry: &Entry) -> Result<u64> {
    let start = entry.header_start;
    // not so if somebody wants to know all that is wrong, and goes on after the directory was
    entry.check_end(name, start.checked_add(LOCAL_HEADER as u64))?;
    // as a rule, this is all that there is before the data
    let expected = LOCAL_HEADER + name.len() + EXTRA;
    let length = (expected as u64).min(entry.limit.saturating_sub(start)) as usize;
    let mut bytes: SmallVec<[u8; 192]> = smallvec![0; length];
    source.read_exact_at(start, &mut bytes)?;

    let header = bytes.first_chunk::<LOCAL_HEADER>();
    let header = *header.unwrap_or(&[0; LOCAL_HEADER]);
    let after_name = LOCAL_HEADER + name.len();
    if get32(&header, 0) != LOCAL_SIGNATURE || usize::from(get16(&header, 26)) != name.len() {
        return Err(damaged(name, "its header is not the one in the directory"));
    }
    // this can not overflow: the start was found to lie in the file
    let after_extra = after_name + usize::from(get16(&header, 28));
    let data_start = start + after_extra as u64;
    entry.check_end(name, Some(data_start))?;
    let has_wide_size = get32(&header, 18) == u32::MAX || get32(&header, 22) == u32::MAX;
    if has_wide_size && after_extra > length {
        bytes.resize(after_extra, 0);
        source.read_exact_at(start, &mut bytes)?;
    }

    let local_name = &bytes[LOCAL_HEADER..after_name];
    if *local_name != *name.as_bytes() {
        return Err(damaged(
            name,
            format!("its own header calls it '{}'", local_name.escape_ascii()),
        ));
    }
    let extra = &bytes[after_name..after_extra.min(bytes.len())];
    if let Some((what, own, other)) = contradiction(&header, extra, entry) {
        return Err(damaged(
            name,
            format!("its own header gives the {what} {own}, the directory {other}"),
        ));
    }
    Ok(data_start)
}

/// What a header says that the directory does not: what it is about, and both of it.
fn contradiction(
    header: &[u8; LOCAL_HEADER],
    extra: &[u8],
    entry: &Entry,
) -> Option<(&'static str, String, String)> {
    let differ = |what, own: u64, other: u64| Some((what, own.to_string(), other.to_string()));
    let flags = get16(header, 6);
    if flags & ENCRYPTED != 0 {
        return differ("flag for encryption", 1, 0);
    }
    let method = get16(header, 8);
    if method != entry.method.code() {
        return differ(
            "compression method",
            method.into(),
            entry.method.code().into(),
        );
    }
    // who writes to a pipe knows these only after the data
    let is_streamed = flags & STREAMED != 0;
    let crc = get32(header, 14);
    if crc != entry.crc && !(is_streamed && crc == 0) {
        return Some((
            "checksum",
            format!("{crc:08x}"),
            format!("{:08x}", entry.crc),
        ));
    }
    // both sizes are there if one is
    let mut wide = Wide::find(extra);
    for (what, at, other) in [
        ("size", 22, entry.size),
        ("compressed size", 18, entry.stored_size),
    ] {
        let wide = wide.next();
        let own = match u64::from(get32(header, at)) {
            MAX32 => wide.unwrap_or(MAX32),
            own => own,
        };
        if own != other && !(is_streamed && matches!(own, 0 | MAX32)) {
            return differ(what, own, other);
        }
    }
    None
}
