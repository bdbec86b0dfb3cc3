//! How much memory operations need beside their inputs and results.
//!
//! ```text
//! cargo bench -p metatensor-tests --bench memory -- [--filter TEXT]
//! ```
//!
//! The maps have two blocks with gradients; contractions and invariants are those of a smaller one. The library counts how much memory of large arrays and tables is in use, and an
//! allocator how much of all others; the sum of how much of both was at most is no less than what was needed.
//! What an operation used beyond the memory before, and the arrays of its result, is what it needed in between: the last
//! columns have it in megabytes, and relative to inputs and result. It includes up to a sixteenth of each array, which is there
//! for larger ones to use the same memory later: this part is never touched. No memory is kept here.

#![expect(unsafe_code, reason = "counts allocations")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::env;
use std::error::Error;
use std::sync::atomic::{AtomicUsize, Ordering};

use metatensor_core::{
    Labels, SampleOrder, TensorBlock, TensorMap, memory_use, reset_peak_memory,
    set_kept_memory_bound,
};
use metatensor_operations::{
    self as operations, Axis, ContractOptions, Direction, InvariantsOptions, NeighborPairs,
    Selection,
};
use ndarray::{Array2, Array4};

/// The allocator of the system, which counts bytes.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn count(size: usize) {
    let in_use = IN_USE.fetch_add(size, Ordering::Relaxed) + size;
    PEAK.fetch_max(in_use, Ordering::Relaxed);
}

// SAFETY: everything is done by the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promises are those that are asked for here.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both exist at the same time if the memory has to move.
        count(size);
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SAMPLES: usize = 2000;
const COMPONENTS: usize = 3;
const PROPERTIES: usize = 64;
const NEIGHBORS: usize = 10;

/// An operation on two maps with the same metadata.
type Operation = fn(&TensorMap, &TensorMap) -> metatensor_core::Result<TensorMap>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("add", operations::add),
    ("multiply", operations::multiply),
    ("divide", operations::divide),
    ("multiply_scalar", |a, _| {
        operations::multiply_scalar(a, 2.0)
    }),
    ("pow", |a, _| operations::pow(a, 3.0)),
    ("abs", |a, _| operations::abs(a)),
    ("dot", |a, b| operations::dot(a, &weights(b)?)),
    ("zeros_like", |a, _| {
        operations::zeros_like(a, operations::GradientSelection::All)
    }),
    ("random_uniform_like", |a, _| {
        operations::random_uniform_like(a, operations::GradientSelection::All, 1)
    }),
    ("sum_over_samples", |a, _| {
        operations::sum_over_samples(a, &["atom"])
    }),
    ("std_over_samples", |a, _| {
        operations::std_over_samples(a, &["atom"])
    }),
    ("sum_over_properties", |a, _| {
        operations::sum_over_properties(a, &["m"])
    }),
    ("std_over_properties", |a, _| {
        operations::std_over_properties(a, &["m"])
    }),
    ("join, samples", |a, b| join(a, b, Axis::Samples)),
    ("join, properties", |a, b| join(a, b, Axis::Properties)),
    ("slice, samples", |a, _| {
        slice(a, Axis::Samples, SAMPLES / 2)
    }),
    ("slice, properties", |a, _| {
        slice(a, Axis::Properties, PROPERTIES / 2)
    }),
    ("sort", |a, _| {
        operations::sort(a, &[Axis::Samples], Direction::Descending)
    }),
    ("lstsq", |a, b| {
        let y = slice(b, Axis::Properties, 1)?;
        operations::lstsq(a, &y, operations::LstsqOptions::default())
    }),
    ("keys_to_samples", |a, _| {
        a.keys_to_samples(&Labels::empty(&["key"])?, 0.0, SampleOrder::Sorted)
    }),
    ("keys_to_properties", |a, _| {
        a.keys_to_properties(&Labels::empty(&["key"])?, 0.0, SampleOrder::Sorted)
    }),
    ("components_to_properties", |a, _| {
        a.components_to_properties(&["o3_mu"])
    }),
    ("save and load a file", |a, _| {
        let file = tempfile::Builder::new().suffix(".mts").tempfile();
        let file = file.map_err(|error| metatensor_core::Error::Internal(error.to_string()))?;
        a.save(file.path())?;
        TensorMap::load(file.path())
    }),
];

/// An operation on a map of vectors.
type Product = fn(&TensorMap) -> metatensor_core::Result<TensorMap>;

const PRODUCTS: &[(&str, Product)] = &[
    ("contract", |x| {
        let options = ContractOptions {
            matched_keys: Some(&["o3_lambda", "o3_sigma"]),
            contracted_components: &["o3_mu"],
            matched_properties: Some(&[]),
            ..ContractOptions::default()
        };
        operations::contract(x, x, options)
    }),
    ("invariants, unique", |x| {
        operations::invariants(x, InvariantsOptions::default())
    }),
    ("invariants, all", |x| {
        let options = InvariantsOptions {
            pairs: NeighborPairs::All,
            ..InvariantsOptions::default()
        };
        operations::invariants(x, options)
    }),
];

