//! Tests of [`solve`].

use metatensor_core::{DType, Error, Labels, TensorBlock, TensorMap};
use ndarray::arr2;
use num_complex::Complex;

use super::{assert_close, complex_matrix, fortran, matrix, named, result};
use crate::testing::{array, block, labels, map, values, with_gradient};
use crate::{dot, solve};

#[test]
fn known_solution() {
    let x = named(&arr2(&[[0., 2.], [1., 1.]]), "p");
    let y = named(&arr2(&[[2., 4.], [4., 3.]]), "q");
    let weights = solve(&x, &y).unwrap();
    assert_eq!(result::<f64>(&weights), arr2(&[[3., 1.], [1., 2.]]));
    assert_eq!(weights.samples(), y.properties());
    assert_eq!(weights.properties(), x.properties());
    assert!(weights.view().unwrap().is_contiguous());
}

#[test]
fn products_with_the_solution_give_the_right_hand_side() {
    for n in [1, 3, 31, 32, 33, 64, 100] {
        let (x, y) = (matrix(n, n, 1), matrix(n, 3, 2));
        let x = named(&x, "p");
        let weights = solve(&x, &named(&y, "q")).unwrap();
        let product = dot(&x, &weights).unwrap();
        assert_close(&result(&product), &y, 1e-11);
    }
    let (x, y) = (complex_matrix(40, 40, 3), complex_matrix(40, 2, 4));
    let x = named(&x, "p");
    let weights = solve(&x, &named(&y, "q")).unwrap();
    let product = result::<Complex<f64>>(&dot(&x, &weights).unwrap());
    assert!((product - y).iter().all(|x| x.norm() < 1e-11));
}

#[test]
fn any_strides_give_the_same() {
    let (x, y) = (matrix(40, 40, 1), matrix(40, 1, 2));
    let y = named(&y, "q");
    let expected = solve(&named(&x, "p"), &y).unwrap();
    let weights = solve(&named(&fortran(&x), "p"), &y).unwrap();
    assert_eq!(result::<f64>(&weights), result::<f64>(&expected));
}

#[test]
fn integers_become_floats_and_floats_keep_their_type() {
    let (x, y) = (arr2(&[[2]]), arr2(&[[3]]));
    let weights = solve(&named(&x, "p"), &named(&y, "q")).unwrap();
    assert_eq!(values::<f64>(&weights), [1.5]);
    let (x, y) = (arr2(&[[2_f32]]), arr2(&[[3_f32]]));
    let weights = solve(&named(&x, "p"), &named(&y, "q")).unwrap();
    assert_eq!(weights.dtype(), DType::F32);
}

#[test]
fn systems_can_be_empty() {
    let weights = solve(&block::<f64>([0, 0], &[]), &block::<f64>([0, 2], &[])).unwrap();
    assert_eq!(weights.values().shape().unwrap(), [2, 0]);
    let weights = solve(&block([1, 1], &[1.0]), &block::<f64>([1, 0], &[])).unwrap();
    assert_eq!(weights.values().shape().unwrap(), [0, 1]);
    let nothing = TensorMap::new(labels(["k"], &[]), vec![]).unwrap();
    assert!(solve(&nothing, &nothing).unwrap().is_empty());
}

#[test]
fn singular_matrices_are_refused_by_key() {
    let good = block([2, 2], &[1., 2., 3., 4.]);
    let y = map(vec![good.clone(), good.clone()]);
    for values in [[1., 2., 2., 4.], [0.; 4], [0., 1., 0., 1.]] {
        let x = map(vec![good.clone(), block([2, 2], &values)]);
        let error = solve(&x, &y).unwrap_err();
        assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("solve: block (k=1): ") && text.contains("singular"),
            "{text}"
        );
    }
}

#[test]
fn infinities_are_refused_by_key() {
    let good = block([2, 2], &[1., 2., 3., 4.]);
    let right = block([2, 1], &[1., 2.]);
    for bad in [f64::NAN, f64::INFINITY] {
        let wrong = block([2, 2], &[0., 1., bad, 1.]);
        let tensors = [
            (
                vec![good.clone(), wrong],
                vec![right.clone(), right.clone()],
            ),
            (
                vec![good.clone(), good.clone()],
                vec![right.clone(), block([2, 1], &[bad, 1.])],
            ),
        ];
        for (x, y) in tensors {
            let error = solve(&map(x), &map(y)).unwrap_err();
            assert!(matches!(error, Error::LinearAlgebra(_)), "{error}");
            let text = error.to_string();
            assert!(
                text.contains("solve: block (k=1): values: all numbers must be finite"),
                "{text}"
            );
        }
    }
}

#[test]
fn gradients_must_not_have_rows() {
    let x = block([1, 1], &[2.0]);
    let empty = with_gradient::<f64>(x.clone(), "g", &[], &[]);
    let weights = solve(&empty, &empty).unwrap();
    assert_eq!(values::<f64>(&weights), [1.0]);
    assert!(weights.gradients_list().is_empty());

    let gradient = with_gradient(x.clone(), "g", &[[0, 0]], &[1.0]);
    for (x, y) in [(&gradient, &gradient), (&x, &gradient), (&gradient, &x)] {
        let error = solve(&map(vec![x.clone()]), &map(vec![y.clone()])).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("solve: block (k=0)") && text.contains("'g'"),
            "{text}"
        );
    }
}

#[test]
fn errors_name_what_is_wrong() {
    let x = block([2, 2], &[1., 2., 3., 4.]);
    let text = solve(&x, &block([1, 2], &[1., 2.])).unwrap_err();
    assert!(matches!(text, Error::NotEqual(_)) && text.to_string().contains("samples"));
    let y = block([1, 1], &[1.]);
    let text = solve(&block([1, 2], &[1., 2.]), &y).unwrap_err();
    assert!(text.to_string().contains("square 2D array"), "{text}");
    let components = TensorBlock::new(
        array(&[1, 1, 1], &[1.]),
        Labels::range("s", 1).unwrap(),
        &[Labels::range("c", 1).unwrap()],
        Labels::range("p", 1).unwrap(),
    )
    .unwrap();
    for (x, y, which) in [(&components, &y, "first"), (&y, &components, "second")] {
        let error = solve(x, y).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
        let text = error.to_string();
        assert!(
            text.contains(which) && text.contains("components"),
            "{text}"
        );
    }
}

#[test]
fn solutions_for_integers_and_booleans_are_f64() {
    let weights = solve(&block([1, 1], &[200_u8]), &block([1, 1], &[50_u8])).unwrap();
    assert_eq!(values::<f64>(&weights), [0.25]);
    let large = block([1, 1], &[1_u64 << 63]);
    let weights = solve(&large, &block([1, 1], &[1_u64 << 62])).unwrap();
    assert_eq!(values::<f64>(&weights), [0.5]);
    let one = block([1, 1], &[true]);
    assert_eq!(values::<f64>(&solve(&one, &one).unwrap()), [1.0]);
}
