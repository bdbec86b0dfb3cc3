//! Tests of changes of dimensions.

use metatensor_core::{Labels, TensorBlock, TensorMap};

use super::*;
use crate::testing::{array, block, labels, map, with_gradient};

/// Samples `(a, sample)`, properties `(p, q)`, a component `c`, a gradient with a component `d` of its
/// own, and a gradient of this gradient.
fn example() -> TensorBlock {
    let samples = labels(["a", "sample"], &[[0, 0], [1, 0]]);
    let properties = labels(["p", "q"], &[[1, 0], [0, 1]]);
    let [c, d] = ["c", "d"].map(|name| Labels::range(name, 1).unwrap());
    let rows = labels(["sample", "a"], &[[1, 0]]);
    let second = TensorBlock::new(
        array(&[1, 1, 1, 2], &[5.0, 6.0]),
        rows.clone(),
        &[d.clone(), c.clone()],
        &properties,
    );
    let rows = labels(["sample", "a"], &[[0, 0], [1, 0]]);
    let mut gradient = TensorBlock::new(
        array(&[2, 1, 1, 2], &[1.0, 2.0, 3.0, 4.0]),
        &rows,
        &[d, c.clone()],
        &properties,
    )
    .unwrap();
    gradient.add_gradient("h", second.unwrap()).unwrap();
    let values = array(&[2, 1, 2], &[0.1, 0.2, 0.3, 0.4]);
    let mut block = TensorBlock::new(values, &samples, &[c], &properties).unwrap();
    block.add_gradient("g", gradient).unwrap();
    block
}

fn example_map() -> TensorMap {
    let keys = labels(["k", "l"], &[[3, 4]]);
    let mut tensor = TensorMap::new(keys, vec![example()]).unwrap();
    tensor.info_mut().insert("unit".into(), "eV".into());
    tensor
}

/// The labels that changed have these names now, and everything else is the same.
fn check(tensor: &TensorMap, axis: Axis, names: &[&str], rows: &[i32]) {
    let before = example_map();
    assert_eq!(tensor.info(), before.info());
    let (new, old) = (&tensor.blocks()[0], &before.blocks()[0]);
    let expected = Labels::from_values(names, rows.to_vec()).unwrap();
    let [keys, samples, properties] =
        [Axis::Keys, Axis::Samples, Axis::Properties].map(|a| a == axis);
    assert_eq!(tensor.keys(), if keys { &expected } else { before.keys() });
    assert_eq!(
        new.samples(),
        if samples { &expected } else { old.samples() }
    );
    let mut path = (new, old);
    loop {
        let (new, old) = path;
        let properties = if properties {
            &expected
        } else {
            old.properties()
        };
        assert_eq!(new.properties(), properties);
        assert_eq!(new.components(), old.components());
        assert_eq!(
            new.to_ndarray::<f64>().unwrap(),
            old.to_ndarray::<f64>().unwrap()
        );
        assert_eq!(new.gradients_list(), old.gradients_list());
        let (Some(new), Some(old)) = (new.gradients().next(), old.gradients().next()) else {
            return;
        };
        assert_eq!(new.1.samples(), old.1.samples());
        path = (new.1, old.1);
    }
}

const AXES: [Axis; 3] = [Axis::Keys, Axis::Samples, Axis::Properties];

#[test]
fn a_dimension_is_added_at_the_end() {
    let [keys, samples, properties] = AXES.map(|axis| {
        append_dimension(&example_map(), axis, "new", DimensionValues::Scalar(7)).unwrap()
    });
    check(&keys, Axis::Keys, &["k", "l", "new"], &[3, 4, 7]);
    check(
        &samples,
        Axis::Samples,
        &["a", "sample", "new"],
        &[0, 0, 7, 1, 0, 7],
    );
    check(
        &properties,
        Axis::Properties,
        &["p", "q", "new"],
        &[1, 0, 7, 0, 1, 7],
    );
}

#[test]
fn a_dimension_is_inserted_anywhere() {
    fn insert(index: usize, values: DimensionValues<'_>) -> Result<TensorMap> {
        insert_dimension(&example_map(), Axis::Samples, index, "new", values)
    }
    let values = [8, 9];
    let start = insert(0, DimensionValues::Array(&values)).unwrap();
    check(
        &start,
        Axis::Samples,
        &["new", "a", "sample"],
        &[8, 0, 0, 9, 1, 0],
    );
    let middle = insert(1, DimensionValues::PerBlock(&[&values])).unwrap();
    check(
        &middle,
        Axis::Samples,
        &["a", "new", "sample"],
        &[0, 8, 0, 1, 9, 0],
    );
    let end = insert(2, DimensionValues::Array(&values)).unwrap();
    check(
        &end,
        Axis::Samples,
        &["a", "sample", "new"],
        &[0, 0, 8, 1, 0, 9],
    );
    let error = insert(3, DimensionValues::Scalar(0))
        .unwrap_err()
        .to_string();
    assert!(error.contains("index 3 is out of range"), "{error}");
    assert!(error.contains("block (k=3, l=4)"), "{error}");
}

