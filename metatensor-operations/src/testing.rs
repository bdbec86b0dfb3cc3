//! Blocks and maps for tests.

use metatensor_core::{ArrayRef, DenseArray, Element, Labels, TensorBlock, TensorMap};
use ndarray::Array;

pub(crate) fn labels<const N: usize>(names: [&str; N], rows: &[[i32; N]]) -> Labels {
    Labels::new(names, rows).unwrap()
}

/// Row-major array.
pub(crate) fn array<T: Element>(shape: &[usize], elements: &[T]) -> ArrayRef {
    let array = Array::from_shape_vec(shape, elements.to_vec()).unwrap();
    DenseArray::from(array).into()
}

/// Block with samples `s`, and properties `p`, both counting from 0.
pub(crate) fn block<T: Element>(shape: [usize; 2], values: &[T]) -> TensorBlock {
    let samples = Labels::range("s", shape[0]).unwrap();
    let properties = Labels::range("p", shape[1]).unwrap();
    TensorBlock::new(array(&shape, values), &samples, &[], &properties).unwrap()
}

/// Adds a gradient without components to a block made by [`block`]: samples are `(sample, a)`.
pub(crate) fn with_gradient<T: Element>(
    mut block: TensorBlock,
    parameter: &str,
    samples: &[[i32; 2]],
    values: &[T],
) -> TensorBlock {
    let gradient = TensorBlock::new(
        array(&[samples.len(), block.properties().count()], values),
        &labels(["sample", "a"], samples),
        &[],
        block.properties(),
    );
    block.add_gradient(parameter, gradient.unwrap()).unwrap();
    block
}

/// Map with these blocks, and keys `k` counting from 0.
pub(crate) fn map(blocks: Vec<TensorBlock>) -> TensorMap {
    let keys = Labels::range("k", blocks.len()).unwrap();
    TensorMap::new(keys, blocks).unwrap()
}

/// Elements of the values, in row-major order.
pub(crate) fn values<T: Element>(block: &TensorBlock) -> Vec<T> {
    block.to_ndarray::<T>().unwrap().iter().copied().collect()
}

/// Elements of the gradient with respect to `path`, parameters separated by `/`.
pub(crate) fn gradient<T: Element>(block: &TensorBlock, path: &str) -> Vec<T> {
    let follow = |block, parameter| TensorBlock::gradient(block, parameter).unwrap();
    values(path.split('/').fold(block, follow))
}

/// Block with two samples, two properties, and two rows of gradients, in the other order, with a
/// component of length 3.
pub(crate) fn small_block(values: [f64; 4], derivatives: [f64; 12]) -> TensorBlock {
    let mut block = block([2, 2], &values);
    let gradient = TensorBlock::new(
        array(&[2, 3, 2], &derivatives),
        &labels(["sample", "a"], &[[1, 5], [0, 2]]),
        &[Labels::range("xyz", 3).unwrap()],
        block.properties(),
    );
    block.add_gradient("g", gradient.unwrap()).unwrap();
    block
}
