use std::fs;
use std::path::Path;
use std::sync::Arc;

use metatensor_core::internal::WithoutElements;
use metatensor_core::{
    ArrayRef, Complex, DType, DenseArray, Device, Element, Error, Labels, Result, TensorBlock,
    TensorMap, View,
};

use super::{Sizes, save_in};
use crate::communicator::Call;
use crate::testing::files::{labels, large_map, random_maps, same_error};
use crate::{Communicator, Order, Partition, SaveOptions, run_local};

fn save(
    communicator: &Communicator,
    path: &Path,
    maps: &[TensorMap],
    order: Order,
    sizes: &Sizes,
) -> Result<()> {
    communicator.collective(Call::new("test"), |session| {
        save_in(session, path, &maps[session.rank()], order, sizes)
    })
}

/// What the serial function writes.
fn expected(maps: &[TensorMap], order: Order, path: &Path) -> Vec<u8> {
    run_local(maps.len(), |communicator| {
        let map = &maps[communicator.rank()];
        if let Some(gathered) = communicator.gather(0, map, order).unwrap() {
            gathered.save(path).unwrap();
        }
    });
    fs::read(path).unwrap()
}

/// Names of all files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn check(maps: &[TensorMap], all_sizes: &[Sizes], what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let serial = folder.path().join("serial.mts");
    let path = folder.path().join("map.mts");
    for order in [Order::Source, Order::Labels] {
        let expected = expected(maps, order, &serial);
        for sizes in all_sizes {
            let results = run_local(maps.len(), |communicator| {
                save(&communicator, &path, maps, order, sizes)
            });
            for result in results {
                result.unwrap_or_else(|error| panic!("{what}, {order:?}, {sizes:?}: {error}"));
            }
            let same = fs::read(&path).unwrap() == expected;
            assert!(same, "{what}, {order:?}, {sizes:?}: other bytes");
            fs::remove_file(&path).unwrap();
        }
    }
    assert_eq!(names(folder.path()), ["serial.mts"]);
}

fn check_random<T: Element>(seed: u64, make: fn(u32) -> T) {
    for ranks in [1, 2, 3, 5] {
        let maps = random_maps(seed, ranks, make);
        let sizes = [(None, 64 << 20), (Some(2), 100)];
        let sizes = sizes.map(|(writers, round)| Sizes { writers, round });
        check(&maps, &sizes, &format!("seed {seed}, {ranks} ranks"));
    }
}

#[test]
fn files_are_those_of_one_rank() {
    for seed in 0..6 {
        check_random(4 * seed, f64::from);
        check_random(4 * seed + 1, |i| i as i16);
        check_random(4 * seed + 2, |i| i % 3 == 0);
        check_random(4 * seed + 3, |i| Complex::new(i as f32, -1.0));
    }
}

#[test]
fn large_files_have_regions_and_rounds() {
    for ranks in [2, 3, 5] {
        let maps: Vec<_> = (0..ranks)
            .map(|rank| large_map(rank, ranks, 3001))
            .collect();
        let sizes = [
            (None, 64 << 20),
            (Some(1), 1 << 20),
            (Some(2), 300_007),
            (Some(3), 64 << 20),
            (Some(9), 1 << 20),
        ];
        let sizes = sizes.map(|(writers, round)| Sizes { writers, round });
        check(&maps, &sizes, &format!("{ranks} ranks"));
    }
}

/// Lets all ranks save, of which one fails: what was there before stays, and nothing else is left.
fn failing(ranks: usize, path: &Path, map: impl Fn(usize) -> TensorMap + Sync) -> String {
    let before = fs::read(path).ok();
    let folder = path.parent().unwrap();
    let files = names(folder);
    let error = same_error(run_local(ranks, |communicator| {
        let map = map(communicator.rank());
        let result = communicator.save(path, &map, Order::Source, SaveOptions { writers: Some(2) });
        communicator.agree(Ok(())).unwrap();
        result
    }));
    assert_eq!(fs::read(path).ok(), before);
    assert_eq!(names(folder), files);
    error
}

