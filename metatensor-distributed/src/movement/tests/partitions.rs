//! Where partitions send rows.

use std::collections::BTreeMap;

use metatensor_core::{Error, Labels, TensorMap};

use super::maps;
use crate::testing::{Contents, Random, contents_of_map};
use crate::{Order, Partition, run_local};

/// All rows, sorted, of maps that are together one.
fn all_rows(maps: &[TensorMap]) -> BTreeMap<Vec<i32>, Contents> {
    let mut all: BTreeMap<Vec<i32>, Contents> = BTreeMap::new();
    for map in maps {
        for (key, contents) in contents_of_map(map) {
            let known = all.entry(key).or_insert_with(|| contents.without_rows());
            known.append(&contents);
        }
    }
    all.into_iter()
        .map(|(key, contents)| (key, contents.sorted()))
        .collect()
}

/// The ranks on which each value of some columns of samples is, and how many samples there are on each rank.
fn ranks_of_values(
    maps: &[TensorMap],
    columns: &[usize],
) -> (BTreeMap<Vec<i32>, Vec<usize>>, Vec<usize>) {
    let mut ranks: BTreeMap<Vec<i32>, Vec<usize>> = BTreeMap::new();
    let mut counts = vec![0; maps.len()];
    for (rank, map) in maps.iter().enumerate() {
        for block in map.blocks() {
            counts[rank] += block.samples().count();
            for sample in block.samples() {
                let value = columns.iter().map(|&column| sample[column]).collect();
                let known: &mut Vec<usize> = ranks.entry(value).or_default();
                if !known.contains(&rank) {
                    known.push(rank);
                }
            }
        }
    }
    (ranks, counts)
}

