//! Results that are known, and cases at the edges.

use half::{bf16, f16};
use metatensor_core::{DType, Element, Error, Labels, TensorBlock, TensorMap};
use num_complex::Complex;

use crate::testing::{array, block, gradient, labels, map, small_block, values, with_gradient};
use crate::*;

const ALL: [Reduction; 4] = [
    Reduction::Sum,
    Reduction::Mean,
    Reduction::Var,
    Reduction::Std,
];

fn f() -> TensorBlock {
    small_block(
        [1., -2., 0., 4.],
        [1., 2., 3., 4., 5., 6., 1., 1., 2., 2., 3., 3.],
    )
}

#[track_caller]
fn assert_close(actual: &[f64], expected: &[f64]) {
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-14 * b.abs() || a.is_nan() && b.is_nan();
    assert!(
        actual.len() == expected.len() && actual.iter().zip(expected).all(close),
        "{actual:?} is not {expected:?}"
    );
}

/// Block whose samples are `(y, a)`, with a gradient whose samples are `(sample, i)`.
fn block_with_two_names(
    samples: &[[i32; 2]],
    properties: usize,
    x: &[f64],
    rows: &[[i32; 2]],
    a: &[f64],
) -> TensorBlock {
    let samples = labels(["y", "a"], samples);
    let properties = Labels::range("p", properties).unwrap();
    let shape = [samples.count(), properties.count()];
    let mut block = TensorBlock::new(array(&shape, x), &samples, &[], &properties).unwrap();
    let rows = labels(["sample", "i"], rows);
    let a = array(&[rows.count(), properties.count()], a);
    let gradient = TensorBlock::new(a, &rows, &[], &properties).unwrap();
    block.add_gradient("g", gradient).unwrap();
    block
}

#[test]
fn all_samples_become_one() {
    let sums = [1., 1., 2., 2., 3., 3., 1., 2., 3., 4., 5., 6.];
    let sum = sum_over_samples(&f(), &["s"]).unwrap();
    assert_eq!(values::<f64>(&sum), [1., 2.]);
    assert_eq!(*sum.samples(), Labels::single());
    assert_eq!(gradient::<f64>(&sum, "g"), sums);
    let samples = labels(["sample", "a"], &[[0, 2], [0, 5]]);
    assert_eq!(*sum.gradient("g").unwrap().samples(), samples);

    let mean = mean_over_samples(&f(), &["s"]).unwrap();
    assert_eq!(values::<f64>(&mean), [0.5, 1.]);
    assert_eq!(gradient::<f64>(&mean, "g"), sums.map(|x| x / 2.0));
    assert_eq!(*mean.gradient("g").unwrap().samples(), samples);
}

#[test]
fn all_properties_become_one() {
    for (reduction, x, a) in [
        (Reduction::Sum, [-1., 4.], [3., 7., 11., 2., 4., 6.]),
        (Reduction::Mean, [-0.5, 2.], [1.5, 3.5, 5.5, 1., 2., 3.]),
        (Reduction::Var, [2.25, 4.], [2., 2., 2., 0., 0., 0.]),
        (Reduction::Std, [1.5, 2.], [0.5, 0.5, 0.5, 0., 0., 0.]),
    ] {
        let result = reduce_over_properties(&f(), reduction, &["p"]).unwrap();
        assert_eq!(values::<f64>(&result), x);
        assert_eq!(*result.properties(), Labels::single());
        let derivatives = result.gradient("g").unwrap();
        assert_eq!(derivatives.samples(), f().gradient("g").unwrap().samples());
        assert_eq!(derivatives.properties(), result.properties());
        assert_eq!(gradient::<f64>(&result, "g"), a, "{reduction:?}");
    }
}

