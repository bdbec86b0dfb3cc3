//! How long operations take when they are done again and again, and how far this is from what the memory can do.
//!
//! ```text
//! cargo bench -p metatensor-tests --bench steady -- [--filter TEXT] [--turns N] [--megabytes N] [--markdown]
//! ```
//!
//! Each operation is done in turn with two others that move the same bytes:
//!
//! - a bare loop over the elements of its inputs and of its result, in pieces that are shared between the same threads,
//!   which writes to memory that was written to before. There are two of these, with plain stores (copies by that of the C
//!   library) and with stores that bypass the caches: the one whose median is smaller is the bound;
//! - the operation itself with its result in memory that comes from the system, because none is kept.
//!
//! *serial* is what one thread does before the others can help, which is all that happens to labels, as a part of the time of
//! one thread: the time of the operation for values of two columns, relative to that for all columns. *64 threads* is how many
//! times faster so many threads can be for this reason (the law of Amdahl), if the memory is as fast as they are.
//!
//! A ratio is that of neighbors in time; the table has medians and quartiles of these. *then read* is the time of an operation
//! followed by a sum over all elements of its result, relative to the bound followed by the same: stores that bypass the
//! caches must not make the next reader slower than they made the operation faster.

#![expect(unsafe_code, reason = "stores that bypass the caches")]

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use metatensor::operations::{
    self, AllcloseOptions, Axis, Direction, GradientSelection, Selection,
};
use metatensor::{Labels, SampleOrder, TensorBlock, TensorMap};
use metatensor_core::internal::{all_rows, change_rows};
use metatensor_core::{num_threads, set_kept_memory_bound, set_num_threads};
use ndarray::{Array2, Array3};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// An operation on two maps with the same metadata.
type Operation = fn(&TensorMap, &TensorMap) -> metatensor_core::Result<TensorMap>;

/// What a bare loop has to read for each element that it writes.
#[derive(Clone, Copy, PartialEq)]
enum Traffic {
    /// two elements
    Two,
    /// one element
    One,
    /// nothing is written: all elements of the input are read
    Read,
    /// nothing is written: all elements of both inputs are read
    Compare,
    /// one element, for the first half of the input
    Half,
    /// one element, for the first half of each row of the input
    HalfRows,
    /// nothing is read
    Write,
    /// one element of two inputs for two elements
    Both,
    /// one element for each of the first half, nothing for the others
    HalfZeros,
}

