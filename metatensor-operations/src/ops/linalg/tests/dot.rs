//! Tests of [`dot`].

use half::f16;
use metatensor_core::{DType, DenseArray, Element, Error, Labels, TensorBlock, TensorMap};
use ndarray::{Array2, Array3, Array4, Axis, ShapeBuilder, Zip};
use num_complex::Complex;
use proptest::prelude::*;

use super::{complex_matrix, fortran, named, result};
use crate::engine::EqualMetadataOptions;
use crate::testing::threads::{Order, assert_independent_of_threads, large};
use crate::testing::{array, block, gradient, labels, map, small_block, values, with_gradient};
use crate::{add, dot, equal, equal_metadata};

/// Block of weights with these samples `z`, and the properties of [`block`].
fn weights<T: Element>(z: &[[i32; 1]], properties: usize, values: &[T]) -> TensorBlock {
    TensorBlock::new(
        array(&[z.len(), properties], values),
        labels(["z"], z),
        &[],
        Labels::range("p", properties).unwrap(),
    )
    .unwrap()
}

#[test]
fn known_result() {
    let f = small_block(
        [1., -2., 0., 4.],
        [1., 2., 3., 4., 5., 6., 1., 1., 2., 2., 3., 3.],
    );
    let w = weights(&[[5], [6], [1]], 2, &[1., 1., 0., 1., 2., 2.]);
    let product = dot(&f, &w).unwrap();
    assert_eq!(values::<f64>(&product), [-1., -2., -2., 4., 4., 8.]);
    assert_eq!(
        gradient::<f64>(&product, "g"),
        [
            3., 2., 6., 7., 4., 14., 11., 6., 22., 2., 1., 4., 4., 2., 8., 6., 3., 12.
        ]
    );
    assert_eq!(product.samples(), f.samples());
    assert_eq!(product.properties(), w.samples());
    let (derivatives, expected) = (product.gradient("g").unwrap(), f.gradient("g").unwrap());
    assert_eq!(derivatives.samples(), expected.samples());
    assert_eq!(derivatives.components(), expected.components());
    assert_eq!(derivatives.properties(), w.samples());
}

#[test]
fn gradients_of_gradients_are_multiplied_too() {
    let mut a = block([1, 2], &[1., 2.]);
    let mut first = TensorBlock::new(
        array(&[2, 2], &[1., 0., 3., 1.]),
        labels(["sample", "a"], &[[0, 0], [0, 1]]),
        &[],
        a.properties(),
    )
    .unwrap();
    let second = TensorBlock::new(
        array(&[1, 2], &[5., 6.]),
        labels(["sample"], &[[1]]),
        &[],
        a.properties(),
    );
    first.add_gradient("h", second.unwrap()).unwrap();
    a.add_gradient("g", first).unwrap();
    let product = dot(&a, &weights(&[[0]], 2, &[10., 1.])).unwrap();
    assert_eq!(values::<f64>(&product), [12.]);
    assert_eq!(gradient::<f64>(&product, "g"), [10., 31.]);
    assert_eq!(gradient::<f64>(&product, "g/h"), [56.]);
    let path = product.gradient("g").unwrap().gradient("h").unwrap();
    assert_eq!(path.samples(), &labels(["sample"], &[[1]]));
}

#[test]
fn blocks_are_matched_by_key() {
    let a = map(vec![block([1, 1], &[1.]), block([1, 1], &[2.])]);
    let keys = labels(["k"], &[[1], [0]]);
    let b = vec![block([1, 1], &[10.]), block([1, 1], &[100.])];
    let b = TensorMap::new(keys, b).unwrap();
    let product = dot(&a, &b).unwrap();
    assert_eq!(product.keys(), a.keys());
    assert_eq!(values::<f64>(&product.blocks()[0]), [100.]);
    assert_eq!(values::<f64>(&product.blocks()[1]), [20.]);
}