#[test]
fn samples_without_gradient_rows_count() {
    let samples = [[0, 0], [0, 1], [0, 2], [1, 0]];
    let x = [1., 10., 2., 20., 4., 40., 7., 70.];
    let rows = [[0, 0], [1, 0], [1, 1]];
    let block = block_with_two_names(&samples, 2, &x, &rows, &[1., 1., 1., 1., 5., 5.]);
    let (t, n): (f64, f64) = (1.0 / 3.0, 1.0 / 9.0);
    let s = -0.445_435_403_187_373_9;
    for (reduction, x, a) in [
        (Reduction::Sum, [7., 70., 7., 70.], [2., 2., 5., 5.]),
        (
            Reduction::Mean,
            [7. * t, 70. * t, 7., 70.],
            [2. * t, 2. * t, 5. * t, 5. * t],
        ),
        (
            Reduction::Var,
            [14. * n, 1400. * n, 0., 0.],
            [-10. * n, -100. * n, -10. * n, -100. * n],
        ),
        (
            Reduction::Std,
            [(14. * n).sqrt(), (1400. * n).sqrt(), 0., 0.],
            [s, s, s, s],
        ),
    ] {
        let result = reduce_over_samples(&block, reduction, &["a"]).unwrap();
        assert_close(&values(&result), &x);
        assert_close(&gradient(&result, "g"), &a);
        assert_eq!(*result.samples(), labels(["y"], &[[0], [1]]));
        let rows = labels(["sample", "i"], &[[0, 0], [0, 1]]);
        assert_eq!(*result.gradient("g").unwrap().samples(), rows);
    }
}

#[test]
fn groups_are_sorted() {
    let samples = [[5, 1], [-2, 0], [5, 0]];
    let block = block_with_two_names(&samples, 1, &[1., 2., 3.], &[], &[]);
    let sum = sum_over_samples(&block, &["a"]).unwrap();
    assert_eq!(*sum.samples(), labels(["y"], &[[-2], [5]]));
    assert_eq!(values::<f64>(&sum), [2., 4.]);

    // Without anything to merge they are sorted as well.
    let sum = sum_over_samples(&block, &[]).unwrap();
    let sorted = labels(["y", "a"], &[[-2, 0], [5, 0], [5, 1]]);
    assert_eq!(*sum.samples(), sorted);
    assert_eq!(values::<f64>(&sum), [2., 3., 1.]);
}

#[test]
fn merged_gradient_rows_are_sorted() {
    let samples = labels(["a", "b"], &[[1, 0], [0, 0], [1, 1], [0, 1]]);
    let properties = Labels::range("p", 1).unwrap();
    let x = array(&[4, 1], &[0., 1., 2., 3.]);
    let mut block = TensorBlock::new(x, &samples, &[], &properties).unwrap();
    let rows = [[3, 0, 1], [0, 2, 0], [1, 0, 0], [2, 2, 0], [3, 0, 0]];
    let gradient_block = TensorBlock::new(
        array(&[5, 1], &[1., 2., 3., 4., 5.]),
        labels(["sample", "i", "j"], &rows),
        &[],
        &properties,
    );
    block.add_gradient("g", gradient_block.unwrap()).unwrap();
    let sum = sum_over_samples(&block, &["b"]).unwrap();
    assert_eq!(values::<f64>(&sum), [4., 2.]);
    let rows = labels(["sample", "i", "j"], &[[0, 0, 0], [0, 0, 1], [1, 2, 0]]);
    assert_eq!(*sum.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&sum, "g"), [8., 1., 6.]);
}

#[test]
fn scattered_properties_are_merged_in_their_order() {
    let properties = labels(["a", "b"], &[[1, 0], [0, 3], [1, 5], [0, 1], [1, 2]]);
    let samples = Labels::range("s", 1).unwrap();
    // The sum depends on the order: 1 would get lost beside 1e16.
    let x = array(&[1, 5], &[1e16, 5.0, -1e16, 7.0, 1.0]);
    let block = TensorBlock::new(x, &samples, &[], &properties).unwrap();
    let sum = sum_over_properties(&block, &["b"]).unwrap();
    assert_eq!(*sum.properties(), labels(["a"], &[[0], [1]]));
    assert_eq!(values::<f64>(&sum), [12.0, 1.0]);
}

