//! Cartesian tensors as spherical ones, and the way back, as in featomic.

use metatensor::TensorMap;
use metatensor::operations::{
    AllcloseOptions, cartesian_to_spherical, check_allclose, spherical_to_cartesian,
};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

#[test]
fn cartesian_tensors_are_those_of_featomic() {
    let directory = tempfile::tempdir().unwrap();
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/products/cartesian.py"));
    output(python.arg(directory.path())).unwrap();
    let options = AllcloseOptions {
        rtol: 0.0,
        atol: 1e-14,
        ..AllcloseOptions::default()
    };
    for rank in [1, 2] {
        let load = |what: &str| {
            TensorMap::load(directory.path().join(format!("{rank}.{what}.mts"))).unwrap()
        };
        let names = &["xyz_1", "xyz_2"][..rank];
        let spherical = cartesian_to_spherical(&load("cartesian"), names).unwrap();
        assert_eq!(spherical.keys(), load("spherical").keys());
        check_allclose(&spherical, &load("spherical"), options).unwrap();

        let back = spherical_to_cartesian(&load("with_l"), names).unwrap();
        assert_eq!(back.keys(), load("back").keys());
        check_allclose(&back, &load("back"), options).unwrap();
        check_allclose(&back, &load("cartesian"), options).unwrap();
    }
}
