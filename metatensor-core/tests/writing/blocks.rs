//! Maps that are written block by block.

use std::fs;

use metatensor_core::{Array, DType, DenseArray, Labels, MapWriter, TensorBlock, TensorMap};
use ndarray::{Array2, arr2};

use crate::make::assert_same_map;
use crate::parts::{block, maps, members, names, write};

#[test]
fn what_is_written_block_by_block_is_the_same_map() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    for map in maps() {
        write(&map, &path).unwrap();
        let loaded = TensorMap::load(&path).unwrap();
        assert_same_map(&map, &loaded);
        assert!(loaded.save_buffer().unwrap() == map.save_buffer().unwrap());
        // the same data, the same bytes
        let bytes = fs::read(&path).unwrap();
        write(&map, &path).unwrap();
        assert!(fs::read(&path).unwrap() == bytes);
        assert_eq!(names(folder.path()), ["map.mts"]);
    }
}

#[test]
fn keys_and_info_are_the_last_members() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut writer = MapWriter::create(&path, &["a"]).unwrap();
    writer.info_mut().insert("author".into(), "me".into());
    for i in 0..12 {
        writer.add(&[i], &block(i, 2000)).unwrap();
    }
    assert_eq!((writer.len(), writer.is_empty()), (12, false));
    writer.finish().unwrap();
    let members = members(&path);
    let names: Vec<_> = members.iter().map(|member| &*member.0).collect();
    assert_eq!(names[..2], ["blocks/0/values.npy", "blocks/0/samples.npy"]);
    assert_eq!(names[names.len() - 2..], ["keys.npy", "info.json"]);
    for (name, start, _) in members {
        assert!(!name.contains("values") || start % 64 == 0, "{name}");
    }
}

#[test]
fn a_writer_replaces_the_file_when_it_is_finished_and_not_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let old = TensorMap::new(Labels::single(), vec![block(1, 3)]).unwrap();
    old.save(&path).unwrap();
    let before = fs::read(&path).unwrap();
    let mut writer = MapWriter::create(&path, &["a"]).unwrap();
    writer.add(&[1], &block(2, 100_000)).unwrap();
    assert!(fs::read(&path).unwrap() == before);
    drop(writer);
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()), ["map.mts"]);
}

/// Blocks that can not follow `block(..)`, and what is said about them.
fn others() -> Vec<(TensorBlock, &'static str)> {
    let labels = |name: &str| Labels::range(name, 1).unwrap();
    let new = |sample: &str, property: &str| {
        TensorBlock::new(arr2(&[[1.0]]), labels(sample), [], labels(property)).unwrap()
    };
    let integers = TensorBlock::new(arr2(&[[1_i32]]), labels("sample"), [], labels("property"));
    let components = TensorBlock::new(
        ndarray::Array3::<f64>::zeros((1, 1, 1)),
        labels("sample"),
        [labels("mu")],
        labels("property"),
    );
    let mut gradients = new("sample", "property");
    gradients
        .add_gradient("positions", new("sample", "property"))
        .unwrap();
    vec![
        (
            integers.unwrap(),
            "expected the data type float64, got int32",
        ),
        (
            new("atom", "property"),
            "expected the sample names ['sample'], got ['atom']",
        ),
        (
            components.unwrap(),
            "expected the component names [], got [\"mu\"]",
        ),
        (
            new("sample", "n"),
            "expected the property names ['property'], got ['n']",
        ),
        (gradients, "expected the gradients [], got ['positions']"),
    ]
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut writer = MapWriter::create(&path, &["a", "b"]).unwrap();
    writer.add(&[1, 2], &block(1, 3)).unwrap();
    for (other, expected) in others() {
        let error = writer.add(&[3, 4], &other).unwrap_err().to_string();
        let expected = format!(
            "invalid parameter: block (a=3, b=4) does not have the structure of the first block: {expected}"
        );
        assert_eq!(error, expected);
    }
    let error = writer.add(&[1, 2], &block(1, 3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid parameter: there is a block with the key (a=1, b=2) already, at position 0"
    );
    let error = writer.add(&[1], &block(1, 3)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "invalid parameter: expected a key with a value for each of the dimensions ['a', 'b'], got [1]"
    );
    writer.add(&[3, 4], &block(2, 4)).unwrap();
    writer.finish().unwrap();
    let keys = Labels::new(["a", "b"], [[1, 2], [3, 4]]).unwrap();
    let expected = TensorMap::new(keys, vec![block(1, 3), block(2, 4)]).unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &expected);
}

