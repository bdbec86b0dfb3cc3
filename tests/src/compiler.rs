//! C and C++ programs on top of the library.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::library::library;
use crate::repository;
use crate::tools::valgrind;
use metatensor_tools::run::output;

/// What a program is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C, of 2011
    C11,
    /// C++, of 2017
    Cpp17,
}

impl Language {
    /// The language of a file, known by its extension.
    pub fn of(name: &str) -> Language {
        if Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "cpp")
        {
            Language::Cpp17
        } else {
            Language::C11
        }
    }

    /// The compiler, that accepts nothing dubious.
    pub fn compiler(self) -> Command {
        let mut command = match self {
            Language::C11 => {
                let mut command = Command::new("cc");
                command.args(["-x", "c", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O1"]);
                command
            }
            Language::Cpp17 => {
                let mut command = Command::new("c++");
                // with optimisation, sanitizers take minutes to compile what templates make
                command.args(["-x", "c++", "-std=c++17", "-O0"]);
                command
            }
        };
        command.args(["-g", "-Wall", "-Wextra", "-Werror", "-pedantic"]);
        command.arg("-I").arg(repository().join("include"));
        command
    }
}

/// Something that looks over the shoulder of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checker {
    /// nothing
    None,
    /// valgrind, which follows all memory of the process
    Valgrind,
    /// the address sanitizer, which follows all accesses from C, and knows what was freed and leaked from Rust
    AddressSanitizer,
}

/// A compiled program.
#[derive(Debug)]
pub struct Program {
    directory: TempDir,
    checker: Checker,
}

impl Program {
    /// Compiles a file in `tests/c/`.
    ///
    /// # Errors
    ///
    /// If this gives an error, or a warning.
    pub fn compile(
        name: &str,
        language: Language,
        checker: Checker,
    ) -> Result<Program, Box<dyn Error>> {
        Program::compile_file(&sources().join(name), language, checker)
    }

    /// Compiles a file anywhere.
    ///
    /// # Errors
    ///
    /// If this gives an error, or a warning.
    pub fn compile_file(
        path: &Path,
        language: Language,
        checker: Checker,
    ) -> Result<Program, Box<dyn Error>> {
        Program::compile_with(&library()?, path, language, checker)
    }

    /// Compiles a file anywhere, to run with this build of the library.
    ///
    /// # Errors
    ///
    /// If this gives an error, or a warning.
    pub fn compile_with(
        library: &Path,
        path: &Path,
        language: Language,
        checker: Checker,
    ) -> Result<Program, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let mut command = language.compiler();
        if checker == Checker::AddressSanitizer {
            command.args(["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
        }
        command.arg("-I").arg(sources()).arg(path);
        command.args(["-x", "none"]).arg(library).arg("-pthread");
        if let Some(parent) = library.parent() {
            command.arg(format!("-Wl,-rpath,{}", parent.display()));
        }
        command.arg("-o").arg(directory.path().join("program"));
        output(&mut command)?;
        Ok(Program { directory, checker })
    }

    /// Runs the program, in an empty directory of its own, and gives its output.
    ///
    /// # Errors
    ///
    /// If it fails, or makes an error that the checker finds.
    pub fn run(&self) -> Result<String, Box<dyn Error>> {
        self.run_with(&[])
    }

    /// The same, with arguments.
    ///
    /// # Errors
    ///
    /// As for `run`.
    pub fn run_with(&self, arguments: &[&Path]) -> Result<String, Box<dyn Error>> {
        self.run_in(tempfile::tempdir()?.path(), arguments)
    }

    /// The same, in a directory with the files that it reads.
    ///
    /// # Errors
    ///
    /// As for `run`.
    pub fn run_in(&self, directory: &Path, arguments: &[&Path]) -> Result<String, Box<dyn Error>> {
        let path = self.directory.path().join("program");
        let mut command = match self.checker {
            Checker::Valgrind => {
                let mut command = valgrind()?;
                command.arg(path);
                command
            }
            Checker::None | Checker::AddressSanitizer => Command::new(path),
        };
        output(command.args(arguments).current_dir(directory))
    }
}

/// The directory with the programs of these tests.
pub fn sources() -> PathBuf {
    repository().join("tests/c")
}

/// All headers for C, as they are included: `metatensor.h`, `metatensor/operations.h`, ... The one for MPI is missing, since MPI
/// may be: it is for the tests of metatensor-mpi.
///
/// # Errors
///
/// If the directory can not be read.
pub fn headers() -> Result<Vec<String>, Box<dyn Error>> {
    let mut headers = headers_with("h")?;
    headers.retain(|header| header != "metatensor/mpi.h");
    Ok(headers)
}

/// All headers whose names end this way.
pub(crate) fn headers_with(extension: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let include = repository().join("include");
    let mut headers = Vec::new();
    let mut directories = vec![include.clone()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|other| other == extension) {
                headers.push(path.strip_prefix(&include)?.display().to_string());
            }
        }
    }
    headers.sort();
    Ok(headers)
}
