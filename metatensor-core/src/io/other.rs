//! Files that are something else: what they are, and what to do about it.

use std::fmt::Display;

use super::archive::{Archive, End, Source};
use super::npy;
use crate::{Error, Result};

/// What is said of an archive in the layout that came before this one.
pub(super) const OLD_LAYOUT: &str = "has the old layout, of metatensor 0.1 ('blocks/0/values/data.npy'): rename its \
     members, without 'values/', and with 'values.npy' for 'data.npy'";

/// This many bytes of a file are looked at.
const FIRST: u64 = 1024;

/// Formats that are told by their first bytes, and what to do with them.
const FORMATS: [(&[u8], &str); 11] = [
    (
        b"version https://git-lfs",
        "is a pointer of git-lfs, not the file itself: get that with `git lfs pull`",
    ),
    (b"\x1f\x8b", "is compressed by gzip: decompress it first"),
    (b"\xfd7zXZ\0", "is compressed by xz: decompress it first"),
    (
        b"\x28\xb5\x2f\xfd",
        "is compressed by zstd: decompress it first",
    ),
    (b"BZh", "is compressed by bzip2: decompress it first"),
    (
        b"7z\xbc\xaf\x27\x1c",
        "is an archive of 7-Zip: unpack it first",
    ),
    (
        b"\x89HDF\r\n\x1a\n",
        "is an HDF5 file: no function of this library reads these",
    ),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
];
const PICKLE: &str =
    "is a pickle of Python: load it there, and save what it holds with `metatensor.save`";

/// What `source` is, which is neither an archive nor labels; in words that come after "which".
///
/// # Errors
/// If it can not be read.
#[cold]
pub(super) fn describe(source: &mut Source<'_>) -> Result<String> {
    let size = source.size();
    if size == 0 {
        return Ok("is empty: was it ever written, or did copying it fail?".to_owned());
    }
    let mut first = vec![0; size.min(FIRST) as usize];
    source.read_exact_at(0, &mut first)?;
    if source.content_end()? == 0 {
        let what = if first[0] == 0 { "zeros" } else { "whitespace" };
        return Ok(format!(
            "is nothing but {what}, {size} bytes of them: its content was never written, or lost"
        ));
    }
    if let Some(end) = End::find_followed(source)? {
        return followed_by(source, "an archive", end);
    }

    let array = npy::size(&first).ok();
    // an array may be the bytes of a file
    let content = array
        .and_then(|header| first.get(header..))
        .unwrap_or(&first);
    if content.starts_with(b"PK\x03\x04") || content.starts_with(b"PK\x01\x02") {
        return Ok(format!(
            "is the start of an archive, {size} bytes, without its end: it was cut off, or not written to the end"
        ));
    }
    match array {
        Some(header) if header as u64 <= size => {
            return Ok("is an array of numbers without names (.npy)".to_owned());
        }
        None if !first.starts_with(npy::MAGIC) => (),
        _ => return Ok("is the start of an array (.npy): it was cut off".to_owned()),
    }
    if let Some((_, what)) = FORMATS.iter().find(|format| first.starts_with(format.0)) {
        return Ok((*what).to_owned());
    }
    if first.get(257..262) == Some(b"ustar") {
        return Ok("is a tar archive: unpack it first".to_owned());
    }
    Ok(describe_text(&first))
}

/// What a file is that starts with `first`, in no format that has a mark.
fn describe_text(first: &[u8]) -> String {
    let text = String::from_utf8_lossy(first).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("<!doctype html") || text.contains("<html") {
        return "is a web page (HTML): check the address that it came from, and whether a login is needed".to_owned();
    }
    if text.starts_with("<?xml") {
        return "is an XML document: if it came from a server, it may say what went wrong"
            .to_owned();
    }
    // the last character may be incomplete
    let is_text = match std::str::from_utf8(first) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let kind = match is_text && !first.contains(&0) {
        true => "is text",
        false => "is of an unknown kind",
    };
    format!("{kind}, and starts with '{}'", preview(first))
}

/// Some of the first of these bytes, for people.
fn preview(bytes: &[u8]) -> impl Display {
    bytes[..bytes.len().min(24)].escape_ascii()
}

/// What `archive` is, which holds neither a map nor a block; in words that come after "which".
#[cold]
pub(super) fn describe_archive(archive: &Archive<'_>) -> String {
    let has = |ends: &[&str]| {
        let mut names = archive.names();
        names.find(|name| ends.iter().any(|end| name.ends_with(end)))
    };
    let what = if archive.names().len() == 0 {
        "is an archive without members".to_owned()
    } else if let Some(name) = has(&["data.pkl"]) {
        format!("is a file of PyTorch ('{name}'): load it with `torch.load`")
    } else if let Some(name) = has(&[".mts", ".npz", ".zip"]) {
        format!(
            "is a collection of files, as '{name}': load members with `Collection`, or unpack it first, and load one of them"
        )
    } else {
        let names: Vec<_> = archive.names().take(3).collect();
        format!(
            "is an archive of something else, with the members '{}'",
            names.join("', '")
        )
    };
    format!("{what}; there is no 'keys.npy', as in maps, and no 'values.npy', as in blocks")
}

/// The error that something follows `what`, which ends at byte `end`, in `source`.
///
/// # Errors
/// If the source can not be read.
#[cold]
pub(super) fn followed(source: &mut Source<'_>, what: &str, end: u64) -> Result<Error> {
    let description = followed_by(source, what, end)?;
    let name = source.name();
    Ok(Error::serialization(format!("{name}, which {description}")))
}

fn followed_by(source: &mut Source<'_>, what: &str, end: u64) -> Result<String> {
    let start = source.content_start(end)?;
    let mut bytes = vec![0; (source.size() - start).min(24) as usize];
    source.read_exact_at(start, &mut bytes)?;
    Ok(format!(
        "holds {what} that ends at byte {end}, has '{}' at byte {start}: only whitespace and zeros may come after \
         the end",
        preview(&bytes)
    ))
}
