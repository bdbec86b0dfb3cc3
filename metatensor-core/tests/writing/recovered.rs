//! Files that are damaged while there is a journal beside them.

use std::fs;

use metatensor_core::{Labels, MapWriter, TensorBlock, TensorMap, recover_file};

/// Found by fuzzing: without keys, a map looks like a collection, which was taken for what had been appended.
#[test]
fn a_map_without_keys_is_not_preferred_to_its_journal() {
    let folder = tempfile::tempdir().unwrap();
    let [path, journal] = ["map.mts", "map.mts.journal"].map(|name| folder.path().join(name));
    let labels = Labels::range("n", 2).unwrap();
    let values = ndarray::Array2::from_elem((2, 2), 0.5);
    let block = TensorBlock::new(values, &labels, [], &labels).unwrap();
    let mut writer = MapWriter::create(&path, &["key"]).unwrap();
    writer.add(&[0], &block).unwrap();
    writer.finish().unwrap();
    let before = fs::read(&path).unwrap();

    let mut writer = MapWriter::append(&path).unwrap();
    writer.add(&[1], &block).unwrap();
    let kept = fs::read(&journal).unwrap();
    writer.finish().unwrap();
    // the last name of all is the one in the record of the directory
    let mut damaged = fs::read(&path).unwrap();
    let keys = memchr::memmem::rfind(&damaged, b"keys.npy").unwrap();
    let local = memchr::memmem::find(&damaged, b"keys.npy").unwrap();
    for at in [keys, local] {
        damaged[at] = b'x';
    }
    fs::write(&path, &damaged).unwrap();
    fs::write(&journal, kept).unwrap();

    assert_eq!(TensorMap::load(&path).unwrap().len(), 1);
    assert!(recover_file(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert!(!journal.exists());
}
