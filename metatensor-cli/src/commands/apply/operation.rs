//! What is known of an operation.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_operations::NotEqual;

use super::given::Given;
use crate::output::Failure;

/// An operation. Several can have a name in common but for its end, `-scalar` or `-with`: these are one command.
#[derive(Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) documentation: &'static str,
    pub(super) parameters: &'static [Parameter],
    /// How many new files it makes.
    pub(super) files: usize,
    pub(super) run: fn(&Given<'_>) -> Result<Made, Failure>,
}

/// What an operation takes.
#[derive(Clone, Copy)]
pub(super) struct Parameter {
    /// The name of the option.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) help: &'static str,
}

/// What can be given for a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file. These and numbers are given by their place, all else by name.
    Map,
    /// Any number of files.
    Maps,
    /// A file with a block, or with a map that has a single one.
    Block,
    Number,
    Seed,
    Index,
    Axis,
    Axes,
    MissingGradients,
    DifferentKeys,
    Descending,
    Text,
    OptionalText,
    Keys,
    Names,
    OptionalNames,
    Selection,
    Positions,
    Integers,
    OptionalNumber,
    OptionalInteger,
    OptionalSelection,
    /// Files with labels.
    Labels,
    OptionalLabels,
    Numbers,
    Flag,
    /// One of these, the first one if it is not given.
    Choice(&'static [&'static str]),
    AllcloseOptions,
    EqualMetadataOptions,
    LstsqOptions,
}

/// What came out.
pub(super) enum Made {
    Map(TensorMap),
    /// Two maps, each for a file of its own.
    Pair([TensorMap; 2]),
    Block(TensorBlock),
    Labels(Labels),
    Answer(bool),
    /// Maps are not alike, for this reason.
    Different(String),
}

impl Made {
    pub(super) fn check(result: Result<(), NotEqual>) -> Made {
        match result {
            Ok(()) => Made::Answer(true),
            Err(reason) => Made::Different(reason.to_string()),
        }
    }
}

impl Operation {
    /// What it is called on the command line.
    pub(super) fn command(&self) -> &'static str {
        let name = self.name;
        let name = name.strip_suffix("-scalar").unwrap_or(name);
        name.strip_suffix("-with").unwrap_or(name)
    }

    /// What is given by its place.
    pub(super) fn operands(&self) -> impl Iterator<Item = &'static Parameter> {
        let is_operand = |parameter: &&Parameter| {
            let kind = parameter.kind;
            matches!(kind, Kind::Map | Kind::Maps | Kind::Block | Kind::Number)
        };
        self.parameters.iter().filter(is_operand)
    }

    pub(super) fn has(&self, kind: Kind) -> bool {
        self.parameters
            .iter()
            .any(|parameter| parameter.kind == kind)
    }
}
