//! Neither the memory layout of arrays nor the number of threads changes results.

use metatensor_core::{TensorMap, set_num_threads};
use proptest::prelude::*;

use super::operations::OPERATIONS;
use super::*;
use crate::testing::{Layout, with_layout};
use crate::{AllcloseOptions, check_allclose};

/// Everything is the same, and what is not a number is not in both.
const SAME: AllcloseOptions = AllcloseOptions {
    rtol: 0.0,
    atol: 0.0,
    equal_nan: true,
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn strides_do_not_matter(seed: u64) {
        for operation in &OPERATIONS {
            let [a, b] = random_pair::<f64>(operation, seed);
            let expected = (operation.block)(&a, &b).unwrap();
            for layout in Layout::ALL {
                let (x, y) = (with_layout(&a, layout), with_layout(&b, layout));
                for (x, y) in [(&x, &y), (&x, &b), (&a, &y)] {
                    let result = (operation.block)(x, y).unwrap();
                    check_allclose(&result, &expected, SAME)
                        .unwrap_or_else(|different| panic!("{}: {different}", operation.name));
                    assert!(is_new_or_of(&result, x), "{}", operation.name);
                }
            }
        }
    }
}

/// All arrays are row-major, or those of the first argument.
fn is_new_or_of(result: &TensorBlock, first: &TensorBlock) -> bool {
    let is_row_major = result.view().unwrap().is_contiguous();
    (is_row_major || result.values().is_same(first.values()))
        && result
            .gradients()
            .all(|(parameter, gradient)| is_new_or_of(gradient, first.gradient(parameter).unwrap()))
}

/// Two maps with a gradient, large enough to be shared between threads.
fn large(second: Second) -> [TensorMap; 2] {
    let samples = (0..3000).map(|i| [i * 7 % 11, i]);
    let samples = Labels::from_rows(&["a", "b"], samples).unwrap();
    let properties = Labels::from_rows(&["p", "q"], (0..40).map(|i| [i % 3, i])).unwrap();
    let random = &mut Random(1);
    let mut make = || {
        let block = random.block_with(&samples, &properties, 1, 1, f64::small);
        without_second_derivatives(&block)
    };
    let (a, mut b) = (make(), make());
    if second == Second::SameRows {
        b = a.clone();
    }
    [a, b].map(|block| {
        let block = with_arrays(&block, &mut |array| {
            let number = || random.between(0.5, 2.0);
            ArrayD::from_shape_simple_fn(array.shape().unwrap(), number).into()
        });
        TensorMap::new(Labels::single(), vec![block]).unwrap()
    })
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (same, others) = (large(Second::SameRows), large(Second::OtherRows));
    for operation in &OPERATIONS {
        let [a, b] = match operation.second {
            Second::SameRows => &same,
            Second::OtherRows => &others,
        };
        let result = |threads| {
            set_num_threads(threads);
            let result = (operation.map)(a, b).unwrap().save_buffer().unwrap();
            set_num_threads(0);
            result
        };
        let expected = result(1);
        for threads in [2, 3] {
            assert!(
                result(threads) == expected,
                "{} with {threads} threads",
                operation.name
            );
        }
    }
}
