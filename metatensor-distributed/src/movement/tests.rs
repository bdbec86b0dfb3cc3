use std::collections::BTreeMap;

use metatensor_core::{Complex, Element, Labels, TensorBlock, TensorMap, bf16, f16};

use super::redistribute_in;
use crate::communicator::Call;
use crate::testing::{Contents, Form, Random, contents_of_map};
use crate::{Communicator, Order, run_local};

mod errors;
mod foreign;
mod partitions;
mod traffic;

/// Maps of `ranks` ranks, which fit together: some have no blocks, some blocks no rows.
pub(super) fn maps<T: Element>(
    random: &mut Random,
    form: &Form,
    ranks: usize,
    make: fn(u32) -> T,
) -> Vec<TensorMap> {
    let keys = random.keys();
    let mut blocks: Vec<Vec<_>> = vec![Vec::new(); ranks];
    for key in &keys {
        let mut samples: Vec<Vec<[i32; 2]>> = vec![Vec::new(); ranks];
        for sample in random.samples() {
            samples[random.below(ranks)].push(sample);
        }
        for (rank, samples) in samples.into_iter().enumerate() {
            if !samples.is_empty() || random.below(2) == 0 {
                blocks[rank].push(([key[0], key[1]], samples));
            }
        }
    }
    blocks
        .iter()
        .map(|blocks| random.map(form, blocks, make))
        .collect()
}

/// Random destinations of all rows of a map.
fn destinations(random: &mut Random, map: &TensorMap, ranks: usize) -> Vec<Vec<u32>> {
    let blocks = map.blocks().iter();
    blocks
        .map(|block| {
            block
                .samples()
                .iter()
                .map(|_| random.below(ranks) as u32)
                .collect()
        })
        .collect()
}

/// What rank `rank` has after rows have moved.
fn expected(
    maps: &[TensorMap],
    destinations: &[Vec<Vec<u32>>],
    rank: usize,
    order: Order,
) -> BTreeMap<Vec<i32>, Contents> {
    let mut result: BTreeMap<Vec<i32>, Contents> = BTreeMap::new();
    for (map, destinations) in maps.iter().zip(destinations) {
        for (i, (key, contents)) in map.keys().iter().zip(map.blocks()).enumerate() {
            let contents = crate::testing::contents(contents);
            let rows: Vec<_> = (0..contents.samples.len())
                .filter(|&row| destinations[i][row] as usize == rank)
                .collect();
            let known = result
                .entry(key.to_vec())
                .or_insert_with(|| contents.without_rows());
            known.append(&contents.with_rows(&rows));
        }
    }
    if order == Order::Labels {
        for contents in result.values_mut() {
            *contents = contents.sorted();
        }
    }
    result
}

/// [`redistribute_in`], as a function of its own.
pub(super) fn redistribute(
    communicator: &Communicator,
    tensor: Option<&TensorMap>,
    destinations: &[Vec<u32>],
    order: Order,
) -> metatensor_core::Result<TensorMap> {
    communicator.collective(Call::new("test"), |session| {
        redistribute_in(session, tensor, destinations, order)
    })
}

fn check_redistribution<T: Element>(seed: u64, make: fn(u32) -> T) {
    let mut random = Random::new(seed);
    let ranks = 1 + random.below(8);
    let form = random.form();
    let maps = maps(&mut random, &form, ranks, make);
    let destinations: Vec<_> = maps
        .iter()
        .map(|map| destinations(&mut random, map, ranks))
        .collect();
    let keys: Vec<Vec<i32>> = maps
        .iter()
        .flat_map(|map| map.keys().iter().map(<[i32]>::to_vec))
        .collect();
    for (order, max_buffer) in [
        (Order::Source, 1 << 30),
        (Order::Labels, 1 << 30),
        (Order::Source, 2000),
        (Order::Labels, 1),
    ] {
        let results = run_local(ranks, |communicator| {
            communicator.set_max_buffer(max_buffer);
            let rank = communicator.rank();
            let moved = redistribute(&communicator, Some(&maps[rank]), &destinations[rank], order);
            let (all, gathered) = (
                communicator.all_gather(&maps[rank], order).unwrap(),
                communicator.gather(ranks - 1, &maps[rank], order).unwrap(),
            );
            (moved.unwrap(), all, gathered)
        });
        let everything: Vec<Vec<Vec<u32>>> = destinations
            .iter()
            .map(|blocks| blocks.iter().map(|rows| vec![0; rows.len()]).collect())
            .collect();
        let everything = expected(&maps, &everything, 0, order);
        for (rank, (moved, all, gathered)) in results.iter().enumerate() {
            let expected = expected(&maps, &destinations, rank, order);
            assert_eq!(
                contents_of_map(moved),
                expected,
                "seed {seed}, rank {rank} of {ranks}, {order:?}"
            );
            assert_eq!(
                contents_of_map(all),
                everything,
                "seed {seed}, rank {rank} of {ranks}, {order:?}"
            );
            assert_eq!(gathered.is_some(), rank == ranks - 1);
            if let Some(gathered) = gathered {
                assert_eq!(contents_of_map(gathered), everything);
            }
            let mut distinct = Vec::new();
            for key in &keys {
                if !distinct.contains(key) {
                    distinct.push(key.clone());
                }
            }
            assert!(moved.keys().iter().eq(distinct.iter().map(Vec::as_slice)));
            assert_eq!(moved.dtype().is_none(), distinct.is_empty());
        }
    }
}

