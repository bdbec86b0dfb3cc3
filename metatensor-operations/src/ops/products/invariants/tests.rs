use std::f64::consts::SQRT_2;

use metatensor_core::{Labels, Result, SampleOrder, TensorBlock, TensorMap};
use proptest::prelude::*;

use super::*;
use crate::testing::series::{Functions, Tree};
use crate::testing::threads::assert_independent_of_threads;
use crate::testing::{Random, array, labels};
use crate::{
    AllcloseOptions, Axis, ContractOptions, Direction, EqualMetadataOptions, check_allclose,
    contract, equal_metadata, multiply_scalar, sort,
};

fn with(pairs: NeighborPairs) -> InvariantsOptions {
    InvariantsOptions {
        pairs,
        ..InvariantsOptions::default()
    }
}

const PLAIN: InvariantsOptions = InvariantsOptions {
    normalisation: Normalisation::None,
    pairs: NeighborPairs::Unique,
    max_bytes: None,
};

/// A block of a tensor: random polynomials, or zeros, with the gradients of a tree.
fn tensor(
    random: &mut Random,
    degree: i32,
    samples: &Labels,
    radial: usize,
    tree: Tree,
) -> TensorBlock {
    let mu: Vec<_> = (-degree..=degree).map(|m| [m]).collect();
    let components = vec![Labels::new(["o3_mu"], &mu).unwrap()];
    let count = samples.count() * mu.len() * radial;
    let mut elements = Vec::new();
    while elements.len() < count {
        elements.extend(Functions::random(random, 2, false).elements);
    }
    elements.truncate(count);
    let functions = Functions {
        samples: samples.clone(),
        components,
        properties: Labels::range("n", radial).unwrap(),
        elements,
    };
    functions.block(tree, random, |x| x.re)
}

/// A map like a spherical expansion: samples (of 4) have some of the neighbors only.
fn expansion(random: &mut Random, tree: Tree, same_rows: bool) -> TensorMap {
    let (mut keys, mut blocks) = (Vec::new(), Vec::new());
    for center in [1, 6] {
        for neighbor in [1, 6, 8] {
            if random.below(4) == 0 {
                continue;
            }
            let atoms: Vec<_> = (0..4)
                .filter(|_| random.below(3) > 0)
                .map(|i| [i])
                .collect();
            let mut samples = Labels::new(["atom"], &atoms).unwrap();
            let seed = random.bits();
            for degree in 0..3 {
                if !same_rows && random.below(4) == 0 {
                    samples = Labels::new(["atom"], [[0], [3]]).unwrap();
                }
                // Rows of gradients depend on these numbers.
                let own = &mut Random(if same_rows { seed } else { random.bits() });
                keys.push([degree, 1, center, neighbor]);
                blocks.push(tensor(own, degree, &samples, 2, tree));
            }
        }
    }
    let names = ["o3_lambda", "o3_sigma", "center_type", "neighbor_type"];
    TensorMap::new(Labels::new(names, &keys).unwrap(), blocks).unwrap()
}

/// The invariants of both forms, as a contraction whose keys become properties.
fn contracted(x: &TensorMap, pairs: NeighborPairs) -> Result<TensorMap> {
    let options = ContractOptions {
        matched_keys: Some(&["o3_lambda", "o3_sigma", "center_type"]),
        contracted_components: &["o3_mu"],
        matched_properties: Some(&[]),
        ..ContractOptions::default()
    };
    let products = contract(x, x, options)?;
    let (keys, blocks, _) = products.into_parts();
    let has_samples = |pair: &[i32]| {
        let mut all = keys.iter().zip(&blocks);
        all.any(|(key, block)| &key[2..] == pair && !block.samples().is_empty())
    };
    let left_out: Vec<_> = keys
        .iter()
        .map(|key| key[3] > key[4] || key[3] < key[4] && !has_samples(&key[2..]))
        .collect();
    let (mut rows, mut scaled) = (Vec::new(), Vec::new());
    for ((key, block), left_out) in keys.iter().zip(blocks).zip(left_out) {
        let degree = f64::from(key[0]);
        let mut factor = (-1.0_f64).powf(degree) / (2.0 * degree + 1.0).sqrt();
        if pairs == NeighborPairs::Unique {
            if left_out {
                continue;
            }
            factor *= if key[3] < key[4] { SQRT_2 } else { 1.0 };
        }
        rows.push([key[0], key[2], key[3], key[4]]);
        scaled.push(multiply_scalar(&block, factor)?);
    }
    let names = ["l", "center_type", "neighbor_1_type", "neighbor_2_type"];
    let products = TensorMap::new(Labels::new(names, &rows)?, scaled)?;
    if pairs == NeighborPairs::Unique {
        return products.keys_to_properties(&["l"], 0.0, SampleOrder::Sorted);
    }
    // The types of all blocks, for those that lack some.
    let column = |name| products.keys().column(name);
    let mut types = column("neighbor_1_type")?;
    types.sort_unstable();
    types.dedup();
    let all: Vec<_> = types
        .iter()
        .flat_map(|&a| types.iter().map(move |&b| [a, b]))
        .collect();
    let all = Labels::new(["neighbor_1_type", "neighbor_2_type"], &all)?;
    let moved = products.keys_to_properties(&all, 0.0, SampleOrder::Sorted)?;
    moved.keys_to_properties(&["l"], 0.0, SampleOrder::Sorted)
}

