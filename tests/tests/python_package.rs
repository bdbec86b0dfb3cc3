//! The package for Python in `python/`: its wheel, made with the library that these tests were built with, in an environment with
//! the official packages.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use metatensor_tests::library::library;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// Where the package is installed, for all tests of this file.
fn installed() -> &'static Path {
    static INSTALLED: OnceLock<tempfile::TempDir> = OnceLock::new();
    let directory = INSTALLED.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        // it is built in a copy, which other tests can not see
        let clone = directory.path().join("clone");
        for name in ["python", "include", "metatensor-mpi/src"] {
            copy_directory(&repository().join(name), &clone.join(name));
        }
        fs::copy(repository().join("Cargo.toml"), clone.join("Cargo.toml")).unwrap();
        output(
            Venv::get()
                .unwrap()
                .program("pip")
                .args(["install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-deps", "--no-build-isolation", "--target"])
                .arg(directory.path().join("installed"))
                .arg(clone.join("python"))
                .env("METATENSOR_NATIVE_LIBRARY", library().unwrap()),
        )
        .unwrap();
        directory
    });
    let path = directory.path().join("installed");
    let path: &'static Path = Box::leak(path.into_boxed_path());
    path
}

fn copy_directory(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        // what was built in the repository by hand stays there
        let extension = entry.path().extension().map(OsStr::to_owned);
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "build" {
                copy_directory(&entry.path(), &to);
            }
        } else if extension.as_deref() != Some(OsStr::new("so")) {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn program(name: &str) -> Command {
    let mut command = Venv::get().unwrap().program("python");
    command.arg("-B");
    command.arg(repository().join("tests/python/package").join(name));
    command.env("PYTHONPATH", installed());
    command
}

#[test]
fn the_wheel_has_the_library_and_types() {
    let package = installed().join("metatensor_native");
    for name in [
        "libmetatensor.so",
        "py.typed",
        "operations/_run.py",
        "include/metatensor/mpi.h",
        "include/metatensor_mpi.c",
    ] {
        assert!(package.join(name).is_file(), "{name} is missing");
    }
    let metadata = fs::read_dir(installed()).unwrap();
    let metadata = metadata
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension() == Some(OsStr::new("dist-info")))
        .unwrap();
    let wheel = fs::read_to_string(metadata.join("WHEEL")).unwrap();
    assert!(wheel.contains("Tag: py3-none-linux"), "{wheel}");
}

#[test]
fn the_library_is_the_only_one_of_a_process() {
    output(&mut program("loading.py")).unwrap();
}

#[test]
fn operations_are_like_the_official_ones() {
    output(&mut program("operations.py")).unwrap();
}

#[test]
fn files_are_mapped_read_in_part_and_written() {
    output(&mut program("map_files.py")).unwrap();
}

#[test]
fn batches_of_collections_are_loaded() {
    output(&mut program("many_maps.py")).unwrap();
}

#[test]
fn products_and_forces_are_functions_on_official_maps() {
    output(&mut program("products.py")).unwrap();
}

#[test]
fn processes_and_threads_share_files_and_end_well() {
    output(&mut program("processes.py")).unwrap();
}

/// Torch is large: it has an environment of its own, whose libraries of CUDA are replaced by empty ones.
fn with_torch(name: &str) -> Command {
    let mut command = Venv::with_torch().unwrap().program("python");
    command.arg("-B");
    command.arg(repository().join("tests/python/package").join(name));
    command.env("PYTHONPATH", installed());
    command
}

#[test]
fn no_derivative_is_lost_in_maps_of_torch() {
    output(&mut with_torch("torch_maps.py")).unwrap();
}

#[test]
fn collections_are_data_sets_of_torch() {
    output(&mut with_torch("torch_collections.py")).unwrap();
}

#[test]
fn models_of_torch_have_the_same_digits() {
    output(&mut with_torch("toy_model.py")).unwrap();
}

#[test]
fn programs_with_ranks_run_alone() {
    output(&mut with_torch("distributed_alone.py")).unwrap();
}

#[test]
fn the_example_trains_a_model_that_fits() {
    let mut command = Venv::get().unwrap().program("python");
    command.arg("-B");
    command.arg(repository().join("python/examples/linear_model.py"));
    let printed = output(command.env("PYTHONPATH", installed())).unwrap();
    assert!(printed.ends_with("the model fits\n"), "{printed}");
}

#[test]
fn featomic_has_the_same_digits() {
    output(&mut program("featomic_digits.py")).unwrap();
}
