//! Invariants of featomic's spherical expansions are the power spectra of its own classes, to the last label.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use metatensor::operations::{
    ContractOptions, EqualMetadataOptions, InvariantsOptions, NeighborPairs, contract,
    equal_metadata, invariants, invariants_metadata, remove_gradients,
};
use metatensor::{TensorBlock, TensorMap};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// Of the largest element of each array.
const TOLERANCE: f64 = 1e-10;

/// Fails if labels are not the same, in the same order, or elements not close.
#[track_caller]
fn assert_close(found: &TensorBlock, expected: &TensorBlock, name: &str) {
    assert_eq!(found.samples(), expected.samples(), "{name}");
    assert_eq!(found.components(), expected.components(), "{name}");
    assert_eq!(found.properties(), expected.properties(), "{name}");
    let (x, y) = (
        found.to_ndarray::<f64>().unwrap(),
        expected.to_ndarray::<f64>().unwrap(),
    );
    let largest = |x: &mut dyn Iterator<Item = f64>| x.fold(0.0, |max, x| f64::max(max, x.abs()));
    let size = largest(&mut y.iter().copied());
    let error = largest(&mut x.iter().zip(&y).map(|(x, y)| x - y));
    assert!(error <= TOLERANCE * size, "{name}: {error} of {size}");
    assert_eq!(found.gradients_list(), expected.gradients_list(), "{name}");
    for (parameter, gradient) in expected.gradients() {
        let found = found.gradient(parameter).unwrap();
        assert_close(found, gradient, &format!("{name} {parameter}"));
    }
}

#[test]
fn invariants_are_the_power_spectra_of_featomic() {
    let directory = tempfile::tempdir().unwrap();
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/products/power_spectrum.py"));
    output(python.arg(directory.path())).unwrap();
    let load = |name: &str| TensorMap::load(directory.path().join(format!("{name}.mts"))).unwrap();

    for case in ["molecules", "crystals", "values"] {
        let expansion = load(&format!("{case}.expansion"));
        for (form, pairs) in [
            ("unique", NeighborPairs::Unique),
            ("all", NeighborPairs::All),
        ] {
            let name = format!("{case} {form}");
            let expected = load(&format!("{case}.{form}"));
            // featomic's `PowerSpectrum` has no gradients with respect to anything else.
            let others = ["cell", "strain"];
            let has_others = |map: &TensorMap| map.blocks()[0].has_gradient(others[0]);
            let remove = has_others(&expansion) && !has_others(&expected);
            let options = InvariantsOptions {
                pairs,
                ..InvariantsOptions::default()
            };
            let found = invariants(&expansion, options).unwrap();
            let metadata = invariants_metadata(&expansion, options).unwrap();
            assert!(
                equal_metadata(&found, &metadata, EqualMetadataOptions::default()),
                "{name}"
            );
            let found = match remove {
                true => remove_gradients(&found, Some(&others)).unwrap(),
                false => found,
            };
            assert_eq!(found.keys(), expected.keys(), "{name}");
            for (found, expected) in found.blocks().iter().zip(expected.blocks()) {
                assert_close(found, expected, &name);
            }
        }
    }
}

/// The expansion of the tutorial, contracted as its invariants are defined.
#[test]
fn invariants_are_contractions_of_expansions() {
    let x = TensorMap::load(repository().join("tests/data/spherical-expansion.mts")).unwrap();
    let options = ContractOptions {
        matched_keys: Some(&["o3_lambda", "o3_sigma", "center_type"]),
        contracted_components: &["o3_mu"],
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    };
    let products = contract(&x, &x, options).unwrap();
    let invariants = invariants(&x, InvariantsOptions::default()).unwrap();
    let names = [
        "o3_lambda",
        "o3_sigma",
        "center_type",
        "neighbor_type_1",
        "neighbor_type_2",
    ];
    assert_eq!(products.keys().names().to_vec(), names);
    for (key, product) in products.keys().iter().zip(products.blocks()) {
        let [degree, _, center, first, second] = key.try_into().unwrap();
        if first > second || product.samples().is_empty() {
            continue;
        }
        let key = [
            ("center_type", center),
            ("neighbor_1_type", first),
            ("neighbor_2_type", second),
        ];
        let block = invariants.block(&key).unwrap();
        assert_eq!(product.samples(), block.samples());
        let mut factor = f64::from(2 * degree + 1).sqrt().recip() * f64::from(1 - 2 * (degree % 2));
        factor *= if first == second { 1.0 } else { 2.0_f64.sqrt() };
        let (x, y) = (
            product.to_ndarray::<f64>().unwrap(),
            block.to_ndarray::<f64>().unwrap(),
        );
        for (p, property) in product.properties().iter().enumerate() {
            let place = [degree, property[0], property[1]];
            let place = block.properties().position(&place).unwrap();
            for i in 0..product.samples().count() {
                assert!((factor * x[[i, p]] - y[[i, place]]).abs() < 1e-14);
            }
        }
    }
}
