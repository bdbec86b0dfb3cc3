//! Running other programs.

use std::error::Error;
use std::process::{Command, Output};

use crate::{repository, target};

/// Runs a program in the root of the repository, which writes to where this one does.
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

/// Runs cargo with these arguments, which spaces separate, as [`run`] does. Warnings of the documentation are errors.
///
/// # Errors
///
/// As for [`run`].
pub fn cargo(arguments: &str) -> Result<(), Box<dyn Error>> {
    println!("cargo {arguments}");
    run(Command::new(env!("CARGO"))
        .args(arguments.split(' '))
        // that of all workspaces: what they share is checked once
        .env("CARGO_TARGET_DIR", target())
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs a program to its end, wherever this one runs, and gives what it wrote to its standard output.
///
/// Cargo tells the loader of libraries to look where an older one of ours can be: the program does not hear of this.
///
/// # Errors
///
/// If it can not be started, or fails. The message has everything that it wrote.
pub fn output(command: &mut Command) -> Result<String, Box<dyn Error>> {
    let output = command
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .map_err(|error| format!("can not run {command:?}: {error}"))?;
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    if status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&stderr);
    Err(format!("{command:?} failed: {status}\n{stdout}\n{stderr}").into())
}
