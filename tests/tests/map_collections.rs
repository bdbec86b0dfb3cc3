//! Collections of maps that Python made and reads, with the official package, numpy and zipfile.

#![expect(
    clippy::unwrap_used,
    reason = "a failure to prepare a test is a failure of the test"
)]

use std::path::Path;
use std::process::Command;

use metatensor_core::{
    Collection, CollectionForm, CollectionWriter, Labels, TensorBlock, TensorMap,
};
use metatensor_operations::{LoadManyOptions, load_many};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;
use ndarray::Array2;

const COUNT: i32 = 30;

fn script(action: &str, directory: &Path) -> String {
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/map_collections.py"));
    output(python.arg(action).arg(directory)).unwrap()
}

#[test]
fn collections_of_python_are_collections() {
    let directory = tempfile::tempdir().unwrap();
    script("make", directory.path());

    for file in ["stored", "deflated", "stored-streamed", "deflated-streamed"] {
        let path = directory.path().join(format!("{file}.zip"));
        let collection = Collection::open(path).unwrap();
        assert_eq!(collection.names().collect::<Vec<_>>(), ["bare", "wrapped"]);
        assert_eq!(collection.bytes("info.txt").unwrap(), b"made by zipfile");
        for name in ["bare", "wrapped"] {
            assert_eq!(collection.numbers(name), (0..COUNT).collect::<Vec<_>>());
            let mut rows = Vec::new();
            for number in 0..COUNT {
                let map = collection.load(number, name).unwrap();
                let block = map.block_by_id(0).unwrap();
                assert_eq!(block.shape(), [1 + number as usize % 3, 2]);
                let values = block.values_as::<f64>().unwrap();
                assert!(values.iter().all(|&value| value == f64::from(number)));
                rows.extend((0..1 + number % 3).map(|atom| [atom, number]));
            }
            let numbers: Vec<_> = (0..COUNT).collect();
            let batch = load_many(&collection, name, &numbers, LoadManyOptions::default());
            let batch = batch.unwrap();
            let samples = Labels::from_rows(&["atom", "system"], rows).unwrap();
            assert_eq!(*batch.block_by_id(0).unwrap().samples(), samples);
        }
    }
}

/// The map with this number, as `map_collections.py` makes it.
fn map(number: i32) -> TensorMap {
    let rows = 1 + number as usize % 3;
    let values = Array2::from_elem((rows, 2), f64::from(number));
    let samples = Labels::range("atom", rows).unwrap();
    let properties = Labels::range("property", 2).unwrap();
    let block = TensorBlock::new(values, samples, [], properties).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

const FORMS: [(CollectionForm, &str); 2] = [
    (CollectionForm::Bare, "bare"),
    (CollectionForm::NumpyWrapped, "wrapped"),
];

#[test]
fn collections_of_ours_are_collections_for_python() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    script("make", directory);
    let mut expected = String::new();
    for made_by_python in ["deflated-streamed", "deflated", "stored-streamed", "stored"] {
        let path = directory.join(format!("{made_by_python}.zip"));
        for (form, name) in FORMS {
            let mut writer = CollectionWriter::append(&path, form).unwrap();
            for number in COUNT..COUNT + 5 {
                writer.add(number, name, &map(number)).unwrap();
            }
            writer.finish().unwrap();
        }
    }
    for (form, name) in FORMS {
        let path = directory.join(format!("{name}.zip"));
        let mut writer = CollectionWriter::create(&path, form).unwrap();
        writer.add_bytes("info.txt", b"made by us").unwrap();
        for number in 0..COUNT {
            writer.add(number, name, &map(number)).unwrap();
        }
        writer.finish().unwrap();
        // somebody who appends to it, and comes to no end
        let mut writer = CollectionWriter::append(&path, form).unwrap();
        writer.add(COUNT, name, &map(COUNT)).unwrap();
        drop(writer);
    }
    for (file, count) in [
        ("bare", COUNT),
        ("deflated-streamed", 2 * COUNT + 10),
        ("deflated", 2 * COUNT + 10),
        ("stored-streamed", 2 * COUNT + 10),
        ("stored", 2 * COUNT + 10),
        ("wrapped", COUNT),
    ] {
        let path = directory.join(format!("{file}.zip"));
        assert_eq!(Collection::open(&path).unwrap().len(), count as usize);
        expected.push_str(&format!("{file}.zip:{count} "));
        if Command::new("unzip").arg("-v").output().is_ok() {
            output(Command::new("unzip").arg("-tqq").arg(&path)).unwrap();
        }
    }
    assert_eq!(script("check", directory).trim_end(), expected.trim_end());
}
