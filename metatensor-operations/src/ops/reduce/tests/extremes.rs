//! Numbers whose squares are too large or too small, and integers that a `f64` does not hold.

use metatensor_core::{DType, Element, TensorBlock};
use num_complex::Complex;

use crate::testing::{block, gradient, map, values, with_gradient};
use crate::{
    Reduction, reduce_over_properties, reduce_over_samples, std_over_properties, std_over_samples,
    var_over_properties, var_over_samples,
};

#[track_caller]
fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-14 * b.abs(), "{a} is not {b}");
}

/// A reduction of three numbers with a derivative each, over samples and over properties.
fn both<T: Element + Into<f64>>(x: [T; 3], dx: [T; 3], reduction: Reduction) -> [(f64, f64); 2] {
    let results = both_as::<T, T>(x, dx, reduction);
    results.map(|(value, derivative)| (value.into(), derivative.into()))
}

fn both_as<T: Element, R: Element>(x: [T; 3], dx: [T; 3], reduction: Reduction) -> [(R, R); 2] {
    let rows = with_gradient(
        block([3, 1], &x),
        "g",
        &[[1, 0], [0, 0], [2, 0]],
        &[dx[1], dx[0], dx[2]],
    );
    let rows = reduce_over_samples(&rows, reduction, &["s"]).unwrap();
    let columns = with_gradient(block([1, 3], &x), "g", &[[0, 0]], &dx);
    let columns = reduce_over_properties(&columns, reduction, &["p"]).unwrap();
    [rows, columns].map(|block| (values::<R>(&block)[0], gradient::<R>(&block, "g")[0]))
}

// Of 1, 2, 4: the mean is 7/3; with derivatives 3, -1, 2 the sum of products is -4 + 1/3 + 10/3.
const X: [f64; 3] = [1.0, 2.0, 4.0];
const DX: [f64; 3] = [3.0, -1.0, 2.0];
const VARIANCE: f64 = 14.0 / 9.0;
const SUM: f64 = -1.0 / 3.0;

#[test]
fn deviations_are_right_where_variances_are_out_of_reach() {
    for scale in [
        1e-200, 1e200, 1e-290, 1e-300, 4e307, 1e-160, 1e155, 1e20, 1.0,
    ] {
        for derivative in [1.0, 1e-200, 1e200, scale] {
            let (x, dx) = (X.map(|x| x * scale), DX.map(|dx| dx * derivative));
            for (deviation, slope) in both(x, dx, Reduction::Std) {
                assert_close(deviation, VARIANCE.sqrt() * scale);
                assert_close(slope, SUM / (3.0 * VARIANCE.sqrt()) * derivative);
            }
        }
    }
    // The variance is what it is, where it fits.
    for scale in [1e-200, 1e200, 1e-150, 1e150] {
        for (variance, slope) in both(X.map(|x| x * scale), DX, Reduction::Var) {
            let expected = VARIANCE * scale * scale;
            assert!(
                variance == expected || (variance / expected - 1.0).abs() < 1e-14,
                "{variance}"
            );
            assert_close(slope, 2.0 / 3.0 * SUM * scale);
        }
    }
}

#[test]
fn differences_can_be_larger_than_any_number() {
    let huge = f64::MAX;
    for (deviation, slope) in both([huge, -huge, huge], [1.0, 0.0, 0.0], Reduction::Std) {
        assert_close(deviation, huge * (8.0_f64 / 9.0).sqrt());
        // (2/3) / (3 √(8/9))
        assert_close(slope, 2.0 / 9.0 / (8.0_f64 / 9.0).sqrt());
    }
    // Subnormal numbers have few digits, but those are right.
    let tiny = f64::from_bits(1);
    for (deviation, _) in both([0.0, 100.0 * tiny, 200.0 * tiny], DX, Reduction::Std) {
        assert_eq!(deviation, 82.0 * tiny);
    }
}

#[test]
fn single_precision_and_complex_numbers_have_such_deviations_as_well() {
    for scale in [1e-30_f32, 1e30, 1e-37] {
        for (deviation, slope) in both(
            X.map(|x| x as f32 * scale),
            DX.map(|dx| dx as f32),
            Reduction::Std,
        ) {
            assert!((deviation / (VARIANCE.sqrt() * f64::from(scale)) - 1.0).abs() < 1e-6);
            assert!((slope / (SUM / (3.0 * VARIANCE.sqrt())) - 1.0).abs() < 1e-5);
        }
    }
    for scale in [1e-200, 1e200] {
        let number = |x: f64| Complex::new(1.0, x) * scale;
        let derivative = |x: f64| Complex::new(7.0, x);
        for (deviation, slope) in
            both_as::<_, Complex<f64>>(X.map(number), DX.map(derivative), Reduction::Std)
        {
            assert_close(deviation.re, VARIANCE.sqrt() * scale);
            assert_close(slope.re, SUM / (3.0 * VARIANCE.sqrt()));
        }
    }
}

#[test]
fn constant_groups_have_no_deviation_whatever_their_size() {
    for x in [1e-300, 1e300, 0.0, 0.1] {
        for reduction in [Reduction::Var, Reduction::Std] {
            for (spread, slope) in both([x; 3], DX, reduction) {
                assert_eq!((spread, slope), (0.0, 0.0));
            }
        }
    }
}

#[test]
fn what_is_not_finite_stays_nan() {
    for bad in [f64::NAN, f64::INFINITY] {
        for reduction in [Reduction::Var, Reduction::Std] {
            for (spread, slope) in both([1e-200, bad, 2e-200], DX, reduction) {
                assert!(spread.is_nan() && slope.is_nan(), "{spread}, {slope}");
            }
        }
    }
}

