//! Random blocks with ghosts against what they mean.

use std::collections::BTreeMap;

use metatensor_core::{Labels, TensorBlock};
use proptest::prelude::*;

use crate::halo::{BlockHalo, Halo};
use crate::testing::{Contents, Form, Random, contents};
use crate::{Communicator, run_local};

/// What each rank owns, and has as ghosts: samples `s, a`, where `s` says who owns it.
struct Case {
    form: Form,
    owned: Vec<Vec<[i32; 2]>>,
    ghosts: Vec<Vec<[i32; 2]>>,
    /// Some of the owned samples, in another order.
    samples: Vec<Vec<[i32; 2]>>,
}

impl Case {
    fn new(seed: u64, ranks: usize) -> Case {
        let mut random = Random::new(seed);
        let count = random.below(20) as i32;
        let mut owned = vec![Vec::new(); ranks];
        for s in random.some((0..count).collect(), 20) {
            owned[random.below(ranks)].push([s, 0]);
        }
        let present: Vec<i32> = owned.iter().flatten().map(|sample| sample[0]).collect();
        let ghosts = (0..ranks).map(|_| {
            let images = present.iter().flat_map(|&s| [[s, 1], [s, 2]]);
            random.some(images.collect(), 16)
        });
        let ghosts: Vec<_> = ghosts.collect();
        let samples = owned.iter().map(|owned| match random.below(3) {
            0 => owned.clone(),
            _ => random.some(owned.clone(), 20),
        });
        Case {
            samples: samples.collect(),
            form: random.form(),
            owned,
            ghosts,
        }
    }

    fn block(&self, seed: u64, samples: &[[i32; 2]]) -> TensorBlock {
        let block = ([0, 0], samples.to_vec());
        let map = Random::new(seed).map(&self.form, &[block], |x| i64::from(x % 1000) - 500);
        map.block_by_id(0).unwrap().clone()
    }

    /// Blocks of all ranks, and a random one for each of them when they have ghosts.
    fn run<T: Send>(
        &self,
        test: impl Fn(&Communicator, &mut BlockHalo, &TensorBlock) -> T + Sync,
    ) -> Vec<T> {
        run_local(self.owned.len(), |communicator| {
            let rank = communicator.rank();
            let labels = |rows: &[[i32; 2]]| Labels::new(["s", "a"], rows).unwrap();
            let (owned, ghosts) = (labels(&self.owned[rank]), labels(&self.ghosts[rank]));
            let halo = Halo::of_labels(&communicator, &owned, &ghosts, &["s"]).unwrap();
            let block = self.block(rank as u64, &self.samples[rank]);
            let mut blocks = halo.prepare(&block).unwrap();
            drop(halo);
            test(&communicator, &mut blocks, &block)
        })
    }
}

/// Sums of elements by path, owner and other dimensions.
type Sums = BTreeMap<(String, Vec<i32>), Vec<i64>>;

/// Adds the rows of a block, of which the first `width` dimensions of samples are looked at.
fn add_to(
    sums: &mut Sums,
    path: &str,
    contents: &Contents,
    width: usize,
    above: Option<&[Vec<i32>]>,
) {
    let labels: Vec<Vec<i32>> = contents
        .samples
        .iter()
        .map(|sample| match above {
            None => sample[..width].to_vec(),
            Some(above) => [&above[sample[0] as usize], &sample[1..]].concat(),
        })
        .collect();
    for (label, row) in labels.iter().zip(&contents.elements) {
        let row: Vec<i64> = row
            .as_chunks()
            .0
            .iter()
            .map(|bytes| i64::from_ne_bytes(*bytes))
            .collect();
        let sum = sums
            .entry((path.to_owned(), label.clone()))
            .or_insert_with(|| vec![0; row.len()]);
        sum.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
    }
    for (parameter, gradient) in &contents.gradients {
        add_to(
            sums,
            &format!("{path}/{parameter}"),
            gradient,
            width,
            Some(&labels),
        );
    }
}

fn sums<'a>(blocks: impl IntoIterator<Item = &'a TensorBlock>) -> Sums {
    let mut sums = Sums::new();
    for block in blocks {
        add_to(&mut sums, "", &contents(block), 1, None);
    }
    sums
}

