//! Gradients, and rows of gradients, that only one of two blocks has.

use metatensor_core::{DType, DenseArray, Error, Labels, TensorBlock};
use proptest::prelude::*;

use super::*;
use crate::engine::MissingGradients;
use crate::testing::random::elements;
use crate::{align_gradients, check_equal, remove_gradients, zeros_like};

type OperationWith = fn(&TensorBlock, &TensorBlock, MissingGradients) -> Result<TensorBlock>;

const OPERATIONS: [(&str, Operation, OperationWith); 4] = [
    ("add", add, add_with),
    ("subtract", subtract, subtract_with),
    ("multiply", multiply, multiply_with),
    ("divide", divide, divide_with),
];

/// Two blocks whose gradients do not have the same rows, with gradients of gradients if there is a formula for these.
fn two_blocks<T: Element>(seed: u64, linear: bool, make: fn(u32) -> T) -> [TensorBlock; 2] {
    let random = &mut Random(seed);
    let (samples, properties) = (random.pairs(["a", "b"]), random.pairs(["p", "q"]));
    let (components, parameters) = (random.below(3), random.below(3));
    [(); 2].map(|()| {
        let block = random.block_with(&samples, &properties, components, parameters, make);
        // Other operations need the gradients with respect to `h` of the values for those of gradients.
        if linear || parameters == 2 {
            block
        } else {
            without_second_derivatives(&block)
        }
    })
}

fn without_second_derivatives(block: &TensorBlock) -> TensorBlock {
    let mut result = remove_gradients(block, None).unwrap();
    for (parameter, gradient) in block.gradients() {
        let gradient = remove_gradients(gradient, None).unwrap();
        result.add_gradient(parameter, gradient).unwrap();
    }
    result
}

/// `block` with gradients like those of `model` that it does not have, but without any row, at all depths.
fn with_empty_gradients(block: &TensorBlock, model: &TensorBlock) -> TensorBlock {
    let mut result = remove_gradients(block, None).unwrap();
    for (parameter, gradient) in model.gradients() {
        let gradient = if block.has_gradient(parameter) {
            with_empty_gradients(block.gradient(parameter).unwrap(), gradient)
        } else {
            let names: Vec<_> = gradient.samples().names().iter().collect();
            let mut shape = gradient.values().shape().unwrap().to_vec();
            shape[0] = 0;
            let empty = TensorBlock::new(
                DenseArray::zeros(DType::F64, &shape).unwrap(),
                Labels::empty(&names).unwrap(),
                gradient.components(),
                gradient.properties(),
            );
            with_empty_gradients(&empty.unwrap(), gradient)
        };
        result.add_gradient(parameter, gradient).unwrap();
    }
    for (parameter, gradient) in block.gradients() {
        if !result.has_gradient(parameter) {
            result.add_gradient(parameter, gradient.clone()).unwrap();
        }
    }
    result
}

