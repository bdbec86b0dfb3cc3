//! How the time of each kind of work grows with its size.
//!
//! ```text
//! cargo bench -p metatensor-tests --bench scaling -- [--huge] [--filter TEXT]
//! ```
//!
//! Each work is done for 10² to 10⁶ rows (with `--huge`, 10⁷) or 10 to 10⁵ blocks. Times are those that the processors
//! worked, on all threads: other programs make them longer by what they take from the caches, but not by waiting. The
//! exponent of the time is that of the straight line through the larger half of the sizes, in logarithms. It is 1.0 for work
//! that is linear in its size, or a little more for sorting; tables that do not fit in the caches of the processor add 0.1
//! to 0.3. Work that is quadratic in something gives 2.0. Plots are written to `target/scaling/`.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{env, fs};

use metatensor_core::{Labels, SampleOrder, TensorBlock, TensorMap};
use metatensor_operations as operations;
use ndarray::{Array2, Array3};
use rustix::time::{ClockId, clock_gettime};

mod plot;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the time of a work should be proportional to, for size `n`.
#[derive(Clone, Copy)]
enum Expected {
    /// `n`
    Linear,
    /// `n log n`
    Sorting,
}

/// Exponents may be larger than expected by this much, because of caches, fresh memory and other programs.
const MARGIN: f64 = 0.6;

/// What is counted by the size.
#[derive(Clone, Copy)]
enum Unit {
    Rows,
    Blocks,
}

struct Work {
    name: &'static str,
    unit: Unit,
    expected: Expected,
    /// Time of the work for one size, without what prepares it.
    time: fn(usize) -> Result<Duration>,
}

const WORKS: &[Work] = &[
    work("labels create", Unit::Rows, Expected::Linear, create),
    work(
        "labels create sorted",
        Unit::Rows,
        Expected::Linear,
        create_sorted,
    ),
    work("labels positions", Unit::Rows, Expected::Linear, positions),
    work("labels select", Unit::Rows, Expected::Linear, select),
    work("labels union", Unit::Rows, Expected::Linear, union),
    work(
        "labels intersection",
        Unit::Rows,
        Expected::Linear,
        intersection,
    ),
    work(
        "labels save and load",
        Unit::Rows,
        Expected::Linear,
        save_labels,
    ),
    work(
        "block add gradient",
        Unit::Rows,
        Expected::Linear,
        add_gradient,
    ),
    work("block multiply", Unit::Rows, Expected::Linear, multiply),
    work("block sort", Unit::Rows, Expected::Sorting, sort),
    work("map create", Unit::Blocks, Expected::Linear, create_map),
    work(
        "map keys to samples",
        Unit::Blocks,
        Expected::Sorting,
        keys_to_samples,
    ),
    work(
        "map keys to properties",
        Unit::Blocks,
        Expected::Sorting,
        keys_to_properties,
    ),
    work(
        "map save and load",
        Unit::Blocks,
        Expected::Linear,
        save_map,
    ),
];

const fn work(
    name: &'static str,
    unit: Unit,
    expected: Expected,
    time: fn(usize) -> Result<Duration>,
) -> Work {
    Work {
        name,
        unit,
        expected,
        time,
    }
}

fn main() -> Result<()> {
    let mut huge = false;
    let mut filter = String::new();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--huge" => huge = true,
            "--filter" => filter = arguments.next().ok_or("--filter needs a text")?,
            // which `cargo bench` always adds
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    let directory = plots()?;
    println!("{:24} {:>9} {:>9}", "work", "exponent", "expected");
    for work in WORKS.iter().filter(|work| work.name.contains(&filter)) {
        let points = measure(work, huge)?;
        let half = points.len() / 2;
        let exponent = slope(&points[half..]);
        let expected = work.expected.exponent(&points[half..]);
        let verdict = if exponent < expected + MARGIN {
            "as expected"
        } else {
            "TOO STEEP"
        };
        println!("{:24} {exponent:9.2} {expected:9.2} {verdict}", work.name);
        let unit = match work.unit {
            Unit::Rows => "rows",
            Unit::Blocks => "blocks",
        };
        let title = format!(
            "{}: exponent {exponent:.2}, expected {expected:.2}",
            work.name
        );
        let file = directory.join(format!("{}.svg", work.name.replace(' ', "-")));
        fs::write(file, plot::svg(&title, unit, &points, expected))?;
    }
    println!("plots are in {}", directory.display());
    Ok(())
}

