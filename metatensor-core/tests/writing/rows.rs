//! Blocks whose arrays come in pieces of rows.

use std::fs;

use metatensor_core::{
    Array, ArrayRef, DType, DenseArray, Labels, MapWriter, Result, TensorBlock, TensorMap,
};
use ndarray::{Array2, Array3, ArrayD, Axis};

use crate::make::{Random, assert_same_map};
use crate::parts::{add, block, maps, members, names};

/// Rows of an array of any type, in a layout of their own.
fn rows(values: &ArrayRef, start: usize, end: usize) -> DenseArray {
    let view = values.view().unwrap();
    let all = DenseArray::copy_of(&view).unwrap();
    let size: usize = view.dtype().size() * view.shape()[1..].iter().product::<usize>();
    let mut shape = view.shape().to_vec();
    shape[0] = end - start;
    let mut part = DenseArray::zeros(view.dtype(), &shape).unwrap();
    let all = all.view();
    let bytes = &all.as_bytes().unwrap()[start * size..end * size];
    part.view_mut()
        .unwrap()
        .as_bytes_mut()
        .unwrap()
        .copy_from_slice(bytes);
    part
}

fn push(writer: &mut MapWriter, random: &mut Random, block: &TensorBlock) -> Result<()> {
    let count = block.samples().count();
    let mut start = 0;
    while start < count {
        let end = (start + random.below(3)).min(count);
        writer.push_rows(rows(block.values(), start, end))?;
        start = end;
    }
    writer.end_rows(block.samples())
}

fn push_gradients(
    writer: &mut MapWriter,
    random: &mut Random,
    block: &TensorBlock,
    parents: &[&str],
) -> Result<()> {
    for (parameter, gradient) in block.gradients() {
        let parameters = [parents, &[parameter]].concat();
        writer.begin_gradient(&parameters, gradient.components())?;
        push(writer, random, gradient)?;
        push_gradients(writer, random, gradient, &parameters)?;
    }
    Ok(())
}

#[test]
fn blocks_in_pieces_are_the_same_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut random = Random(7);
    for map in maps() {
        let names: Vec<_> = map.keys().names().iter().collect();
        let mut writer = MapWriter::create(&path, &names).unwrap();
        for (key, block) in map.keys().iter().zip(map.blocks()) {
            if random.below(4) == 0 {
                writer.add(key, block).unwrap();
                continue;
            }
            writer
                .begin_block(key, block.dtype(), block.components(), block.properties())
                .unwrap();
            push(&mut writer, &mut random, block).unwrap();
            push_gradients(&mut writer, &mut random, block, &[]).unwrap();
            writer.end_block().unwrap();
        }
        writer.info_mut().clone_from(map.info());
        writer.finish().unwrap();
        let loaded = TensorMap::load(&path).unwrap();
        assert_same_map(&loaded, &map);
        assert_eq!(crate::parts::names(folder.path()), ["map.mts"]);
    }
}

#[test]
fn large_pieces_of_any_layout_are_written_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let properties = Labels::range("p", 300).unwrap();
    let value = |i: usize, j: usize| (i * 1000 + j) as f64;
    let mut writer = MapWriter::create(&path, &["a"]).unwrap();
    writer
        .begin_block(&[0], DType::F64, &[], &properties)
        .unwrap();
    for piece in 0..4 {
        let start = piece * 1000;
        let rows = match piece % 2 {
            0 => Array2::from_shape_fn((1000, 300), |(i, j)| value(start + i, j)),
            _ => Array2::from_shape_fn((300, 1000), |(j, i)| value(start + i, j)).reversed_axes(),
        };
        writer.push_rows(rows).unwrap();
    }
    writer.end_rows(&Labels::range("s", 4000).unwrap()).unwrap();
    writer.end_block().unwrap();
    writer.finish().unwrap();
    let map = TensorMap::load(&path).unwrap();
    let expected = Array2::from_shape_fn((4000, 300), |(i, j)| value(i, j)).into_dyn();
    assert!(map.blocks()[0].to_ndarray::<f64>().unwrap() == expected);
    for (name, start, size) in members(&path) {
        assert!(size < 100_000 || start % 64 == 0, "{name}");
    }
    // the array in the archive is one for everybody: numpy reads headers of this form as well
    let bytes = fs::read(&path).unwrap();
    let (_, start, _) = members(&path)[0].clone();
    let header = &bytes[start as usize..][..192];
    let end = header.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    assert_eq!(end % 64, 0);
    let length = u16::from_le_bytes([header[8], header[9]]);
    assert_eq!(usize::from(length) + 10, end);
}