#[test]
fn integers_lose_no_digits() {
    let large = (1_i64 << 60) + 12_345;
    let x = [1, 2, 4].map(|x| large + x);
    for (variance, slope) in both_as::<i64, f64>(x, [3, -1, 2], Reduction::Var) {
        assert_close(variance, VARIANCE);
        assert_close(slope, 2.0 / 3.0 * SUM);
    }
    for (deviation, slope) in both_as::<i64, f64>(x.map(|x| -x), [3, -1, 2], Reduction::Std) {
        assert_close(deviation, VARIANCE.sqrt());
        assert_close(slope, -SUM / (3.0 * VARIANCE.sqrt()));
    }
    for first in [u64::MAX - 4, 1 << 63, (1 << 63) - 2, 0] {
        let x = [1, 2, 4].map(|x| first + x);
        for (variance, slope) in both_as::<u64, f64>(x, [3, 0, 2], Reduction::Var) {
            assert_close(variance, VARIANCE);
            assert_close(slope, 2.0 / 3.0 * (-4.0 + 10.0 / 3.0));
        }
    }
    // As far apart as they can be.
    for (deviation, _) in
        both_as::<i64, f64>([i64::MIN, i64::MAX, i64::MIN], [0; 3], Reduction::Std)
    {
        assert_close(deviation, 2_f64.powi(64) * (2.0_f64 / 9.0).sqrt());
    }
    for (variance, _) in both_as::<i32, f64>(
        [i32::MAX, i32::MAX - 1, i32::MAX - 3],
        [0; 3],
        Reduction::Var,
    ) {
        assert_close(variance, VARIANCE);
    }
}

#[test]
fn each_element_and_group_has_a_scale_of_its_own() {
    // Two groups of samples, and two properties, of sizes that are far apart.
    let scales = [[1e-200, 1.0], [1e200, 1e-300]];
    let rows: Vec<[i32; 2]> = (0..6).map(|i| [i % 2, i / 2]).collect();
    let samples = crate::testing::labels(["a", "b"], &rows);
    let elements = (0..6).flat_map(|i| [0, 1].map(|j| X[i / 2] * scales[i % 2][j]));
    let elements: Vec<f64> = elements.collect();
    let properties = metatensor_core::Labels::range("p", 2).unwrap();
    let array = crate::testing::array(&[6, 2], &elements);
    let mut block = TensorBlock::new(array, &samples, &[], &properties).unwrap();
    let gradient_rows: Vec<[i32; 2]> = (0..6).map(|i| [5 - i, 0]).collect();
    let derivatives = (0..6).flat_map(|i| [DX[(5 - i) / 2]; 2]);
    let derivatives: Vec<f64> = derivatives.collect();
    block = with_gradient(block, "g", &gradient_rows, &derivatives);
    let result = std_over_samples(&block, &["b"]).unwrap();
    let expected = scales.concat();
    for ((deviation, slope), scale) in values::<f64>(&result)
        .into_iter()
        .zip(gradient::<f64>(&result, "g"))
        .zip(expected)
    {
        assert_close(deviation, VARIANCE.sqrt() * scale);
        assert_close(slope, SUM / (3.0 * VARIANCE.sqrt()));
    }

    // The same along properties.
    let wide: Vec<f64> = scales
        .concat()
        .into_iter()
        .flat_map(|scale| X.map(|x| x * scale))
        .collect();
    let properties: Vec<[i32; 2]> = (0..6).map(|i| [i / 3, i % 3]).collect();
    let properties = crate::testing::labels(["p", "q"], &properties);
    let samples = metatensor_core::Labels::range("s", 2).unwrap();
    let block = TensorBlock::new(
        crate::testing::array(&[2, 6], &wide),
        &samples,
        &[],
        &properties,
    )
    .unwrap();
    let block = with_gradient(block, "g", &[[1, 0], [0, 0]], &[DX, DX, DX, DX].concat());
    let result = std_over_properties(&block, &["q"]).unwrap();
    for (deviation, scale) in values::<f64>(&result).into_iter().zip(scales.concat()) {
        assert_close(deviation, VARIANCE.sqrt() * scale);
    }
    for slope in gradient::<f64>(&result, "g") {
        assert_close(slope, SUM / (3.0 * VARIANCE.sqrt()));
    }
}

#[test]
fn large_integers_in_groups_of_many_elements() {
    let large = 1_i64 << 61;
    let rows: Vec<[i32; 2]> = (0..40).map(|i| [i % 3, i]).collect();
    let samples = crate::testing::labels(["a", "b"], &rows);
    let properties = metatensor_core::Labels::range("p", 2).unwrap();
    let small: Vec<i64> = (0..80).map(|i| i * i % 23).collect();
    let make = |offset: i64| {
        let elements: Vec<i64> = small.iter().map(|x| x + offset).collect();
        let array = crate::testing::array(&[40, 2], &elements);
        TensorBlock::new(array, &samples, &[], &properties).unwrap()
    };
    let sets = [
        [make(0), make(large)].map(|block| var_over_samples(&block, &["b"]).unwrap()),
        [make(0), make(large)].map(|block| var_over_properties(&block, &["p"]).unwrap()),
    ];
    for [small, large] in sets {
        assert_eq!(large.dtype(), DType::F64);
        for (a, b) in values::<f64>(&large).into_iter().zip(values::<f64>(&small)) {
            assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        }
    }
    let tensor = map(vec![make(large)]);
    crate::std_over_samples(&tensor, &["a", "b"]).unwrap();
}