#[test]
fn integers_wrap_and_stay_integers() {
    let a = block([1, 2], &[i32::MAX, 2]);
    let product = dot(&a, &block([1, 2], &[2, 3])).unwrap();
    assert_eq!(values::<i32>(&product), [4]);
    let wider = dot(&a, &block([1, 2], &[2_i64, 3])).unwrap();
    assert_eq!(values::<i64>(&wider), [2 * i64::from(i32::MAX) + 6]);
    let wrapped = dot(&block([1, 2], &[i64::MAX, 1]), &block([1, 2], &[1_i64, 1]));
    assert_eq!(values::<i64>(&wrapped.unwrap()), [i64::MIN]);
}

#[test]
fn types_are_promoted_in_values_and_gradients() {
    let a = with_gradient(block([1, 2], &[1_f32, 2.]), "g", &[[0, 0]], &[1_f32, 1.]);
    let product = dot(&a, &block([1, 2], &[1_i32, 3])).unwrap();
    assert_eq!(values::<f64>(&product), [7.]);
    assert_eq!(gradient::<f64>(&product, "g"), [4.]);
    let halves = block([1, 2], &[f16::from_f32(0.5), f16::ONE]);
    let product = dot(&halves, &halves).unwrap();
    assert_eq!(values::<f16>(&product), [f16::from_f32(1.25)]);
    let product = dot(&halves, &a_complex_block()).unwrap();
    assert_eq!(values::<Complex<f32>>(&product), [Complex::new(1., 1.5)]);
}

fn a_complex_block() -> TensorBlock {
    block([1, 2], &[Complex::new(0_f32, 1.), Complex::new(1., 1.)])
}

#[test]
fn complex_numbers_are_not_conjugated() {
    let product = dot(&a_complex_block(), &a_complex_block()).unwrap();
    assert_eq!(values::<Complex<f32>>(&product), [Complex::new(-1., 2.)]);
}

#[test]
fn products_of_complex_numbers_with_few_and_many_rows_are_those_of_their_parts() {
    for outputs in [1, 15, 16, 40] {
        let (a, b) = (complex_matrix(7, 33, 1), complex_matrix(outputs, 33, 2));
        let product = dot(&named(&a, "p"), &named(&b, "p")).unwrap();
        let product = result::<Complex<f64>>(&product);
        for ((i, j), found) in product.indexed_iter() {
            let terms = a.row(i).into_iter().zip(b.row(j));
            let expected: Complex<f64> = terms.map(|(x, y)| x * y).sum();
            assert!((found - expected).norm() < 1e-13, "{found} {expected}");
        }
    }
}

#[test]
fn axes_can_be_empty() {
    let a = |n: usize, p: usize| {
        let block = block([n, p], &vec![1.0; n * p]);
        with_gradient(block, "g", &[], &[] as &[f64])
    };
    for (samples, outputs, properties) in [(0, 2, 3), (2, 0, 3), (2, 3, 0), (0, 0, 0)] {
        let b = block([outputs, properties], &vec![1.0; outputs * properties]);
        let product = dot(&a(samples, properties), &b).unwrap();
        assert_eq!(values::<f64>(&product), vec![0.0; samples * outputs]);
        assert_eq!(
            product.gradient("g").unwrap().values().shape().unwrap(),
            [0, outputs]
        );
    }
    let nothing = TensorMap::new(labels(["k"], &[]), vec![]).unwrap();
    assert!(dot(&nothing, &nothing).unwrap().is_empty());
}

#[test]
fn any_strides_give_the_same() {
    for outputs in [1, 3, 9] {
        let (a, w) = (numbers(70, 5), numbers(outputs, 5));
        let expected = dot(&named(&a, "p"), &named(&w, "p")).unwrap();
        let expected = values::<f64>(&expected);
        let product = dot(&named(&fortran(&a), "p"), &named(&fortran(&w), "p")).unwrap();
        assert!(product.view().unwrap().is_contiguous());
        assert_eq!(values::<f64>(&product), expected);

        // With components, F order is not that of any matrix.
        let mut elements = Array3::zeros((7, 10, 5).f());
        elements.assign(&a.to_shape((7, 10, 5)).unwrap());
        let a = TensorBlock::new(
            elements,
            Labels::range("s", 7).unwrap(),
            &[Labels::range("c", 10).unwrap()],
            Labels::range("p", 5).unwrap(),
        );
        let product = dot(&a.unwrap(), &named(&w, "p")).unwrap();
        assert_eq!(product.values().shape().unwrap(), [7, 10, outputs]);
        assert_eq!(values::<f64>(&product), expected);
    }
}

