//! The one error type of the workspace.

use std::path::Path;
use std::{fmt, io};

mod contents;

pub use contents::{Contents, WrongContents};

/// What went wrong, with a message that names the culprit.
///
/// The variants are the kinds a caller may want to tell apart; everything else is in the message. It is
/// whole: no error has a [source](std::error::Error::source), which would say the same again.
///
/// Messages start with the kind of the error. Functions of the C interface that give a pointer have no
/// other way to tell it, so that these starts never change: those of metatensor 0.2 are the same.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An argument, or the combination of several, can not be used.
    InvalidParameter(String),
    /// The operating system refused to read or write.
    Io {
        /// What was being done, and on which file.
        context: String,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The content of a file or buffer is not what it should be.
    Serialization(String),
    /// A file or buffer holds something else than what was to be loaded, for which there is another
    /// function.
    WrongContents(WrongContents),
    /// A buffer given by the caller does not have the right size.
    BufferSize(String),
    /// Two objects that an operation needs to be alike are not.
    NotEqual(String),
    /// A valid request that this library can not fulfil (data type, device, missing formula).
    Unsupported(String),
    /// A linear system that has no usable solution.
    LinearAlgebra(String),
    /// Other processes could not be reached, or this one not by them.
    Communication(String),
    /// A function of a foreign array, or another function given by the caller, failed.
    Callback(String),
    /// A bug in this library.
    Internal(String),
}

/// Result with the error type of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An [`Error::InvalidParameter`] with this message.
    ///
    /// ```
    /// # use metatensor_core::Error;
    /// let error = Error::invalid("the cell has no volume");
    /// assert_eq!(error.to_string(), "invalid parameter: the cell has no volume");
    /// ```
    #[cold]
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::InvalidParameter(message.into())
    }

    /// An [`Error::Serialization`] with this message.
    ///
    /// ```
    /// # use metatensor_core::Error;
    /// let error = Error::serialization("there are no keys");
    /// assert_eq!(error.to_string(), "serialization format error: there are no keys");
    /// ```
    #[cold]
    pub fn serialization(message: impl Into<String>) -> Self {
        Error::Serialization(message.into())
    }

    /// An [`Error::Unsupported`] with this message.
    ///
    /// ```
    /// # use metatensor_core::Error;
    /// let error = Error::unsupported("arrays on this device");
    /// assert_eq!(error.to_string(), "unsupported: arrays on this device");
    /// ```
    #[cold]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Error::Unsupported(message.into())
    }

    /// An [`Error::Io`] saying that `action` (e.g. "open") failed on `path`.
    #[cold]
    pub fn io(action: &str, path: &Path, cause: io::Error) -> Self {
        Error::Io {
            context: format!("could not {action} '{}'", path.display()),
            cause,
        }
    }

    /// The same kind of error, of the gradient with respect to `parameter`. If it already names a gradient of this
    /// gradient, it names the path to it: `gradient 'a/b'`.
    ///
    /// ```
    /// # use metatensor_core::Error;
    /// let error = Error::invalid("no").in_gradient("strain").in_gradient("positions");
    /// assert_eq!(error.to_string(), "invalid parameter: gradient 'positions/strain': no");
    /// ```
    #[must_use]
    #[cold]
    pub fn in_gradient(self, parameter: &str) -> Self {
        const START: &str = "gradient '";
        self.change_message(|message| match message.strip_prefix(START) {
            Some(inner) => format!("{START}{parameter}/{inner}"),
            None => format!("{START}{parameter}': {message}"),
        })
    }

    /// The same kind of error, with `context` (e.g. "blocks/3/samples.npy") before its message.
    ///
    /// ```
    /// # use metatensor_core::Error;
    /// let error = Error::invalid("no").context("block (k=1)");
    /// assert_eq!(error.to_string(), "invalid parameter: block (k=1): no");
    /// ```
    #[must_use]
    pub fn context(self, context: impl std::fmt::Display) -> Self {
        self.change_message(|message| format!("{context}: {message}"))
    }

    fn change_message(self, add: impl FnOnce(String) -> String) -> Self {
        match self {
            Error::InvalidParameter(m) => Error::InvalidParameter(add(m)),
            Error::Io { context: m, cause } => Error::Io {
                context: add(m),
                cause,
            },
            Error::Serialization(m) => Error::Serialization(add(m)),
            Error::WrongContents(wrong) => Error::WrongContents(WrongContents {
                place: add(wrong.place),
                ..wrong
            }),
            Error::BufferSize(m) => Error::BufferSize(add(m)),
            Error::NotEqual(m) => Error::NotEqual(add(m)),
            Error::Unsupported(m) => Error::Unsupported(add(m)),
            Error::LinearAlgebra(m) => Error::LinearAlgebra(add(m)),
            Error::Communication(m) => Error::Communication(add(m)),
            Error::Callback(m) => Error::Callback(add(m)),
            Error::Internal(m) => Error::Internal(add(m)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::InvalidParameter(m) => write!(f, "invalid parameter: {m}"),
            Error::Io { context, cause } => write!(f, "io error: {context}: {cause}"),
            Error::Serialization(m) => write!(f, "serialization format error: {m}"),
            Error::WrongContents(m) => write!(f, "serialization format error: {m}"),
            Error::BufferSize(m) => write!(f, "buffer size error: {m}"),
            Error::NotEqual(m) => write!(f, "not equal: {m}"),
            Error::Unsupported(m) => write!(f, "unsupported: {m}"),
            Error::LinearAlgebra(m) => write!(f, "linear algebra error: {m}"),
            Error::Communication(m) => write!(f, "communication error: {m}"),
            Error::Callback(m) => write!(f, "callback error: {m}"),
            Error::Internal(m) => write!(f, "internal error: {m}"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_nested_gradients_are_whole() {
        let inner = Error::unsupported("no").in_gradient("c");
        assert_eq!(inner.to_string(), "unsupported: gradient 'c': no");
        let outer = inner
            .in_gradient("b")
            .in_gradient("a")
            .context("block (k=1)");
        assert_eq!(
            outer.to_string(),
            "unsupported: block (k=1): gradient 'a/b/c': no"
        );
    }
}