/// Redistributes random maps, and checks that all rows are still there.
fn redistributed(
    seed: u64,
    partition: &(dyn Fn(usize) -> Partition<'static> + Sync),
) -> Vec<TensorMap> {
    let mut random = Random::new(seed);
    let ranks = 1 + random.below(8);
    let form = random.form();
    let maps = maps(&mut random, &form, ranks, f64::from);
    let moved = run_local(ranks, |communicator| {
        let map = &maps[communicator.rank()];
        communicator
            .redistribute(map, &partition(communicator.rank()), Order::Source)
            .unwrap()
    });
    assert_eq!(all_rows(&moved), all_rows(&maps), "seed {seed}");
    moved
}

#[test]
fn equal_values_are_on_one_rank() {
    for seed in 0..8 {
        for names in [&["s"][..], &["a"], &["a", "s"]] {
            let columns: Vec<_> = names.iter().map(|&name| usize::from(name == "a")).collect();
            let strided = redistributed(seed, &|_| Partition::Strided(names));
            let (ranks, _) = ranks_of_values(&strided, &columns);
            for (i, ranks) in ranks.values().enumerate() {
                assert_eq!(*ranks, [i % strided.len()]);
            }
            let contiguous = redistributed(seed, &|_| Partition::Contiguous(names));
            let (ranks, _) = ranks_of_values(&contiguous, &columns);
            let ranks: Vec<_> = ranks.into_values().collect();
            assert!(ranks.iter().all(|ranks| ranks.len() == 1) && ranks.is_sorted());
            let hashed = redistributed(seed, &|_| Partition::Hashed(names));
            let (ranks, _) = ranks_of_values(&hashed, &columns);
            assert!(ranks.values().all(|ranks| ranks.len() == 1));
        }
    }
}

#[test]
fn rows_and_blocks_are_cut_as_given() {
    for seed in 0..10 {
        let moved = redistributed(seed, &|_| Partition::Rows);
        let ranks = moved.len();
        for i in 0..moved[0].len() {
            let counts: Vec<_> = moved
                .iter()
                .map(|map| map.blocks()[i].samples().count())
                .collect();
            let total: usize = counts.iter().sum();
            for (rank, count) in counts.into_iter().enumerate() {
                assert_eq!(count, (rank + 1) * total / ranks - rank * total / ranks);
            }
        }
        let moved = redistributed(seed, &|_| Partition::Blocks);
        for i in 0..moved[0].len() {
            let filled = moved
                .iter()
                .filter(|map| !map.blocks()[i].samples().is_empty());
            assert!(filled.count() <= 1);
        }
        let ranks = moved.len() as i32;
        let by_key = move |key: &[i32]| Ok((key[0] * 3 + key[1]) % ranks);
        let by_key: &'static _ = Box::leak(Box::new(by_key));
        let moved = redistributed(seed, &|_| Partition::Keys(by_key));
        for (rank, map) in moved.iter().enumerate() {
            for (key, block) in map {
                assert!(block.samples().is_empty() || (key[0] * 3 + key[1]) % ranks == rank as i32);
            }
        }
        let by_row = move |_: usize, sample: &[i32]| Ok((sample[0] + sample[1] + 2) % ranks);
        let by_row: &'static _ = Box::leak(Box::new(by_row));
        let moved = redistributed(seed, &|_| Partition::By(by_row));
        for (rank, map) in moved.iter().enumerate() {
            for sample in map.blocks().iter().flat_map(|block| block.samples()) {
                assert_eq!((sample[0] + sample[1] + 2) % ranks, rank as i32);
            }
        }
    }
}

#[test]
fn owners_get_their_rows() {
    for seed in 0..6 {
        // rank r owns s = r - 2, if there is such a sample, and the last one the rest
        let ranks = redistributed(seed, &|_| Partition::Rows).len() as i32;
        let owned = |rank: usize| {
            let rank = rank as i32;
            let of_rank = (-2..3).filter(|s| (s + 2).min(ranks - 1) == rank);
            let rows = of_rank.flat_map(|s| [[9, s], [8, s]]);
            let labels: &'static Labels =
                Box::leak(Box::new(Labels::from_rows(&["x", "s"], rows).unwrap()));
            Partition::Owners {
                owned: labels,
                dimensions: &["s"],
            }
        };
        let moved = redistributed(seed, &owned);
        for (rank, map) in moved.iter().enumerate() {
            for sample in map.blocks().iter().flat_map(|block| block.samples()) {
                assert_eq!((sample[0] + 2).min(ranks - 1), rank as i32);
            }
        }
    }
}

/// With gradient rows in the order of their samples, what was scattered and gathered is what it was, bit for bit. Otherwise,
/// gradient rows are in the order of the ranks that their samples were on, and then in the order that they had: nobody knows
/// how rows of different ranks were mixed.
#[test]
fn gathering_undoes_scattering() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let ranks = 1 + random.below(8);
        let form = random.form();
        let map = maps(&mut random, &form, 1, f64::from).remove(0);
        let results = run_local(ranks, |communicator| {
            let is_root = communicator.rank() == 0;
            let part = communicator
                .scatter(0, is_root.then_some(&map), &Partition::Rows)
                .unwrap();
            communicator.gather(0, &part, Order::Source).unwrap()
        });
        let gathered = contents_of_map(results[0].as_ref().unwrap());
        for (key, contents) in contents_of_map(&map) {
            let rows = contents.samples.len();
            let part_of = |row: usize| {
                (0..ranks)
                    .position(|rank| row < (rank + 1) * rows / ranks)
                    .unwrap()
            };
            let expected = by_part(&contents, &part_of);
            assert_eq!(gathered[&key], expected, "seed {seed}, {ranks} ranks");
        }
    }
}

/// The same samples, with gradient rows sorted by the part that their sample is in.
fn by_part(contents: &Contents, part_of: &dyn Fn(usize) -> usize) -> Contents {
    let mut result = contents.clone();
    for gradient in result.gradients.values_mut() {
        let mut rows: Vec<_> = (0..gradient.samples.len()).collect();
        let part_of_row = |row: usize| part_of(gradient.samples[row][0] as usize);
        rows.sort_by_key(|&row| part_of_row(row));
        let inner = gradient.with_rows(&rows);
        let parts: Vec<_> = rows.iter().map(|&row| part_of_row(row)).collect();
        *gradient = by_part(&inner, &|row| parts[row]);
    }
    result
}

