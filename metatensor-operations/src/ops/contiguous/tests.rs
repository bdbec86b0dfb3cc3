//! Tests of contiguity.

use metatensor_core::{ArrayRef, DenseArray, Device, Labels};
use ndarray::Array2;

use super::*;
use crate::testing::{array, block, foreign, labels, map, values};

/// Block with a row-major gradient, and values that are not.
fn example() -> TensorBlock {
    let columns = Array2::from_shape_fn((3, 2), |(i, j)| (i + 3 * j) as i16);
    let columns: ArrayRef = DenseArray::from(columns.reversed_axes()).into();
    let (samples, properties) = (Labels::range("s", 2), Labels::range("p", 3));
    let (samples, properties) = (samples.unwrap(), properties.unwrap());
    let mut block = TensorBlock::new(columns, &samples, &[], &properties).unwrap();
    let rows = labels(["sample"], &[[1]]);
    let gradient = TensorBlock::new(array(&[1, 3], &[7_i16, 8, 9]), &rows, &[], &properties);
    block.add_gradient("g", gradient.unwrap()).unwrap();
    block
}

#[test]
fn only_arrays_that_are_not_contiguous_are_copied() {
    let block = example();
    assert!(!is_contiguous(&block).unwrap());
    let copy = make_contiguous(&block).unwrap();
    assert!(is_contiguous(&copy).unwrap());
    assert_eq!(
        copy.view().unwrap().as_slice::<i16>().unwrap().unwrap(),
        [0, 1, 2, 3, 4, 5]
    );
    let gradients = [&copy, &block].map(|block| block.gradient("g").unwrap().values());
    assert!(gradients[0].is_same(gradients[1]));
}

#[test]
fn gradients_are_looked_at_too() {
    let strided = example();
    let mut block = block([3, 3], &[0_i16; 9]);
    let rows = labels(["sample"], &[[1], [0]]);
    let values = strided.values().clone();
    let gradient = TensorBlock::new(values, &rows, &[], block.properties());
    block.add_gradient("g", gradient.unwrap()).unwrap();
    let mut tensor = map(vec![block]);
    tensor.info_mut().insert("a".into(), "b".into());
    assert!(!is_contiguous(&tensor).unwrap());
    let copy = make_contiguous(&tensor).unwrap();
    assert!(is_contiguous(&copy).unwrap());
    assert_eq!(copy.info(), tensor.info());
}

#[test]
fn nothing_and_single_elements_are_contiguous() {
    let zeros = Array2::<f64>::zeros((5, 0)).reversed_axes();
    let (samples, properties) = (Labels::range("s", 0), Labels::range("p", 5));
    let block = TensorBlock::new(zeros, samples.unwrap(), &[], properties.unwrap());
    assert!(is_contiguous(&block.unwrap()).unwrap());
}

#[test]
fn arrays_on_other_devices_have_no_layout_to_look_at() {
    let block = foreign(&example(), Device { kind: 2, id: 0 });
    let error = is_contiguous(&block).unwrap_err().to_string();
    assert!(error.contains("is_contiguous"), "{error}");
    assert_eq!(values::<i16>(&example())[1], 1);
}
