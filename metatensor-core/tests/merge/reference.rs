//! Results of the official package, made by `tests/python/merge_reference.py`.

use std::path::PathBuf;

use super::*;
use metatensor_core::Result;
use serde_json::Value;

fn merged(map: &TensorMap, case: &Value) -> Result<TensorMap> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let dimensions = list(&case["dimensions"]);
    let dimensions: Vec<_> = dimensions.iter().filter_map(Value::as_str).collect();
    let entries = list(&case["entries"]).into_iter().map(|row| {
        let row = list(&row).into_iter();
        row.map(|value| value.as_i64().unwrap() as i32)
            .collect::<Vec<_>>()
    });
    let order = match case["sort"].as_bool() {
        Some(false) => SampleOrder::AsInBlocks,
        _ => SampleOrder::Sorted,
    };
    let moved = || Labels::from_rows(&dimensions, entries);
    match case["function"].as_str() {
        Some("keys_to_samples") => map.keys_to_samples(&moved()?, -1.0, order),
        Some("keys_to_properties") => map.keys_to_properties(&moved()?, -1.0, order),
        Some("components_to_properties") => map.components_to_properties(&dimensions),
        _ => panic!("a case without function: {case}"),
    }
}

fn assert_same_block(result: &TensorBlock, expected: &TensorBlock, case: &Value) {
    assert_eq!(result.samples(), expected.samples(), "{case}");
    assert_eq!(result.components(), expected.components(), "{case}");
    assert_eq!(result.properties(), expected.properties(), "{case}");
    let values = |block: &TensorBlock| block.to_ndarray::<f64>().unwrap();
    assert_eq!(values(result), values(expected), "{case}");
    assert_eq!(result.gradients_list().len(), expected.gradients().len());
    for (parameter, gradient) in result.gradients() {
        assert_same_block(gradient, expected.gradient(parameter).unwrap(), case);
    }
}

#[test]
fn results_are_those_of_the_official_package() {
    let directory = match std::env::var_os("METATENSOR_MERGE_REFERENCE") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/merge"),
    };
    let cases = std::fs::read(directory.join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    assert!(cases.len() > 10, "only {} cases", cases.len());
    for case in &cases {
        let load = |file: &Value| {
            let file = directory.join(file.as_str().unwrap());
            TensorMap::load(file).unwrap()
        };
        let result = merged(&load(&case["map"]), case);
        if case["result"].is_null() {
            assert!(result.is_err(), "this should fail: {case}");
            continue;
        }
        let result = result.unwrap_or_else(|error| panic!("{error}: {case}"));
        let expected = load(&case["result"]);
        assert_eq!(result.keys(), expected.keys(), "{case}");
        assert_eq!(result.info(), expected.info(), "{case}");
        for (result, expected) in result.blocks().iter().zip(expected.blocks()) {
            assert_same_block(result, expected, case);
        }
    }
}
