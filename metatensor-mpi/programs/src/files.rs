//! One file of all ranks, beside that of one.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use metatensor_core::{TensorBlock, TensorMap};
use metatensor_distributed::{Communicator, Order, Partition, SaveOptions};

use crate::engine::{gather, hash};
use crate::maps::{map, part, wide};

/// Saves in `directory`, which all ranks see, and loads it again.
pub(crate) fn run(world: &Communicator, directory: &str) {
    let (rank, size) = (world.rank(), world.size());
    let single = Communicator::single();
    let whole = map(4, |i| i as f64 / 3.0);
    let own = part(&whole, rank, size);
    let sorted = single.gather(0, &whole, Order::Labels).unwrap().unwrap();
    let text = text(&sorted);
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
    if rank == 0 {
        fs::write(Path::new(directory).join("rows.txt"), text).unwrap();
    }
    let missing = Path::new(directory).join("missing.mts");
    let error = world.load(&missing, &Partition::Rows).unwrap_err();
    assert!(error.to_string().contains("missing.mts"), "{error}");
}

/// A line for each row of a map: where it is, its labels, and its numbers. Others compare with this what they read from a file.
fn text(map: &TensorMap) -> String {
    let mut text = String::new();
    for (key, block) in map.keys().iter().zip(map.blocks()) {
        add_text(&format!("{key:?}"), block, &mut text);
    }
    text
}

fn add_text(place: &str, block: &TensorBlock, text: &mut String) {
    let values = block.to_ndarray::<f64>().unwrap();
    for (sample, row) in block.samples().iter().zip(values.outer_iter()) {
        let numbers: Vec<_> = row.iter().collect();
        writeln!(text, "{place};{sample:?};{numbers:?}").unwrap();
    }
    for (parameter, gradient) in block.gradients() {
        add_text(&format!("{place} {parameter}"), gradient, text);
    }
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

/// One rank may not write to its disk any more: all get its error, and the old file stays.
pub(crate) fn full_disk(world: &Communicator, directory: &str) {
    let (rank, size) = (world.rank(), world.size());
    let path = Path::new(directory).join("map.mts");
    let options = SaveOptions {
        writers: Some(size),
    };
    let save = |map: &TensorMap| world.save(&path, map, Order::Source, options);
    let small = part(&old(), rank, size);
    // each rank writes some of it
    let large = part(&wide(), rank, size);
    for failing in 0..size {
        save(&small).unwrap();
        let before = fs::read(&path).unwrap();
        let limit = (rank == failing).then(FileSizeLimit::new);
        let error = save(&large).unwrap_err().to_string();
        drop(limit);
        let start = format!("io error: rank {failing}: could not write");
        assert!(error.starts_with(&start), "{error}");
        assert!(error.contains("File too large"), "{error}");
        let hashes = gather(world, hash(error.as_bytes()));
        assert!(hashes.iter().all(|other| *other == hashes[0]), "{error}");
        assert!(
            fs::read(&path).unwrap() == before,
            "the old file has changed"
        );
        let names = fs::read_dir(directory).unwrap();
        assert_eq!(names.count(), 1, "nothing is left beside it");
        save(&large).unwrap();
        let loaded = world.load(&path, &Partition::Rows).unwrap();
        let all = world.all_gather(&loaded, Order::Labels).unwrap();
        assert_eq!(all.blocks()[0].samples().count(), 60);
    }
}

/// No file of this process can grow while this exists.
struct FileSizeLimit(libc::rlimit);

impl FileSizeLimit {
    fn new() -> FileSizeLimit {
        let mut before = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the signal of files that are too large is ignored, so that they are an error, and the limit is written to memory
        // of its type.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            assert_eq!(libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut before), 0);
        }
        let limit = FileSizeLimit(before);
        limit.set(libc::rlimit {
            rlim_cur: 1,
            ..before
        });
        limit
    }

    fn set(&self, limit: libc::rlimit) {
        // SAFETY: this only reads the limit.
        unsafe { assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0) };
    }
}

impl Drop for FileSizeLimit {
    fn drop(&mut self) {
        self.set(self.0);
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
