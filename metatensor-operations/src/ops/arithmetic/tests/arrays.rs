//! Kinds, layouts and types of arrays.

use metatensor_core::internal::with_element;
use metatensor_core::{DType, DenseArray, Device, Element, Error, TensorBlock, bf16, f16};

use super::*;
use crate::{AllcloseOptions, check_allclose, check_equal};

#[test]
fn strides_do_not_matter() {
    for seed in 0..20 {
        let a = random_block(seed, moderate(seed + 1000));
        let b = random_block(seed, moderate(seed + 2000));
        for layout in Layout::ALL {
            let (x, y) = (with_layout(&a, layout), with_layout(&b, layout));
            check_equal(&a, &x).unwrap();
            for (name, operation) in OPERATIONS {
                let expected = operation(&a, &b).unwrap();
                let options = AllcloseOptions {
                    rtol: 0.0,
                    atol: 0.0,
                    equal_nan: true,
                };
                for result in [operation(&x, &y), operation(&x, &b), operation(&a, &y)] {
                    check_allclose(&result.unwrap(), &expected, options)
                        .unwrap_or_else(|different| panic!("{name}: {different}"));
                }
            }
        }
    }
}

#[test]
fn results_are_arrays_of_the_kind_of_the_first_argument() {
    let native = DenseArray::origin();
    for (name, operation) in OPERATIONS {
        let (a, b) = (f(), h());
        let (x, y) = (foreign(&a, Device::CPU), foreign(&b, Device::CPU));
        for (a, b, origin) in [
            (&x, &y, Foreign::origin()),
            (&x, &b, Foreign::origin()),
            (&a, &y, native),
        ] {
            let result = operation(a, b).unwrap();
            assert_eq!(result.values().origin().unwrap(), origin, "{name}");
            let gradient = result.gradient("g").unwrap();
            assert_eq!(gradient.values().origin().unwrap(), origin, "{name}");
        }
    }
}

#[test]
fn data_on_other_devices_is_an_error() {
    let device = Device { kind: 2, id: 1 };
    let (a, b) = (foreign(&f(), device), foreign(&h(), device));
    for (i, (name, operation)) in OPERATIONS.into_iter().enumerate() {
        if i == 11 {
            continue; // the first power is the block itself
        }
        let error = operation(&a, &b).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        let message = error.to_string();
        assert!(
            message.contains(name) && message.contains("cuda:1"),
            "{message}"
        );
    }
}

/// A block without any elements, of this shape, with an empty or full gradient.
fn degenerate(samples: usize, properties: usize, rows: &[[i32; 2]]) -> TensorBlock {
    let values = vec![2.0; samples * properties];
    let derivatives = vec![1.0; rows.len() * properties];
    with_gradient(
        block([samples, properties], &values),
        "g",
        rows,
        &derivatives,
    )
}

#[test]
fn axes_can_be_empty() {
    let blocks = [
        degenerate(0, 2, &[]),
        degenerate(2, 0, &[[1, 0], [0, 3]]),
        degenerate(0, 0, &[]),
        degenerate(2, 3, &[]),
    ];
    for block in blocks {
        for (name, operation) in OPERATIONS {
            let result = operation(&block, &block).unwrap();
            assert_eq!(
                result.values().shape().unwrap(),
                block.values().shape().unwrap(),
                "{name}"
            );
            let (shape, expected) = (result.gradient("g").unwrap(), block.gradient("g").unwrap());
            assert_eq!(
                shape.values().shape().unwrap(),
                expected.values().shape().unwrap()
            );
            assert_eq!(shape.samples(), expected.samples());
        }
    }
    let nothing = map(vec![]);
    assert!(add(&nothing, &nothing).unwrap().is_empty());
    assert!(pow(&nothing, 2.0).unwrap().is_empty());
}

#[test]
fn integers_stay_integers_and_wrap_around() {
    let block = |x: i64, dx: i64| with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[dx]);
    let (a, b) = (block(i64::MIN, -3), block(2, 5));
    for (result, expected) in [
        (abs(&a), (i64::MIN, 3)),
        (add(&a, &b), (i64::MIN + 2, 2)),
        (subtract(&a, &b), (i64::MAX - 1, -8)),
        (subtract(&b, &a), (i64::MIN + 2, 8)),
        // The derivative is 2^63 * 5 - 3 * 2, modulo 2^64.
        (multiply(&a, &b), (0, i64::MAX - 5)),
    ] {
        let result = result.unwrap();
        let (x, dx) = (values::<i64>(&result)[0], gradient::<i64>(&result, "g")[0]);
        assert_eq!((x, dx), expected);
    }
    let exact = subtract(&block((1 << 53) + 1, 0), &block(0, 0)).unwrap();
    assert_eq!(values::<i64>(&exact), [(1 << 53) + 1]);
}