const OPERATIONS: &[(&str, Traffic, Operation)] = &[
    ("add", Traffic::Two, operations::add),
    ("subtract", Traffic::Two, operations::subtract),
    ("multiply", Traffic::Two, operations::multiply),
    ("divide", Traffic::Two, operations::divide),
    ("multiply_scalar", Traffic::One, |a, _| {
        operations::multiply_scalar(a, 2.0)
    }),
    ("add_scalar", Traffic::One, |a, _| {
        operations::add_scalar(a, 2.0)
    }),
    ("divide_scalar", Traffic::One, |a, _| {
        operations::divide_scalar(a, 2.0)
    }),
    ("pow 2", Traffic::One, |a, _| operations::pow(a, 2.0)),
    ("abs", Traffic::One, |a, _| operations::abs(a)),
    ("allclose", Traffic::Compare, |a, b| {
        operations::allclose(
            a,
            b,
            AllcloseOptions {
                atol: 10.0,
                ..Default::default()
            },
        )?;
        TensorMap::new(Labels::empty(&["_"])?, Vec::new())
    }),
    ("zeros_like", Traffic::Write, |a, _| {
        operations::zeros_like(a, GradientSelection::All)
    }),
    ("ones_like", Traffic::Write, |a, _| {
        operations::ones_like(a, GradientSelection::All)
    }),
    ("random_uniform_like", Traffic::Write, |a, _| {
        operations::random_uniform_like(a, GradientSelection::All, 1)
    }),
    ("sum_over_samples", Traffic::Read, |a, _| {
        operations::sum_over_samples(a, &["atom"])
    }),
    ("mean_over_samples", Traffic::Read, |a, _| {
        operations::mean_over_samples(a, &["atom"])
    }),
    ("var_over_samples", Traffic::Read, |a, _| {
        operations::var_over_samples(a, &["atom"])
    }),
    ("std_over_samples", Traffic::Read, |a, _| {
        operations::std_over_samples(a, &["atom"])
    }),
    ("sum_over_properties", Traffic::Read, |a, _| {
        operations::sum_over_properties(a, &["n"])
    }),
    ("mean_over_properties", Traffic::Read, |a, _| {
        operations::mean_over_properties(a, &["n"])
    }),
    ("var_over_properties", Traffic::Read, |a, _| {
        operations::var_over_properties(a, &["n"])
    }),
    ("std_over_properties", Traffic::Read, |a, _| {
        operations::std_over_properties(a, &["n"])
    }),
    ("slice, samples", Traffic::Half, |a, _| {
        let samples = a.block_by_id(0)?.samples().count();
        let rows: Vec<i64> = (0..samples as i64 / 2).collect();
        operations::slice(a, Axis::Samples, Selection::Indices(&rows))
    }),
    ("slice, properties", Traffic::HalfRows, |a, _| {
        let properties = a.block_by_id(0)?.properties().count();
        let columns: Vec<i64> = (0..properties as i64 / 2).collect();
        operations::slice(a, Axis::Properties, Selection::Indices(&columns))
    }),
    ("split, samples", Traffic::One, |a, _| {
        split(a, Axis::Samples, a.block_by_id(0)?.samples().count())
    }),
    ("split, properties", Traffic::One, |a, _| {
        split(a, Axis::Properties, a.block_by_id(0)?.properties().count())
    }),
    ("join, samples", Traffic::Both, |a, b| {
        join(a, b, Axis::Samples)
    }),
    ("join, properties", Traffic::Both, |a, b| {
        join(a, b, Axis::Properties)
    }),
    ("sort", Traffic::One, |a, _| {
        operations::sort(a, &[Axis::Samples], Direction::Descending)
    }),
    ("keys_to_samples", Traffic::One, |a, _| {
        a.keys_to_samples(&Labels::empty(&["key"])?, 0.0, SampleOrder::Sorted)
    }),
    ("keys_to_properties", Traffic::One, |a, _| {
        a.keys_to_properties(&Labels::empty(&["key"])?, 0.0, SampleOrder::Sorted)
    }),
    ("components_to_properties", Traffic::One, |a, _| {
        a.components_to_properties(&["m"])
    }),
];

/// Those on maps with small values and large gradients, of which the first map only has the first half of the rows.
const ON_GRADIENTS: &[(&str, Traffic, Operation)] =
    &[("align_gradients", Traffic::HalfZeros, |a, b| {
        Ok(operations::align_gradients(a, b)?.0)
    })];

/// Of the map with the largest result.
const PROPERTIES: usize = 128;
const COMPONENTS: usize = 5;
const BLOCKS: usize = 4;

fn main() -> Result<()> {
    let mut filter = String::new();
    let (mut turns, mut sizes) = (31, vec![20, 80, 320]);
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--filter" => filter = value()?,
            "--turns" => turns = value()?.parse()?,
            "--megabytes" => sizes = vec![value()?.parse()?],
            // which `cargo bench` always adds
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    println!(
        "{} threads, {turns} turns; GB/s of the bound, times relative to it\n",
        num_threads()
    );
    println!(
        "| operation | MB | bound, ms | GB/s | operation (quartiles) | least | fresh memory | then read | serial, % | 64 threads |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for megabytes in sizes {
        let samples = megabytes * 1_000_000 / (8 * BLOCKS * COMPONENTS * PROPERTIES);
        let (a, b) = (
            map(samples, COMPONENTS, PROPERTIES, 1.5)?,
            map(samples, COMPONENTS, PROPERTIES, 0.5)?,
        );
        let (thin, other) = (map(samples, 1, 2, 1.5)?, map(samples, 1, 2, 0.5)?);
        let bench = |&(name, traffic, operation): &(&str, Traffic, Operation),
                     (a, b): (&TensorMap, &TensorMap),
                     (thin, other): (&TensorMap, &TensorMap)|
         -> Result<()> {
            if !name.contains(&filter) {
                return Ok(());
            }
            let serial = serial_part(&|| operation(thin, other), &|| operation(a, b));
            let elements = result_elements(b)?;
            let run = || operation(a, b);
            compare(name, megabytes, traffic, &run, elements, turns, serial)
        };
        for entry in OPERATIONS {
            bench(entry, (&a, &b), (&thin, &other))?;
        }
        drop((a, b, thin, other));
        let gradients = |components, properties| -> Result<_> {
            let half = gradient_map(samples, samples / 2, components, properties)?;
            let all = gradient_map(samples, samples, components, properties)?;
            Ok((half, all))
        };
        let (a, b) = gradients(COMPONENTS, PROPERTIES)?;
        let (thin, other) = gradients(1, 2)?;
        for entry in ON_GRADIENTS {
            bench(entry, (&a, &b), (&thin, &other))?;
        }
        metatensor::trim_memory();
    }
    Ok(())
}

