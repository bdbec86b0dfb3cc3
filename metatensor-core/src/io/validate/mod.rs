//! Everything that is wrong with a file.

use std::fmt;
use std::path::Path;

use super::archive::{Archive, Member, Reading, Source};
use super::contents::Found;
use super::member_names::KEYS;
use super::{Scratch, labels, other};
use crate::error::Contents;
use crate::{Error, Limits, Result};

mod checker;
mod collection;

use checker::Checker;

/// Something that is wrong with a file.
///
/// It is shown with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The member of the archive that is concerned, if it is one.
    pub member: Option<String>,
    /// Where that is in the file: the header of the member, or a record of the directory.
    pub byte: Option<u64>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.byte {
            Some(byte) => write!(f, " (at byte {byte})"),
            None => Ok(()),
        }
    }
}

/// Everything that is wrong with the file at `path`, which should hold a map, a block or labels, or a
/// [collection](crate::Collection) of maps. If there is nothing, it can be loaded; and if it can be loaded, there is nothing but
/// what is wrong with members of an archive that belong to no array, which loading does not read.
///
/// Where loading stops at the first problem, this goes on: with other records of the directory, other members, and other
/// blocks. All of the file is read, and all checksums are compared. What follows from another problem is not reported again:
/// what a block needs is only checked if its members can be read. Of a collection, all maps are checked, one after the other,
/// and the bytes of everything else.
///
/// If somebody was appending to the file and did not finish, this is a problem, and what the file was before is checked.
///
/// ```
/// # use metatensor_core::{Labels, Result, TensorMap, validate};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// TensorMap::new(Labels::empty(&["key"])?, vec![])?.save(&path)?;
/// assert!(validate(&path)?.is_empty());
///
/// # let mut bytes = std::fs::read(&path).unwrap();
/// bytes[60] ^= 1;
/// std::fs::write(&path, bytes).unwrap();
/// let problems = validate(&path)?;
/// assert_eq!(problems[0].member.as_deref(), Some("keys.npy"));
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// If the file can not be opened or read. What is in it is no error here.
pub fn validate(path: impl AsRef<Path>) -> Result<Vec<Problem>> {
    validate_with(path, Limits::default())
}

/// The same with limits for this file.
///
/// ```
/// # use metatensor_core::{Labels, Limit, Limits, Result, TensorMap, validate_with};
/// # let directory = tempfile::tempdir().unwrap();
/// # let path = directory.path().join("map.mts");
/// TensorMap::new(Labels::empty(&["key"])?, vec![])?.save(&path)?;
/// let limits = Limits::default().with(Limit::Members, 1000);
/// assert!(validate_with(&path, limits)?.is_empty());
/// # Ok::<(), metatensor_core::Error>(())
/// ```
///
/// # Errors
///
/// As for [`validate`].
pub fn validate_with(path: impl AsRef<Path>, limits: Limits) -> Result<Vec<Problem>> {
    let path = path.as_ref();
    let problems = validate_source(Source::open_with(path, limits)?, Inside::File)?;
    if problems.is_empty() {
        return Ok(problems);
    }
    let Some(before) = Source::open_journaled(path, limits)? else {
        return Ok(problems);
    };
    let mut all = vec![Problem {
        member: None,
        byte: None,
        message: format!(
            "somebody is appending to {}, or was and did not finish: it is read as it was before",
            before.name()
        ),
    }];
    all.extend(validate_source(before, Inside::File)?);
    Ok(all)
}

/// Everything that is wrong with the content of a file, as by [`validate`].
///
/// ```
/// # use metatensor_core::{Labels, Limits, Result, validate_buffer};
/// let bytes = Labels::range("n", 3)?.save_buffer()?;
/// assert!(validate_buffer(&bytes, Limits::default()).is_empty());
/// let problems = validate_buffer(&bytes[..bytes.len() - 1], Limits::default());
/// assert_eq!(problems.len(), 1);
/// assert!(problems[0].message.contains("was it cut off?"), "{}", problems[0]);
/// # Ok::<(), metatensor_core::Error>(())
/// ```
pub fn validate_buffer(buffer: &[u8], limits: Limits) -> Vec<Problem> {
    let source = Source::from_bytes(buffer).with_limits(limits);
    match validate_source(source, Inside::File) {
        Ok(problems) => problems,
        Err(error) => vec![whole(error)],
    }
}

/// Where something is that is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    File,
    /// There are no collections in collections.
    Collection,
}

fn validate_source(mut source: Source<'_>, inside: Inside) -> Result<Vec<Problem>> {
    let found = match Found::in_source(&mut source) {
        Ok(found) => found,
        Err(error @ Error::Io { .. }) => return Err(error),
        Err(error) => return Ok(vec![whole(error)]),
    };
    match found {
        Found::Labels(range) => {
            let name = source.plain_name().to_owned();
            let mut member = Member::in_source(&name, &mut source, range);
            match labels::read(&mut member, &mut Scratch::default()) {
                Ok(_) => Ok(Vec::new()),
                Err(error @ Error::Io { .. }) => Err(error),
                Err(error) => Ok(vec![whole(error)]),
            }
        }
        Found::Nothing => {
            let what = other::describe(&mut source)?;
            let name = source.name();
            let message = format!("expected a map, a block or labels in {name}, which {what}");
            Ok(vec![whole(Error::serialization(message))])
        }
        Found::Archive(end) => {
            let mut problems = Vec::new();
            let archive = Archive::new_reporting(source, &end, &mut |name, byte, error| {
                problems.push(Problem {
                    member: (!name.is_empty()).then(|| name.to_owned()),
                    byte: Some(byte),
                    message: message_of(&error),
                });
                Ok(())
            });
            match archive {
                Ok(archive) => validate_archive(&archive, &mut problems, inside)?,
                Err(error @ Error::Io { .. }) => return Err(error),
                Err(error) => problems.push(whole(error)),
            }
            Ok(problems)
        }
    }
}

fn validate_archive(
    archive: &Archive<'_>,
    problems: &mut Vec<Problem>,
    inside: Inside,
) -> Result<()> {
    let mut checker = Checker::new(archive.reader(Reading::Whole), problems);
    match Contents::of(archive) {
        Ok(Contents::Map) => checker.map()?,
        Ok(_) => checker.only_block()?,
        // there is a record of them, but no valid one
        Err(_) if checker.has_bad_record(KEYS) => checker.map()?,
        Err(_) if checker.has_bad_record("values.npy") => checker.only_block()?,
        Err(_) if inside == Inside::File && checker.is_collection() => checker.collection()?,
        Err(what) => {
            let name = archive.source().name();
            checker.add(Error::serialization(format!(
                "expected a map, a block or labels in {name}, which {what}"
            )));
        }
    }
    checker.others()
}

/// A problem of the file as a whole.
fn whole(error: Error) -> Problem {
    Problem {
        member: None,
        byte: None,
        message: message_of(&error),
    }
}

/// What an error says, without the kind of it.
fn message_of(error: &Error) -> String {
    match error {
        Error::Serialization(message) | Error::InvalidParameter(message) => message.clone(),
        Error::WrongContents(wrong) => wrong.to_string(),
        other => other.to_string(),
    }
}
