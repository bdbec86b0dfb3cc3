use half::f16;
use metatensor_core::{Device, Element, Error, Labels, TensorBlock, TensorMap};
use num_complex::Complex;

use super::*;
use crate::testing::*;

fn number<T: Element>(x: T) -> TensorBlock {
    block([1, 1], &[x])
}

fn close<T: Element>(x: T, y: T, options: AllcloseOptions) -> bool {
    allclose(&number(x), &number(y), options).unwrap()
}

const EXACT: AllcloseOptions = AllcloseOptions {
    rtol: 0.0,
    atol: 0.0,
    equal_nan: false,
};

#[test]
fn values_are_equal_as_numbers() {
    let same = |x: f64, y: f64| equal(&number(x), &number(y)).unwrap();
    assert!(same(1.0, 1.0) && same(0.0, -0.0) && same(f64::INFINITY, f64::INFINITY));
    assert!(!same(1.0, 1.0 + f64::EPSILON) && !same(f64::NAN, f64::NAN));
    let nan = number(f64::NAN);
    assert!(!equal(&nan, &nan.clone()).unwrap(), "the same array");
    let integer = number(3);
    assert!(equal(&integer, &integer.clone()).unwrap());
}

#[test]
fn types_do_not_have_to_be_equal() {
    let numbers = [
        number(1_u8),
        number(1_i8),
        number(1_u16),
        number(1_i16),
        number(1_u32),
        number(1_i32),
        number(1_u64),
        number(1_i64),
        number(f16::ONE),
        number(1_f32),
        number(1_f64),
        number(Complex::<f32>::ONE),
        number(Complex::<f64>::ONE),
        number(true),
    ];
    for x in &numbers {
        for y in &numbers {
            check_equal(x, y).unwrap();
            check_allclose(x, y, EXACT).unwrap();
            let two = &number(2_i32);
            assert!(!equal(x, two).unwrap() && !equal(two, y).unwrap());
            assert!(!allclose(x, two, EXACT).unwrap());
        }
    }
    assert!(!equal(&number(0.1_f32), &number(0.1_f64)).unwrap());
    assert!(!equal(&number(u64::MAX), &number(-1_i64)).unwrap());
    let complex = number(Complex::new(1.0, 1.0));
    assert!(!equal(&complex, &number(1.0)).unwrap());
}

#[test]
fn integers_of_different_types_are_compared_exactly() {
    let large = 1_u64 << 53;
    assert!(!equal(&number(large + 1), &number(large as i64)).unwrap());
    assert!(equal(&number(large + 1), &number(large as i64 + 1)).unwrap());
}

#[test]
fn tolerances_are_relative_to_the_second_number() {
    let options = AllcloseOptions {
        rtol: 0.095,
        ..EXACT
    };
    assert!(close(1.0, 1.1, options));
    assert!(!close(1.1, 1.0, options));
    let defaults = AllcloseOptions::default();
    assert!(close(1.0, 1.0 + 1e-12, defaults) && !close(1.0, 1.0 + 2e-12, defaults));
    assert!(close(1e6, 1e6 + 0.9e-7, defaults) && !close(1e6, 1e6 + 1.2e-7, defaults));
    assert!(close(3, 4, AllcloseOptions { atol: 1.0, ..EXACT }));
    assert!(!close(3_u8, 5, AllcloseOptions { atol: 1.0, ..EXACT }));
}

#[test]
fn infinities_are_close_to_themselves_only() {
    let (inf, wide) = (
        f64::INFINITY,
        AllcloseOptions {
            rtol: 1.0,
            atol: 1e300,
            equal_nan: false,
        },
    );
    assert!(close(inf, inf, wide));
    for (x, y) in [
        (inf, -inf),
        (1.0, inf),
        (inf, 1.0),
        (f64::NAN, f64::NAN),
        (f64::NAN, 1.0),
    ] {
        assert!(!close(x, y, wide), "{x} {y}");
    }
    let nan = AllcloseOptions {
        equal_nan: true,
        ..wide
    };
    assert!(close(f64::NAN, f64::NAN, nan));
    assert!(!close(f64::NAN, 1.0, nan) && !close(1.0, f64::NAN, nan));
}