fn numbers(rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        ((i * 7 + j * 3) % 11) as f64 - 5.2
    })
}

#[test]
fn errors_name_the_block_and_the_problem() {
    let a = map(vec![block([1, 2], &[1., 2.])]);
    let wide = map(vec![block([1, 3], &[1., 2., 3.])]);
    let error = dot(&a, &wide).unwrap_err();
    assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("dot: block (k=0): "), "{text}");
    assert!(text.contains("the same properties"), "{text}");
    assert!(
        text.ends_with(": there are 2 and 3, row 2 is missing and (p=2)"),
        "{text}"
    );

    // which entry it is
    let named = |name: &str, second: i32| {
        let properties = labels([name], &[[4], [second]]);
        let samples = Labels::range("s", 1).unwrap();
        TensorBlock::new(array(&[1, 2], &[1., 2.]), &samples, &[], &properties).unwrap()
    };
    let text = dot(&named("n", 5), &named("n", 6)).unwrap_err().to_string();
    assert!(text.ends_with(": row 1 is (n=5) and (n=6)"), "{text}");
    let text = dot(&named("n", 5), &named("m", 5)).unwrap_err().to_string();
    assert!(
        text.ends_with(": their names are ['n'] and ['m']"),
        "{text}"
    );

    let components = TensorBlock::new(
        array(&[1, 1, 2], &[1., 2.]),
        Labels::range("s", 1).unwrap(),
        &[Labels::range("c", 1).unwrap()],
        Labels::range("p", 2).unwrap(),
    );
    let text = dot(&a, &map(vec![components.unwrap()])).unwrap_err();
    assert!(text.to_string().contains("components"), "{text}");

    let error = dot(&a, &map(vec![])).unwrap_err();
    assert!(matches!(error, Error::NotEqual(_)), "{error}");
    assert!(error.to_string().contains("1 and 0 blocks"), "{error}");
}

#[test]
fn sums_of_small_integers_wrap_around_and_those_of_booleans_are_or() {
    let bytes = block([1, 2], &[200_u8, 3]);
    let product = dot(&bytes, &bytes).unwrap();
    assert_eq!(values::<u8>(&product), [(200_u8).wrapping_mul(200) + 9]);
    let large = block([1, 1], &[u64::MAX]);
    let product = dot(&large, &large).unwrap();
    assert_eq!(values::<u64>(&product), [1]);
    let x = block([2, 3], &[true, true, false, false, true, false]);
    let y = block([2, 3], &[true, true, true, false, false, true]);
    let product = dot(&x, &y).unwrap();
    assert_eq!(values::<bool>(&product), [true, false, true, false]);
}

