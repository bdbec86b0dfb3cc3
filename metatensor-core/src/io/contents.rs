//! What a file holds.

use super::archive::{Archive, Source};
use crate::{Contents, Error, WrongContents};

impl Contents {
    /// What `archive` seems to hold, if it is one of ours.
    pub(super) fn of(archive: &Archive<'_>) -> Option<Contents> {
        if archive.contains("keys.npy") {
            Some(Contents::Map)
        } else if archive.contains("values.npy") {
            Some(Contents::Block)
        } else {
            None
        }
    }

    /// The error for `source` which should have held this, but holds something else.
    #[cold]
    pub(super) fn missing(self, source: &Source<'_>, found: Option<Contents>) -> Error {
        let place = source.name();
        if let Some(found) = found {
            return Error::WrongContents(WrongContents {
                place: place.to_owned(),
                in_memory: source.is_in_memory(),
                expected: self,
                found,
            });
        }
        Error::serialization(match self {
            Contents::Map => format!("expected {self} in {place}, which has no member 'keys.npy'"),
            Contents::Block => {
                format!("expected {self} in {place}, which has no member 'values.npy'")
            }
            Contents::Labels => {
                format!("expected {self} in {place}, which is not a file of this kind")
            }
        })
    }
}