#[test]
fn complex_numbers_are_compared_by_distance() {
    let (x, y) = (Complex::new(1.0, 0.0), Complex::new(1.3, 0.4));
    assert!(close(
        x,
        y,
        AllcloseOptions {
            atol: 0.51,
            ..EXACT
        }
    ));
    assert!(!close(
        x,
        y,
        AllcloseOptions {
            atol: 0.49,
            ..EXACT
        }
    ));
    let nan = Complex::new(f64::NAN, 0.0);
    assert!(close(
        nan,
        nan,
        AllcloseOptions {
            equal_nan: true,
            ..EXACT
        }
    ));
}

#[test]
fn one_difference_among_many_is_found() {
    let count = 3000;
    for position in [0, 511, 512, 1700, count - 1] {
        let zeros = vec![0.0; count];
        let mut other = zeros.clone();
        other[position] = 1.0;
        let (a, b) = (
            block([count / 10, 10], &zeros),
            block([count / 10, 10], &other),
        );
        assert!(!equal(&a, &b).unwrap(), "{position}");
        assert!(
            !allclose(&a, &b, AllcloseOptions::default()).unwrap(),
            "{position}"
        );
        assert!(allclose(&a, &b, AllcloseOptions { atol: 1.0, ..EXACT }).unwrap());
    }
}

#[test]
fn the_order_of_blocks_and_info_do_not_matter() {
    let tensor = |keys: [[i32; 1]; 2], values: [f64; 2]| {
        let blocks = values.map(number).into();
        TensorMap::new(labels(["k"], &keys), blocks).unwrap()
    };
    let a = tensor([[1], [2]], [10.0, 20.0]);
    let mut b = tensor([[2], [1]], [20.0, 10.0]);
    b.info_mut().insert("name".into(), "b".into());
    check_equal(&a, &b).unwrap();
    assert!(equal_metadata(&a, &b, EqualMetadataOptions::default()));

    let different = check_equal(&a, &tensor([[1], [2]], [10.0, 21.0])).unwrap_err();
    assert_eq!(different.key.as_deref(), Some("(k=2)"));
    assert_eq!((different.axis, &*different.path), (None, ""));
    assert_eq!(
        different.to_string(),
        "blocks for key (k=2) are different: values are not equal: 1 of 1 elements differ, most of all at samples (s=0), \
         properties (p=0): 20.0 and 21.0"
    );
}

#[test]
fn maps_without_blocks_are_equal_if_their_key_names_are() {
    let empty = |name| TensorMap::new(Labels::empty(&[name]).unwrap(), vec![]).unwrap();
    check_equal(&empty("a"), &empty("a")).unwrap();
    let different = check_equal(&empty("a"), &empty("b")).unwrap_err();
    assert_eq!(different.axis, Some(crate::Axis::Keys));
    let message = different.to_string();
    assert!(
        message.starts_with("the tensor maps have different keys: "),
        "{message}"
    );
}

/// A block with a gradient with a gradient; the last value of each.
fn nested(value: f64, first: f64, second: f64, parameter: &str) -> TensorBlock {
    let rows = [[0, 0]];
    let mut gradient = TensorBlock::new(
        array(&[1, 1], &[first]),
        labels(["sample", "a"], &rows),
        &[],
        Labels::range("p", 1).unwrap(),
    )
    .unwrap();
    let inner = TensorBlock::new(
        array(&[1, 1], &[second]),
        labels(["sample", "b"], &rows),
        &[],
        gradient.properties(),
    );
    gradient.add_gradient(parameter, inner.unwrap()).unwrap();
    let mut block = number(value);
    block.add_gradient("g", gradient).unwrap();
    block
}

