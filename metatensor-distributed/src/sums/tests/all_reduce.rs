use metatensor_core::{Complex, Element, Labels, TensorBlock, TensorMap, bf16, f16};
use metatensor_operations::{GradientSelection, add, random_uniform_like};
use ndarray::Array2;

use super::map;
use crate::testing::{Random, contents_of_map};
use crate::transport::{Counting, local_ranks};
use crate::{Communicator, run_local};

/// The maps of all ranks, and their sum: that of `add`, in the order of ranks.
fn check(maps: &[TensorMap]) {
    let (first, others) = maps.split_first().unwrap();
    let expected = others
        .iter()
        .fold(first.clone(), |sum, map| add(&sum, map).unwrap());
    let expected = contents_of_map(&expected);
    let sums = run_local(maps.len(), |communicator| {
        communicator.all_reduce(&maps[communicator.rank()]).unwrap()
    });
    for (sum, map) in sums.iter().zip(maps) {
        assert_eq!(contents_of_map(sum), expected);
        assert_eq!(sum.keys(), map.keys());
        assert!(sum.info().is_empty());
    }
}

/// Elements of all ranks are multiples of the same numbers.
fn check_multiples<T: Element>(make: fn(u32) -> T) {
    for ranks in 1..=8 {
        let mut random = Random::new(ranks as u64);
        let form = random.form();
        let base = map(&mut random, &form, make);
        let mut multiple = base.clone();
        let maps: Vec<_> = (0..ranks)
            .map(|_| {
                multiple = add(&multiple, &base).unwrap();
                multiple.clone()
            })
            .collect();
        check(&maps);
    }
}

/// Elements of all ranks are random.
fn check_random<T: Element>(make: fn(u32) -> T) {
    for ranks in 1..=8 {
        let mut random = Random::new(100 + ranks as u64);
        let form = random.form();
        let base = map(&mut random, &form, make);
        let seeds = 0..ranks as u64;
        let maps = seeds.map(|seed| random_uniform_like(&base, GradientSelection::All, seed));
        check(&maps.collect::<Result<Vec<_>, _>>().unwrap());
    }
}

#[test]
fn sums_are_those_of_add_for_all_types() {
    check_multiples(|i| i as i8);
    check_multiples(|i| i as i16);
    check_multiples(|i| (i as i32).wrapping_mul(4097));
    check_multiples(|i| i64::from(i) << 41);
    check_multiples(|i| i as u8);
    check_multiples(|i| i as u16);
    check_multiples(|i| i.wrapping_mul(4097));
    check_multiples(|i| u64::from(i) << 43);
    check_random(|i| f16::from_f32(i as f32));
    check_random(|i| bf16::from_f32(i as f32));
    check_random(|i| i as f32);
    check_random(f64::from);
    check_random(|i| Complex::new(i as f32, 1.0));
    check_random(|i| Complex::new(f64::from(i), 1.0));
}

