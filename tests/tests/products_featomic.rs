//! Products of what featomic computes, compared with those of its Python classes.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::fs;
use std::path::Path;

use metatensor::operations::{
    AllcloseOptions, CgOptions, CgPowerOptions, CgProduct, cg_power, cg_power_metadata, cg_product,
    cg_product_metadata, check_allclose, remove_gradients,
};
use metatensor::{Labels, TensorBlock, TensorMap};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

/// Runs a program in `tests/python/products`, which writes maps to this directory.
fn prepare(program: &str, directory: &Path) {
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/products").join(program));
    output(python.arg(directory)).unwrap();
}

/// The same keys in the same order, the same labels, and elements that are as close as this.
#[track_caller]
fn assert_close(found: &TensorMap, expected: &TensorMap, tolerance: f64, name: &str) {
    assert_eq!(found.keys(), expected.keys(), "{name}");
    let options = AllcloseOptions {
        rtol: 0.0,
        atol: tolerance,
        ..AllcloseOptions::default()
    };
    if let Err(different) = check_allclose(found, expected, options) {
        panic!("{name}: {different:?}");
    }
}

/// The labels of a result, without elements.
#[track_caller]
fn assert_labels(metadata: &TensorMap, result: &TensorMap, name: &str) {
    fn same(x: &TensorBlock, y: &TensorBlock) -> bool {
        let gradients = x.gradients().zip(y.gradients());
        (x.samples(), x.components(), x.properties(), x.dtype())
            == (y.samples(), y.components(), y.properties(), y.dtype())
            && x.gradients_list() == y.gradients_list()
            && gradients.into_iter().all(|((_, x), (_, y))| same(x, y))
    }
    assert_eq!(metadata.keys(), result.keys(), "{name}");
    let mut blocks = metadata.blocks().iter().zip(result.blocks());
    assert!(blocks.all(|(x, y)| same(x, y)), "{name}");
}

/// The files of a case.
struct Case<'a> {
    directory: &'a Path,
    name: &'a str,
}

impl Case<'_> {
    fn map(&self, what: &str) -> TensorMap {
        let path = self.directory.join(format!("{}.{what}.mts", self.name));
        TensorMap::load(path).unwrap()
    }

    fn selected(&self) -> Option<Labels> {
        let path = self.directory.join(format!("{}.selected.mts", self.name));
        path.exists().then(|| Labels::load(path).unwrap())
    }

    fn product(&self, tolerance: f64) -> TensorMap {
        let (a, b, expected) = (self.map("a"), self.map("b"), self.map("expected"));
        let selected = self.selected();
        let options = CgOptions {
            selected_keys: selected.as_ref(),
            max_bytes: None,
        };
        let product = cg_product(&a, &b, "l_1", "l_2", options).unwrap();
        assert_close(&product, &expected, tolerance, self.name);
        let metadata = cg_product_metadata(&a, &b, "l_1", "l_2", options).unwrap();
        assert_labels(&metadata, &product, self.name);
        let kept = CgProduct::new("l_1", "l_2", options).unwrap();
        for _ in 0..2 {
            let again = kept.compute(&a, &b).unwrap();
            assert_close(&again, &product, 0.0, self.name);
        }
        product
    }

    fn power(&self, count: usize, cutoff: Option<usize>, skip_redundant: bool) {
        let (x, expected) = (self.map("x"), self.map("expected"));
        let selected = self.selected();
        let options = CgPowerOptions {
            angular_cutoff: cutoff,
            selected_keys: selected.as_ref(),
            skip_redundant,
            max_bytes: None,
        };
        let power = cg_power(&x, count, options).unwrap();
        assert_close(&power, &expected, 1e-12, self.name);
        let metadata = cg_power_metadata(&x, count, options).unwrap();
        assert_labels(&metadata, &power, self.name);
    }
}

#[test]
fn equivariant_products_are_those_of_featomic() {
    let directory = tempfile::tempdir().unwrap();
    prepare("cg.py", directory.path());
    let cases = fs::read_to_string(directory.path().join("cases.txt")).unwrap();
    let mut count = 0;
    for line in cases.lines() {
        let words: Vec<_> = line.split(' ').collect();
        let case = Case {
            directory: directory.path(),
            name: words[1],
        };
        match (words[0], &words[2..]) {
            ("product", []) => {
                case.product(1e-12);
            }
            ("coefficients", []) => {
                case.product(1e-14);
            }
            ("gradients", []) => {
                // differences of the same values: what is left of them is the error of the formula
                let product = case.product(1e-7);
                let values = remove_gradients(&case.map("expected"), None).unwrap();
                let product = remove_gradients(&product, None).unwrap();
                assert_close(&product, &values, 1e-12, case.name);
            }
            ("power", [n, cutoff, skip]) => {
                let skip_redundant = skip.parse().unwrap();
                case.power(n.parse().unwrap(), cutoff.parse().ok(), skip_redundant);
            }
            _ => panic!("{line}"),
        }
        count += 1;
    }
    assert!(count > 30, "{count} cases");
}
