//! Where cargo has put the shared library that it built on its way to these tests.

use std::error::Error;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::run;
use crate::repository;

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

/// The shared library as it is shipped: optimized, and with an allocator of its own. It is built if it is not there yet, by
/// the command that CMake projects run, so that the two do not build it twice.
///
/// # Errors
///
/// If it can not be built.
pub fn shipped_library() -> Result<PathBuf, Box<dyn Error>> {
    let target = shipped_target()?;
    run(Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--lib", "--package", "metatensor-capi"])
        .args([
            "--release",
            "--crate-type",
            "cdylib",
            "--crate-type",
            "staticlib",
        ])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(repository()))?;
    under_its_name(&target.join("release/libmetatensor_capi.so"))
}

/// The same library, in a directory beside it, with the name that it has inside of itself and for all who look for it.
/// Cargo gives it that of the crate, as the one without a suffix is that of the crate for programs in Rust.
///
/// # Errors
///
/// If there is no library at `built`, or no place for another link to it.
pub fn under_its_name(built: &Path) -> Result<PathBuf, Box<dyn Error>> {
    if !built.is_file() {
        return Err(format!("there is no library at '{}'", built.display()).into());
    }
    let directory = built.parent().ok_or("files are in a directory")?.join("c");
    fs::create_dir_all(&directory)?;
    let library = directory.join("libmetatensor.so");
    let inode = |path: &Path| fs::metadata(path).map(|metadata| metadata.ino()).ok();
    if inode(&library) != inode(built) {
        // Other tests, in this process and in others, do the same at the same time.
        let new =
            tempfile::Builder::new().make_in(&directory, |path| fs::hard_link(built, path))?;
        new.persist(&library)?;
    }
    Ok(library.canonicalize()?)
}
