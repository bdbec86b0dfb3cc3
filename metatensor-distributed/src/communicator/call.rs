//! What is called: a function and what has to be the same on all ranks.

use std::fmt::{Debug, Write as _};

use super::hash::Hasher;

/// A collective function and those of its arguments that all ranks have to give alike.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    function: &'static str,
    options: String,
}

impl Call {
    pub(crate) fn new(function: &'static str) -> Call {
        let options = String::new();
        Call { function, options }
    }

    /// Whatever the other ranks call, by one that can not call it.
    pub(super) fn any() -> Call {
        Call::new("")
    }

    /// With an argument that has to be equal on all ranks.
    pub(crate) fn option(mut self, name: &str, value: impl Debug) -> Call {
        if !self.options.is_empty() {
            self.options.push_str(", ");
        }
        // Writing to a string never fails.
        let _ = write!(self.options, "{name} {value:?}");
        self
    }

    /// `function(name value, ...)`, for messages; nothing for any call.
    pub(super) fn describe(&self) -> String {
        match self.function {
            "" => String::new(),
            function => format!("{function}({})", self.options),
        }
    }

    /// A number of 62 bits that tells this call, the `number`-th one of its communicator, from others; and its opposite. Any call
    /// has the smallest numbers, which are no larger than those of any other one.
    pub(super) fn fingerprint(&self, number: u64, step: u64) -> [i64; 2] {
        if self.function.is_empty() {
            return [i64::MIN; 2];
        }
        let mut hash = Hasher::default();
        hash.number(number);
        hash.number(step);
        hash.bytes(self.function.as_bytes());
        hash.bytes(self.options.as_bytes());
        let hash = small(hash.finish());
        [hash, -hash]
    }
}

/// A hash that is at most 62 bits wide: the number, and its opposite, are far from the ends of `i64`.
pub(super) fn small(hash: u64) -> i64 {
    ((hash ^ (hash >> 62)) & ((1 << 62) - 1)) as i64
}
