//! How long it takes to make and open a collection of very many maps, to load some of them in random order, and to make batches.
//!
//! ```text
//! cargo xtask bench collections [--members N] [--folder FOLDER]
//! ```
//!
//! Maps have one block of 20 samples with 8 numbers. Times are the shortest of five: other programs only make them longer. Memory
//! is what the process has more of, and *of files* is what of this is a mapping. With a Python that has the official
//! package, the zipfile module does the same.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use metatensor::operations::{LoadManyOptions, load_many};
use metatensor::{
    Collection, CollectionForm, CollectionWriter, Labels, Limits, TensorBlock, TensorMap,
};
use ndarray::Array2;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const TURNS: usize = 5;
const LOADS: usize = 100_000;
const BATCHES: usize = 200;
const BATCH: usize = 64;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        ((self.0 >> 33) as usize) % end
    }
}

/// The shortest time that `work` takes, in seconds.
fn shortest<T>(mut work: impl FnMut() -> Result<T>) -> Result<f64> {
    let mut shortest = f64::INFINITY;
    for _ in 0..TURNS {
        let start = Instant::now();
        drop(work()?);
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    Ok(shortest)
}

/// Megabytes of memory of this process: its own, and those of mappings of files.
fn memory() -> [f64; 2] {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ["RssAnon:", "RssFile:"].map(|name| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok());
        kilobytes.unwrap_or(f64::NAN) / 1e3
    })
}

fn write(path: &Path, members: i32) -> Result<()> {
    let properties = Labels::range("property", 8)?;
    let samples = Labels::range("atom", 20)?;
    let mut writer = CollectionWriter::create(path, CollectionForm::Bare)?;
    for number in 0..members {
        let values = Array2::from_elem((20, 8), f64::from(number));
        let block = TensorBlock::new(values, &samples, [], &properties)?;
        writer.add(
            number,
            "energy",
            &TensorMap::new(Labels::single(), vec![block])?,
        )?;
    }
    Ok(writer.finish()?)
}

fn measure(path: &Path, members: i32) -> Result<()> {
    let start = Instant::now();
    write(path, members)?;
    let time = 1e6 * start.elapsed().as_secs_f64() / f64::from(members);
    println!("write: {time:.2} us for each of {members} members");

    let index = path.with_extension("index");
    let before = memory();
    let collection = Collection::open(path)?;
    let [own, files] = [0, 1].map(|i| memory()[i] - before[i]);
    println!("memory when open: {own:.0} MB, of files: {files:.1} MB");
    drop(collection);
    let time = shortest(|| Ok(Collection::open(path)?))?;
    println!("open: {time:.3} s");
    let open = || Collection::open_indexed(path, &index, Limits::default());
    open()?;
    let time = shortest(|| Ok(open()?))?;
    println!("open with an index: {time:.3} s");

    let collection = open()?;
    let load = |seed: u64| -> metatensor::Result<()> {
        let mut random = Random(seed);
        for _ in 0..LOADS {
            let number = random.below(members as usize) as i32;
            black_box(collection.load(number, "energy")?);
        }
        Ok(())
    };
    let mut alone = 0.0;
    for threads in [1, 2] {
        let time = shortest(|| {
            let results: Vec<_> = thread::scope(|scope| {
                let running: Vec<_> = (0..threads)
                    .map(|i| {
                        scope.spawn({
                            let load = &load;
                            move || load(i)
                        })
                    })
                    .collect();
                running.into_iter().map(|thread| thread.join()).collect()
            });
            results
                .into_iter()
                .try_for_each(|result| Ok(result.map_err(|_| "a thread has panicked")??))
        });
        let rate = LOADS as f64 * threads as f64 / time?;
        if threads == 1 {
            alone = rate;
        }
        let times = rate / alone;
        println!(
            "loads by {threads} threads: {rate:.0} in a second, {times:.2} times those of one"
        );
    }
    let mut random = Random(7);
    let options = LoadManyOptions {
        position: Some("position"),
        ..LoadManyOptions::default()
    };
    let time = shortest(|| {
        for _ in 0..BATCHES {
            let batch: Vec<_> = (0..BATCH)
                .map(|_| random.below(members as usize) as i32)
                .collect();
            black_box(load_many(&collection, "energy", &batch, options)?);
        }
        Ok(())
    })?;
    println!("batches of {BATCH}: {:.3} ms", 1e3 * time / BATCHES as f64);
    Ok(())
}

fn main() -> Result<()> {
    let (mut members, mut folder, mut python) = (1_000_000, env::temp_dir(), None);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or(format!("'{argument}' needs a value"))
        };
        match argument.as_str() {
            "--members" => members = value()?.parse()?,
            "--folder" => folder = PathBuf::from(value()?),
            "--python" => python = Some(value()?),
            // which `cargo bench` always adds
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    let folder = tempfile::Builder::new()
        .prefix("metatensor-bench-")
        .tempdir_in(folder)?;
    let path = folder.path().join("dataset.zip");
    measure(&path, members)?;
    if let Some(python) = python {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../benches/files/zipfile_peer.py"
        );
        let output = Command::new(python)
            .arg(script)
            .arg(&path)
            .arg("5000")
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        let (open, rate) = text.trim().split_once(' ').ok_or("Python has failed")?;
        let (open, rate): (f64, f64) = (open.parse()?, rate.parse()?);
        println!("zipfile and the official package: open {open:.3} s, {rate:.0} loads in a second");
    }
    Ok(())
}
