//! The axes of maps and blocks.

use std::fmt;

use metatensor_core::{Labels, TensorBlock};

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

impl Axis {
    /// All axes of a map.
    pub const ALL: [Axis; 4] = [
        Axis::Keys,
        Axis::Samples,
        Axis::Components,
        Axis::Properties,
    ];

    /// All axes of a block.
    pub const OF_BLOCKS: [Axis; 3] = [Axis::Samples, Axis::Components, Axis::Properties];

    /// The labels of a block on this axis, which is that of samples or of properties.
    pub(crate) fn labels(self, block: &TensorBlock) -> &Labels {
        match self {
            Axis::Properties => block.properties(),
            _ => block.samples(),
        }
    }
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
