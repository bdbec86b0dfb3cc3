//! Opening files, which others may be appending to.

use std::path::Path;

use indexmap::IndexMap;

use super::archive::{Archive, LoadError, Reading, Source};
use super::member_names::KEYS;
use super::{Scratch, info, labels};
use crate::error::Contents;
use crate::{Labels, Limits, Result};

/// How often a file is opened that changes all the time.
const ATTEMPTS: usize = 100;
/// How often a file is opened once more that can not be read, and does not seem to change.
const SAME_FAILURES: usize = 2;

/// The archive with the map in the file at `path`. If somebody is appending to it, or has died while doing so, this is what
/// it was before. It stays the same, whatever is appended later.
///
/// # Errors
/// If it can not be read, or is no map.
pub(super) fn open_map(path: &Path, limits: &Limits) -> Result<Archive<'static>> {
    open_growing(path, limits, open_source)
}

/// What `open` makes of the file at `path`. If somebody is appending to it, or has died while doing so, it gets what the file
/// was before.
///
/// # Errors
/// Those of `open`, or if the file can not be read.
pub(super) fn open_growing<T>(
    path: &Path,
    limits: &Limits,
    open: impl Fn(&Source<'static>) -> Result<T>,
) -> Result<T> {
    let mut failures = 0;
    let mut last = None;
    let mut changing = None;
    for _ in 0..ATTEMPTS {
        let source = Source::open_with(path, *limits)?;
        let stamp = source.stamp();
        match open(&source) {
            Ok(opened) if source.stamp() == stamp => return Ok(opened),
            Ok(opened) => changing = Some(opened),
            Err(error) if stamp.is_none() => return Err(error),
            Err(error) => {
                if let Some(before) = Source::open_journaled(path, *limits)?
                    && let Ok(before) = open(&before)
                {
                    return Ok(before);
                }
                // or there was a journal, and is none any more: the times of files have a resolution
                failures = if last == Some(stamp) { failures + 1 } else { 0 };
                last = Some(stamp);
                if failures == SAME_FAILURES {
                    return Err(error);
                }
            }
        }
    }
    match changing {
        Some(opened) => Ok(opened),
        None => open(&Source::open_with(path, *limits)?),
    }
}

/// The archive with the map in `source`. What is replaced when somebody appends to the file is in memory, and was checked.
pub(super) fn open_source(source: &Source<'static>) -> Result<Archive<'static>> {
    let mut archive = Contents::Map.open_archive(source.reader(Reading::Parts))?;
    if let Some(range) = archive.range_of(&LAST) {
        source.hold(range)?;
        let checked = check_last(&mut archive);
        checked.map_err(|error| error.in_source(source.name()))?;
    }
    Ok(archive)
}

/// The members that come after all blocks in files that grow.
pub(super) const LAST: [&str; 2] = [KEYS, info::NAME];

fn check_last(archive: &mut Archive<'_>) -> Result<(), LoadError> {
    let mut scratch = Vec::new();
    for name in LAST {
        if archive.contains(name) {
            let mut member = archive.open_member(name)?;
            member.check_rest(&mut scratch, |_| Ok(()))?;
        }
    }
    Ok(())
}

/// A map in a file, of which the keys and the info were read.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) archive: Archive<'static>,
    pub(super) keys: Labels,
    pub(super) info: IndexMap<String, String>,
}

impl Opened {
    /// The map in the file at `path`, as by [`open_map`].
    ///
    /// # Errors
    /// As for [`open_map`].
    pub(super) fn open(path: &Path) -> Result<Self> {
        Opened::of(open_map(path, &Limits::default())?)
    }

    /// The map in this source, which nobody else writes to.
    ///
    /// # Errors
    /// If it can not be read, or is no map.
    pub(super) fn of_source(source: &Source<'static>) -> Result<Self> {
        Opened::of(open_source(source)?)
    }

    fn of(mut archive: Archive<'static>) -> Result<Self> {
        match keys_and_info(&mut archive) {
            Ok((keys, info)) => Ok(Opened {
                archive,
                keys,
                info,
            }),
            Err(error) => Err(error.in_source(archive.source().name())),
        }
    }

    pub(super) fn key_names(&self) -> Vec<&str> {
        self.keys.names().iter().collect()
    }
}

fn keys_and_info(
    archive: &mut Archive<'_>,
) -> Result<(Labels, IndexMap<String, String>), LoadError> {
    let mut scratch = Scratch::default();
    let keys = labels::read(&mut archive.open_member(KEYS)?, &mut scratch)?;
    Ok((keys, info::of_archive(archive)?))
}
