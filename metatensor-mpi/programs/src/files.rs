//! One file of all ranks, beside that of one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use metatensor_core::TensorMap;
use metatensor_distributed::{Communicator, Order, Partition, SaveOptions};

use crate::maps::{map, part};

/// Saves in `directory`, which all ranks see, and loads it again.
pub(crate) fn run(world: &Communicator, directory: &str) {
    let (rank, size) = (world.rank(), world.size());
    let single = Communicator::single();
    let whole = map(4, |i| i as f64 / 3.0);
    let own = part(&whole, rank, size);
    let sorted = single.gather(0, &whole, Order::Labels).unwrap().unwrap();
    let sorted = sorted.save_buffer().unwrap();
    for writers in [1, 2] {
        for order in [Order::Source, Order::Labels] {
            let path = Path::new(directory).join("map.mts");
            let options = SaveOptions {
                writers: Some(writers),
            };
            world.save(&path, &own, order, options).unwrap();
            let gathered = world.gather(0, &own, order).unwrap();
            if let Some(gathered) = gathered {
                let expected = gathered.save_buffer().unwrap();
                assert!(
                    fs::read(&path).unwrap() == expected,
                    "{writers} writers, {order:?}: other bytes than those of one process"
                );
                let names = fs::read_dir(directory).unwrap();
                assert_eq!(names.count(), 1, "nothing is left beside it");
            }
            for partition in [Partition::Rows, Partition::Strided(&["atom"])] {
                let loaded = world.load(&path, &partition).unwrap();
                let all = world.all_gather(&loaded, Order::Labels).unwrap();
                assert!(all.save_buffer().unwrap() == sorted, "{partition:?}");
            }
        }
    }
    let missing = Path::new(directory).join("missing.mts");
    let error = world.load(&missing, &Partition::Rows).unwrap_err();
    assert!(error.to_string().contains("missing.mts"), "{error}");
}

/// Saves one map, and then another one to the same file again and again, until one rank is killed after some microseconds.
pub(crate) fn until_killed(world: &Communicator, path: &str, delay: &str) {
    let (rank, size) = (world.rank(), world.size());
    let options = SaveOptions { writers: Some(2) };
    let old = part(&old(), rank, size);
    let new = part(&new(), rank, size);
    world.save(path, &old, Order::Labels, options).unwrap();
    let delay = Duration::from_micros(delay.parse().unwrap());
    if rank + 1 == size {
        std::thread::spawn(move || {
            std::thread::sleep(delay);
            // SAFETY: this ends this process, somewhere in the middle of what all ranks do.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        });
    }
    loop {
        world.save(path, &new, Order::Labels, options).unwrap();
    }
}

fn old() -> TensorMap {
    map(5, |i| i as f64)
}

fn new() -> TensorMap {
    map(6, |i| i as f32)
}

/// What is left is the old file, or the new one as a whole.
pub(crate) fn after_killed(path: &str) {
    let left = fs::read(path).unwrap();
    let is_one = [old(), new()].iter().any(|map| {
        let single = Communicator::single();
        let sorted = single.gather(0, map, Order::Labels).unwrap().unwrap();
        sorted.save_buffer().unwrap() == left
    });
    assert!(
        is_one,
        "what is left is neither the old file nor the new one"
    );
}