/// The sum of products of all elements of blocks with the same rows.
fn dot(a: &TensorBlock, b: &TensorBlock) -> i64 {
    let [a, b] = [a, b].map(|block| {
        let mut rows = Sums::new();
        add_to(&mut rows, "", &contents(block), 2, None);
        rows
    });
    assert!(a.keys().eq(b.keys()));
    let products = a
        .values()
        .flatten()
        .zip(b.values().flatten())
        .map(|(a, b)| a * b);
    products.sum()
}

/// The same labels with other values.
fn other_values(block: &TensorBlock, seed: i64) -> TensorBlock {
    let mut other = block.deep_copy().unwrap();
    for (i, x) in (0..).zip(other.values_as_mut::<i64>().unwrap().iter_mut()) {
        *x = (i * 37 + seed) % 101 - 50;
    }
    let parts = other.into_parts();
    let mut other = TensorBlock::new(
        parts.values,
        parts.samples,
        &parts.components,
        parts.properties,
    )
    .unwrap();
    for (parameter, gradient) in &parts.gradients {
        other
            .add_gradient(parameter, other_values(gradient, seed + 5))
            .unwrap();
    }
    other
}

fn assert_gradients_are_sorted(block: &TensorBlock) {
    for (_, gradient) in block.gradients() {
        assert!(gradient.samples().is_sorted());
        assert_gradients_are_sorted(gradient);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn ghosts_have_all_that_owners_have(seed in any::<u64>(), ranks in 1..=8_usize) {
        let case = Case::new(seed, ranks);
        let results = case.run(|_, blocks, block| {
            let first = blocks.forward(block).unwrap();
            let again = blocks.forward(&block.deep_copy().unwrap()).unwrap();
            assert_eq!(contents(&first), contents(&again));
            assert!(first.samples().is_same(again.samples()));
            assert!(blocks.samples().is_same(again.samples()));
            (contents(block), contents(&first))
        });
        for (rank, (own, found)) in results.iter().enumerate() {
            let mut expected = own.clone();
            for ghost in &case.ghosts[rank] {
                for (samples, (owner, _)) in case.samples.iter().zip(&results) {
                    if let Some(row) = samples.iter().position(|sample| sample[0] == ghost[0]) {
                        let mut row = owner.with_rows(&[row]);
                        row.samples[0] = ghost.to_vec();
                        expected.append(&row);
                    }
                }
            }
            prop_assert_eq!(&expected.samples, &found.samples);
            prop_assert_eq!(&expected.elements, &found.elements);
            prop_assert_eq!(expected.sorted(), found.sorted());
        }
    }

    #[test]
    fn owners_get_the_sums_of_ghosts(seed in any::<u64>(), ranks in 1..=8_usize) {
        let case = Case::new(seed, ranks);
        let results = case.run(|communicator, blocks, _| {
            let samples = blocks.samples().iter().map(|row| [row[0], row[1]]);
            let samples: Vec<_> = samples.collect();
            let rank = communicator.rank() as u64;
            // other labels on one rank, or on all of them, and the same again
            let given = [0, 0, rank / 3, 2].map(|i| case.block(100 + rank + 1000 * i, &samples));
            let sums = given.iter().map(|given| blocks.reverse_add(given).unwrap());
            (sums.collect::<Vec<_>>(), given)
        });
        for step in 0..4 {
            let given = sums(results.iter().map(|result| &result.1[step]));
            let found = sums(results.iter().map(|result| &result.0[step]));
            prop_assert_eq!(given, found);
            for (samples, (found, _)) in case.samples.iter().zip(&results) {
                let labels = found[step].samples().iter().map(<[i32]>::to_vec);
                prop_assert!(labels.eq(samples.iter().map(|sample| sample.to_vec())));
                assert_gradients_are_sorted(&found[step]);
            }
        }
    }

    #[test]
    fn reverse_is_the_adjoint_of_forward(seed in any::<u64>(), ranks in 1..=8_usize) {
        let case = Case::new(seed, ranks);
        let products = case.run(|communicator, blocks, x| {
            let of_ghosts = blocks.forward(x).unwrap();
            let y = other_values(&of_ghosts, communicator.rank() as i64);
            let of_owned = blocks.reverse_add(&y).unwrap();
            (dot(&of_ghosts, &y), dot(x, &of_owned))
        });
        let forward: i64 = products.iter().map(|product| product.0).sum();
        let reverse: i64 = products.iter().map(|product| product.1).sum();
        prop_assert_eq!(forward, reverse);
    }
}
