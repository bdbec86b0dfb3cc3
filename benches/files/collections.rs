//! How long it takes to open a collection of very many maps, to load some of them in random order, and to make batches.
//!
//! ```text
//! cargo bench -p metatensor-tests --bench collections -- [--members N] [--file PATH]
//! ```

use std::env;
use std::hint::black_box;
use std::thread;
use std::time::Instant;

use metatensor::Collection;
use metatensor::operations::{LoadManyOptions, load_many};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        ((self.0 >> 33) as usize) % end
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1).filter(|a| a != "--bench");
    let path = arguments.next().ok_or("path")?;
    let mut times = Vec::new();
    let mut collection = None;
    for _ in 0..5 {
        drop(collection.take());
        let start = Instant::now();
        collection = Some(Collection::open(&path)?);
        times.push(start.elapsed().as_secs_f64());
    }
    println!("open: {:.3} s", median(times));
    drop(collection);
    let index = format!("{path}.index");
    let mut times = Vec::new();
    let mut collection = None;
    for _ in 0..6 {
        drop(collection.take());
        let start = Instant::now();
        collection = Some(Collection::open_indexed(
            &path,
            &index,
            metatensor::Limits::default(),
        )?);
        times.push(start.elapsed().as_secs_f64());
    }
    println!("open and write the index: {:.3} s", times.remove(0));
    println!("open indexed: {:.3} s", median(times));
    let collection = collection.ok_or("none")?;
    let numbers = collection.numbers("energy");
    for threads in [1, 2] {
        let mut rates = Vec::new();
        for _ in 0..5 {
            let count = 100_000;
            let start = Instant::now();
            thread::scope(|scope| {
                for thread in 0..threads {
                    let collection = &collection;
                    scope.spawn(move || {
                        let mut random = Random(thread);
                        for _ in 0..count {
                            let number = numbers[random.below(numbers.len())];
                            black_box(collection.load(number, "energy").ok());
                        }
                    });
                }
            });
            rates.push(count as f64 * threads as f64 / start.elapsed().as_secs_f64());
        }
        println!("{threads} threads: {:.0} loads/s", median(rates));
    }
    let mut times = Vec::new();
    let mut random = Random(7);
    for _ in 0..1000 {
        let batch: Vec<_> = (0..64)
            .map(|_| numbers[random.below(numbers.len())])
            .collect();
        let start = Instant::now();
        let options = LoadManyOptions {
            position: Some("position"),
            ..LoadManyOptions::default()
        };
        black_box(load_many(&collection, "energy", &batch, options)?);
        times.push(start.elapsed().as_secs_f64());
    }
    println!("load_many of 64: {:.3} ms", 1e3 * median(times));
    Ok(())
}
