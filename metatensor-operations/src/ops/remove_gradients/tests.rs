use metatensor_core::TensorMap;

use super::*;
use crate::testing::*;

fn tensor() -> TensorMap {
    let block = with_gradient(block([1, 1], &[1.0]), "g", &[[0, 0]], &[2.0]);
    let mut tensor = map(vec![with_gradient::<f64>(block, "h", &[], &[])]);
    tensor.info_mut().insert("name".into(), "it".into());
    tensor
}

#[test]
fn listed_gradients_are_removed_and_unknown_ones_ignored() {
    let tensor = tensor();
    for (remove, left) in [
        (None, &[][..]),
        (Some(&["g"][..]), &["h"]),
        (Some(&["q", "h"]), &["g"]),
        (Some(&[]), &["g", "h"]),
    ] {
        let result = remove_gradients(&tensor, remove).unwrap();
        assert_eq!(*result.blocks()[0].gradients_list(), *left);
        assert_eq!(result.info(), tensor.info());
    }
}

#[test]
fn arrays_are_not_copied() {
    let tensor = tensor();
    let result = remove_gradients(&tensor, None).unwrap();
    assert!(
        result.blocks()[0]
            .values()
            .is_same(tensor.blocks()[0].values())
    );
}
