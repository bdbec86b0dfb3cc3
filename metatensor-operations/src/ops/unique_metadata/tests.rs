use metatensor_core::TensorMap;

use super::*;
use crate::testing::{array, block, labels, map, with_gradient};

fn block_with_samples(samples: &Labels) -> TensorBlock {
    let values = array(&[samples.count(), 1], &vec![0.0; samples.count()]);
    TensorBlock::new(values, samples, &[], labels(["p"], &[[0]])).unwrap()
}

#[test]
fn rows_are_sorted_in_the_order_of_the_names() {
    let a = block_with_samples(&labels(["a", "b"], &[[3, 1], [0, 1]]));
    let b = block_with_samples(&labels(["a", "b"], &[[0, 9], [-1, 1]]));
    let tensor = map(vec![a, b]);
    let unique = |names: &[&str]| unique_metadata(&tensor, Axis::Samples, names, None);
    let expected = labels(["b", "a"], &[[1, -1], [1, 0], [1, 3], [9, 0]]);
    assert_eq!(unique(&["b", "a"]).unwrap(), expected);
    assert_eq!(unique(&["b"]).unwrap(), labels(["b"], &[[1], [9]]));
}

#[test]
fn gradients_have_their_own_samples() {
    let values = with_gradient(block([2, 1], &[0.0; 2]), "g", &[[1, 5], [0, 5]], &[0.0; 2]);
    let unique = |axis, name, gradient| unique_metadata(&values, axis, &[name], gradient);
    let rows = unique(Axis::Samples, "sample", Some("g")).unwrap();
    assert_eq!(rows, labels(["sample"], &[[0], [1]]));
    let rows = unique(Axis::Samples, "a", Some("g")).unwrap();
    assert_eq!(rows, labels(["a"], &[[5]]));
    let rows = unique(Axis::Properties, "p", Some("g")).unwrap();
    assert_eq!(rows, labels(["p"], &[[0]]));
    let error = unique(Axis::Samples, "a", Some("g/h"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("'h'"), "{error}");
}

#[test]
fn without_entries_there_are_only_names() {
    let tensor = TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
    let unique = unique_metadata(&tensor, Axis::Properties, &["x", "y"], None).unwrap();
    assert_eq!(unique, Labels::empty(&["x", "y"]).unwrap());
    let empty = block_with_samples(&labels(["s"], &[]));
    let unique = unique_metadata(&empty, Axis::Samples, &["s"], None).unwrap();
    assert_eq!(unique, labels(["s"], &[]));
}

#[test]
fn bad_names_and_axes_are_named() {
    let block = block([1, 1], &[0.0]);
    let error = |axis, names: &[&str]| {
        let error = unique_metadata(&block, axis, names, None).unwrap_err();
        error.to_string()
    };
    assert!(error(Axis::Samples, &[]).contains("at least one name"));
    assert!(error(Axis::Samples, &["q"]).contains("'q'"));
    assert!(error(Axis::Samples, &["s", "s"]).contains("got 's' twice"));
    assert!(error(Axis::Keys, &["k"]).contains("'keys'"));
}
