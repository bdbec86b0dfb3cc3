//! Gradients are the derivatives of polynomials, at all depths.

use metatensor_core::{Labels, TensorMap};

use super::{keys, mu, product};
use crate::ops::products::clebsch_gordan::coefficients::coefficients;
use crate::ops::products::clebsch_gordan::{CgOptions, CgPowerOptions, cg_power, cg_product};
use crate::testing::Random;
use crate::testing::series::{Functions, Series, Tree};
use crate::{check_allclose, remove_gradients};

/// Functions with the components of an angular momentum, for two samples.
fn functions(random: &mut Random, lambda: usize, property: &str) -> Functions {
    let lines = 2 * lambda + 1;
    let mut elements = Vec::new();
    while elements.len() < 2 * lines * 2 {
        elements.extend(Functions::random(random, 2, false).elements);
    }
    elements.truncate(2 * lines * 2);
    Functions {
        samples: Labels::range("s", 2).unwrap(),
        components: vec![mu(lambda)],
        properties: Labels::range(property, 2).unwrap(),
        elements,
    }
}

/// The product of functions with these angular momenta.
fn multiplied(a: &Functions, b: &Functions, l: [usize; 3]) -> Functions {
    let lines = l.map(|l| 2 * l + 1);
    let all = coefficients(l[0], l[1], l[2]).unwrap();
    let mut elements = Vec::new();
    for sample in 0..2 {
        let (x, y) = (a.row(sample), b.row(sample));
        for m in 0..lines[2] {
            for p in 0..2 {
                for q in 0..2 {
                    let of_m = all.iter().filter(|c| c.mu == m);
                    let sum = of_m.fold(Series::default(), |sum, c| {
                        let term = x[c.m1 * 2 + p].times(&y[c.m2 * 2 + q]);
                        sum.plus(&term.scaled(c.value))
                    });
                    elements.push(sum);
                }
            }
        }
    }
    let pairs = [[0, 0], [0, 1], [1, 0], [1, 1]];
    Functions {
        samples: a.samples.clone(),
        components: vec![mu(l[2])],
        properties: Labels::new(["n", "m"], pairs).unwrap(),
        elements,
    }
}

#[test]
fn gradients_of_products_are_derivatives_at_all_depths() {
    let random = &mut Random(11);
    for tree in Tree::ALL {
        for (l1, l2) in [(0, 1), (1, 1), (2, 1)] {
            let (a, b) = (functions(random, l1, "n"), functions(random, l2, "m"));
            let map = |functions: &Functions, l, random: &mut Random| {
                let block = functions.block(tree, random, |x| x.re);
                TensorMap::new(keys([], &[(l as i32, 1, [])]), vec![block]).unwrap()
            };
            let (x, y) = (map(&a, l1, random), map(&b, l2, random));
            let z = product(&x, &y);
            for lambda in l1.abs_diff(l2)..=l1 + l2 {
                let block = z.block(&[("o3_lambda", lambda as i32)]).unwrap();
                let expected = multiplied(&a, &b, [l1, l2, lambda]);
                expected.check(block, tree, |x: f64| x.into(), 1e-12);
            }
        }
    }
}

#[test]
fn a_map_without_gradients_is_constant() {
    let random = &mut Random(12);
    for tree in Tree::ALL {
        let (a, b) = (functions(random, 1, "n"), functions(random, 1, "m"));
        let keys = keys([], &[(1, 1, [])]);
        let x = TensorMap::new(&keys, vec![a.block(tree, random, |x| x.re)]).unwrap();
        let y = TensorMap::new(&keys, vec![b.block(Tree::ALL[0], random, |x| x.re)]).unwrap();
        let constant = b.map(|x| Series::constant(x.value()));
        for lambda in 0..=2 {
            let key = [("o3_lambda", lambda as i32)];
            let expected = multiplied(&a, &constant, [1, 1, lambda]);
            let z = product(&x, &y);
            expected.check(z.block(&key).unwrap(), tree, |x: f64| x.into(), 1e-12);

            let z = cg_product(&y, &x, "l_1", "l_2", CgOptions::default()).unwrap();
            let mut expected = multiplied(&constant, &a, [1, 1, lambda]);
            expected.properties =
                Labels::new(["m", "n"], [[0, 0], [0, 1], [1, 0], [1, 1]]).unwrap();
            expected.check(z.block(&key).unwrap(), tree, |x: f64| x.into(), 1e-12);
        }
    }
}

#[test]
fn powers_have_the_gradients_of_products() {
    let random = &mut Random(13);
    let tree = Tree::ALL[3];
    let a = functions(random, 1, "n");
    let keys = keys([], &[(1, 1, [])]);
    let x = TensorMap::new(&keys, vec![a.block(tree, random, |x| x.re)]).unwrap();
    let options = CgPowerOptions {
        skip_redundant: false,
        ..CgPowerOptions::default()
    };
    let z = cg_power(&x, 2, options).unwrap();
    let rename = |old: &str, new: &str, map: &TensorMap| {
        crate::rename_dimension(map, crate::Axis::Properties, old, new).unwrap()
    };
    let [first, second, third] = ["n_1", "n_2", "n_3"].map(|name| rename("n", name, &x));
    let pairs = product(&first, &second);
    let expected = cg_product(&pairs, &third, "k_2", "l_3", CgOptions::default()).unwrap();
    assert_eq!(z.keys(), expected.keys());
    check_allclose(&z, &expected, crate::AllcloseOptions::default()).unwrap();
    assert!(z.blocks().iter().all(|block| block.has_gradient("p")));

    let without = cg_power(&remove_gradients(&x, None).unwrap(), 2, options).unwrap();
    crate::check_equal(&without, &remove_gradients(&z, None).unwrap()).unwrap();
}
