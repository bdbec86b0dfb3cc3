//! Where new files go: to a path, or to standard output.

use std::fs::File;
use std::io;
use std::path::Path;

use metatensor_core::internal::files::save_bytes;

use crate::file_options::OutputOptions;
use crate::output::{Failure, Output};

/// An error if there is a file that should not be replaced.
pub(super) fn check_output(options: &OutputOptions) -> Result<(), Failure> {
    match &*options.output {
        "-" => Ok(()),
        path => check_new(path, options.force),
    }
}

pub(super) fn check_new(output: &str, force: bool) -> Result<(), Failure> {
    match Path::new(output).exists() && !force {
        true => Err(Failure::Error(format!(
            "'{output}' is there: --force replaces it"
        ))),
        false => Ok(()),
    }
}

/// Writes something that was made in memory: to standard output for `-`, or to a file that is replaced when all of it is there.
pub(super) fn write_output(
    options: &OutputOptions,
    bytes: &[u8],
    output: &mut Output,
) -> Result<(), Failure> {
    match &*options.output {
        "-" => output.bytes(bytes),
        path => Ok(save_bytes(Path::new(path), bytes)?),
    }
}

/// Lets `write` write a file that has to be one: what is for standard output, as `-`, is written to a temporary file before.
pub(super) fn write_file(
    target: &str,
    output: &mut Output,
    write: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if target != "-" {
        return write(Path::new(target));
    }
    if output.is_terminal() {
        return Err(Failure::Error(
            "standard output is a terminal, which has no use for the bytes of a file".into(),
        ));
    }
    let temporary = |error: io::Error| format!("could not use a temporary file: {error}");
    let folder = tempfile::tempdir().map_err(temporary)?;
    let path = folder.path().join("new");
    write(&path)?;
    let mut file = File::open(&path).map_err(temporary)?;
    io::copy(&mut file, output.writer())?;
    Ok(())
}