fn main() -> Result<()> {
    let mut filter = String::new();
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--filter" => filter = arguments.next().ok_or("--filter needs a text")?,
            // which `cargo bench` always adds
            "--bench" => {}
            _ => return Err(format!("unknown argument '{argument}'").into()),
        }
    }
    set_kept_memory_bound(0);
    let (a, b) = (map(1.5)?, map(0.5)?);
    let inputs = megabytes(&a)? + megabytes(&b)?;
    // What is only made once, such as threads, is made now.
    drop(operations::add(&a, &b)?);
    println!("two maps with {inputs:.0} MB of arrays together\n");
    println!("| operation | result, MB | in between, MB | relative |");
    println!("|---|--:|--:|--:|");
    for (name, operation) in OPERATIONS.iter().filter(|(name, _)| name.contains(&filter)) {
        measure(name, inputs, &|| operation(&a, &b))?;
    }
    let x = vectors(&a)?;
    let inputs = megabytes(&x)?;
    for (name, product) in PRODUCTS.iter().filter(|(name, _)| name.contains(&filter)) {
        measure(name, inputs, &|| product(&x))?;
    }
    Ok(())
}

/// Prints how much memory an operation needs beside its result, for inputs of so many megabytes.
fn measure(
    name: &str,
    inputs: f64,
    operation: &dyn Fn() -> metatensor_core::Result<TensorMap>,
) -> Result<()> {
    let before = IN_USE.load(Ordering::Relaxed) + memory_use().in_use;
    PEAK.store(IN_USE.load(Ordering::Relaxed), Ordering::Relaxed);
    reset_peak_memory();
    let result = operation()?;
    let peak = PEAK.load(Ordering::Relaxed) + memory_use().peak;
    let size = megabytes(&result)?;
    let between = (peak - before) as f64 / 1e6 - size;
    let relative = 100.0 * between / (inputs + size);
    println!("| {name} | {size:.1} | {between:.1} | {relative:.1} % |");
    Ok(())
}

/// The first properties of a map, as vectors of two neighbors of the same atoms.
fn vectors(map: &TensorMap) -> metatensor_core::Result<TensorMap> {
    let x = slice(map, Axis::Properties, 8)?;
    let names = ["o3_lambda", "o3_sigma", "neighbor_type"];
    let keys = Labels::new(names, [[1, 1, 1], [1, 1, 8]])?;
    TensorMap::new(keys, x.into_parts().1)
}

/// The size of all arrays of a map.
fn megabytes(map: &TensorMap) -> Result<f64> {
    fn array_bytes(block: &TensorBlock) -> metatensor_core::Result<usize> {
        let values = block.values();
        let mut bytes = values.shape()?.iter().product::<usize>() * values.dtype()?.size();
        for (_, gradient) in block.gradients() {
            bytes += array_bytes(gradient)?;
        }
        Ok(bytes)
    }
    let mut total = 0;
    for block in map.blocks() {
        total += array_bytes(block)?;
    }
    Ok(total as f64 / 1e6)
}

fn map(value: f64) -> metatensor_core::Result<TensorMap> {
    let rows =
        |count, width: usize| (0..count).map(move |i| [(i / width) as i32, (i % width) as i32]);
    let samples = Labels::from_rows(&["system", "atom"], rows(SAMPLES, 10))?;
    let components = [Labels::range("o3_mu", COMPONENTS)?];
    let properties = Labels::from_rows(&["n", "m"], rows(PROPERTIES, 8))?;
    let neighbors = rows(SAMPLES * NEIGHBORS, NEIGHBORS);
    let gradient_samples = Labels::from_rows(&["sample", "atom"], neighbors)?;
    let gradient_components = [Labels::range("xyz", 3)?, components[0].clone()];
    let block = || -> metatensor_core::Result<TensorBlock> {
        let values = ndarray::Array3::from_elem((SAMPLES, COMPONENTS, PROPERTIES), value);
        let mut block = TensorBlock::new(values, &samples, &components, &properties)?;
        let shape = (SAMPLES * NEIGHBORS, 3, COMPONENTS, PROPERTIES);
        let gradient = TensorBlock::new(
            Array4::from_elem(shape, value),
            &gradient_samples,
            &gradient_components,
            &properties,
        )?;
        block.add_gradient("positions", gradient)?;
        Ok(block)
    };
    TensorMap::new(Labels::range("key", 2)?, vec![block()?, block()?])
}

/// Sixteen rows of weights for the properties of `map`.
fn weights(map: &TensorMap) -> metatensor_core::Result<TensorMap> {
    let outputs = Labels::range("output", 16)?;
    let block = |block: &TensorBlock| {
        let values = Array2::<f64>::ones((16, PROPERTIES));
        TensorBlock::new(values, &outputs, &[], block.properties())
    };
    let blocks = map.blocks().iter().map(block);
    TensorMap::new(
        map.keys().clone(),
        blocks.collect::<metatensor_core::Result<_>>()?,
    )
}

fn join(a: &TensorMap, b: &TensorMap, axis: Axis) -> metatensor_core::Result<TensorMap> {
    let options = operations::JoinOptions {
        add_dimension: Some("tensor"),
        ..Default::default()
    };
    operations::join(&[a, b], axis, options)
}

/// The first entries of an axis.
fn slice(map: &TensorMap, axis: Axis, count: usize) -> metatensor_core::Result<TensorMap> {
    let indices: Vec<_> = (0..count as i64).collect();
    operations::slice(map, axis, Selection::Indices(&indices))
}
