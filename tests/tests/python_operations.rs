//! Our operations against those of the official Python package, on the same maps.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use metatensor_tests::library::library;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// Runs a program in `tests/python/operations`, which fails if it finds another library or other results.
fn compare(name: &str) {
    let script = repository().join("tests/python/operations").join(name);
    let library = library().unwrap();
    let mut command = Venv::get().unwrap().program("python");
    command.arg("-B").arg(script);
    command.arg("--expect-library").arg(&library);
    output(command.env("LD_PRELOAD", &library)).unwrap();
}

#[test]
fn arithmetic_comparisons_and_linear_algebra_give_the_same() {
    compare("linalg.py");
}

#[test]
fn parts_joins_and_other_structures_are_the_same() {
    compare("structure.py");
}

#[test]
fn reductions_are_the_same() {
    compare("reduce.py");
}

#[test]
fn all_types_of_elements_become_the_same() {
    compare("element_types.py");
}

#[test]
fn new_maps_and_blocks_are_the_same() {
    compare("creation.py");
}

#[test]
fn functions_on_blocks_are_those_on_maps() {
    compare("blocks.py");
}

#[test]
fn numpy_arrays_are_called_no_more_than_needed() {
    compare("callbacks.py");
}
