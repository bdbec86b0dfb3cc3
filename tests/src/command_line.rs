//! The program `mts`.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

use crate::library::target_directory;
use crate::repository;
use metatensor_tools::run::output;

/// The program, which is there already if everything is tested.
///
/// # Errors
///
/// If it can not be built.
pub fn mts() -> Result<PathBuf, Box<dyn Error>> {
    let target = target_directory()?;
    let package = ["build", "--quiet", "--package", "metatensor-cli"];
    output(
        Command::new(env!("CARGO"))
            .args(package)
            .arg("--target-dir")
            .arg(&target)
            .current_dir(repository()),
    )?;
    Ok(target.join("debug/mts"))
}
