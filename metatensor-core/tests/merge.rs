//! Moving dimensions between keys, samples, components and properties, against a model that knows
//! elements by all of their coordinates.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, HashMap};

use metatensor_core::{FillValue, Labels, SampleOrder, TensorBlock, TensorMap};
use ndarray::{ArrayD, Dimension, IxDyn};
use proptest::prelude::*;

/// Small random numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % end as u64) as usize
    }

    fn chance(&mut self) -> bool {
        self.below(2) == 0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Some of the rows whose values are less than the given numbers, sorted or not.
    fn labels(&mut self, names: &[&str], ends: &[usize], at_least_one: bool) -> Labels {
        let mut rows = vec![Vec::new()];
        for &end in ends {
            let longer = rows.into_iter().flat_map(|row: Vec<i32>| {
                (0..end as i32).map(move |value| [row.clone(), vec![value]].concat())
            });
            rows = longer.collect();
        }
        let sparse = ends.iter().product::<usize>() > 8 || self.chance();
        let all = rows.clone();
        rows.retain(|_| !sparse || self.chance());
        if rows.is_empty() && at_least_one {
            rows.push(all[self.below(all.len())].clone());
        }
        if self.chance() {
            self.shuffle(&mut rows);
        }
        Labels::from_rows(names, rows).unwrap()
    }

    fn values(&mut self, shape: &[usize]) -> ArrayD<f64> {
        ArrayD::from_shape_fn(IxDyn(shape), |_| 1.0 + self.below(1_000_000_000) as f64)
    }

    fn block(
        &mut self,
        samples: &Labels,
        components: &[Labels],
        properties: &Labels,
    ) -> TensorBlock {
        let mut shape = vec![samples.count()];
        shape.extend(components.iter().map(Labels::count));
        shape.push(properties.count());
        let mut values = self.values(&shape);
        if self.below(4) == 0 {
            // The same shape in another memory order.
            let axes = IxDyn(&(0..shape.len()).rev().collect::<Vec<_>>());
            values = values
                .permuted_axes(axes.clone())
                .as_standard_layout()
                .into_owned();
            values = values.permuted_axes(axes);
        }
        TensorBlock::new(values, samples, components, properties).unwrap()
    }

    fn map(&mut self, components: usize, gradients: usize) -> TensorMap {
        let keys = self.labels(&["a", "b"], &[3, 2], true);
        let names = ["c", "d"];
        let components: Vec<_> = (0..components)
            .map(|i| self.labels(&names[i..=i], &[2], true))
            .collect();
        let (all_samples, all_properties) = (
            self.labels(&["s", "t"], &[2, 3], false),
            self.labels(&["p"], &[3], false),
        );
        let parameters: Vec<_> = ["x", "y"].into_iter().take(gradients).collect();
        let blocks = (0..keys.count()).map(|_| {
            let same_samples = self.chance();
            let samples = match same_samples {
                true => all_samples.clone(),
                false => self.labels(&["s", "t"], &[2, 3], false),
            };
            let properties = match self.chance() {
                true => all_properties.clone(),
                false => self.labels(&["p"], &[3], false),
            };
            let mut block = self.block(&samples, &components, &properties);
            let mut parameters = parameters.clone();
            self.shuffle(&mut parameters);
            for parameter in parameters {
                let xyz = Labels::range("xyz", 2).unwrap();
                let components = [vec![xyz], components.clone()].concat();
                let samples = self.labels(&["sample", "i"], &[samples.count(), 2], false);
                let mut gradient = self.block(&samples, &components, &properties);
                let samples = self.labels(&["sample", "j"], &[samples.count(), 2], false);
                let second = self.block(&samples, &components, &properties);
                gradient.add_gradient("second", second).unwrap();
                block.add_gradient(parameter, gradient).unwrap();
            }
            block
        });
        let blocks = blocks.collect();
        let mut map = TensorMap::new(keys, blocks).unwrap();
        map.info_mut().insert("made".into(), "at random".into());
        map
    }
}

/// Where an element is: which gradient it belongs to, and what it is called along all axes, those of
/// its keys and the samples it is a derivative of included.
type Coordinates = (Vec<String>, BTreeMap<String, i32>);
type Elements = HashMap<Coordinates, f64>;

fn elements(map: &TensorMap) -> Elements {
    let mut elements = HashMap::new();
    for (key, block) in map.iter() {
        let key = coordinates(map.keys(), key);
        let samples = block.samples();
        let rows: Vec<_> = samples
            .iter()
            .map(|row| [key.clone(), coordinates(samples, row)].concat())
            .collect();
        collect_elements(&[], &rows, block, &mut elements);
    }
    elements
}