/// Where plots are written to: `target/scaling/`, beside what cargo has built.
fn plots() -> Result<PathBuf> {
    let executable = env::current_exe()?;
    let target = executable.ancestors().nth(3);
    let directory = target.unwrap_or(Path::new(".")).join("scaling");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// Sizes and times in seconds: the shortest of several, as everything else on the machine only makes them longer.
fn measure(work: &Work, huge: bool) -> Result<Vec<(f64, f64)>> {
    let (first, decades) = match work.unit {
        Unit::Rows => (100.0, if huge { 5 } else { 4 }),
        Unit::Blocks => (10.0, 4),
    };
    let mut points = Vec::new();
    // two sizes per decade
    for step in 0..=2 * decades {
        let size = (first * 10_f64.powf(f64::from(step) / 2.0)).round();
        let mut best = Duration::MAX;
        let start = Instant::now();
        let mut runs = 0;
        while runs < 3 || (runs < 100 && start.elapsed() < Duration::from_millis(200)) {
            best = best.min((work.time)(size as usize)?);
            runs += 1;
        }
        points.push((size, best.as_secs_f64()));
    }
    Ok(points)
}

impl Expected {
    /// The exponent in this range of sizes: that of `n log n` is not a constant.
    fn exponent(self, points: &[(f64, f64)]) -> f64 {
        match self {
            Expected::Linear => 1.0,
            Expected::Sorting => {
                let times = points.iter().map(|&(n, _)| (n, n * n.ln()));
                slope(&times.collect::<Vec<_>>())
            }
        }
    }
}

/// Slope of the straight line nearest to the logarithms of the points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let logarithms = points.iter().map(|&(x, y)| (x.ln(), y.ln()));
    let logarithms: Vec<_> = logarithms.collect();
    let count = logarithms.len() as f64;
    let mean_x = logarithms.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = logarithms.iter().map(|(_, y)| y).sum::<f64>() / count;
    let covariance = logarithms.iter().map(|(x, y)| (x - mean_x) * (y - mean_y));
    let variance = logarithms.iter().map(|(x, _)| (x - mean_x).powi(2));
    covariance.sum::<f64>() / variance.sum::<f64>()
}

/// Time for a function, without that of freeing what it gives.
fn timed<T, E: Into<Box<dyn Error>>>(
    f: impl FnOnce() -> std::result::Result<T, E>,
) -> Result<Duration> {
    let start = processor_time()?;
    let result = black_box(f().map_err(Into::into)?);
    let time = processor_time()? - start;
    drop(result);
    Ok(time)
}

/// What all threads of this process have worked until now.
fn processor_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::ProcessCPUTime).try_into()?)
}

// ---- inputs ----

const NAMES: [&str; 4] = ["system", "atom", "neighbor", "type"];

/// Values of distinct sorted rows, from number `first` on.
fn sorted_rows(first: usize, count: usize) -> Vec<i32> {
    let row = |i: usize| [i / 400, i / 20 % 20, i % 20, i % 7].map(|value| value as i32);
    (first..first + count).flat_map(row).collect()
}

/// The same in some other order.
fn shuffled_rows(first: usize, count: usize) -> Vec<i32> {
    let sorted = sorted_rows(first, count);
    let (rows, _) = sorted.as_chunks::<4>();
    permutation(count).flat_map(|i| rows[i]).collect()
}

/// All numbers up to `count` in some order.
fn permutation(count: usize) -> impl Iterator<Item = usize> {
    let mut numbers: Vec<_> = (0..count).collect();
    let mut state = 1u64;
    for i in (1..count).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        numbers.swap(i, (state >> 33) as usize % (i + 1));
    }
    numbers.into_iter()
}

fn shuffled_labels(first: usize, count: usize) -> Result<Labels> {
    Ok(Labels::from_values(&NAMES, shuffled_rows(first, count))?)
}

/// A block of `count` samples and 4 properties, with gradients of two rows per sample.
fn block(count: usize) -> Result<TensorBlock> {
    let properties = Labels::range("n", 4)?;
    let mut block = TensorBlock::new(
        Array2::<f64>::ones((count, 4)),
        &shuffled_labels(0, count)?,
        &[],
        &properties,
    )?;
    block.add_gradient("positions", gradient(count, &properties)?)?;
    Ok(block)
}

