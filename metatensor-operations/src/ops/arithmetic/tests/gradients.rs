//! Derivatives.

use metatensor_core::{ArrayRef, Element, Result, TensorBlock};
use ndarray::Array;
use num_complex::Complex;

use super::*;

/// For each row of a gradient and each combination of its own components, the values of its sample
/// after a step of size `step` along the derivatives.
fn displaced<T>(block: &TensorBlock, parameter: &str, step: f64) -> TensorBlock
where
    T: Element + std::ops::Add<Output = T> + std::ops::Mul<f64, Output = T>,
{
    let gradient = block.gradient(parameter).unwrap();
    let (x, dx) = (values::<T>(block), values::<T>(gradient));
    let length = x.len() / block.samples().count().max(1);
    let repeats = dx.len() / (length * gradient.samples().count()).max(1);
    let mut elements = Vec::new();
    for (row, sample) in gradient.samples().iter().enumerate() {
        for i in 0..repeats * length {
            let x = x[sample[0] as usize * length + i % length];
            elements.push(x + dx[row * repeats * length + i] * step);
        }
    }
    crate::testing::block([elements.len(), 1], &elements)
}

#[track_caller]
fn assert_derivatives<T>(name: &str, operation: Operation, a: &TensorBlock, b: &TensorBlock)
where
    T: Element
        + std::ops::Add<Output = T>
        + std::ops::Mul<f64, Output = T>
        + std::ops::Sub<Output = T>,
    Complex<f64>: From<T>,
{
    const STEP: f64 = 1e-5;
    let result = operation(a, b).unwrap();
    for parameter in a.gradients_list().iter() {
        let at = |step| {
            let displaced = |block| displaced::<T>(block, parameter, step);
            values::<T>(&operation(&displaced(a), &displaced(b)).unwrap())
        };
        let (after, before) = (at(STEP), at(-STEP));
        let derivatives = gradient::<T>(&result, parameter);
        assert_eq!(derivatives.len(), after.len());
        for (i, &derivative) in derivatives.iter().enumerate() {
            let difference = Complex::from(after[i] - before[i]) / (2.0 * STEP);
            let error = (Complex::from(derivative) - difference).norm();
            let scale = 1.0 + Complex::from(derivative).norm();
            assert!(
                error < 1e-6 * scale,
                "{name}, '{parameter}', element {i}: {derivative:?} instead of {difference}"
            );
        }
    }
}

#[test]
fn gradients_are_finite_differences() {
    for seed in 0..60 {
        let a = random_block(seed, moderate(seed + 1000));
        let b = random_block(seed, moderate(seed + 2000));
        let positive = abs(&a).unwrap();
        for (i, (name, operation)) in OPERATIONS.into_iter().enumerate() {
            let needs_positive = matches!(i, 10 | 14);
            if i == 17 {
                continue; // this power is too large for differences
            }
            let a = if needs_positive { &positive } else { &a };
            assert_derivatives::<f64>(name, operation, a, &b);
        }
    }
}

#[test]
fn complex_gradients_are_finite_differences() {
    let complex = |seed| {
        let mut random = Random(seed);
        move |shape: &[usize]| -> ArrayRef {
            let mut number = || random.between(0.5, 2.0) * (random.below(2) as f64 * 2.0 - 1.0);
            Array::from_shape_simple_fn(shape, || Complex::new(number(), number())).into()
        }
    };
    for seed in 0..60 {
        let a = random_block(seed, complex(seed + 1000));
        let b = random_block(seed, complex(seed + 2000));
        for (i, (name, operation)) in OPERATIONS.into_iter().enumerate() {
            // The square root jumps along the negative axis, where none of these numbers are.
            if i != 17 {
                assert_derivatives::<Complex<f64>>(name, operation, &a, &b);
            }
        }
    }
}

#[test]
fn linear_operations_apply_to_gradients_of_gradients() {
    let block = with_second_derivatives(3.0);
    for (i, (name, operation)) in LINEAR.into_iter().enumerate() {
        let result = operation(&block, &block).unwrap();
        let first = gradient::<f64>(&result, "positions");
        let expected = [6.0, 3.0, 0.0, 3.0, 7.5, 1.2, 3.0][i];
        assert_eq!(first, [expected], "{name}");
        let second = gradient::<f64>(&result, "positions/strain");
        assert_eq!(second, [expected; 2], "{name}");
    }
}

/// Values and derivative of an operation on one number.
fn derivative(
    operation: impl Fn(&TensorBlock) -> Result<TensorBlock>,
    x: f64,
    dx: f64,
) -> [f64; 2] {
    let block = with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[dx]);
    let result = operation(&block).unwrap();
    [values::<f64>(&result)[0], gradient::<f64>(&result, "g")[0]]
}

