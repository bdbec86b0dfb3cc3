use super::*;
use crate::testing::labels;

#[test]
fn columns_are_in_the_order_of_the_dimension() {
    let encoded = one_hot(
        &labels(["t"], &[[3], [1]]),
        &labels(["t"], &[[3], [2], [1]]),
    );
    assert_eq!(encoded.unwrap(), ndarray::arr2(&[[1, 0, 0], [0, 0, 1]]));
}

#[test]
fn empty_labels_have_no_rows() {
    let types = labels(["t"], &[[1], [2]]);
    let none = Labels::empty(&["t"]).unwrap();
    assert_eq!(one_hot(&none, &types).unwrap().dim(), (0, 2));
    assert_eq!(one_hot(&none, &none).unwrap().dim(), (0, 0));
}

#[test]
fn what_can_not_be_encoded_is_named() {
    let error = |dimension| {
        one_hot(&labels(["t"], &[[6]]), &dimension)
            .unwrap_err()
            .to_string()
    };
    let message = error(labels(["t"], &[[1]]));
    assert!(
        message.contains("t=6 is present in the labels"),
        "{message}"
    );
    let message = error(labels(["a", "b"], &[[1, 1]]));
    assert!(message.contains("got 2: ['a', 'b']"), "{message}");
    let message = error(labels(["u"], &[[1]]));
    assert!(message.contains("'u' is not a dimension"), "{message}");
}
