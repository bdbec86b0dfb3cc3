//! Tests of products of two blocks that both have gradients.

use metatensor_core::{DType, Element, Error, Labels, TensorBlock, TensorMap};
use ndarray::{ArrayD, Dimension, IxDyn};
use num_complex::Complex;
use proptest::prelude::*;

use crate::engine::{Axis, MissingGradients};
use crate::testing::random::elements;
use crate::testing::{Random, block, gradient, labels, map, values, with_gradient};
use crate::{dot, dot_with, remove_gradients, rename_dimension, sort};

#[test]
fn derivatives_of_both_are_added() {
    // Row 0 of a depends on what is called 5, row 1 on 7; row 1 of b depends on both.
    let a = with_gradient(
        block([2, 2], &[1., 2., 3., 4.]),
        "g",
        &[[1, 7], [0, 5]],
        &[10., 20., 30., 40.],
    );
    let b = with_gradient(
        block([2, 2], &[1., 0., 5., 6.]),
        "g",
        &[[1, 5], [1, 7]],
        &[1., 1., 0., 2.],
    );
    let product = dot(&a, &b).unwrap();
    assert_eq!(values::<f64>(&product), [1., 17., 3., 39.]);
    let derivatives = product.gradient("g").unwrap();
    // The rows of a, then the others by sample.
    let rows = labels(["sample", "a"], &[[1, 7], [0, 5], [0, 7], [1, 5]]);
    assert_eq!(*derivatives.samples(), rows);
    assert_eq!(derivatives.properties(), b.samples());
    assert_eq!(
        values::<f64>(derivatives),
        [10., 50. + 120. + 8., 30., 150. + 240. + 3., 0., 4., 0., 7.]
    );
}

#[test]
fn a_block_without_gradients_is_constant() {
    let a = block([2, 1], &[2.0, 3.0]);
    let b = with_gradient(block([2, 1], &[5.0, 7.0]), "g", &[[1, 4]], &[10.0]);
    let product = dot(&a, &b).unwrap();
    let rows = labels(["sample", "a"], &[[0, 4], [1, 4]]);
    assert_eq!(*product.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&product, "g"), [0., 20., 0., 30.]);
    let product = dot(&b, &a).unwrap();
    assert_eq!(
        *product.gradient("g").unwrap().samples(),
        labels(["sample", "a"], &[[1, 4]])
    );
    assert_eq!(gradient::<f64>(&product, "g"), [20., 30.]);
}

/// Two blocks, the first of which has components, with gradients that have components of their own.
fn two_blocks<T: Element>(seed: u64, make: fn(u32) -> T) -> [TensorBlock; 2] {
    let random = &mut Random(seed);
    let properties = random.pairs(["p", "q"]);
    let mut blocks = [1, 0].map(|components| {
        let samples = random.pairs(["a", "b"]);
        let block = random.block_with(&samples, &properties, components, 2, make);
        let mut plain = remove_gradients(&block, None).unwrap();
        for (parameter, gradient) in block.gradients() {
            let gradient = remove_gradients(gradient, None).unwrap();
            plain.add_gradient(parameter, gradient).unwrap();
        }
        plain
    });
    // Only dimensions of properties have to be the same.
    blocks[1] = rename_dimension(&blocks[1], Axis::Samples, "a", "z").unwrap();
    blocks
}

/// `block + step * direction`, without gradients, where the direction is a variation of a gradient.
fn moved(
    block: &TensorBlock,
    parameter: &str,
    varied: i32,
    own: &[usize],
    step: f64,
) -> TensorBlock {
    let mut values = block.to_ndarray::<f64>().unwrap();
    let gradient = block.gradient(parameter).unwrap();
    let derivatives = gradient.to_ndarray::<f64>().unwrap();
    for (row, sample) in gradient.samples().iter().enumerate() {
        if sample[1] != varied {
            continue;
        }
        for (index, x) in values
            .indexed_iter_mut()
            .filter(|(index, _)| index[0] == sample[0] as usize)
        {
            let index: Vec<usize> = [&[row], own, &index.slice()[1..]].concat();
            *x += step * derivatives[IxDyn(&index)];
        }
    }
    TensorBlock::new(
        values,
        block.samples(),
        block.components(),
        block.properties(),
    )
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn gradients_are_finite_differences(seed: u64) {
        let [a, b] = two_blocks(seed, |i| f64::from(i % 13) - 5.5);
        let product = dot_with(&a, &b, MissingGradients::Zeros).unwrap();
        for (parameter, extra) in [("g", 2), ("h", 2)] {
            let gradient = product.gradient(parameter).unwrap();
            let derivatives = gradient.to_ndarray::<f64>().unwrap();
            for varied in 0..3 {
                let owns: Vec<Vec<usize>> = if extra == 0 {
                    vec![vec![]]
                } else {
                    (0..extra).map(|e| vec![e]).collect()
                };
                for own in owns {
                    let at = |step| {
                        let a = moved(&a, parameter, varied, &own, step);
                        let b = moved(&b, parameter, varied, &own, step);
                        dot(&a, &b).unwrap().to_ndarray::<f64>().unwrap()
                    };
                    let difference: ArrayD<f64> = (at(0.5) - at(-0.5)) / 1.0;
                    for (index, expected) in difference.indexed_iter() {
                        let row = gradient.samples().position(&[index[0] as i32, varied]);
                        let derivative = row.map_or(0.0, |row| {
                            let index = [&[row], &own[..], &index.slice()[1..]].concat();
                            derivatives[IxDyn(&index)]
                        });
                        prop_assert!((derivative - expected).abs() < 1e-10);
                    }
                }
            }
        }
    }

    #[test]
    fn types_and_the_order_of_rows_do_not_matter(seed: u64) {
        fn check<T: Element + Into<f64>>(seed: u64, make: fn(u32) -> T) {
            let [a, b] = two_blocks(seed, |i| f64::from(i % 7) - 3.0);
            let expected = dot_with(&a, &b, MissingGradients::Zeros).unwrap();
            let [x, y] = two_blocks(seed, make);
            let product = dot_with(&x, &y, MissingGradients::Zeros).unwrap();
            assert_eq!(product.dtype(), T::DTYPE);
            let numbers: Vec<f64> = elements::<T>(&product).into_values().map(Into::into).collect();
            let expected: Vec<f64> = elements::<f64>(&expected).into_values().collect();
            assert_eq!(numbers, expected);
        }
        check(seed, |i| (i % 7) as f32 - 3.0);
        check(seed, |i| (i % 7) as i32 - 3);
        check(seed, |i| (i % 7) as i8 - 3);

        let [a, b] = two_blocks(seed, |i| Complex::new(f64::from(i % 7), 1.0));
        let product = dot_with(&a, &b, MissingGradients::Zeros).unwrap();
        let sort = |x| sort(x, &[Axis::Samples], crate::Direction::Descending).unwrap();
        let sorted = dot_with(&a, &sort(&b), MissingGradients::Zeros).unwrap();
        prop_assert_eq!(elements::<Complex<f64>>(&sorted), elements::<Complex<f64>>(&product));
    }
}