#[test]
fn every_component_is_divided_by_the_size_of_its_groups() {
    let samples = Labels::range("s", 2).unwrap();
    let components = [Labels::range("c", 2).unwrap()];
    let properties = labels(["a", "b"], &[[0, 0], [1, 0], [0, 1]]);
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let x = array(&[2, 2, 3], &x);
    let block = TensorBlock::new(x, &samples, &components, &properties).unwrap();
    let mean = mean_over_properties(&block, &["a"]).unwrap();
    assert_eq!(*mean.properties(), labels(["b"], &[[0], [1]]));
    assert_eq!(
        values::<f64>(&mean),
        [0.5, 2.0, 3.5, 5.0, 6.5, 8.0, 9.5, 11.0]
    );
}

#[test]
fn gradients_of_constant_groups_are_zero() {
    let rows = [[0, 0], [1, 0], [2, 0]];
    let block = with_gradient(block([3, 1], &[0.1; 3]), "g", &rows, &[1., 0., 0.]);
    for reduction in [Reduction::Var, Reduction::Std] {
        let result = reduce_over_samples(&block, reduction, &["s"]).unwrap();
        assert_eq!(values::<f64>(&result), [0.0]);
        assert_eq!(gradient::<f64>(&result, "g"), [0.0]);
    }
}

#[test]
fn large_offsets_do_not_matter() {
    let expected = 2.0 / 3.0 * (-5.0 / 3.0 - 2.0 * 2.0 / 3.0 + 3.3 * 7.0 / 3.0);
    let x = [0.0, 1.0, 4.0].map(|x| x + 1e15);
    let a = [1.0, 2.0, 3.3];
    let rows = [[0, 0], [1, 0], [2, 0]];
    let over_samples = with_gradient(block([3, 1], &x), "g", &rows, &a);
    let var = var_over_samples(&over_samples, &["s"]).unwrap();
    assert_close(&gradient(&var, "g"), &[expected]);
    let over_properties = with_gradient(block([1, 3], &x), "g", &[[0, 0]], &a);
    let var = var_over_properties(&over_properties, &["p"]).unwrap();
    assert_close(&gradient(&var, "g"), &[expected]);
}

#[test]
fn a_first_row_far_from_the_others_does_not_matter() {
    let n = 4096_i64;
    let number = |i: i64| if i == 0 { 1_000_000 } else { i % 3 };
    let sum: i64 = (0..n).map(number).sum();
    let squares: i64 = (0..n).map(|i| number(i) * number(i)).sum();
    let expected = (n * squares - sum * sum) as f64 / (n * n) as f64;
    let x: Vec<f64> = (0..n).map(|i| number(i) as f64).collect();
    let var = var_over_samples(&block([n as usize, 1], &x), &["s"]).unwrap();
    let relative = values::<f64>(&var)[0] / expected - 1.0;
    assert!(relative.abs() < 2e-15, "{relative}");
}

#[test]
fn nan_stays_nan() {
    let rows = [[0, 0], [1, 0]];
    let x = [f64::NAN, 1.0];
    for reduction in ALL {
        let block = with_gradient(block([2, 1], &x), "g", &rows, &[1., 1.]);
        let result = reduce_over_samples(&block, reduction, &["s"]).unwrap();
        assert!(values::<f64>(&result)[0].is_nan());
        let is_linear = matches!(reduction, Reduction::Sum | Reduction::Mean);
        assert_eq!(gradient::<f64>(&result, "g")[0].is_nan(), !is_linear);
    }
}

