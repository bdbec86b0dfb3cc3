//! Who reads everything, and who does not.

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// From start to end, more or less.
    Whole,
    /// Only what is needed, here and there.
    Parts,
}
