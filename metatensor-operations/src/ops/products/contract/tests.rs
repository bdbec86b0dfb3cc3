mod errors;
mod known;

use std::collections::BTreeMap;

use metatensor_core::{Complex, Labels, TensorBlock};
use proptest::prelude::*;

use super::*;
use crate::testing::Random;
use crate::testing::series::{Functions, Series, Tree};
use crate::{EqualMetadataOptions, equal_metadata};

/// What an element belongs to: the value of each dimension of samples, components and properties.
type Place = BTreeMap<String, i32>;

/// All elements, whose places have these names instead of some others.
fn places(f: &Functions, renamed: &dyn Fn(&str) -> String) -> Vec<(Place, Series)> {
    let axes = std::iter::once(&f.samples)
        .chain(&f.components)
        .chain([&f.properties]);
    let mut places = vec![Place::new()];
    for axis in axes {
        let longer = places.into_iter().flat_map(|place: Place| {
            axis.iter().map(move |row| {
                let names = axis.names().iter().map(renamed);
                let mut place = place.clone();
                place.extend(
                    names
                        .zip(row.iter().copied())
                        .filter(|(name, _)| name != "_"),
                );
                place
            })
        });
        places = longer.collect();
    }
    places.into_iter().zip(f.elements.iter().cloned()).collect()
}

/// All products of elements that have the same value wherever both have a dimension, but for those with a suffix, added up
/// if they only differ in what is contracted.
fn model(a: &Functions, b: &Functions, options: &ContractOptions<'_>) -> BTreeMap<Place, Series> {
    let contracted = [options.contracted_components, options.contracted_properties].concat();
    let outer = ["e", "n"];
    let mut sums = BTreeMap::<Place, Series>::new();
    let suffixed = |side: usize| {
        let suffix = options.suffixes[side];
        move |name: &str| match outer.contains(&name) {
            true => format!("{name}{suffix}"),
            false => name.to_owned(),
        }
    };
    let (first, second) = (places(a, &suffixed(0)), places(b, &suffixed(1)));
    for (place, x) in &first {
        for (other, y) in &second {
            if place
                .iter()
                .any(|(name, value)| other.get(name).is_some_and(|v| v != value))
            {
                continue;
            }
            let mut both = place.clone();
            both.extend(other.clone());
            both.retain(|name, _| !contracted.contains(&name.as_str()));
            let sum = sums.entry(both).or_default();
            *sum = sum.plus(&x.times(y));
        }
    }
    sums
}

/// Labels with some of all values of these dimensions, in any order: at least one, or all.
fn some(random: &mut Random, dimensions: &[(&str, i32)], all: bool) -> Labels {
    let mut rows = vec![Vec::new()];
    for &(_, count) in dimensions {
        let longer = rows
            .into_iter()
            .flat_map(|row: Vec<i32>| (0..count).map(move |i| [&row[..], &[i]].concat()));
        rows = longer.collect();
    }
    random.shuffle(&mut rows);
    if !all {
        rows.truncate(1 + random.below(rows.len()));
    }
    let names: Vec<_> = dimensions.iter().map(|(name, _)| *name).collect();
    Labels::from_rows(&names, &rows).unwrap()
}

fn functions(
    random: &mut Random,
    samples: Labels,
    components: Vec<Labels>,
    properties: Labels,
) -> Functions {
    let axes = components.iter().map(Labels::count).product::<usize>();
    let count = samples.count() * axes * properties.count();
    let mut elements = Vec::new();
    while elements.len() < count {
        elements.extend(Functions::random(random, 2, false).elements);
    }
    elements.truncate(count);
    Functions {
        samples,
        components,
        properties,
        elements,
    }
}