fn check<T: Element + std::fmt::Debug + PartialEq>(seed: u64, make: fn(u32) -> T) {
    for (name, operation, with) in OPERATIONS {
        let [a, b] = two_blocks(seed, name == "add" || name == "subtract", make);
        let (first, second) = align_gradients(&a, &b).unwrap();
        let expected = operation(&first, &second).unwrap();
        for missing in [MissingGradients::ZeroRows, MissingGradients::Zeros] {
            let result = with(&a, &b, missing).unwrap();
            check_equal(&result, &expected).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn missing_rows_are_those_that_aligned_gradients_have(seed: u64) {
        check(seed, |i| f64::from(i) + 1.0);
        check(seed, |i| i as f32 + 1.0);
        check(seed, |i| i as i32 + 1);
        check(seed, |i| num_complex::Complex::new(f64::from(i), 1.0));
    }

    #[test]
    fn missing_gradients_are_gradients_without_rows(seed: u64, first: bool) {
        for (name, operation, with) in OPERATIONS {
            let linear = name == "add" || name == "subtract";
            let [a, b] = two_blocks(seed, linear, |i| f64::from(i) + 1.0);
            let without = |block: &TensorBlock| remove_gradients(block, Some(&["g"])).unwrap();
            let (a, b) = if first { (without(&a), b) } else { (a, without(&b)) };
            let (x, y) = (with_empty_gradients(&a, &b), with_empty_gradients(&b, &a));
            let (x, y) = align_gradients(&x, &y).unwrap();
            let expected = operation(&x, &y).unwrap();
            let result = with(&a, &b, MissingGradients::Zeros).unwrap();
            prop_assert_eq!(elements::<f64>(&result), elements::<f64>(&expected), "{}", name);
            for missing in [MissingGradients::Error, MissingGradients::ZeroRows] {
                if a.gradients_list().iter().count() != b.gradients_list().iter().count() {
                    let error = with(&a, &b, missing).unwrap_err();
                    prop_assert!(error.to_string().contains("'missing_gradients'"), "{}", error);
                }
            }
        }
    }
}

#[test]
fn a_product_with_a_row_that_only_one_has() {
    let a = with_gradient(
        block([2, 1], &[2.0, 3.0]),
        "g",
        &[[0, 0], [1, 7]],
        &[10.0, 20.0],
    );
    let b = with_gradient(
        block([2, 1], &[5.0, 7.0]),
        "g",
        &[[0, 5], [0, 0]],
        &[1.0, 2.0],
    );
    let product = multiply_with(&a, &b, MissingGradients::ZeroRows).unwrap();
    assert_eq!(values::<f64>(&product), [10.0, 21.0]);
    let rows = labels(["sample", "a"], &[[0, 0], [1, 7], [0, 5]]);
    assert_eq!(*product.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&product, "g"), [54.0, 140.0, 2.0]);
}

#[test]
fn the_default_is_strict_and_its_error_names_the_option() {
    let a = with_gradient(block([1, 1], &[2.0]), "g", &[[0, 0]], &[1.0]);
    let rows = with_gradient(block([1, 1], &[2.0]), "g", &[[0, 1]], &[1.0]);
    let none = block([1, 1], &[2.0]);
    for (name, operation, with) in OPERATIONS {
        for (other, what) in [
            (&rows, "samples are not the same"),
            (&none, "gradient parameters"),
        ] {
            let error = operation(&a, other).unwrap_err();
            assert!(matches!(error, Error::NotEqual(_)), "{error}");
            let text = error.to_string();
            assert!(text.contains(name) && text.contains(what), "{text}");
            assert!(
                text.contains("see the option 'missing_gradients'"),
                "{text}"
            );
            assert_eq!(
                with(&a, other, MissingGradients::Error)
                    .unwrap_err()
                    .to_string(),
                text
            );
        }
        // Rows can be missing, but not the gradient.
        with(&a, &rows, MissingGradients::ZeroRows).unwrap();
        let text = with(&a, &none, MissingGradients::ZeroRows)
            .unwrap_err()
            .to_string();
        assert!(text.contains("option 'missing_gradients'"), "{text}");
        with(&none, &a, MissingGradients::Zeros).unwrap();
        // Other things that are different are no less different, and no option helps.
        let wide = zeros_like(&block([1, 2], &[0.0; 2]), crate::GradientSelection::All).unwrap();
        let text = with(&a, &wide, MissingGradients::Zeros)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("properties") && !text.contains("option"),
            "{text}"
        );
    }
}

#[test]
fn second_derivatives_times_constants_need_nothing_else() {
    let mut first = with_gradient(block([1, 1], &[3.0]), "h", &[[0, 0]], &[5.0]);
    first = crate::rename_dimension(&first, crate::Axis::Samples, "s", "sample").unwrap();
    let mut nested = block([1, 1], &[1.0]);
    nested.add_gradient("g", first).unwrap();
    let constant = block([1, 1], &[2.0]);
    let zeros = MissingGradients::Zeros;
    for (operation, [g, gh]) in [
        (multiply_with(&nested, &constant, zeros), [6.0, 10.0]),
        (multiply_with(&constant, &nested, zeros), [6.0, 10.0]),
        (divide_with(&nested, &constant, zeros), [1.5, 2.5]),
        (add_with(&nested, &constant, zeros), [3.0, 5.0]),
    ] {
        let result = operation.unwrap();
        assert_eq!(gradient::<f64>(&result, "g"), [g]);
        assert_eq!(gradient::<f64>(&result, "g/h"), [gh]);
    }
    // A divisor is not linear.
    let error = divide_with(&constant, &nested, zeros).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    assert!(
        error.to_string().contains("without the gradient 'h'"),
        "{error}"
    );
}