/// A writer with a block that has `count` rows of 2 properties so far.
fn begin(path: &std::path::Path, count: usize) -> MapWriter {
    let mut writer = MapWriter::create(path, &["a"]).unwrap();
    let properties = Labels::range("p", 2).unwrap();
    writer
        .begin_block(&[0], DType::F64, &[], &properties)
        .unwrap();
    writer.push_rows(Array2::<f64>::ones((count, 2))).unwrap();
    writer
}

#[test]
fn what_does_not_fit_is_refused_and_the_rest_can_follow() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let mut writer = begin(&path, 3);
    let samples = |count| Labels::range("s", count).unwrap();
    let refuse = |result: Result<()>, expected: &str| {
        assert_eq!(
            result.unwrap_err().to_string(),
            format!("invalid parameter: {expected}")
        );
    };
    refuse(
        writer.push_rows(Array2::<f32>::ones((1, 2))),
        "expected rows of float64, got float32",
    );
    refuse(
        writer.push_rows(Array2::<f64>::ones((1, 3))),
        "expected rows of shape [2], got an array of shape [1, 3]",
    );
    refuse(
        writer.push_rows(Array3::<f64>::ones((1, 1, 2))),
        "expected rows of shape [2], got an array of shape [1, 1, 2]",
    );
    refuse(
        writer.push_rows(ArrayD::<f64>::ones(vec![])),
        "expected rows of shape [2], got an array of shape []",
    );
    refuse(
        writer.end_rows(&samples(2)),
        "3 rows were added, but there are 2 samples",
    );
    refuse(writer.end_block(), "the rows of this block were not ended");
    refuse(
        writer.begin_gradient(&["g"], &[]),
        "the rows of this block were not ended",
    );
    let is_open = "the block (a=0) was begun, and not ended";
    refuse(writer.add(&[1], &block(1, 1)), is_open);
    let properties = Labels::range("p", 2).unwrap();
    refuse(
        writer.begin_block(&[1], DType::F64, &[], &properties),
        is_open,
    );
    writer.end_rows(&samples(3)).unwrap();
    refuse(writer.end_rows(&samples(3)), "there are no rows to end");
    refuse(
        writer.push_rows(Array2::<f64>::ones((1, 2))),
        "rows can only be added after a block or a gradient was begun",
    );

    refuse(
        writer.begin_gradient(&[], &[]),
        "a gradient needs a parameter",
    );
    refuse(
        writer.begin_gradient(&["h", "g"], &[]),
        "this block has no gradient 'h' to take a gradient of",
    );
    let xyz = [Labels::range("xyz", 3).unwrap()];
    writer.begin_gradient(&["g"], &xyz).unwrap();
    writer.push_rows(Array3::<f64>::ones((1, 3, 2))).unwrap();
    let gradient = |row| Labels::new(["sample"], [[row]]).unwrap();
    refuse(
        writer.end_rows(&gradient(3)),
        "row 0 of a gradient, (sample=3), refers to sample 3, but the values have 3 samples",
    );
    refuse(
        writer.end_rows(&samples(1)),
        "the first dimension of the samples of a gradient must be 'sample', got ['s']",
    );
    writer.end_rows(&gradient(2)).unwrap();
    refuse(
        writer.begin_gradient(&["g"], &xyz),
        "this block already has the gradient 'g'",
    );
    refuse(
        writer.begin_gradient(&["g", "g"], &[]),
        "can not add the gradient 'g': the last of its components must be the components of the values",
    );
    writer.begin_gradient(&["g", "g"], &xyz).unwrap();
    writer
        .end_rows(&Labels::empty(&["sample"]).unwrap())
        .unwrap();
    writer.end_block().unwrap();
    refuse(writer.end_block(), "no block was begun");
    refuse(writer.begin_gradient(&["g"], &xyz), "no block was begun");

    // the next block has other names, which is known at different times
    let wrong = "block (a=1) does not have the structure of the first block: expected the";
    refuse(
        writer.begin_block(&[1], DType::F32, &[], &properties),
        &format!("{wrong} data type float64, got float32"),
    );
    refuse(
        writer.begin_block(&[1], DType::F64, &xyz, &properties),
        &format!("{wrong} component names [], got [\"xyz\"]"),
    );
    refuse(
        writer.begin_block(&[0], DType::F64, &[], &properties),
        "there is a block with the key (a=0) already, at position 0",
    );
    writer
        .begin_block(&[1], DType::F64, &[], &properties)
        .unwrap();
    writer.push_rows(Array2::<f64>::ones((100_000, 2))).unwrap();
    writer.end_rows(&samples(100_000)).unwrap();
    refuse(
        writer.end_block(),
        &format!("{wrong} gradients ['g'], got []"),
    );
    writer.finish().unwrap();

    // nothing of it is in the file
    assert!(fs::metadata(&path).unwrap().len() < 5_000);
    let map = TensorMap::load(&path).unwrap();
    assert_eq!(
        (map.len(), map.blocks()[0].gradient("g").unwrap().shape()),
        (1, vec![1, 3, 2])
    );
}

