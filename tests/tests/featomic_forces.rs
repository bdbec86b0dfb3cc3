//! Descriptors that featomic computes through our headers for C++, and what is made of them in C, C++ and Rust.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use metatensor::operations::{AllcloseOptions, check_allclose, pow};
use metatensor::{TensorBlock, TensorMap};
use metatensor_tests::compiler::{Checker, Language, Program};
use metatensor_tests::library::library;
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

fn program(name: &str) -> PathBuf {
    repository().join("tests/cxx/featomic").join(name)
}

/// Computes the radial spectrum of the tutorial, with the C++ interface of featomic on top of ours.
fn compute(directory: &Path) -> PathBuf {
    let featomic = Venv::get()
        .unwrap()
        .site_packages()
        .unwrap()
        .join("featomic");
    let library = library().unwrap();
    let compiled = directory.join("compute");
    let mut compiler = Command::new("c++");
    compiler
        .args(["-std=c++17", "-isystem"])
        .arg(featomic.join("include"))
        .arg("-I")
        .arg(repository().join("include"))
        .arg(program("compute.cpp"))
        .arg(&library)
        .arg(featomic.join("lib/libfeatomic.so"));
    for library in [library.as_path(), &featomic.join("lib/libfeatomic.so")] {
        let path = library.parent().unwrap();
        compiler.arg(format!("-Wl,-rpath,{}", path.display()));
    }
    output(compiler.arg("-o").arg(&compiled)).unwrap();
    let spectrum = directory.join("spectrum.mts");
    output(Command::new(compiled).arg(&spectrum)).unwrap();
    spectrum
}

fn print(text: &mut String, title: &str, values: impl IntoIterator<Item = f64>) {
    text.push_str(title);
    for value in values {
        write!(text, " {:016x}", value.to_bits()).unwrap();
    }
    text.push('\n');
}

/// Forces for the energy that is the sum of all squares of `x`, by hand.
fn forces(x: &TensorBlock) -> Vec<f64> {
    let gradient = x.gradient("positions").unwrap();
    let (values, derivatives) = (
        x.to_ndarray::<f64>().unwrap(),
        gradient.to_ndarray::<f64>().unwrap(),
    );
    let atoms = gradient.samples().column("atom").unwrap();
    let parents = x.gradient_map("positions").unwrap().parents().to_vec();
    let mut forces = vec![0.0; 6 * 3];
    for (row, (atom, parent)) in atoms.iter().zip(parents).enumerate() {
        for xyz in 0..3 {
            let terms = (0..values.shape()[1])
                .map(|i| 2.0 * values[[parent as usize, i]] * derivatives[[row, xyz, i]]);
            forces[*atom as usize * 3 + xyz] += -terms.sum::<f64>();
        }
    }
    forces
}

/// What the programs in C and C++ print.
fn squares_and_forces(map: &TensorMap) -> String {
    let squared = pow(map, 2.0).unwrap();
    let mut text = String::new();
    for (x, square) in map.blocks().iter().zip(squared.blocks()) {
        let gradient = square.gradient("positions").unwrap();
        print(&mut text, "square", square.to_ndarray::<f64>().unwrap());
        print(&mut text, "gradient", gradient.to_ndarray::<f64>().unwrap());
        print(&mut text, "forces", forces(x));
    }
    text
}

#[test]
fn squares_and_forces_of_what_featomic_computes_are_the_same_in_all_languages() {
    let directory = tempfile::tempdir().unwrap();
    let spectrum = compute(directory.path());
    let map = TensorMap::load(&spectrum).unwrap();

    // what featomic gives with the official library
    let expected = TensorMap::load(repository().join("tests/data/radial-spectrum.mts")).unwrap();
    let options = AllcloseOptions {
        rtol: 0.0,
        atol: 1e-12,
        ..AllcloseOptions::default()
    };
    check_allclose(&map, &expected, options).unwrap();

    let in_rust = squares_and_forces(&map);
    assert_eq!(in_rust.lines().count(), 3 * map.len());
    for (name, language) in [("forces.c", Language::C11), ("forces.cpp", Language::Cpp17)] {
        let program = Program::compile_file(&program(name), language, Checker::None).unwrap();
        let printed = program.run_with(&[&spectrum]).unwrap();
        assert_eq!(printed, in_rust, "{name}");
    }
}
