//! Errors name what is wrong.

use metatensor_core::{Labels, Limit, Result, TensorBlock};

use super::super::*;
use super::counted;
use crate::testing::{block, labels, map, with_gradient};

#[track_caller]
fn fails<T: std::fmt::Debug>(result: Result<T>, message: &str) {
    let error = result.unwrap_err().to_string();
    assert_eq!(error, message);
}

fn with(options: ContractOptions<'_>) -> Result<TensorBlock> {
    contract(&counted([2, 2, 2], 0.0), &counted([2, 2, 2], 0.0), options)
}

#[test]
fn names_in_options() {
    let default = ContractOptions::default();
    fails(
        with(ContractOptions {
            contracted_components: &["x"],
            ..default
        }),
        "invalid parameter: contract: 'x' is to be contracted, but components of the first map have the dimensions [c]",
    );
    fails(
        with(ContractOptions {
            matched_properties: Some(&["x"]),
            ..default
        }),
        "invalid parameter: contract: 'x' is to be matched, but properties of the first map have the dimensions [p]",
    );
    fails(
        with(ContractOptions {
            matched_properties: Some(&["p"]),
            contracted_properties: &["p"],
            ..default
        }),
        "invalid parameter: contract: 'p' is named more than once for properties: it can be matched or contracted",
    );
    fails(
        with(ContractOptions {
            matched_properties: Some(&[]),
            suffixes: ["", ""],
            ..default
        }),
        "invalid parameter: contract: properties of the result would have two dimensions with the name 'p': choose other suffixes",
    );
    let maps = [
        map(vec![counted([2, 2, 2], 0.0)]),
        map(vec![counted([2, 2, 2], 0.0)]),
    ];
    fails(
        contract(
            &maps[0],
            &maps[1],
            ContractOptions {
                matched_keys: Some(&["l"]),
                ..default
            },
        ),
        "invalid parameter: contract: 'l' is to be matched, but keys of the first map have the dimensions [k]",
    );
}

#[test]
fn labels_that_do_not_go_together() {
    let a = map(vec![counted([2, 2, 2], 0.0)]);
    let default = ContractOptions::default();
    fails(
        contract(&a, &map(vec![counted([2, 3, 2], 0.0)]), default),
        "not equal: contract: block (k=0): components are not the same or not in the same order: there are 2 and 3, row 2 is missing and (c=2)",
    );
    fails(
        contract(&a, &map(vec![counted([2, 2, 3], 0.0)]), default),
        "not equal: contract: block (k=0): only the second block has (p=2), and [p] are matched or contracted",
    );
    let other = TensorBlock::new(
        crate::testing::array(&[1, 2], &[1.0, 2.0]),
        labels(["t"], &[[0]]),
        &[],
        Labels::range("p", 2).unwrap(),
    );
    fails(
        contract(&block([2, 2], &[0.0; 4]), &other.unwrap(), default),
        "invalid parameter: contract: samples of one block must have all dimensions that those of the other have: \
         only the first has 's', only the second 't'",
    );
}

#[test]
fn gradients_that_do_not_go_together() {
    let with_g = with_gradient(block([2, 1], &[1.0, 2.0]), "g", &[[0, 0]], &[1.0]);
    let with_h = with_gradient(block([2, 1], &[1.0, 2.0]), "h", &[[0, 0]], &[1.0]);
    let error = contract(&with_g, &with_h, ContractOptions::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("not equal: contract: gradient parameters are different"),
        "{error}"
    );
}

#[test]
fn results_that_are_too_large() {
    let a = counted([2, 2, 2], 0.0);
    let options = ContractOptions {
        contracted_components: &["c"],
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    };
    // two samples with four properties, and labels of both
    let bytes = 2 * 4 * 8 + 2 * 4 + 4 * 2 * 4;
    let limited = |most| {
        contract(
            &a,
            &a,
            ContractOptions {
                max_bytes: Some(most),
                ..options
            },
        )
    };
    assert!(limited(bytes).is_ok());
    fails(
        limited(bytes - 1),
        &format!(
            "unsupported: contract: the result would take {bytes} bytes, more than the {} that the option 'max_bytes' allows",
            bytes - 1
        ),
    );
    // Not even labels are made: these would need terabytes.
    let wide = TensorBlock::new(
        metatensor_core::DenseArray::zeros(metatensor_core::DType::BOOL8, &[0, 1 << 20]).unwrap(),
        Labels::range("s", 0).unwrap(),
        &[],
        Labels::range("p", 1 << 20).unwrap(),
    );
    let wide = wide.unwrap();
    let outer = ContractOptions {
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    };
    let error = contract_metadata(&wide, &wide, outer)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("a product with 1099511627776 properties"),
        "{error}"
    );
    assert!(error.contains("`Limit::ResultBytes`"), "{error}");
    assert!(Limit::ResultBytes.get() < 1 << 42);
}

#[test]
fn matched_properties_that_are_too_many_are_refused_before_they_are_listed() {
    let all = |name: &str| {
        let values = (0..3000).flat_map(|i| [0, i]).collect::<Vec<i32>>();
        let properties = Labels::from_values(&["c", name], values).unwrap();
        let samples = Labels::range("s", 1).unwrap();
        TensorBlock::new(
            ndarray::Array2::<f64>::ones((1, 3000)),
            &samples,
            &[],
            &properties,
        )
        .unwrap()
    };
    let options = ContractOptions {
        max_bytes: Some(1000),
        ..ContractOptions::default()
    };
    // 8 bytes for the element and 12 for the labels of each
    fails(
        contract(&all("m"), &all("n"), options),
        "unsupported: contract: the result would take 180000000 bytes, more than the 1000 that the option 'max_bytes' allows",
    );
}
