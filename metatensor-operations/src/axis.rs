//! The axes of maps and blocks.

use std::fmt;

/// What labels are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    /// The blocks of a map.
    Keys,
    /// The first axis of the values of a block.
    Samples,
    /// The axes between the first and the last.
    Components,
    /// The last axis.
    Properties,
}

/// In lower case: `samples`.
impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Axis::Keys => "keys",
            Axis::Samples => "samples",
            Axis::Components => "components",
            Axis::Properties => "properties",
        })
    }
}