/// Number of elements in the values of a map, or in its gradients if it has some.
fn result_elements(map: &TensorMap) -> metatensor_core::Result<usize> {
    let blocks = map.blocks().iter();
    let elements = blocks.map(|block| {
        let gradient = block.gradients().next();
        Ok(gradient
            .map_or(block, |(_, gradient)| gradient)
            .values_as::<f64>()?
            .len())
    });
    elements.sum()
}

type Run<'a> = dyn Fn() -> metatensor_core::Result<TensorMap> + 'a;

/// Which part of the time of `all`, on one thread, are the labels, those of `thin` being the same.
fn serial_part(thin: &Run<'_>, all: &Run<'_>) -> f64 {
    let threads = num_threads();
    set_num_threads(1);
    let mut ratios: Vec<f64> = (0..9)
        .map(|_| time(|| drop(black_box(thin()))) / time(|| drop(black_box(all()))))
        .collect();
    set_num_threads(threads);
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2].min(1.0)
}

/// Prints how long `operation` takes, relative to a bare loop.
fn compare(
    name: &str,
    megabytes: usize,
    traffic: Traffic,
    operation: &Run<'_>,
    elements: usize,
    turns: usize,
    serial: f64,
) -> Result<()> {
    let mut bare = Bare::new(traffic, elements);
    let result = operation()?;
    let mut bare_times = [vec![], vec![]];
    let (mut steady, mut fresh, mut read) = (vec![], vec![], vec![]);
    for turn in 0..turns + 2 {
        let bounds = [false, true].map(|streaming| time(|| bare.run(streaming)));
        // the first result of all finds no memory
        let own = time(|| drop(black_box(operation())));
        let bound_and_read = time(|| {
            bare.run(false);
            bare.read_result();
        });
        let own_and_read = time(|| {
            if let Ok(result) = operation() {
                black_box(total(&result));
            }
        });
        set_kept_memory_bound(0);
        let from_system = time(|| drop(black_box(operation())));
        set_kept_memory_bound(u64::MAX);
        // Zeros in memory from the system have no pages until somebody writes to them, as the second ones do.
        drop(operation()?);
        drop(operation()?);
        if turn >= 2 {
            bare_times[0].push(bounds[0]);
            bare_times[1].push(bounds[1]);
            steady.push(own);
            fresh.push(from_system);
            read.push(own_and_read / bound_and_read);
        }
    }
    drop(result);
    let part = |values: &[f64], quarter: usize| values[(values.len() - 1) * quarter / 4];
    let median = |values: &[f64]| part(values, 2);
    let sorted = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values
    };
    let [plain, streaming] = bare_times;
    let bounds = match median(&sorted(plain.clone())) < median(&sorted(streaming.clone())) {
        true => plain,
        false => streaming,
    };
    let relative = |values: Vec<f64>| {
        let ratios = values
            .iter()
            .zip(&bounds)
            .map(|(value, bound)| value / bound);
        sorted(ratios.collect())
    };
    let (steady, fresh) = (relative(steady), relative(fresh));
    let (bounds, read) = (sorted(bounds), sorted(read));
    println!(
        "| {name} | {megabytes} | {:.2} | {:.1} | **{:.2}** ({:.2} – {:.2}) | {:.2} | {:.2} | {:.2} | {:.1} | {:.0} |",
        median(&bounds) * 1e3,
        bare.bytes() as f64 / median(&bounds) / 1e9,
        median(&steady),
        part(&steady, 1),
        part(&steady, 3),
        steady[0],
        median(&fresh),
        median(&read),
        100.0 * serial,
        1.0 / (serial + (1.0 - serial) / 64.0),
    );
    Ok(())
}

fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

/// The memory that an operation reads and writes, and nothing else.
struct Bare {
    traffic: Traffic,
    inputs: [Vec<f64>; 2],
    output: Vec<f64>,
}

impl Bare {
    fn new(traffic: Traffic, elements: usize) -> Bare {
        let written = match traffic {
            Traffic::Read | Traffic::Compare => 0,
            Traffic::Half | Traffic::HalfRows => elements / 2,
            Traffic::Both => 2 * elements,
            Traffic::One | Traffic::Two | Traffic::Write | Traffic::HalfZeros => elements,
        };
        Bare {
            traffic,
            inputs: [vec![1.5; elements], vec![0.5; elements]],
            output: vec![0.0; written],
        }
    }

