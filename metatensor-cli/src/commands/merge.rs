//! `mts merge`: one file of several.

use metatensor_core::{FileAlignment, merge_files};

use super::check_output;
use crate::Outcome;
use crate::arguments::MergeOptions;
use crate::output::Failure;
use crate::progress::waiting;

pub(crate) fn run(options: &MergeOptions) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let alignment = match options.packed {
        true => FileAlignment::Packed,
        false => FileAlignment::Aligned,
    };
    let merge = || merge_files(&options.files, &options.output.output, alignment);
    waiting("merging", merge)?;
    Ok(Outcome::Good)
}
