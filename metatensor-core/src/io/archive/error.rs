//! Errors of loading, which name the file or buffer once.

use std::fmt::Display;

use crate::Error;

/// Why something could not be loaded.
#[derive(Debug)]
pub(crate) enum LoadError {
    /// The error says what could not be loaded, or comes from a function of the caller.
    Whole(Error),
    /// The error is about something in a file, and only says what that is.
    Inside(Error),
}

impl LoadError {
    /// The error for the caller, who only knows the source called `name`.
    #[cold]
    pub(crate) fn in_source(self, name: &str) -> Error {
        match self {
            LoadError::Whole(error) => error,
            LoadError::Inside(error) => error.context(name),
        }
    }
}

impl From<Error> for LoadError {
    #[cold]
    fn from(error: Error) -> Self {
        match error {
            // A source says which one it is when it can not be read.
            Error::Io { .. } | Error::Callback(_) => LoadError::Whole(error),
            _ => LoadError::Inside(error),
        }
    }
}

#[cold]
pub(super) fn damaged(name: &str, reason: impl Display) -> Error {
    Error::serialization(format!("'{name}' is damaged: {reason}"))
}