    fn bytes(&self) -> usize {
        let read = match self.traffic {
            Traffic::Two | Traffic::Compare => 2 * self.inputs[0].len(),
            Traffic::Write => 0,
            Traffic::Read => self.inputs[0].len(),
            Traffic::HalfZeros => self.output.len() / 2,
            Traffic::One | Traffic::Half | Traffic::HalfRows | Traffic::Both => self.output.len(),
        };
        8 * (read + self.output.len())
    }

    /// One pass over all of the memory.
    fn run(&mut self, streaming: bool) {
        let [x, y] = &self.inputs;
        let bytes = self.bytes();
        let traffic = self.traffic;
        match traffic {
            Traffic::Read => {
                black_box(sum(x));
                return;
            }
            Traffic::Compare => {
                black_box(same(x, y));
                return;
            }
            _ => {}
        }
        let half = match traffic {
            Traffic::HalfZeros => x.len() / 2,
            _ => x.len(),
        };
        let row = match traffic {
            Traffic::HalfRows => PROPERTIES / 2,
            _ => 8,
        };
        let done = change_rows(&mut self.output, row, bytes, |rows, output| {
            let range = row * rows.start..row * rows.end;
            match traffic {
                Traffic::Two => write(output, &x[range.clone()], &y[range], streaming),
                Traffic::Write => write_zeros(output, streaming),
                Traffic::HalfZeros if range.start >= half => write_zeros(output, streaming),
                Traffic::Both if range.end > half => {
                    let start = range.start.saturating_sub(half);
                    write(output, &y[start..start + output.len()], &[], streaming);
                }
                Traffic::HalfRows => {
                    let rows = x[2 * range.start..2 * range.end].chunks_exact(PROPERTIES);
                    for (output, x) in output.chunks_exact_mut(PROPERTIES / 2).zip(rows) {
                        write(output, &x[..PROPERTIES / 2], &[], streaming);
                    }
                }
                _ => write(output, &x[range], &[], streaming),
            }
            Ok(())
        });
        done.expect("nothing can fail");
    }

    fn read_result(&self) {
        black_box(sum(&self.output));
    }
}

/// `x + y`, or `x` if there is no `y`.
#[inline(never)]
fn write(output: &mut [f64], x: &[f64], y: &[f64], streaming: bool) {
    #[cfg(target_arch = "x86_64")]
    if streaming {
        use std::arch::x86_64::{_mm_add_pd, _mm_loadu_pd, _mm_sfence, _mm_stream_pd};

        let start = output.as_ptr().align_offset(16).min(output.len());
        for i in 0..start {
            output[i] = x[i] + y.get(i).unwrap_or(&0.0);
        }
        let end = start + (output.len() - start) / 2 * 2;
        assert!(x.len() == output.len() && (y.is_empty() || y.len() == output.len()));
        for i in (start..end).step_by(2) {
            // SAFETY: all slices have the same length, and the address that is written to is aligned.
            unsafe {
                let mut value = _mm_loadu_pd(x.as_ptr().add(i));
                if !y.is_empty() {
                    value = _mm_add_pd(value, _mm_loadu_pd(y.as_ptr().add(i)));
                }
                _mm_stream_pd(output.as_mut_ptr().add(i), value);
            }
        }
        // SAFETY: all processors of this kind have it.
        unsafe { _mm_sfence() };
        for i in end..output.len() {
            output[i] = x[i] + y.get(i).unwrap_or(&0.0);
        }
        return;
    }
    let _ = streaming;
    if y.is_empty() {
        output.copy_from_slice(x);
        return;
    }
    for ((output, x), y) in output.iter_mut().zip(x).zip(y) {
        *output = x + y;
    }
}

#[inline(never)]
fn write_zeros(output: &mut [f64], streaming: bool) {
    #[cfg(target_arch = "x86_64")]
    if streaming && output.as_ptr().align_offset(16) == 0 {
        use std::arch::x86_64::{_mm_setzero_pd, _mm_sfence, _mm_stream_pd};

        let pairs = output.len() / 2;
        for i in 0..pairs {
            // SAFETY: inside of the slice, and aligned.
            unsafe { _mm_stream_pd(output.as_mut_ptr().add(2 * i), _mm_setzero_pd()) };
        }
        // SAFETY: all processors of this kind have it.
        unsafe { _mm_sfence() };
        output[2 * pairs..].fill(0.0);
        return;
    }
    let _ = streaming;
    output.fill(0.0);
}

