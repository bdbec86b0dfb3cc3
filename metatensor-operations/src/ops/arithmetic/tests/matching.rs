//! Which blocks go together, and errors if they do not.

use metatensor_core::{DType, DenseArray, Error, Labels, Result, TensorBlock, TensorMap};

use super::*;

#[test]
fn other_operations_need_gradients_with_respect_to_all_parameters() {
    let block = with_second_derivatives(3.0);
    for (i, (name, operation)) in NON_LINEAR.into_iter().enumerate() {
        let result = operation(&block, &block);
        // `abs` and `pow` with the exponent 0 have no derivatives but the first ones.
        if [0, 3].contains(&i) {
            let expected = if i == 0 { 3.0 } else { 0.0 };
            let second = gradient::<f64>(&result.unwrap(), "positions/strain");
            assert_eq!(second, [expected; 2], "{name}");
            continue;
        }
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{error}");
        let message = error.to_string();
        let expected = format!(
            "unsupported: {name}: the gradient 'positions/strain' can not be computed without the gradient 'strain', \
             which is not there"
        );
        assert!(message.contains(&expected), "{message}");
    }
}

fn two_maps(swap: bool) -> (TensorMap, TensorMap) {
    let tensor = |first: f64, keys: [[i32; 1]; 2]| {
        let blocks = vec![block([1, 1], &[first]), block([1, 1], &[first + 1.0])];
        TensorMap::new(labels(["k"], &keys), blocks).unwrap()
    };
    let keys = if swap { [[7], [3]] } else { [[3], [7]] };
    (tensor(1.0, [[3], [7]]), tensor(10.0, keys))
}

#[test]
fn blocks_are_matched_by_key() {
    for (swap, expected) in [(false, [11.0, 13.0]), (true, [12.0, 12.0])] {
        let (a, b) = two_maps(swap);
        let sum = add(&a, &b).unwrap();
        assert_eq!(sum.keys(), a.keys());
        let sums: Vec<_> = sum.blocks().iter().map(|b| values::<f64>(b)[0]).collect();
        assert_eq!(sums, expected);
    }
}

#[test]
fn info_is_dropped() {
    let (mut a, _) = two_maps(false);
    a.info_mut().insert("author".into(), "me".into());
    assert!(add_scalar(&a, 1.0).unwrap().info().is_empty());
}

type MapOperation = fn(&TensorMap, &TensorMap) -> Result<TensorMap>;

const BINARY: [(&str, MapOperation); 4] = [
    ("add", add),
    ("subtract", subtract),
    ("multiply", multiply),
    ("divide", divide),
];

#[track_caller]
fn assert_not_equal(a: &TensorMap, b: &TensorMap, fragments: &[&str]) {
    for (name, operation) in BINARY {
        let error = operation(a, b).unwrap_err();
        assert!(matches!(error, Error::NotEqual(_)), "{error}");
        let message = error.to_string();
        for fragment in fragments.iter().chain([&name]) {
            assert!(message.contains(fragment), "no {fragment:?} in: {message}");
        }
    }
}

#[test]
fn different_keys_are_named() {
    let tensor = |name: &str, keys: &[i32]| {
        let blocks = keys.iter().map(|_| block([1, 1], &[1.0])).collect();
        TensorMap::new(Labels::from_values(&[name], keys.to_vec()).unwrap(), blocks).unwrap()
    };
    let a = tensor("k", &[1, 2]);
    assert_not_equal(
        &a,
        &tensor("l", &[1, 2]),
        &["different keys", "['k']", "['l']"],
    );
    assert_not_equal(
        &a,
        &tensor("k", &[1]),
        &["different keys", "2 and 1 blocks"],
    );
    assert_not_equal(&a, &tensor("k", &[3, 1]), &["different keys", "(k=2)"]);
}

#[test]
fn different_labels_are_named_with_their_block() {
    let order = "not the same or not in the same order";
    let a = map(vec![f()]);
    let with_labels = |samples: &Labels, components: &[Labels], properties: &Labels| {
        let axes = [samples].into_iter().chain(components).chain([properties]);
        let shape: Vec<_> = axes.map(Labels::count).collect();
        let array = DenseArray::zeros(DType::F64, &shape).unwrap();
        TensorBlock::new(array, samples, components, properties).unwrap()
    };
    let (s, p) = (
        Labels::range("s", 2).unwrap(),
        Labels::range("p", 2).unwrap(),
    );
    let swapped = labels(["s"], &[[1], [0]]);
    let key = "blocks for key (k=0) are different";
    let other = map(vec![with_labels(&swapped, &[], &p)]);
    assert_not_equal(
        &a,
        &other,
        &[key, "samples", order, "row 0 is (s=0) and (s=1)"],
    );
    let other = map(vec![with_labels(&s, &[], &Labels::range("q", 2).unwrap())]);
    assert_not_equal(&a, &other, &[key, "properties", order, "['p'] and ['q']"]);
    let component = Labels::range("c", 1).unwrap();
    let other = map(vec![with_labels(&s, std::slice::from_ref(&component), &p)]);
    assert_not_equal(&a, &other, &[key, "numbers of components", "0 and 1"]);
    let longer = Labels::range("c", 2).unwrap();
    let with_component = map(vec![with_labels(&s, &[component], &p)]);
    let other = map(vec![with_labels(&s, &[longer], &p)]);
    assert_not_equal(
        &with_component,
        &other,
        &[key, "components", order, "1 and 2"],
    );
}

#[test]
fn different_gradients_are_named() {
    let order = "not the same or not in the same order";
    let a = map(vec![f()]);
    let bare = map(vec![block([2, 2], &[1.0; 4])]);
    assert_not_equal(&a, &bare, &["(k=0)", "gradient parameters", "first", "'g'"]);
    assert_not_equal(
        &bare,
        &a,
        &["(k=0)", "gradient parameters", "second", "'g'"],
    );
    let with_rows = |rows: &[[i32; 2]]| {
        map(vec![with_gradient(
            block([2, 2], &[1.0; 4]),
            "g",
            rows,
            &[1.0; 4],
        )])
    };
    let (x, y) = (with_rows(&[[0, 0], [1, 0]]), with_rows(&[[1, 0], [0, 0]]));
    assert_not_equal(&x, &y, &["(k=0)", "gradient 'g'", "samples", order]);
    assert_not_equal(
        &a,
        &with_rows(&[[1, 5], [0, 2]]),
        &["gradient 'g'", "components", "1 and 0"],
    );
}
