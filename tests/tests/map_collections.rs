//! Collections of maps that Python made, with the official package, numpy and zipfile.

use metatensor_core::{Collection, Labels};
use metatensor_operations::{LoadManyOptions, load_many};
use metatensor_tests::repository;
use metatensor_tests::venv::Venv;
use metatensor_tools::run::output;

const COUNT: i32 = 30;

#[test]
fn collections_of_python_are_collections() {
    let directory = tempfile::tempdir().unwrap();
    let mut python = Venv::get().unwrap().program("python");
    python.arg(repository().join("tests/python/map_collections.py"));
    output(python.arg(directory.path())).unwrap();

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