#[test]
fn integers() {
    let small = block([3, 1], &[1, 2, 4]);
    let sum = sum_over_samples(&small, &["s"]).unwrap();
    assert_eq!(values::<i32>(&sum), [7]);
    let var = var_over_samples(&small, &["s"]).unwrap();
    assert_close(&values(&var), &[14.0 / 9.0]);
    let std = std_over_samples(&small, &["s"]).unwrap();
    assert_close(&values(&std), &[(14.0_f64 / 9.0).sqrt()]);
    // Gradients take part, also those without rows.
    let empty = with_gradient::<i32>(small, "g", &[], &[]);
    let mean = mean_over_samples(&empty, &["s"]).unwrap();
    assert_eq!(mean.gradient("g").unwrap().dtype(), DType::F64);

    let large = block([2, 1], &[i64::MAX, 1]);
    let sum = sum_over_samples(&large, &["s"]).unwrap();
    assert_eq!(values::<i64>(&sum), [i64::MIN]);
}

#[test]
fn variances_of_complex_numbers_are_real() {
    let (i, one) = (Complex::<f64>::I, Complex::<f64>::ONE);
    let a = [one + i, i * 2.0];
    let block = with_gradient(block([2, 1], &[i, -i]), "g", &[[0, 0], [1, 0]], &a);
    let var = var_over_samples(&block, &["s"]).unwrap();
    assert_eq!(values::<Complex<f64>>(&var), [one]);
    // Re(conj(i) (1 + i)) + Re(conj(-i) 2i) = 1 - 2
    assert_eq!(gradient::<Complex<f64>>(&var, "g"), [-one]);
    let std = std_over_samples(&block, &["s"]).unwrap();
    assert_eq!(values::<Complex<f64>>(&std), [one]);
    assert_eq!(gradient::<Complex<f64>>(&std, "g"), [-one / 2.0]);
}

#[test]
fn low_precision_is_rounded_once() {
    fn check<T: Element>(x: impl Fn(f64) -> T, count: usize) {
        let block = block([count, 1], &vec![x(1.1); count]);
        let mean = mean_over_samples(&block, &["s"]).unwrap();
        assert_eq!(values::<T>(&mean), [x(1.1)], "{}", T::DTYPE);
    }
    check(|x| x as f32, 20_000);
    check(f16::from_f64, 20_000);
    check(bf16::from_f64, 20_000);
    check(|x| Complex::new(x as f32, -x as f32), 20_000);
}

#[test]
fn all_precisions_have_gradients() {
    fn check<T: Element>(x: impl Fn(f64) -> T + Copy) {
        let rows = [[1, 0], [0, 0]];
        let block = block([2, 2], &[1.0, 2.0, 4.0, 6.0].map(x));
        let block = with_gradient(block, "g", &rows, &[1.0, 0.0, 3.0, 1.0].map(x));
        for (reduction, over_samples, over_properties) in [
            (Reduction::Mean, [2.0, 0.5], [0.5, 2.0]),
            (Reduction::Var, [-3.0, -2.0], [-1.0, -1.0]),
            (Reduction::Std, [-1.0, -0.5], [-0.5, -1.0]),
        ] {
            let result = reduce_over_samples(&block, reduction, &["s"]).unwrap();
            assert_eq!(gradient::<T>(&result, "g"), over_samples.map(x));
            let result = reduce_over_properties(&block, reduction, &["p"]).unwrap();
            assert_eq!(gradient::<T>(&result, "g"), over_properties.map(x));
        }
    }
    check(f16::from_f64);
    check(bf16::from_f64);
    check(|x| x as f32);
    check(|x| x);
    check(|x| Complex::new(x as f32, 0.0));
    check(|x| Complex::new(x, 0.0));
}

#[test]
fn blocks_without_samples_have_the_names_of_the_others() {
    let empty = || block::<f64>([0, 1], &[]);
    for reduction in ALL {
        let tensor = map(vec![block([2, 1], &[1., 2.]), empty()]);
        let result = reduce_over_samples(&tensor, reduction, &["s"]).unwrap();
        assert_eq!(*result.blocks()[0].samples(), Labels::single());
        assert_eq!(
            *result.blocks()[1].samples(),
            Labels::empty(&["_"]).unwrap()
        );
        let result = reduce_over_samples(&empty(), reduction, &[]).unwrap();
        assert_eq!(*result.samples(), Labels::empty(&["s"]).unwrap());
    }
}