#[test]
fn gradients_are_compared_at_all_depths() {
    let a = nested(1.0, 2.0, 3.0, "h");
    check_equal(&a, &nested(1.0, 2.0, 3.0, "h")).unwrap();
    for (b, path, message) in [
        (
            nested(1.5, 2.0, 3.0, "h"),
            "",
            "values are not equal: 1 of 1 elements differ, most of all at samples (s=0), properties (p=0): 1.0 and 1.5",
        ),
        (
            nested(1.0, 2.5, 3.0, "h"),
            "g",
            "gradient 'g' values are not equal: 1 of 1 elements differ, most of all at samples (sample=0, a=0), properties \
             (p=0): 2.0 and 2.5",
        ),
        (
            nested(1.0, 2.0, 3.5, "h"),
            "g/h",
            "gradient 'g/h' values are not equal: 1 of 1 elements differ, most of all at samples (sample=0, b=0), properties \
             (p=0): 3.0 and 3.5",
        ),
        (
            nested(1.0, 2.0, 3.0, "i"),
            "g",
            "gradient 'g' gradient parameters are different: only the first block has 'h', only the \
             second block has 'i'",
        ),
    ] {
        let different = check_equal(&a, &b).unwrap_err();
        assert_eq!(different.path, path);
        assert_eq!(different.to_string(), message);
        let same_labels = !message.contains("parameters");
        let options = EqualMetadataOptions::default();
        assert_eq!(equal_metadata(&a, &b, options), same_labels);
        if same_labels {
            let different = check_allclose(&a, &b, EXACT).unwrap_err().to_string();
            assert_eq!(different, message.replace("equal", "allclose"));
        }
    }
}

/// What [`check_equal`] says about where two blocks differ most.
fn worst<S: Element, T: Element>(a: &[S], b: &[T]) -> String {
    let shape = [a.len(), 1];
    let different = check_equal(&block(shape, a), &block(shape, b)).unwrap_err();
    let text = different.to_string();
    let start = format!("values are not equal: {} of {} elements", 1, a.len());
    text.strip_prefix(&start).unwrap_or(&text).to_owned()
}

#[test]
fn the_worst_difference_is_the_one_that_is_reported() {
    let values = |number: f64, gradient: f64| {
        let mut block = TensorBlock::new(
            array(&[2, 2, 1, 3], &[0.0; 12]),
            labels(["s", "t"], &[[4, 5], [6, 7]]),
            &[labels(["c"], &[[-1], [1]]), labels(["d"], &[[9]])],
            labels(["p"], &[[10], [20], [30]]),
        )
        .unwrap();
        let mut rows = TensorBlock::new(
            array(&[1, 2, 1, 3], &[0.0; 6]),
            labels(["sample"], &[[1]]),
            block.components(),
            block.properties(),
        )
        .unwrap();
        let mut own = block.to_ndarray::<f64>().unwrap();
        own[[1, 0, 0, 2]] = number;
        own[[0, 0, 0, 0]] = number / 2.0;
        let mut of_rows = rows.to_ndarray::<f64>().unwrap();
        of_rows[[0, 1, 0, 1]] = gradient;
        block =
            TensorBlock::new(own, block.samples(), block.components(), block.properties()).unwrap();
        rows = TensorBlock::new(
            of_rows,
            rows.samples(),
            rows.components(),
            rows.properties(),
        )
        .unwrap();
        block.add_gradient("g", rows).unwrap();
        block
    };
    let tensor = |first: TensorBlock, second: TensorBlock| {
        TensorMap::new(labels(["k"], &[[1], [2]]), vec![first, second]).unwrap()
    };
    let same = || values(0.0, 0.0);
    let a = tensor(same(), same());

    let b = tensor(values(1.0, 0.0), values(3.0, 2.0));
    assert_eq!(
        check_equal(&a, &b).unwrap_err().to_string(),
        "blocks for key (k=2) are different: values are not equal: 2 of 12 elements differ, most of all at samples \
         (s=6, t=7), components (c=-1) (d=9), properties (p=30): 0.0 and 3.0"
    );
    let b = tensor(values(1.0, 4.0), values(3.0, 2.0));
    let different = check_allclose(&a, &b, AllcloseOptions::default()).unwrap_err();
    assert_eq!(
        (different.key.as_deref(), &*different.path),
        (Some("(k=1)"), "g")
    );
    assert_eq!(
        different.to_string(),
        "blocks for key (k=1) are different: gradient 'g' values are not allclose: 1 of 6 elements differ, most of all \
         at samples (sample=1), components (c=1) (d=9), properties (p=20): 0.0 and 4.0"
    );
    // labels come before values, in whatever block
    let other = TensorBlock::new(
        array(&[1, 1], &[2.0]),
        labels(["s"], &[[4]]),
        &[],
        Labels::range("p", 1).unwrap(),
    );
    let a = map(vec![number(1.0), number(2.0)]);
    let b = map(vec![number(9.0), other.unwrap()]);
    let different = check_equal(&a, &b).unwrap_err().to_string();
    assert!(
        different.starts_with("blocks for key (k=1) are different: samples are not the same"),
        "{different}"
    );
}

