//! Tests of slices and splits.

use half::f16;
use metatensor_core::{Element, Labels, TensorBlock, TensorMap};
use num_complex::Complex;
use proptest::prelude::*;

use super::*;
use crate::testing::Random;
use crate::testing::random::elements;
use crate::testing::{block, gradient, labels, map, small_block, values, with_gradient};

fn example() -> TensorBlock {
    small_block(
        [1.0, -2.0, 0.0, 4.0],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0],
    )
}

#[test]
fn samples_take_their_gradient_rows_along() {
    let part = slice(&example(), Axis::Samples, Selection::Indices(&[1])).unwrap();
    assert_eq!(*part.samples(), labels(["s"], &[[1]]));
    assert_eq!(values::<f64>(&part), [0.0, 4.0]);
    let rows = part.gradient("g").unwrap().samples();
    assert_eq!(*rows, labels(["sample", "a"], &[[0, 5]]));
    assert_eq!(gradient::<f64>(&part, "g"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
}

#[test]
fn gradient_rows_keep_their_order_when_samples_change_theirs() {
    let rows = [[0, 7], [2, 7], [2, 8], [1, 7]];
    let block = with_gradient(block([3, 1], &[1, 2, 3]), "g", &rows, &[10_i32, 20, 30, 40]);
    let part = slice(&block, Axis::Samples, Selection::Indices(&[2, 0])).unwrap();
    assert_eq!(values::<i32>(&part), [3, 1]);
    let rows = part.gradient("g").unwrap().samples();
    assert_eq!(*rows, labels(["sample", "a"], &[[1, 7], [0, 7], [0, 8]]));
    assert_eq!(gradient::<i32>(&part, "g"), [10, 20, 30]);
}

#[test]
fn properties_keep_their_order() {
    let block = block([1, 3], &[1, 2, 3]);
    for selection in [
        Selection::Indices(&[2, 0]),
        Selection::Labels(&labels(["p"], &[[2], [9], [0]])),
    ] {
        let part = slice(&block, Axis::Properties, selection).unwrap();
        assert_eq!(*part.properties(), labels(["p"], &[[0], [2]]));
        assert_eq!(values::<i32>(&part), [1, 3]);
    }
}

#[test]
fn the_order_of_labels_with_all_dimensions_is_that_of_samples() {
    let samples = labels(["a", "b"], &[[0, 0], [0, 1], [1, 0]]);
    let array = crate::testing::array(&[3, 1], &[1, 2, 3]);
    let block = TensorBlock::new(array, &samples, &[], labels(["p"], &[[0]])).unwrap();
    let part = |selection| {
        let part = slice(&block, Axis::Samples, Selection::Labels(&selection));
        values::<i32>(&part.unwrap())
    };
    assert_eq!(part(labels(["a", "b"], &[[1, 0], [5, 5], [0, 0]])), [3, 1]);
    assert_eq!(part(labels(["b", "a"], &[[0, 1], [0, 0]])), [1, 3]);
    assert_eq!(part(labels(["a"], &[[1], [0]])), [1, 2, 3]);
    assert!(part(Labels::empty(&["a"]).unwrap()).is_empty());
    assert_eq!(part(Labels::empty::<&str>(&[]).unwrap()), [1, 2, 3]);
}

#[test]
fn blocks_of_which_nothing_is_selected_stay() {
    let mut tensor = map(vec![example(), example()]);
    tensor.info_mut().insert("unit".into(), "eV".into());
    let nothing = labels(["s"], &[[5]]);
    for axis in [Axis::Samples, Axis::Properties] {
        let selection = match axis {
            Axis::Samples => Selection::Labels(&nothing),
            _ => Selection::Indices(&[]),
        };
        let part = slice(&tensor, axis, selection).unwrap();
        assert_eq!(part.keys(), tensor.keys());
        assert_eq!(part.info(), tensor.info());
        for block in part.blocks() {
            assert!(values::<f64>(block).is_empty());
            assert!(gradient::<f64>(block, "g").is_empty());
            let names = block.gradient("g").unwrap().samples().names();
            assert_eq!(*names, ["sample", "a"]);
        }
    }
}

#[test]
fn maps_without_blocks_have_parts_without_blocks() {
    let tensor = TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
    let part = slice(&tensor, Axis::Samples, Selection::Indices(&[3])).unwrap();
    assert_eq!(part.keys(), tensor.keys());
    assert_eq!(split(&tensor, Axis::Properties, &[]).unwrap().len(), 0);
}

#[test]
fn a_part_with_everything_shares_the_arrays() {
    let block = example();
    for selection in [
        Selection::Indices(&[0, 1]),
        Selection::Labels(&Labels::range("s", 5).unwrap()),
    ] {
        let part = slice(&block, Axis::Samples, selection).unwrap();
        assert!(part.values().is_same(block.values()));
        let gradients = (part.gradient("g").unwrap(), block.gradient("g").unwrap());
        assert!(gradients.0.values().is_same(gradients.1.values()));
    }
}

#[test]
fn negative_positions_count_from_the_end_of_each_block() {
    let tensor = map(vec![
        block([3, 2], &[1, 2, 3, 4, 5, 6]),
        block([1, 2], &[7, 8]),
    ]);
    let last = slice(&tensor, Axis::Samples, Selection::Indices(&[-1])).unwrap();
    assert_eq!(values::<i32>(&last.blocks()[0]), [5, 6]);
    assert_eq!(values::<i32>(&last.blocks()[1]), [7, 8]);

    let some = Selection::Indices(&[-1, 0, -2]);
    let part = slice(&tensor.blocks()[0], Axis::Samples, some).unwrap();
    assert_eq!(*part.samples(), labels(["s"], &[[2], [0], [1]]));
    let selections = [Selection::Indices(&[-2]), Selection::Indices(&[-1])];
    let parts = split(&tensor, Axis::Properties, &selections).unwrap();
    assert_eq!(values::<i32>(&parts[0].blocks()[0]), [1, 3, 5]);
    assert_eq!(values::<i32>(&parts[1].blocks()[1]), [8]);
}

#[test]
fn positions_before_the_start_and_after_the_end_are_named() {
    let block = block([3, 1], &[1, 2, 3]);
    for (indices, message) in [
        (
            &[0, -4][..],
            "index -4 is out of range for an axis with 3 entries",
        ),
        (&[3], "index 3 is out of range for an axis with 3 entries"),
        (&[i64::MIN], "index -9223372036854775808 is out of range"),
        (&[i64::MAX], "index 9223372036854775807 is out of range"),
        (&[1 << 32], "index 4294967296 is out of range"),
        (&[2, 0, -1], "index 2 is selected more than once"),
    ] {
        for axis in [Axis::Samples, Axis::Properties] {
            let block = match axis {
                Axis::Samples => block.clone(),
                _ => crate::testing::block([1, 3], &[1, 2, 3]),
            };
            let error = slice(&block, axis, Selection::Indices(indices)).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
            let error = split(&block, axis, &[Selection::Indices(indices)]).unwrap_err();
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}

#[test]
fn bad_selections_are_named() {
    let error = |tensor: &TensorMap, axis, selection| {
        slice(tensor, axis, selection).unwrap_err().to_string()
    };
    let tensor = map(vec![block([2, 2], &[0.0; 4]), block([1, 2], &[0.0; 2])]);
    assert_eq!(
        error(&tensor, Axis::Components, Selection::Indices(&[0])),
        "invalid parameter: slice: 'components' is not known as a slicing axis, expected one of \
         'samples', 'properties'"
    );
    assert_eq!(
        error(&tensor, Axis::Samples, Selection::Indices(&[1])),
        "invalid parameter: slice: block (k=1): index 1 is out of range for an axis with 1 entries"
    );
    assert_eq!(
        error(&tensor, Axis::Properties, Selection::Indices(&[1, 0, 1])),
        "invalid parameter: slice: block (k=0): index 1 is selected more than once, of an axis \
         with 2 entries"
    );
    let q = labels(["q"], &[[0]]);
    let message = error(&tensor, Axis::Samples, Selection::Labels(&q));
    assert!(message.contains("invalid sample name 'q'"), "{message}");
    let selections = [Selection::Labels(&q)];
    let message = split(&tensor, Axis::Properties, &selections).unwrap_err();
    assert!(
        message.to_string().contains("invalid property name 'q'"),
        "{message}"
    );
}

fn check_slice_against_model<T: Element>(seed: u64, make: fn(u32) -> T) {
    let mut random = Random(seed);
    let block = random.block(make);
    let all: Vec<_> = (0..block.samples().count() as i64).collect();
    let selected = random.some(&all);
    let part = slice(&block, Axis::Samples, Selection::Indices(&selected)).unwrap();
    let rows: Vec<_> = selected
        .iter()
        .map(|&i| block.samples()[i as usize].to_vec())
        .collect();
    assert_eq!(
        part.samples()
            .iter()
            .map(<[i32]>::to_vec)
            .collect::<Vec<_>>(),
        rows
    );
    let mut expected = elements::<T>(&block);
    expected.retain(|(_, chain, _), _| rows.contains(&chain[0]));
    assert_eq!(elements::<T>(&part), expected);

    let all: Vec<_> = (0..block.properties().count() as i64).collect();
    let selected = random.some(&all);
    let part = slice(&block, Axis::Properties, Selection::Indices(&selected)).unwrap();
    let rows: Vec<_> = selected
        .iter()
        .map(|&i| block.properties()[i as usize].to_vec())
        .collect();
    let mut expected = elements::<T>(&block);
    expected.retain(|(.., others), _| rows.contains(others.last().unwrap()));
    assert_eq!(elements::<T>(&part), expected);
}

proptest! {
    #[test]
    fn slices_have_the_selected_elements_of_any_type(seed: u64) {
        check_slice_against_model(seed, f64::from);
        check_slice_against_model(seed, |i| i as u8);
        check_slice_against_model(seed, |i| f16::from_f64(f64::from(i)));
        check_slice_against_model(seed, |i| Complex::new(i as f32, 1.0));
        check_slice_against_model(seed, |i| Complex::new(f64::from(i), 1.0));
        check_slice_against_model(seed, |i| i % 2 == 0);
    }

    #[test]
    fn a_split_is_one_slice_for_each_selection(seed: u64, partial: bool) {
        let mut random = Random(seed);
        let block = random.block(f64::from);
        for (axis, names) in [(Axis::Samples, ["a", "b"]), (Axis::Properties, ["p", "q"])] {
            let selections: Vec<_> = (0..random.below(4))
                .map(|_| match partial {
                    true => {
                        let values = random.some(&[-1, 0, 1, 7]);
                        Labels::from_values(&names[..1], values).unwrap()
                    }
                    false => random.pairs(names),
                })
                .collect();
            let selections: Vec<_> = selections.iter().map(Selection::Labels).collect();
            let parts = split(&block, axis, &selections).unwrap();
            prop_assert_eq!(parts.len(), selections.len());
            for (part, &selection) in parts.iter().zip(&selections) {
                let expected = slice(&block, axis, selection).unwrap();
                prop_assert!(crate::equal(part, &expected).unwrap());
            }
        }
    }

    #[test]
    fn gradient_rows_of_slices_stay_in_order(seed: u64) {
        let mut random = Random(seed);
        let block = random.block(f64::from);
        let all: Vec<_> = (0..block.samples().count() as i64).collect();
        let selected = random.some(&all);
        let part = slice(&block, Axis::Samples, Selection::Indices(&selected)).unwrap();
        for (parameter, gradient) in part.gradients() {
            let expected: Vec<_> = block.gradient(parameter).unwrap().samples().iter()
                .filter_map(|row| {
                    let sample = selected.iter().position(|&s| s == i64::from(row[0]))?;
                    Some(vec![sample as i32, row[1]])
                })
                .collect();
            let rows: Vec<_> = gradient.samples().iter().map(<[i32]>::to_vec).collect();
            prop_assert_eq!(rows, expected);
        }
    }
}
