//! Results that are known, for all operations on the same few numbers.
//!
//! They are those of the official Python package, version 0.5.0, except where it is known to be wrong: `pow` with the
//! exponent 0, and all gradients of means, variances and standard deviations over samples.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::operations::FROM;
use crate::testing::{array, block, gradient, labels, map, small_block, values, with_gradient};
use crate::*;

const DERIVATIVES: [f64; 12] = [1., 2., 3., 4., 5., 6., 1., 1., 2., 2., 3., 3.];

/// Two samples, two properties, and gradient rows `(sample, a)` = (1, 5) and (0, 2), with three components.
fn f() -> TensorBlock {
    small_block([1., -2., 0., 4.], DERIVATIVES)
}

/// The same labels.
fn h() -> TensorBlock {
    small_block(
        [2., 4., 8., 16.],
        [1., 0., 0., 1., 1., 1., 2., 0., 0., 2., 2., 2.],
    )
}

#[track_caller]
fn assert_numbers(result: Result<TensorBlock>, expected: &[f64], derivatives: &[f64]) {
    let result = result.unwrap();
    assert_eq!(values::<f64>(&result), expected);
    assert_eq!(gradient::<f64>(&result, "g"), derivatives);
}

/// Up to rounding errors.
#[track_caller]
fn assert_close(result: &TensorBlock, expected: &[f64], derivatives: &[f64]) {
    let close = |x: Vec<f64>, y: &[f64]| {
        x.len() == y.len()
            && x.iter()
                .zip(y)
                .all(|(x, y)| (x - y).abs() < 1e-14 * (1.0 + y.abs()))
    };
    let (x, dx) = (values(result), gradient(result, "g"));
    assert!(close(x.clone(), expected), "{x:?} is not {expected:?}");
    assert!(
        close(dx.clone(), derivatives),
        "{dx:?} is not {derivatives:?}"
    );
}

#[track_caller]
fn assert_rows(block: &TensorBlock, rows: &[[i32; 2]]) {
    let samples = block.gradient("g").unwrap().samples();
    assert_eq!(samples.rows().values(), rows.as_flattened());
}

#[test]
fn elementwise() {
    let rows = [[1, 5], [0, 2]];
    for (result, x, dx) in [
        (
            abs(&f()),
            [1., 2., 0., 4.],
            [0., 2., 0., 4., 0., 6., 1., -1., 2., -2., 3., -3.],
        ),
        (
            add(&f(), &h()),
            [3., 2., 8., 20.],
            [2., 2., 3., 5., 6., 7., 3., 1., 2., 4., 5., 5.],
        ),
        (
            subtract(&f(), &h()),
            [-1., -6., -8., -12.],
            [0., 2., 3., 3., 4., 5., -1., 1., 2., 0., 1., 1.],
        ),
        (
            multiply(&f(), &h()),
            [2., -8., 0., 64.],
            [8., 32., 24., 68., 40., 100., 4., 4., 4., 4., 8., 8.],
        ),
        (
            divide(&f(), &h()),
            [0.5, -0.5, 0., 0.25],
            [
                0.125, 0.125, 0.375, 0.234375, 0.625, 0.359375, 0., 0.25, 1., 0.75, 1., 1.,
            ],
        ),
        (
            pow(&f(), 2.0),
            [1., 4., 0., 16.],
            [0., 16., 0., 32., 0., 48., 2., -4., 4., -8., 6., -12.],
        ),
        (
            pow(&f(), 3.0),
            [1., -8., 0., 64.],
            [0., 96., 0., 192., 0., 288., 3., 12., 6., 24., 9., 36.],
        ),
        (
            pow(&f(), -1.0),
            [1., -0.5, f64::INFINITY, 0.25],
            [
                -f64::INFINITY,
                -0.125,
                -f64::INFINITY,
                -0.25,
                -f64::INFINITY,
                -0.375,
                -1.,
                -0.25,
                -2.,
                -0.5,
                -3.,
                -0.75,
            ],
        ),
        (pow(&f(), 0.0), [1.; 4], [0.; 12]),
    ] {
        assert_rows(result.as_ref().unwrap(), &rows);
        assert_numbers(result, &x, &dx);
    }
}