/// Map with a gradient and so many elements in its values.
fn large(rows: usize, rank: usize) -> TensorMap {
    let properties = Labels::range("p", 32).unwrap();
    let values = |rows, factor: usize| {
        Array2::from_shape_fn((rows, 32), |(i, j)| {
            ((i * 31 + j) * factor % 1009) as f64 / 7.0
        })
    };
    let samples = Labels::range("s", rows).unwrap();
    let mut block = TensorBlock::new(values(rows, rank + 1), &samples, &[], &properties).unwrap();
    let samples = Labels::range("sample", rows / 2).unwrap();
    let gradient = TensorBlock::new(values(rows / 2, rank + 3), samples, &[], &properties).unwrap();
    block.add_gradient("g", gradient).unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn booleans_are_or() {
    let make = |values: [bool; 4]| {
        let values = Array2::from_shape_vec((2, 2), values.to_vec()).unwrap();
        let [samples, properties] = ["s", "p"].map(|name| Labels::range(name, 2).unwrap());
        let block = TensorBlock::new(values, samples, &[], properties).unwrap();
        TensorMap::new(Labels::single(), vec![block]).unwrap()
    };
    check(&[
        make([true, false, false, false]),
        make([true, true, false, false]),
        make([false, false, false, true]),
    ]);
}

#[test]
fn large_maps_are_added_in_parts() {
    for ranks in 1..=8 {
        for rows in [333, 1000] {
            let maps: Vec<_> = (0..ranks).map(|rank| large(rows, rank)).collect();
            check(&maps);
        }
    }
}

#[test]
fn many_small_arrays_are_added_in_parts() {
    let make = |rank: usize| {
        let blocks = (0..37).map(|key| {
            let rows = 1 + key % 5;
            let values = Array2::from_shape_fn((rows, 100), |(i, j)| {
                ((rank * 31 + key * 7 + i * 3 + j) % 1000) as f64 / 7.0
            });
            let samples = Labels::range("s", rows).unwrap();
            let properties = Labels::range("p", 100).unwrap();
            TensorBlock::new(values, samples, &[], properties).unwrap()
        });
        TensorMap::new(Labels::range("k", 37).unwrap(), blocks.collect()).unwrap()
    };
    for ranks in 2..=8 {
        let maps: Vec<_> = (0..ranks).map(make).collect();
        check(&maps);
    }
}

#[test]
fn as_few_bytes_are_sent_as_possible() {
    for ranks in [2, 3, 4, 8] {
        let size = (2000 + 1000) * 32 * 8;
        let traffic: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = local_ranks(ranks)
                .into_iter()
                .enumerate()
                .map(|(rank, transport)| {
                    scope.spawn(move || {
                        let (transport, traffic) = Counting::new(transport);
                        let communicator = Communicator::new(transport);
                        communicator.all_reduce(&large(2000, rank)).unwrap();
                        traffic.get()
                    })
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        for traffic in traffic {
            let least = 2.0 * (ranks as f64 - 1.0) / ranks as f64 * f64::from(size);
            let sent = traffic.bytes() as f64;
            assert!(
                sent >= least * 0.999 && sent <= 1.01 * least,
                "{sent} {least}"
            );
            // One of the parts has pieces of both arrays.
            let least = 2 * (ranks as u64 - 1);
            assert!((least..=least + ranks as u64).contains(&traffic.messages));
        }
    }
}

#[test]
fn what_is_different_is_named() {
    let make = |keys: &[[i32; 1]], samples: &[[i32; 1]], rows: &[[i32; 1]], properties: i32| {
        let blocks = keys.iter().map(|_| {
            let properties = Labels::new(["p"], [[properties]]).unwrap();
            let samples = Labels::new(["s"], samples).unwrap();
            let values = Array2::<f64>::zeros((samples.count(), 1));
            let mut block = TensorBlock::new(values, samples, &[], &properties).unwrap();
            let rows = Labels::new(["sample"], rows).unwrap();
            let values = Array2::<f64>::zeros((rows.count(), 1));
            let gradient = TensorBlock::new(values, rows, &[], &properties).unwrap();
            block.add_gradient("g", gradient).unwrap();
            block
        });
        TensorMap::new(Labels::new(["k"], keys).unwrap(), blocks.collect()).unwrap()
    };
    let expected = make(&[[1], [2]], &[[5], [6]], &[[1]], 0);
    for (other, text) in [
        (
            make(&[[1], [3]], &[[5], [6]], &[[1]], 0),
            "not equal: rank 1: the keys are not those of rank 0: entry 1 is (k=3), and (k=2) on rank 0",
        ),
        (
            make(&[[1]], &[[5], [6]], &[[1]], 0),
            "not equal: rank 1: the keys are not those of rank 0: entry 1 is not there, of 1 entries, and (k=2) on rank 0",
        ),
        (
            make(&[[1], [2]], &[[6], [5]], &[[1]], 0),
            "not equal: rank 1: the samples of block (k=1) are not those of rank 0: entry 0 is (s=6), and (s=5) on rank 0",
        ),
        (
            make(&[[1], [2]], &[[5], [6]], &[[0]], 0),
            "not equal: rank 1: the samples of gradient 'g' of block (k=1) are not those of rank 0: entry 0 is (sample=0), and \
             (sample=1) on rank 0",
        ),
        (
            make(&[[1], [2]], &[[5], [6]], &[[1]], 4),
            "block (k=1): the properties are not the same on all ranks: entry 0 is (p=0) on rank 0, entry 0 is (p=4) on rank 1",
        ),
    ] {
        let texts = run_local(3, |communicator| {
            let tensor = match communicator.rank() {
                1 => &other,
                _ => &expected,
            };
            let error = communicator.all_reduce(tensor).unwrap_err();
            communicator.all_reduce(&expected).unwrap();
            error.to_string()
        });
        for found in texts {
            assert!(found.contains(text), "{found} is not {text}");
        }
    }
}