#[test]
fn a_block_that_is_not_ended_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let writer = begin(&path, 3);
    let error = writer.finish().unwrap_err().to_string();
    assert_eq!(
        error,
        "invalid parameter: the block (a=0) was begun, and not ended"
    );
    assert!(names(folder.path()).is_empty());

    let mut writer = begin(&path, 100_000);
    writer.abandon_block().unwrap();
    writer.abandon_block().unwrap();
    let other = TensorMap::new(Labels::new(["a"], [[0]]).unwrap(), vec![block(1, 5)]).unwrap();
    add(&mut writer, &other, 0..1);
    writer.finish().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 5_000);
    assert_same_map(&TensorMap::load(&path).unwrap(), &other);

    // in a file that is appended to, it leaves nothing either
    let before = fs::read(&path).unwrap();
    let mut writer = MapWriter::append(&path).unwrap();
    let (block, values) = (&other.blocks()[0], Array2::<f64>::ones((3, 8)));
    writer
        .begin_block(&[1], DType::F64, &[], block.properties())
        .unwrap();
    writer.push_rows(values.clone()).unwrap();
    assert!(writer.finish().is_err());
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(names(folder.path()), ["map.mts"]);

    let mut writer = MapWriter::append(&path).unwrap();
    writer
        .begin_block(&[1], DType::F64, &[], block.properties())
        .unwrap();
    for row in values.axis_chunks_iter(Axis(0), 2) {
        writer.push_rows(row.to_owned()).unwrap();
    }
    writer
        .end_rows(&Labels::range("sample", 3).unwrap())
        .unwrap();
    writer.end_block().unwrap();
    writer.finish().unwrap();
    let map = TensorMap::load(&path).unwrap();
    assert_eq!(
        map.blocks()[1].to_ndarray::<f64>().unwrap(),
        values.into_dyn()
    );
}

#[test]
fn pieces_that_files_can_not_hold_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let properties = Labels::range("p", 1).unwrap();
    let mut writer = MapWriter::create(&path, &["a"]).unwrap();
    let error = writer.begin_block(&[0], DType::BF16, &[], &properties);
    assert_eq!(
        error.unwrap_err().to_string(),
        "unsupported: 'blocks/0/values.npy': files can not hold arrays of bfloat16"
    );
    writer
        .begin_block(&[0], DType::BOOL8, &[], &properties)
        .unwrap();
    let mut values = DenseArray::zeros(DType::BOOL8, &[2, 1]).unwrap();
    values.view_mut().unwrap().as_bytes_mut().unwrap()[1] = 2;
    let error = writer.push_rows(values).unwrap_err().to_string();
    assert!(error.contains("boolean"), "{error}");
    writer
        .push_rows(DenseArray::zeros(DType::BOOL8, &[2, 1]).unwrap())
        .unwrap();
    writer.end_rows(&Labels::range("s", 2).unwrap()).unwrap();
    writer.end_block().unwrap();
    writer.finish().unwrap();
    assert_eq!(TensorMap::load(&path).unwrap().blocks()[0].shape(), [2, 1]);
}
