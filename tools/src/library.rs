//! The C library, as files.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::repository;
use crate::run::output;

/// The shared library as it is shipped: optimized, and with an allocator of its own. Cargo builds it in the directory
/// `target` if it is not there yet, by the command that CMake projects run, so that the two do not build it twice.
///
/// # Errors
///
/// If it can not be built.
pub fn shipped(target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    output(
        Command::new(env!("CARGO"))
            .args(["rustc", "--quiet", "--lib", "--package", "metatensor-capi"])
            .args(["--release", "--crate-type", "cdylib"])
            .args(["--crate-type", "staticlib"])
            .arg("--target-dir")
            .arg(target)
            .current_dir(repository()),
    )?;
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
    let state = |path: &Path| {
        let metadata = fs::metadata(path).ok()?;
        Some((metadata.len(), metadata.modified().ok()?))
    };
    if state(&library) != state(built) {
        // Other tests, in this process and in others, do the same at the same time.
        let new =
            tempfile::Builder::new().make_in(&directory, |path| fs::hard_link(built, path))?;
        new.persist(&library)?;
    }
    Ok(library.canonicalize()?)
}
