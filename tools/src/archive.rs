//! The archive of a release, for those who build the library from it: `cargo xtask archive`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository;
use crate::run::output;

/// Writes everything of the last commit to `metatensor-VERSION.tar.gz` in a directory, in a folder of the same name.
///
/// # Errors
///
/// If there is no git, or this is not a repository of it.
pub fn archive(directory: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let name = format!("metatensor-{}", env!("CARGO_PKG_VERSION"));
    let path = directory.join(format!("{name}.tar.gz"));
    output(
        Command::new("git")
            // containers often have files of somebody else
            .args(["-c", "safe.directory=*", "-C"])
            .arg(repository())
            .args(["archive", "--format=tar.gz"])
            .arg(format!("--prefix={name}/"))
            .arg("--output")
            .arg(&path)
            .arg("HEAD"),
    )?;
    Ok(path)
}
