//! The kinds of things that files hold.

use std::fmt;

/// What a file or buffer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// A [`TensorMap`](crate::TensorMap).
    Map,
    /// A [`TensorBlock`](crate::TensorBlock).
    Block,
    /// [`Labels`](crate::Labels).
    Labels,
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Contents::Map => "a tensor map",
            Contents::Block => "a tensor block",
            Contents::Labels => "labels",
        })
    }
}

/// Where something else was found than what was to be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub struct WrongContents {
    /// The file in quotes, or "the buffer".
    pub place: String,
    /// Whether this is a buffer, and not a file.
    pub in_memory: bool,
    /// What was to be loaded.
    pub expected: Contents,
    /// What is there.
    pub found: Contents,
}

impl WrongContents {
    /// The message for those who call `function` to load what was found: functions have other names in other
    /// languages.
    pub fn message(&self, function: &str) -> String {
        let WrongContents {
            place,
            expected,
            found,
            ..
        } = self;
        format!("expected {expected} in {place}, which holds {found}: load it with {function}")
    }
}

/// With the names of functions in Rust.
impl fmt::Display for WrongContents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = match (self.found, self.in_memory) {
            (Contents::Map, false) => "TensorMap::load",
            (Contents::Map, true) => "TensorMap::load_buffer",
            (Contents::Block, false) => "TensorBlock::load",
            (Contents::Block, true) => "TensorBlock::load_buffer",
            (Contents::Labels, false) => "Labels::load",
            (Contents::Labels, true) => "Labels::load_buffer",
        };
        f.write_str(&self.message(load))
    }
}
