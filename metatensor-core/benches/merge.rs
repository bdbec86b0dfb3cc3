//! Moving keys to samples and properties: many tiny blocks, then few large ones.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use metatensor_core::{Labels, Result, SampleOrder, TensorBlock, TensorMap};
use ndarray::{Array2, Array4};

/// `count` samples from `start` on, and as many properties as asked for, all with the value 1.
fn block(start: usize, count: usize, properties: usize) -> Result<TensorBlock> {
    let samples = (start..start + count).map(|i| [(i / 7) as i32, (i % 7) as i32]);
    TensorBlock::new(
        Array2::<f64>::ones((count, properties)),
        &Labels::from_rows(&["system", "atom"], samples)?,
        &[],
        &Labels::range("n", properties)?,
    )
}

fn map(blocks: usize, block: impl Fn(usize) -> Result<TensorBlock>) -> Result<TensorMap> {
    let keys = Labels::range("type", blocks)?;
    TensorMap::new(keys, (0..blocks).map(block).collect::<Result<_>>()?)
}

fn merge(c: &mut Criterion) -> Result<()> {
    let cases = [
        (
            "2000 blocks of 6 other samples",
            map(2000, |i| block(6 * i, 6, 4))?,
        ),
        (
            "2000 blocks of the same 6 samples",
            map(2000, |_| block(0, 6, 4))?,
        ),
        (
            "10 blocks of 20000 other samples",
            map(10, |i| block(20_000 * i, 20_000, 100))?,
        ),
        (
            "10 blocks of the same 20000 samples",
            map(10, |_| block(0, 20_000, 100))?,
        ),
    ];
    let moved = Labels::empty(&["type"])?;
    let order = SampleOrder::Sorted;
    for (name, map) in &cases {
        let mut group = c.benchmark_group(*name);
        group.sample_size(10);
        group.bench_function("keys_to_samples", |b| {
            b.iter(|| black_box(map.keys_to_samples(&moved, 0.0, order)));
        });
        // Blocks without any sample in common would make a huge block full of zeros.
        if name.contains("same") {
            group.bench_function("keys_to_properties", |b| {
                b.iter(|| black_box(map.keys_to_properties(&moved, 0.0, order)));
            });
        }
        group.finish();
    }

    let component = |name, count| Labels::range(name, count);
    let block = TensorBlock::new(
        Array4::<f64>::ones((100_000, 3, 5, 10)),
        &component("system", 100_000)?,
        &[component("a", 3)?, component("b", 5)?],
        &component("n", 10)?,
    )?;
    let map = TensorMap::new(Labels::single(), vec![block])?;
    let mut group = c.benchmark_group("100000 samples of 3 x 5 components");
    group.sample_size(10);
    for name in ["a", "b"] {
        group.bench_function(format!("components_to_properties of {name}"), |b| {
            b.iter(|| black_box(map.components_to_properties(&[name])));
        });
    }
    group.finish();
    Ok(())
}

fn all(c: &mut Criterion) {
    merge(c).expect("all of these can be merged");
}

criterion_group!(benches, all);
criterion_main!(benches);
