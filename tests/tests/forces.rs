//! Forces, virials and stresses are minus the finite differences of energies that featomic's descriptors give, and so are those of
//! the energies that we make of its spherical expansion.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::Path;

use metatensor::operations::{
    AllcloseOptions, InvariantsOptions, check_allclose, dot, forces, invariants, stress, virial,
    virial_from_cell,
};
use metatensor::{TensorBlock, TensorMap};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// What finite differences leave.
const TOLERANCE: f64 = 1e-8;

#[track_caller]
fn assert_close(found: &TensorBlock, expected: &TensorBlock) {
    let options = AllcloseOptions {
        rtol: 0.0,
        atol: TOLERANCE,
        ..AllcloseOptions::default()
    };
    check_allclose(found, expected, options).unwrap();
}

fn check_forces(energy: &TensorMap, load: &dyn Fn(&str) -> TensorBlock) {
    let expected = load("forces");
    let found = forces(energy, Some(expected.samples())).unwrap();
    assert_close(&found, &expected);
    // featomic has rows for all atoms
    assert_eq!(forces(energy, None).unwrap().samples(), expected.samples());
}

fn check_virials(energy: &TensorMap, load: &dyn Fn(&str) -> TensorBlock, is_invariant: bool) {
    let found = virial(energy, None).unwrap();
    assert_close(&found, &load("virial"));

    let from_cell = virial_from_cell(energy, &load("positions"), &load("cells")).unwrap();
    let options = AllcloseOptions {
        atol: 1e-12,
        ..AllcloseOptions::default()
    };
    check_allclose(&from_cell, &found, options).unwrap();

    let volumes = load("volumes");
    let of_systems: Vec<f64> = volumes.to_ndarray().unwrap().iter().copied().collect();
    let stresses = stress(&found, volumes.samples(), &of_systems).unwrap();
    assert_close(&stresses, &load("stress"));

    let elements = found.to_ndarray::<f64>().unwrap();
    let largest = elements.iter().fold(0.0, |max, x| f64::max(max, x.abs()));
    assert!(largest > 0.1);
    let mut transposed = elements.clone();
    transposed.swap_axes(1, 2);
    let differences = (&elements - &transposed).into_iter().map(f64::abs);
    let asymmetry = differences.fold(0.0, f64::max);
    match is_invariant {
        true => assert!(asymmetry < 1e-13 * largest, "{asymmetry}"),
        false => assert!(asymmetry > 0.1, "{asymmetry}"),
    }
}

#[test]
fn forces_and_virials_are_finite_differences_of_energies() {
    let directory = tempfile::tempdir().unwrap();
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/products/forces.py"));
    output(python.arg(directory.path())).unwrap();
    for name in ["invariant", "anisotropic"] {
        let of = |systems: &str| {
            let start = format!("{name}-{systems}");
            let directory: &Path = directory.path();
            move |what: &str| directory.join(format!("{start}.{what}.mts"))
        };
        for systems in ["crystals", "molecules"] {
            let path = of(systems);
            let load = |what: &str| TensorBlock::load(path(what)).unwrap();
            let load_map = |what: &str| TensorMap::load(path(what)).unwrap();
            let mut energies = vec![load_map("energy")];
            if name == "invariant" {
                let options = InvariantsOptions::default();
                let spectrum = invariants(&load_map("expansion"), options).unwrap();
                energies.push(dot(&spectrum, &load_map("weights")).unwrap());
            }
            for energy in &energies {
                check_forces(energy, &load);
                if systems == "crystals" {
                    check_virials(energy, &load, name == "invariant");
                }
            }
        }
    }
}
