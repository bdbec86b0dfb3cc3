//! Variants that consume their argument.

use metatensor_core::{DType, Device, Result, TensorBlock, TensorMap};

use super::*;
use crate::{AllcloseOptions, check_allclose};

type Consuming = fn(TensorMap) -> Result<TensorMap>;
type Borrowing = fn(&TensorMap) -> Result<TensorMap>;

const VARIANTS: [(Consuming, Borrowing); 9] = [
    (into_abs, abs),
    (|t| into_add_scalar(t, 2.5), |t| add_scalar(t, 2.5)),
    (
        |t| into_multiply_scalar(t, 2.5),
        |t| multiply_scalar(t, 2.5),
    ),
    (|t| into_pow(t, -1.0), |t| pow(t, -1.0)),
    (|t| into_pow(t, 0.0), |t| pow(t, 0.0)),
    (|t| into_pow(t, 0.5), |t| pow(t, 0.5)),
    (|t| into_pow(t, 1.0), |t| pow(t, 1.0)),
    (|t| into_pow(t, 2.0), |t| pow(t, 2.0)),
    (|t| into_pow(t, 2.5), |t| pow(t, 2.5)),
];

#[track_caller]
fn assert_same(a: &TensorMap, b: &TensorMap) {
    let options = AllcloseOptions {
        rtol: 0.0,
        atol: 0.0,
        equal_nan: true,
    };
    check_allclose(a, b, options).unwrap();
    assert_eq!(a.dtype().unwrap(), b.dtype().unwrap());
}

fn addresses(block: &TensorBlock) -> [*const u8; 2] {
    let address = |block: &TensorBlock| block.view().unwrap().as_bytes().unwrap().as_ptr();
    [address(block), address(block.gradient("g").unwrap())]
}

#[test]
fn results_are_the_same_as_those_of_other_variants() {
    for seed in 0..30 {
        let block = random_block(seed, moderate(seed + 1000));
        for (consuming, borrowing) in VARIANTS {
            let tensor = map(vec![block.deep_copy().unwrap(), block.deep_copy().unwrap()]);
            let expected = borrowing(&tensor).unwrap();
            assert_same(&consuming(tensor).unwrap(), &expected);
        }
    }
}

#[test]
fn memory_is_reused() {
    for (consuming, _) in VARIANTS {
        let tensor = map(vec![f()]);
        let before = addresses(&tensor.blocks()[0]);
        let result = consuming(tensor).unwrap();
        assert_eq!(addresses(&result.blocks()[0]), before);
    }
}

#[test]
fn arrays_that_others_use_do_not_change() {
    for (consuming, borrowing) in VARIANTS {
        let tensor = map(vec![f()]);
        let result = consuming(tensor.clone()).unwrap();
        assert_same(&tensor, &map(vec![f()]));
        assert_same(&result, &borrowing(&tensor).unwrap());
    }
}

#[test]
fn other_kinds_and_types_of_arrays_are_replaced() {
    for (consuming, borrowing) in VARIANTS {
        let tensor = map(vec![foreign(&f(), Device::CPU)]);
        let expected = borrowing(&tensor).unwrap();
        let result = consuming(tensor).unwrap();
        assert_eq!(
            result.blocks()[0].values().origin().unwrap(),
            Foreign::origin()
        );
        assert_same(&result, &expected);

        let integers = || {
            map(vec![with_gradient(
                block([1, 1], &[-3]),
                "g",
                &[[0, 0]],
                &[2],
            )])
        };
        assert_same(
            &consuming(integers()).unwrap(),
            &borrowing(&integers()).unwrap(),
        );
    }
    let sum = into_add_scalar(map(vec![block([1, 1], &[1])]), 0.5).unwrap();
    assert_eq!(sum.dtype(), Some(DType::F64));
}

#[test]
fn errors_name_the_function_and_the_block() {
    let nested = || map(vec![with_second_derivatives(3.0)]);
    let message = into_pow(nested(), 2.0).unwrap_err().to_string();
    assert!(message.contains("pow: block (k=0)"), "{message}");
    assert!(message.contains("'positions/strain'"), "{message}");
    let scaled = into_multiply_scalar(nested(), 2.0).unwrap();
    assert_eq!(
        gradient::<f64>(&scaled.blocks()[0], "positions/strain"),
        [6.0, 6.0]
    );
}

#[test]
fn info_does_not_describe_the_result() {
    let mut tensor = map(vec![f()]);
    tensor.info_mut().insert("unit".into(), "eV".into());
    assert!(into_multiply_scalar(tensor, 2.0).unwrap().info().is_empty());
}