#[test]
fn products_with_weights() {
    let outputs = labels(["z"], &[[5], [6], [1]]);
    let weights = array(&[3, 2], &[1., 1., 0., 1., 2., 2.]);
    let properties = f().properties().clone();
    let weights = TensorBlock::new(weights, &outputs, &[], &properties).unwrap();
    let product = dot(&f(), &weights);
    assert_eq!(*product.as_ref().unwrap().properties(), outputs);
    assert_rows(product.as_ref().unwrap(), &[[1, 5], [0, 2]]);
    assert_numbers(
        product,
        &[-1., -2., -2., 4., 4., 8.],
        &[
            3., 2., 6., 7., 4., 14., 11., 6., 22., 2., 1., 4., 4., 2., 8., 6., 3., 12.,
        ],
    );
}

#[test]
fn reductions_of_all_samples() {
    let sums = [1., 1., 2., 2., 3., 3., 1., 2., 3., 4., 5., 6.];
    let sum = sum_over_samples(&f(), &["s"]);
    assert_eq!(*sum.as_ref().unwrap().samples(), Labels::single());
    assert_rows(sum.as_ref().unwrap(), &[[0, 2], [0, 5]]);
    assert_numbers(sum, &[1., 2.], &sums);
    let mean = mean_over_samples(&f(), &["s"]);
    assert_rows(mean.as_ref().unwrap(), &[[0, 2], [0, 5]]);
    assert_numbers(mean, &[0.5, 1.], &sums.map(|sum| sum / 2.0));
}

#[test]
fn reductions_of_all_properties() {
    let over = |reduction| reduce_over_properties(&f(), reduction, &["p"]);
    for (result, x, dx) in [
        (
            over(Reduction::Mean),
            [-0.5, 2.],
            [1.5, 3.5, 5.5, 1., 2., 3.],
        ),
        (over(Reduction::Var), [2.25, 4.], [2., 2., 2., 0., 0., 0.]),
        (over(Reduction::Std), [1.5, 2.], [0.5, 0.5, 0.5, 0., 0., 0.]),
    ] {
        assert_eq!(*result.as_ref().unwrap().properties(), Labels::single());
        assert_rows(result.as_ref().unwrap(), &[[1, 5], [0, 2]]);
        assert_numbers(result, &x, &dx);
    }
}

#[test]
fn parts_and_order() {
    let part = slice(&f(), Axis::Samples, Selection::Indices(&[1])).unwrap();
    assert_eq!(*part.samples(), labels(["s"], &[[1]]));
    assert_rows(&part, &[[0, 5]]);
    assert_numbers(Ok(part), &[0., 4.], &[1., 2., 3., 4., 5., 6.]);

    let sorted = sort(&f(), &Axis::OF_BLOCKS, Direction::Descending).unwrap();
    assert_eq!(*sorted.samples(), labels(["s"], &[[1], [0]]));
    assert_eq!(*sorted.properties(), labels(["p"], &[[1], [0]]));
    assert_rows(&sorted, &[[1, 2], [0, 5]]);
    assert_numbers(
        Ok(sorted),
        &[4., 0., -2., 1.],
        &[3., 3., 2., 2., 1., 1., 6., 5., 4., 3., 2., 1.],
    );
}