#[test]
fn blocks_without_properties() {
    let properties = Labels::empty(&["a", "b"]).unwrap();
    let samples = Labels::range("s", 2).unwrap();
    let mut block =
        TensorBlock::new(array::<f64>(&[2, 0], &[]), &samples, &[], &properties).unwrap();
    let rows = labels(["sample"], &[[0]]);
    let gradient = TensorBlock::new(array::<f64>(&[1, 0], &[]), &rows, &[], &properties);
    block.add_gradient("g", gradient.unwrap()).unwrap();
    for reduction in ALL {
        for (names, expected) in [(&["b"][..], "a"), (&["a", "b"], "_")] {
            let result = reduce_over_properties(&block, reduction, names).unwrap();
            let expected = Labels::empty(&[expected]).unwrap();
            assert_eq!(*result.properties(), expected);
            assert_eq!(*result.gradient("g").unwrap().properties(), expected);
        }
        let result = reduce_over_samples(&block, reduction, &["s"]).unwrap();
        assert_eq!(result.values().shape().unwrap(), [1, 0]);
        assert_eq!(*result.properties(), properties);
    }
}

#[test]
fn gradients_without_rows() {
    let block = with_gradient::<f64>(block([2, 2], &[1., 2., 3., 4.]), "g", &[], &[]);
    for reduction in ALL {
        let result = reduce_over_samples(&block, reduction, &["s"]).unwrap();
        let samples = Labels::empty(&["sample", "a"]).unwrap();
        assert_eq!(*result.gradient("g").unwrap().samples(), samples);
        let result = reduce_over_properties(&block, reduction, &["p"]).unwrap();
        assert_eq!(
            result.gradient("g").unwrap().values().shape().unwrap(),
            [0, 1]
        );
    }
}

#[test]
fn maps_without_blocks() {
    let tensor = TensorMap::new(Labels::empty(&["k"]).unwrap(), vec![]).unwrap();
    for reduction in ALL {
        for names in [&["s"][..], &[]] {
            let result = reduce_over_samples(&tensor, reduction, names).unwrap();
            assert_eq!(result.keys(), tensor.keys());
            let result = reduce_over_properties(&tensor, reduction, names).unwrap();
            assert_eq!(result.keys(), tensor.keys());
        }
    }
}

#[test]
fn names_must_exist_and_can_be_repeated() {
    let block = f();
    for (error, function, axis) in [
        (
            mean_over_samples(&block, &["s", "q"]).unwrap_err(),
            "mean_over_samples",
            "samples",
        ),
        (
            std_over_properties(&map(vec![f()]), &["q"]).unwrap_err(),
            "std_over_properties",
            "properties",
        ),
    ] {
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
        let error = error.to_string();
        for expected in [function, "'q'", &format!("the {axis}")] {
            assert!(error.contains(expected), "{error}");
        }
    }
    let once = sum_over_samples(&block, &["s"]).unwrap();
    let twice = sum_over_samples(&block, &["s", "s"]).unwrap();
    assert!(equal(&once, &twice).unwrap());
}

#[test]
fn sums_keep_the_type_and_wrap_around() {
    fn check<T: Element>(elements: [T; 3], sum: T) {
        let over_samples = sum_over_samples(&block([3, 1], &elements), &["s"]);
        assert_eq!(values::<T>(&over_samples.unwrap()), [sum]);
        let over_properties = sum_over_properties(&block([1, 3], &elements), &["p"]);
        assert_eq!(values::<T>(&over_properties.unwrap()), [sum]);
    }
    check([true, true, false], true);
    check([false; 3], false);
    check([127_i8, 127, 3], 1);
    check([i16::MIN, i16::MIN, 3], 3);
    check([200_u8, 60, 0], 4);
    check([u16::MAX, 2, 0], 1);
    check([u32::MAX, 2, 5], 6);
    check([u64::MAX, u64::MAX, 0], u64::MAX - 1);
    check(
        [bf16::from_f32(256.0), bf16::ONE, bf16::ONE],
        bf16::from_f32(258.0),
    );
}

