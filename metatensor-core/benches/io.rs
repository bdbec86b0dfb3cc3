//! Saving and loading: one large array beside copies of the same bytes, many small blocks, and labels with many
//! rows.

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metatensor_core::{DenseArray, Labels, Result, TensorBlock, TensorMap};
use ndarray::Array2;

/// In memory if there is such a place, so that no disk is measured.
fn directory() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    let directory = if shared.is_dir() {
        tempfile::tempdir_in(shared)
    } else {
        tempfile::tempdir()
    };
    directory.expect("temporary directories can be made")
}

/// One block with 400 MB of values.
fn large() -> Result<TensorMap> {
    let (samples, properties) = (50_000, 1_000);
    let values = Array2::from_shape_fn((samples, properties), |(i, j)| (i * j) as f64);
    let block = TensorBlock::new(
        values,
        &Labels::range("sample", samples)?,
        &[],
        &Labels::range("property", properties)?,
    )?;
    TensorMap::new(Labels::single(), vec![block])
}

/// Blocks of 1 kB with three members each.
fn small(count: usize) -> Result<TensorMap> {
    let properties = Labels::range("n", 8)?;
    let block = |i: usize| {
        let samples = (0..16).flat_map(|atom| [i as i32, atom]).collect();
        let samples = Labels::from_values(&["system", "atom"], samples)?;
        let values = Array2::from_elem((16, 8), i as f64);
        TensorBlock::new(values, &samples, &[], &properties)
    };
    let blocks = (0..count).map(block).collect::<Result<_>>()?;
    TensorMap::new(Labels::range("key", count)?, blocks)
}

fn labels() -> Result<Labels> {
    let rows = (0..1_000_000).map(|i| [i / 1000, i / 20 % 50, i % 20, i % 7]);
    Labels::from_rows(&["a", "b", "c", "d"], rows)
}

fn large_map(c: &mut Criterion) {
    let directory = directory();
    let path = directory.path().join("large.mts");
    let map = large().expect("a valid map");
    let buffer = map.save_buffer().expect("it can be saved");

    let mut group = c.benchmark_group("400 MB");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(buffer.len() as u64));
    let mut target = buffer.clone();
    group.bench_function("memcpy", |b| {
        b.iter(|| black_box(&mut target).copy_from_slice(black_box(&buffer)));
    });
    drop(target);
    group.bench_function("memcpy to new memory", |b| {
        b.iter(|| {
            DenseArray::write::<u8>(&[buffer.len()], |output| {
                output.copy(&buffer);
                Ok(())
            })
        });
    });
    group.bench_function("save_buffer", |b| b.iter(|| map.save_buffer()));
    group.bench_function("load_buffer", |b| {
        b.iter(|| TensorMap::load_buffer(black_box(&buffer)));
    });
    group.bench_function("write file", |b| {
        b.iter(|| std::fs::write(&path, black_box(&buffer)));
    });
    group.bench_function("save file", |b| b.iter(|| map.save(&path)));
    group.bench_function("read file", |b| b.iter(|| std::fs::read(&path)));
    group.bench_function("load file", |b| b.iter(|| TensorMap::load(&path)));
}

fn small_blocks(c: &mut Criterion) {
    let directory = directory();
    let mut group = c.benchmark_group("blocks of 1 kB");
    group.sample_size(20);
    for count in [1_000, 5_000, 8_000] {
        let path = directory.path().join(format!("{count}.mts"));
        let map = small(count).expect("a valid map");
        let buffer = map.save_buffer().expect("it can be saved");
        map.save(&path).expect("it can be saved");
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("save_buffer/{count}"), |b| {
            b.iter(|| map.save_buffer());
        });
        group.bench_function(format!("load_buffer/{count}"), |b| {
            b.iter(|| TensorMap::load_buffer(black_box(&buffer)));
        });
        group.bench_function(format!("load file/{count}"), |b| {
            b.iter(|| TensorMap::load(&path));
        });
    }
}

fn many_rows(c: &mut Criterion) {
    let labels = labels().expect("distinct rows");
    let buffer = labels.save_buffer().expect("they can be saved");
    let mut group = c.benchmark_group("labels of 1e6 rows");
    group
        .sample_size(10)
        .throughput(Throughput::Bytes(buffer.len() as u64));
    group.bench_function("save_buffer", |b| b.iter(|| labels.save_buffer()));
    group.bench_function("load_buffer", |b| {
        b.iter(|| Labels::load_buffer(black_box(&buffer)));
    });
}

criterion_group!(benches, large_map, small_blocks, many_rows);
criterion_main!(benches);
