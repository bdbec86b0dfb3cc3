//! Running other programs, in the root of the repository.

use std::error::Error;
use std::process::{Command, Stdio};

use crate::repository;

/// Runs a program, which writes to where this one does.
///
/// # Errors
///
/// If it can not be started, or fails.
pub fn run(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let status = command
        .current_dir(repository())
        .status()
        .map_err(|error| format!("can not run {command:?}: {error}"))?;
    if !status.success() {
        return Err(format!("{command:?} failed: {status}").into());
    }
    Ok(())
}

/// Runs a program, and gives what it writes to its standard output.
///
/// # Errors
///
/// If it can not be started, or fails.
pub fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command
        .current_dir(repository())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("can not run {command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
