use super::*;
use crate::testing::{array, labels, values};

#[test]
fn axes_are_merged_in_order() {
    let elements: Vec<i32> = (0..12).collect();
    let names = BlockNames {
        samples: Some(&["x", "y"]),
        components: Some(&["c"]),
        properties: Some(&["p"]),
    };
    let block = block_from_array(array(&[2, 3, 1, 2], &elements), names).unwrap();
    let expected = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]];
    assert_eq!(*block.samples(), labels(["x", "y"], &expected));
    assert_eq!(block.components(), [labels(["c"], &[[0]])]);
    assert_eq!(*block.properties(), labels(["p"], &[[0], [1]]));
    assert_eq!(values::<i32>(&block), elements);

    let names = BlockNames {
        properties: Some(&["p", "q", "r"]),
        ..BlockNames::default()
    };
    let block = block_from_array(array(&[2, 3, 1, 2], &elements), names).unwrap();
    assert_eq!(*block.samples(), labels(["sample"], &[[0], [1]]));
    assert_eq!(block.properties()[3], [1, 0, 1]);
}

#[test]
fn an_array_of_the_right_shape_is_taken_as_it_is() {
    let array = array(&[1, 2, 3], &[0_u8; 6]);
    let block = block_from_array(array.clone(), BlockNames::default()).unwrap();
    assert!(block.values().is_same(&array));
    assert_eq!(
        block.components(),
        [Labels::range("component_1", 2).unwrap()]
    );
}

#[test]
fn samples_and_properties_can_be_empty_but_components_can_not() {
    for shape in [[0, 2], [2, 0], [0, 0]] {
        let block = block_from_array(array::<f64>(&shape, &[]), BlockNames::default()).unwrap();
        assert_eq!(block.values().shape().unwrap(), shape);
    }
    let error = block_from_array(array::<f64>(&[1, 0, 1], &[]), BlockNames::default());
    let message = error.unwrap_err().to_string();
    assert!(message.contains("component_1"), "{message}");
}

#[test]
fn names_that_do_not_fit_are_named() {
    let error = |shape: &[usize], samples: &[&str], components: Option<&[&str]>| {
        let elements = vec![0.0; shape.iter().product()];
        let names = BlockNames {
            samples: Some(samples),
            components,
            properties: None,
        };
        let error = block_from_array(array(shape, &elements), names).unwrap_err();
        error.to_string()
    };
    assert!(error(&[2], &["s"], None).contains("got 1"));
    assert!(error(&[2, 2], &[], None).contains("at least one name"));
    let message = error(&[2, 2], &["a", "b"], None);
    assert!(message.contains("[2, 2]") && message.contains("2 dimensions of samples and 1"));
    let message = error(&[2, 2], &["s"], Some(&["c"]));
    assert!(message.contains("1 names of components") && message.contains("0 axes"));
    assert!(error(&[2, 2, 2], &["a", "a"], None).contains("got 'a' twice"));
    assert!(error(&[2, 2], &["1"], None).contains("'1' can not name a dimension"));
}
