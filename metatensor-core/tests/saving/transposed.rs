//! Arrays that are not contiguous: their elements are saved in order, as those of a contiguous copy.

use std::fs;

use metatensor_core::{Array, DType, DenseArray, Labels, TensorBlock};

/// An array of this shape, whose axes are in memory in the order `order`.
fn array(dtype: DType, shape: &[usize], order: &[usize]) -> DenseArray {
    let in_memory: Vec<_> = order.iter().map(|&axis| shape[axis]).collect();
    let mut values = DenseArray::zeros(dtype, &in_memory).unwrap();
    let mut number = 1_u64;
    for byte in values.view_mut().unwrap().as_bytes_mut().unwrap() {
        number = number.wrapping_mul(6_364_136_223_846_793_005) + 1;
        *byte = if dtype == DType::BOOL8 {
            (number >> 63) as u8
        } else {
            (number >> 56) as u8
        };
    }
    let mut order = order.to_vec();
    for axis in 0..order.len() {
        while order[axis] != axis {
            let other = order[axis];
            values.swap_axes(axis, other).unwrap();
            order.swap(axis, other);
        }
    }
    assert_eq!(values.shape(), shape);
    values
}

fn block(values: DenseArray) -> TensorBlock {
    let shape = values.shape().to_vec();
    let components: Vec<_> = shape[1..shape.len() - 1]
        .iter()
        .enumerate()
        .map(|(i, &length)| Labels::range(&format!("component_{i}"), length).unwrap())
        .collect();
    let samples = Labels::range("sample", shape[0]).unwrap();
    let properties = Labels::range("property", shape[shape.len() - 1]).unwrap();
    TensorBlock::new(values, &samples, &components, &properties).unwrap()
}

fn check(dtype: DType, shape: &[usize], order: &[usize]) {
    let values = array(dtype, shape, order);
    assert!(values.view().as_bytes().is_none());
    let copy = block(DenseArray::copy_of(&values.view()).unwrap());
    let values = block(values);
    let message = format!("{dtype}, {shape:?}, {order:?}");
    let mut expected = Vec::new();
    copy.save_to(&mut expected).unwrap();
    assert!(values.save_buffer().unwrap() == expected, "{message}");
    let mut streamed = Vec::new();
    values.save_to(&mut streamed).unwrap();
    assert!(streamed == expected, "{message}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("values.mts");
    values.save(&path).unwrap();
    assert!(fs::read(&path).unwrap() == expected, "{message}");
}

#[test]
fn archives_are_those_of_contiguous_copies() {
    for dtype in [
        DType::BOOL8,
        DType::U8,
        DType::I16,
        DType::F32,
        DType::F64,
        DType::C128,
    ] {
        let count = 2_200_000 / dtype.size();
        // square, few long rows, many short ones, and a small array
        let side = count.isqrt();
        for rows in [side, 3, 101, count / 3, count / 101] {
            check(dtype, &[rows, count / rows], &[1, 0]);
        }
        check(dtype, &[7, 5], &[1, 0]);
    }
}

#[test]
fn any_axis_can_be_the_nearest_one() {
    for (dtype, count) in [(DType::U8, 2_200_000), (DType::F64, 600_000)] {
        for shape in [
            [1, 1000, count / 1000],
            [2, count / 200, 100],
            [count / 21, 7, 3],
            [40, 3, count / 120],
        ] {
            for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
                let values = array(dtype, &shape, &order);
                if values.view().as_bytes().is_none() {
                    check(dtype, &shape, &order);
                }
            }
        }
    }
}