#[test]
fn values_of_new_dimensions_must_fit_all_blocks() {
    let tensor = map(vec![block([2, 1], &[0.0; 2]), block([1, 1], &[0.0])]);
    let append = |axis, values| append_dimension(&tensor, axis, "new", values);
    let error = append(Axis::Samples, DimensionValues::Array(&[1, 2])).unwrap_err();
    assert!(error.to_string().contains("block (k=1)"), "{error}");
    assert!(error.to_string().contains("2 values"), "{error}");
    assert!(error.to_string().contains("1 entries"), "{error}");

    let blocks: [&[i32]; 2] = [&[1, 2], &[3]];
    let longer = append(Axis::Samples, DimensionValues::PerBlock(&blocks)).unwrap();
    assert_eq!(
        *longer.blocks()[1].samples(),
        labels(["s", "new"], &[[0, 3]])
    );
    let error = append(Axis::Samples, DimensionValues::PerBlock(&blocks[..1])).unwrap_err();
    assert!(error.to_string().contains("1 blocks"), "{error}");
    assert!(append(Axis::Keys, DimensionValues::PerBlock(&blocks)).is_err());
}

#[test]
fn names_of_new_dimensions_must_be_free_and_valid() {
    for (axis, taken) in AXES.into_iter().zip(["k", "a", "p"]) {
        for (name, culprit) in [(taken, "twice"), ("1a", "'1a'"), ("", "''")] {
            let values = DimensionValues::Scalar(0);
            let append = append_dimension(&example_map(), axis, name, values);
            let insert = insert_dimension(&example_map(), axis, 0, name, values);
            for result in [
                append,
                insert,
                rename_dimension(&example_map(), axis, other(axis), name),
            ] {
                let error = result.unwrap_err().to_string();
                assert!(error.contains(culprit), "{error}");
                assert!(error.contains(&axis.to_string()), "{error}");
            }
        }
    }
}

/// The name of a dimension which is not the first one.
fn other(axis: Axis) -> &'static str {
    match axis {
        Axis::Keys => "l",
        Axis::Samples => "sample",
        _ => "q",
    }
}

#[test]
fn dimensions_are_permuted() {
    let [keys, samples, properties] =
        AXES.map(|axis| permute_dimensions(&example_map(), axis, &[1, 0]).unwrap());
    check(&keys, Axis::Keys, &["l", "k"], &[4, 3]);
    check(&samples, Axis::Samples, &["sample", "a"], &[0, 0, 0, 1]);
    check(&properties, Axis::Properties, &["q", "p"], &[0, 1, 1, 0]);
    for (indexes, culprit) in [
        (&[0][..], "1 indexes"),
        (&[0, 2], "index 2"),
        (&[1, 1], "index 1"),
    ] {
        let error = permute_dimensions(&example_map(), Axis::Samples, indexes).unwrap_err();
        assert!(error.to_string().contains(culprit), "{error}");
    }
}

#[test]
fn dimensions_are_removed_if_entries_stay_different() {
    let remove = |axis, name| remove_dimension(&example_map(), axis, name);
    check(&remove(Axis::Keys, "l").unwrap(), Axis::Keys, &["k"], &[3]);
    check(
        &remove(Axis::Samples, "sample").unwrap(),
        Axis::Samples,
        &["a"],
        &[0, 1],
    );
    check(
        &remove(Axis::Properties, "p").unwrap(),
        Axis::Properties,
        &["q"],
        &[0, 1],
    );
    let error = remove(Axis::Samples, "a").unwrap_err().to_string();
    assert!(
        error.contains("samples: without the dimension 'a'"),
        "{error}"
    );
    assert!(error.contains("(sample=0)"), "{error}");
    let error = remove(Axis::Samples, "b").unwrap_err().to_string();
    assert!(error.contains("samples: 'b' is not one of"), "{error}");
}

#[test]
fn the_only_dimension_can_not_be_removed() {
    let tensor = map(vec![block([1, 1], &[0.0])]);
    for (axis, name) in AXES.into_iter().zip(["k", "s", "p"]) {
        let error = remove_dimension(&tensor, axis, name)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("'{name}' is the only dimension")),
            "{error}"
        );
    }
}

