//! Why two things are not equal.

use std::fmt;

use metatensor_core::{Error, Labels};

use super::Axis;

/// Where and why two maps or blocks are not equal, or could not be compared.
#[derive(Debug)]
#[non_exhaustive]
pub struct NotEqual {
    /// Key of the blocks that differ, as text. `None` if blocks were compared, or keys are different.
    pub key: Option<String>,
    /// Parameters from the values down to the gradient that differs, separated by `/`. Empty for the
    /// values themselves.
    pub path: String,
    /// The axis with different labels, if it is not the values or the gradient parameters that differ.
    pub axis: Option<Axis>,
    /// What is different ([`Error::NotEqual`]), or why the values could not be compared (any other
    /// error).
    pub reason: Error,
}

impl NotEqual {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Error::NotEqual(reason.into()).into()
    }

    pub(crate) fn on_axis(axis: Axis, reason: impl Into<String>) -> Self {
        NotEqual {
            axis: Some(axis),
            ..Self::new(reason)
        }
    }

    /// This was found in the gradient with respect to `parameter`.
    pub(crate) fn in_gradient(mut self, parameter: &str) -> Self {
        self.path = match &*self.path {
            "" => parameter.to_owned(),
            path => format!("{parameter}/{path}"),
        };
        self
    }

    /// This was found in the blocks for one of the keys.
    pub(crate) fn for_key(mut self, keys: &Labels, key: usize) -> Self {
        self.key = Some(keys.describe(key));
        self
    }
}

/// Things can not be compared because of this error.
impl From<Error> for NotEqual {
    fn from(reason: Error) -> Self {
        NotEqual {
            key: None,
            path: String::new(),
            axis: None,
            reason,
        }
    }
}

impl fmt::Display for NotEqual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_different = matches!(self.reason, Error::NotEqual(_));
        match &self.key {
            Some(key) if is_different => write!(f, "blocks for key {key} are different: ")?,
            Some(key) => write!(f, "block {key}: ")?,
            None => (),
        }
        if !self.path.is_empty() {
            write!(f, "gradient '{}' ", self.path)?;
        }
        match &self.reason {
            Error::NotEqual(reason) => f.write_str(reason),
            other => write!(f, "values can not be compared: {other}"),
        }
    }
}

impl std::error::Error for NotEqual {}

impl From<NotEqual> for Error {
    fn from(different: NotEqual) -> Error {
        if let Error::NotEqual(_) = different.reason {
            return Error::NotEqual(different.to_string());
        }
        let mut error = different.reason;
        if !different.path.is_empty() {
            error = error.context(format!("gradient '{}'", different.path));
        }
        match different.key {
            Some(key) => error.context(format!("block {key}")),
            None => error,
        }
    }
}
