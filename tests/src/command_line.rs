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
    // A test that needs it, as all tests are built: a build of this package alone has other features, and begins anew.
    let program = [
        "test",
        "--quiet",
        "--workspace",
        "--no-run",
        "--test",
        "commands",
    ];
    output(
        Command::new(env!("CARGO"))
            .args(program)
            .arg("--target-dir")
            .arg(&target)
            .current_dir(repository()),
    )?;
    Ok(target.join("debug/mts"))
}