/// The same with properties in the order of their dimensions, and sorted rows.
fn normal(map: &TensorMap) -> TensorMap {
    let names = map.block_by_id(0).unwrap().properties().names().to_vec();
    let mut wanted = names.clone();
    wanted.sort_unstable();
    let order: Vec<_> = wanted
        .iter()
        .map(|name| names.iter().position(|other| other == name).unwrap())
        .collect();
    let map = crate::permute_dimensions(map, Axis::Properties, &order).unwrap();
    sort(
        &map,
        &[Axis::Keys, Axis::Samples, Axis::Properties],
        Direction::Ascending,
    )
    .unwrap()
}

/// Fails if two maps do not say the same: where one of them has no row of a gradient, the other one must be zero.
#[track_caller]
fn same(a: &TensorMap, b: &TensorMap) {
    let (a, b) = (normal(a), normal(b));
    assert_eq!(a.keys(), b.keys());
    let options = AllcloseOptions {
        rtol: 1e-12,
        atol: 1e-12,
        ..AllcloseOptions::default()
    };
    check_allclose(&a, &b, options).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn they_are_contractions(seed: u64) {
        let random = &mut Random(seed);
        // The one left out has components whose names depend on rows.
        for tree in [0, 1, 2, 3, 4, 6].map(|i| Tree::ALL[i]) {
            for same_rows in [true, false] {
                let x = expansion(random, tree, same_rows);
                if x.is_empty() {
                    continue;
                }
                for pairs in [NeighborPairs::Unique, NeighborPairs::All] {
                    let result = invariants(&x, with(pairs)).unwrap();
                    let metadata = invariants_metadata(&x, with(pairs)).unwrap();
                    let is_same = equal_metadata(&result, &metadata, EqualMetadataOptions::default());
                    prop_assert!(is_same);
                    same(&result, &contracted(&x, pairs).unwrap());
                }
            }
        }
    }
}

/// One tensor of degree 1 with the elements `(1, 2, 3) scale`, and a gradient.
fn vector(scale: f64) -> TensorBlock {
    let mu = labels(["o3_mu"], &[[-1], [0], [1]]);
    let values = array(&[1, 3, 1], &[1.0, 2.0, 3.0].map(|x| scale * x));
    let (atom, n) = (
        Labels::range("atom", 1).unwrap(),
        Labels::range("n", 1).unwrap(),
    );
    TensorBlock::new(values, atom, &[mu], n).unwrap()
}

#[test]
fn factors_of_degrees_and_pairs() {
    let names = ["o3_lambda", "o3_sigma", "neighbor_type"];
    let keys = labels(names, &[[1, 1, 8], [1, 1, 1]]);
    let x = TensorMap::new(keys, vec![vector(1.0), vector(2.0)]).unwrap();
    let p = invariants(&x, PLAIN).unwrap();
    let expected = labels(
        ["neighbor_1_type", "neighbor_2_type"],
        &[[1, 1], [1, 8], [8, 8]],
    );
    assert_eq!(*p.keys(), expected);
    let elements = |p: &TensorMap| -> Vec<f64> {
        p.blocks()
            .iter()
            .flat_map(crate::testing::values::<f64>)
            .collect()
    };
    for (x, expected) in elements(&p).iter().zip([56.0, 28.0 * SQRT_2, 14.0]) {
        assert!((x - expected).abs() < 1e-13, "{x} {expected}");
    }
    let p = invariants(&x, with(NeighborPairs::All)).unwrap();
    assert_eq!(*p.keys(), Labels::single());
    for (x, expected) in elements(&p).iter().zip([56.0, 28.0, 28.0, 14.0]) {
        assert!(
            (x + expected / 3.0_f64.sqrt()).abs() < 1e-13,
            "{x} {expected}"
        );
    }

    // Neighbors that are properties, and nothing that stays in the keys.
    let moved = x
        .keys_to_properties(&["neighbor_type"], 0.0, SampleOrder::Sorted)
        .unwrap();
    for pairs in [NeighborPairs::Unique, NeighborPairs::All] {
        same(&invariants(&moved, with(pairs)).unwrap(), &p);
    }
    let nothing = TensorMap::new(Labels::empty(&names).unwrap(), Vec::new()).unwrap();
    assert!(invariants(&nothing, PLAIN).unwrap().is_empty());
}

