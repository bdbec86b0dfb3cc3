//! Which file is read, and which one is written: what commands have in common.

use clap::Args;

/// What to read: a file, or one of the maps in a collection.
#[derive(Args, Debug)]
pub(crate) struct FileOptions {
    /// File to read, - for standard input
    pub(crate) file: String,
    /// Of a collection: the name of one of its maps, as in NUMBER/NAME.mts
    #[arg(requires = "number")]
    pub(crate) name: Option<String>,
    /// Of a collection: the number of the map
    pub(crate) number: Option<i32>,
}

/// Where a new file goes.
#[derive(Args, Debug)]
pub(crate) struct OutputOptions {
    /// The new file, which is there when all of it is written; - is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: String,
    /// Replace a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}
