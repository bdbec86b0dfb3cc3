//! Loading into arrays of the caller.

use metatensor_core::{Array, DType, DenseArray, Error, Labels, Result, TensorBlock, TensorMap};

use crate::make::{Recipe, assert_same_block, assert_same_map, map};

fn example() -> TensorMap {
    map(&Recipe {
        dtype: DType::I16,
        components: 1,
        gradients: 1,
        depth: 1,
        blocks: 3,
        seed: 11,
    })
}

fn zeros(shape: &[usize], dtype: DType) -> Result<Box<dyn Array>> {
    Ok(Box::new(DenseArray::zeros(dtype, shape)?))
}

#[test]
fn every_array_is_made_by_the_caller() {
    let map = example();
    let buffer = map.save_buffer().unwrap();
    let mut shapes = Vec::new();
    let create = |shape: &[usize], dtype| {
        assert_eq!(dtype, DType::I16);
        shapes.push(shape.to_vec());
        zeros(shape, dtype)
    };
    let loaded = TensorMap::load_buffer_with(&buffer, create).unwrap();
    assert_same_map(&loaded, &map);
    let mut expected = Vec::new();
    for block in map.blocks() {
        expected.push(block.values().shape().unwrap().to_vec());
        expected.push(
            block
                .gradient("strain")
                .unwrap()
                .values()
                .shape()
                .unwrap()
                .to_vec(),
        );
    }
    assert_eq!(shapes, expected);

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    map.save(&path).unwrap();
    assert_same_map(&TensorMap::load_with(&path, zeros).unwrap(), &map);
    let block = &map.blocks()[0];
    block.save(&path).unwrap();
    assert_same_block(&TensorBlock::load_with(&path, zeros).unwrap(), block);
}

#[test]
fn column_major_data_is_transposed_for_the_caller() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/golden");
    let expected = TensorBlock::load(directory.join("block-f64.mts")).unwrap();
    for file in ["fortran-order.mts", "big-endian-f64.mts"] {
        let block = TensorBlock::load_with(directory.join(file), zeros).unwrap();
        assert_same_block(&block, &expected);
    }
}

#[test]
fn errors_of_the_caller_come_back_as_they_are() {
    let buffer = example().save_buffer().unwrap();
    let mut calls = 0;
    let create = |shape: &[usize], dtype| {
        calls += 1;
        if calls == 3 {
            return Err(Error::Callback("out of luck".into()));
        }
        zeros(shape, dtype)
    };
    let error = TensorMap::load_buffer_with(&buffer, create).unwrap_err();
    assert!(
        matches!(&error, Error::Callback(message) if message == "out of luck"),
        "{error}"
    );
}

#[test]
fn arrays_that_do_not_fit_are_refused() {
    let labels = Labels::range("i", 2).unwrap();
    let components = [Labels::range("c", 2).unwrap()];
    let values = ndarray::Array3::<i16>::zeros((2, 2, 2));
    let block = TensorBlock::new(values, &labels, &components, &labels).unwrap();
    let buffer = block.save_buffer().unwrap();
    let wrong = TensorBlock::load_buffer_with(&buffer, |_, dtype| zeros(&[1, 2, 3], dtype))
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("with shape [1, 2, 3]"), "{wrong}");
    let wrong = TensorBlock::load_buffer_with(&buffer, |shape, _| zeros(shape, DType::F64))
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("got one of float64"), "{wrong}");
}