fn block(samples: Labels, values: impl Into<ArrayRef>) -> TensorMap {
    let block = TensorBlock::new(values, samples, [], Labels::single()).unwrap();
    TensorMap::new(Labels::range("key", 1).unwrap(), vec![block]).unwrap()
}

fn one_sample(rank: usize) -> Labels {
    labels(&["s"], &[[rank as i32]])
}

#[test]
fn a_failure_of_one_rank_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    fs::write(&path, "what was there").unwrap();
    for ranks in [2, 3, 5] {
        for failing_rank in 0..ranks {
            let error = failing(ranks, &path, |rank| {
                if rank != failing_rank {
                    return block(one_sample(rank), ndarray::arr2(&[[1.0]]));
                }
                let unreadable = WithoutElements {
                    dtype: DType::F64,
                    shape: vec![1, 1],
                    device: Device::CPU,
                    refusal: || Error::unsupported("can not be read"),
                };
                block(one_sample(rank), Arc::new(unreadable))
            });
            assert!(error.contains(&format!("rank {failing_rank}: ")), "{error}");
            assert!(error.contains("can not be read"), "{error}");

            // a byte that is no boolean
            let error = failing(ranks, &path, |rank| {
                let bytes = [if rank == failing_rank { 2 } else { 1 }];
                let view = View::from_bytes(DType::BOOL8, &[1, 1], &bytes).unwrap();
                block(one_sample(rank), DenseArray::copy_of(&view).unwrap())
            });
            assert!(
                error.contains(&format!("rank {failing_rank}: 'blocks/0/values.npy': ")),
                "{error}"
            );
        }
    }
}

#[test]
fn samples_are_on_one_rank() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("map.mts");
    let error = failing(3, &path, |rank| {
        block(one_sample(rank % 2), ndarray::arr2(&[[1.0]]))
    });
    assert!(
        error.ends_with(
            "block (key=0): the sample (s=0) is on rank 0 and on rank 2: each sample has to be on one rank only"
        ),
        "{error}"
    );
}

#[test]
fn what_can_not_be_written_is_an_error_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let map = |rank| block(one_sample(rank), ndarray::arr2(&[[1.0]]));
    let path = folder.path().join("no folder").join("map.mts");
    let results = run_local(3, |communicator| {
        communicator.save(
            &path,
            &map(communicator.rank()),
            Order::Source,
            SaveOptions::default(),
        )
    });
    let error = same_error(results);
    assert!(error.contains("rank 0: could not write"), "{error}");
    assert!(error.contains("map.mts'"), "{error}");

    let results = run_local(2, |communicator| {
        let options = SaveOptions { writers: Some(0) };
        communicator.save("map.mts", &map(communicator.rank()), Order::Source, options)
    });
    assert_eq!(
        same_error(results),
        "invalid parameter: rank 0: a file needs at least one writer, got 0"
    );
}

/// Labels without dimensions have no rows, but blocks can have them.
#[test]
fn samples_can_have_no_dimensions() {
    let none = || Labels::from_values::<&str>(&[], Vec::new()).unwrap();
    for ranks in [1, 2, 3] {
        let map = || block(none(), ndarray::Array2::<f64>::zeros((0, 1)));
        let maps: Vec<_> = (0..ranks).map(|_| map()).collect();
        let sizes = Sizes {
            writers: None,
            round: 64 << 20,
        };
        check(&maps, &[sizes], "no dimensions");
        run_local(ranks, |communicator| {
            for order in [Order::Source, Order::Labels] {
                let moved = communicator.redistribute(&map(), &Partition::Rows, order);
                let gathered = communicator.all_gather(&map(), order);
                for map in [moved.unwrap(), gathered.unwrap()] {
                    assert_eq!(map.block_by_id(0).unwrap().samples(), &none());
                }
            }
        });
    }
}
