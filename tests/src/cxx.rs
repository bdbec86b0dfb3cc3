//! Programs in C++ on top of the C++ headers, ours or the official ones.

use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compiler::headers_with;
use crate::library::library;
use crate::repository;
use crate::tools::{clang, valgrind};
use metatensor_tools::run::output;

/// A compiler, as it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compiler {
    /// g++
    Gcc,
    /// clang++, which is installed if it is missing
    Clang,
}

impl Compiler {
    /// The command, that reads C++ of this standard: `17`, `20` or `2b`.
    ///
    /// # Errors
    ///
    /// If the compiler is missing and can not be installed.
    pub fn command(self, standard: &str) -> Result<Command, Box<dyn Error>> {
        let mut command = match self {
            Compiler::Gcc => Command::new("g++"),
            Compiler::Clang => clang()?,
        };
        command.arg(format!("-std=c++{standard}"));
        Ok(command)
    }
}

/// Warnings that headers must not give.
pub const WARNINGS: &[&str] = &[
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Werror",
];

/// The directory with our headers.
pub fn include() -> PathBuf {
    repository().join("include")
}

/// The directory with the programs in C++.
pub fn sources() -> PathBuf {
    repository().join("tests/cxx")
}

/// All C++ headers, as they are included: `metatensor.hpp`, `metatensor/labels.hpp`, ...
///
/// # Errors
///
/// If the directory can not be read.
pub fn cxx_headers() -> Result<Vec<String>, Box<dyn Error>> {
    headers_with("hpp")
}

/// Links a file in `tests/cxx/` to a program or a shared library, with flags for the compiler.
///
/// # Errors
///
/// If this gives an error.
pub fn build(
    mut command: Command,
    source: &str,
    flags: &[&OsStr],
    program: &Path,
) -> Result<(), Box<dyn Error>> {
    let library = library()?;
    command.args(["-g", "-O0"]).args(flags);
    command.arg("-I").arg(sources()).arg(sources().join(source));
    command.arg(&library).args(["-pthread", "-ldl"]);
    if let Some(parent) = library.parent() {
        command.arg(format!("-Wl,-rpath,{}", parent.display()));
    }
    output(command.arg("-o").arg(program))?;
    Ok(())
}

/// A program with our headers, without warnings.
///
/// # Errors
///
/// If this gives an error, or a warning.
pub fn build_with_ours(
    compiler: Compiler,
    standard: &str,
    source: &str,
    flags: &[&str],
    program: &Path,
) -> Result<(), Box<dyn Error>> {
    let mut command = compiler.command(standard)?;
    command.args(WARNINGS).arg("-I").arg(include());
    let flags: Vec<&OsStr> = flags.iter().map(OsStr::new).collect();
    build(command, source, &flags, program)
}

/// Runs a program in an empty directory, and gives what it prints.
///
/// # Errors
///
/// If it fails.
pub fn run(program: &Path) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    output(Command::new(program).current_dir(directory.path()))
}

/// The same under valgrind, where any error or leak makes it fail.
///
/// # Errors
///
/// If it fails.
pub fn run_with_valgrind(program: &Path) -> Result<String, Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    output(valgrind()?.arg(program).current_dir(directory.path()))
}
