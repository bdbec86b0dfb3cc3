use ndarray::Array2;

use super::*;
use crate::ArrayRef;
use crate::array::tests::foreign::{CUDA, ForeignArray, HIDDEN, labels_on};

/// Checks that the error names all of `culprits`.
#[track_caller]
fn assert_names<T: std::fmt::Debug>(result: Result<T>, culprits: &[&str]) {
    let message = result.unwrap_err().to_string();
    for culprit in culprits {
        assert!(message.contains(culprit), "no {culprit} in: {message}");
    }
}

fn range(name: &str, count: usize) -> Labels {
    Labels::range(name, count).unwrap()
}

/// Names of the dimensions of a block, and the parameters of its gradients.
#[derive(Clone)]
struct Names {
    samples: &'static str,
    components: &'static [&'static str],
    properties: &'static str,
    gradients: Vec<(&'static str, Names)>,
}

const NAMES: Names = Names {
    samples: "atom",
    components: &["m"],
    properties: "n",
    gradients: Vec::new(),
};

impl Names {
    fn with_gradients(self, gradients: &[(&'static str, Names)]) -> Names {
        Names {
            gradients: gradients.to_vec(),
            ..self
        }
    }

    /// A block with these names, where axes have some number of entries.
    fn block(&self, entries: usize) -> TensorBlock {
        let components: Vec<_> = self
            .components
            .iter()
            .map(|name| range(name, entries))
            .collect();
        let shape = vec![entries; components.len() + 2];
        let mut block = TensorBlock::new(
            ndarray::ArrayD::<f64>::from_elem(shape, entries as f64),
            &range(self.samples, entries),
            &components,
            &range(self.properties, entries),
        )
        .unwrap();
        for (parameter, names) in &self.gradients {
            block.add_gradient(parameter, names.block(entries)).unwrap();
        }
        block
    }
}

const GRADIENT: Names = Names {
    samples: "sample",
    components: &["xyz", "m"],
    properties: "n",
    gradients: Vec::new(),
};

/// 4 keys for the blocks with 1, 2, 3 and 4 entries per axis.
fn map() -> TensorMap {
    let keys = Labels::new(["type", "l"], &[[6, 0], [1, 1], [6, 1], [-8, 0]]).unwrap();
    let names = NAMES.with_gradients(&[("positions", GRADIENT)]);
    TensorMap::new(keys, (1..=4).map(|entries| names.block(entries)).collect()).unwrap()
}

fn two_keys() -> Labels {
    Labels::new(["key"], &[[3], [7]]).unwrap()
}

/// The error of a map of these two blocks, which names the key of the second one.
#[track_caller]
fn assert_different(first: TensorBlock, second: TensorBlock, culprits: &[&str]) {
    let result = TensorMap::new(two_keys(), vec![first, second]);
    assert_names(result, &[&["block (key=7)"], culprits].concat());
}

#[test]
fn a_map_has_one_block_per_key() {
    for count in [0, 1, 3] {
        let blocks = (0..count).map(|_| NAMES.block(1)).collect();
        let got = format!("{count} blocks");
        assert_names(TensorMap::new(two_keys(), blocks), &[&got, "2 keys"]);
    }
}

#[test]
fn blocks_have_the_same_names() {
    let first = || NAMES.block(2);
    let different = |names: Names, culprits: &[&str]| {
        assert_different(first(), names.block(3), culprits);
    };
    different(
        Names {
            samples: "system",
            ..NAMES
        },
        &["sample names", "['atom']", "['system']"],
    );
    different(
        Names {
            properties: "k",
            ..NAMES
        },
        &["property names", "['n']", "['k']"],
    );
    different(
        Names {
            components: &["l"],
            ..NAMES
        },
        &["component names", r#"["m"]"#, r#"["l"]"#],
    );
    different(
        Names {
            components: &[],
            ..NAMES
        },
        &["component names", r#"["m"]"#, "[]"],
    );
    let components = Names {
        components: &["m", "l"],
        ..NAMES
    };
    different(components, &["component names", r#"["m", "l"]"#]);
    let keys = two_keys();
    assert!(TensorMap::new(keys, vec![first(), NAMES.block(3)]).is_ok());
}

#[test]
fn blocks_have_the_same_gradients() {
    let with = |gradients: &[(&'static str, Names)], entries| {
        NAMES.with_gradients(gradients).block(entries)
    };
    let one = || with(&[("positions", GRADIENT)], 2);
    assert_different(one(), with(&[], 2), &["gradients", "['positions']", "[]"]);
    assert_different(with(&[], 2), one(), &["gradients", "['positions']", "[]"]);
    assert_different(
        one(),
        with(&[("cell", GRADIENT)], 2),
        &["['positions']", "['cell']"],
    );
    let both = [("positions", GRADIENT), ("cell", GRADIENT)];
    assert_different(one(), with(&both, 2), &["['positions', 'cell']"]);
    let reordered = [("cell", GRADIENT), ("positions", GRADIENT)];
    assert!(TensorMap::new(two_keys(), vec![with(&both, 2), with(&reordered, 5)]).is_ok());

    let other = Names {
        components: &["abc", "m"],
        ..GRADIENT
    };
    let other = with(&[("positions", other)], 2);
    assert_different(
        one(),
        other,
        &["gradient 'positions'", "component names", "xyz", "abc"],
    );
}

#[test]
fn gradients_of_gradients_have_the_same_structure() {
    let block = |inner: Names| {
        let outer = GRADIENT.with_gradients(&[("strain", inner)]);
        NAMES.with_gradients(&[("positions", outer)]).block(2)
    };
    let inner = Names {
        components: &["uvw", "xyz", "m"],
        ..GRADIENT
    };
    assert!(TensorMap::new(two_keys(), vec![block(inner.clone()), block(inner.clone())]).is_ok());
    let path = ["gradient 'positions/strain'", "component names"];
    assert_different(block(inner.clone()), block(GRADIENT), &path);
    let without = NAMES.with_gradients(&[("positions", GRADIENT)]).block(2);
    assert_different(
        block(inner),
        without,
        &["gradient 'positions'", "gradients", "['strain']"],
    );
}

fn with_values(values: impl Into<ArrayRef>) -> TensorBlock {
    let values = values.into();
    let on = |labels| labels_on(values.device().unwrap(), &labels);
    let (samples, properties) = (on(range("s", 2)), on(range("n", 1)));
    TensorBlock::new(values, &samples, &[], &properties).unwrap()
}

#[test]
fn blocks_have_the_same_kind_of_array() {
    let array = || Array2::<f64>::zeros((2, 1));
    let first = || with_values(array());
    let other = with_values(Array2::<i64>::zeros((2, 1)));
    assert_different(first(), other, &["data type", "float64", "int64"]);
    let other = with_values(ForeignArray::new(array(), CUDA));
    assert_different(first(), other, &["device", "cpu", "cuda:0"]);
    let other = with_values(ForeignArray::new(array(), Device::CPU));
    assert_different(
        first(),
        other,
        &["data origin", "RustArray", "tests.ForeignArray"],
    );
}

#[test]
fn blocks_are_found_by_the_values_of_their_key() {
    let map = map();
    let found = |selection: &[(&str, i32)]| map.block(selection).map(|b| b.samples().count());
    assert_eq!(found(&[("type", 6), ("l", 1)]).unwrap(), 3);
    assert_eq!(found(&[("l", 1), ("type", 6)]).unwrap(), 3);
    assert_eq!(found(&[("type", -8)]).unwrap(), 4);

    assert_names(found(&[("type", 6)]), &["2 blocks", "(type=6)"]);
    assert_names(
        found(&[("l", 7), ("type", 6)]),
        &["no block", "(l=7, type=6)"],
    );
    assert_names(found(&[]), &["4 blocks"]);
    assert_names(found(&[("q", 1)]), &["'q'", "['type', 'l']"]);
    assert_names(found(&[("l", 1), ("l", 1)]), &["'l'"]);
    assert_names(found(&[("not a name", 1)]), &["'not a name'"]);

    let single = TensorMap::new(Labels::single(), vec![NAMES.block(2)]).unwrap();
    assert_eq!(single.block(&[]).unwrap().samples().count(), 2);
}

#[test]
fn blocks_are_found_by_labels() {
    let map = map();
    let select = |names: [&str; 2], rows: &[[i32; 2]]| Labels::new(names, rows).unwrap();
    let one = select(["l", "type"], &[[0, -8], [5, 5]]);
    assert_eq!(map.block_matching(&one).unwrap().samples().count(), 4);
    let two = select(["type", "l"], &[[-8, 0], [6, 0]]);
    assert_eq!(map.blocks_matching(&two).unwrap(), [3, 0]);
    assert_names(
        map.block_matching(&two),
        &["2 blocks", "2 entries", "['type', 'l']"],
    );
    let none = Labels::empty(&["type"]).unwrap();
    assert_eq!(map.blocks_matching(&none).unwrap(), [0; 0]);
    assert_names(map.block_matching(&none), &["no block", "empty selection"]);
    let others = select(["type", "l"], &[[1, 0], [2, 0]]);
    assert_names(map.block_matching(&others), &["no block", "2 entries"]);
    assert_names(
        map.block_matching(&range("q", 1)),
        &["'q'", "['type', 'l']"],
    );
}

#[test]
fn keys_that_nobody_can_look_at_select_nothing_but_everything() {
    let block = |name| {
        let array = ForeignArray::new(Array2::<f64>::zeros((2, 1)), HIDDEN);
        let on = |labels| labels_on(HIDDEN, &labels);
        TensorBlock::new(array, &on(range(name, 2)), &[], &on(range("n", 1))).unwrap()
    };
    let keys = labels_on(HIDDEN, &Labels::new(["key"], &[[5]]).unwrap());
    let map = TensorMap::new(keys.clone(), vec![block("s")]).unwrap();
    assert_eq!(map.block(&[]).unwrap().samples().count(), 2);
    assert_names(map.block(&[("key", 5)]), &["ext:0"]);
    assert_names(map.block_matching(&keys), &["ext:0"]);

    let keys = labels_on(HIDDEN, &range("key", 2));
    let result = TensorMap::new(keys, vec![block("s"), block("system")]);
    assert_names(result, &["block (row 1)", "sample names"]);
}

#[test]
fn blocks_are_found_by_position() {
    let mut map = map();
    assert_eq!(map.block_by_id(2).unwrap().samples().count(), 3);
    assert_names(map.block_by_id(4), &["index 4", "4 blocks"]);
    assert_names(map.block_by_id_mut(4), &["index 4", "4 blocks"]);
    assert!(map.block_by_id(usize::MAX).is_err());
}

#[test]
fn iteration_goes_over_keys_and_blocks() {
    let map = map();
    assert_eq!((map.len(), map.is_empty()), (4, false));
    assert_eq!(map.iter().len(), 4);
    for (i, (key, block)) in map.iter().enumerate() {
        assert_eq!(*key, map.keys()[i]);
        assert_eq!(block.samples().count(), i + 1);
        assert!(std::ptr::eq(block, &map.blocks()[i]));
    }
    let (keys, blocks, info) = map.clone().into_parts();
    assert!(keys.is_same(map.keys()) && info.is_empty());
    assert_eq!(blocks.len(), 4);
}

#[test]
fn values_change_through_the_map() {
    let mut map = map();
    let original = map.clone();
    let mut block = map.block_by_id_mut(1).unwrap();
    block.values_as_mut::<f64>().unwrap().fill(9.0);
    block
        .gradient_mut("positions")
        .unwrap()
        .values_as_mut::<f64>()
        .unwrap()
        .fill(9.0);
    let first = |map: &TensorMap| map.blocks()[1].to_ndarray::<f64>().unwrap()[[0, 0, 0]];
    assert_eq!((first(&original), first(&map)), (2.0, 9.0));
    let shared = |i: usize| {
        map.blocks()[i]
            .values()
            .is_same(original.blocks()[i].values())
    };
    assert_eq!([0, 1, 2, 3].map(shared), [true, false, true, true]);
}

#[test]
fn copies_share_nothing() {
    let mut map = map();
    map.info_mut().insert("what".into(), "energies".into());
    let copy = map.deep_copy().unwrap();
    let mut unshared = map.clone();
    unshared.unshare_arrays().unwrap();
    for copy in [copy, unshared] {
        assert_eq!(copy.info(), map.info());
        assert!(copy.keys().is_same(map.keys()));
        for (a, b) in copy.blocks().iter().zip(map.blocks()) {
            assert!(!a.values().is_same(b.values()));
            assert_eq!(
                a.to_ndarray::<f64>().unwrap(),
                b.to_ndarray::<f64>().unwrap()
            );
            let [a, b] = [a, b].map(|block| block.gradient("positions").unwrap().values());
            assert!(!a.is_same(b));
        }
    }
}

#[test]
fn info_is_kept_by_name() {
    let mut map = map();
    assert!(map.info().is_empty());
    map.info_mut().insert("unit".into(), "eV".into());
    map.info_mut().insert("author".into(), "\u{1f980}\0".into());
    map.info_mut().insert("unit".into(), "kcal/mol".into());
    assert_eq!(map.info().len(), 2);
    assert_eq!(map.info()["unit"], "kcal/mol");
    assert_eq!(map.info()["author"], "\u{1f980}\0");
    assert_eq!(map.clone().info(), map.info());
}

#[test]
fn maps_know_the_type_and_device_of_their_arrays() {
    assert_eq!(map().dtype(), Some(DType::F64));
    assert_eq!(map().device(), Some(Device::CPU));
    let values = ForeignArray::new(Array2::<i16>::zeros((2, 1)), CUDA);
    let keys = labels_on(CUDA, &Labels::single());
    let map = TensorMap::new(keys, vec![with_values(values)]).unwrap();
    assert_eq!(map.dtype(), Some(DType::I16));
    assert_eq!(map.device(), Some(CUDA));
}

#[test]
fn keys_and_blocks_are_on_the_same_device() {
    let block = |device| with_values(ForeignArray::new(Array2::<f64>::zeros((2, 1)), device));
    let new =
        |keys, blocks| TensorMap::new(labels_on(keys, &Labels::single()), vec![block(blocks)]);
    for (keys, blocks) in [(Device::CPU, CUDA), (CUDA, Device::CPU), (HIDDEN, CUDA)] {
        let devices = [format!("keys are on {keys}"), format!("blocks on {blocks}")];
        assert_names(new(keys, blocks), &[&devices[0], &devices[1]]);
    }
    // Nothing is known of the blocks of a map that has none.
    assert!(TensorMap::new(labels_on(CUDA, &range("key", 0)), vec![]).is_ok());
}

#[test]
fn maps_can_have_no_blocks() {
    for keys in [
        Labels::empty(&["key"]).unwrap(),
        Labels::empty::<&str>(&[]).unwrap(),
    ] {
        let map = TensorMap::new(keys, Vec::new()).unwrap();
        assert!(map.is_empty());
        assert_eq!(map.iter().len(), 0);
        assert_eq!((map.dtype(), map.device()), (None, None));
        assert_names(map.block(&[]), &["no block"]);
        assert!(map.block_by_id(0).is_err());
        assert!(map.deep_copy().unwrap().is_empty());
    }
}

#[test]
fn maps_can_be_used_from_any_thread() {
    fn assert<T: Send + Sync>() {}
    assert::<TensorMap>();
}

#[test]
fn maps_are_pairs_of_keys_and_blocks() {
    let mut map = map();
    let sums = |map: &TensorMap| {
        let pairs = map.into_iter();
        let sum = |block: &TensorBlock| block.values_as::<f64>().unwrap().sum();
        pairs
            .map(|(key, block)| (key.to_vec(), sum(block)))
            .collect::<Vec<_>>()
    };
    let before = sums(&map);
    assert_eq!(before[1], (vec![1, 1], 2.0 * 8.0));
    for (key, mut block) in &mut map {
        *block.values_as_mut::<f64>().unwrap() *= f64::from(key[0]);
    }
    for mut block in map.blocks_mut() {
        block
            .values_as_mut::<f64>()
            .unwrap()
            .map_inplace(|x| *x += 0.0);
    }
    let after = sums(&map);
    assert!(
        before
            .iter()
            .zip(&after)
            .all(|(b, a)| a.1 == b.1 * f64::from(b.0[0]))
    );
    let owned: Vec<_> = map.clone().into_iter().collect();
    assert_eq!(owned.len(), 4);
    for ((key, block), (expected, i)) in owned.iter().zip(map.keys().iter().zip(0..)) {
        assert_eq!(key, expected);
        assert!(block.values().is_same(map.blocks()[i].values()));
    }
}

#[test]
fn values_of_all_blocks_are_used_by_all_threads() {
    let mut map = map();
    let values = map.values_as::<f64>().unwrap();
    let shapes = values.par_map(|_, values| values.shape().to_vec());
    assert_eq!(shapes, [[1; 3], [2; 3], [3; 3], [4; 3]]);
    drop(values);

    let mut values = map.values_as_mut::<f64>().unwrap();
    values.par_for_each(|key, values| values.fill(f64::from(key[1])));
    drop(values);
    let all: Vec<f64> = map
        .values_as::<f64>()
        .unwrap()
        .iter()
        .map(|(_, values)| values.sum())
        .collect();
    assert_eq!(all, [0.0, 8.0, 27.0, 0.0]);
}

#[test]
fn values_of_all_blocks_name_the_one_that_is_of_another_type() {
    let mut map = map();
    assert_names(
        map.values_as::<f32>(),
        &["type=6, l=0", "float32", "float64"],
    );
    assert_names(map.values_as_mut::<i32>(), &["type=6, l=0", "int32"]);
}
