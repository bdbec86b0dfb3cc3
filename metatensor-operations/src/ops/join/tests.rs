//! Tests of joins.

use metatensor_core::{Labels, TensorBlock, TensorMap};
use proptest::prelude::*;

use super::*;
use crate::testing::Random;
use crate::testing::random::elements;
use crate::testing::{array, block, gradient, labels, map, values, with_gradient};
use crate::{Selection, equal, slice};

fn block_of(samples: &Labels, properties: &Labels, elements: &[f64]) -> TensorBlock {
    let shape = [samples.count(), properties.count()];
    TensorBlock::new(array(&shape, elements), samples, &[], properties).unwrap()
}

/// Two blocks with a gradient, for different samples.
fn two_blocks() -> [TensorBlock; 2] {
    let properties = labels(["p"], &[[0]]);
    let first = block_of(&labels(["s"], &[[0], [1]]), &properties, &[0.5, 1.5]);
    let second = block_of(&labels(["s"], &[[2], [3]]), &properties, &[2.5, 3.5]);
    [
        with_gradient(first, "g", &[[1, 7], [0, 3]], &[1.0, 2.0]),
        with_gradient(second, "g", &[[0, 3], [1, 9]], &[3.0, 4.0]),
    ]
}

fn add_dimension(name: &str) -> JoinOptions<'_> {
    JoinOptions {
        add_dimension: Some(name),
        ..JoinOptions::default()
    }
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn gradients_refer_to_the_joined_samples() {
    let [a, b] = two_blocks();
    let joined = join(&[&a, &b], Axis::Samples, JoinOptions::default()).unwrap();
    assert_eq!(*joined.samples(), labels(["s"], &[[0], [1], [2], [3]]));
    assert_eq!(values::<f64>(&joined), [0.5, 1.5, 2.5, 3.5]);
    let rows = joined.gradient("g").unwrap().samples();
    assert_eq!(
        *rows,
        labels(["sample", "a"], &[[1, 7], [0, 3], [2, 3], [3, 9]])
    );
    assert_eq!(gradient::<f64>(&joined, "g"), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn joined_properties_have_the_gradient_rows_of_all_blocks() {
    let samples = Labels::range("s", 2).unwrap();
    let part = |first, rows, values| {
        let properties = labels(["p"], &[[first], [first + 1]]);
        with_gradient(
            block_of(&samples, &properties, &[0.0; 4]),
            "g",
            rows,
            values,
        )
    };
    let a = part(0, &[[1, 7], [0, 3]], &[1.0, 1.0, 2.0, 2.0]);
    let b = part(2, &[[0, 3], [1, 9]], &[3.0, 3.0, 4.0, 4.0]);
    let joined = join(&[&a, &b], Axis::Properties, JoinOptions::default()).unwrap();
    let rows = joined.gradient("g").unwrap().samples();
    assert_eq!(*rows, labels(["sample", "a"], &[[1, 7], [0, 3], [1, 9]]));
    assert_eq!(
        gradient::<f64>(&joined, "g"),
        [1.0, 1.0, 0.0, 0.0, 2.0, 2.0, 3.0, 3.0, 0.0, 0.0, 4.0, 4.0]
    );
}

#[test]
fn an_added_dimension_tells_where_entries_come_from() {
    let tensor = map(vec![block([2, 1], &[1, 2])]);
    for axis in [Axis::Samples, Axis::Properties] {
        let repeated = join(&[&tensor, &tensor], axis, JoinOptions::default());
        let text = message(repeated);
        assert!(text.contains(&axis.to_string()), "{text}");
        assert!(text.contains("=0)"), "{text}");
        assert!(text.contains("additional dimension"), "{text}");

        let joined = join(&[&tensor, &tensor], axis, add_dimension("from")).unwrap();
        let joined = &joined.blocks()[0];
        if axis == Axis::Samples {
            let expected = labels(["s", "from"], &[[0, 0], [1, 0], [0, 1], [1, 1]]);
            assert_eq!(*joined.samples(), expected);
        } else {
            assert_eq!(
                *joined.properties(),
                labels(["p", "from"], &[[0, 0], [0, 1]])
            );
            assert_eq!(values::<i32>(joined), [1, 1, 2, 2]);
        }
    }
    let options = add_dimension("s");
    let text = message(join(&[&tensor, &tensor], Axis::Samples, options));
    assert!(text.contains("got 's' twice"), "{text}");
}

#[test]
fn properties_with_different_names_are_numbered() {
    let samples = labels(["s"], &[[0]]);
    let a = block_of(
        &samples,
        &labels(["p", "q"], &[[1, 2], [3, 4]]),
        &[1.0, 2.0],
    );
    let b = block_of(&samples, &labels(["q", "p"], &[[5, 6]]), &[3.0]);
    let joined = join(&[&a, &b], Axis::Properties, JoinOptions::default()).unwrap();
    let expected = labels(["joined_index", "property"], &[[0, 0], [0, 1], [1, 0]]);
    assert_eq!(*joined.properties(), expected);
    assert_eq!(values::<f64>(&joined), [1.0, 2.0, 3.0]);
    let text = message(join(&[&a, &b], Axis::Properties, add_dimension("from")));
    assert!(text.contains("different property names"), "{text}");
}

#[test]
fn different_keys_are_an_error_left_out_or_united() {
    let with_keys = |keys: &[[i32; 1]], first: i32| {
        let blocks = keys.iter().map(|&[k]| {
            let samples = labels(["s"], &[[first]]);
            block_of(
                &samples,
                &labels(["p"], &[[0]]),
                &[f64::from(10 * first + k)],
            )
        });
        TensorMap::new(labels(["k"], keys), blocks.collect()).unwrap()
    };
    let (a, b) = (
        with_keys(&[[2], [1], [0]], 1),
        with_keys(&[[1], [2], [5]], 2),
    );
    let joined = |different_keys| {
        let options = JoinOptions {
            different_keys,
            ..JoinOptions::default()
        };
        join(&[&a, &b], Axis::Samples, options)
    };
    let all = |tensor: &TensorMap| {
        tensor
            .blocks()
            .iter()
            .map(values::<f64>)
            .collect::<Vec<_>>()
    };

    let text = message(joined(DifferentKeys::Error));
    assert!(text.starts_with("not equal: join: "), "{text}");
    assert!(text.contains("(k=0)"), "{text}");

    let common = joined(DifferentKeys::Intersection).unwrap();
    assert_eq!(*common.keys(), labels(["k"], &[[2], [1]]));
    assert_eq!(all(&common), [[12.0, 22.0], [11.0, 21.0]]);

    let united = joined(DifferentKeys::Union).unwrap();
    assert_eq!(*united.keys(), labels(["k"], &[[2], [1], [0], [5]]));
    let expected: [&[f64]; 4] = [&[12.0, 22.0], &[11.0, 21.0], &[10.0], &[25.0]];
    assert_eq!(all(&united), expected);

    let fewer = with_keys(&[[1], [2]], 3);
    let options = JoinOptions {
        different_keys: DifferentKeys::Intersection,
        ..JoinOptions::default()
    };
    let common = join(&[&a, &fewer], Axis::Samples, options).unwrap();
    assert_eq!(*common.keys(), labels(["k"], &[[1], [2]]));

    let others = with_keys(&[[7]], 0);
    let nothing = join(&[&a, &others], Axis::Samples, options).unwrap();
    assert_eq!(*nothing.keys(), Labels::empty(&["k"]).unwrap());
}

#[test]
fn united_properties_are_numbered_in_all_blocks_or_in_none() {
    let with_names = |name: &str, keys: &[[i32; 1]]| {
        let properties = Labels::range(name, 1).unwrap();
        let block = block_of(&labels(["s"], &[[0]]), &properties, &[1.0]);
        TensorMap::new(labels(["k"], keys), vec![block; keys.len()]).unwrap()
    };
    let maps = [with_names("p", &[[0], [1]]), with_names("q", &[[1]])];
    let options = JoinOptions {
        different_keys: DifferentKeys::Union,
        ..JoinOptions::default()
    };
    let joined = join(&[&maps[0], &maps[1]], Axis::Properties, options).unwrap();
    let names = ["joined_index", "property"];
    assert_eq!(*joined.blocks()[0].properties(), labels(names, &[[0, 0]]));
    assert_eq!(
        *joined.blocks()[1].properties(),
        labels(names, &[[0, 0], [1, 0]])
    );
}

#[test]
fn blocks_with_the_very_same_labels_keep_apart_where_they_come_from() {
    let samples = Labels::range("s", 2).unwrap();
    let one = block_of(&samples, &Labels::range("p", 1).unwrap(), &[0.5, 1.5]);
    let one = with_gradient(one, "g", &[[1, 7]], &[1.0]);
    let maps = [[0, 1], [1, 2]].map(|keys: [i32; 2]| {
        TensorMap::new(labels(["k"], &keys.map(|k| [k])), vec![one.clone(); 2]).unwrap()
    });
    let options = JoinOptions {
        different_keys: DifferentKeys::Union,
        ..add_dimension("from")
    };
    let joined = join(&[&maps[0], &maps[1]], Axis::Samples, options).unwrap();
    let [first, both, second] = joined.blocks() else {
        panic!("expected a block for each key");
    };
    let check = |block: &TensorBlock, samples: &[[i32; 2]], rows: &[[i32; 2]]| {
        assert_eq!(*block.samples(), labels(["s", "from"], samples));
        let gradient = block.gradient("g").unwrap();
        assert_eq!(*gradient.samples(), labels(["sample", "a"], rows));
    };
    check(first, &[[0, 0], [1, 0]], &[[1, 7]]);
    check(both, &[[0, 0], [1, 0], [0, 1], [1, 1]], &[[1, 7], [3, 7]]);
    check(second, &[[0, 1], [1, 1]], &[[1, 7]]);
}

#[test]
fn a_single_map_is_checked_and_gets_its_dimension() {
    let mut tensor = map(vec![block([2, 1], &[1, 2])]);
    tensor.info_mut().insert("a".into(), "b".into());
    let same = join(&[&tensor], Axis::Samples, JoinOptions::default()).unwrap();
    assert!(
        same.blocks()[0]
            .values()
            .is_same(tensor.blocks()[0].values())
    );
    assert_eq!(same.info(), tensor.info());
    let joined = join(&[&tensor], Axis::Properties, add_dimension("from")).unwrap();
    assert_eq!(
        *joined.blocks()[0].properties(),
        labels(["p", "from"], &[[0, 0]])
    );
    assert!(join(&[&tensor], Axis::Samples, add_dimension("s")).is_err());
}

#[test]
fn what_can_not_be_joined_is_named() {
    assert!(
        message(join::<TensorMap>(
            &[],
            Axis::Samples,
            JoinOptions::default()
        ))
        .contains("at least one map")
    );
    assert!(
        message(join::<TensorBlock>(
            &[],
            Axis::Samples,
            JoinOptions::default()
        ))
        .contains("at least one block")
    );
    let a = block([1, 1], &[1.0]);
    let text = message(join(&[&a], Axis::Keys, JoinOptions::default()));
    assert!(text.contains("'keys'"), "{text}");

    let b = block([1, 1], &[1_i64]);
    let text = message(join(&[&a, &b], Axis::Samples, JoinOptions::default()));
    assert!(text.contains("float64 and int64"), "{text}");

    let p = labels(["p"], &[[0]]);
    let a = block_of(&labels(["p", "q"], &[[1, 2]]), &p, &[1.0]);
    let b = block_of(&labels(["q", "p"], &[[3, 4]]), &p, &[1.0]);
    let text = message(join(&[&a, &b], Axis::Samples, JoinOptions::default()));
    assert!(text.contains("['p', 'q'] and ['q', 'p']"), "{text}");
    let text = message(join(&[&a, &b], Axis::Properties, JoinOptions::default()));
    assert!(text.contains("samples are not the same"), "{text}");

    let [a, _] = two_blocks();
    let rows = labels(["sample", "other"], &[[0, 0]]);
    let mut b = block_of(&labels(["s"], &[[0], [1]]), &p, &[1.0, 2.0]);
    let text = message(join(&[&a, &b], Axis::Samples, JoinOptions::default()));
    assert!(text.contains("gradient parameters"), "{text}");
    b.add_gradient("g", block_of(&rows, &p, &[1.0])).unwrap();
    for axis in [Axis::Samples, Axis::Properties] {
        let text = message(join(&[&a, &b], axis, add_dimension("from")));
        assert!(text.contains("gradient 'g'"), "{text}");
        assert!(
            text.contains("['sample', 'a'] and ['sample', 'other']"),
            "{text}"
        );
    }
}

#[test]
fn keys_need_the_same_names_to_be_joined() {
    let with_keys = |name: &str| {
        TensorMap::new(Labels::range(name, 1).unwrap(), vec![block([1, 1], &[1.0])]).unwrap()
    };
    let (a, b) = (with_keys("k"), with_keys("l"));
    for different_keys in [DifferentKeys::Intersection, DifferentKeys::Union] {
        let options = JoinOptions {
            different_keys,
            add_dimension: Some("from"),
            ..JoinOptions::default()
        };
        let error = join(&[&a, &b], Axis::Samples, options).unwrap_err();
        assert!(matches!(error, Error::InvalidParameter(_)), "{error}");
        let text = error.to_string();
        assert!(text.contains("'k'") && text.contains("'l'"), "{text}");
    }
    let text = message(join(&[&a, &b], Axis::Samples, JoinOptions::default()));
    assert!(text.contains("different keys"), "{text}");
}

#[test]
fn empty_blocks_and_maps_can_be_joined() {
    let none = || TensorMap::new(Labels::empty(&["k"]).unwrap(), Vec::new()).unwrap();
    let joined = join(&[&none(), &none()], Axis::Samples, JoinOptions::default()).unwrap();
    assert_eq!(joined.keys(), none().keys());

    let empty = |shape| with_gradient(block::<f64>(shape, &[]), "g", &[], &[] as &[f64]);
    let joined = join(
        &[&empty([0, 2]), &empty([0, 2])],
        Axis::Samples,
        JoinOptions::default(),
    )
    .unwrap();
    assert_eq!(joined.values().shape().unwrap(), [0, 2]);
    let joined = join(
        &[&empty([2, 0]), &empty([2, 0])],
        Axis::Properties,
        JoinOptions::default(),
    )
    .unwrap();
    assert_eq!(joined.values().shape().unwrap(), [2, 0]);
}

/// Block with samples `s` and a property `p`, and a gradient with respect to each of `parameters`, with one row for the
/// first sample: its derivative is 10 times the value.
fn with_parameters(first_sample: i32, property: i32, parameters: &[&str]) -> TensorBlock {
    let x = f64::from(first_sample + property);
    let samples = labels(["s"], &[[first_sample], [first_sample + 1]]);
    let mut block = block_of(&samples, &labels(["p"], &[[property]]), &[x, x + 1.0]);
    for parameter in parameters {
        let rows = labels(["sample", "a"], &[[0, 7]]);
        let mut gradient = block_of(&rows, block.properties(), &[10.0 * x]);
        let second = labels(["sample", "b"], &[[0, 8]]);
        let second = block_of(&second, block.properties(), &[100.0 * x]);
        gradient.add_gradient("second", second).unwrap();
        block.add_gradient(parameter, gradient).unwrap();
    }
    block
}

const ZEROS: JoinOptions<'_> = JoinOptions {
    different_keys: DifferentKeys::Union,
    add_dimension: None,
    missing_gradients: MissingGradients::Zeros,
};

#[test]
fn gradients_that_only_some_have_can_be_zeros() {
    let (a, b) = (
        with_parameters(1, 1, &[]),
        with_parameters(5, 1, &["h", "g"]),
    );
    let joined = join(&[&a, &b], Axis::Samples, ZEROS).unwrap();
    assert_eq!(*joined.gradients_list(), ["h", "g"]);
    let rows = joined.gradient("g").unwrap();
    assert_eq!(*rows.samples(), labels(["sample", "a"], &[[2, 7]]));
    assert_eq!(values::<f64>(rows), [60.0]);
    assert_eq!(gradient::<f64>(&joined, "h/second"), [600.0]);

    let (a, b) = (with_parameters(1, 1, &["g"]), with_parameters(1, 2, &["h"]));
    let joined = join(&[&a, &b], Axis::Properties, ZEROS).unwrap();
    assert_eq!(*joined.gradients_list(), ["g", "h"]);
    assert_eq!(gradient::<f64>(&joined, "g"), [20.0, 0.0]);
    assert_eq!(gradient::<f64>(&joined, "h"), [0.0, 30.0]);
    assert_eq!(gradient::<f64>(&joined, "h/second"), [0.0, 300.0]);
}

#[test]
fn the_error_for_gradients_that_only_some_have_names_the_option() {
    let (a, b) = (with_parameters(1, 1, &["g"]), with_parameters(5, 2, &[]));
    let (x, y) = (map(vec![a.clone()]), map(vec![b.clone()]));
    for axis in [Axis::Samples, Axis::Properties] {
        let b = with_parameters(if axis == Axis::Samples { 5 } else { 1 }, 1, &[]);
        for missing in [MissingGradients::Error, MissingGradients::ZeroRows] {
            let text = message(join(
                &[&a, &b],
                axis,
                JoinOptions {
                    missing_gradients: missing,
                    ..add_dimension("from")
                },
            ));
            assert!(text.contains("only the first block has 'g'"), "{text}");
            assert!(
                text.contains("see the option 'missing_gradients'"),
                "{text}"
            );
        }
        // Also where different blocks have them, and nothing is joined.
        let options = JoinOptions {
            missing_gradients: MissingGradients::Error,
            ..ZEROS
        };
        let other_key = TensorMap::new(labels(["k"], &[[9]]), y.blocks().to_vec()).unwrap();
        let text = message(join(&[&x, &other_key], axis, options));
        assert!(
            text.contains("'g'") && text.contains("'missing_gradients'"),
            "{text}"
        );
    }
}

#[test]
fn blocks_that_are_joined_with_no_others_get_the_gradients_of_other_maps() {
    let a = map(vec![with_parameters(1, 1, &["g"])]);
    let b = TensorMap::new(labels(["k"], &[[9]]), vec![with_parameters(1, 2, &["h"])]).unwrap();
    for axis in [Axis::Samples, Axis::Properties] {
        let joined = join(&[&a, &b], axis, ZEROS).unwrap();
        assert_eq!(joined.len(), 2);
        for (block, own, other) in [
            (&joined.blocks()[0], "g", "h"),
            (&joined.blocks()[1], "h", "g"),
        ] {
            assert_eq!(block.gradient(own).unwrap().samples().count(), 1);
            let zeros = block.gradient(other).unwrap();
            assert_eq!(*zeros.samples().names(), ["sample", "a"]);
            assert_eq!(zeros.values().shape().unwrap(), [0, 1]);
            assert!(zeros.has_gradient("second"));
        }
    }
}

#[test]
fn zeros_for_missing_gradients_have_components_of_their_own() {
    let make = |seed: u64, parameters: usize| {
        let random = &mut Random(seed);
        let samples = labels(["a", "b"], &[[0, seed as i32], [1, seed as i32]]);
        let properties = labels(["p", "q"], &[[0, 1], [1, 0]]);
        random.block_with(&samples, &properties, 1, parameters, f64::from)
    };
    let (a, b) = (make(1, 0), make(2, 2));
    let joined = join(&[&a, &b], Axis::Samples, ZEROS).unwrap();
    for (parameter, gradient) in b.gradients() {
        let rows = joined.gradient(parameter).unwrap();
        assert_eq!(rows.components(), gradient.components());
        assert_eq!(values::<f64>(rows), values::<f64>(gradient));
        let shifted = gradient.samples().iter().map(|row| [row[0] + 2, row[1]]);
        assert!(rows.samples().iter().eq(shifted));
    }
    let second = b.gradient("g").unwrap().gradient("h").unwrap();
    assert_eq!(gradient::<f64>(&joined, "g/h"), values::<f64>(second));
}

proptest! {
    #[test]
    fn joining_the_parts_of_a_block_gives_the_block(seed: u64, cut: prop::sample::Index) {
        let mut random = Random(seed);
        let block = random.block(|i| i as i16);
        for axis in [Axis::Samples, Axis::Properties] {
            let count = if axis == Axis::Samples {
                block.samples().count()
            } else {
                block.properties().count()
            };
            let (first, second): (Vec<_>, Vec<_>) =
                (0..count as i64).partition(|&i| i < cut.index(count + 1) as i64);
            let parts = [first, second]
                .map(|part| slice(&block, axis, Selection::Indices(&part)).unwrap());
            let joined = join(&[&parts[0], &parts[1]], axis, JoinOptions::default()).unwrap();
            prop_assert_eq!(elements::<i16>(&joined), elements::<i16>(&block));
            prop_assert_eq!(joined.samples(), block.samples());
            if axis == Axis::Properties {
                // All parts have all gradient rows.
                prop_assert!(equal(&joined, &block).unwrap());
            }
        }
    }

    #[test]
    fn joined_properties_have_the_elements_of_all_blocks_and_zeros(seed: u64, count in 1_usize..4) {
        let mut random = Random(seed);
        let samples = random.pairs(["a", "b"]);
        let (components, parameters) = (random.below(3), random.below(3));
        let blocks: Vec<_> = (0..count)
            .map(|_| {
                let properties = random.pairs(["p", "q"]);
                random.block_with(&samples, &properties, components, parameters, f64::from)
            })
            .collect();
        let blocks: Vec<_> = blocks.iter().collect();
        let joined = join(&blocks, Axis::Properties, add_dimension("from")).unwrap();
        let mut actual = elements::<f64>(&joined);
        for (from, block) in (0..).zip(blocks) {
            for ((path, chain, mut others), value) in elements::<f64>(block) {
                others.last_mut().unwrap().push(from);
                prop_assert_eq!(actual.remove(&(path, chain, others)), Some(value));
            }
        }
        prop_assert!(actual.values().all(|&value| value == 0.0));
        prop_assert!(actual.keys().all(|(path, ..)| !path.is_empty()));
    }
}

#[test]
fn the_input_that_can_not_be_joined_is_named() {
    let place =
        |position: usize| format!("input {position} can not be joined with those before it: ");
    let with = |sample: i32, property: i32| {
        let samples = labels(["s"], &[[sample]]);
        let properties = labels(["p"], &[[property]]);
        TensorBlock::new(array(&[1, 1], &[1.0]), &samples, &[], &properties).unwrap()
    };
    for count in 2..7 {
        for bad in 1..count {
            // properties that differ
            let blocks: Vec<_> = (0..count)
                .map(|i| with(i as i32, i32::from(i == bad)))
                .collect();
            let inputs: Vec<_> = blocks.iter().collect();
            let text = join(&inputs, Axis::Samples, JoinOptions::default())
                .unwrap_err()
                .to_string();
            assert!(
                text.contains(&format!("join_blocks: {}properties", place(bad))),
                "{text}"
            );
            let maps: Vec<_> = blocks
                .into_iter()
                .map(|block| map(vec![with(100, 0), block]))
                .collect();
            let inputs: Vec<_> = maps.iter().collect();
            let options = JoinOptions {
                add_dimension: Some("new"),
                ..Default::default()
            };
            let text = join(&inputs, Axis::Samples, options)
                .unwrap_err()
                .to_string();
            assert!(
                text.contains(&format!("join: {}block (k=1): properties", place(bad))),
                "{text}"
            );

            // keys, types, and entries that an earlier one has
            let mut maps: Vec<_> = (0..count).map(|i| map(vec![with(i as i32, 0)])).collect();
            maps[bad] = map(vec![with(bad as i32, 0), with(bad as i32, 0)]);
            let text = join(
                &maps.iter().collect::<Vec<_>>(),
                Axis::Samples,
                JoinOptions::default(),
            );
            let text = text.unwrap_err().to_string();
            assert!(
                text.contains(&format!(
                    "join: {}the tensor maps have different keys",
                    place(bad)
                )),
                "{text}"
            );
            maps[bad] = map(vec![block([1, 1], &[1.0_f32])]);
            let text = join(
                &maps.iter().collect::<Vec<_>>(),
                Axis::Samples,
                JoinOptions::default(),
            );
            let text = text.unwrap_err().to_string();
            assert!(
                text.contains(&place(bad)) && text.contains("float32"),
                "{text}"
            );
            maps[bad] = map(vec![with(bad as i32 - 1, 0)]);
            let text = join(
                &maps.iter().collect::<Vec<_>>(),
                Axis::Samples,
                JoinOptions::default(),
            );
            let text = text.unwrap_err().to_string();
            assert!(
                text.contains(&place(bad)) && text.contains("additional dimension"),
                "{text}"
            );
        }
    }
    // nothing about one of several inputs
    let block = with(0, 0);
    let text = join(&[&block, &block], Axis::Keys, JoinOptions::default())
        .unwrap_err()
        .to_string();
    assert!(!text.contains("input"), "{text}");
}
