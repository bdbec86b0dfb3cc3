//! What is not wanted is not computed.

use std::sync::Arc;

use metatensor_core::{Labels, TensorMap};

use super::{keys, pair, product, random_map};
use crate::ops::products::clebsch_gordan::plan::{Couplings, Plan, Wanted};
use crate::ops::products::clebsch_gordan::{
    CgOptions, CgPowerOptions, CgProduct, cg_power, cg_product,
};
use crate::testing::Random;
use crate::{check_equal, filter_blocks};

fn selected(a: &TensorMap, b: &TensorMap, selected: &Labels) -> TensorMap {
    let options = CgOptions {
        selected_keys: Some(selected),
        max_bytes: None,
    };
    cg_product(a, b, "l_1", "l_2", options).unwrap()
}

#[test]
fn selected_keys_are_those_of_all_products() {
    let [a, b] = pair(&mut Random(31), |x| x);
    let all = product(&a, &b);
    for selection in [
        Labels::new(["o3_lambda"], [[3], [0], [17]]).unwrap(),
        Labels::new(["l_2", "o3_lambda"], [[3, 1], [1, 3]]).unwrap(),
        Labels::new(["o3_sigma", "j"], [[-1, 5]]).unwrap(),
        Labels::empty(&["l_1"]).unwrap(),
    ] {
        let some = selected(&a, &b, &selection);
        let expected = filter_blocks(&all, &selection).unwrap();
        assert_eq!(some.keys(), expected.keys());
        check_equal(&some, &expected).unwrap();
    }
    let everything = Labels::from_values::<&str>(&[], Vec::new()).unwrap();
    check_equal(&selected(&a, &b, &everything), &all).unwrap();
}

#[test]
fn selections_with_all_dimensions_give_the_order() {
    let [a, b] = pair(&mut Random(32), |x| x);
    let all = product(&a, &b);
    let rows = [12, 4, 3, 0, 2].map(|i| &all.keys()[i]);
    let names = all.keys().names().to_vec();
    let selection = Labels::from_rows(&names, rows).unwrap();
    let some = selected(&a, &b, &selection);
    // those of the same two blocks come together, as in featomic
    let expected = [12, 4, 3, 2, 0].map(|i| &all.keys()[i]);
    assert_eq!(some.keys().iter().collect::<Vec<_>>(), expected);
}

#[test]
fn blocks_that_are_not_needed_for_a_power_are_not_computed() {
    let keys = keys([], &[(0, 1, []), (1, 1, []), (2, 1, []), (3, 1, [])]);
    let mut couplings = Couplings::new();
    let wanted = |selected| Wanted {
        names: ["l_1", "l_2"],
        selected,
        cutoff: None,
        sorted: &[],
    };
    let mut pairs = Plan::new([&keys, &keys], &wanted(None), &mut couplings).unwrap();
    let invariant = Labels::new(["o3_lambda"], [[0]]).unwrap();
    let wanted = Wanted {
        names: ["k_2", "l_3"],
        ..wanted(Some(&invariant))
    };
    let mut triples = Plan::new([&pairs.keys, &keys], &wanted, &mut couplings).unwrap();
    let used = triples.renumber_first();
    let before = pairs.keys.clone();
    pairs.keep(&used).unwrap();
    assert!(pairs.keys.count() < before.count());
    assert!(
        pairs
            .keys
            .column("o3_lambda")
            .unwrap()
            .iter()
            .all(|&lambda| lambda <= 3)
    );
    let products = pairs.combinations.iter().map(|c| c.couplings.len());
    assert_eq!(products.sum::<usize>(), pairs.keys.count());
    for (new, &old) in used.iter().enumerate() {
        assert_eq!(pairs.keys[new], before[old]);
    }
    for (combination, key) in triples.combinations.iter().zip(&triples.keys) {
        assert_eq!(pairs.keys[combination.first][0], key[4]);
    }
}

#[test]
fn powers_with_selections_are_parts_of_all() {
    let random = &mut Random(33);
    let keys = keys(
        ["c"],
        &[(0, 1, [0]), (1, 1, [0]), (2, 1, [0]), (1, -1, [1])],
    );
    let samples = Labels::range("s", 3).unwrap();
    let x = random_map(
        &keys,
        &samples,
        &Labels::range("n", 2).unwrap(),
        random,
        |x| x,
    );
    let selection = Labels::new(["o3_lambda", "o3_sigma"], [[0, 1], [1, -1]]).unwrap();
    for skip_redundant in [true, false] {
        for angular_cutoff in [None, Some(2)] {
            for count in 1..=3 {
                let options = CgPowerOptions {
                    skip_redundant,
                    angular_cutoff,
                    ..CgPowerOptions::default()
                };
                let all = cg_power(&x, count, options).unwrap();
                let options = CgPowerOptions {
                    selected_keys: Some(&selection),
                    ..options
                };
                let some = cg_power(&x, count, options).unwrap();
                let expected = filter_blocks(&all, &selection).unwrap();
                assert_eq!(some.keys(), expected.keys());
                check_equal(&some, &expected).unwrap();
                assert!(some.len() < all.len() && !some.is_empty());
                let l: Vec<_> = (1..=count + 1).map(|i| format!("l_{i}")).collect();
                let columns: Vec<_> = l.iter().map(|l| all.keys().column(l).unwrap()).collect();
                let is_sorted = |i: usize| columns.iter().is_sorted_by_key(|column| column[i]);
                assert_eq!((0..all.len()).all(is_sorted), skip_redundant);
            }
        }
    }
}

#[test]
fn plans_are_kept_for_the_same_keys() {
    let random = &mut Random(34);
    let [a, b] = pair(random, |x| x);
    let product = CgProduct::new("l_1", "l_2", CgOptions::default()).unwrap();
    let first = product.plan(&a, &b).unwrap();
    let [again, other] = pair(random, |x| x);
    assert!(Arc::ptr_eq(&first, &product.plan(&again, &other).unwrap()));
    check_equal(
        &product.compute(&again, &other).unwrap(),
        &super::product(&again, &other),
    )
    .unwrap();

    // other keys, with some of the coefficients that are known
    let keys = keys(["center_type"], &[(1, 1, [1])]);
    let samples = again.block_by_id(0).unwrap().samples();
    let few = random_map(
        &keys,
        samples,
        &Labels::range("n", 1).unwrap(),
        random,
        |x| x,
    );
    let second = product.plan(&few, &other).unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    check_equal(
        &product.compute(&few, &other).unwrap(),
        &super::product(&few, &other),
    )
    .unwrap();
    let coupling = |plan: &Plan, i: usize| Arc::clone(&plan.combinations[i].couplings[0].1);
    let third = product.plan(&a, &b).unwrap();
    assert!(!Arc::ptr_eq(&first, &third));
    assert!(Arc::ptr_eq(&coupling(&first, 0), &coupling(&third, 0)));
}
