//! What a file holds.

use super::archive::Archive;
use crate::Error;

/// The things that can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    Map,
    Block,
    Labels,
    Unknown,
}

impl Contents {
    /// What `archive` seems to hold.
    pub(super) fn of(archive: &Archive<'_>) -> Contents {
        if archive.contains("keys.npy") {
            Contents::Map
        } else if archive.contains("values.npy") {
            Contents::Block
        } else {
            Contents::Unknown
        }
    }

    /// The error for the file `name` which should have held this, but holds something else.
    #[cold]
    pub(super) fn missing(self, name: &str, found: Contents) -> Error {
        let expected = self.describe();
        Error::serialization(match (self, found) {
            (_, Contents::Map | Contents::Block | Contents::Labels) => format!(
                "expected {expected} in {name}, which holds {}",
                found.describe()
            ),
            (Contents::Map, _) => {
                format!("expected {expected} in {name}, which has no member 'keys.npy'")
            }
            (Contents::Block, _) => {
                format!("expected {expected} in {name}, which has no member 'values.npy'")
            }
            _ => format!("expected {expected} in {name}, which is not a file of this kind"),
        })
    }

    fn describe(self) -> &'static str {
        match self {
            Contents::Map => "a tensor map",
            Contents::Block => "a tensor block",
            Contents::Labels => "labels",
            Contents::Unknown => "something else",
        }
    }
}
