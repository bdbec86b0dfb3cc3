//! Where cargo has put the shared library that it built on its way to these tests.

use std::error::Error;
use std::path::{Path, PathBuf};

/// The directory with what cargo built for this profile, `deps` in `target/debug` or `target/release`.
fn dependencies() -> Result<PathBuf, Box<dyn Error>> {
    let executable = std::env::current_exe()?;
    let parent = executable.parent().ok_or("tests run from a directory")?;
    Ok(parent.to_owned())
}

/// The directory where cargo puts everything, usually `target`.
///
/// # Errors
///
/// If this is not called from a test that cargo has built.
pub fn target_directory() -> Result<PathBuf, Box<dyn Error>> {
    let dependencies = dependencies()?;
    let target = dependencies.ancestors().nth(2).map(Path::to_owned);
    target.ok_or_else(|| format!("'{}' is not in a target", dependencies.display()).into())
}

/// The shared library, built from the sources that these tests were built with.
///
/// # Errors
///
/// If it is not there.
pub fn library() -> Result<PathBuf, Box<dyn Error>> {
    let library = dependencies()?.join("libmetatensor.so");
    if !library.is_file() {
        return Err(format!("there is no library at '{}'", library.display()).into());
    }
    Ok(library.canonicalize()?)
}