/// Reads all elements, with all threads.
fn sum(x: &[f64]) -> bool {
    all_rows(x.len().div_ceil(64), size_of_val(x), |rows| {
        let part = &x[64 * rows.start..(64 * rows.end).min(x.len())];
        let mut sums = [0.0; 32];
        let chunks = part.chunks_exact(32);
        for chunk in chunks {
            for (sum, x) in sums.iter_mut().zip(chunk) {
                *sum += x;
            }
        }
        sums.iter().sum::<f64>() < f64::INFINITY
    })
}

/// Reads all elements of two slices of the same length, with all threads.
fn same(x: &[f64], y: &[f64]) -> bool {
    all_rows(x.len().div_ceil(64), 2 * size_of_val(x), |rows| {
        let range = 64 * rows.start..(64 * rows.end).min(x.len());
        let (x, y) = (
            x[range.clone()].as_chunks::<32>().0,
            y[range].as_chunks::<32>().0,
        );
        let mut sums = [0.0; 32];
        for (x, y) in x.iter().zip(y) {
            for i in 0..32 {
                sums[i] += x[i] - y[i];
            }
        }
        sums.iter().sum::<f64>() < f64::INFINITY
    })
}

fn total(map: &TensorMap) -> bool {
    map.blocks().iter().all(|block| {
        let values = block.values_as::<f64>();
        values.is_ok_and(|values| values.as_slice().is_none_or(sum))
    })
}

/// `BLOCKS` blocks with values from `value` on, whose samples are atoms of systems with ten each.
fn map(
    samples: usize,
    components: usize,
    properties: usize,
    value: f64,
) -> metatensor_core::Result<TensorMap> {
    let rows = (0..samples as i32).map(|i| [i / 10, i % 10]);
    let samples = Labels::from_rows(&["system", "atom"], rows)?;
    let components = [Labels::range("m", components)?];
    let properties = Labels::range("n", properties)?;
    let block = |_| {
        let shape = (samples.count(), components[0].count(), properties.count());
        let values =
            Array3::from_shape_fn(shape, |(i, j, k)| value + ((i + 3 * j + 7 * k) % 11) as f64);
        TensorBlock::new(values, &samples, &components, &properties)
    };
    let blocks = (0..BLOCKS)
        .map(block)
        .collect::<metatensor_core::Result<_>>()?;
    TensorMap::new(Labels::range("key", BLOCKS)?, blocks)
}

/// The same with small values, and gradients for the first `rows` samples, with as many components.
fn gradient_map(
    samples: usize,
    rows: usize,
    components: usize,
    properties: usize,
) -> metatensor_core::Result<TensorMap> {
    let labels = Labels::range("atom", samples)?;
    let gradient_samples = Labels::range("sample", rows)?;
    let components = [Labels::range("m", components)?];
    let properties = Labels::range("n", properties)?;
    let block = |_| {
        let values = Array2::from_elem((samples, properties.count()), 1.5);
        let mut block = TensorBlock::new(values, &labels, &[], &properties)?;
        let shape = (rows, components[0].count(), properties.count());
        let values = Array3::from_elem(shape, 0.5);
        let gradient = TensorBlock::new(values, &gradient_samples, &components, &properties)?;
        block.add_gradient("positions", gradient)?;
        Ok(block)
    };
    let blocks = (0..BLOCKS)
        .map(block)
        .collect::<metatensor_core::Result<_>>()?;
    TensorMap::new(Labels::range("key", BLOCKS)?, blocks)
}

/// The second half of `a`, after the first one was made as well.
fn split(a: &TensorMap, axis: Axis, count: usize) -> metatensor_core::Result<TensorMap> {
    let count = count as i64;
    let halves = [0..count / 2, count / 2..count].map(|half| half.collect::<Vec<_>>());
    let halves = halves.each_ref().map(|half| Selection::Indices(half));
    let mut parts = black_box(operations::split(a, axis, &halves)?);
    parts
        .pop()
        .ok_or_else(|| metatensor::Error::Internal("no parts".to_owned()))
}

fn join(a: &TensorMap, b: &TensorMap, axis: Axis) -> metatensor_core::Result<TensorMap> {
    let options = operations::JoinOptions {
        add_dimension: Some("tensor"),
        ..Default::default()
    };
    operations::join(&[a, b], axis, options)
}
