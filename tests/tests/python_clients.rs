//! The official Python package and featomic, unchanged, on top of our library.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor_tests::library::library;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// The ways to put our library under the package.
enum Substitution {
    /// The loader has it in the process before anybody asks for a library of this name.
    Preload,
    /// A file in a copy of the package, in this directory, has its path.
    ExternalFile(tempfile::TempDir),
}

impl Substitution {
    fn external_file(venv: &Venv) -> Substitution {
        let copy = tempfile::tempdir().unwrap();
        let package = venv.site_packages().unwrap().join("metatensor");
        copy_directory(&package, &copy.path().join("metatensor"));
        let content = format!("EXTERNAL_METATENSOR_PATH = {:?}\n", library().unwrap());
        fs::write(copy.path().join("metatensor/_external.py"), content).unwrap();
        Substitution::ExternalFile(copy)
    }

    fn apply<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self {
            Substitution::Preload => command.env("LD_PRELOAD", library().unwrap()),
            Substitution::ExternalFile(directory) => command.env("PYTHONPATH", directory.path()),
        }
    }
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn client(name: &str) -> PathBuf {
    repository().join("tests/python/client").join(name)
}

/// Runs one of the client programs, which fails if it finds another library.
fn run_client(venv: &Venv, name: &str, substitution: &Substitution) {
    let mut command = venv.program("python");
    command.arg("-B").arg(client(name));
    command.arg("--expect-library").arg(library().unwrap());
    output(substitution.apply(&mut command)).unwrap();
}

#[test]
fn python_programs_run_with_the_library_loaded_before() {
    let venv = Venv::get().unwrap();
    run_client(&venv, "run.py", &Substitution::Preload);
}

#[test]
fn python_programs_run_with_the_library_named_in_the_package() {
    let venv = Venv::get().unwrap();
    let substitution = Substitution::external_file(&venv);
    run_client(&venv, "run.py", &substitution);
}

#[test]
fn featomic_computes_the_same_data_with_the_library_loaded_before() {
    let venv = Venv::get().unwrap();
    run_client(&venv, "featomic_data.py", &Substitution::Preload);
}

#[test]
fn featomic_computes_the_same_data_with_the_library_named_in_the_package() {
    let venv = Venv::get().unwrap();
    let substitution = Substitution::external_file(&venv);
    run_client(&venv, "featomic_data.py", &substitution);
}