#[test]
fn gradients_that_do_not_go_together_are_refused_by_key() {
    let a = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 3]], &[1.0]);
    let other_row = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 3], [0, 4]], &[1.0, 2.0]);
    let other_parameter = with_gradient(block([1, 1], &[1.0]), "h", &[[0, 3]], &[1.0]);
    let fail = |b: &TensorBlock, missing| {
        let (a, b): (TensorMap, TensorMap) = (map(vec![a.clone()]), map(vec![b.clone()]));
        let error = dot_with(&a, &b, missing).unwrap_err();
        assert!(matches!(error, Error::NotEqual(_)), "{error}");
        error.to_string()
    };
    let text = fail(&other_row, MissingGradients::Error);
    for part in [
        "dot: ",
        "(k=0)",
        "gradient 'g'",
        "only the second block",
        "(a=4)",
        "'missing_gradients'",
    ] {
        assert!(text.contains(part), "no {part:?} in: {text}");
    }
    let (x, y) = (map(vec![other_row.clone()]), map(vec![a.clone()]));
    let text = dot(&x, &y).unwrap_err().to_string();
    assert!(text.contains("only the first block"), "{text}");
    dot_with(&x, &y, MissingGradients::ZeroRows).unwrap();
    for missing in [MissingGradients::Error, MissingGradients::ZeroRows] {
        let text = fail(&other_parameter, missing);
        assert!(
            text.contains("gradient parameters") && text.contains("'missing_gradients'"),
            "{text}"
        );
    }
    let product = dot_with(&a, &other_parameter, MissingGradients::Zeros).unwrap();
    assert_eq!(gradient::<f64>(&product, "g"), [1.0]);
    assert_eq!(gradient::<f64>(&product, "h"), [1.0]);

    let other_names = rename_gradient(&a);
    for missing in [MissingGradients::Error, MissingGradients::Zeros] {
        let text = fail(&other_names, missing);
        assert!(
            text.contains("['sample', 'a'] and ['sample', 'x']"),
            "{text}"
        );
    }
}

fn rename_gradient(block: &TensorBlock) -> TensorBlock {
    let gradient = block.gradient("g").unwrap();
    let rows: Vec<i32> = gradient.samples().iter().flatten().copied().collect();
    let samples = Labels::from_values(&["sample", "x"], rows).unwrap();
    let gradient = TensorBlock::new(
        gradient.values().clone(),
        &samples,
        &[],
        gradient.properties(),
    );
    let mut result = remove_gradients(block, None).unwrap();
    result.add_gradient("g", gradient.unwrap()).unwrap();
    result
}

#[test]
fn axes_can_be_empty() {
    for (n, m, p) in [(0, 2, 1), (2, 0, 1), (2, 2, 0), (0, 0, 0)] {
        let make = |rows: usize| {
            let values = vec![1.0; rows * p];
            let all: Vec<_> = (0..rows as i32).map(|i| [i, 0]).collect();
            with_gradient(block([rows, p], &values), "g", &all, &values)
        };
        let product = dot_with(&make(n), &make(m), MissingGradients::ZeroRows).unwrap();
        assert_eq!(product.values().shape().unwrap(), [n, m]);
        let derivatives = product.gradient("g").unwrap();
        assert_eq!(derivatives.samples().count(), n);
        assert_eq!(product.dtype(), DType::F64);
        assert!(
            values::<f64>(derivatives)
                .iter()
                .all(|x| *x == 2.0 * p as f64)
        );
    }
}