#[test]
fn the_worst_difference_is_relative_to_what_is_allowed() {
    let options = AllcloseOptions {
        rtol: 1e-3,
        atol: 1e-6,
        equal_nan: false,
    };
    let (a, b) = (
        block([3, 1], &[1e6, 0.0, 1.0]),
        block([3, 1], &[1.01e6, 1e-3, 1.0]),
    );
    let text = check_allclose(&a, &b, options).unwrap_err().to_string();
    assert!(
        text.ends_with(
            "2 of 3 elements differ, most of all at samples (s=1), properties (p=0): 0.0 and 0.001"
        ),
        "{text}"
    );
    let text = check_equal(&a, &b).unwrap_err().to_string();
    assert!(
        text.ends_with("(s=0), properties (p=0): 1000000.0 and 1010000.0"),
        "{text}"
    );
    let nan = block([3, 1], &[1e9, 0.0, f64::NAN]);
    let text = check_allclose(&a, &nan, options).unwrap_err().to_string();
    assert!(
        text.ends_with("(s=2), properties (p=0): 1.0 and NaN"),
        "{text}"
    );
}

#[test]
fn numbers_that_differ_are_written_as_they_are_in_the_array() {
    let place = " differ, most of all at samples (s=1), properties (p=0): ";
    assert_eq!(worst(&[1, 2], &[1, -3]), format!("{place}2 and -3"));
    assert_eq!(
        worst(&[0, u64::MAX], &[0, u64::MAX - 1]),
        format!("{place}18446744073709551615 and 18446744073709551614")
    );
    assert_eq!(
        worst(&[0, u64::MAX], &[0, -1_i8]),
        format!("{place}18446744073709551615 and -1")
    );
    assert_eq!(
        worst(&[true, true], &[true, false]),
        format!("{place}true and false")
    );
    assert_eq!(
        worst(&[0.0_f32, 0.1], &[0.0, 1e-30]),
        format!("{place}0.1 and 1e-30")
    );
    assert_eq!(
        worst(&[0.0_f32, 0.1], &[0.0, 0.1_f64]),
        format!("{place}0.1 and 0.1")
    );
    assert_eq!(
        worst(&[f16::ZERO, f16::ONE], &[0, 2]),
        format!("{place}1.0 and 2.0")
    );
    let (x, y) = (Complex::new(1.0, -2.0), Complex::new(f32::INFINITY, 0.5));
    assert_eq!(
        worst(&[y, x], &[y, y]),
        format!("{place}1.0-2.0i and inf+0.5i")
    );
}

