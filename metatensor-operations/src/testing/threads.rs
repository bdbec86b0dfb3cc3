//! Maps that are large enough to be shared between threads, and what must be true of their results.

use std::sync::{Mutex, PoisonError};

use metatensor_core::{Labels, Result, TensorBlock, TensorMap, set_num_threads};
use ndarray::{Array, Dimension, ShapeBuilder};

/// Only one test at a time sets the number of threads.
static SETTING: Mutex<()> = Mutex::new(());

/// Checks that all results of `f` are the same for any number of threads, bit for bit.
pub(crate) fn assert_independent_of_threads(f: impl Fn() -> Vec<Result<TensorMap>>) {
    let _guard = SETTING.lock().unwrap_or_else(PoisonError::into_inner);
    let results = |threads| {
        set_num_threads(threads);
        let results = f();
        set_num_threads(0);
        let results = results.into_iter();
        results.map(|result| result.unwrap().save_buffer().unwrap())
    };
    let expected: Vec<_> = results(1).collect();
    for threads in [2, 5] {
        for (i, (result, expected)) in results(threads).zip(&expected).enumerate() {
            assert!(result == *expected, "result {i} with {threads} threads");
        }
    }
}

/// How the elements of an array follow each other in memory.
#[derive(Clone, Copy)]
pub(crate) enum Order {
    RowMajor,
    ColumnMajor,
}

/// Map of one block with this many samples `(s, g)`, where there are `groups` different `g`, and properties
/// `(p, q)`, where there are two different `p`. The gradient has as many samples, and a component.
pub(crate) fn large(
    samples: usize,
    groups: usize,
    properties: usize,
    shift: f64,
    order: Order,
) -> TensorMap {
    // Neither the sums nor the products of these numbers are exact.
    let number = |i: usize| shift + (i * 7919 % 1013) as f64 / 7.0;
    let rows = (0..samples).map(|i| [i as i32, (i * 31 % groups.max(1)) as i32]);
    let columns = (0..properties).map(|i| [(i % 2) as i32, i as i32]);
    let labels = Labels::from_rows(&["s", "g"], rows).unwrap();
    let names = Labels::from_rows(&["p", "q"], columns).unwrap();
    let values = ordered([samples, properties], order, |i| number(3 * i));
    let mut block = TensorBlock::new(values, &labels, &[], &names).unwrap();
    let parents = (0..samples).map(|i| [(i * 7919 % samples) as i32, (i % 5) as i32, i as i32]);
    let gradient = TensorBlock::new(
        ordered([samples, 3, properties], order, |i| number(31 * i + 1)),
        Labels::from_rows(&["sample", "a", "b"], parents).unwrap(),
        &[Labels::range("xyz", 3).unwrap()],
        &names,
    );
    block.add_gradient("t", gradient.unwrap()).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

/// Array whose elements are those of `f`, in the order of memory.
fn ordered<Sh, D: Dimension>(shape: Sh, order: Order, f: impl Fn(usize) -> f64) -> Array<f64, D>
where
    Sh: ShapeBuilder<Dim = D>,
{
    let mut i = 0;
    let next = || {
        i += 1;
        f(i)
    };
    let is_column_major = matches!(order, Order::ColumnMajor);
    Array::from_shape_simple_fn(shape.set_f(is_column_major), next)
}
