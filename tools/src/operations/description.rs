//! What the description of an operation says.

use serde::Deserialize;

/// A file of descriptions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// That of the file.
    #[serde(skip)]
    pub name: String,
    /// What the operations have in common, the first line of the generated file.
    pub title: String,
    /// The operations, in the order of the header.
    #[serde(rename = "operation")]
    pub operations: Vec<Operation>,
}

/// An operation: the function `mts_<name>` for maps, and `mts_<name>_block` for blocks.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What it is called.
    pub name: String,
    /// The function of `metatensor-operations`, if its name is another one.
    pub rust: Option<String>,
    /// What it does: a summary with the formula, and everything else.
    pub documentation: String,
    /// What it takes.
    pub parameters: Vec<Parameter>,
    /// What it gives.
    pub result: OperationResult,
    /// Name of the parameter that is set to the answer, for those which give one.
    pub answer: Option<String>,
    /// What is said about the status, if it is not what everybody says.
    pub returns: Option<String>,
    /// The same for blocks, if it is something else.
    pub block_returns: Option<String>,
    /// Whether there is a twin for blocks.
    #[serde(default = "yes")]
    pub block: bool,
}

fn yes() -> bool {
    true
}

/// What an operation takes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// How it is called. A map called `tensor` is called `block` in the twin for blocks.
    pub name: String,
    /// What the option of the command line is called, if not as the parameter.
    pub option: Option<String>,
    /// One of those in `kind.rs`.
    pub kind: String,
    /// What it is. "a map", or "another map", do not have to be said.
    pub doc: Option<String>,
    /// What it is in the twin for blocks, if it is something else. "a block", or "another block", do not have to be said.
    pub block_doc: Option<String>,
    /// For lists, the name of the parameter with the number of entries.
    pub count: Option<String>,
    /// What the number of entries is.
    pub count_doc: Option<String>,
}

/// What an operation gives.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum OperationResult {
    /// A map, or a block.
    #[serde(rename = "map without info")]
    MapWithoutInfo,
    /// A map with the info of the first parameter, or a block.
    #[serde(rename = "map with the info of the first")]
    MapWithInfo,
    /// Labels.
    #[serde(rename = "labels")]
    Labels,
    /// Yes or no.
    #[serde(rename = "answer")]
    Answer,
    /// Yes or no, from a function that can not fail.
    #[serde(rename = "answer without error")]
    AnswerWithoutError,
    /// An error if something is not as it should be.
    #[serde(rename = "check")]
    Check,
}