#[test]
fn renamed_samples_are_renamed_in_gradients_but_not_their_first_dimension() {
    let rename = |old, new| rename_dimension(&example_map(), Axis::Samples, old, new);
    let renamed = rename("sample", "z").unwrap();
    check(&renamed, Axis::Samples, &["a", "z"], &[0, 0, 1, 0]);

    let tensor = example_map();
    let renamed = rename_dimension(&tensor, Axis::Samples, "a", "z").unwrap();
    let block = &renamed.blocks()[0];
    assert_eq!(*block.samples().names(), ["z", "sample"]);
    let gradient = block.gradient("g").unwrap();
    assert_eq!(
        *gradient.samples(),
        labels(["sample", "z"], &[[0, 0], [1, 0]])
    );
    let second = gradient.gradient("h").unwrap();
    assert_eq!(*second.samples(), labels(["sample", "z"], &[[1, 0]]));
    assert!(block.values().is_same(tensor.blocks()[0].values()));

    let error = rename("a", "sample").unwrap_err().to_string();
    assert!(error.contains("got 'sample' twice"), "{error}");
    let error = rename("b", "z").unwrap_err().to_string();
    assert!(error.contains("samples: 'b' is not one of"), "{error}");
}

#[test]
fn a_new_name_must_be_free_in_gradients_too() {
    let tensor = map(vec![with_gradient(
        block([1, 1], &[0.0]),
        "g",
        &[[0, 0]],
        &[1.0],
    )]);
    // The gradient has a dimension `a` already, but none called `s`.
    assert!(rename_dimension(&tensor, Axis::Samples, "s", "a").is_ok());
    let samples = labels(["a"], &[[0]]);
    let values = tensor.blocks()[0].values().clone();
    let properties = tensor.blocks()[0].properties().clone();
    let mut block = TensorBlock::new(values.clone(), &samples, &[], &properties).unwrap();
    let rows = labels(["sample", "a", "b"], &[[0, 0, 0]]);
    let gradient = TensorBlock::new(values, &rows, &[], &properties).unwrap();
    block.add_gradient("g", gradient).unwrap();
    let error = rename_dimension(&block, Axis::Samples, "a", "b").unwrap_err();
    assert!(error.to_string().contains("gradient 'g'"), "{error}");
    assert!(error.to_string().contains("got 'b' twice"), "{error}");
}

#[test]
fn components_are_renamed_everywhere() {
    let rename = |old, new| rename_dimension(&example_map(), Axis::Components, old, new);
    let names = |block: &TensorBlock| {
        let names = block.components().iter().map(|c| c.names()[0].to_owned());
        names.collect::<Vec<_>>()
    };
    let renamed = rename("c", "z").unwrap();
    let block = &renamed.blocks()[0];
    let gradient = block.gradient("g").unwrap();
    assert_eq!(names(block), ["z"]);
    assert_eq!(names(gradient), ["d", "z"]);
    assert_eq!(names(gradient.gradient("h").unwrap()), ["d", "z"]);

    let renamed = rename("d", "z").unwrap();
    let block = &renamed.blocks()[0];
    assert_eq!(names(block), ["c"]);
    assert_eq!(names(block.gradient("g").unwrap()), ["z", "c"]);

    let error = rename("x", "z").unwrap_err().to_string();
    assert!(
        error.contains("'x' is not the name of a component"),
        "{error}"
    );
    assert!(rename("c", "d").is_err());
}

#[test]
fn the_same_name_again_changes_nothing() {
    for (axis, name) in Axis::ALL.into_iter().zip(["k", "a", "c", "q"]) {
        let same = rename_dimension(&example_map(), axis, name, name).unwrap();
        assert!(crate::equal(&same, &example_map()).unwrap());
    }
}

#[test]
fn only_renaming_works_on_components() {
    let tensor = example_map();
    let errors = [
        append_dimension(&tensor, Axis::Components, "n", DimensionValues::Scalar(0)),
        insert_dimension(
            &tensor,
            Axis::Components,
            0,
            "n",
            DimensionValues::Scalar(0),
        ),
        permute_dimensions(&tensor, Axis::Components, &[0]),
        remove_dimension(&tensor, Axis::Components, "c"),
    ];
    for error in errors {
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("'components' is not a valid axis"),
            "{error}"
        );
    }
}

#[test]
fn maps_without_blocks_only_have_keys_to_change() {
    let tensor = TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
    for axis in [Axis::Samples, Axis::Properties] {
        let same = rename_dimension(&tensor, axis, "any", "other").unwrap();
        assert_eq!(same.keys(), tensor.keys());
        assert_eq!(
            remove_dimension(&same, axis, "any").unwrap().keys(),
            tensor.keys()
        );
    }
    let changed = append_dimension(&tensor, Axis::Keys, "l", DimensionValues::Scalar(1)).unwrap();
    assert_eq!(*changed.keys().names(), ["k", "l"]);
}
