//! The package for Python in `python/`: its wheel, made with the library that these tests were built with, in an environment with
//! the official packages.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use metatensor_tests::python_package::installed;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

fn program(name: &str) -> Command {
    let mut command = Venv::get().unwrap().program("python");
    command.arg("-B");
    command.arg(repository().join("tests/python/package").join(name));
    command.env("PYTHONPATH", installed().unwrap());
    command
}

#[test]
fn the_wheel_has_the_library_and_types() {
    let package = installed().unwrap().join("metatensor_native");
    for name in [
        "libmetatensor.so",
        "py.typed",
        "operations/_run.py",
        "include/metatensor/mpi.h",
        "include/metatensor_mpi.c",
    ] {
        assert!(package.join(name).is_file(), "{name} is missing");
    }
    let metadata = fs::read_dir(installed().unwrap()).unwrap();
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
fn arrays_are_lent_and_made_late() {
    output(&mut program("late_arrays.py")).unwrap();
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
    command.env("PYTHONPATH", installed().unwrap());
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
    let printed = output(command.env("PYTHONPATH", installed().unwrap())).unwrap();
    assert!(printed.ends_with("the model fits\n"), "{printed}");
}

#[test]
fn featomic_has_the_same_digits() {
    output(&mut program("featomic_digits.py")).unwrap();
}