#[test]
fn sorted_results_do_not_depend_on_the_number_of_ranks() {
    let mut random = Random::new(3);
    let form = random.form();
    let map = maps(&mut random, &form, 1, f64::from).remove(0);
    let of_ranks = |ranks: usize| {
        let results = run_local(ranks, |communicator| {
            let is_root = communicator.rank() == 0;
            let part = communicator
                .scatter(0, is_root.then_some(&map), &Partition::Hashed(&["s", "a"]))
                .unwrap();
            communicator.all_gather(&part, Order::Labels).unwrap()
        });
        contents_of_map(&results[ranks - 1])
    };
    let expected = of_ranks(1);
    for ranks in 2..=8 {
        assert_eq!(of_ranks(ranks), expected);
    }
}

#[test]
fn partitions_are_checked() {
    let samples = Labels::new(["s", "a"], [[0, 1], [0, 2]]).unwrap();
    let values = ndarray::arr2(&[[0.5], [1.5]]);
    let block = metatensor_core::TensorBlock::new(values, samples, [], Labels::single()).unwrap();
    let map = TensorMap::new(Labels::new(["k"], [[5]]).unwrap(), vec![block]).unwrap();
    let owned = [
        Labels::new(["s"], [[0], [1]]).unwrap(),
        Labels::new(["s"], [[1], [2]]).unwrap(),
        Labels::new(["s"], [[7]]).unwrap(),
    ];
    let errors = run_local(2, |communicator| {
        let rank = communicator.rank();
        let error = |partition: Partition<'_>| {
            let map = (rank == 0).then_some(&map);
            communicator
                .scatter(0, map, &partition)
                .unwrap_err()
                .to_string()
        };
        let owners = |owned| Partition::Owners {
            owned,
            dimensions: &["s"],
        };
        [
            error(Partition::Keys(&|_| Ok(2))),
            error(Partition::Keys(&|_| Ok(rank as i32))),
            error(Partition::By(&|_, sample| Ok(1 - sample[1]))),
            error(Partition::By(&|block, sample| {
                Err(Error::Callback(format!("{block} {sample:?}")))
            })),
            error(Partition::Ranks(&[&[0, 7]])),
            error(Partition::Ranks(&[&[0]])),
            error(Partition::Ranks(&[])),
            error(Partition::Strided(&["b"])),
            error(Partition::Hashed(&[])),
            error(owners(&owned[rank])),
            error(owners(&owned[2 * rank + usize::from(rank == 0)])),
        ]
    });
    for errors in errors {
        assert_eq!(
            errors,
            [
                "invalid parameter: rank 0: block (k=5) would go to rank 2, but there are 2 ranks",
                "invalid parameter: rank 0: the function of `Partition::Keys` must give the same rank for a key on all ranks",
                "invalid parameter: rank 0: block (k=5): row 1 (s=0, a=2) would go to rank -1, but there are 2 ranks",
                "callback error: rank 0: block (k=5): row 0 (s=0, a=1): 0 [0, 1]",
                "invalid parameter: rank 0: block (k=5): row 1 (s=0, a=2) would go to rank 7, but there are 2 ranks",
                "invalid parameter: rank 0: `Partition::Ranks` has ranks for 1 rows of block (k=5), but there are 2",
                "invalid parameter: rank 0: `Partition::Ranks` has ranks for 0 blocks, but this rank has 1",
                "invalid parameter: rank 0: 'b' is not a dimension of the samples, which have ['s', 'a']",
                "invalid parameter: rank 0: a partition by values needs the names of dimensions",
                "invalid parameter: rank 0: row (s=1) is owned by rank 0 and by rank 1",
                "invalid parameter: rank 0: row (s=0) is needed, but no rank owns it",
            ]
        );
    }
    let errors = run_local(2, |communicator| {
        let partition = [Partition::Rows, Partition::Strided(&["s"])][communicator.rank()];
        communicator
            .redistribute(&map, &partition, Order::Source)
            .unwrap_err()
            .to_string()
    });
    for error in errors {
        assert_eq!(
            error,
            "invalid parameter: collective 0: rank 0 called redistribute(partition Rows, order Source), rank 1 called \
             redistribute(partition Strided[\"s\"], order Source)"
        );
    }
}