#[test]
fn absolute_values_have_no_slope_at_zero() {
    for zero in [0.0, -0.0] {
        assert_eq!(derivative(abs, zero, 5.0), [0.0, 0.0]);
    }
    assert!(derivative(abs, f64::NAN, 1.0).iter().all(|x| x.is_nan()));
    assert_eq!(derivative(abs, -f64::INFINITY, 2.0), [f64::INFINITY, -2.0]);
}

#[test]
fn derivatives_of_complex_absolute_values_are_real() {
    let block = |x, dx| with_gradient(block([1, 1], &[x]), "g", &[[0, 0]], &[dx]);
    let result = abs(&block(Complex::new(3.0, 4.0), Complex::new(1.0, 2.0))).unwrap();
    assert_eq!(values::<Complex<f64>>(&result), [Complex::from(5.0)]);
    let slope = gradient::<Complex<f64>>(&result, "g")[0];
    assert!((slope.re - 2.2).abs() < 1e-15 && slope.im == 0.0, "{slope}");

    let result = abs(&block(Complex::ZERO, Complex::new(1.0, 2.0))).unwrap();
    assert_eq!(gradient::<Complex<f64>>(&result, "g"), [Complex::ZERO]);
}

#[test]
fn quotients_of_tiny_numbers_have_gradients() {
    let block = with_gradient(block([1, 1], &[1e-200]), "g", &[[0, 0]], &[1.0]);
    let result = divide(&block, &block).unwrap();
    assert_eq!(values::<f64>(&result), [1.0]);
    assert_eq!(gradient::<f64>(&result, "g"), [0.0]);
}

#[test]
fn division_by_zero_is_not_an_error() {
    let quotient = |x, s| derivative(|block| divide_scalar(block, s), x, 1.0);
    assert_eq!(quotient(-1.0, 0.0), [-f64::INFINITY, f64::INFINITY]);
    assert!(quotient(0.0, 0.0)[0].is_nan());

    let zero = with_gradient(block([1, 1], &[0.0]), "g", &[[0, 0]], &[1.0]);
    let [value, slope] = derivative(|block| divide(block, &zero), 1.0, 1.0);
    assert_eq!((value, slope), (f64::INFINITY, -f64::INFINITY));
}

#[test]
fn powers_at_special_points() {
    let power = |x, p| derivative(|block| pow(block, p), x, 3.0);
    let inf = f64::INFINITY;
    // Everything to the power 0 is a constant.
    for x in [0.0, 2.0, -2.0, inf, f64::NAN] {
        assert_eq!(power(x, 0.0), [1.0, 0.0]);
    }
    assert_eq!(power(0.0, 1.0), [0.0, 3.0]);
    assert_eq!(power(0.0, 1.5), [0.0, 0.0]);
    assert_eq!(power(0.0, 2.0), [0.0, 0.0]);
    assert_eq!(power(0.0, 0.5), [0.0, inf]);
    assert_eq!(power(0.0, 0.25), [0.0, inf]);
    assert_eq!(power(0.0, -1.0), [inf, -inf]);
    assert_eq!(power(0.0, -2.0), [inf, -inf]);
    for p in [1.5, 2.0, 2.5] {
        assert_eq!(power(inf, p)[0], inf);
        assert_eq!(power(-inf, p)[0], inf);
    }
    assert!(power(-2.0, 1.5).iter().all(|x| x.is_nan()));
    assert!(power(-2.0, 0.5).iter().all(|x| x.is_nan()));
    assert!(power(-2.0, 2.5).iter().all(|x| x.is_nan()));
    assert_eq!(power(-2.0, 4.0), [16.0, -96.0]);
    assert_eq!(power(4.0, 0.5), [2.0, 0.75]);
}

#[test]
fn gradients_can_come_in_another_order() {
    let with = |parameters: [&str; 2], values: [f64; 2]| {
        let block = with_gradient(
            block([1, 1], &[2.0]),
            parameters[0],
            &[[0, 0]],
            &values[..1],
        );
        with_gradient(block, parameters[1], &[[0, 0]], &values[1..])
    };
    let sum = add(
        &with(["g", "h"], [1.0, 2.0]),
        &with(["h", "g"], [10.0, 20.0]),
    )
    .unwrap();
    assert_eq!(*sum.gradients_list(), ["g", "h"]);
    assert_eq!(gradient::<f64>(&sum, "g"), [21.0]);
    assert_eq!(gradient::<f64>(&sum, "h"), [12.0]);
}

#[test]
fn gradients_of_shifted_maps_do_not_change_with_the_originals() {
    let mut original = f();
    let shifted = add_scalar(&original, 1.0).unwrap();
    let mut view = original.gradient_mut("g").unwrap();
    view.values_as_mut::<f64>().unwrap().fill(9.0);
    assert_eq!(gradient::<f64>(&shifted, "g"), gradient::<f64>(&f(), "g"));
}
