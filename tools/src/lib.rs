//! What makes the files in this repository that are generated: `cargo xtask` runs it, and the tests check with it that
//! these files are what they should be.

pub mod archive;
pub mod book;
pub mod declarations;
pub mod headers;
pub mod library;
pub mod operations;
pub mod programs;
pub mod python;
pub mod run;

use std::path::{Path, PathBuf};

/// Where cargo puts everything.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR"));
    tools.parent().unwrap_or(tools).to_owned()
}
