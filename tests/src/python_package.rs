//! The package for Python in `python/`, installed for tests.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::library::library;
use crate::repository;
use crate::venv::Venv;
use metatensor_tools::run::output;

/// Where the package is installed, for all tests of one process.
///
/// # Errors
///
/// If it can not be built or installed.
pub fn installed() -> Result<PathBuf, Box<dyn Error>> {
    static INSTALLED: OnceLock<Result<TempDir, String>> = OnceLock::new();
    let directory = INSTALLED.get_or_init(|| install().map_err(|error| error.to_string()));
    let directory = directory.as_ref().map_err(Clone::clone)?;
    Ok(directory.path().join("installed"))
}

fn install() -> Result<TempDir, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    // it is built in a copy, which other tests can not see
    let clone = directory.path().join("clone");
    for name in ["python", "include", "metatensor-mpi/src"] {
        copy_directory(&repository().join(name), &clone.join(name))?;
    }
    fs::copy(repository().join("Cargo.toml"), clone.join("Cargo.toml"))?;
    output(
        Venv::get()?
            .program("pip")
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(["--no-deps", "--no-build-isolation", "--target"])
            .arg(directory.path().join("installed"))
            .arg(clone.join("python"))
            .env("METATENSOR_NATIVE_LIBRARY", library()?),
    )?;
    Ok(directory)
}

fn copy_directory(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        // what was built in the repository by hand stays there
        let extension = entry.path().extension().map(OsStr::to_owned);
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "build" {
                copy_directory(&entry.path(), &to)?;
            }
        } else if extension.as_deref() != Some(OsStr::new("so")) {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