#[test]
fn means_of_integers_and_booleans_have_fractions() {
    fn check<T: Element>(elements: [T; 2], mean: f64, variance: f64) {
        for (reduction, expected) in [
            (Reduction::Mean, mean),
            (Reduction::Var, variance),
            (Reduction::Std, variance.sqrt()),
        ] {
            let over_samples = reduce_over_samples(&block([2, 1], &elements), reduction, &["s"]);
            assert_eq!(values::<f64>(&over_samples.unwrap()), [expected]);
            let over_properties =
                reduce_over_properties(&block([1, 2], &elements), reduction, &["p"]);
            assert_eq!(values::<f64>(&over_properties.unwrap()), [expected]);
        }
    }
    check([true, false], 0.5, 0.25);
    check([100_i8, 101], 100.5, 0.25);
    check([u8::MAX, 1], 128.0, 127.0 * 127.0);
    check([u32::MAX, u32::MAX - 2], 4_294_967_294.0, 1.0);
    check([u64::MAX, u64::MAX], u64::MAX as f64, 0.0);
}

/// Two samples; `g` with rows for both, and `g/h` with rows for both of these, in the other order.
fn second_derivatives() -> TensorBlock {
    let mut block = block([2, 2], &[1., 2., 3., 4.]);
    let rows = labels(["sample", "a"], &[[0, 7], [1, 7]]);
    let mut gradient = TensorBlock::new(
        array(&[2, 2], &[5., 6., 7., 8.]),
        &rows,
        &[],
        block.properties(),
    )
    .unwrap();
    let rows = labels(["sample", "b"], &[[1, 3], [0, 3], [1, 2]]);
    let second = TensorBlock::new(
        array(&[3, 2], &[1., 2., 4., 8., 16., 32.]),
        &rows,
        &[],
        block.properties(),
    );
    gradient.add_gradient("h", second.unwrap()).unwrap();
    block.add_gradient("g", gradient).unwrap();
    block
}

#[test]
fn gradients_of_gradients_of_sums_and_means() {
    let block = second_derivatives();
    let sum = sum_over_samples(&block, &["s"]).unwrap();
    assert_eq!(gradient::<f64>(&sum, "g"), [12., 14.]);
    assert_eq!(gradient::<f64>(&sum, "g/h"), [16., 32., 5., 10.]);
    let second = sum.gradient("g").unwrap().gradient("h").unwrap();
    assert_eq!(
        *second.samples(),
        labels(["sample", "b"], &[[0, 2], [0, 3]])
    );
    // The divisor is the number of values, at all depths.
    let mean = mean_over_samples(&block, &["s"]).unwrap();
    assert_eq!(gradient::<f64>(&mean, "g/h"), [8., 16., 2.5, 5.]);

    let sum = sum_over_properties(&block, &["p"]).unwrap();
    assert_eq!(gradient::<f64>(&sum, "g/h"), [3., 12., 48.]);
    let mean = mean_over_properties(&block, &["p"]).unwrap();
    assert_eq!(gradient::<f64>(&mean, "g/h"), [1.5, 6., 24.]);
}

#[test]
fn variances_need_gradients_with_respect_to_all_parameters() {
    let block = second_derivatives();
    for reduction in [Reduction::Var, Reduction::Std] {
        for error in [
            reduce_over_samples(&block, reduction, &["s"]).unwrap_err(),
            reduce_over_properties(&block, reduction, &["p"]).unwrap_err(),
        ] {
            assert!(matches!(error, Error::Unsupported(_)), "{error}");
            let reason = "the gradient 'g/h' can not be computed without the gradient 'h'";
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}

#[test]
fn info_stays_behind() {
    let mut tensor = map(vec![f()]);
    tensor.info_mut().insert("title".into(), "x".into());
    assert!(sum_over_samples(&tensor, &["s"]).unwrap().info().is_empty());
}
