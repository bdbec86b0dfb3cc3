//! `mts merge`: one file of several.

use std::fs;
use std::path::PathBuf;

use metatensor_core::{FileAlignment, merge_files};
use tempfile::NamedTempFile;

use super::new_file::{check_output, write_file};
use crate::Outcome;
use crate::arguments::MergeOptions;
use crate::input::{check_bytes, open_checked};
use crate::output::{Failure, Output};
use crate::progress::waiting;
use crate::stream::streamed;

pub(crate) fn run(options: &MergeOptions, output: &mut Output) -> Result<Outcome, Failure> {
    check_output(&options.output)?;
    let alignment = match options.packed {
        true => FileAlignment::Packed,
        false => FileAlignment::Aligned,
    };
    // they are not decoded, and what is damaged in one of them would be in the new file as well
    let mut temporary = Vec::new();
    let mut paths = Vec::new();
    for file in &options.files {
        if let Some(bytes) = streamed(file)? {
            check_bytes(file, &bytes)?;
            let kept = kept(&bytes)?;
            paths.push(kept.path().to_owned());
            temporary.push(kept);
        } else {
            open_checked(file)?;
            paths.push(PathBuf::from(file));
        }
    }
    write_file(&options.output.output, output, |path| {
        Ok(waiting("merging", || merge_files(&paths, path, alignment))?)
    })?;
    Ok(Outcome::Good)
}

/// A file of what can be read only once.
fn kept(bytes: &[u8]) -> Result<NamedTempFile, Failure> {
    let file = NamedTempFile::new().and_then(|file| {
        fs::write(file.path(), bytes)?;
        Ok(file)
    });
    Ok(file.map_err(|error| format!("could not use a temporary file: {error}"))?)
}
