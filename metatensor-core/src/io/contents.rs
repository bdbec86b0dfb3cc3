//! What a file holds, told by what is in it, wherever in the file that is.

use std::ops::Range;

use super::archive::{Archive, End, Source};
use super::{npy, other};
use crate::error::{Contents, WrongContents};
use crate::{Error, Result};

impl Contents {
    /// The archive in `source`, which has to hold this.
    ///
    /// # Errors
    /// If it holds something else or nothing that is valid, or if the source can not be read.
    pub(super) fn open_archive<'s>(self, mut source: Source<'s>) -> Result<Archive<'s>> {
        match Found::in_source(&mut source)? {
            Found::Archive(end) => {
                let archive = Archive::new(source, &end)?;
                match Contents::of(&archive) {
                    Ok(found) if found == self => Ok(archive),
                    other => Err(self.missing(archive.source(), other)),
                }
            }
            Found::Labels(_) => Err(self.missing(&source, Ok(Contents::Labels))),
            Found::Nothing => {
                let what = other::describe(&mut source)?;
                Err(self.missing(&source, Err(what)))
            }
        }
    }

    /// Where the labels are that `source` has to hold.
    ///
    /// # Errors
    /// If it holds something else, or can not be read.
    pub(super) fn find_labels(mut source: Source<'_>) -> Result<(Source<'_>, Range<u64>)> {
        match Found::in_source(&mut source)? {
            Found::Labels(range) => Ok((source, range)),
            Found::Archive(end) => {
                let archive = Archive::new(source, &end)?;
                let other = Contents::of(&archive);
                Err(Contents::Labels.missing(archive.source(), other))
            }
            Found::Nothing => {
                let what = other::describe(&mut source)?;
                Err(Contents::Labels.missing(&source, Err(what)))
            }
        }
    }

    /// What `archive` holds, or else what it is.
    pub(super) fn of(archive: &Archive<'_>) -> Result<Contents, String> {
        if archive.contains("blocks/0/values/data.npy") {
            Err(other::OLD_LAYOUT.to_owned())
        } else if archive.contains("keys.npy") {
            Ok(Contents::Map)
        } else if archive.contains("values.npy") {
            Ok(Contents::Block)
        } else {
            Err(other::describe_archive(archive))
        }
    }

    /// The error for `source`, which should have held this, but holds something else that can be loaded, or is
    /// something else.
    #[cold]
    fn missing(self, source: &Source<'_>, other: Result<Contents, String>) -> Error {
        let place = source.name();
        match other {
            Ok(found) => Error::WrongContents(WrongContents {
                place: place.to_owned(),
                in_memory: source.is_in_memory(),
                expected: self,
                found,
            }),
            Err(what) => Error::serialization(format!("expected {self} in {place}, which {what}")),
        }
    }
}

/// Where the content of a source is.
pub(super) enum Found {
    /// In the archive with this end.
    Archive(End),
    /// It is these bytes, which are labels.
    Labels(Range<u64>),
    Nothing,
}

impl Found {
    /// What `source` holds.
    ///
    /// # Errors
    /// If it can not be read, or is invalid as a whole.
    pub(super) fn in_source(source: &mut Source<'_>) -> Result<Found> {
        let mut start = 0;
        // bytes that were saved as an array have the header of one before them
        for _ in 0..2 {
            let Some((header, is_labels)) = npy_header(source, start)? else {
                break;
            };
            if is_labels {
                return Ok(Found::Labels(labels_range(source, start, &header)?));
            }
            start += header.len() as u64;
        }
        Ok(match End::find(source)? {
            Some(end) => Found::Archive(end),
            None => Found::Nothing,
        })
    }
}

/// The header of the array that starts at `start`, as far as it is there, and whether the array looks like labels.
fn npy_header(source: &mut Source<'_>, start: u64) -> Result<Option<(Vec<u8>, bool)>> {
    let mut first = [0; npy::PRELUDE];
    if source.size() - start < first.len() as u64 {
        return Ok(None);
    }
    source.read_exact_at(start, &mut first)?;
    let Ok(size) = npy::size(&first) else {
        return Ok(None);
    };
    let size = (size as u64).min(source.size() - start);
    let mut header = vec![0; size as usize];
    source.read_exact_at(start, &mut header)?;
    let is_labels = npy::has_fields(&header);
    Ok(Some((header, is_labels)))
}

/// Where the labels with this header are, which start at `start`.
fn labels_range(source: &mut Source<'_>, start: u64, header: &[u8]) -> Result<Range<u64>> {
    let size = source.size();
    // whoever reads the labels says what is wrong with their header
    let Ok((parsed, data)) = npy::parse(header) else {
        return Ok(start..size);
    };
    let data_size = parsed
        .data_size()
        .map_err(|error| error.context(source.name()))?;
    let end = start + data as u64 + data_size as u64;
    if size < end {
        return Err(Error::serialization(format!(
            "{} ends at byte {size}, but the labels that it holds end at byte {end}: was it cut off?",
            source.name()
        )));
    }
    let content_end = source.content_end()?;
    if content_end > end {
        return Err(other::followed(source, "labels", end)?);
    }
    Ok(start..end)
}
