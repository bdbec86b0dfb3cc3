use metatensor_core::{Complex, Device, bf16, f16};

use super::*;
use crate::testing::*;

fn three_gradients() -> TensorBlock {
    ["a", "b", "c"]
        .into_iter()
        .fold(block([1, 1], &[5.0]), |block, parameter| {
            with_gradient(block, parameter, &[[0, 1], [0, 0]], &[1.0, 2.0])
        })
}

#[test]
fn gradients_come_in_the_order_of_the_request() {
    let block = three_gradients();
    for (selection, expected) in [
        (GradientSelection::All, &["a", "b", "c"][..]),
        (GradientSelection::None, &[]),
        (GradientSelection::Only(&["c", "a"]), &["c", "a"]),
    ] {
        let ones = ones_like(&block, selection).unwrap();
        assert_eq!(*ones.gradients_list(), *expected);
        assert_eq!(values::<f64>(&ones), [1.0]);
        for (parameter, gradient) in ones.gradients() {
            assert_eq!(values::<f64>(gradient), [1.0, 1.0]);
            assert_eq!(
                gradient.samples(),
                block.gradient(parameter).unwrap().samples()
            );
        }
        let zeros = zeros_like(&block, selection).unwrap();
        assert_eq!(values::<f64>(&zeros), [0.0]);
    }
}

#[test]
fn unknown_and_repeated_gradients_are_refused() {
    let tensor = map(vec![three_gradients()]);
    let zeros = |parameters| zeros_like(&tensor, GradientSelection::Only(parameters));
    let error = zeros(&["a", "q"]).unwrap_err().to_string();
    let expected = "requested gradient 'q' in 'zeros_like' is not defined in this tensor";
    assert!(error.contains(expected), "{error}");
    let error = zeros(&["a", "a"]).unwrap_err().to_string();
    assert!(error.contains("'a' twice"), "{error}");
}

#[test]
fn all_types_can_be_filled() {
    fn check<T: Element>(one: T) {
        let other = block([1, 2], &[T::default(); 2]);
        let ones = ones_like(&other, GradientSelection::All).unwrap();
        assert_eq!(values::<T>(&ones), [one, one]);
        let zeros = zeros_like(&ones, GradientSelection::All).unwrap();
        assert_eq!(values::<T>(&zeros), [T::default(); 2]);
    }
    check(true);
    check(1_i8);
    check(1_i16);
    check(1_i32);
    check(1_i64);
    check(1_u8);
    check(1_u16);
    check(1_u32);
    check(1_u64);
    check(f16::ONE);
    check(bf16::ONE);
    check(1_f32);
    check(1_f64);
    check(Complex::<f32>::ONE);
    check(Complex::<f64>::ONE);
}

#[test]
fn arrays_are_of_the_same_kind_on_the_same_device() {
    let device = Device { kind: 2, id: 3 };
    let block = foreign(&three_gradients(), device);
    let ones = ones_like(&block, GradientSelection::All).unwrap();
    for block in [&ones, ones.gradient("b").unwrap()] {
        assert_eq!(block.values().origin().unwrap(), Foreign::origin());
        assert_eq!(block.device(), device);
    }
}

#[test]
fn info_and_empty_blocks_are_kept() {
    let mut tensor = map(vec![with_gradient::<f64>(
        block::<f64>([0, 2], &[]),
        "g",
        &[],
        &[],
    )]);
    tensor.info_mut().insert("name".into(), "it".into());
    let zeros = zeros_like(&tensor, GradientSelection::All).unwrap();
    assert_eq!(zeros.info(), tensor.info());
    let gradient = zeros.blocks()[0].gradient("g").unwrap();
    assert_eq!(gradient.values().shape().unwrap(), [0, 2]);
    assert!(
        empty_like(&map(vec![]), GradientSelection::All)
            .unwrap()
            .is_empty()
    );
}