#[test]
fn scalars_and_quotients_turn_integers_into_f64_at_all_depths() {
    let block = with_second_derivatives(3_i32);
    for i in [2, 4, 6, 8, 11] {
        let (name, operation) = OPERATIONS[i];
        let result = operation(&block, &block).unwrap();
        let gradient = result.gradient("positions").unwrap();
        let second = gradient.gradient("strain").unwrap();
        for block in [&result, gradient, second] {
            assert_eq!(block.dtype(), DType::F64, "{name}");
        }
    }
    let sum = add_scalar(&block, 0.5).unwrap();
    assert_eq!(values::<f64>(&sum), [3.5, 3.5]);
    assert_eq!(gradient::<f64>(&sum, "positions/strain"), [3.0, 3.0]);

    let block = with_gradient(crate::testing::block([1, 1], &[6]), "g", &[[0, 0]], &[1]);
    let quotient = divide(&block, &block).unwrap();
    assert_eq!(values::<f64>(&quotient), [1.0]);
    assert_eq!(gradient::<f64>(&quotient, "g"), [0.0]);
    assert_eq!(gradient::<f64>(&pow(&block, 2.0).unwrap(), "g"), [12.0]);
}

/// One sample, one property and one gradient row, of all types that arithmetic knows.
fn number(dtype: DType, x: i32, dx: i32) -> TensorBlock {
    fn make<T: Element>(x: T, dx: T) -> TensorBlock {
        with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[dx])
    }
    with_element!(dtype, T => {
        let element = |x: i32| T::from_number(x.into()).unwrap();
        Ok(make(element(x), element(dx)))
    })
    .unwrap()
}

#[test]
fn different_types_are_promoted_with_their_gradients() {
    let numbers = DType::ALL
        .into_iter()
        .filter(|&dtype| dtype != DType::BOOL8);
    for a in numbers.clone() {
        for b in numbers.clone() {
            let expected = crate::numbers::promote(a, b).unwrap();
            let product = multiply(&number(a, 3, 5), &number(b, 2, 7)).unwrap();
            assert_eq!(product.dtype(), expected);
            check_equal(&product, &number(expected, 6, 31)).unwrap();
            // (11 - 6 / 2 * 1) / 2
            let quotient = divide(&number(a, 6, 11), &number(b, 2, 1)).unwrap();
            let expected = crate::numbers::continuous(expected).unwrap();
            assert_eq!(quotient.dtype(), expected);
            check_equal(&quotient, &number(expected, 3, 4)).unwrap();
        }
    }
}

#[test]
fn scalars_take_the_precision_of_the_block() {
    for dtype in [DType::F16, DType::BF16, DType::F32, DType::C64, DType::C128] {
        let result = add_scalar(&number(dtype, 3, 5), 0.5).unwrap();
        assert_eq!(result.dtype(), dtype);
        assert_eq!(result.gradient("g").unwrap().dtype(), dtype);
    }
    let third = divide_scalar(&number(DType::F32, 1, 1), 3.0).unwrap();
    assert_eq!(values::<f32>(&third), [1.0 / 3.0]);
}

#[test]
fn unsigned_integers_are_not_negative() {
    let block = |x: u64, dx: u64| with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[dx]);
    for (x, derivative) in [(u64::MAX, 5), (0, 0)] {
        let absolute = abs(&block(x, 5)).unwrap();
        assert_eq!(values::<u64>(&absolute), [x]);
        assert_eq!(gradient::<u64>(&absolute, "g"), [derivative]);
    }
    let quotient = divide_scalar(&block(u64::MAX, 1), 2.0).unwrap();
    assert_eq!(values::<f64>(&quotient), [u64::MAX as f64 / 2.0]);
}

#[test]
fn differences_of_booleans_are_numbers() {
    let difference = subtract(&block([1, 1], &[false]), &block([1, 1], &[true])).unwrap();
    assert_eq!(values::<f64>(&difference), [-1.0]);
}

#[test]
fn half_precision_stays_what_it_is() {
    let block = number(DType::F16, 3, 5);
    let result = pow(&block, 3.0).unwrap();
    assert_eq!(values::<f16>(&result), [f16::from_f32(27.0)]);
    assert_eq!(gradient::<f16>(&result, "g"), [f16::from_f32(135.0)]);
    let block = number(DType::BF16, 3, 5);
    let result = pow(&block, 3.0).unwrap();
    assert_eq!(values::<bf16>(&result), [bf16::from_f32(27.0)]);
    assert_eq!(gradient::<bf16>(&result, "g"), [bf16::from_f32(135.0)]);
}