fn gradient(samples: usize, properties: &Labels) -> Result<TensorBlock> {
    let rows = permutation(2 * samples).map(|i| [(i / 2) as i32, (i % 2) as i32]);
    Ok(TensorBlock::new(
        Array3::<f64>::ones((2 * samples, 3, 4)),
        &Labels::from_rows(&["sample", "atom"], rows)?,
        &[Labels::range("xyz", 3)?],
        properties,
    )?)
}

/// Tiny blocks, with keys (a, b): 10 different `b`, and the same samples for the same `b`.
fn map(blocks: usize) -> Result<TensorMap> {
    let (keys, blocks) = tiny_blocks(blocks)?;
    Ok(TensorMap::new(keys, blocks)?)
}

fn tiny_blocks(count: usize) -> Result<(Labels, Vec<TensorBlock>)> {
    let properties = Labels::range("n", 4)?;
    let keys = (0..count).map(|i| [(i / 10) as i32, (i % 10) as i32]);
    let block = |i: usize| -> Result<TensorBlock> {
        let samples = Labels::from_values(&NAMES, sorted_rows(i % 10 * 2, 4))?;
        let values = Array2::<f64>::ones((4, 4));
        Ok(TensorBlock::new(values, &samples, &[], &properties)?)
    };
    let blocks = (0..count).map(block).collect::<Result<_>>()?;
    Ok((Labels::from_rows(&["a", "b"], keys)?, blocks))
}

// ---- the work ----

fn create(n: usize) -> Result<Duration> {
    let values = shuffled_rows(0, n);
    timed(|| Labels::from_values(&NAMES, values))
}

fn create_sorted(n: usize) -> Result<Duration> {
    let values = sorted_rows(0, n);
    timed(|| Labels::from_values(&NAMES, values))
}

fn positions(n: usize) -> Result<Duration> {
    let labels = shuffled_labels(0, n)?;
    let rows = shuffled_rows(n / 2, n);
    labels.position(&rows[..4]);
    let (rows, _) = rows.as_chunks::<4>();
    timed(|| -> Result<_> { Ok(rows.iter().filter(|row| labels.contains(&row[..])).count()) })
}

fn select(n: usize) -> Result<Duration> {
    let labels = shuffled_labels(0, n)?;
    let wanted = (0..n / 1000 + 1).map(|i| [i as i32 * 2, 3]);
    let wanted = Labels::from_rows(&["system", "atom"], wanted)?;
    timed(|| labels.select(&wanted))
}

fn union(n: usize) -> Result<Duration> {
    let (first, second) = (shuffled_labels(0, n)?, shuffled_labels(n / 2, n)?);
    timed(|| first.union_and_mapping(&second))
}

fn intersection(n: usize) -> Result<Duration> {
    let (first, second) = (shuffled_labels(0, n)?, shuffled_labels(n / 2, n)?);
    timed(|| first.intersection_and_mapping(&second))
}

fn save_labels(n: usize) -> Result<Duration> {
    let labels = shuffled_labels(0, n)?;
    timed(|| Labels::load_buffer(&labels.save_buffer()?))
}

fn add_gradient(n: usize) -> Result<Duration> {
    let properties = Labels::range("n", 4)?;
    let values = Array2::<f64>::ones((n, 4));
    let mut block = TensorBlock::new(values, &shuffled_labels(0, n)?, &[], &properties)?;
    let gradient = gradient(n, &properties)?;
    timed(|| block.add_gradient("positions", gradient))
}

fn multiply(n: usize) -> Result<Duration> {
    let block = block(n)?;
    timed(|| operations::multiply(&block, &block))
}

fn sort(n: usize) -> Result<Duration> {
    let block = block(n)?;
    timed(|| {
        operations::sort(
            &block,
            &[operations::Axis::Samples],
            operations::Direction::Ascending,
        )
    })
}

fn create_map(n: usize) -> Result<Duration> {
    let (keys, blocks) = tiny_blocks(n)?;
    timed(|| TensorMap::new(keys, blocks))
}

fn keys_to_samples(n: usize) -> Result<Duration> {
    let map = map(n)?;
    let moved = Labels::empty(&["a"])?;
    timed(|| map.keys_to_samples(&moved, 0.0, SampleOrder::Sorted))
}

fn keys_to_properties(n: usize) -> Result<Duration> {
    let map = map(n)?;
    let moved = Labels::empty(&["a"])?;
    timed(|| map.keys_to_properties(&moved, 0.0, SampleOrder::Sorted))
}

fn save_map(n: usize) -> Result<Duration> {
    let map = map(n)?;
    timed(|| TensorMap::load_buffer(&map.save_buffer()?))
}