#[test]
fn shapes_come_first_and_labels_before_values() {
    let different = check_equal(&number(1.0), &block([2, 1], &[1.0; 2])).unwrap_err();
    assert!(
        different
            .to_string()
            .contains("values shapes are different: [1, 1] and [2, 1]")
    );

    let other = TensorBlock::new(
        array(&[1, 1], &[2.0]),
        labels(["s"], &[[4]]),
        &[],
        Labels::range("p", 1).unwrap(),
    );
    let different = check_equal(&number(1.0), &other.unwrap()).unwrap_err();
    assert_eq!(different.axis, Some(crate::Axis::Samples));
    assert_eq!(
        different.to_string(),
        "samples are not the same or not in the same order: row 0 is (s=0) and (s=4)"
    );
    let more = TensorBlock::new(
        array(&[1, 1], &[1.0]),
        labels(["s"], &[[0]]),
        &[],
        labels(["p"], &[[0]]),
    )
    .unwrap();
    let fewer = block([2, 1], &[1.0; 2]);
    let options = EqualMetadataOptions::default();
    for (a, b, expected) in [
        (
            &more,
            &fewer,
            "there are 1 and 2, row 1 is missing and (s=1)",
        ),
        (
            &fewer,
            &more,
            "there are 2 and 1, row 1 is (s=1) and missing",
        ),
    ] {
        let different = check_equal_metadata(a, b, options).unwrap_err().to_string();
        assert!(different.ends_with(expected), "{different}");
    }
}

#[test]
fn parts_of_the_metadata_can_be_left_out() {
    let nothing = EqualMetadataOptions {
        samples: false,
        components: false,
        properties: false,
        gradients: false,
    };
    let with = |samples: &str, component: &str, properties: &str| {
        TensorBlock::new(
            array(&[1, 1, 1], &[1.0]),
            Labels::range(samples, 1).unwrap(),
            &[Labels::range(component, 1).unwrap()],
            Labels::range(properties, 1).unwrap(),
        )
        .unwrap()
    };
    let a = with("s", "c", "p");
    for (b, options) in [
        (
            with("x", "c", "p"),
            EqualMetadataOptions {
                samples: true,
                ..nothing
            },
        ),
        (
            with("s", "x", "p"),
            EqualMetadataOptions {
                components: true,
                ..nothing
            },
        ),
        (
            with("s", "c", "x"),
            EqualMetadataOptions {
                properties: true,
                ..nothing
            },
        ),
        (
            with_gradient::<f64>(number(1.0), "g", &[], &[]),
            EqualMetadataOptions {
                gradients: true,
                ..nothing
            },
        ),
    ] {
        assert!(equal_metadata(&a, &b, nothing));
        assert!(!equal_metadata(&a, &b, options));
    }
    // The same parts are compared in gradients.
    let a = with_gradient(number(1.0), "g", &[[0, 0]], &[1.0]);
    let b = with_gradient(number(1.0), "g", &[[0, 1]], &[1.0]);
    assert!(equal_metadata(
        &a,
        &b,
        EqualMetadataOptions {
            gradients: true,
            ..nothing
        }
    ));
    let all = check_equal_metadata(&a, &b, EqualMetadataOptions::default()).unwrap_err();
    assert_eq!((&*all.path, all.axis), ("g", Some(crate::Axis::Samples)));
    let without = EqualMetadataOptions {
        gradients: false,
        ..EqualMetadataOptions::default()
    };
    assert!(equal_metadata(&a, &b, without));
}

#[test]
fn other_devices_can_not_be_compared_by_values() {
    let there = foreign(&number(1.0), Device { kind: 2, id: 0 });
    let (a, b) = (map(vec![there.clone()]), map(vec![there]));
    let error = equal(&a, &b).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("equal") && message.contains("cuda:0"),
        "{message}"
    );
    assert!(message.contains("(k=0)"), "{message}");
    assert!(allclose(&a, &b, EXACT).is_err());
    assert!(equal_metadata(&a, &b, EqualMetadataOptions::default()));
    // Different labels are found without looking at values.
    assert!(!equal(&a, &map(vec![block([2, 1], &[1.0; 2])])).unwrap());
}

#[test]
fn strided_values_are_compared() {
    let (count, random) = (20, &mut Random(7));
    let numbers: Vec<f64> = (0..count).map(|_| random.between(-1.0, 1.0)).collect();
    let a = block([4, 5], &numbers);
    let transposed = with_layout(&a, Layout::Fortran);
    assert!(!transposed.view().unwrap().is_contiguous());
    check_equal(&a, &transposed).unwrap();
    check_allclose(&transposed, &a, EXACT).unwrap();
    check_equal(&transposed, &transposed.clone()).unwrap();
}