proptest! {
    #[test]
    fn values_and_gradients_are_sums_over_properties(
        (n, c, p, outputs, rows) in (0..6_usize, 1..4_usize, 0..20_usize, 0..12_usize, 0..8_usize),
        seed in 0..1000_i32,
    ) {
        let number = |i: usize| f64::from((i as i32 * 37 + seed) % 19 - 9);
        let a = Array3::from_shape_fn((n, c, p), |(i, j, k)| number(i * 5 + j * 7 + k * k));
        let w = Array2::from_shape_fn((outputs, p), |(j, k)| number(3 * j + k));
        let rows = if n == 0 { 0 } else { rows };
        let da = Array4::from_shape_fn((rows, 2, c, p), |(r, x, j, k)| number(r + x * 3 + j + k));
        let parents: Vec<_> = (0..rows).map(|r| [(r * 5 % n.max(1)) as i32, r as i32]).collect();

        let component = Labels::range("c", c).unwrap();
        let properties = Labels::range("p", p).unwrap();
        let mut block = TensorBlock::new(
            a.clone(), Labels::range("s", n).unwrap(), std::slice::from_ref(&component), &properties,
        ).unwrap();
        block.add_gradient("g", TensorBlock::new(
            da.clone(),
            labels(["sample", "r"], &parents),
            &[Labels::range("x", 2).unwrap(), component],
            &properties,
        ).unwrap()).unwrap();
        let b = TensorBlock::new(
            w.clone(), Labels::range("z", outputs).unwrap(), &[], &properties,
        ).unwrap();

        // Small integers: sums are exact, in any order.
        let product = dot(&block, &b).unwrap();
        let expected = Array3::from_shape_fn((n, c, outputs), |(i, j, z)| {
            (0..p).map(|k| a[[i, j, k]] * w[[z, k]]).sum::<f64>()
        });
        prop_assert_eq!(product.to_ndarray::<f64>().unwrap(), expected.into_dyn());
        let expected = Array4::from_shape_fn((rows, 2, c, outputs), |(r, x, j, z)| {
            (0..p).map(|k| da[[r, x, j, k]] * w[[z, k]]).sum::<f64>()
        });
        let gradient = product.gradient("g").unwrap();
        prop_assert_eq!(gradient.to_ndarray::<f64>().unwrap(), expected.into_dyn());

        // Products distribute over sums.
        let twice = dot(&add(&block, &block).unwrap(), &b).unwrap();
        prop_assert!(equal(&twice, &add(&product, &product).unwrap()).unwrap());
    }

    #[test]
    fn gradients_are_finite_differences(seed in 0..1000_u32) {
        let number = |i: u32| f64::from((i * 7919 + seed * 31) % 997) / 997.0 - 0.5;
        let a = Array2::from_shape_fn((3, 4), |(i, j)| number((i * 4 + j) as u32));
        let slope = Array2::from_shape_fn((3, 4), |(i, j)| number((100 + i * 4 + j) as u32));
        let b = block([2, 4], &(0..8).map(|i| number(i + 50)).collect::<Vec<_>>());
        let at = |t: f64| {
            let mut values = a.clone();
            Zip::from(&mut values).and(&slope).for_each(|x, dx| *x += t * dx);
            block([3, 4], values.as_slice().unwrap())
        };
        let slopes = slope.as_slice().unwrap();
        let with = with_gradient(at(0.0), "t", &[[0, 0], [1, 0], [2, 0]], slopes);
        let product = dot(&with, &b).unwrap();
        let (above, below) = (dot(&at(1e-3), &b).unwrap(), dot(&at(-1e-3), &b).unwrap());
        let numbers = values::<f64>(&above).into_iter().zip(values::<f64>(&below));
        for (analytic, (above, below)) in gradient::<f64>(&product, "t").iter().zip(numbers) {
            prop_assert!((analytic - (above - below) / 2e-3).abs() < 1e-9);
        }
        let metadata = EqualMetadataOptions { gradients: false, ..Default::default() };
        prop_assert!(equal_metadata(&product, &above, metadata));
    }
}

#[test]
fn results_are_native_arrays_of_the_promoted_type() {
    let product = dot(&block([1, 1], &[1_i64]), &block([1, 1], &[1_f32])).unwrap();
    assert_eq!(product.dtype(), DType::F64);
    assert!(product.values().downcast_ref::<DenseArray>().is_some());
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    for (samples, properties, outputs) in [(20_003, 13, 5), (30_001, 3, 40), (50_000, 1, 1)] {
        for order in [Order::RowMajor, Order::ColumnMajor] {
            let a = large(samples, 10, properties, -50.25, order);
            let b = large(outputs, 10, properties, 0.1, order);
            let b = crate::remove_gradients(&b, None).unwrap();
            assert_independent_of_threads(|| vec![dot(&a, &b)]);
        }
    }
}

#[test]
fn elements_do_not_depend_on_where_they_are() {
    let (a, w) = (numbers(50, 37), numbers(32, 37));
    let all = dot(&named(&a, "p"), &named(&w, "p")).unwrap();
    let all = all.to_ndarray::<f64>().unwrap();
    for i in 0..50 {
        for j in [0, 1, 2, 3, 29, 30, 31] {
            let (row, other) = (a.select(Axis(0), &[i]), w.select(Axis(0), &[j]));
            let one = dot(&named(&row, "p"), &named(&other, "p")).unwrap();
            assert_eq!(values::<f64>(&one), [all[[i, j]]], "element {i}, {j}");
        }
    }
}