fn coordinates(labels: &Labels, row: &[i32]) -> Vec<(String, i32)> {
    let entries = labels
        .names()
        .iter()
        .map(str::to_owned)
        .zip(row.iter().copied());
    entries.filter(|(name, _)| name != "_").collect()
}

fn collect_elements(
    path: &[String],
    rows: &[Vec<(String, i32)>],
    block: &TensorBlock,
    elements: &mut Elements,
) {
    for (index, &value) in block.to_ndarray::<f64>().unwrap().indexed_iter() {
        let mut position: BTreeMap<_, _> = rows[index[0]].iter().cloned().collect();
        for axis in 1..index.ndim() {
            let labels = block.labels(axis).unwrap();
            for (name, value) in coordinates(labels, &labels[index[axis]]) {
                assert_eq!(position.insert(name, value), None);
            }
        }
        let previous = elements.insert((path.to_vec(), position), value);
        assert_eq!(previous, None, "an element comes twice");
    }
    for (parameter, gradient) in block.gradients() {
        let path = [path, &[parameter.to_owned()]].concat();
        let samples = gradient.samples();
        let own = samples.iter().map(|row| {
            let own = coordinates(samples, row).into_iter().skip(1);
            let own = own.map(|(name, value)| (format!("{}.{name}", path.join("/")), value));
            [rows[row[0] as usize].clone(), own.collect()].concat()
        });
        collect_elements(&path, &own.collect::<Vec<_>>(), gradient, elements);
    }
}

/// The same keys without some dimensions, and the positions of the keys that became each of them.
fn grouped(keys: &Labels, moved: &[&str]) -> (Labels, Vec<Vec<usize>>) {
    let kept: Vec<_> = keys
        .names()
        .iter()
        .filter(|name| !moved.contains(name))
        .collect();
    if kept.is_empty() {
        return (Labels::single(), vec![(0..keys.count()).collect()]);
    }
    let mut groups: Vec<(Vec<i32>, Vec<usize>)> = Vec::new();
    for (i, key) in keys.iter().enumerate() {
        let key = picked(keys, key, &kept);
        match groups.iter_mut().find(|(other, _)| *other == key) {
            Some((_, members)) => members.push(i),
            None => groups.push((key, vec![i])),
        }
    }
    let (rows, members): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
    (Labels::from_rows(&kept, rows).unwrap(), members)
}

fn picked(labels: &Labels, row: &[i32], names: &[&str]) -> Vec<i32> {
    let value = |name: &&str| row[labels.names().position(name).unwrap()];
    names.iter().map(value).collect()
}

/// All rows, each once, in the order in which they first appear or sorted.
fn merged(rows: impl IntoIterator<Item = Vec<i32>>, order: SampleOrder) -> Vec<Vec<i32>> {
    let mut merged = Vec::new();
    for row in rows {
        if !merged.contains(&row) {
            merged.push(row);
        }
    }
    if order == SampleOrder::Sorted {
        merged.sort();
    }
    merged
}

fn rows(labels: &Labels) -> Vec<Vec<i32>> {
    labels.iter().map(<[i32]>::to_vec).collect()
}

/// Checks the samples of all gradients of a merged block: `positions` are the samples in `merged`
/// that those of each of the blocks became.
fn check_gradients(blocks: &[&TensorBlock], positions: &[Vec<usize>], result: &TensorBlock) {
    assert_eq!(result.gradients_list(), blocks[0].gradients_list());
    for (parameter, gradient) in result.gradients() {
        let gradients: Vec<_> = blocks
            .iter()
            .map(|b| b.gradient(parameter).unwrap())
            .collect();
        let moved: Vec<Vec<Vec<i32>>> = gradients
            .iter()
            .zip(positions)
            .map(|(gradient, positions)| {
                let mut rows = rows(gradient.samples());
                rows.iter_mut()
                    .for_each(|row| row[0] = positions[row[0] as usize] as i32);
                rows
            })
            .collect();
        let expected = merged(moved.concat(), SampleOrder::Sorted);
        assert_eq!(rows(gradient.samples()), expected);
        assert_eq!(gradient.samples().names(), gradients[0].samples().names());
        let position = |row: &Vec<i32>| expected.iter().position(|other| other == row).unwrap();
        let positions = moved.iter().map(|rows| rows.iter().map(position).collect());
        check_gradients(&gradients, &positions.collect::<Vec<_>>(), gradient);
    }
}

