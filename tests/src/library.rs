//! Where cargo has put the shared library that it built on its way to these tests.

use std::error::Error;
use std::path::{Path, PathBuf};

use metatensor_tools::library::{shipped, under_its_name};

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
    under_its_name(&dependencies()?.join("libmetatensor_capi.so"))
}

/// Where cargo builds the library as it is shipped, for this test and for those after it.
///
/// # Errors
///
/// If this is not called from a test that cargo has built.
pub fn shipped_target() -> Result<PathBuf, Box<dyn Error>> {
    Ok(target_directory()?.join("test-release"))
}

/// The shared library as it is shipped, built if it is not there yet.
///
/// # Errors
///
/// If it can not be built.
pub fn shipped_library() -> Result<PathBuf, Box<dyn Error>> {
    shipped(&shipped_target()?)
}
