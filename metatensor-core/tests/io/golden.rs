//! Files made by the official library and by Python, against the manifest that says what they hold.

use std::path::PathBuf;

use metatensor_core::{DType, Labels, TensorBlock, TensorMap};
use serde_json::Value;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/golden")
}

fn strings(value: &Value) -> Vec<&str> {
    let list = value.as_array().unwrap().iter();
    list.map(|name| name.as_str().unwrap()).collect()
}

fn check_labels(labels: &Labels, expected: &Value) {
    assert_eq!(labels.names().to_vec(), strings(&expected["names"]));
    let rows: Vec<Value> = labels.iter().map(Value::from).collect();
    assert_eq!(Value::from(rows), expected["values"]);
}

fn dtype(name: &str) -> DType {
    match name {
        "bool" => DType::BOOL8,
        "i8" => DType::I8,
        "i16" => DType::I16,
        "i32" => DType::I32,
        "i64" => DType::I64,
        "u8" => DType::U8,
        "u16" => DType::U16,
        "u32" => DType::U32,
        "u64" => DType::U64,
        "f16" => DType::F16,
        "f32" => DType::F32,
        "f64" => DType::F64,
        "complex64" => DType::C64,
        "complex128" => DType::C128,
        other => panic!("unknown data type {other}"),
    }
}

fn check_block(block: &TensorBlock, expected: &Value) {
    check_labels(block.samples(), &expected["samples"]);
    check_labels(block.properties(), &expected["properties"]);
    let components = expected["components"].as_array().unwrap();
    assert_eq!(block.components().len(), components.len());
    for (component, expected) in block.components().iter().zip(components) {
        check_labels(component, expected);
    }

    let values = &expected["values"];
    assert_eq!(block.dtype(), dtype(values["dtype"].as_str().unwrap()));
    assert_eq!(
        Value::from(block.values().shape().unwrap()),
        values["shape"]
    );
    let view = block.view().unwrap();
    let hex: String = view
        .as_bytes()
        .expect("loaded values are contiguous")
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hex, values["hex"].as_str().unwrap());

    let gradients = expected["gradients"].as_object().unwrap();
    let parameters: Vec<&str> = gradients.keys().map(String::as_str).collect();
    assert_eq!(block.gradients_list().to_vec(), parameters);
    for (parameter, gradient) in block.gradients() {
        check_block(gradient, &gradients[parameter]);
    }
}

/// Check the content of a file, and give what saving it again gives.
fn check(bytes: &[u8], expected: &Value) -> Vec<u8> {
    match expected["kind"].as_str().unwrap() {
        "labels" => {
            let labels = Labels::load_buffer(bytes).unwrap();
            check_labels(&labels, &expected["labels"]);
            labels.save_buffer().unwrap()
        }
        "block" => {
            let block = TensorBlock::load_buffer(bytes).unwrap();
            check_block(&block, &expected["block"]);
            block.save_buffer().unwrap()
        }
        _ => {
            let map = TensorMap::load_buffer(bytes).unwrap();
            check_labels(map.keys(), &expected["keys"]);
            let blocks = expected["blocks"].as_array().unwrap();
            assert_eq!(map.len(), blocks.len());
            for (block, expected) in map.blocks().iter().zip(blocks) {
                check_block(block, expected);
            }
            let info = expected["info"].as_object().unwrap();
            assert!(
                map.info()
                    .iter()
                    .map(|(key, value)| (key, value.as_str()))
                    .eq(info
                        .iter()
                        .map(|(key, value)| (key, value.as_str().unwrap())))
            );
            map.save_buffer().unwrap()
        }
    }
}

#[test]
fn all_spellings_are_read_and_saved_as_the_official_library_does() {
    let read = |name: &str| std::fs::read(directory().join(name)).unwrap();
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(files.len() > 50);
    for file in files {
        let name = file["file"].as_str().unwrap();
        let content = file["content"].as_str().unwrap();
        println!("{name}");
        let saved = check(&read(name), &manifest["contents"][content]);
        // the reference file, whatever the spelling of this one was
        assert!(saved == read(content), "{name}");
    }
}

#[test]
fn files_that_hold_something_else_say_what_and_how_to_load_it() {
    let path = |name: &str| directory().join(name);
    for (name, holds, load) in [
        ("two-blocks.mts", "a tensor map", "TensorMap::load"),
        ("block-f64.mts", "a tensor block", "TensorBlock::load"),
        ("labels.mts", "labels", "Labels::load"),
    ] {
        let path = path(name);
        let bytes = std::fs::read(&path).unwrap();
        let errors = [
            (
                "a tensor map",
                TensorMap::load(&path).err(),
                TensorMap::load_buffer(&bytes).err(),
            ),
            (
                "a tensor block",
                TensorBlock::load(&path).err(),
                TensorBlock::load_buffer(&bytes).err(),
            ),
            (
                "labels",
                Labels::load(&path).err(),
                Labels::load_buffer(&bytes).err(),
            ),
        ];
        for (expected, of_file, of_buffer) in errors {
            if expected == holds {
                assert!(of_file.is_none() && of_buffer.is_none());
                continue;
            }
            assert_eq!(
                of_file.unwrap().to_string(),
                format!(
                    "serialization format error: expected {expected} in '{}', which holds {holds}: load it with {load}",
                    path.display()
                )
            );
            assert_eq!(
                of_buffer.unwrap().to_string(),
                format!(
                    "serialization format error: expected {expected} in the buffer, which holds {holds}: load it with \
                     {load}_buffer"
                )
            );
        }
    }
    let error = TensorMap::load(path("manifest.json")).unwrap_err();
    assert!(error.to_string().contains("manifest.json"), "{error}");
}