/// Checks that `result` has all of `expected`, and `fill_value` everywhere else.
fn check_elements(result: &TensorMap, mut expected: Elements, fill_value: f64) {
    for (coordinates, value) in elements(result) {
        let expected = expected.remove(&coordinates).unwrap_or(fill_value);
        assert_eq!(value, expected, "at {coordinates:?}");
    }
    assert!(expected.is_empty(), "these are missing: {expected:?}");
}

const MOVED: [&[&str]; 5] = [&["a"], &["b"], &["a", "b"], &["b", "a"], &[]];
const COMPONENTS: [&[&str]; 5] = [&["c"], &["d"], &["c", "d"], &["d", "c"], &[]];
const ORDERS: [SampleOrder; 2] = [SampleOrder::Sorted, SampleOrder::AsInBlocks];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn keys_to_samples_moves_every_element(
        seed: u64, components in 0..3_usize, gradients in 0..3_usize,
        moved in prop::sample::select(&MOVED), order in prop::sample::select(&ORDERS),
    ) {
        let map = Random(seed).map(components, gradients);
        let keys_to_move = Labels::empty(moved).unwrap();
        let result = map.keys_to_samples(&keys_to_move, -1.0, order).unwrap();

        check_elements(&result, elements(&map), -1.0);
        let (keys, groups) = grouped(map.keys(), moved);
        prop_assert_eq!(result.keys(), &keys);
        prop_assert_eq!(result.info(), map.info());
        for (block, members) in result.blocks().iter().zip(groups) {
            let blocks: Vec<_> = members.iter().map(|&i| &map.blocks()[i]).collect();
            let all_rows: Vec<Vec<_>> = members.iter().zip(&blocks).map(|(&i, block)| {
                let key = picked(map.keys(), &map.keys()[i], moved);
                rows(block.samples()).into_iter().map(|row| [row, key.clone()].concat()).collect()
            }).collect();
            let expected = merged(all_rows.concat(), order);
            prop_assert_eq!(rows(block.samples()), expected.clone());
            prop_assert_eq!(block.samples().names(), &[&["s", "t"], moved].concat()[..]);
            let properties = blocks.iter().flat_map(|block| rows(block.properties()));
            prop_assert_eq!(rows(block.properties()), merged(properties, SampleOrder::AsInBlocks));
            let position = |row: &Vec<i32>| expected.iter().position(|r| r == row).unwrap();
            let positions = all_rows.iter().map(|rows| rows.iter().map(position).collect());
            check_gradients(&blocks, &positions.collect::<Vec<_>>(), block);
        }
    }

    #[test]
    fn keys_to_samples_with_entries_is_that_of_the_blocks_with_these_keys(
        seed: u64, components in 0..3_usize, gradients in 0..3_usize,
        moved in prop::sample::select(&MOVED[..4]), order in prop::sample::select(&ORDERS),
    ) {
        let mut random = Random(seed);
        let map = random.map(components, gradients);
        let entries = random.labels(moved, &vec![4; moved.len()], true);
        let result = map.keys_to_samples(&entries, -1.0, order).unwrap();

        let chosen = map.iter().filter(|(key, _)| {
            entries.contains(&picked(map.keys(), key, moved))
        });
        let (keys, blocks): (Vec<_>, Vec<_>) = chosen.map(|(k, b)| (k.to_vec(), b.clone())).unzip();
        let names: Vec<_> = map.keys().names().iter().collect();
        let mut part = TensorMap::new(Labels::from_rows(&names, keys).unwrap(), blocks).unwrap();
        part.info_mut().clone_from(map.info());
        let expected = part.keys_to_samples(&Labels::empty(moved).unwrap(), -1.0, order).unwrap();
        prop_assert_eq!(result.keys(), expected.keys());
        prop_assert_eq!(result.info(), expected.info());
        for (block, expected) in result.blocks().iter().zip(expected.blocks()) {
            prop_assert_eq!(block.samples(), expected.samples());
            prop_assert_eq!(block.properties(), expected.properties());
        }
        prop_assert_eq!(elements(&result), elements(&expected));
    }

    #[test]
    fn keys_to_properties_moves_every_element(
        seed: u64, components in 0..3_usize, gradients in 0..3_usize,
        moved in prop::sample::select(&MOVED), order in prop::sample::select(&ORDERS),
    ) {
        let map = Random(seed).map(components, gradients);
        let keys_to_move = Labels::empty(moved).unwrap();
        let result = map.keys_to_properties(&keys_to_move, -1.0, order).unwrap();

        check_elements(&result, elements(&map), -1.0);
        let (keys, groups) = grouped(map.keys(), moved);
        prop_assert_eq!(result.keys(), &keys);
        prop_assert_eq!(result.info(), map.info());
        for (block, members) in result.blocks().iter().zip(groups) {
            let blocks: Vec<_> = members.iter().map(|&i| &map.blocks()[i]).collect();
            check_samples(&blocks, order, block);
            let properties: Vec<Vec<_>> = members.iter().zip(&blocks).map(|(&i, block)| {
                let key = picked(map.keys(), &map.keys()[i], moved);
                rows(block.properties()).into_iter().map(|row| [key.clone(), row].concat()).collect()
            }).collect();
            prop_assert_eq!(rows(block.properties()), properties.concat());
            prop_assert_eq!(block.properties().names(), &[moved, &["p"]].concat()[..]);
        }
    }

    #[test]
    fn keys_to_properties_with_entries_keeps_only_those(
        seed: u64, components in 0..3_usize, gradients in 0..3_usize,
        moved in prop::sample::select(&MOVED[..4]), order in prop::sample::select(&ORDERS),
    ) {
        let mut random = Random(seed);
        let map = random.map(components, gradients);
        let keys_to_move = random.labels(moved, &vec![4; moved.len()], true);
        let result = map.keys_to_properties(&keys_to_move, -1.0, order);

        let (keys, groups) = grouped(map.keys(), moved);
        let same_properties = groups.iter().all(|members| {
            let first = map.blocks()[members[0]].properties();
            members.iter().all(|&i| map.blocks()[i].properties() == first)
        });
        prop_assert_eq!(result.is_ok(), same_properties);
        if let Ok(result) = result {
            let mut kept = elements(&map);
            kept.retain(|(_, position), _| {
                let key: Vec<_> = moved.iter().map(|&name| position[name]).collect();
                keys_to_move.contains(&key)
            });
            check_elements(&result, kept, -1.0);
            prop_assert_eq!(result.keys(), &keys);
            for (block, members) in result.blocks().iter().zip(groups) {
                let blocks: Vec<_> = members.iter().map(|&i| &map.blocks()[i]).collect();
                check_samples(&blocks, order, block);
                let entries = keys_to_move.iter().flat_map(|entry| {
                    let rows = rows(blocks[0].properties()).into_iter();
                    rows.map(move |row| [entry.to_vec(), row].concat())
                });
                prop_assert_eq!(rows(block.properties()), entries.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn components_to_properties_moves_every_element(
        seed: u64, gradients in 0..3_usize,
        moved in prop::sample::select(&COMPONENTS),
    ) {
        let map = Random(seed).map(2, gradients);
        let result = map.components_to_properties(moved).unwrap();

        check_elements(&result, elements(&map), f64::NAN);
        prop_assert_eq!(result.keys(), map.keys());
        prop_assert_eq!(result.info(), map.info());
        for (block, original) in result.blocks().iter().zip(map.blocks()) {
            prop_assert_eq!(block.samples(), original.samples());
            let mut properties = rows(original.properties());
            let mut names = vec!["p"];
            for &name in moved {
                let component = original.components().iter().find(|c| &c.names()[0] == name);
                let entries = rows(component.unwrap()).into_iter().flat_map(|entry| {
                    properties.iter().map(move |row| [entry.clone(), row.clone()].concat())
                });
                properties = entries.collect();
                names.insert(0, name);
            }
            prop_assert_eq!(rows(block.properties()), properties);
            prop_assert_eq!(block.properties().names(), &names[..]);
            for (parameter, gradient) in block.gradients() {
                let original = original.gradient(parameter).unwrap();
                prop_assert_eq!(gradient.samples(), original.samples());
            }
        }
    }
}

/// Checks the samples of blocks merged along the properties.
fn check_samples(blocks: &[&TensorBlock], order: SampleOrder, result: &TensorBlock) {
    let expected = merged(blocks.iter().flat_map(|b| rows(b.samples())), order);
    assert_eq!(rows(result.samples()), expected);
    let position = |row: Vec<i32>| expected.iter().position(|other| *other == row).unwrap();
    let positions = blocks.iter().map(|block| {
        let rows = rows(block.samples()).into_iter();
        rows.map(position).collect()
    });
    check_gradients(blocks, &positions.collect::<Vec<_>>(), result);
}

#[path = "merge/examples.rs"]
mod examples;
#[path = "merge/foreign.rs"]
mod foreign;
#[path = "merge/reference.rs"]
mod reference;
