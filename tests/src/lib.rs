//! What the tests that cross crates or languages have in common.

pub mod command_line;
pub mod compiler;
pub mod cxx;
pub mod library;
pub mod python_package;
pub mod tools;
pub mod venv;

use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn repository() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}