/// Functions with the components `c` (contracted), `d` (matched) and `e` (outer), and the properties `k`, `m` and `n`, or
/// some of these.
fn random_functions(
    random: &mut Random,
    kinds: &[bool],
    samples: Labels,
    is_second: bool,
) -> Functions {
    let axis = |name: &str, count| Labels::range(name, count).unwrap();
    let mut components = Vec::new();
    let all = [("c", 3), ("d", 2), ("e", if is_second { 1 } else { 2 })];
    for (&(name, count), &is_there) in all.iter().zip(kinds) {
        if is_there {
            components.push(axis(name, count));
        }
    }
    random.shuffle(&mut components);
    let outer = if is_second { 3 } else { 2 };
    let all = [("k", 2), ("m", 2), ("n", outer)];
    let dimensions = all.into_iter().zip(&kinds[3..]);
    let mut dimensions: Vec<_> = dimensions
        .filter(|(_, there)| **there)
        .map(|(d, _)| d)
        .collect();
    if dimensions.is_empty() {
        dimensions.push(("m", 2));
    }
    random.shuffle(&mut dimensions);
    let properties = some(random, &dimensions, true);
    functions(random, samples, components, properties)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// All numbers are integers: there is no rounding.
    #[test]
    fn products_of_polynomials(seed: u64) {
        let random = &mut Random(seed);
        let kinds: Vec<_> = (0..6).map(|_| random.below(2) == 0).collect();
        let samples = some(random, &[("s", 2), ("t", 2)], false);
        let others = match random.below(4) {
            0 => some(random, &[("t", 2), ("s", 2)], false),
            1 => some(random, &[("t", 2)], false),
            2 => Labels::single(),
            _ => samples.clone(),
        };
        let a = random_functions(random, &kinds, samples, false);
        let b = random_functions(random, &kinds, others, true);
        let (a, b) = if random.below(2) == 0 { (a, b) } else { (b, a) };
        let has_k = a.properties.names().contains("k");
        let has_m = a.properties.names().contains("m");
        let options = ContractOptions {
            contracted_components: if kinds[0] { &["c"] } else { &[] },
            matched_components: match kinds[2] {
                false => None,
                true => Some(if kinds[1] { &["d"] } else { &[] }),
            },
            contracted_properties: if has_k { &["k"] } else { &[] },
            matched_properties: match a.properties.names().contains("n") {
                false => None,
                true => Some(if has_m { &["m"] } else { &[] }),
            },
            samples: if random.below(2) == 0 { SamplePairs::Union } else { SamplePairs::Intersection },
            ..ContractOptions::default()
        };
        let suffixed = |names: &[&str]| {
            // Only names that both have get a suffix: here, all outer ones.
            names.iter().all(|name| !["e", "n"].contains(name))
        };
        for tree in Tree::ALL {
            let trees = match random.below(4) {
                0 => [tree, Tree::ALL[0]],
                1 => [Tree::ALL[0], tree],
                _ => [tree, tree],
            };
            // What has no gradients is constant.
            let constant = |f: &Functions, tree: Tree| match tree.0 {
                [] => f.map(|x| Series::constant(x.value())),
                _ => f.clone(),
            };
            let sums = model(&constant(&a, trees[0]), &constant(&b, trees[1]), &options);
            let x = a.block(trees[0], random, |x| x.re);
            let y = b.block(trees[1], random, |x| x.re);
            let result = contract(&x, &y, options).unwrap();
            let metadata = contract_metadata(&x, &y, options).unwrap();
            prop_assert!(equal_metadata(&result, &metadata, EqualMetadataOptions::default()));
            prop_assert!(suffixed(&result.properties().names().to_vec()));

            if result.samples().is_empty() {
                prop_assert!(sums.is_empty());
                continue;
            }
            let expected = Functions {
                samples: result.samples().clone(),
                components: result.components().to_vec(),
                properties: result.properties().clone(),
                elements: vec![Series::default(); result.shape().iter().product()],
            };
            let mut left = sums;
            let all = places(&expected, &str::to_owned);
            let elements = all.iter().map(|(place, _)| left.remove(place).unwrap_or_default());
            let expected = expected.with(elements.collect());
            prop_assert!(left.is_empty(), "{left:?} is missing");
            let tree = if trees[0].0.is_empty() { trees[1] } else { trees[0] };
            expected.check(&result, tree, |x: f64| Complex::from(x), 0.0);
        }
    }
}

/// A block with samples `s`, a component `c` and properties `p`, all of some lengths, and elements that count from `first`.
pub(super) fn counted(shape: [usize; 3], first: f64) -> TensorBlock {
    let elements: Vec<_> = (0..shape.iter().product())
        .map(|i| first + i as f64)
        .collect();
    let values = crate::testing::array(&shape, &elements);
    let axes = ["s", "c", "p"].into_iter().zip(shape);
    let axes: Vec<_> = axes
        .map(|(name, count)| Labels::range(name, count).unwrap())
        .collect();
    TensorBlock::new(values, &axes[0], &axes[1..2], &axes[2]).unwrap()
}
