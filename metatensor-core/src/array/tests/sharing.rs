//! Arrays with the same memory, until one of them changes.

use super::*;

#[test]
fn shared_arrays_separate_when_one_changes() {
    let mut first = ArrayRef::from(numbers::<f64>(&[2, 2]));
    assert!(!first.is_shared());
    let address = |array: &ArrayRef| array.view().unwrap().items::<8>().as_ptr();
    let original = address(&first);
    first.make_mut().unwrap();
    assert_eq!(address(&first), original, "nobody else has it: no copy");

    let second = first.clone();
    assert!(first.is_shared() && first.is_same(&second));
    let mut view = first.make_mut().unwrap().view_mut().unwrap();
    view.typed_mut::<f64>().unwrap().fill(7.0);
    drop(view);
    assert!(!first.is_same(&second) && !second.is_shared());
    assert_eq!(address(&second), original);
    assert_eq!(
        second.view().unwrap().typed::<f64>().unwrap(),
        numbers::<f64>(&[2, 2])
    );
    assert_eq!(first.view().unwrap().typed::<f64>().unwrap()[[1, 1]], 7.0);
}

#[test]
fn elements_lent_for_good_stay_where_they_are() {
    let address = |array: &DenseArray| array.view().items::<8>().as_ptr();
    let mut array = DenseArray::from(numbers::<f64>(&[2, 2]));
    let shared = array.share().unwrap();
    array.lend_for_good().unwrap();
    let lent = address(&array);
    assert_ne!(lent, address(&shared));
    assert!(array.share().is_none(), "somebody may write to it");
    array.lend_for_good().unwrap();
    array.view_mut().unwrap();
    assert_eq!(address(&array), lent);
    assert!(array.share().is_none());

    // given away, it is lent no more
    let tensor = array.into_dlpack();
    assert!(!tensor.is_read_only());

    // what nobody may write to is not lent
    let labels = DenseArray::of_labels(Arc::new(vec![1, 2]), [2, 1]);
    labels.lend_for_good().unwrap();
    assert_eq!(labels.to_ndarray::<i32>().unwrap().sum(), 3);
}
