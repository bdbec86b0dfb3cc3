//! Results do not depend on the number of threads.

use metatensor_core::{Labels, TensorBlock, TensorMap, set_num_threads};
use ndarray::{Array2, Array3};

use crate::*;

/// Large enough to be shared between threads: `rows` samples, in the gradient as well.
fn tensor(rows: usize, properties: usize, shift: f64) -> TensorMap {
    let number = |i: usize| shift + (i % 1013) as f64 / 7.0;
    let samples = Labels::range("s", rows).unwrap();
    let names = Labels::range("p", properties).unwrap();
    let values = Array2::from_shape_fn((rows, properties), |(i, j)| number(i * properties + j));
    let mut block = TensorBlock::new(values, &samples, &[], &names).unwrap();
    let parents = (0..rows).map(|i| [(i * 7919 % rows) as i32, i as i32]);
    let gradient = TensorBlock::new(
        Array3::from_shape_fn((rows, 3, properties), |(i, j, k)| {
            number(31 * i + 7 * j + k)
        }),
        &Labels::from_rows(&["sample", "atom"], parents).unwrap(),
        &[Labels::range("xyz", 3).unwrap()],
        &names,
    );
    block.add_gradient("g", gradient.unwrap()).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for (rows, properties) in [(20_000, 7), (60_000, 1)] {
        let (a, b) = (
            tensor(rows, properties, -50.25),
            tensor(rows, properties, 0.1),
        );
        let results = |threads| {
            set_num_threads(threads);
            let results = [
                add(&a, &b),
                add_scalar(&a, 0.3),
                multiply(&a, &b),
                multiply_scalar(&a, 0.3),
                divide(&a, &b),
                abs(&a),
                pow(&b, 2.0),
                pow(&b, 2.7),
                into_abs(a.deep_copy().unwrap()),
                into_pow(b.deep_copy().unwrap(), 2.7),
            ];
            set_num_threads(0);
            results.map(|result| result.unwrap().save_buffer().unwrap())
        };
        let expected = results(1);
        for threads in [2, 3, 7] {
            let results = results(threads);
            for (i, (result, expected)) in results.iter().zip(&expected).enumerate() {
                assert!(result == expected, "result {i} with {threads} threads");
            }
        }
    }
}