#[test]
fn other_types_of_elements() {
    let keys = || labels(["o3_lambda", "o3_sigma"], &[[1, 1]]);
    let mu = labels(["o3_mu"], &[[-1], [0], [1]]);
    let block = |values| {
        let (atom, n) = (
            Labels::range("atom", 1).unwrap(),
            Labels::range("n", 1).unwrap(),
        );
        let block = TensorBlock::new(values, atom, std::slice::from_ref(&mu), n).unwrap();
        let p = invariants(&TensorMap::new(keys(), vec![block]).unwrap(), PLAIN);
        p.unwrap().block_by_id(0).unwrap().clone()
    };
    let single = block(array(&[1, 3, 1], &[1_f32, 2.0, 3.0]));
    assert_eq!(crate::testing::values::<f32>(&single), [14.0]);
    // Factors have fractions.
    let integers = block(array(&[1, 3, 1], &[1_i32, 2, 3]));
    assert_eq!(crate::testing::values::<f64>(&integers), [14.0]);
}

#[test]
fn results_do_not_depend_on_threads() {
    let atoms = Labels::range("atom", 300).unwrap();
    let block = |degree: usize| {
        let mu: Vec<_> = (0..2 * degree + 1)
            .map(|m| [m as i32 - degree as i32])
            .collect();
        let mu = Labels::new(["o3_mu"], &mu).unwrap();
        let shape = [300, 2 * degree + 1, 7];
        let elements = |first: usize, shape: &[usize]| -> Vec<f64> {
            let count = shape.iter().product::<usize>();
            (0..count).map(|i| ((first + i) as f64).sin()).collect()
        };
        let n = Labels::range("n", 7).unwrap();
        let values = array(&shape, &elements(degree, &shape));
        let mut block = TensorBlock::new(values, &atoms, [mu.clone()], &n).unwrap();
        let rows: Vec<_> = (0..900).map(|i| [i / 3, i % 3]).collect();
        let shape = [900, 3, 2 * degree + 1, 7];
        let xyz = Labels::range("xyz", 3).unwrap();
        let values = array(&shape, &elements(5, &shape));
        let gradient = TensorBlock::new(values, labels(["sample", "a"], &rows), [xyz, mu], &n);
        block.add_gradient("positions", gradient.unwrap()).unwrap();
        block
    };
    let names = ["o3_lambda", "o3_sigma", "neighbor_type"];
    let keys = labels(names, &[[0, 1, 1], [0, 1, 2], [1, 1, 1], [1, 1, 2]]);
    let blocks = vec![block(0), block(0), block(1), block(1)];
    let x = TensorMap::new(keys, blocks).unwrap();
    assert_independent_of_threads(|| {
        let all = [NeighborPairs::Unique, NeighborPairs::All];
        all.into_iter()
            .map(|pairs| invariants(&x, with(pairs)))
            .collect()
    });
}

#[track_caller]
fn fails(keys: Labels, block: TensorBlock, message: &str) {
    let x = TensorMap::new(keys, vec![block]).unwrap();
    let error = invariants(&x, PLAIN).unwrap_err().to_string();
    assert_eq!(error, format!("invalid parameter: invariants: {message}"));
}

#[test]
fn errors_name_what_is_not_a_tensor() {
    let keys = |lambda, sigma| labels(["o3_lambda", "o3_sigma"], &[[lambda, sigma]]);
    fails(
        labels(["o3_lambda"], &[[1]]),
        vector(1.0),
        "keys must have the dimension 'o3_sigma', got ['o3_lambda']",
    );
    fails(
        keys(1, -1),
        vector(1.0),
        "block (o3_lambda=1, o3_sigma=-1): 'o3_sigma' must be 1: products of pseudotensors are left to `cg_product`",
    );
    fails(
        keys(-1, 1),
        vector(1.0),
        "block (o3_lambda=-1, o3_sigma=1): 'o3_lambda' is negative",
    );
    fails(
        keys(2, 1),
        vector(1.0),
        "block (o3_lambda=2, o3_sigma=1): needs one component, 'o3_mu' with 5 entries, got [o3_mu (3)]",
    );
    let block = crate::testing::block([1, 1], &[1.0]);
    fails(
        keys(0, 1),
        block,
        "block (o3_lambda=0, o3_sigma=1): needs one component, 'o3_mu' with 1 entries, got []",
    );
    let x = TensorMap::new(keys(1, 1), vec![vector(1.0)]).unwrap();
    let few = InvariantsOptions {
        max_bytes: Some(23),
        ..PLAIN
    };
    let error = invariants(&x, few).unwrap_err().to_string();
    assert!(
        error.contains("more than the 23 that the option 'max_bytes' allows"),
        "{error}"
    );
    assert!(invariants_metadata(&x, PLAIN).is_ok());
}