/// Samples `(y, a)`, with gradient rows for three of four samples.
#[test]
fn sparse_gradients_are_reduced() {
    let samples = labels(["y", "a"], &[[0, 0], [0, 1], [0, 2], [1, 0]]);
    let x = array(&[4, 2], &[1., 10., 2., 20., 4., 40., 7., 70.]);
    let properties = Labels::range("p", 2).unwrap();
    let mut block = TensorBlock::new(x, &samples, &[], &properties).unwrap();
    let rows = labels(["sample", "i"], &[[0, 0], [1, 0], [1, 1]]);
    let dx = array(&[3, 2], &[1., 1., 1., 1., 5., 5.]);
    let gradient = TensorBlock::new(dx, &rows, &[], &properties).unwrap();
    block.add_gradient("g", gradient).unwrap();

    let variance: f64 = 14.0 / 9.0;
    let slope = -10.0 / 9.0;
    // Of σ: that of σ², divided by 2σ.
    let steep = slope / (2.0 * variance.sqrt());
    assert!((steep - -0.4454354).abs() < 1e-7);
    for (reduction, x, dx) in [
        (Reduction::Sum, [7., 70., 7., 70.], [2., 2., 5., 5.]),
        (
            Reduction::Mean,
            [7. / 3., 70. / 3., 7., 70.],
            [2. / 3., 2. / 3., 5. / 3., 5. / 3.],
        ),
        (
            Reduction::Var,
            [variance, 100. * variance, 0., 0.],
            [slope, 10. * slope, slope, 10. * slope],
        ),
        (
            Reduction::Std,
            [variance.sqrt(), 10. * variance.sqrt(), 0., 0.],
            [steep; 4],
        ),
    ] {
        let result = reduce_over_samples(&block, reduction, &["a"]).unwrap();
        assert_eq!(*result.samples(), labels(["y"], &[[0], [1]]));
        assert_rows(&result, &[[0, 0], [0, 1]]);
        assert_close(&result, &x, &dx);
    }
}

fn one_property(samples: &Labels, x: &[f64]) -> TensorBlock {
    let values = array(&[samples.count(), 1], x);
    TensorBlock::new(values, samples, &[], Labels::range("p", 1).unwrap()).unwrap()
}

#[test]
fn labels_are_sorted() {
    let samples = labels(["a", "b"], &[[5, 1], [-2, 0], [5, 0]]);
    let sum = sum_over_samples(&one_property(&samples, &[1., 2., 3.]), &["b"]).unwrap();
    assert_eq!(*sum.samples(), labels(["a"], &[[-2], [5]]));
    assert_eq!(values::<f64>(&sum), [2., 4.]);

    let samples = labels(["a", "b"], &[[1, 0], [0, 0], [1, 1], [0, 1]]);
    let mut block = one_property(&samples, &[0., 1., 2., 3.]);
    let rows = [[3, 0, 1], [0, 2, 0], [1, 0, 0], [2, 2, 0], [3, 0, 0]];
    let rows = labels(["sample", "i", "j"], &rows);
    block
        .add_gradient("g", one_property(&rows, &[1., 2., 3., 4., 5.]))
        .unwrap();
    let sum = sum_over_samples(&block, &["b"]).unwrap();
    assert_eq!(values::<f64>(&sum), [4., 2.]);
    let rows = labels(["sample", "i", "j"], &[[0, 0, 0], [0, 0, 1], [1, 2, 0]]);
    assert_eq!(*sum.gradient("g").unwrap().samples(), rows);
    assert_eq!(gradient::<f64>(&sum, "g"), [8., 1., 6.]);

    let first = one_property(&labels(["a", "b"], &[[3, 1], [0, 1]]), &[0.; 2]);
    let second = one_property(&labels(["a", "b"], &[[0, 9], [-1, 1]]), &[0.; 2]);
    let tensor = map(vec![first, second]);
    let unique = unique_metadata(&tensor, Axis::Samples, &["b", "a"], None).unwrap();
    let expected = labels(["b", "a"], &[[1, -1], [1, 0], [1, 3], [9, 0]]);
    assert_eq!(unique, expected);
}