#[test]
fn rows_go_where_they_should() {
    for seed in 0..16 {
        check_redistribution(seed, f64::from);
    }
    for seed in 40..42 {
        check_redistribution(seed, |x| x as f32);
        check_redistribution(seed, |x| x as u8);
        check_redistribution(seed, |x| x % 3 == 0);
        check_redistribution(seed, |x| Complex::new(f64::from(x), 0.5));
        check_redistribution(seed, |x| f16::from_f32(x as f32));
        check_redistribution(seed, |x| bf16::from_f32(x as f32));
    }
}

#[test]
fn ranks_without_a_map_get_rows() {
    let mut random = Random::new(5);
    let form = Form {
        components: 1,
        gradients: 2,
        properties: Labels::range("p", 3).unwrap(),
    };
    let map = random.map(&form, &[([0, 1], vec![[0, 0], [3, 1], [1, 1]])], f64::from);
    let results = run_local(3, |communicator| {
        let map = (communicator.rank() == 1).then_some(&map);
        let destinations = map.map_or(vec![], |_| vec![vec![0, 2, 0]]);
        redistribute(&communicator, map, &destinations, Order::Source).unwrap()
    });
    let all = crate::testing::contents(&map.blocks()[0]);
    for (result, rows) in results.iter().zip([&[0, 2][..], &[], &[1]]) {
        assert_eq!(
            crate::testing::contents(&result.blocks()[0]),
            all.with_rows(rows)
        );
    }
}

#[test]
fn broadcast_gives_the_map_of_the_root_and_shares_labels() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let form = random.form();
        let ranks = 1 + random.below(5);
        let mut map = maps(&mut random, &form, 1, f64::from).remove(0);
        map.info_mut().insert("model".into(), "ü".into());
        for max_buffer in [1 << 30, 1] {
            let results = run_local(ranks, |communicator| {
                communicator.set_max_buffer(max_buffer);
                let mine = (communicator.rank() == ranks - 1).then_some(&map);
                communicator.broadcast(ranks - 1, mine).unwrap()
            });
            for result in results {
                assert_eq!(contents_of_map(&result), contents_of_map(&map));
                assert_eq!(result.info(), map.info());
                assert_eq!(result.keys(), map.keys());
                for block in result.blocks() {
                    let first = &result.blocks()[0];
                    assert!(block.properties().is_same(first.properties()));
                }
            }
        }
    }
    let samples = Labels::range("atom", 2).unwrap();
    let block = || {
        TensorBlock::new(
            ndarray::arr2(&[[0.5], [1.5]]),
            &samples,
            [],
            Labels::single(),
        )
        .unwrap()
    };
    let map = TensorMap::new(Labels::range("k", 2).unwrap(), vec![block(), block()]).unwrap();
    let results = run_local(2, |communicator| {
        communicator.broadcast(0, Some(&map)).unwrap()
    });
    let blocks = results[1].blocks();
    assert!(blocks[0].samples().is_same(blocks[1].samples()));
}

#[test]
fn what_stays_is_shared_and_not_copied() {
    let block = |samples: &[[i32; 1]]| {
        let values = ndarray::Array2::<f64>::zeros((samples.len(), 2));
        TensorBlock::new(
            values,
            Labels::new(["atom"], samples).unwrap(),
            [],
            Labels::range("n", 2).unwrap(),
        )
        .unwrap()
    };
    run_local(2, |communicator| {
        let rank = communicator.rank() as u32;
        let blocks = vec![block(&[[rank as i32]]), block(&[[5 - rank as i32]])];
        let map = TensorMap::new(Labels::range("k", 2).unwrap(), blocks).unwrap();
        let moved = redistribute(
            &communicator,
            Some(&map),
            &[vec![rank], vec![1]],
            Order::Source,
        )
        .unwrap();
        assert!(moved.blocks()[0].values().is_same(map.blocks()[0].values()));
        assert!(!moved.blocks()[1].values().is_same(map.blocks()[1].values()));
        assert!(
            moved.blocks()[1]
                .properties()
                .is_same(map.blocks()[0].properties())
        );
    });
}

#[test]
fn info_is_that_of_the_lowest_rank_with_any() {
    let results = run_local(4, |communicator| {
        let block = TensorBlock::new(
            ndarray::arr2(&[[1.0]]),
            Labels::new(["rank"], [[communicator.rank() as i32]]).unwrap(),
            [],
            Labels::single(),
        );
        let mut map = TensorMap::new(Labels::single(), vec![block.unwrap()]).unwrap();
        if communicator.rank() % 2 == 1 {
            map.info_mut()
                .insert("rank".into(), communicator.rank().to_string());
        }
        let all = communicator.all_gather(&map, Order::Source).unwrap();
        all.info().clone()
    });
    for info in results {
        assert_eq!(info.len(), 1);
        assert_eq!(info["rank"], "1");
    }
}
