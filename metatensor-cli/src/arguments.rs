//! What can be given on the command line.

use clap::{Args, Parser, Subcommand};

use crate::selection::Selection;

/// Look at files of metatensor (.mts), and compare them.
///
/// FILE is a path, or - for standard input. Ends with 0; with 1 if files differ or one is invalid; with 2 for errors.
#[derive(Debug, Parser)]
#[command(name = "mts", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print JSON instead of text. Numbers that it does not have are the strings "NaN", "inf" and "-inf"
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What a file holds, from its headers
    Info(InfoOptions),
    /// One line for each block
    Ls(LsOptions),
    /// Values beside their labels
    Show(ShowOptions),
    /// Smallest and largest values, means, norms and sparsity of each block
    Stat(StatOptions),
    /// Everything that is wrong with files, and where
    Validate(ValidateOptions),
    /// What is different between two files: keys and rows are matched by their labels
    Diff(DiffOptions),
}

#[derive(Args, Debug)]
pub(crate) struct InfoOptions {
    /// File to look at
    pub(crate) file: String,
}

#[derive(Args, Debug)]
pub(crate) struct LsOptions {
    /// File to look at
    pub(crate) file: String,
    /// Blocks to list: names=values of keys, as center_type=1/6/8,o3_lambda=0..2 (both ends included)
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowOptions {
    /// File to look at
    pub(crate) file: String,
    /// Blocks to show, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) block: Option<Selection>,
    /// Gradient to show instead of the values; positions/strain is a gradient of a gradient
    #[arg(long, value_name = "PARAMETER")]
    pub(crate) gradient: Option<String>,
    /// Rows to show, as for keys: system=0,atom=3..5
    #[arg(long, value_name = "SAMPLES")]
    pub(crate) samples: Option<Selection>,
    /// Rows to show of each block, at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) head: usize,
}

#[derive(Args, Debug)]
pub(crate) struct StatOptions {
    /// File to look at
    pub(crate) file: String,
    /// Blocks to look at, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
}

#[derive(Args, Debug)]
pub(crate) struct ValidateOptions {
    /// Files to look at
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DiffOptions {
    /// The one file
    pub(crate) first: String,
    /// The other file, whose values tolerances are relative to
    pub(crate) second: String,
    /// Relative tolerance
    #[arg(long, value_name = "X", default_value_t = 1e-13)]
    pub(crate) rtol: f64,
    /// Absolute tolerance
    #[arg(long, value_name = "X", default_value_t = 1e-12)]
    pub(crate) atol: f64,
    /// NaN is equal to NaN
    #[arg(long)]
    pub(crate) equal_nan: bool,
    /// Only compare labels, gradients and types
    #[arg(long)]
    pub(crate) metadata_only: bool,
    /// Another order of blocks and rows is a difference
    #[arg(long)]
    pub(crate) ordered: bool,
    /// Places to name of each block, at most
    #[arg(short = 'n', value_name = "N", default_value_t = 3)]
    pub(crate) places: usize,
    /// Print nothing: only end with 0 or 1
    #[arg(short, long)]
    pub(crate) quiet: bool,
}