/// The worked example of a mapping from samples to gradient rows.
#[test]
fn gradient_rows_follow_their_samples() {
    let rows = [[0, 7], [2, 7], [2, 8], [1, 7]];
    let block = with_gradient(block([3, 1], &[1., 2., 3.]), "g", &rows, &[1., 2., 3., 4.]);
    let map = block.gradient_map("g").unwrap();
    assert_eq!(map.parents(), [0, 2, 2, 1]);
    assert_eq!(map.offsets(), [0, 1, 2, 4]);
    assert_eq!(map.rows(), Some(&[0, 3, 1, 2][..]));
    assert!(!map.is_grouped());
    let part = slice(&block, Axis::Samples, Selection::Indices(&[2, 0])).unwrap();
    assert_rows(&part, &[[1, 7], [0, 7], [0, 8]]);
    let renumbered = map.renumber(&[Some(1), None, Some(0)], 2).unwrap();
    assert_eq!(renumbered.map.parents(), [1, 0, 0]);
    assert_eq!(renumbered.kept_rows, [0, 1, 2]);
}

#[test]
fn joins() {
    let part = |first: i32, rows: &[[i32; 2]], dx: [f64; 2]| {
        let samples = labels(["a"], &[[first], [first + 1]]);
        with_gradient(one_property(&samples, &[0.; 2]), "g", rows, &dx)
    };
    let a = part(0, &[[1, 7], [0, 3]], [1., 2.]);
    let b = part(2, &[[0, 3], [1, 9]], [3., 4.]);
    let joined = join(&[&a, &b], Axis::Samples, JoinOptions::default()).unwrap();
    assert_eq!(*joined.samples(), labels(["a"], &[[0], [1], [2], [3]]));
    assert_rows(&joined, &[[1, 7], [0, 3], [2, 3], [3, 9]]);

    let b = part(0, &[[0, 3], [1, 9]], [3., 4.]);
    let joined = join(&[&a, &b], Axis::Properties, FROM).unwrap();
    assert_rows(&joined, &[[1, 7], [0, 3], [1, 9]]);
    assert_eq!(gradient::<f64>(&joined, "g"), [1., 0., 2., 3., 0., 4.]);
}

/// What the official package gets wrong in silence.
#[test]
fn mistakes_that_are_not_made() {
    // Means and variances over properties are per row, also with as many components as groups.
    let x: Vec<f64> = (0..12).map(f64::from).collect();
    let component = labels(["c"], &[[0], [1]]);
    let properties = labels(["a", "b"], &[[0, 0], [1, 0], [0, 1]]);
    let samples = Labels::range("s", 2).unwrap();
    let block = TensorBlock::new(array(&[2, 2, 3], &x), &samples, &[component], &properties);
    let mean = mean_over_properties(&block.unwrap(), &["a"]).unwrap();
    assert_eq!(values::<f64>(&mean), [0.5, 2., 3.5, 5., 6.5, 8., 9.5, 11.]);

    // Integers have variances, even without a large rounding error.
    let samples = Labels::range("s", 3).unwrap();
    let integers = TensorBlock::new(
        array(&[3, 1], &[1, 2, 4]),
        &samples,
        &[],
        Labels::range("p", 1).unwrap(),
    );
    let variance = var_over_samples(&integers.unwrap(), &["s"]).unwrap();
    assert!((values::<f64>(&variance)[0] - 14.0 / 9.0).abs() < 1e-15);

    // Arrays are not converted in silence to be joined, and columns of labels do not change places.
    let error = join(
        &[
            &crate::testing::block([1, 1], &[1_i64]),
            &crate::testing::block([1, 1], &[2.7]),
        ],
        Axis::Samples,
        FROM,
    );
    assert!(matches!(error.unwrap_err(), Error::InvalidParameter(_)));
    let [pq, qp] =
        [["p", "q"], ["q", "p"]].map(|names| one_property(&labels(names, &[[1, 2]]), &[0.]));
    let error = join(&[&pq, &qp], Axis::Samples, FROM);
    assert!(matches!(error.unwrap_err(), Error::InvalidParameter(_)));
}