#[test]
fn what_can_not_be_in_a_file_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let new = |first: u8, count: usize| {
        let mut values = DenseArray::zeros(DType::BOOL8, &[count, 1]).unwrap();
        values.view_mut().unwrap().as_bytes_mut().unwrap()[count - 1] = first;
        TensorBlock::new(
            values,
            Labels::range("s", count).unwrap(),
            [],
            Labels::single(),
        )
        .unwrap()
    };
    let mut writer = MapWriter::create(&path, &["a"]).unwrap();
    // the first one decides nothing if it can not be written
    let bfloat = DenseArray::zeros(DType::BF16, &[1, 1]).unwrap();
    let bfloat = TensorBlock::new(bfloat, Labels::single(), [], Labels::single()).unwrap();
    let error = writer.add(&[0], &bfloat).unwrap_err().to_string();
    assert!(
        error.contains("files can not hold arrays of bfloat16"),
        "{error}"
    );

    writer.add(&[0], &new(1, 3)).unwrap();
    // a gradient is what can not be written, after the values were
    let mut wrong = new(1, 600_000);
    let gradient = |block: &mut TensorBlock, byte: u8| {
        let mut values = DenseArray::zeros(DType::BOOL8, &[1, 1]).unwrap();
        values.view_mut().unwrap().as_bytes_mut().unwrap()[0] = byte;
        let samples = Labels::new(["sample"], [[0]]).unwrap();
        let gradient = TensorBlock::new(values, samples, [], Labels::single()).unwrap();
        block.add_gradient("g", gradient).unwrap();
    };
    gradient(&mut wrong, 2);
    let mut other = MapWriter::create(folder.path().join("other.mts"), &["a"]).unwrap();
    let error = other.add(&[1], &wrong).unwrap_err().to_string();
    assert!(error.contains("blocks/0/gradients/g/values.npy"), "{error}");
    let mut right = new(1, 5);
    gradient(&mut right, 1);
    other.add(&[1], &right).unwrap();
    other.finish().unwrap();
    let right = TensorMap::new(Labels::new(["a"], [[1]]).unwrap(), vec![right]).unwrap();
    let loaded = TensorMap::load(folder.path().join("other.mts")).unwrap();
    assert_same_map(&loaded, &right);
    // and nothing of what was taken back is in the file
    assert!(fs::metadata(folder.path().join("other.mts")).unwrap().len() < 10_000);

    writer.add(&[1], &new(0, 2)).unwrap();
    writer.finish().unwrap();
    assert_eq!(TensorMap::load(&path).unwrap().len(), 2);
}

#[test]
fn keys_without_dimensions_have_no_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let names: [&str; 0] = [];
    let mut writer = MapWriter::create(&path, &names).unwrap();
    let error = writer.add(&[], &block(1, 1)).unwrap_err().to_string();
    assert_eq!(
        error,
        "invalid parameter: a map whose keys have no dimensions can not have blocks"
    );
    writer.finish().unwrap();
    assert_eq!(TensorMap::load(&path).unwrap().keys().size(), 0);
}

#[test]
fn a_transposed_array_is_written_as_it_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let values = Array2::from_shape_fn((700, 500), |(i, j)| (i * 1000 + j) as f64);
    let transposed = values.t().as_standard_layout().into_owned().reversed_axes();
    assert!(!transposed.is_standard_layout());
    let labels = |name, count| Labels::range(name, count).unwrap();
    let block = TensorBlock::new(transposed, labels("s", 700), [], labels("p", 500)).unwrap();
    let map = TensorMap::new(Labels::single(), vec![block]).unwrap();
    write(&map, &path).unwrap();
    assert_same_map(&TensorMap::load(&path).unwrap(), &map);
}

#[cfg(unix)]
#[test]
fn only_regular_files_can_be_written_block_by_block() {
    let folder = tempfile::tempdir().unwrap();
    let error = MapWriter::create("/dev/null", &["a"])
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "io error: could not write '/dev/null': a file that grows piece by piece has to be a regular one, not a pipe or a device"
    );
    let path = folder.path().join("missing").join("map.mts");
    let error = MapWriter::create(&path, &["a"]).unwrap_err().to_string();
    assert!(error.contains(path.to_str().unwrap()), "{error}");
    let error = MapWriter::create(folder.path().join("map.mts"), &["not a name"]);
    assert!(error.unwrap_err().to_string().contains("not a name"));
    assert!(names(folder.path()).is_empty());
}
