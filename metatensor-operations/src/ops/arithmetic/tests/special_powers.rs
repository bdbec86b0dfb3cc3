//! Powers of numbers that are not like others.

use metatensor_core::{Element, bf16, f16};

use super::*;

/// Real numbers, which `make` makes from `f64`, and `pow` of C for them.
fn check<T: Element>(
    make: impl Fn(f64) -> T,
    real: impl Fn(T) -> f64,
    pow: impl Fn(f64, f64) -> f64,
) {
    let same = |x: T, expected: f64| {
        let (x, expected) = (real(x), real(make(expected)));
        let precision = 4.0 * f64::powi(2.0, 1 - T::DTYPE.bits as i32 / 4);
        let precision = if T::DTYPE.bits == 64 {
            1e-15
        } else {
            precision
        };
        x.to_bits() == expected.to_bits()
            || (x.is_nan() && expected.is_nan())
            || (expected.is_finite()
                && expected != 0.0
                && (x - expected).abs() <= precision * expected.abs())
    };
    let positive = [
        0.0,
        1e-320,
        1e-30,
        0.5,
        1.0,
        2.0,
        3.0,
        4.25,
        1e30,
        1e308,
        f64::INFINITY,
    ];
    let numbers = positive.into_iter().flat_map(|x| [x, -x]).chain([f64::NAN]);
    for x in numbers.clone().map(&make) {
        for p in numbers
            .clone()
            .chain([1.5, -1.5, 0.25])
            .map(|p| real(make(p)))
        {
            let block = with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[make(1.0)]);
            let result = crate::pow(&block, p).unwrap();
            let (value, slope) = (values::<T>(&result)[0], gradient::<T>(&result, "g")[0]);
            let x = real(x);
            assert!(same(value, pow(x, p)), "{x} to the power {p} is {value:?}");
            // The derivative of a constant is 0, also where the formula says that 0 is divided by 0.
            let expected = if p == 0.0 { 0.0 } else { p * pow(x, p - 1.0) };
            assert!(
                same(slope, expected) || real(slope) == 0.0 && p == 0.0,
                "the derivative of {x} to the power {p} is {slope:?} and not {expected:?}"
            );
            let whole = into_pow(map(vec![block]), p).unwrap();
            let in_place = &whole.blocks()[0];
            assert!(
                same(values::<T>(in_place)[0], real(value)),
                "{x} to the power {p} in place"
            );
            assert!(
                same(gradient::<T>(in_place, "g")[0], real(slope)),
                "{x} to the power {p} in place"
            );
        }
    }
}

#[test]
fn powers_and_their_derivatives_are_those_of_pow_for_all_special_numbers() {
    let single = |x: f64, p: f64| f64::from((x as f32).powf(p as f32));
    check(|x| x, |x| x, f64::powf);
    check(|x| x as f32, f64::from, single);
    check(f16::from_f64, f16::to_f64, single);
    check(bf16::from_f64, bf16::to_f64, single);
}

/// A number and its derivatives with respect to a parameter: the first one, that of this one, and so on.
fn derivatives(numbers: &[f64]) -> TensorBlock {
    let (last, rest) = numbers.split_last().unwrap();
    let last = block([1, 1], &[*last]);
    let of_gradient = |block: TensorBlock| {
        crate::rename_dimension(&block, crate::Axis::Samples, "s", "sample").unwrap()
    };
    rest.iter().rev().fold(last, |below, number| {
        let mut made = block([1, 1], &[*number]);
        made.add_gradient("x", of_gradient(below)).unwrap();
        made
    })
}

#[test]
fn derivatives_that_are_0_for_all_numbers_are_0_for_any_number() {
    let third = |x: &TensorBlock, p: f64| {
        let power = crate::pow(x, p).unwrap();
        let into = into_pow(map(vec![x.deep_copy().unwrap()]), p).unwrap();
        let third = gradient::<f64>(&power, "x/x/x");
        assert_eq!(gradient::<f64>(&into.blocks()[0], "x/x/x"), third);
        third[0]
    };
    // A third derivative is f'(x) x''' + 3 f''(x) x' x'' + f'''(x) x'³. That of the square must not have 0 x⁻¹.
    for zero in [0.0, -0.0] {
        assert_eq!(third(&derivatives(&[zero, 5.0, 7.0, 3.0]), 2.0), 210.0);
    }
    assert_eq!(third(&derivatives(&[0.0, 2.0, 7.0, 3.0]), 3.0), 48.0);
    for x in [0.0, f64::INFINITY, f64::NAN] {
        assert_eq!(third(&derivatives(&[x, 5.0, 7.0, f64::NAN]), 0.0), 0.0);
        assert_eq!(third(&derivatives(&[x, 5.0, 7.0, 3.0]), 1.0), 3.0);
    }
}

#[test]
fn the_root_of_minus_zero_has_an_infinite_derivative() {
    let block = with_gradient(
        block([1, 2], &[-0.0, f64::NEG_INFINITY]),
        "g",
        &[[0, 0]],
        &[2.0, 2.0],
    );
    let root = pow(&block, 0.5).unwrap();
    assert_eq!(
        values::<f64>(&root)
            .iter()
            .map(|x| x.to_bits())
            .collect::<Vec<_>>(),
        [0.0, f64::INFINITY].map(f64::to_bits)
    );
    assert_eq!(gradient::<f64>(&root, "g"), [f64::INFINITY, 0.0]);
}
